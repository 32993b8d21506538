//! Personal data that must not reach a corpus: names of users, mail addresses and telephone numbers.
//!
//! Each becomes a placeholder. Better a date too many is masked than a number too few.

use std::borrow::Cow;

use super::marks::Marks;
use super::mentions::after_mention;

/// In place of a user's name.
const USER: &str = "<user>";
/// In place of a mail address.
const MAIL: &str = "<mail>";
/// In place of a telephone number.
const PHONE: &str = "<phone>";

/// The text with placeholders; borrowed where there is nothing to mask. `marks` are those of the text, or of one that it
/// was cut from.
pub(crate) fn mask(text: &str, marks: Marks) -> Cow<'_, str> {
    // A telephone number has digits, the name of a user on Reddit a slash.
    if !marks.have(Marks::AT.or(Marks::DIGIT_OR_SLASH)) {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut masked = String::new();
    // Everything before `done` is in `masked`.
    let (mut at, mut done) = (0, 0);
    while let Some(found) = next_candidate(bytes, at) {
        match placeholder(text, found, done) {
            Some((start, end, placeholder)) => {
                masked.push_str(&text[done..start]);
                masked.push_str(placeholder);
                (at, done) = (end, end);
            }
            None => at = found + past(bytes, found),
        }
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    masked.push_str(&text[done..]);
    Cow::Owned(masked)
}

/// A byte that one of the three can be found by.
fn next_candidate(bytes: &[u8], from: usize) -> Option<usize> {
    // 0xef begins the full-width at sign.
    let is_candidate = |byte: &u8| matches!(byte, b'@' | b'+' | b'(' | b'0'..=b'9' | 0xef | b'u');
    bytes[from..].iter().position(is_candidate).map(|offset| from + offset)
}

/// How far to go on after a candidate that was nothing: past all digits of a number that is too short.
fn past(bytes: &[u8], at: usize) -> usize {
    if bytes[at].is_ascii_digit() { bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count() } else { 1 }
}

fn placeholder(text: &str, at: usize, done: usize) -> Option<(usize, usize, &'static str)> {
    match text.as_bytes()[at] {
        b'@' => mail(text, at, done).or_else(|| user(text, at)),
        0xef if text[at..].starts_with('＠') => user(text, at),
        b'u' => reddit_user(text, at),
        b'+' | b'(' | b'0'..=b'9' => phone(text, at),
        _ => None,
    }
}

/// `name@example.org`, from its at sign.
fn mail(text: &str, at: usize, done: usize) -> Option<(usize, usize, &'static str)> {
    let bytes = text.as_bytes();
    let is_local = |byte: &&u8| byte.is_ascii_alphanumeric() || b"._%+-".contains(byte);
    let start = at - bytes[done..at].iter().rev().take_while(is_local).count();
    let is_domain = |byte: &&u8| byte.is_ascii_alphanumeric() || b".-".contains(byte);
    let length = bytes[at + 1..].iter().take_while(is_domain).count();
    let domain = text[at + 1..at + 1 + length].trim_end_matches(['.', '-']);
    let has_top = domain.rsplit_once('.').is_some_and(|(name, top)| !name.is_empty() && top.len() >= 2);
    (start < at && has_top).then_some((start, at + 1 + domain.len(), MAIL))
}

fn user(text: &str, at: usize) -> Option<(usize, usize, &'static str)> {
    let rest = after_mention(&text[at..])?;
    Some((at, text.len() - rest.len(), USER))
}

/// `u/name` or `/u/name`.
fn reddit_user(text: &str, at: usize) -> Option<(usize, usize, &'static str)> {
    let bytes = text.as_bytes();
    let start = if at > 0 && bytes[at - 1] == b'/' { at - 1 } else { at };
    let stands_alone = start == 0 || !(bytes[start - 1].is_ascii_alphanumeric() || b"/._-".contains(&bytes[start - 1]));
    let name = text[at..].strip_prefix("u/")?;
    let length = name.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte == b'-').count();
    (stands_alone && length >= 3).then_some((start, at + 2 + length, USER))
}

/// A run of digits in groups, from its first character.
fn phone(text: &str, at: usize) -> Option<(usize, usize, &'static str)> {
    let bytes = text.as_bytes();
    if at > 0 && bytes[at - 1].is_ascii_alphanumeric() {
        return None;
    }
    let (mut n_digits, mut n_separators, mut end) = (0, 0, at);
    let mut gap = 0;
    for (idx, byte) in bytes.iter().enumerate().skip(at) {
        match byte {
            b'0'..=b'9' => {
                n_digits += 1;
                n_separators += usize::from(gap > 0);
                (gap, end) = (0, idx + 1);
            }
            b'+' if idx == at => {}
            // At most two between groups, as in `(03) 1234`.
            b' ' | b'-' | b'.' | b'(' | b')' if gap < 2 => gap += 1,
            _ => break,
        }
    }
    // One separator alone can be a decimal point or a range, unless the beginning is that of a telephone number.
    let is_grouped = n_separators >= 2 || (b"+(0".contains(&bytes[at]) && bytes.get(at + 1) != Some(&b'.'));
    let plausible = if is_grouped { (9..=15).contains(&n_digits) } else { (10..=11).contains(&n_digits) };
    let ends_there = !bytes.get(end).is_some_and(u8::is_ascii_alphanumeric);
    (plausible && ends_there && !is_date(&bytes[at..end])).then_some((at, end, PHONE))
}

/// `2019-03-04` and what may follow it.
fn is_date(run: &[u8]) -> bool {
    let is_year = run.starts_with(b"19") || run.starts_with(b"20");
    is_year && run.len() > 4 && run[2..4].iter().all(u8::is_ascii_digit) && b"-.".contains(&run[4])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn personal_data_is_masked() {
        for (text, expected) in [
            ("write to ann.b+c@mail.example.org.", "write to <mail>."),
            ("a@b", "a<user>"),
            ("ask @bob_2, not ＠carl!", "ask <user>, not <user>!"),
            ("x@y.org and z@y.org", "<mail> and <mail>"),
            ("call 090-1234-5678 now", "call <phone> now"),
            ("call +81 90 1234 5678", "call <phone>"),
            ("(03) 1234-5678", "<phone>"),
            ("(555) 123-4567 or 5551234567", "<phone> or <phone>"),
            ("電話は09012345678です", "電話は<phone>です"),
            ("thanks /u/some_one and u/other-one", "thanks <user> and <user>"),
        ] {
            assert_eq!(mask(text, Marks::of(text)), expected, "{text}");
            assert_eq!(mask(expected, Marks::of(expected)), expected, "again: {expected}");
        }
    }

    #[test]
    fn the_rest_stays() {
        for text in [
            "",
            "at 5 @ home",
            "1,000,000",
            "2019-03-04 12",
            "12 34 56",
            "3.14159265358979",
            "room 101",
            "a1234567890",
            "1234567890123456789",
            "http://x.org/u/abc?id=1",
            "up u/a",
            "10:30",
            "é１２",
        ] {
            assert_eq!(mask(text, Marks::of(text)), text, "{text}");
            assert!(matches!(mask(text, Marks::of(text)), Cow::Borrowed(_)));
        }
    }
}
