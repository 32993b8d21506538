//! Moses' tokenizer for English with its defaults (`tokenizer.perl -l en`). Owns its rules.
//!
//! Written from the behaviour of sacremoses 0.2.0, observed from outside: `golden/moses_behaviour.py` asks it about
//! every character, about words before a period, and about contexts of marks; no source of either program was used.
//! Goldens: `golden/tokens_moses.jsonl`.
//!
//! Deviation: classes of characters are those of today's Unicode in all planes, as Perl has them. sacremoses knows
//! about 10,700 letters and digits of the basic plane: it lets every Chinese character, every Hangul syllable and every
//! letter of the other planes stand alone.
//! Deviation: the texts `DOTMULTI` and `DOTDOTMULTI`, marks that sacremoses uses for itself, are words here.

use std::borrow::Cow;

use super::{is_space, rewrite::rewrite, unicode::is_alphanumeric};

/// Whether tokens are escaped for HTML and for Moses' own formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Escape {
    /// `&`, `|`, `<`, `>`, `'`, `"`, `[` and `]` become entities: the default of the script, which the authors used.
    /// It gives each token another name and so changes no score.
    Html,
    /// Tokens are left as they are (`-no-escape`).
    None,
}

/// The tokens of an English text.
#[must_use]
pub fn tokens(text: &str, escape: Escape) -> Vec<String> {
    spaced(text, escape).split(is_space).filter(|token| !token.is_empty()).map(str::to_owned).collect()
}

/// The text with blanks between its tokens.
pub(super) fn spaced(text: &str, escape: Escape) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b' ') {
        return Cow::Borrowed(text);
    }
    let symbols = separate_marks(text);
    let symbols = separate_commas(&symbols);
    let symbols = separate_apostrophes(&symbols);
    let words: Vec<&[Symbol]> = symbols.split(|symbol| symbol.is(is_space)).filter(|word| !word.is_empty()).collect();
    let mut spaced = String::with_capacity(text.len() + text.len() / 2);
    for (idx, word) in words.iter().enumerate() {
        let is_last = idx + 1 == words.len();
        match word.split_last() {
            Some((&PERIOD, stem)) if !stem.is_empty() && !keeps_period(stem, words.get(idx + 1).copied()) => {
                write(stem, escape, &mut spaced);
                spaced.push_str(" .");
            }
            // A quotation that ends the text: the period is the sentence's.
            Some((&APOSTROPHE, [stem @ .., PERIOD])) if is_last => {
                write(stem, escape, &mut spaced);
                spaced.push_str(" . ");
                write(&[APOSTROPHE], escape, &mut spaced);
            }
            _ => write(word, escape, &mut spaced),
        }
        spaced.push(' ');
    }
    Cow::Owned(spaced)
}

/// A character, or a run of periods, which from its first step on is one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Symbol {
    Character(char),
    Periods(usize),
}

const BLANK: Symbol = Symbol::Character(' ');
const PERIOD: Symbol = Symbol::Character('.');
const COMMA: Symbol = Symbol::Character(',');
const APOSTROPHE: Symbol = Symbol::Character('\'');

impl Symbol {
    fn is(self, class: impl FnOnce(char) -> bool) -> bool {
        match self {
            Self::Character(character) => class(character),
            Self::Periods(_) => false,
        }
    }

    /// A run of periods acts like letters on its neighbours.
    fn is_letter(self) -> bool {
        matches!(self, Self::Periods(_)) || self.is(char::is_alphabetic)
    }

    fn is_number(self) -> bool {
        self.is(char::is_numeric)
    }
}

/// White space is one blank, control characters are dropped; whatever is neither letter, digit nor one of `.`, `'`,
/// `` ` ``, `,` and `-` stands alone, as does a run of periods.
fn separate_marks(text: &str) -> Vec<Symbol> {
    let mut symbols = Vec::with_capacity(text.len() + text.len() / 2);
    let (mut n_periods, mut after_space) = (0, false);
    let text = text.trim_matches(|character| is_space(character) || is_control(character));
    for character in text.chars() {
        let is_one_more_space = std::mem::replace(&mut after_space, is_space(character)) && after_space;
        if is_one_more_space || is_control(character) {
            continue;
        }
        if character == '.' {
            n_periods += 1;
            continue;
        }
        push_periods(std::mem::take(&mut n_periods), &mut symbols);
        let stays = is_alphanumeric(character) || matches!(character, '\'' | '`' | ',' | '-');
        match Symbol::Character(character) {
            _ if after_space => symbols.push(BLANK),
            symbol if stays => symbols.push(symbol),
            symbol => symbols.extend([BLANK, symbol, BLANK]),
        }
    }
    push_periods(n_periods, &mut symbols);
    symbols
}

fn push_periods(n_periods: usize, symbols: &mut Vec<Symbol>) {
    match n_periods {
        0 => {}
        1 => symbols.push(PERIOD),
        _ => symbols.extend([BLANK, Symbol::Periods(n_periods), BLANK]),
    }
}

/// Of ASCII, and no white space.
fn is_control(character: char) -> bool {
    character < ' ' && !is_space(character)
}

/// A comma stays between digits only.
fn separate_commas(symbols: &[Symbol]) -> Vec<Symbol> {
    let symbols = rewrite(symbols, |[before, comma], out| {
        let matches = comma == COMMA && !before.is_number();
        if matches {
            out.extend([before, BLANK, COMMA, BLANK]);
        }
        matches
    });
    let mut symbols = rewrite(&symbols, |[comma, behind], out| {
        let matches = comma == COMMA && !behind.is_number();
        if matches {
            out.extend([BLANK, COMMA, BLANK, behind]);
        }
        matches
    });
    if let [.., before, COMMA] = symbols[..]
        && before.is_number()
    {
        let end = symbols.len() - 1;
        symbols.insert(end, BLANK);
    }
    symbols
}

/// An apostrophe goes with the letters behind it if there are letters before it, too; it stays where it opens or
/// closes a text, and it stands alone elsewhere.
fn separate_apostrophes(symbols: &[Symbol]) -> Vec<Symbol> {
    type Class = fn(Symbol) -> bool;
    let letter: Class = Symbol::is_letter;
    let no_letter: Class = |symbol| !symbol.is_letter();
    let neither: Class = |symbol| !symbol.is_letter() && !symbol.is_number();
    let number: Class = Symbol::is_number;
    let genitive: Class = |symbol| symbol == Symbol::Character('s');
    let alone: &[Symbol] = &[BLANK, APOSTROPHE, BLANK];
    let joined: &[Symbol] = &[BLANK, APOSTROPHE];
    let rules = [
        (no_letter, no_letter, alone),
        (neither, letter, alone),
        (letter, no_letter, alone),
        (letter, letter, joined),
        (number, genitive, joined),
    ];
    let mut symbols = symbols.to_vec();
    if !symbols.contains(&APOSTROPHE) {
        return symbols;
    }
    for (is_before, is_behind, apostrophe) in rules {
        symbols = rewrite(&symbols, |[before, middle, behind], out| {
            let matches = middle == APOSTROPHE && is_before(before) && is_behind(behind);
            if matches {
                out.push(before);
                out.extend_from_slice(apostrophe);
                out.push(behind);
            }
            matches
        });
    }
    symbols
}

/// Whether a word keeps its period: abbreviations, words with periods within, and words that do not end a sentence
/// because the next one starts small.
fn keeps_period(stem: &[Symbol], next: Option<&[Symbol]>) -> bool {
    let next = next.and_then(|word| word.first().copied());
    if stem.contains(&PERIOD) && stem.iter().any(|symbol| symbol.is_letter()) {
        return true;
    }
    if next.is_some_and(|symbol| symbol.is(char::is_lowercase)) {
        return true;
    }
    let Some(stem) = stem.iter().map(|symbol| symbol.ascii()).collect::<Option<String>>() else { return false };
    let before_number = next.is_some_and(|symbol| symbol.is(|character| character.is_ascii_digit()));
    ABBREVIATIONS.binary_search(&stem.as_str()).is_ok() || (before_number && BEFORE_NUMBER.contains(&stem.as_str()))
}

impl Symbol {
    fn ascii(self) -> Option<char> {
        match self {
            Self::Character(character) if character.is_ascii() => Some(character),
            _ => None,
        }
    }
}

fn write(word: &[Symbol], escape: Escape, out: &mut String) {
    for &symbol in word {
        match symbol {
            Symbol::Periods(n) => out.extend(std::iter::repeat_n('.', n)),
            Symbol::Character(character) => match entity(character).filter(|_| escape == Escape::Html) {
                Some(entity) => out.push_str(entity),
                None => out.push(character),
            },
        }
    }
}

fn entity(character: char) -> Option<&'static str> {
    Some(match character {
        '&' => "&amp;",
        '|' => "&#124;",
        '<' => "&lt;",
        '>' => "&gt;",
        '\'' => "&apos;",
        '"' => "&quot;",
        '[' => "&#91;",
        ']' => "&#93;",
        _ => return None,
    })
}

/// Words that keep their period whatever follows, sorted: all of up to four letters that the probe found, and all
/// longer ones among 100,000 words of dialogue.
#[rustfmt::skip]
const ABBREVIATIONS: [&str; 98] = [
    "A", "Adj", "Adm", "Adv", "Apr", "Asst", "Aug", "B", "Bart", "Bldg", "Brig", "Bros", "C", "Capt", "Cmdr",
    "Col", "Con", "Corp", "Cpl", "D", "DR", "Dec", "Dr", "Drs", "E", "Ens", "F", "Feb", "G", "Gen", "Gov", "H",
    "Hon", "Hosp", "Hr", "I", "Insp", "J", "Jan", "Jul", "Jun", "K", "L", "Lt", "M", "MM", "MR", "MRS", "MS",
    "Maj", "Mar", "Mlle", "Mme", "Mr", "Mrs", "Ms", "Msgr", "N", "Nos", "Nov", "Nr", "O", "Oct", "Op", "Ord", "P",
    "Pfc", "Ph", "Prof", "Pvt", "Q", "R", "Rep", "Reps", "Res", "Rev", "Rs", "Rt", "S", "Sen", "Sens", "Sep",
    "Sfc", "Sgt", "Sr", "St", "Supt", "Surg", "T", "U", "V", "W", "X", "Y", "Z", "rev", "v", "vs",
];

/// Words that keep their period before a number.
const BEFORE_NUMBER: [&str; 3] = ["Art", "No", "pp"];

#[cfg(test)]
mod tests {
    use super::*;

    /// Cases and script: `golden/`.
    #[test]
    fn tokens_match_sacremoses() {
        crate::segment::golden::check(include_str!("../../golden/tokens_moses.jsonl"), |text| {
            tokens(text, Escape::Html)
        });
    }

    #[test]
    fn escapes_are_an_option() {
        assert_eq!(tokens("it's [x] & <y>|", Escape::None), ["it", "'s", "[", "x", "]", "&", "<", "y", ">", "|"]);
        let escaped = ["it", "&apos;s", "&#91;", "x", "&#93;", "&amp;", "&lt;", "y", "&gt;", "&#124;"];
        assert_eq!(tokens("it's [x] & <y>|", Escape::Html), escaped);
    }

    #[test]
    fn other_scripts_follow_unicode() {
        assert_eq!(tokens("猫が好き。", Escape::None), ["猫が好き", "。"]);
        assert_eq!(tokens("naïve, très", Escape::None), ["naïve", ",", "très"]);
    }

    #[test]
    fn abbreviations_are_sorted() {
        assert!(ABBREVIATIONS.is_sorted());
    }
}
