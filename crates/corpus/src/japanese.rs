//! The normalisation of Japanese text that neologdn 0.5 defines, which the paper's authors use with `repeat = 3`.
//!
//! Owns which characters are the same; written from what neologdn does to every character and to random strings, and
//! compared with its output in `crates/corpus/golden`.

/// Longest repeated substring that is shortened, in characters.
const MAX_REPEATED_CHARACTERS: usize = 8;

const HALF_WIDTH: &str = "｡｢｣､･ｦｧｨｩｪｫｬｭｮｯｰｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜﾝ";
const FULL_WIDTH: &str = "。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン";

const UNVOICED: &str = "うウカキクケコサシスセソタチツテトハヒフヘホ";
const VOICED: &str = "ゔヴガギグゲゴザジズゼゾダヂヅデドバビブベボ";
const PLAIN_H: &str = "はひふへほハヒフヘホ";
const ASPIRATED: &str = "ぱぴぷぺぽパピプペポ";

/// Full-width Latin letters, digits and punctuation become ASCII, half-width kana full-width; hyphens and long vowel
/// marks of all kinds become one each; tildes vanish; blanks beside Japanese characters vanish, others become single.
/// If `repeat` is given, a substring of up to eight characters that occurs more often in a row is cut to `repeat`
/// occurrences; neologdn agrees for `repeat >= 3` (with less, it leaves some repetitions at the end of a text).
#[must_use]
pub fn normalise_japanese(text: &str, repeat: Option<usize>) -> String {
    let mut characters: Vec<char> = Vec::with_capacity(text.len());
    for character in text.chars() {
        push(&mut characters, character);
    }
    if characters.last() == Some(&' ') {
        characters.pop();
    }
    if let Some(repeat) = repeat {
        shorten(&mut characters, repeat.max(1));
    }
    characters.into_iter().collect()
}

fn push(out: &mut Vec<char>, character: char) {
    let last = out.last().copied();
    let character = match character {
        ' ' | '\u{3000}' => {
            // The asterisk is treated as Japanese characters are.
            if last.is_some_and(|last| last.is_ascii() && last != ' ' && last != '*') {
                out.push(' ');
            }
            return;
        }
        '~' | '∼' | '∾' | '〜' | '〰' | '～' => return,
        '˗' | '֊' | '‐' | '‑' | '‒' | '–' | '⁃' | '⁻' | '₋' | '−' => {
            return if last != Some('-') {
                out.push('-')
            };
        }
        '﹣' | '－' | 'ー' | '—' | '―' | '─' | '━' | 'ｰ' => {
            return if last != Some('ー') {
                out.push('ー')
            };
        }
        other => one_width(other),
    };
    let combined = match character {
        'ﾞ' => last.and_then(|last| partner(last, UNVOICED, VOICED)),
        'ﾟ' => last.and_then(|last| partner(last, PLAIN_H, ASPIRATED)),
        _ => None,
    };
    let replaces_blank = last == Some(' ') && is_japanese_block(character);
    match combined.or(replaces_blank.then_some(character)) {
        Some(combined) => {
            out.pop();
            out.push(combined);
        }
        None => out.push(character),
    }
}

fn one_width(character: char) -> char {
    match character {
        '¥' => '\\',
        '‘' => '`',
        '’' => '\'',
        '“' | '”' => '"',
        '゛' => 'ﾞ',
        '゜' => 'ﾟ',
        '＂' | '＇' | '＼' | '｀' => character,
        '\u{ff01}'..='\u{ff5d}' => char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character),
        '\u{ff61}'..='\u{ff9d}' => partner(character, HALF_WIDTH, FULL_WIDTH).unwrap_or(character),
        _ => character,
    }
}

/// The character of `to` at the place that `character` has in `from`.
fn partner(character: char, from: &str, to: &str) -> Option<char> {
    let place = from.chars().position(|candidate| candidate == character)?;
    to.chars().nth(place)
}

/// CJK symbols, kana, kanji and full-width forms: a blank before them vanishes.
fn is_japanese_block(character: char) -> bool {
    matches!(character, '\u{3000}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}' | '\u{ff00}'..='\u{ffef}')
        && character != 'ー'
}

/// From left to right, at each place the shortest substring first.
fn shorten(text: &mut Vec<char>, repeat: usize) {
    let mut start = 0;
    while start < text.len() {
        let longest = MAX_REPEATED_CHARACTERS.min(text.len().saturating_sub(start + 2) / 2);
        let mut length = 1;
        while length <= longest && start + length < text.len() {
            let unit = &text[start..start + length];
            let copies = 1 + text[start + length..].chunks_exact(length).take_while(|chunk| *chunk == unit).count();
            if copies > repeat {
                text.drain(start + length * repeat..start + length * copies);
            }
            length += 1;
        }
        start += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_neologdn() {
        let golden = include_str!("../golden/neologdn.jsonl");
        let mut n_cases = 0;
        for line in golden.lines() {
            let [text, plain, thrice]: [String; 3] = serde_json::from_str(line).unwrap();
            assert_eq!(normalise_japanese(&text, None), plain, "{text:?}");
            assert_eq!(normalise_japanese(&text, Some(3)), thrice, "{text:?}, repeat = 3");
            n_cases += 1;
        }
        assert!(n_cases > 1000, "{n_cases}");
    }

    #[test]
    fn tables_have_partners() {
        for (from, to) in [(HALF_WIDTH, FULL_WIDTH), (UNVOICED, VOICED), (PLAIN_H, ASPIRATED)] {
            assert_eq!(from.chars().count(), to.chars().count());
        }
    }
}
