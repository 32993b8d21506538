//! The administrator's password, as Argon2id, and the administrator's sessions, which end with the program.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};

use crate::ServerError;

/// A session ends when it was not used for so long.
pub(crate) const SESSION_MS: i64 = 12 * 3_600_000;
/// Sessions at once; beyond that the oldest end.
const MAX_SESSIONS: usize = 100;
const MIN_LETTERS: usize = 10;

/// The office's door.
pub(crate) struct Office {
    password_hash: String,
    /// By the hash of the token.
    sessions: Mutex<HashMap<[u8; 32], i64>>,
}

/// The hash of a new password in PHC form.
pub(crate) fn hash(password: &str) -> Result<String, ServerError> {
    let refuse = |problem: String| ServerError::Password { problem };
    if password.chars().count() < MIN_LETTERS {
        return Err(refuse(format!("has less than {MIN_LETTERS} letters; choose a longer one")));
    }
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|error| refuse(format!("cannot be hashed ({error}); choose another one")))
}

/// A password of 120 random bits.
pub(crate) fn generate() -> Result<String, ServerError> {
    let id = repartee_study::new_id()?;
    Ok([&id[..6], &id[6..12], &id[12..18], &id[18..24], &id[24..30]].join("-"))
}

impl Office {
    pub(crate) fn new(password_hash: String) -> Self {
        Self { password_hash, sessions: Mutex::new(HashMap::new()) }
    }

    pub(crate) fn password_hash(&self) -> &str {
        &self.password_hash
    }

    /// Whether it is the password. Slow on purpose.
    pub(crate) fn is_password(&self, password: &str) -> bool {
        PasswordHash::new(&self.password_hash)
            .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
    }

    /// A new session's token.
    pub(crate) fn open(&self, now_ms: i64) -> Result<String, repartee_study::StudyError> {
        let token = [repartee_study::new_id()?, repartee_study::new_id()?].concat();
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|_, expires_ms| *expires_ms > now_ms);
        if sessions.len() >= MAX_SESSIONS {
            let oldest = sessions.iter().min_by_key(|(_, expires_ms)| **expires_ms).map(|(hash, _)| *hash);
            oldest.map(|hash| sessions.remove(&hash));
        }
        sessions.insert(token_hash(&token), now_ms + SESSION_MS);
        Ok(token)
    }

    /// When the session ends, after it was used now; none if there is no such session.
    pub(crate) fn touch(&self, token: &str, now_ms: i64) -> Option<i64> {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let expires_ms = sessions.get_mut(&token_hash(token)).filter(|expires_ms| **expires_ms > now_ms)?;
        *expires_ms = now_ms + SESSION_MS;
        Some(*expires_ms)
    }

    pub(crate) fn close(&self, token: &str) {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).remove(&token_hash(token));
    }
}

fn token_hash(token: &str) -> [u8; 32] {
    blake3::derive_key("repartee study administrator v1", token.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_end_when_they_are_not_used_or_closed() {
        let office = Office::new(hash("correct horse").unwrap());
        assert!(office.is_password("correct horse") && !office.is_password("correct horse "));
        assert!(office.password_hash().starts_with("$argon2id$"));
        let token = office.open(0).unwrap();
        assert_eq!(office.touch(&token, 1_000), Some(1_000 + SESSION_MS));
        assert_eq!(office.touch(&token, 1_000 + SESSION_MS), None);
        let token = office.open(0).unwrap();
        office.close(&token);
        assert_eq!(office.touch(&token, 1), None);
        assert!(hash("short").unwrap_err().to_string().contains("less than 10"));
        assert_ne!(generate().unwrap(), generate().unwrap());
    }
}
