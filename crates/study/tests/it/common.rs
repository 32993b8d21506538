//! Studies for tests.

use std::path::PathBuf;

use repartee_study::{
    Content, Criterion, Design, Expectation, Item, ItemKind, Judgement, Next, PageKind, Reply, Revision, Store,
};

/// A study in a folder of its own.
pub(crate) struct Study {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) store: Store,
}

impl Study {
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// Names that no other text of a test contains.
pub(crate) const SYSTEMS: [&str; 4] = ["sysalpha", "sysbravo", "syscharlie", "sysdelta"];

pub(crate) fn content(n_items: usize, n_systems: usize) -> Content {
    let systems: Vec<String> = SYSTEMS[..n_systems].iter().map(|&name| name.to_owned()).collect();
    let reply = |item: usize, system: usize| Reply {
        system: Some(systems[system].clone()),
        text: format!("reply of {item} in voice {} with a few more words", (b'k' + system as u8) as char),
        expectation: Expectation::default(),
    };
    let items = (0..n_items).map(|item| Item {
        key: format!("k{item}"),
        kind: ItemKind::Main,
        context: format!("context {item}"),
        replies: (0..n_systems).map(|system| reply(item, system)).collect(),
    });
    Content { items: items.collect(), systems: systems.clone() }
}

pub(crate) fn control(kind: ItemKind, key: &str) -> Item {
    let reply = |text: &str, sensibleness, specificity| Reply {
        system: None,
        text: text.to_owned(),
        expectation: Expectation {
            sensibleness: Some(sensibleness),
            specificity: Some(specificity),
            explanation: Some("because".to_owned()),
        },
    };
    Item {
        key: key.to_owned(),
        kind,
        context: format!("context of {key}"),
        replies: vec![reply("a good one", (4, 5), (3, 5)), reply("zz zz zz", (1, 1), (0, 0))],
    }
}

pub(crate) fn frozen(design: &Design, content: &Content) -> Study {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::create(&folder.path().join("a.sqlite"), design, 1_000).unwrap();
    store
        .extend(|there| {
            *there = content.clone();
            Ok(())
        })
        .unwrap();
    store.freeze(1_000).unwrap();
    Study { folder, store }
}

pub(crate) fn design(raters_per_item: u32) -> Design {
    let mut design = Design::new("a study", raters_per_item);
    design.quality.control_every = 0;
    design
}

pub(crate) fn revision(id: &str, card: &str, criterion: Criterion, digit: u8) -> Revision {
    let judgement = Judgement::from_digit(criterion, digit).unwrap();
    Revision { id: id.to_owned(), card: card.to_owned(), criterion, judgement, active_ms: 700 }
}

/// Rates a page completely; the digits depend on the cards alone.
pub(crate) fn rate(store: &Store, rater: &str, page: &str, now_ms: i64) {
    let mut desk = store.desk(rater).unwrap();
    for card in desk.page(page).unwrap().cards {
        for criterion in Criterion::ALL {
            let digit = 1 + (card.reply.len() + usize::from(criterion == Criterion::Specificity)) % 5;
            let id = format!("{}-{criterion}", card.id);
            desk.save(&revision(&id, &card.id, criterion, digit as u8), now_ms).unwrap();
        }
    }
    assert_eq!(desk.finish(page, now_ms).unwrap(), repartee_study::Finish::Done);
}

/// Rates until nothing is left; returns the number of pages.
pub(crate) fn rate_all(store: &mut Store, rater: &str, first_ms: i64) -> usize {
    let mut n_pages = 0;
    while let Next::Page(page) = store.take(rater, first_ms + n_pages as i64 * 1_000).unwrap() {
        rate(store, rater, &page, first_ms + n_pages as i64 * 1_000 + 500);
        n_pages += 1;
        assert!(n_pages < 10_000, "a rater is never done");
    }
    n_pages
}

/// Pages of a kind.
pub(crate) fn n_of_kind(store: &mut Store, kind: PageKind) -> usize {
    store.ratings().unwrap().pages.iter().filter(|page| page.kind == kind).count()
}
