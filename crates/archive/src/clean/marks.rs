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
        // By sixteen, without branches, so that it is done for all of them at once; the last ones overlap.
        let (parts, rest) = text.as_bytes().as_chunks::<16>();
        let Some(last) = text.as_bytes().last_chunk::<16>() else {
            return Self(rest.iter().fold(0, |marks, byte| marks | KINDS[usize::from(*byte)]));
        };
        let mut found = [0; 16];
        for part in parts.iter().chain([last]) {
            found.iter_mut().zip(part).for_each(|(found, byte)| *found |= kinds_of(*byte));
        }
        Self(found.iter().fold(0, |marks, kinds| marks | kinds))
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

const KINDS: [u8; 256] = {
    let mut kinds = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        kinds[byte] = kinds_of(byte as u8);
        byte += 1;
    }
    kinds
};

/// The kinds that a byte is of.
const fn kinds_of(byte: u8) -> u8 {
    const fn kind_if(holds: bool, kind: Marks) -> u8 {
        if holds { kind.0 } else { 0 }
    }
    kind_if(byte == b'@', Marks::AT)
        | kind_if(byte == b'#', Marks::HASH)
        | kind_if((byte == b'{') | (byte == b'}'), Marks::BRACE)
        | kind_if((byte >= b'/') & (byte <= b'9'), Marks::DIGIT_OR_SLASH)
        | kind_if(byte >= 0xe2, Marks::EMOJI)
        // Full-width forms, which Japanese normalisation makes any of the others.
        | kind_if(byte == 0xef, Marks(u8::MAX))
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
            for n_blanks in [0, 15, 16, 40] {
                let text = format!("{}{text}{}", " ".repeat(n_blanks), " ".repeat(n_blanks));
                assert_eq!(all.map(|kind| Marks::of(&text).have(kind)), expected, "{text}");
            }
        }
        assert!(Marks::of("#").have(Marks::AT.or(Marks::HASH)) && !Marks::of("").have(Marks::AT.or(Marks::HASH)));
    }
}
