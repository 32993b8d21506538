//! The text and the binary format of the word2vec program.
//!
//! Both start with a line `pieces size`. In the text format a line is a piece and its numbers, with blanks between; in
//! the binary format a piece, a blank, its numbers as little-endian f32, and a line end that some programs leave out.
//! Reading checks everything, so that what is read can be used, and allocates no more than the file is long.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::str::FromStr;

use super::Embeddings;
use crate::{CorpusError, EmbeddingFault};

/// How embeddings are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EmbeddingFormat {
    /// Exact and small.
    #[default]
    Binary,
    /// For people and for programs that want it. The numbers are exact, too: as short as they can be told apart.
    Text,
}

impl FromStr for EmbeddingFormat {
    type Err = CorpusError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "binary" => Ok(Self::Binary),
            "text" => Ok(Self::Text),
            _ => Err(CorpusError::UnknownName {
                kind: "embedding format",
                name: name.to_owned(),
                expected: "`binary` or `text`",
            }),
        }
    }
}

/// Checks that embeddings are whole and can be written; the problem and its remedy if not.
pub(super) fn check(size: usize, pieces: &[String], values: &[f32]) -> Result<(), String> {
    if size == 0 || values.len() != pieces.len() * size {
        return Err(format!(
            "have {} numbers, not {} pieces x {size}; give a row per piece",
            values.len(),
            pieces.len()
        ));
    }
    let mut seen = HashSet::new();
    for (piece, row) in pieces.iter().zip(values.chunks_exact(size)) {
        if piece.is_empty() || piece.contains([' ', '\n']) {
            return Err(format!("cannot hold the piece {piece:?}; use a vocabulary of pieces without blanks"));
        }
        if !seen.insert(piece) {
            return Err(format!("have the piece `{piece}` twice; leave one out"));
        }
        if !row.iter().all(|value| value.is_finite()) {
            return Err(format!("of the piece `{piece}` are not finite; lower the learning rate"));
        }
    }
    Ok(())
}

/// Writes embeddings part by part.
pub(super) fn write(embeddings: &Embeddings, format: EmbeddingFormat, mut put: impl FnMut(&[u8])) {
    let Embeddings { size, pieces, values } = embeddings;
    put(format!("{} {size}\n", pieces.len()).as_bytes());
    let mut line = Vec::new();
    let mut number = String::new();
    for (piece, row) in pieces.iter().zip(values.chunks_exact(*size)) {
        line.clear();
        line.extend_from_slice(piece.as_bytes());
        match format {
            EmbeddingFormat::Binary => {
                line.push(b' ');
                line.extend(row.iter().flat_map(|value| value.to_le_bytes()));
            }
            EmbeddingFormat::Text => {
                for value in row {
                    number.clear();
                    write!(number, " {value}").expect("a String takes any text");
                    line.extend_from_slice(number.as_bytes());
                }
            }
        }
        line.push(b'\n');
        put(&line);
    }
}

/// Reads either format.
pub(super) fn read(bytes: &[u8]) -> Result<Embeddings, EmbeddingFault> {
    let (header, body) = split_at_byte(bytes, b'\n').ok_or(EmbeddingFault::Header)?;
    let numbers: Option<Vec<usize>> = str::from_utf8(header)
        .ok()
        .and_then(|header| header.split_ascii_whitespace().map(|number| number.parse().ok()).collect());
    let Some(&[n_pieces, size]) = numbers.as_deref() else { return Err(EmbeddingFault::Header) };
    // A number takes at least two bytes in either format, so a header that promises too much is found out here.
    let n_values = n_pieces.checked_mul(size).filter(|&n_values| n_values / 2 <= body.len());
    if size == 0 || n_values.is_none() {
        return Err(EmbeddingFault::Promise { n_pieces, size, n_bytes: body.len() });
    }
    let (pieces, values) =
        if is_text(body, size) { read_text(body, n_pieces, size)? } else { read_binary(body, n_pieces, size)? };
    let mut seen = HashSet::new();
    for (row_idx, (piece, row)) in pieces.iter().zip(values.chunks_exact(size)).enumerate() {
        let row_number = row_idx + 1;
        if !seen.insert(piece) {
            return Err(EmbeddingFault::Repeated { row: row_number, piece: piece.clone() });
        }
        if !row.iter().all(|value| value.is_finite()) {
            return Err(EmbeddingFault::NotFinite { row: row_number, piece: piece.clone() });
        }
    }
    Ok(Embeddings { size, pieces, values })
}

/// Whether the first row is a line of text with about as many numbers as it should have: then a wrong count or a
/// misspelt number is an error of a text file and not the sign of a binary one.
fn is_text(body: &[u8], size: usize) -> bool {
    let line = split_at_byte(body, b'\n').map_or(body, |(line, _)| line);
    let Ok(line) = str::from_utf8(line) else { return false };
    let fields: Vec<&str> = line.split_ascii_whitespace().collect();
    let n_numbers = fields.iter().skip(1).filter(|field| field.parse::<f32>().is_ok()).count();
    n_numbers > 0 && n_numbers * 2 >= size.min(fields.len() - 1)
}

fn read_text(body: &[u8], n_pieces: usize, size: usize) -> Result<(Vec<String>, Vec<f32>), EmbeddingFault> {
    let mut pieces = Vec::with_capacity(n_pieces);
    let mut values = Vec::with_capacity(n_pieces * size);
    let mut rest = body;
    for row_idx in 0..n_pieces {
        // The header is line 1.
        let line_number = row_idx + 2;
        if rest.is_empty() {
            return Err(EmbeddingFault::Missing { n_pieces, found: row_idx });
        }
        let (line, after) = split_at_byte(rest, b'\n').unwrap_or((rest, &[]));
        rest = after;
        let line = str::from_utf8(line).map_err(|_| EmbeddingFault::LineUtf8 { line: line_number })?;
        let line = line.trim_end_matches([' ', '\r']);
        let (piece, numbers) = line.split_once(' ').unwrap_or((line, ""));
        if piece.is_empty() {
            return Err(EmbeddingFault::NoPiece { row: row_idx + 1 });
        }
        let before = values.len();
        for number in numbers.split(' ').filter(|number| !number.is_empty()) {
            values.push(number.parse().map_err(|_| EmbeddingFault::Number {
                line: line_number,
                column: values.len() - before + 1,
                text: number.chars().take(32).collect(),
            })?);
        }
        if values.len() - before != size {
            return Err(EmbeddingFault::Columns { line: line_number, found: values.len() - before, size });
        }
        pieces.push(piece.to_owned());
    }
    if rest.iter().all(u8::is_ascii_whitespace) { Ok((pieces, values)) } else { Err(EmbeddingFault::Rest { n_pieces }) }
}

fn read_binary(body: &[u8], n_pieces: usize, size: usize) -> Result<(Vec<String>, Vec<f32>), EmbeddingFault> {
    let mut pieces = Vec::with_capacity(n_pieces);
    let mut values = Vec::with_capacity(n_pieces * size);
    let mut rest = body;
    for row_idx in 0..n_pieces {
        let row = row_idx + 1;
        rest = rest.strip_prefix(b"\n").unwrap_or(rest);
        if rest.is_empty() {
            return Err(EmbeddingFault::Missing { n_pieces, found: row_idx });
        }
        let (piece, after) = split_at_byte(rest, b' ').ok_or(EmbeddingFault::Cut { row })?;
        let piece = str::from_utf8(piece).map_err(|_| EmbeddingFault::PieceUtf8 { row })?;
        if piece.is_empty() {
            return Err(EmbeddingFault::NoPiece { row });
        }
        let (numbers, after) = after.split_at_checked(size * size_of::<f32>()).ok_or(EmbeddingFault::Cut { row })?;
        rest = after;
        values.extend(numbers.as_chunks().0.iter().map(|&number| f32::from_le_bytes(number)));
        pieces.push(piece.to_owned());
    }
    if rest.strip_prefix(b"\n").unwrap_or(rest).is_empty() {
        Ok((pieces, values))
    } else {
        Err(EmbeddingFault::Rest { n_pieces })
    }
}

/// What is before and after the first such byte.
fn split_at_byte(bytes: &[u8], byte: u8) -> Option<(&[u8], &[u8])> {
    let place = bytes.iter().position(|&other| other == byte)?;
    Some((&bytes[..place], &bytes[place + 1..]))
}
