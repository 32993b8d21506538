//! Tests of the planted corpus over the whole grammar of both languages, and of the draw.

use std::collections::{BTreeMap, BTreeSet};

use super::grammar::{Grammar, GrammarError};
use super::*;

const LANGUAGES: [Language; 2] = [Language::English, Language::Japanese];

/// Every reply that the topic can give to a row, with its mode.
fn all_replies(topic: &Topic, row: &template::Row) -> Vec<(&'static str, String)> {
    let mut replies = Vec::new();
    for (&mode, templates) in modes().iter().zip(&topic.replies) {
        for template in templates {
            replies.extend((0..template.count()).map(|choice| (mode, template.fill(choice, row))));
        }
    }
    replies
}

/// Every text of the grammar: contexts and replies.
fn all_texts(language: Language) -> BTreeSet<String> {
    let mut texts = BTreeSet::new();
    for topic in &grammar(language).topics {
        texts.extend((0..topic.context_count()).map(|index| topic.context(index).1));
        texts.extend(topic.rows.iter().flat_map(|row| all_replies(topic, row)).map(|(_, text)| text));
    }
    texts
}

#[test]
fn there_are_many_topics_with_different_names() {
    for language in LANGUAGES {
        let names = topics(language);
        assert!(names.len() >= 24);
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
        assert!(names.iter().all(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '-')));
    }
}

#[test]
fn contexts_are_distinct() {
    for language in LANGUAGES {
        let mut seen = BTreeSet::new();
        for topic in &grammar(language).topics {
            for index in 0..topic.context_count() {
                let text = topic.context(index).1;
                assert!(!seen.contains(&text), "two contexts are \"{text}\"");
                seen.insert(text);
            }
        }
    }
}

/// This makes the capacity exact, and no reply belongs to two modes.
#[test]
fn replies_to_one_row_are_distinct() {
    for language in LANGUAGES {
        for topic in &grammar(language).topics {
            for row in &topic.rows {
                let mut seen = BTreeMap::new();
                for (mode, text) in all_replies(topic, row) {
                    if let Some(other) = seen.insert(text.clone(), mode) {
                        panic!("{}: both {mode} and {other} say \"{text}\"", topic.name);
                    }
                }
            }
        }
    }
}

#[test]
fn texts_have_no_leftovers() {
    for language in LANGUAGES {
        for text in all_texts(language) {
            assert!(!text.contains(['{', '}', '[', ']', '|', '\n', '\t']), "{text}");
            assert_eq!(text.trim(), text);
        }
    }
}

#[test]
fn english_texts_are_well_formed() {
    let vowel_sound_but_consonant = ["one", "used", "ukulele", "university", "useful", "union"];
    for text in all_texts(Language::English) {
        assert!(text.is_ascii(), "{text}");
        assert!(text.starts_with(|c: char| c.is_ascii_uppercase()), "{text}");
        assert!(text.ends_with(['.', '!', '?']), "{text}");
        for fault in ["  ", " .", " ,", " ?", " !", "..", ".,", ",.", "?.", "!.", ".!", "?!", ",,", " i ", "--"] {
            assert!(!text.contains(fault), "\"{fault}\" in {text}");
        }
        let words: Vec<String> = text
            .split(' ')
            .map(|word| word.trim_matches(|c: char| !c.is_ascii_alphanumeric()).to_lowercase())
            .collect();
        assert!((3..=24).contains(&words.len()), "{} words: {text}", words.len());
        for pair in words.windows(2) {
            let vowel = pair[1].starts_with(['a', 'e', 'i', 'o', 'u']);
            let sounds_vowel = (vowel && !vowel_sound_but_consonant.contains(&pair[1].as_str())) || pair[1] == "hour";
            assert!(pair[0] != "a" || !sounds_vowel, "{text}");
            assert!(pair[0] != "an" || sounds_vowel, "{text}");
        }
        let tokens: Vec<&str> = text.split(' ').collect();
        assert!(tokens.windows(2).all(|pair| !pair[0].eq_ignore_ascii_case(pair[1])), "a word twice in {text}");
    }
}

#[test]
fn japanese_texts_are_well_formed() {
    for text in all_texts(Language::Japanese) {
        assert!(!text.contains(|c: char| c.is_ascii()), "{text}");
        assert!(!text.contains('\u{3000}'), "{text}");
        assert!(text.ends_with(['。', '！', '？']), "{text}");
        for fault in ["。。", "、、", "、。", "。、", "？。", "！。", "をを", "がが", "にに", "はは、", "のの"]
        {
            assert!(!text.contains(fault), "\"{fault}\" in {text}");
        }
        assert!((5..=60).contains(&text.chars().count()), "{text}");
    }
}

#[test]
fn the_draw_depends_on_its_arguments_only() {
    for language in LANGUAGES {
        let pairs = generate(language, 7, 500).unwrap();
        assert_eq!(pairs, generate(language, 7, 500).unwrap());
        assert_ne!(pairs, generate(language, 8, 500).unwrap());
    }
}

#[test]
fn a_draw_is_distinct_varied_and_balanced() {
    for language in LANGUAGES {
        let pairs = generate(language, 1, 6_000).unwrap();
        assert_eq!(pairs.len(), 6_000);
        let distinct: BTreeSet<_> = pairs.iter().map(|pair| (&pair.context, &pair.response)).collect();
        assert_eq!(distinct.len(), pairs.len());

        let mut of_context: BTreeMap<&str, Vec<&PlantedPair>> = BTreeMap::new();
        let mut of_mode: BTreeMap<&str, usize> = BTreeMap::new();
        for pair in &pairs {
            of_context.entry(&pair.context).or_default().push(pair);
            *of_mode.entry(&pair.mode).or_default() += 1;
        }
        assert!(of_context.len() > 600, "only {} contexts", of_context.len());
        assert!(of_mode.values().all(|count| count.abs_diff(1_000) <= 2), "{of_mode:?}");

        // The last context may be cut short by the number of pairs.
        let last = pairs.last().unwrap().context.as_str();
        for (context, replies) in of_context.iter().filter(|(context, _)| **context != last) {
            let covered: BTreeSet<&str> = replies[..modes().len()].iter().map(|pair| pair.mode.as_str()).collect();
            assert_eq!(covered.len(), modes().len(), "{context}");
        }
        let drawn: BTreeSet<&str> = pairs.iter().map(|pair| pair.topic.as_str()).collect();
        assert_eq!(drawn.len(), topics(language).len());
    }
}

/// A tiny model must be able to learn a draw in minutes.
#[test]
fn the_english_vocabulary_is_small() {
    let pairs = generate(Language::English, 1, 6_000).unwrap();
    let words: BTreeSet<String> = pairs
        .iter()
        .flat_map(|pair| [&pair.context, &pair.response])
        .flat_map(|text| text.split(|c: char| !c.is_ascii_alphabetic() && c != '\''))
        .map(str::to_lowercase)
        .collect();
    assert!((1_000..=2_500).contains(&words.len()), "{} words", words.len());
}

#[test]
fn large_draws_stay_distinct() {
    for language in LANGUAGES {
        let pairs = generate(language, 3, 40_000).unwrap();
        let distinct: BTreeSet<_> = pairs.iter().map(|pair| (&pair.context, &pair.response)).collect();
        assert_eq!(distinct.len(), 40_000);
    }
}

#[test]
fn no_pairs_is_an_empty_draw() {
    for language in LANGUAGES {
        assert_eq!(generate(language, 1, 0), Ok(Vec::new()));
    }
}

#[test]
fn asking_for_too_many_is_an_error() {
    for language in LANGUAGES {
        let error = generate(language, 1, usize::MAX).unwrap_err();
        let PlantedError::TooManyAsked { asked, available } = error;
        assert_eq!(asked, usize::MAX);
        assert!(available >= 40_000);
    }
}

/// A grammar with one row, one context and the given lines in place of the defaults.
fn small_grammar(mood: &str, context: &str, extra: &str) -> Result<Grammar, GrammarError> {
    let replies: String = modes().iter().map(|mode| format!("{mode} = [\"{mode} about {{about}}.\"]\n")).collect();
    let source = format!(
        "[lists]\nhm = [\"Hm, \"]\n[generic.trouble]\n{replies}\n[[topics]]\nname = \"kites\"\nmood = \"{mood}\"\n\
         rows = [{{ about = \"the kite\" }}{extra}]\ncontexts = [\"{context}\"]\n[topics.replies]\n{replies}"
    );
    Grammar::parse(&source)
}

#[test]
fn broken_data_files_are_refused() {
    assert!(small_grammar("trouble", "{hm}I lost {about}.", "").is_ok());
    assert!(matches!(small_grammar("joy", "{about}", ""), Err(GrammarError::UnknownMood { .. })));
    assert!(matches!(small_grammar("trouble", "{kite}", ""), Err(GrammarError::Template { .. })));
    assert!(matches!(small_grammar("trouble", "[open", ""), Err(GrammarError::Template { .. })));
    let other_row = ", { item = \"kite\" }";
    assert!(matches!(small_grammar("trouble", "{about}", other_row), Err(GrammarError::RowsDiffer { .. })));
    assert!(matches!(Grammar::parse("[lists]\nunknown = 1"), Err(GrammarError::Format { .. })));
}

#[test]
fn every_planted_reply_is_known_with_its_mode() {
    for language in [Language::English, Language::Japanese] {
        for pair in generate(language, 3, 300).unwrap() {
            let known = known_replies(language, &pair.context).unwrap();
            let found: Vec<&str> =
                known.iter().filter(|reply| reply.text == pair.response).map(|reply| modes()[reply.mode]).collect();
            assert_eq!(found, [pair.mode.as_str()], "{}", pair.response);
        }
        assert_eq!(known_replies(language, "no such context"), None);
    }
}
