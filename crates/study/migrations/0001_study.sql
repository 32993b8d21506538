-- A study. Tables in three rooms:
--   content  study, system, item, reply       fixed at the freeze, covered by the design hash
--   rating   rater, page, card, feedback, revision: all that a rater's connection may read (with the log, to append)
--   secret   page_source, card_source, rater_order: what a page really is; no query of a rater touches it
-- Everything outside of content is a function of the log: `verify` replays it and compares.

CREATE TABLE study (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    uid         TEXT NOT NULL,
    design      TEXT NOT NULL,
    secret      BLOB NOT NULL CHECK (length(secret) = 32),
    design_hash TEXT
) STRICT;

CREATE TABLE system (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE item (
    id      INTEGER PRIMARY KEY,
    key     TEXT NOT NULL UNIQUE,
    kind    TEXT NOT NULL CHECK (kind IN ('main', 'training', 'gold')),
    context TEXT NOT NULL
) STRICT;

CREATE TABLE reply (
    id                 INTEGER PRIMARY KEY,
    item_id            INTEGER NOT NULL REFERENCES item,
    number             INTEGER NOT NULL,
    system_id          INTEGER REFERENCES system,
    text               TEXT NOT NULL,
    sensibleness_least INTEGER,
    sensibleness_most  INTEGER,
    specificity_least  INTEGER,
    specificity_most   INTEGER,
    explanation        TEXT,
    UNIQUE (item_id, number),
    UNIQUE (item_id, system_id)
) STRICT;

CREATE TABLE rater (
    id   TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE page (
    id             TEXT PRIMARY KEY,
    rater_id       TEXT NOT NULL REFERENCES rater,
    position       INTEGER NOT NULL,
    training       INTEGER NOT NULL CHECK (training IN (0, 1)),
    context        TEXT NOT NULL,
    state          TEXT NOT NULL CHECK (state IN ('open', 'abandoned', 'done')),
    taken_ms       INTEGER NOT NULL,
    last_active_ms INTEGER NOT NULL,
    closed_ms      INTEGER
) STRICT;
CREATE INDEX page_by_rater ON page (rater_id, position);
CREATE INDEX page_by_state ON page (state, last_active_ms);

CREATE TABLE card (
    id       TEXT PRIMARY KEY,
    page_id  TEXT NOT NULL REFERENCES page,
    position INTEGER NOT NULL,
    text     TEXT NOT NULL,
    UNIQUE (page_id, position)
) STRICT;

-- Only for cards of training pages.
CREATE TABLE feedback (
    card_id            TEXT PRIMARY KEY REFERENCES card,
    sensibleness_least INTEGER,
    sensibleness_most  INTEGER,
    specificity_least  INTEGER,
    specificity_most   INTEGER,
    explanation        TEXT
) STRICT;

CREATE TABLE revision (
    seq       INTEGER PRIMARY KEY,
    id        TEXT NOT NULL UNIQUE,
    card_id   TEXT NOT NULL REFERENCES card,
    criterion TEXT NOT NULL CHECK (criterion IN ('sensibleness', 'specificity')),
    state     TEXT NOT NULL CHECK (state IN ('unrated', 'too-noisy', 'points', 'skipped')),
    points    INTEGER CHECK (points BETWEEN 1 AND 5),
    reason    TEXT,
    active_ms INTEGER NOT NULL CHECK (active_ms >= 0),
    saved_ms  INTEGER NOT NULL,
    CHECK ((state = 'points') = (points IS NOT NULL)),
    CHECK ((state = 'skipped') = (reason IS NOT NULL)),
    CHECK (state <> 'too-noisy' OR criterion = 'specificity')
) STRICT;
CREATE INDEX revision_by_card ON revision (card_id, criterion, seq);

CREATE TABLE page_source (
    page_id TEXT PRIMARY KEY REFERENCES page,
    item_id INTEGER NOT NULL REFERENCES item,
    kind    TEXT NOT NULL CHECK (kind IN ('main', 'training', 'gold', 'repeat', 'degraded')),
    slot    INTEGER NOT NULL
) STRICT;
CREATE INDEX page_source_by_item ON page_source (item_id, kind);

CREATE TABLE card_source (
    card_id  TEXT PRIMARY KEY REFERENCES card,
    reply_id INTEGER NOT NULL REFERENCES reply,
    degraded INTEGER NOT NULL CHECK (degraded IN (0, 1))
) STRICT;

CREATE TABLE rater_order (
    rater_id TEXT NOT NULL REFERENCES rater,
    rank     INTEGER NOT NULL,
    item_id  INTEGER NOT NULL REFERENCES item,
    PRIMARY KEY (rater_id, rank)
) STRICT, WITHOUT ROWID;

-- hash = BLAKE3 over the hash before it, seq, at_ms and the event.
CREATE TABLE log (
    seq   INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    event TEXT NOT NULL,
    hash  BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

-- Where the log ends; without it, events cut off at the end would not be missed.
CREATE TABLE log_head (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    seq  INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE TRIGGER revision_is_final BEFORE UPDATE ON revision BEGIN SELECT RAISE(ABORT, 'revisions are append-only'); END;
CREATE TRIGGER revision_stays BEFORE DELETE ON revision BEGIN SELECT RAISE(ABORT, 'revisions are append-only'); END;
CREATE TRIGGER log_is_final BEFORE UPDATE ON log BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER log_stays BEFORE DELETE ON log BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
