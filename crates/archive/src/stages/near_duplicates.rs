//! Near-duplicate pairs by MinHash: a pair that is nearly an earlier one is left out of train and dev.
//!
//! Signatures of 64 minima over character 4-grams, looked up in 16 bands of 4; pairs that share a band are compared by
//! their whole signatures. At a similarity of 0.8 a pair shares a band with a probability of 0.9998, and the estimate of
//! the similarity has a standard error of 0.05.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use crate::ArchiveError;
use crate::context::Context;
use crate::hash::hash;
use crate::sorter::{Sorter, plain_record};
use crate::work::Work;

const MINIMA: usize = 64;
const ROWS_PER_BAND: usize = 4;
const SHINGLE_CHARACTERS: usize = 4;
const SIGNATURE_BYTES: usize = 4 * MINIMA;

/// One bit a pair, set if it is to be left out.
pub(crate) const NEAR_DUPLICATES: &str = "near-duplicates";

/// The minima of a text under 64 hash functions.
pub(crate) type Signature = [u32; MINIMA];

plain_record! {
    /// A pair that has a band.
    Band { band: u64, pair: u64 }
}

/// The signature of a pair. Case does not count.
pub(crate) fn signature(context: &str, reply: &str) -> Signature {
    let characters: Vec<char> =
        [context, "\n", reply].iter().flat_map(|part| part.chars()).flat_map(char::to_lowercase).collect();
    let mut minima = [u32::MAX; MINIMA];
    let mut bytes = Vec::with_capacity(4 * SHINGLE_CHARACTERS);
    let length = SHINGLE_CHARACTERS.min(characters.len());
    for shingle in characters.windows(length) {
        bytes.clear();
        shingle.iter().for_each(|character| bytes.extend_from_slice(&u32::from(*character).to_le_bytes()));
        let mut state = hash(&bytes);
        for minimum in &mut minima {
            // A step of SplitMix64: independent enough, and the same everywhere.
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            *minimum = (*minimum).min((mixed >> 32) as u32);
        }
    }
    minima
}

/// Share of minima that two signatures have in common: an estimate of the Jaccard similarity.
fn similarity(left: &Signature, right: &Signature) -> f64 {
    let equal = left.iter().zip(right).filter(|(left, right)| left == right).count();
    equal as f64 / MINIMA as f64
}

/// Takes the signatures of all pairs in order.
pub(crate) struct Collector {
    threshold: f64,
    path: PathBuf,
    signatures: BufWriter<fs_err::File>,
    bands: Sorter<Band>,
    n_pairs: u64,
}

impl Collector {
    pub(crate) fn new(context: &Context, work: &Work, threshold: f64) -> Result<Self, ArchiveError> {
        let path = work.scratch().join("signatures");
        let file = fs_err::File::create(&path).map_err(ArchiveError::write(&path))?;
        let bands = Sorter::new(&work.scratch(), "bands", context.options.memory_bytes / 4);
        Ok(Self { threshold, path, signatures: BufWriter::with_capacity(1 << 18, file), bands, n_pairs: 0 })
    }

    pub(crate) fn push(&mut self, signature: &Signature) -> Result<(), ArchiveError> {
        let bytes: Vec<u8> = signature.iter().flat_map(|minimum| minimum.to_le_bytes()).collect();
        self.signatures.write_all(&bytes).map_err(ArchiveError::write(&self.path))?;
        for (number, rows) in bytes.chunks(4 * ROWS_PER_BAND).enumerate() {
            let mut named = rows.to_vec();
            named.push(number as u8);
            self.bands.push(Band { band: hash(&named), pair: self.n_pairs })?;
        }
        self.n_pairs += 1;
        Ok(())
    }

    /// Writes which pairs are to be left out.
    pub(crate) fn finish(mut self, work: &Work) -> Result<(), ArchiveError> {
        self.signatures.flush().map_err(ArchiveError::write(&self.path))?;
        let file = File::open(&self.path).map_err(ArchiveError::read(&self.path))?;
        let mut left_out = vec![0_u8; (self.n_pairs as usize).div_ceil(8)];
        let mut first: Option<(Band, Signature)> = None;
        for band in self.bands.finish()? {
            let band = band?;
            let read = || signature_at(&file, band.pair).map_err(ArchiveError::read(&self.path));
            match &first {
                Some((earliest, signature)) if earliest.band == band.band => {
                    let (byte, bit) = (band.pair as usize / 8, 1 << (band.pair % 8));
                    if left_out[byte] & bit == 0 && similarity(signature, &read()?) >= self.threshold {
                        left_out[byte] |= bit;
                    }
                }
                _ => first = Some((band, read()?)),
            }
        }
        let temporary = work.scratch().join("near-duplicates-whole");
        fs_err::write(&temporary, left_out).map_err(ArchiveError::write(&temporary))?;
        work.publish(&temporary, NEAR_DUPLICATES)
    }
}

fn signature_at(file: &File, pair: u64) -> std::io::Result<Signature> {
    let mut bytes = [0; SIGNATURE_BYTES];
    read_at(file, &mut bytes, pair * SIGNATURE_BYTES as u64)?;
    let mut signature = [0; MINIMA];
    for (minimum, bytes) in signature.iter_mut().zip(bytes.chunks_exact(4)) {
        *minimum = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    }
    Ok(signature)
}

#[cfg(unix)]
fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

#[cfg(not(unix))]
fn read_at(mut file: &File, bytes: &mut [u8], offset: u64) -> std::io::Result<()> {
    use std::io::{Read, Seek, SeekFrom};
    file.seek(SeekFrom::Start(offset))?;
    file.read_exact(bytes)
}

/// Which pairs are to be left out, if near-duplicates were looked for.
#[derive(Debug, Default)]
pub(crate) struct LeftOut(Vec<u8>);

impl LeftOut {
    pub(crate) fn load(context: &Context, work: &Work) -> Result<Self, ArchiveError> {
        if context.options.near_duplicates.is_none() {
            return Ok(Self::default());
        }
        let path = work.path(NEAR_DUPLICATES);
        fs_err::read(&path).map(Self).map_err(ArchiveError::read(&path))
    }

    pub(crate) fn contains(&self, pair: u64) -> bool {
        self.0.get(pair as usize / 8).is_some_and(|byte| byte & (1 << (pair % 8)) != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn similarity_follows_the_texts() {
        let base = signature("shall we go to the cinema tonight, all of us?", "yes, let us meet at eight");
        let near = signature("Shall we go to the cinema tonight, all of us", "yes, let us meet at eight!");
        let far = signature("what is your favourite colour?", "blue, like the sea in summer");
        assert!((similarity(&base, &base) - 1.0).abs() < 1e-12);
        assert!(similarity(&base, &near) > 0.8, "{}", similarity(&base, &near));
        assert!(similarity(&base, &far) < 0.2, "{}", similarity(&base, &far));
        assert_eq!(signature("", "").len(), MINIMA);
    }
}
