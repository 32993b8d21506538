//! Classes of characters as Perl and Python have them, where Rust's own differ. Owns no rule of any tokenizer.

/// White space as Python's `str.split` and `\s` see it: Unicode's, and the four separators of ASCII.
pub(crate) fn is_space(character: char) -> bool {
    character.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&character)
}

/// Perl's `\p{IsAlnum}`: letters, marks that belong to them, and decimal digits of any script; not `½` or `²`.
pub(super) fn is_alphanumeric(character: char) -> bool {
    character.is_alphabetic() || (character.is_numeric() && is_decimal_digit(character))
}

/// The digits 0 to 9 of every script; each script has its ten in one run.
fn is_decimal_digit(character: char) -> bool {
    let code = u32::from(character);
    let run = ZEROS.partition_point(|&zero| zero <= code);
    run > 0 && code - ZEROS[run - 1] < 10
}

/// The zero of each script, sorted: Unicode 14 from Python's `unicodedata`, general category Nd.
const ZEROS: [u32; 66] = [
    0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0,
    0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620,
    0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136, 0x111d0,
    0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50, 0x11d50, 0x11da0, 0x16a60,
    0x16ac0, 0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_perls() {
        for (character, alphanumeric) in
            [('a', true), ('é', true), ('9', true), ('٣', true), ('９', true), ('猫', true), ('½', false), ('²', false)]
        {
            assert_eq!(is_alphanumeric(character), alphanumeric, "{character}");
        }
        assert!(!is_decimal_digit('/') && is_decimal_digit('0') && is_decimal_digit('9') && !is_decimal_digit(':'));
        assert!(is_space('\u{1c}') && is_space('\u{a0}') && is_space('\n') && !is_space('\u{200b}'));
    }

    #[test]
    fn zeros_are_sorted() {
        assert!(ZEROS.windows(2).all(|pair| pair[0] + 10 <= pair[1]));
    }
}
