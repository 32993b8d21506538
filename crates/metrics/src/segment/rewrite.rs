//! Substitution of short patterns of symbols, left to right and without overlap, as a global substitution of a regular
//! expression does it. Owns the scan; the patterns belong to the tokenizers.

/// Goes through `symbols` and, wherever `replace` has something for the next `N` symbols, puts that and goes on behind
/// them; elsewhere a symbol is kept.
///
/// That a symbol is used up by one match, so that it cannot be the context of the next, is part of the behaviour of the
/// tokenizers: `a,,1` is cut differently from `a , , 1`.
pub(super) fn rewrite<S: Copy, const N: usize>(
    symbols: &[S],
    mut replace: impl FnMut([S; N], &mut Vec<S>) -> bool,
) -> Vec<S> {
    let mut rewritten = Vec::with_capacity(symbols.len() + symbols.len() / 4 + 8);
    let mut idx = 0;
    while let Some(&window) = symbols[idx..].first_chunk::<N>() {
        if replace(window, &mut rewritten) {
            idx += N;
        } else {
            rewritten.push(window[0]);
            idx += 1;
        }
    }
    rewritten.extend_from_slice(&symbols[idx..]);
    rewritten
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_do_not_overlap() {
        let doubled = rewrite(&['a', 'a', 'a', 'b'], |[first, second], out| {
            let matches = first == 'a' && second == 'a';
            if matches {
                out.extend(['<', '>']);
            }
            matches
        });
        assert_eq!(doubled, ['<', '>', 'a', 'b']);
    }
}
