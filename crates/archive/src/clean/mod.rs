//! What is done to the text of a post before it is judged. A step is one file here and one line in the list below.
//!
//! Masking of personal data comes last and stands apart (`mask`): the paper's filters look at what people wrote.

mod emoji;
mod hashtags;
pub(crate) mod html;
pub(crate) mod mask;
mod mentions;
mod neologdn;

use std::borrow::Cow;

use repartee_corpus::{Language, normalise};

/// A step: its name, and the changed text, or nothing if there is nothing to change.
type Step = (&'static str, fn(&str) -> Option<Cow<'_, str>>);

macro_rules! steps {
    ($($module:ident),* $(,)?) => {
        const STEPS: &[(Step, Option<Language>)] = &[$((($module::NAME, $module::clean), $module::LANGUAGE)),*];
    };
}

// In this order, as the paper's authors have it.
steps! {
    mentions,
    hashtags,
    emoji,
    neologdn,
}

/// White space and control characters: what separates words.
fn is_gap(character: char) -> bool {
    character.is_whitespace() || character.is_control()
}

/// Whether any byte is as asked. Looks at all of them without a branch: for short texts that is faster than to stop at
/// the first, as the compiler takes many at once.
fn has_byte(text: &str, is_wanted: impl Fn(u8) -> bool) -> bool {
    text.bytes().fold(0, |found, byte| found | u8::from(is_wanted(byte))) != 0
}

/// What a step makes of a text; a part of a borrowed text stays borrowed.
fn apply<'t>(step: fn(&str) -> Option<Cow<'_, str>>, text: &Cow<'t, str>) -> Option<Cow<'t, str>> {
    match text {
        Cow::Borrowed(text) => step(text),
        Cow::Owned(text) => step(text).map(|new| Cow::Owned(new.into_owned())),
    }
}

/// The steps for a language.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cleaner(pub(crate) Language);

impl Cleaner {
    /// The text after all steps, in NFC, with single blanks; `changed` is told the names of the steps that did something.
    pub(crate) fn clean<'t>(self, text: &'t str, changed: &mut dyn FnMut(&'static str)) -> Cow<'t, str> {
        let mut current = Cow::Borrowed(text);
        for ((name, step), language) in STEPS {
            if language.is_none_or(|language| language == self.0)
                && let Some(new) = apply(*step, &current)
            {
                changed(name);
                current = new;
            }
        }
        match current {
            Cow::Borrowed(text) => normalise(text),
            Cow::Owned(text) => Cow::Owned(normalise(&text).into_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean(text: &str, language: Language) -> (String, Vec<&'static str>) {
        let mut changed = Vec::new();
        let text = Cleaner(language).clean(text, &mut |name| changed.push(name)).into_owned();
        (text, changed)
    }

    #[test]
    fn english_keeps_its_case_and_inner_mentions() {
        for (text, expected, steps) in [
            ("Hello  World", "Hello World", &[][..]),
            ("@ann @bob_2  I see @carl", "I see @carl", &["mentions"]),
            ("＠ann: hi", ": hi", &["mentions"]),
            ("@ann@mast.example.org hi", "hi", &["mentions"]),
            ("@ hi", "@ hi", &[]),
            ("well done #win #2nd ", "well done", &["hashtags"]),
            ("we are #1", "we are #1", &[]),
            ("#only", "", &["hashtags"]),
            ("#1 in C#", "#1 in C#", &[]),
            ("so 😀👍🏽 good ❤️", "so good", &["emoji"]),
            ("a ♪ b ★", "a ♪ b ★", &[]),
            ("Ｆｕｌｌ", "Ｆｕｌｌ", &[]),
        ] {
            let (cleaned, changed) = clean(text, Language::English);
            assert_eq!(cleaned, expected, "{text}");
            assert_eq!(changed, steps, "{text}");
        }
    }

    #[test]
    fn japanese_is_normalised() {
        let (cleaned, changed) = clean("@ann ｽｺﾞｲーーーｗｗｗｗｗｗ 😀 ！！ #すごい", Language::Japanese);
        assert_eq!(cleaned, "スゴイーwww !!");
        assert_eq!(changed, ["mentions", "hashtags", "emoji", "neologdn"]);
    }
}
