//! Which searches run together: utterances of like lengths, so that little is padding, and as many as the budgets allow.

/// Hypotheses of a batch. More give a CPU nothing, and the logits of this many over 16,000 pieces are 32 MiB.
const MAX_ROWS: usize = 512;

/// Tokens of the sources of a batch, padding counted, as the authors decode.
const MAX_SOURCE_TOKENS: usize = 16_000;

/// One search to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Job {
    /// Its number.
    pub(crate) number: usize,
    /// Which source it answers.
    pub(crate) source: usize,
}

/// The batches of these jobs, which stand in the order of their sources. `source_lengths` are in tokens; a search has
/// at most `width` hypotheses.
pub(crate) fn batches(jobs: &[Job], source_lengths: &[usize], width: usize) -> Vec<Vec<Job>> {
    let mut sorted = jobs.to_vec();
    // Long ones first: what runs longest and may fail for want of memory comes first. Stable, so the draws of a source stay together.
    sorted.sort_by_key(|job| (std::cmp::Reverse(source_lengths[job.source]), job.source));
    let mut batches: Vec<Vec<Job>> = Vec::new();
    let (mut longest, mut n_sources) = (0, 0);
    for job in sorted {
        if let Some(batch) = batches.last_mut() {
            let is_new = batch.last().is_none_or(|last| last.source != job.source);
            let fits_rows = (batch.len() + 1) * width <= MAX_ROWS;
            let fits_sources = !is_new || (n_sources + 1) * longest <= MAX_SOURCE_TOKENS;
            if fits_rows && fits_sources {
                n_sources += usize::from(is_new);
                batch.push(job);
                continue;
            }
        }
        (longest, n_sources) = (source_lengths[job.source], 1);
        batches.push(vec![job]);
    }
    batches
}
