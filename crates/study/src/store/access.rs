//! Who may come in: personal links of raters, their sessions, and the administrator's password. Tokens are 256 random bits
//! that are shown once; the file keeps only their BLAKE3.

use rusqlite::{OptionalExtension as _, params};

use crate::{StudyError, random};

use super::Store;

/// What an invitation needs.
#[derive(Clone, Copy, Debug)]
pub struct NewInvite<'a> {
    /// The rater's name; the same name is the same rater.
    pub rater: &'a str,
    /// Language of the rater's pages.
    pub language: &'a str,
    /// When the link ends.
    pub expires_ms: Option<i64>,
}

/// An invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    /// Names it; it opens nothing.
    pub id: String,
    /// The rater's name.
    pub rater: String,
    /// Language of the rater's pages.
    pub language: String,
    /// When it was made.
    pub created_ms: i64,
    /// When it ends.
    pub expires_ms: Option<i64>,
    /// When it was revoked.
    pub revoked_ms: Option<i64>,
    /// When it was last opened.
    pub opened_ms: Option<i64>,
}

/// Whose session it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visitor {
    /// The rater's id.
    pub rater: String,
    /// The rater's name.
    pub name: String,
    /// Language of the rater's pages.
    pub language: String,
}

/// A new token as 64 hexadecimal digits.
pub(super) fn new_token() -> Result<String, StudyError> {
    Ok(blake3::Hash::from_bytes(random::secret()?).to_hex().to_string())
}

/// What is kept of a token; none if it cannot be one.
fn token_hash(token: &str) -> Option<[u8; 32]> {
    let is_token = token.len() == 64 && token.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    is_token.then(|| blake3::derive_key("repartee study token v1", token.as_bytes()))
}

impl Store {
    /// Invites a rater; returns the token of the link, which cannot be had again.
    ///
    /// # Errors
    /// [`StudyError::RaterName`], [`StudyError::Field`].
    pub fn invite(&mut self, new: &NewInvite<'_>, now_ms: i64) -> Result<(Invite, String), StudyError> {
        super::assign::check_name(new.rater)?;
        let is_language = (2..=35).contains(&new.language.len())
            && new.language.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !is_language {
            let problem = "is no language tag; give for instance `en` or `ja`".to_owned();
            return Err(StudyError::Field { field: "language", problem });
        }
        let token = new_token()?;
        let hash = token_hash(&token).expect("a new token has the form of one");
        let invite = Invite {
            id: crate::new_id()?,
            rater: new.rater.to_owned(),
            language: new.language.to_owned(),
            created_ms: now_ms,
            expires_ms: new.expires_ms,
            revoked_ms: None,
            opened_ms: None,
        };
        self.write(|transaction| {
            transaction.execute(
                "INSERT INTO invite (id, token_hash, rater_name, language, created_ms, expires_ms)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![invite.id, hash, invite.rater, invite.language, now_ms, invite.expires_ms],
            )?;
            Ok(())
        })?;
        Ok((invite, token))
    }

    /// All invitations in the order in which they were made.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn invites(&self) -> Result<Vec<Invite>, StudyError> {
        let mut statement = self.connection.prepare(
            "SELECT id, rater_name, language, created_ms, expires_ms, revoked_ms, opened_ms FROM invite ORDER BY number",
        )?;
        let read = |row: &rusqlite::Row<'_>| {
            Ok(Invite {
                id: row.get(0)?,
                rater: row.get(1)?,
                language: row.get(2)?,
                created_ms: row.get(3)?,
                expires_ms: row.get(4)?,
                revoked_ms: row.get(5)?,
                opened_ms: row.get(6)?,
            })
        };
        Ok(statement.query_map([], read)?.collect::<Result<_, _>>()?)
    }

    /// Revokes an invitation: its link and its sessions end. Revoking again changes nothing.
    ///
    /// # Errors
    /// [`StudyError::UnknownInvite`].
    pub fn revoke(&mut self, invite: &str, now_ms: i64) -> Result<(), StudyError> {
        self.write(|transaction| {
            let number: Option<i64> = transaction
                .query_row("SELECT number FROM invite WHERE id = ?1", [invite], |row| row.get(0))
                .optional()?;
            let number = number.ok_or_else(|| StudyError::UnknownInvite { invite: invite.to_owned() })?;
            transaction.execute(
                "UPDATE invite SET revoked_ms = COALESCE(revoked_ms, ?2) WHERE number = ?1",
                params![number, now_ms],
            )?;
            transaction.execute("DELETE FROM session WHERE invite = ?1", [number])?;
            Ok(())
        })
    }

    /// Opens a session with the token of a link; returns the token of the session. None if no link has this token, or it
    /// was revoked or has ended. The rater joins the study with the first session.
    ///
    /// # Errors
    /// [`StudyError::NotFrozen`].
    pub fn open_session(&mut self, token: &str, lasts_ms: i64, now_ms: i64) -> Result<Option<String>, StudyError> {
        let Some(hash) = token_hash(token) else { return Ok(None) };
        let select = "SELECT number, rater_name FROM invite WHERE token_hash = ?1 AND revoked_ms IS NULL
            AND (expires_ms IS NULL OR expires_ms > ?2)";
        let found: Option<(i64, String)> = self
            .connection
            .prepare_cached(select)?
            .query_row(params![hash, now_ms], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((number, name)) = found else { return Ok(None) };
        let rater = self.join(&name, now_ms)?;
        let session = new_token()?;
        self.write(|transaction| {
            transaction.execute("DELETE FROM session WHERE expires_ms <= ?1", [now_ms])?;
            transaction.execute(
                "INSERT INTO session (token_hash, invite, rater_id, expires_ms) VALUES (?1, ?2, ?3, ?4)",
                params![token_hash(&session), number, rater, now_ms.saturating_add(lasts_ms)],
            )?;
            transaction.execute("UPDATE invite SET opened_ms = ?2 WHERE number = ?1", params![number, now_ms])?;
            Ok(())
        })?;
        Ok(Some(session))
    }

    /// Whose session this is; none if it has ended, or its link was revoked or has ended.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn visitor(&self, session: &str, now_ms: i64) -> Result<Option<Visitor>, StudyError> {
        let Some(hash) = token_hash(session) else { return Ok(None) };
        let select = "SELECT rater_id, rater.name, invite.language
            FROM session JOIN invite ON invite.number = session.invite JOIN rater ON rater.id = rater_id
            WHERE session.token_hash = ?1 AND session.expires_ms > ?2 AND revoked_ms IS NULL
              AND (invite.expires_ms IS NULL OR invite.expires_ms > ?2)";
        let read =
            |row: &rusqlite::Row<'_>| Ok(Visitor { rater: row.get(0)?, name: row.get(1)?, language: row.get(2)? });
        Ok(self.connection.prepare_cached(select)?.query_row(params![hash, now_ms], read).optional()?)
    }

    /// Ends a session.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn close_session(&mut self, session: &str) -> Result<(), StudyError> {
        let Some(hash) = token_hash(session) else { return Ok(()) };
        self.connection.execute("DELETE FROM session WHERE token_hash = ?1", [hash])?;
        Ok(())
    }

    /// The hash of the administrator's password in PHC form, if there is one.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn password_hash(&self) -> Result<Option<String>, StudyError> {
        let read = |row: &rusqlite::Row<'_>| row.get(0);
        Ok(self.connection.query_row("SELECT password_hash FROM office", [], read).optional()?)
    }

    /// Sets the hash of the administrator's password.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn set_password_hash(&mut self, hash: &str) -> Result<(), StudyError> {
        self.connection.execute(
            "INSERT INTO office (id, password_hash) VALUES (1, ?1)
             ON CONFLICT (id) DO UPDATE SET password_hash = excluded.password_hash",
            [hash],
        )?;
        Ok(())
    }
}
