//! What is done to the text of a post before it is judged. A step is one file here and one line in the list below.
//!
//! Masking of personal data comes last and stands apart (`mask`): the paper's filters look at what people wrote.

mod emoji;
mod hashtags;
pub(crate) mod html;
pub(crate) mod marks;
pub(crate) mod mask;
mod mentions;
mod neologdn;

use std::borrow::Cow;

use repartee_corpus::{Language, normalise};

use self::marks::Marks;

/// A step: its name, and the changed text, or nothing if there is nothing to change.
type Step = (&'static str, fn(&str, Marks) -> Option<Cow<'_, str>>);

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

/// What a step makes of a text; a part of a borrowed text stays borrowed.
fn apply<'t>(step: fn(&str, Marks) -> Option<Cow<'_, str>>, text: &Cow<'t, str>, marks: Marks) -> Option<Cow<'t, str>> {
    match text {
        Cow::Borrowed(text) => step(text, marks),
        Cow::Owned(text) => step(text, marks).map(|new| Cow::Owned(new.into_owned())),
    }
}

/// The steps for a language.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cleaner(pub(crate) Language);

impl Cleaner {
    /// The text after all steps, in NFC, with single blanks; `marks` are the text's, `changed` is told the names of the
    /// steps that did something.
    pub(crate) fn clean<'t>(self, text: &'t str, marks: Marks, changed: &mut dyn FnMut(&'static str)) -> Cow<'t, str> {
        let mut current = Cow::Borrowed(text);
        for ((name, step), language) in STEPS {
            if language.is_none_or(|language| language == self.0)
                && let Some(new) = apply(*step, &current, marks)
            {
                changed(name);
                current = new;
            }
        }
        match current {
            Cow::Borrowed(text) => normalise(text),
            Cow::Owned(text) => {
                let changed = match normalise(&text) {
                    Cow::Borrowed(_) => None,
                    Cow::Owned(changed) => Some(changed),
                };
                Cow::Owned(changed.unwrap_or(text))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean(text: &str, language: Language) -> (String, Vec<&'static str>) {
        let mut changed = Vec::new();
        let text = Cleaner(language).clean(text, Marks::of(text), &mut |name| changed.push(name)).into_owned();
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
