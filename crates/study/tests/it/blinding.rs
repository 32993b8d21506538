//! What raters can get at: no system, no kind of page, nobody else's work.

use repartee_study::{Criterion, ItemKind, Next, StudyError};

use crate::common::{SYSTEMS, content, control, design, frozen, rate, revision};

#[test]
fn nothing_that_a_rater_gets_names_a_system_or_a_control() {
    let mut with_controls = design(1);
    with_controls.quality.control_every = 3;
    with_controls.quality.repeat_gap = 1;
    let mut all = content(12, 4);
    all.items.push(control(ItemKind::Gold, "secretgold"));
    // The context of a control must not give it away either; here it would be the test's own fault.
    all.items.last_mut().unwrap().context = "how are you".to_owned();
    let mut study = frozen(&with_controls, &all);
    let rater = study.store.join("a", 0).unwrap();
    let mut shown = rater.clone();
    let mut ids = Vec::new();
    while let Next::Page(page) = study.store.take(&rater, 0).unwrap() {
        rate(&study.store, &rater, &page, 0);
        let desk = study.store.desk(&rater).unwrap();
        let page = desk.page(&page).unwrap();
        shown += &serde_json::to_string(&page).unwrap();
        shown += &serde_json::to_string(&desk.feedback(&page.id).unwrap()).unwrap();
        ids.push(page.id.clone());
        ids.extend(page.cards.iter().map(|card| card.id.clone()));
    }
    for word in SYSTEMS.into_iter().chain(["gold", "repeat", "degraded", "kind", "system", "slot", "\"k0\"", "secret"])
    {
        assert!(!shown.contains(word), "`{word}` is in what a rater gets");
    }
    assert!(ids.iter().all(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())));
    let mut sorted = ids.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(sorted.len(), ids.len(), "every id is used once");
    assert_ne!(sorted, ids, "ids have no order");
}

#[test]
fn a_rater_reaches_nothing_of_another() {
    let mut study = frozen(&design(2), &content(2, 2));
    let (a, b) = (study.store.join("a", 0).unwrap(), study.store.join("b", 0).unwrap());
    let Next::Page(page) = study.store.take(&a, 0).unwrap() else { panic!("there is an item") };
    let card = study.store.desk(&a).unwrap().page(&page).unwrap().cards[0].id.clone();
    let mut other = study.store.desk(&b).unwrap();
    assert!(matches!(other.page(&page), Err(StudyError::NotYours { .. })));
    assert!(matches!(other.finish(&page, 0), Err(StudyError::NotYours { .. })));
    assert!(matches!(other.feedback(&page), Err(StudyError::NotYours { .. })));
    let theft = revision("x", &card, Criterion::Sensibleness, 5);
    assert!(matches!(other.save(&theft, 0), Err(StudyError::NotYours { .. })));
    assert!(other.pages().unwrap().is_empty());
    assert!(matches!(study.store.desk("nobody"), Err(StudyError::UnknownRater { .. })));
    // Nor does a rater learn whether an id exists.
    let (foreign, unknown) = (other.page(&page).unwrap_err(), other.page("nothing").unwrap_err());
    assert_eq!(foreign.to_string(), unknown.to_string());
}
