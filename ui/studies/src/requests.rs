//! Which request is which. The routes are the server's, and `repartee_wire::tab::TAB_ROUTES`.

use std::cell::RefCell;
use std::rc::Rc;

use repartee_service::{
    Refused, admin, documents,
    documents::Document,
    rater::{self, Taken},
};
use repartee_study::{Desk, Store, StudyError, Visitor, report::Report, report::ReportOptions};
use repartee_wire::{
    ErrorCode,
    admin::{ExportFormat, ExportQuery, Imported, NewStudy, Notes, Studies},
    rater::{Finished, Next, Pages},
    tab::Seat,
};
use serde::{Serialize, de::DeserializeOwned};

use crate::home::Home;

/// A request.
pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    /// Without its query.
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) body: &'a [u8],
    /// A [`Seat`] as JSON, or nothing.
    pub(crate) seat: &'a str,
    pub(crate) now_ms: i64,
}

/// What comes back.
pub(crate) enum Answer {
    Json(String),
    File { bytes: Vec<u8>, name: String },
}

type Answered = Result<Answer, Refused>;

fn json(value: &impl Serialize) -> Answered {
    let text = serde_json::to_string(value);
    text.map(Answer::Json).map_err(|error| Refused::new(ErrorCode::Internal, error.to_string()))
}

fn file(document: Document, file: &str) -> Answered {
    Ok(Answer::File { name: document.name(file), bytes: document.bytes })
}

impl Request<'_> {
    fn body<T: DeserializeOwned>(&self) -> Result<T, Refused> {
        serde_json::from_slice(self.body).map_err(|error| {
            Refused::new(ErrorCode::BadRequest, format!("the body is not what is taken here ({error})"))
        })
    }

    /// The query; what reads as a number or a truth value is one.
    fn query<T: DeserializeOwned>(&self) -> Result<T, Refused> {
        let pairs = self.query.split('&').filter_map(|pair| pair.split_once('='));
        let value = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| serde_json::Value::from(text));
        let map: serde_json::Map<_, _> = pairs.map(|(name, text)| (name.to_owned(), value(text))).collect();
        serde_json::from_value(map.into()).map_err(|error| {
            Refused::new(ErrorCode::BadRequest, format!("the query is not what is taken here ({error})"))
        })
    }
}

/// Answers.
pub(crate) async fn answer(home: &Home, request: &Request<'_>) -> Answered {
    let parts: Vec<&str> = request.path.trim_matches('/').split('/').skip(1).collect();
    match (request.method, parts.as_slice()) {
        ("GET", ["tab"]) => json(&home.about()?),
        ("POST", ["tab", "file"]) => summary(home, &home.admit(request.body.to_vec()).await?),
        ("POST", ["tab", "seat"]) => {
            let (store, visitor) = sit(home, &request.body()?, request.now_ms)?;
            json(&rater::study(&store, visitor)?)
        }
        ("GET", ["admin", "studies"]) => list(home),
        ("POST", ["admin", "studies"]) => create(home, request).await,
        (_, ["admin", "studies", study, rest @ ..]) => of_study(home, request, &home.file(study)?, rest),
        (_, ["rater", rest @ ..]) => of_rater(home, request, rest),
        _ => Err(no_such_thing()),
    }
}

fn no_such_thing() -> Refused {
    Refused::new(ErrorCode::NotFound, "studies in a browser have no such thing; a server has")
}

fn summary(home: &Home, file: &str) -> Answered {
    json(&admin::summary(&home.store(file)?, file)?)
}

fn list(home: &Home) -> Answered {
    // What cannot be opened is told by `GET /api/tab`.
    let summaries = home.names()?.into_iter().filter_map(|file| admin::summary(&home.store(&file).ok()?, &file).ok());
    let mut studies: Vec<_> = summaries.collect();
    studies.sort_by(|one, other| one.name.cmp(&other.name));
    json(&Studies { studies })
}

async fn create(home: &Home, request: &Request<'_>) -> Answered {
    let NewStudy { design, files, freeze } = request.body()?;
    let now_ms = request.now_ms;
    let make = |path: &std::path::Path| {
        let mut store = Store::create(path, &admin::design(design), now_ms)?;
        let _: Imported = admin::import(&mut store, &files)?;
        if freeze {
            admin::freeze(&mut store, now_ms)?;
        }
        Ok(store)
    };
    let file = home.make(make).await?;
    json(&admin::study(&mut home.store(&file)?, &file)?)
}

fn of_study(home: &Home, request: &Request<'_>, name: &str, rest: &[&str]) -> Answered {
    if (request.method, rest) == ("DELETE", &[]) {
        home.remove(name)?;
        return json(&());
    }
    let mut store = home.store(name)?;
    match (request.method, rest) {
        ("GET", []) => json(&admin::study(&mut store, name)?),
        ("POST", ["import"]) => {
            let import: repartee_wire::admin::Import = request.body()?;
            json(&admin::import(&mut store, &import.files)?)
        }
        ("POST", ["freeze"]) => json(&admin::freeze(&mut store, request.now_ms)?),
        ("GET", ["notes"]) => json(&Notes { notes: admin::notes(&mut store)? }),
        ("GET", ["verify"]) => json(&admin::verify(&mut store)?),
        ("GET", ["report"]) => {
            let query = request.query()?;
            let report = report(&mut store, &documents::report_options(&query)?)?;
            file(documents::report(&report, query.format), name)
        }
        ("GET", ["export"]) => {
            let query: ExportQuery = request.query()?;
            if query.format == ExportFormat::Study {
                // A file is read as a whole only while nobody has it open.
                drop(store);
                return file(documents::study_file(home.bytes(name)?), name);
            }
            file(documents::export(&mut store, query, |_| Ok(Vec::new()))?, name)
        }
        ("GET", ["datasheet"]) => {
            let query: repartee_wire::admin::DatasheetQuery = request.query()?;
            let report = match report(&mut store, &ReportOptions::default()) {
                Err(StudyError::NoRatings) => None,
                report => Some(report?),
            };
            file(documents::datasheet(&mut store, report.as_deref(), query.format)?, name)
        }
        _ => Err(no_such_thing()),
    }
}

/// Which report: where the study's log was, raters by name, samples.
type ReportKey = ((i64, [u8; 32]), bool, usize);

thread_local! {
    static REPORT: RefCell<Option<(ReportKey, Rc<Report>)>> = const { RefCell::new(None) };
}

/// The report; the last one is kept, for it takes seconds and is asked for in several forms.
fn report(store: &mut Store, options: &ReportOptions) -> Result<Rc<Report>, StudyError> {
    let key = (store.log_head()?, options.names, options.n_draws);
    let known =
        REPORT.with_borrow(|known| known.as_ref().filter(|(of, _)| *of == key).map(|(_, report)| report.clone()));
    if let Some(report) = known {
        return Ok(report);
    }
    let report = Rc::new(Report::of(&store.ratings()?, options)?);
    REPORT.set(Some((key, report.clone())));
    Ok(report)
}

/// Lets a rater sit down: joins the study, or comes back.
fn sit(home: &Home, seat: &Seat, now_ms: i64) -> Result<(Store, Visitor), Refused> {
    let mut store = home.store(&home.file(&seat.study)?)?;
    let rater = store.join(&seat.rater, now_ms)?;
    Ok((store, Visitor { rater, name: seat.rater.clone(), language: seat.language.clone() }))
}

fn of_rater(home: &Home, request: &Request<'_>, rest: &[&str]) -> Answered {
    let seat: Seat = serde_json::from_str(request.seat)
        .map_err(|_| Refused::new(ErrorCode::Unauthorized, "nobody rates here yet; choose a study to rate"))?;
    let now_ms = request.now_ms;
    let (mut store, visitor) = sit(home, &seat, now_ms)?;
    let id = visitor.rater.clone();
    let desk = |store: &Store| -> Result<Desk, StudyError> { store.desk(&id) };
    match (request.method, rest) {
        ("GET", ["study"]) => json(&rater::study(&store, visitor)?),
        ("GET", ["next"]) => match rater::take(&mut store, &id, now_ms)? {
            Taken::Other(next) => json(&next),
            Taken::Page(page, progress) => json(&Next::Page { page: rater::page(&desk(&store)?, &page)?, progress }),
        },
        ("GET", ["pages"]) => {
            let pages = rater::pages(&desk(&store)?)?;
            json(&Pages { pages, progress: rater::progress(&store, &id)? })
        }
        ("GET", ["page", page]) => json(&rater::page(&desk(&store)?, page)?),
        ("PUT", ["revision", revision]) => {
            json(&rater::save(&mut desk(&store)?, (*revision).to_owned(), request.body()?, now_ms)?)
        }
        ("POST", ["finish", page]) => json(&match rater::finish(&mut desk(&store)?, page, now_ms)? {
            Ok(feedback) => Finished::Done { feedback, progress: rater::progress(&store, &id)? },
            Err(missing) => Finished::Missing { missing },
        }),
        ("DELETE", ["session"]) => json(&()),
        _ => Err(no_such_thing()),
    }
}
