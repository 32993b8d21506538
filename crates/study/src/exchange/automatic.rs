//! Scores of automatic metrics by system, from CSV: columns `system`, `metric`, `value`.

use std::path::Path;

use crate::StudyError;

use super::csv::Table;

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub struct AutomaticScore {
    /// The system.
    pub system: String,
    /// The metric, for instance `BLEU`.
    pub metric: String,
    /// Its value.
    pub value: f64,
}

/// Reads a file of scores.
///
/// # Errors
/// [`StudyError::Cell`] names row, column and reason; `systems` are those that the study has.
pub fn automatic_scores(path: &Path, systems: &[String]) -> Result<Vec<AutomaticScore>, StudyError> {
    let table = Table::read(path)?;
    let columns = [table.column(path, &["system"])?, table.column(path, &["metric"])?, table.column(path, &["value"])?];
    let mut scores: Vec<AutomaticScore> = Vec::new();
    for (row, cells) in &table.rows {
        let [system, metric, text] = columns.map(|column| cells[column].trim().to_owned());
        let refuse = |column: &str, reason: String| {
            Err(StudyError::Cell { path: path.to_path_buf(), row: *row, column: column.to_owned(), reason })
        };
        if !systems.contains(&system) {
            return refuse("system", format!("the study has no system `{system}`"));
        }
        if metric.is_empty() {
            return refuse("metric", "the cell is empty".to_owned());
        }
        if scores.iter().any(|known| known.system == system && known.metric == metric) {
            return refuse("metric", format!("`{system}` has a value of `{metric}` already"));
        }
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => scores.push(AutomaticScore { system, metric, value }),
            _ => return refuse("value", format!("`{text}` is not a number")),
        }
    }
    Ok(scores)
}
