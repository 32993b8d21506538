//! WMT's `mteval-v13a`, which sacrebleu calls `13a`. Owns its rules.
//!
//! Five steps: four HTML escapes are undone; punctuation and symbols of ASCII stand alone, but for `'`, `,`, `-` and
//! `.`; a period or comma stands alone unless a digit is before it, then unless a digit is behind it; a hyphen stands
//! alone behind a digit. Other scripts are not looked at. Goldens: `golden/tokens_13a.jsonl`, from sacrebleu.

use std::borrow::Cow;

use super::rewrite::rewrite;

/// The text with blanks between its tokens.
pub(super) fn spaced(text: &str) -> Cow<'_, str> {
    let text = text.trim_end_matches(super::is_space);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b' ' || byte == b'\'';
    if text.bytes().all(plain) {
        return Cow::Borrowed(text);
    }
    let text = undo_escapes(text);
    // Every mark is ASCII and every rule puts blanks beside marks only, so that bytes are as good as characters.
    // Blanks at both ends are context to the rules.
    let mut symbols = Vec::with_capacity(text.len() + text.len() / 2);
    symbols.push(b' ');
    for byte in text.bytes() {
        if stands_alone(byte) {
            symbols.extend([b' ', byte, b' ']);
        } else {
            symbols.push(byte);
        }
    }
    symbols.push(b' ');
    let is_point = |symbol: u8| matches!(symbol, b'.' | b',');
    if symbols.iter().copied().any(is_point) {
        symbols = rewrite(&symbols, |[before, point], out| {
            let matches = is_point(point) && !before.is_ascii_digit();
            if matches {
                out.extend([before, b' ', point, b' ']);
            }
            matches
        });
        symbols = rewrite(&symbols, |[point, behind], out| {
            let matches = is_point(point) && !behind.is_ascii_digit();
            if matches {
                out.extend([b' ', point, b' ', behind]);
            }
            matches
        });
    }
    if symbols.contains(&b'-') {
        symbols = rewrite(&symbols, |[digit, hyphen], out| {
            let matches = hyphen == b'-' && digit.is_ascii_digit();
            if matches {
                out.extend([digit, b' ', hyphen, b' ']);
            }
            matches
        });
    }
    Cow::Owned(String::from_utf8(symbols).expect("blanks were put beside characters of one byte only"))
}

/// Everything printable of ASCII but letters, digits, `'`, `,`, `-` and `.`.
fn stands_alone(byte: u8) -> bool {
    matches!(byte, b' '..=b'&' | b'('..=b'+' | b'/' | b':'..=b'@' | b'['..=b'`' | b'{'..=b'~')
}

/// The marks of skipped text are dropped, and four HTML escapes undone, one after the other: `&amp;lt;` becomes `<`.
fn undo_escapes(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    let escapes = [("<skipped>", ""), ("-\n", ""), ("&quot;", "\""), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">")];
    for (escape, character) in escapes {
        if text.contains(escape) {
            text = Cow::Owned(text.replace(escape, character));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use crate::segment::Segmentation;

    /// Cases and script: `golden/`.
    #[test]
    fn tokens_match_sacrebleu() {
        crate::segment::golden::check(include_str!("../../golden/tokens_13a.jsonl"), |text| {
            Segmentation::ThirteenA.tokens(text)
        });
    }
}
