//! `verify` must notice any change made outside the program.

use rusqlite::Connection;

use repartee_study::{Store, StudyError};

use crate::common::{Study, content, design, frozen, rate_all};

fn rated() -> Study {
    let mut study = frozen(&design(1), &content(3, 2));
    let rater = study.store.join("a", 0).unwrap();
    rate_all(&mut study.store, &rater, 0);
    study
}

#[test]
fn an_untouched_study_is_fine_and_copies_of_it_are() {
    let mut study = rated();
    let verified = study.store.verify().unwrap();
    assert_eq!((verified.n_events, verified.n_revisions), (2 + 1 + 3 + 12 + 3, 12));
    study.store.backup(&study.path("copy.sqlite")).unwrap();
    assert_eq!(Store::open(&study.path("copy.sqlite")).unwrap().verify().unwrap(), verified);
    assert!(matches!(study.store.backup(&study.path("copy.sqlite")), Err(StudyError::Exists { .. })));
}

#[test]
fn every_kind_of_change_is_noticed() {
    const UNLOCK: &str = "DROP TRIGGER revision_is_final; DROP TRIGGER revision_stays; DROP TRIGGER log_is_final;
        DROP TRIGGER log_stays; PRAGMA foreign_keys = OFF;";
    let study = rated();
    for (change, part) in [
        ("UPDATE revision SET points = points % 5 + 1 WHERE seq = (SELECT MIN(seq) FROM revision)", "column `points`"),
        ("UPDATE revision SET saved_ms = saved_ms + 1 WHERE seq = (SELECT MAX(seq) FROM revision)", "column `saved_ms`"),
        ("DELETE FROM revision WHERE seq = (SELECT MAX(seq) FROM revision)", "row 12 of table `revision` is missing"),
        ("INSERT INTO revision SELECT seq + 100, 'new', card_id, criterion, state, points, reason, active_ms, saved_ms
          FROM revision LIMIT 1", "`revision` is not in the log"),
        ("UPDATE log SET event = replace(event, '\"active_ms\":700', '\"active_ms\":7')", "does not fit its hash"),
        ("UPDATE log SET at_ms = at_ms + 1 WHERE seq = 5", "event 5 of the log does not fit its hash"),
        ("DELETE FROM log WHERE seq = 7", "event 7 of the log is missing"),
        ("DELETE FROM log WHERE seq = (SELECT MAX(seq) FROM log)", "the log ends at event 20"),
        ("UPDATE log SET seq = -1 WHERE seq = 8; UPDATE log SET seq = 8 WHERE seq = 9; UPDATE log SET seq = 9 WHERE seq = -1",
         "event 8 of the log does not fit its hash"),
        ("UPDATE reply SET text = text || '!' WHERE id = 1", "design or items are not those that were frozen"),
        ("UPDATE reply SET text = (SELECT text FROM reply AS other WHERE other.id = 3 - reply.id) WHERE id < 3", "design or items"),
        ("UPDATE item SET context = 'x' WHERE id = 2", "design or items"),
        ("UPDATE system SET name = 'x' WHERE id = 2", "design or items"),
        ("UPDATE study SET design = replace(design, 'a study', 'my study')", "design or items"),
        ("UPDATE study SET design_hash = 'x'", "the design hash is not the one of the freeze"),
        ("UPDATE study SET uid = 'x'", "id or key"),
        ("UPDATE study SET secret = zeroblob(32)", "id or key"),
        ("UPDATE card_source SET reply_id = 7 - reply_id", "table `card_source`"),
        ("UPDATE card SET text = 'x' WHERE position = 1", "table `card`"),
        ("UPDATE page_source SET kind = 'gold'", "table `page_source`"),
        ("UPDATE page SET state = 'open' WHERE position = 1", "table `page`"),
        ("UPDATE rater SET name = 'b'", "table `rater`"),
        ("UPDATE rater_order SET item_id = 1", "table `rater_order`"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("copy.sqlite");
        study.store.backup(&copy).unwrap();
        let connection = Connection::open(&copy).unwrap();
        connection.execute_batch(UNLOCK).unwrap();
        connection.execute_batch(change).unwrap();
        assert!(connection.total_changes() > 0, "{change}");
        drop(connection);
        let error = Store::open(&copy).and_then(|mut store| store.verify()).expect_err(change).to_string();
        assert!(error.contains(part), "{change}: {error}");
    }
}

#[test]
fn sqlite_itself_refuses_to_change_what_is_final() {
    let study = rated();
    let connection = Connection::open(study.store.path()).unwrap();
    for change in
        ["UPDATE revision SET points = 1", "DELETE FROM revision", "UPDATE log SET at_ms = 0", "DELETE FROM log"]
    {
        let error = connection.execute_batch(change).unwrap_err().to_string();
        assert!(error.contains("append-only"), "{error}");
    }
}

#[test]
fn files_that_are_no_study_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    assert!(matches!(Store::open(&path("none.sqlite")), Err(StudyError::Missing { .. })));
    std::fs::write(path("text.sqlite"), "this is a text of some length, but surely not a database\n".repeat(30))
        .unwrap();
    assert!(matches!(Store::open(&path("text.sqlite")), Err(StudyError::NotAStudy { .. })));
    Connection::open(path("other.sqlite")).unwrap().execute_batch("CREATE TABLE x (y)").unwrap();
    assert!(matches!(Store::open(&path("other.sqlite")), Err(StudyError::NotAStudy { .. })));
    let study = rated();
    study.store.backup(&path("newer.sqlite")).unwrap();
    Connection::open(path("newer.sqlite")).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(Store::open(&path("newer.sqlite")), Err(StudyError::TooNew { found: 99, .. })));
    study.store.backup(&path("cut.sqlite")).unwrap();
    let bytes = std::fs::read(path("cut.sqlite")).unwrap();
    std::fs::write(path("cut.sqlite"), &bytes[..bytes.len() / 2]).unwrap();
    assert!(Store::open(&path("cut.sqlite")).is_err());
    assert!(matches!(Store::create(study.store.path(), &design(1), 0), Err(StudyError::Exists { .. })));
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().starts_with(".study-")), "{left:?}");
}
