//! Length of outputs. Owns the average; tokens come from the caller.

use serde::Serialize;

/// Average length with what it is made of.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Length {
    /// Tokens per output, on average.
    pub tokens_per_output: f64,
    /// Tokens of all outputs.
    pub tokens: u64,
    /// Number of outputs, empty ones too.
    pub outputs: u64,
}

/// Average length = tokens / outputs; 0 if there are no outputs.
#[must_use]
pub fn length<T>(outputs: &[Vec<T>]) -> Length {
    let tokens = outputs.iter().map(|output| output.len() as u64).sum();
    let n_outputs = outputs.len() as u64;
    let tokens_per_output = if n_outputs == 0 { 0.0 } else { tokens as f64 / n_outputs as f64 };
    Length { tokens_per_output, tokens, outputs: n_outputs }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn average_counts_empty_outputs() {
        let outputs = [vec!["a", "b", "c"], vec![], vec!["d"]];
        assert_eq!(length(&outputs), Length { tokens_per_output: 4.0 / 3.0, tokens: 4, outputs: 3 });
        assert_eq!(length::<&str>(&[]), Length { tokens_per_output: 0.0, tokens: 0, outputs: 0 });
        assert_eq!(length::<&str>(&[vec![]]).tokens_per_output, 0.0);
    }
}
