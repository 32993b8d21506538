//! Reads the goldens of the tokenizers: lines of JSON, each a text and its tokens.

/// Every text of the golden must have its tokens.
#[track_caller]
pub(super) fn check(golden: &str, tokens: impl Fn(&str) -> Vec<String>) {
    let mut n_cases = 0;
    for line in golden.lines() {
        let (text, expected): (String, Vec<String>) = serde_json::from_str(line).unwrap();
        assert_eq!(tokens(&text), expected, "{text:?}");
        n_cases += 1;
    }
    assert!(n_cases >= 300, "{n_cases} golden cases");
}
