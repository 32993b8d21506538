//! Reports that were computed: thousands of resamples take seconds, and the same report is asked for in several forms.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use repartee_study::report::{Report, ReportOptions};

use crate::{App, refusal::Refusal, studies::Study};

/// More than any administrator looks at; beyond that all are forgotten.
const MAX_REPORTS: usize = 16;

/// Study, whether raters appear by name, and bootstrap samples.
type Key = (String, bool, usize);
/// Where the log was.
type Head = (i64, [u8; 32]);

/// The last report of each kind.
#[derive(Default)]
pub(crate) struct Reports(Mutex<HashMap<Key, (Head, Arc<Report>)>>);

impl Reports {
    fn find(&self, key: &Key, head: Head) -> Option<Arc<Report>> {
        let reports = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        reports.get(key).filter(|(known, _)| *known == head).map(|(_, report)| report.clone())
    }

    fn keep(&self, key: Key, head: Head, report: Arc<Report>) {
        let mut reports = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if reports.len() >= MAX_REPORTS {
            reports.clear();
        }
        reports.insert(key, (head, report));
    }
}

impl App {
    /// The report of what was rated so far.
    pub(crate) async fn report(&self, study: &Arc<Study>, options: ReportOptions) -> Result<Arc<Report>, Refusal> {
        let key = (study.id.clone(), options.names, options.n_draws);
        let head = study.read(|store| store.log_head()).await?;
        if let Some(report) = self.0.reports.find(&key, head) {
            return Ok(report);
        }
        let permit = self.heavy().await?;
        // Another request may have computed it while this one waited.
        let head = study.read(|store| store.log_head()).await?;
        if let Some(report) = self.0.reports.find(&key, head) {
            return Ok(report);
        }
        // What is saved after the head was read makes the next request compute anew.
        let report = study.read(move |store| Ok(Arc::new(Report::of(&store.ratings()?, &options)?)));
        let report = report.await;
        drop(permit);
        let report = report?;
        self.0.reports.keep(key, head, report.clone());
        Ok(report)
    }
}
