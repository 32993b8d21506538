-- Notes of raters, and who may come in.
--   note             rating room: flags and comments, append-only, determined by the log like revisions
--   invite, session, office   access room: links, logins and the administrator's password, all as hashes; no part of the
--                    log, for they say nothing about ratings, and no query of a rater touches them

CREATE TABLE note (
    seq       INTEGER PRIMARY KEY,
    id        TEXT NOT NULL UNIQUE,
    card_id   TEXT NOT NULL REFERENCES card,
    kind      TEXT NOT NULL CHECK (kind IN ('flag', 'comment')),
    flagged   INTEGER CHECK (flagged IN (0, 1)),
    text      TEXT,
    active_ms INTEGER NOT NULL CHECK (active_ms >= 0),
    saved_ms  INTEGER NOT NULL,
    CHECK ((kind = 'flag') = (flagged IS NOT NULL)),
    CHECK ((kind = 'comment') = (text IS NOT NULL))
) STRICT;
CREATE INDEX note_by_card ON note (card_id, kind, seq);

CREATE TRIGGER note_is_final BEFORE UPDATE ON note BEGIN SELECT RAISE(ABORT, 'notes are append-only'); END;
CREATE TRIGGER note_stays BEFORE DELETE ON note BEGIN SELECT RAISE(ABORT, 'notes are append-only'); END;

-- token_hash = BLAKE3 of the token, which is 256 random bits and kept nowhere.
CREATE TABLE invite (
    number     INTEGER PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    token_hash BLOB NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    rater_name TEXT NOT NULL,
    language   TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER,
    revoked_ms INTEGER,
    opened_ms  INTEGER
) STRICT;

CREATE TABLE session (
    token_hash BLOB PRIMARY KEY CHECK (length(token_hash) = 32),
    invite     INTEGER NOT NULL REFERENCES invite,
    rater_id   TEXT NOT NULL REFERENCES rater,
    expires_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_by_end ON session (expires_ms);

-- Argon2id of the administrator's password, in PHC form.
CREATE TABLE office (
    id            INTEGER PRIMARY KEY CHECK (id = 1),
    password_hash TEXT NOT NULL
) STRICT;
