//! Emoji become a blank. Characters of everyday typing that have an emoji form, as digits, ©, ♪ and ★, stay.

use std::borrow::Cow;

use repartee_corpus::Language;

use super::marks::Marks;

pub(super) const NAME: &str = "emoji";
pub(super) const LANGUAGE: Option<Language> = None;

pub(super) fn clean(text: &str, marks: Marks) -> Option<Cow<'_, str>> {
    if !marks.have(Marks::EMOJI) {
        return None;
    }
    let mut cleaned = String::new();
    let (mut at, mut done) = (0, 0);
    while let Some(offset) = text.as_bytes()[at..].iter().position(|byte| *byte >= FIRST_BYTE) {
        let start = at + offset;
        let Some(character) = text[start..].chars().next() else { break };
        at = start + character.len_utf8();
        if is_emoji(character) {
            cleaned.push_str(&text[done..start]);
            cleaned.push(' ');
            done = at;
        }
    }
    if done == 0 {
        return None;
    }
    cleaned.push_str(&text[done..]);
    Some(Cow::Owned(cleaned))
}

/// Smallest first byte of an emoji in UTF-8.
const FIRST_BYTE: u8 = 0xe2;

/// Unicode's property Emoji without ASCII, Latin-1, ‼, ⁉, ™, ℹ and the wavy and part alternation marks; with the
/// joiner, the variation selector, the keycap and the tags that sequences are made of.
fn is_emoji(character: char) -> bool {
    let code = u32::from(character);
    if code >= 0x1_0000 {
        return matches!(code, 0x1_f000..=0x1_faff | 0xe_0020..=0xe_007f);
    }
    if code < 0x200d {
        return false;
    }
    RANGES
        .binary_search_by(|&(first, last)| {
            if last < code {
                std::cmp::Ordering::Less
            } else if first > code {
                std::cmp::Ordering::Greater
            } else {
                std::cmp::Ordering::Equal
            }
        })
        .is_ok()
}

#[rustfmt::skip]
const RANGES: &[(u32, u32)] = &[
    (0x200d, 0x200d), (0x20e3, 0x20e3), (0x2194, 0x2199), (0x21a9, 0x21aa), (0x231a, 0x231b), (0x2328, 0x2328),
    (0x23cf, 0x23cf), (0x23e9, 0x23f3), (0x23f8, 0x23fa), (0x24c2, 0x24c2), (0x25aa, 0x25ab), (0x25b6, 0x25b6),
    (0x25c0, 0x25c0), (0x25fb, 0x25fe), (0x2600, 0x2604), (0x260e, 0x260e), (0x2611, 0x2611), (0x2614, 0x2615),
    (0x2618, 0x2618), (0x261d, 0x261d), (0x2620, 0x2620), (0x2622, 0x2623), (0x2626, 0x2626), (0x262a, 0x262a),
    (0x262e, 0x262f), (0x2638, 0x263a), (0x2640, 0x2640), (0x2642, 0x2642), (0x2648, 0x2653), (0x265f, 0x2660),
    (0x2663, 0x2663), (0x2665, 0x2666), (0x2668, 0x2668), (0x267b, 0x267b), (0x267e, 0x267f), (0x2692, 0x2697),
    (0x2699, 0x2699), (0x269b, 0x269c), (0x26a0, 0x26a1), (0x26a7, 0x26a7), (0x26aa, 0x26ab), (0x26b0, 0x26b1),
    (0x26bd, 0x26be), (0x26c4, 0x26c5), (0x26c8, 0x26c8), (0x26ce, 0x26cf), (0x26d1, 0x26d1), (0x26d3, 0x26d4),
    (0x26e9, 0x26ea), (0x26f0, 0x26f5), (0x26f7, 0x26fa), (0x26fd, 0x26fd), (0x2702, 0x2702), (0x2705, 0x2705),
    (0x2708, 0x270d), (0x270f, 0x270f), (0x2712, 0x2712), (0x2714, 0x2714), (0x2716, 0x2716), (0x271d, 0x271d),
    (0x2721, 0x2721), (0x2728, 0x2728), (0x2733, 0x2734), (0x2744, 0x2744), (0x2747, 0x2747), (0x274c, 0x274c),
    (0x274e, 0x274e), (0x2753, 0x2755), (0x2757, 0x2757), (0x2763, 0x2764), (0x2795, 0x2797), (0x27a1, 0x27a1),
    (0x27b0, 0x27b0), (0x27bf, 0x27bf), (0x2934, 0x2935), (0x2b05, 0x2b07), (0x2b1b, 0x2b1c), (0x2b50, 0x2b50),
    (0x2b55, 0x2b55), (0x3297, 0x3297), (0x3299, 0x3299), (0xfe0f, 0xfe0f),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_in_order() {
        assert!(RANGES.windows(2).all(|pair| pair[0].1 < pair[1].0));
        assert!(is_emoji('❤') && is_emoji('😀') && is_emoji('\u{fe0f}') && !is_emoji('★') && !is_emoji('あ'));
    }
}
