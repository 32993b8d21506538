//! Who gets which page, in which order, and that no two get the same place.

use std::collections::BTreeMap;

use repartee_study::{Criterion, Finish, ItemKind, Judgement, Next, PageKind, PageState, Save, Store, StudyError};

use crate::common::{content, control, design, frozen, n_of_kind, rate, rate_all, revision};

#[test]
fn every_item_gets_exactly_k_raters_under_concurrency() {
    let (n_items, k, n_raters) = (40, 3, 8);
    let mut study = frozen(&design(k), &content(n_items, 2));
    let raters: Vec<String> = (0..n_raters).map(|rater| study.store.join(&format!("r{rater}"), 0).unwrap()).collect();
    let n_pages: usize = std::thread::scope(|scope| {
        let handles: Vec<_> = raters
            .iter()
            .map(|rater| {
                let mut store = study.store.reopen().unwrap();
                scope.spawn(move || {
                    let mut n_pages = 0;
                    loop {
                        match store.take(rater, 2_000).unwrap() {
                            Next::Page(page) => rate(&store, rater, &page, 2_000),
                            Next::Wait { .. } => {
                                std::thread::sleep(std::time::Duration::from_millis(5));
                                continue;
                            }
                            Next::Done => return n_pages,
                        }
                        n_pages += 1;
                    }
                })
            })
            .collect();
        handles.into_iter().map(|handle| handle.join().unwrap()).sum()
    });
    assert_eq!(n_pages, n_items * k as usize);
    let ratings = study.store.ratings().unwrap();
    let mut raters_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for page in &ratings.pages {
        assert_eq!(page.state, PageState::Done);
        raters_of.entry(page.item).or_default().push(page.rater);
    }
    assert_eq!(raters_of.len(), n_items);
    for raters in raters_of.values_mut() {
        raters.dedup();
        assert_eq!(raters.len(), k as usize);
    }
    let slots: Vec<u32> = ratings.pages.iter().filter(|page| page.item == 0).map(|page| page.slot).collect();
    assert_eq!(slots.iter().sum::<u32>(), 3, "slots 0, 1 and 2, each once: {slots:?}");
    study.store.verify().unwrap();
}

#[test]
fn systems_are_balanced_over_positions() {
    let mut study = frozen(&design(2), &content(24, 4));
    for name in ["a", "b"] {
        let rater = study.store.join(name, 0).unwrap();
        rate_all(&mut study.store, &rater, 0);
    }
    let ratings = study.store.ratings().unwrap();
    let mut at: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for page in &ratings.pages {
        for (position, card) in page.cards.iter().enumerate() {
            *at.entry((position, card.reply)).or_default() += 1;
        }
    }
    assert_eq!(at.len(), 16);
    assert!(at.values().all(|&count| count == 24 * 2 / 4), "{at:?}");
}

#[test]
fn item_order_is_each_raters_own_and_the_same_in_every_copy() {
    let mut study = frozen(&design(2), &content(30, 1));
    let (a, b) = (study.store.join("a", 0).unwrap(), study.store.join("b", 0).unwrap());
    let copy = study.path("copy.sqlite");
    study.store.backup(&copy).unwrap();
    let mut copy = Store::open(&copy).unwrap();
    let items = |store: &mut Store, rater: &str| {
        rate_all(store, rater, 0);
        let ratings = store.ratings().unwrap();
        let rater = ratings.raters.iter().position(|(id, _)| id == rater).unwrap();
        let mine = ratings.pages.iter().filter(|page| page.rater == rater);
        mine.map(|page| (page.id.clone(), page.item)).collect::<Vec<_>>()
    };
    let (of_a, of_b) = (items(&mut study.store, &a), items(&mut study.store, &b));
    let order = |pages: &[(String, usize)]| pages.iter().map(|(_, item)| *item).collect::<Vec<_>>();
    assert_eq!(of_a.len(), 30);
    assert_ne!(order(&of_a), (0..30).collect::<Vec<_>>());
    assert_ne!(order(&of_a), order(&of_b));
    assert_eq!(items(&mut copy, &a), of_a);
}

#[test]
fn abandoned_items_are_handed_on_after_the_lease_and_never_before() {
    let mut design = design(1);
    design.lease_minutes = 10;
    let mut study = frozen(&design, &content(1, 2));
    let (a, b) = (study.store.join("a", 0).unwrap(), study.store.join("b", 0).unwrap());
    let Next::Page(page) = study.store.take(&a, 10_000).unwrap() else { panic!("there is an item") };
    let mut desk = study.store.desk(&a).unwrap();
    let card = desk.page(&page).unwrap().cards[0].id.clone();
    desk.save(&revision("x", &card, Criterion::Sensibleness, 3), 70_000).unwrap();
    assert_eq!(study.store.take(&b, 660_000).unwrap(), Next::Wait { until_ms: 670_001 });
    let Next::Page(other) = study.store.take(&b, 670_001).unwrap() else { panic!("the item came free") };
    assert_ne!(other, page);
    // The first rater is told, and can get no second place.
    let late = desk.save(&revision("y", &card, Criterion::Sensibleness, 4), 700_000);
    assert!(matches!(late, Err(StudyError::Abandoned)));
    assert!(matches!(desk.save(&revision("x", &card, Criterion::Sensibleness, 3), 700_000), Ok(Save::Known)));
    rate(&study.store, &b, &other, 700_000);
    assert_eq!(study.store.take(&a, 800_000).unwrap(), Next::Done);
    let progress = study.store.ratings().unwrap().progress();
    assert_eq!((progress.n_pages_done, progress.n_pages_wanted, progress.n_items_over), (1, 1, 0));
    study.store.verify().unwrap();
}

#[test]
fn coming_back_renews_the_lease() {
    let mut design = design(1);
    design.lease_minutes = 10;
    let mut study = frozen(&design, &content(1, 1));
    let (a, b) = (study.store.join("a", 0).unwrap(), study.store.join("b", 0).unwrap());
    let first = study.store.take(&a, 0).unwrap();
    assert_eq!(study.store.take(&a, 900_000).unwrap(), first);
    assert!(matches!(study.store.take(&b, 1_000_000).unwrap(), Next::Wait { .. }));
    study.store.verify().unwrap();
}

#[test]
fn controls_come_between_the_items() {
    let mut with_controls = design(1);
    with_controls.quality.control_every = 4;
    with_controls.quality.repeat_gap = 3;
    let mut all = content(40, 3);
    all.items.push(control(ItemKind::Training, "training-1"));
    all.items.extend((0..2).map(|number| control(ItemKind::Gold, &format!("gold-{number}"))));
    let mut study = frozen(&with_controls, &all);
    let rater = study.store.join("a", 0).unwrap();
    let n_pages = rate_all(&mut study.store, &rater, 0);
    let ratings = study.store.ratings().unwrap();
    assert_eq!(ratings.pages[0].kind, PageKind::Training);
    // Pages 4, 8, … after the training are controls: gold while there is some, else repeats of both kinds.
    for (position, page) in ratings.pages.iter().skip(1).enumerate() {
        assert_eq!(page.kind != PageKind::Main, (position + 1) % 4 == 0, "page {position} is {:?}", page.kind);
    }
    assert_eq!(n_of_kind(&mut study.store, PageKind::Main), 40);
    assert_eq!(n_of_kind(&mut study.store, PageKind::Gold), 2);
    let (repeats, degraded) =
        (n_of_kind(&mut study.store, PageKind::Repeat), n_of_kind(&mut study.store, PageKind::Degraded));
    assert!(repeats >= 3 && degraded >= 3, "{repeats} repeats, {degraded} degraded of {n_pages} pages");
    for page in ratings.pages.iter().filter(|page| page.kind == PageKind::Degraded) {
        assert_eq!(page.cards.iter().filter(|card| card.degraded.is_some()).count(), 1);
        let source =
            ratings.pages.iter().find(|other| other.kind == PageKind::Main && other.item == page.item).unwrap();
        assert!(page.position > source.position + 3);
    }
    study.store.verify().unwrap();
}

#[test]
fn training_has_feedback_once_it_is_done_and_other_pages_have_none() {
    let mut all = content(1, 2);
    all.items.push(control(ItemKind::Training, "training-1"));
    let mut study = frozen(&design(1), &all);
    let rater = study.store.join("a", 0).unwrap();
    let Next::Page(training) = study.store.take(&rater, 0).unwrap() else { panic!("there is training") };
    let desk = study.store.desk(&rater).unwrap();
    assert!(desk.page(&training).unwrap().training);
    assert!(desk.feedback(&training).unwrap().is_empty());
    rate(&study.store, &rater, &training, 5);
    let feedback = desk.feedback(&training).unwrap();
    assert_eq!(feedback.len(), 2);
    assert!(feedback.iter().any(|feedback| feedback.expected.specificity == Some((0, 0))));
    let Next::Page(item) = study.store.take(&rater, 10).unwrap() else { panic!("there is an item") };
    rate(&study.store, &rater, &item, 15);
    assert!(desk.feedback(&item).unwrap().is_empty());
    assert_eq!(study.store.take(&rater, 20).unwrap(), Next::Done);
}

#[test]
fn saving_is_idempotent_and_a_page_is_finished_only_when_all_is_judged() {
    let mut study = frozen(&design(1), &content(1, 2));
    let rater = study.store.join("a", 0).unwrap();
    assert_eq!(study.store.join("a", 9).unwrap(), rater);
    let Next::Page(page) = study.store.take(&rater, 0).unwrap() else { panic!("there is an item") };
    let mut desk = study.store.desk(&rater).unwrap();
    let cards: Vec<String> = desk.page(&page).unwrap().cards.into_iter().map(|card| card.id).collect();
    let first = revision("one", &cards[0], Criterion::Specificity, 0);
    assert_eq!(desk.save(&first, 1).unwrap(), Save::Saved);
    assert_eq!(desk.save(&first, 2).unwrap(), Save::Known);
    let clash = revision("one", &cards[0], Criterion::Specificity, 1);
    assert!(matches!(desk.save(&clash, 3), Err(StudyError::RevisionClash { .. })));
    let mut skip = revision("two", &cards[0], Criterion::Sensibleness, 1);
    skip.judgement = Judgement::Skipped { reason: "cut off".to_owned() };
    desk.save(&skip, 4).unwrap();
    desk.save(&revision("three", &cards[1], Criterion::Sensibleness, 2), 5).unwrap();
    let missing = Finish::Missing(vec![(cards[1].clone(), Criterion::Specificity)]);
    assert_eq!(desk.finish(&page, 6).unwrap(), missing);
    desk.save(&revision("four", &cards[1], Criterion::Specificity, 2), 7).unwrap();
    assert_eq!(desk.finish(&page, 8).unwrap(), Finish::Done);
    assert_eq!(desk.finish(&page, 9).unwrap(), Finish::Done);
    // A finished page can still be changed; taking back a judgement is a revision, too.
    let mut undo = revision("five", &cards[1], Criterion::Specificity, 2);
    undo.judgement = Judgement::Unrated;
    desk.save(&undo, 10).unwrap();
    let shown = desk.page(&page).unwrap();
    assert_eq!(shown.cards[0].specificity, Judgement::TooNoisy);
    assert_eq!(shown.cards[0].sensibleness, skip.judgement);
    assert_eq!(shown.cards[1].specificity, Judgement::Unrated);
    assert_eq!(study.store.verify().unwrap().n_revisions, 5);
    for bad in ["", "a b", &"x".repeat(65)] {
        let bad = revision(bad, &cards[0], Criterion::Sensibleness, 1);
        assert!(matches!(desk.save(&bad, 11), Err(StudyError::Field { field: "id", .. })));
    }
}

#[test]
fn nothing_is_rated_before_the_freeze_and_nothing_changes_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::create(&folder.path().join("a.sqlite"), &design(1), 0).unwrap();
    assert!(matches!(store.join("a", 0), Err(StudyError::NotFrozen)));
    assert!(matches!(store.freeze(0), Err(StudyError::Incomplete { .. })));
    store
        .extend(|there| {
            *there = content(2, 2);
            there.items[1].replies.pop();
            Ok(())
        })
        .unwrap();
    let error = store.freeze(0).unwrap_err().to_string();
    assert!(error.contains("item `k1` has no reply of `sysbravo`"), "{error}");
    store
        .extend(|there| {
            *there = content(2, 2);
            Ok(())
        })
        .unwrap();
    let hash = store.freeze(0).unwrap();
    assert_eq!(store.freeze(1).unwrap(), hash);
    assert!(matches!(store.extend(|_| Ok(())), Err(StudyError::Frozen)));
    assert!(matches!(store.take("nobody", 0), Err(StudyError::UnknownRater { .. })));
    assert!(matches!(store.join(" ", 0), Err(StudyError::RaterName { .. })));
    assert!(matches!(store.join("a\nb", 0), Err(StudyError::RaterName { .. })));
}
