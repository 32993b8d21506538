//! Years, held-out conversations, test contexts, and that nothing is on two sides.

use std::collections::HashSet;

use repartee_archive::BuildOptions;
use repartee_corpus::Split;

use crate::harness::{Bench, Post, forest, lines, post};

/// A root in a year with so many replies.
fn conversation(root: &str, year: u16, text: &str, replies: &[&str]) -> Vec<Post> {
    let time = format!("{year}-06-01T00:00:00Z");
    let reply =
        |(idx, reply): (usize, &&str)| post(&format!("{root}-{idx}"), root, &format!("v{idx}"), reply).at(&time);
    let mut posts = vec![post(root, "", "u", text).at(&time)];
    posts.extend(replies.iter().enumerate().map(reply));
    posts
}

fn years(options: &mut BuildOptions) {
    (options.train_years, options.test_years) = (vec![2017, 2018], vec![2019]);
}

#[test]
fn years_go_to_their_splits() {
    let posts = [
        conversation("a", 2017, "seventeen", &["one"]),
        conversation("b", 2018, "eighteen", &["one", "two"]),
        conversation("c", 2019, "nineteen", &["one", "two", "three", "two"]),
        conversation("d", 2019, "too few", &["one", "two", "two"]),
        conversation("e", 2016, "too early", &["one"]),
        conversation("f", 2018, "nineteen", &["leaks"]),
    ];
    let bench = Bench::new(&posts.concat()).with(years);
    let report = bench.build();
    assert_eq!(bench.pairs(Split::Train), ["seventeen | one", "eighteen | one", "eighteen | two"]);
    assert_eq!(bench.pairs(Split::Test), ["nineteen | one", "nineteen | two", "nineteen | three"]);
    for (reason, count) in
        [("too-few-replies-for-test", 2), ("duplicate-pair", 2), ("other-year", 1), ("context-in-test", 1)]
    {
        assert_eq!(report.left_out.get(reason), count, "{reason}");
    }
    assert_eq!((report.splits["test"].pairs, report.splits["test"].contexts), (3, 1));
}

#[test]
fn a_year_is_that_of_the_root() {
    let late = post("1", "", "a", "old").at("2018-12-31T23:59:59Z");
    let early = post("2", "1", "b", "new").at("2019-01-01T00:00:01Z");
    assert_eq!(Bench::new(&[late, early]).with(years).train(), ["old | new"]);
}

#[test]
fn test_contexts_are_limited() {
    let mut posts = conversation("train", 2017, "for train", &["one"]);
    for idx in 0..20 {
        posts.extend(conversation(&format!("c{idx}"), 2019, &format!("context {idx}"), &["one", "two", "three"]));
    }
    let contexts = |seed, limit| {
        let bench =
            Bench::new(&posts).with(years).with(|options| (options.seed, options.test_contexts) = (seed, Some(limit)));
        let report = bench.build();
        assert_eq!(report.splits["test"].contexts, limit.min(20) as u64);
        assert_eq!(report.left_out.get("over-the-test-contexts"), 3 * (20 - limit.min(20)) as u64);
        bench.pairs(Split::Test)
    };
    let five = contexts(0, 5);
    assert_eq!(five, contexts(0, 5));
    assert_ne!(five, contexts(1, 5));
    let all: HashSet<_> = contexts(0, 99).into_iter().collect();
    assert!(five.iter().all(|pair| all.contains(pair)));
}

#[test]
fn no_conversation_and_no_utterance_is_on_two_sides() {
    let bench = Bench::empty().with(|options| {
        (options.dev_pairs, options.test_contexts, options.min_test_replies) = (300, Some(40), 2);
        options.ids = true;
    });
    let mut files = forest(3, 8000);
    // Roots of one text in different conversations.
    for idx in 0..50 {
        files[idx % 3].extend([
            post(&format!("r{idx}"), "", "a", "hello there"),
            post(&format!("s{idx}"), &format!("r{idx}"), "b", &format!("reply {idx}")),
        ]);
    }
    for (idx, posts) in files.iter().enumerate() {
        bench.write(&format!("{idx}.jsonl"), lines(posts));
    }
    let report = bench.build();
    assert!(report.splits["dev"].pairs >= 300 && report.splits["dev"].pairs < 400, "{:?}", report.splits["dev"]);
    assert!(report.splits["test"].pairs >= 80);
    let mut sides: Vec<(Split, HashSet<String>)> = Vec::new();
    for split in Split::ALL {
        let text = std::fs::read_to_string(bench.options.out.join(format!("{split}.jsonl"))).unwrap();
        let values = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let keys =
            values.flat_map(|value| [format!("id {}", value["context_id"]), format!("text {}", value["context"])]);
        sides.push((split, keys.collect()));
    }
    for (idx, (split, keys)) in sides.iter().enumerate() {
        assert!(!keys.is_empty());
        for (other, others) in &sides[idx + 1..] {
            assert!(keys.is_disjoint(others), "{split} and {other} share a context");
        }
    }
}

#[test]
fn contexts_without_their_root_are_on_one_side_too() {
    let bench = Bench::empty().with(|options| {
        (options.dev_pairs, options.test_contexts, options.min_test_replies) = (60, Some(20), 2);
        (options.multi_turn, options.context_turns) = (true, Some(1));
    });
    // Few texts, so that each is said in many conversations.
    let mut posts = Vec::new();
    for idx in 0..600 {
        let said = |nth: usize| format!("text {}", (7 * idx + 11 * nth + idx * nth) % 150);
        posts.push(post(&format!("a{idx}"), "", "ann", &format!("root {idx}")));
        posts.push(post(&format!("b{idx}"), &format!("a{idx}"), "bob", &said(1)));
        posts.push(post(&format!("c{idx}"), &format!("b{idx}"), "ann", &said(2)));
        posts.push(post(&format!("d{idx}"), &format!("b{idx}"), "ann", &said(3)));
    }
    bench.write("posts.jsonl", lines(&posts));
    let report = bench.build();
    assert!(report.left_out.get("context-in-test") > 0 && report.left_out.get("context-in-dev") > 0, "{report:?}");
    let contexts = |split| -> HashSet<String> {
        bench.pairs(split).iter().map(|pair| pair.split(" | ").next().unwrap().to_owned()).collect()
    };
    let [train, dev, test] = Split::ALL.map(contexts);
    assert!(train.len() > 50 && dev.len() > 20 && test.len() > 5);
    assert!(train.is_disjoint(&dev) && train.is_disjoint(&test) && dev.is_disjoint(&test));
}

#[test]
fn near_duplicates_are_left_out_of_train() {
    let mut posts = Vec::new();
    for (idx, text) in [
        "shall we all go to the cinema tonight",
        "Shall we all go to the cinema tonight!",
        "what is your favourite colour",
    ]
    .iter()
    .enumerate()
    {
        posts.extend(conversation(&format!("c{idx}"), 2018, text, &["yes, of course, at eight in front of the door"]));
    }
    let bench = Bench::new(&posts).with(|options| options.near_duplicates = Some(0.7));
    let report = bench.build();
    assert_eq!(report.left_out.get("near-duplicate"), 1);
    assert_eq!(bench.pairs(Split::Train).len(), 2);
    assert!(bench.pairs(Split::Train)[0].starts_with("shall"), "the first stays");
}

#[test]
fn without_pairs_there_is_an_error_and_no_folder() {
    let bench = Bench::new(&[post("1", "", "a", "alone")]);
    let message = bench.try_build().unwrap_err().to_string();
    assert_eq!(
        message,
        "no pairs are left for train (1 unanswered); check the input, the years, the filters and --max-depth"
    );
    assert!(!bench.options.out.exists());
}
