//! What a model card (Markdown) says to programs.

/// A card's first heading: the model's name.
pub fn card_name(card: &str) -> Option<String> {
    card.lines().find_map(|line| line.strip_prefix("# ")).map(|line| line.trim().to_owned())
}

/// A name for a model without one: its language, `en` or `ja`, its method, and K.
pub fn plain_name(language: &str, method: &str, k: Option<u64>) -> String {
    let language = if language == "ja" { "日本語" } else { "English" };
    k.map_or_else(|| format!("{language}, {method}"), |k| format!("{language}, {method} K = {k}"))
}

/// What a card's line `Licence: …` says; empty where there is none.
pub fn card_licence(card: &str) -> String {
    let found = card.lines().find_map(|line| {
        let plain: String = line.chars().filter(|c| !"*`-|".contains(*c) || *c == '-').collect();
        let plain = plain.trim_start_matches(['-', ' ']);
        let (name, value) = plain.split_once(':')?;
        ["licence", "license"].contains(&name.trim().to_lowercase().as_str()).then(|| value.trim().to_owned())
    });
    found.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_says_name_and_licence() {
        let card = "# English, K = 5\n\n- **Licence**: CC-BY-SA-4.0\n\nText.\n";
        assert_eq!(card_name(card).as_deref(), Some("English, K = 5"));
        assert_eq!(card_licence(card), "CC-BY-SA-4.0");
        assert_eq!((card_name("no card"), card_licence("no card")), (None, String::new()));
    }
}
