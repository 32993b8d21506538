//! Named random streams of a study: every choice is a function of a seed and a name.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::StudyError;

/// The stream `name` of `seed`; `parts` say for what, for instance a rater and an item.
pub(crate) fn stream(seed: u64, name: &str, parts: &[&str]) -> ChaCha8Rng {
    let mut hasher = blake3::Hasher::new_derive_key("repartee study random stream v1");
    hasher.update(&seed.to_le_bytes());
    for part in std::iter::once(&name).chain(parts) {
        // The length keeps ("ab", "c") and ("a", "bc") apart.
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
    }
    ChaCha8Rng::from_seed(*hasher.finalize().as_bytes())
}

/// 32 bytes from the operating system: secrets, not choices.
pub(crate) fn secret() -> Result<[u8; 32], StudyError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| StudyError::Randomness { reason: error.to_string() })?;
    Ok(bytes)
}

/// 128 bits as 32 hexadecimal digits, by a secret key: equal for equal parts, and telling nothing about them.
pub(crate) fn opaque(key: &[u8; 32], parts: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new_keyed(key);
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
    }
    hasher.finalize().to_hex()[..32].to_owned()
}
