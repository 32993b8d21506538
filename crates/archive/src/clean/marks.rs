//! Which bytes a text has that a step or a filter looks for, found in one pass for all of them.

/// A set of kinds of bytes, of a text and of all that is cut from it: a kind that is not in the set is not in the text;
/// one that is may have been cut away since.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Marks(u8);

impl Marks {
    /// `@`, also full-width.
    pub(crate) const AT: Self = Self(1);
    /// `#`, also full-width.
    pub(crate) const HASH: Self = Self(2);
    /// `{` or `}`.
    pub(crate) const BRACE: Self = Self(4);
    /// A digit or `/`.
    pub(crate) const DIGIT_OR_SLASH: Self = Self(8);
    /// A byte with which an emoji can begin. All of them are at or above U+200D, so in UTF-8 their first byte is at least
    /// 0xe2, and bytes that continue a character are smaller.
    pub(crate) const EMOJI: Self = Self(16);

    /// The marks of a text.
    pub(crate) fn of(text: &str) -> Self {
        Self(text.bytes().fold(0, |marks, byte| marks | KINDS[usize::from(byte)]))
    }

    /// Whether the text may have any of these.
    pub(crate) fn have(self, kinds: Self) -> bool {
        self.0 & kinds.0 != 0
    }

    /// These and others.
    pub(crate) const fn or(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }
}

const KINDS: [u8; 256] = kinds();

const fn kinds() -> [u8; 256] {
    let mut kinds = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        kinds[byte] = match byte as u8 {
            b'@' => Marks::AT.0,
            b'#' => Marks::HASH.0,
            b'{' | b'}' => Marks::BRACE.0,
            b'/' | b'0'..=b'9' => Marks::DIGIT_OR_SLASH.0,
            // Full-width forms, which Japanese normalisation makes any of the others.
            0xef => u8::MAX,
            0xe2.. => Marks::EMOJI.0,
            _ => 0,
        };
        byte += 1;
    }
    kinds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_found_in_one_pass() {
        let all = [Marks::AT, Marks::HASH, Marks::BRACE, Marks::DIGIT_OR_SLASH, Marks::EMOJI];
        for (text, expected) in [
            ("plain é", [false; 5]),
            ("a@b", [true, false, false, false, false]),
            ("#", [false, true, false, false, false]),
            ("{", [false, false, true, false, false]),
            ("}", [false, false, true, false, false]),
            ("u/x", [false, false, false, true, false]),
            ("9", [false, false, false, true, false]),
            ("あ", [false, false, false, false, true]),
            ("＠", [true; 5]),
        ] {
            assert_eq!(all.map(|kind| Marks::of(text).have(kind)), expected, "{text}");
        }
        assert!(Marks::of("#").have(Marks::AT.or(Marks::HASH)) && !Marks::of("").have(Marks::AT.or(Marks::HASH)));
    }
}
