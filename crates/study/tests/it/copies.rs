//! Copies of a study rated apart, and merged again.

use repartee_study::{Criterion, Next, Store, StudyError, merge};

use crate::common::{content, design, frozen, rate_all, revision};

#[test]
fn merging_keeps_everything_and_does_not_depend_on_the_order() {
    let mut study = frozen(&design(2), &content(6, 2));
    let early = study.store.join("early", 5).unwrap();
    let Next::Page(shared) = study.store.take(&early, 6).unwrap() else { panic!("there is an item") };
    study.store.backup(&study.path("b.sqlite")).unwrap();
    let mut copy = Store::open(&study.path("b.sqlite")).unwrap();
    // Apart: another rater each, and the early one on both sides.
    let a = study.store.join("a", 10).unwrap();
    rate_all(&mut study.store, &a, 100_000);
    let b = copy.join("b", 11).unwrap();
    rate_all(&mut copy, &b, 100_300);
    let card = copy.desk(&early).unwrap().page(&shared).unwrap().cards[0].id.clone();
    let save = |store: &Store, id: &str, digit, now_ms| {
        store.desk(&early).unwrap().save(&revision(id, &card, Criterion::Sensibleness, digit), now_ms).unwrap();
    };
    save(&copy, "late", 5, 900_000);
    save(&study.store, "early", 1, 800_000);

    let [m1, m2, m3] = ["m1.sqlite", "m2.sqlite", "m3.sqlite"].map(|name| study.path(name));
    let mut merged = merge(&mut study.store, &mut copy, &m1).unwrap();
    let mut swapped = merge(&mut copy, &mut study.store, &m2).unwrap();
    assert_eq!(merged.ratings().unwrap(), swapped.ratings().unwrap());
    assert_eq!(merged.verify().unwrap().head, swapped.verify().unwrap().head);
    let ratings = merged.ratings().unwrap();
    assert_eq!(ratings.raters.len(), 3);
    assert_eq!(ratings.pages.len(), 13);
    let card = ratings.pages.iter().flat_map(|page| &page.cards).find(|known| known.id == card).unwrap();
    assert_eq!(card.revisions.len(), 2);
    assert_eq!(card.judgement(Criterion::Sensibleness).digit(), Some(5));
    // The early rater's item has three raters now, one more than the design asks for.
    assert_eq!(ratings.progress().n_items_over, 1);
    // Merging again with a part adds nothing but the merge itself.
    let mut again = merge(&mut merged, &mut copy, &m3).unwrap();
    assert_eq!(again.ratings().unwrap(), ratings);
}

#[test]
fn only_copies_of_one_frozen_design_merge() {
    let mut one = frozen(&design(2), &content(2, 2));
    let mut other = frozen(&design(2), &content(3, 2));
    let out = one.path("out.sqlite");
    assert!(matches!(merge(&mut one.store, &mut other.store, &out), Err(StudyError::Merge { .. })));
    // The same design made twice is fine, but not a rater of one name in both.
    let mut twin = frozen(&design(2), &content(2, 2));
    let (a, b) = (one.store.join("a", 0).unwrap(), twin.store.join("b", 0).unwrap());
    rate_all(&mut one.store, &a, 10);
    rate_all(&mut twin.store, &b, 10);
    let mut merged = merge(&mut one.store, &mut twin.store, &out).unwrap();
    merged.verify().unwrap();
    assert_eq!(merged.ratings().unwrap().progress().n_pages_done, 4);
    twin.store.join("a", 0).unwrap();
    let second = one.path("out2.sqlite");
    let error = merge(&mut one.store, &mut twin.store, &second).err().unwrap().to_string();
    assert!(error.contains("`a` is one rater here and another one there"), "{error}");
    assert!(!second.exists());
}
