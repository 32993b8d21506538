//! Links and sessions, notes beside judgements, trials that a seed determines, and files of older programs.

use rusqlite::Connection;

use repartee_study::{
    Change, Judgement, NewInvite, Next, Save, Store, StudyError,
    simulate::{SimulatedRater, Truth, simulate},
};

use crate::common::{content, design, frozen, rate_all};

#[test]
fn a_link_opens_sessions_until_it_ends_or_is_revoked() {
    let mut study = frozen(&design(1), &content(2, 2));
    let new = |rater, expires_ms| NewInvite { rater, language: "ja", expires_ms };
    let (invite, token) = study.store.invite(&new("anna", Some(1_000)), 0).unwrap();
    let session = study.store.open_session(&token, 500, 10).unwrap().unwrap();
    let visitor = study.store.visitor(&session, 20).unwrap().unwrap();
    assert_eq!((visitor.name.as_str(), visitor.language.as_str()), ("anna", "ja"));
    assert_eq!(study.store.visitor(&session, 510).unwrap(), None, "the session has ended");
    let session = study.store.open_session(&token, 5_000, 600).unwrap().unwrap();
    assert_eq!(study.store.visitor(&session, 999).unwrap().map(|of| of.rater), Some(visitor.rater.clone()));
    assert_eq!(study.store.visitor(&session, 1_000).unwrap(), None, "the link has ended");
    assert_eq!(study.store.open_session(&token, 500, 1_000).unwrap(), None);

    let (again, token) = study.store.invite(&new("anna", None), 0).unwrap();
    let session = study.store.open_session(&token, 5_000, 2_000).unwrap().unwrap();
    assert_eq!(study.store.visitor(&session, 2_001).unwrap().unwrap().rater, visitor.rater, "a name is a rater");
    study.store.revoke(&again.id, 2_002).unwrap();
    study.store.revoke(&again.id, 2_003).unwrap();
    assert_eq!(study.store.visitor(&session, 2_004).unwrap(), None);
    assert_eq!(study.store.open_session(&token, 500, 2_005).unwrap(), None);
    let invites = study.store.invites().unwrap();
    assert_eq!(invites.iter().map(|of| of.revoked_ms).collect::<Vec<_>>(), [None, Some(2_002)]);
    assert_eq!((&invites[0].id, invites[0].opened_ms), (&invite.id, Some(600)));
    assert!(matches!(study.store.revoke("x", 0), Err(StudyError::UnknownInvite { .. })));
    // Access is no part of the log.
    assert_eq!(study.store.verify().unwrap().n_events, 2 + 1);
}

#[test]
fn a_change_is_whole_and_saved_once() {
    let mut study = frozen(&design(1), &content(1, 1));
    let rater = study.store.join("a", 0).unwrap();
    let Next::Page(page) = study.store.take(&rater, 0).unwrap() else { panic!("there is a page") };
    let mut desk = study.store.desk(&rater).unwrap();
    let card = desk.page(&page).unwrap().cards[0].id.clone();
    let change = Change {
        id: "one".to_owned(),
        card: card.clone(),
        sensibleness: Some(Judgement::Skipped { reason: "cut".to_owned() }),
        specificity: Some(Judgement::TooNoisy),
        flagged: Some(true),
        comment: Some("hm".to_owned()),
        active_ms: 9,
    };
    // One wrong part, and nothing of it is saved.
    let wrong = Change { sensibleness: Some(Judgement::TooNoisy), ..change.clone() };
    assert!(matches!(desk.change(&wrong, 1), Err(StudyError::Judgement { .. })));
    assert_eq!(desk.change(&change, 2).unwrap(), Save::Saved);
    assert_eq!(desk.change(&change, 3).unwrap(), Save::Known);
    for other in [
        Change { comment: None, ..change.clone() },
        Change { flagged: Some(false), ..change.clone() },
        Change { sensibleness: None, ..change.clone() },
        Change { specificity: Some(Judgement::Unrated), ..change.clone() },
    ] {
        assert!(matches!(desk.change(&other, 4), Err(StudyError::RevisionClash { .. })));
    }
    let (shown, of) = desk.card(&card).unwrap();
    assert_eq!((shown.flagged, shown.comment.as_str(), of), (true, "hm", page));
    let ratings = study.store.ratings().unwrap();
    let rated = &ratings.pages[0].cards[0];
    assert_eq!((rated.revisions.len(), rated.notes.len()), (2, 2));
    assert_eq!(ratings.pages[0].active_ms(), 9, "time is counted once");
    study.store.verify().unwrap();
    // A note that was changed outside of the program is noticed, as judgements are.
    let copy = study.path("copy.sqlite");
    study.store.backup(&copy).unwrap();
    let connection = Connection::open(&copy).unwrap();
    assert!(connection.execute_batch("UPDATE note SET text = 'x' WHERE kind = 'comment'").is_err());
    connection.execute_batch("DROP TRIGGER note_is_final; UPDATE note SET text = 'x' WHERE kind = 'comment'").unwrap();
    drop(connection);
    let error = Store::open(&copy).and_then(|mut store| store.verify()).unwrap_err().to_string();
    assert!(error.contains("table `note`"), "{error}");
}

#[test]
fn equal_seeds_make_equal_trials() {
    let mut study = frozen(&design(2), &content(6, 3));
    let raters =
        ["a", "b"].map(|name| SimulatedRater { name: name.to_owned(), severity: 0.1, noise: 0.6, carelessness: 0.0 });
    let systems = study.store.content().unwrap().systems;
    let trial = |name: &str, seed| {
        let mut trial = study.store.trial(&study.folder.path().join(name), seed, 1_000).unwrap();
        simulate(&mut trial, &raters, &Truth::in_steps(&systems), seed, 2_000).unwrap();
        trial.verify().unwrap();
        trial.ratings().unwrap()
    };
    let (one, same, other) = (trial("1", 5), trial("2", 5), trial("3", 6));
    assert_eq!(one, same);
    assert_ne!(one.uid, other.uid);
    let ids = |ratings: &repartee_study::Ratings| ratings.pages.iter().map(|page| page.id.clone()).collect::<Vec<_>>();
    assert!(ids(&one).iter().all(|id| !ids(&other).contains(id)));
    assert_eq!(study.store.ratings().unwrap().pages.len(), 0, "the study itself is left alone");
}

#[test]
fn a_study_of_the_first_format_is_brought_up_to_date() {
    let mut study = frozen(&design(1), &content(2, 2));
    let rater = study.store.join("a", 0).unwrap();
    rate_all(&mut study.store, &rater, 0);
    let old = study.path("old.sqlite");
    study.store.backup(&old).unwrap();
    let connection = Connection::open(&old).unwrap();
    let undo = "DROP TABLE session; DROP TABLE invite; DROP TABLE office; DROP TABLE note; PRAGMA user_version = 1;";
    connection.execute_batch(undo).unwrap();
    drop(connection);
    let mut opened = Store::open(&old).unwrap();
    assert_eq!(opened.ratings().unwrap(), study.store.ratings().unwrap());
    assert_eq!(opened.verify().unwrap(), study.store.verify().unwrap());
    opened.invite(&NewInvite { rater: "b", language: "en", expires_ms: None }, 0).unwrap();
}
