//! Which replies give pairs: trees across files, roots, speakers, depth, turns, copies.

use repartee_corpus::Split;

use crate::harness::{Bench, forest, lines, post};

#[test]
fn trees_reach_across_files_in_any_order() {
    let bench = Bench::empty();
    bench.write("2018-01-01.jsonl", lines(&[post("3", "2", "ann", "third")]));
    bench.write("2018-01-02.jsonl", lines(&[post("2", "1", "bob", "second")]));
    bench.write("sub/2018-01-03.jsonl", lines(&[post("1", "", "ann", "first")]));
    assert_eq!(bench.train(), ["first | second"]);
}

#[test]
fn roots_whose_parent_is_missing_give_nothing() {
    let posts = [
        post("1", "0", "ann", "orphan"),
        post("2", "1", "bob", "its reply"),
        post("3", "", "ann", "root"),
        post("4", "3", "bob", "reply"),
        post("5", "", "ann", "nobody answers"),
    ];
    let bench = Bench::new(&posts);
    let report = bench.build();
    assert_eq!(bench.pairs(Split::Train), ["root | reply"]);
    assert_eq!((report.dropped.get("parent-missing"), report.dropped.get("unanswered")), (2, 1));
    assert_eq!((report.posts, report.conversations, report.posts_in_conversations), (5, 1, 2));
}

#[test]
fn a_chain_has_two_speakers_to_its_leaf() {
    let chain = |users: &[&str]| {
        let posts: Vec<_> = users
            .iter()
            .enumerate()
            .map(|(idx, user)| {
                post(
                    &format!("{idx}"),
                    &if idx == 0 { String::new() } else { format!("{}", idx - 1) },
                    user,
                    &format!("t{idx}"),
                )
            })
            .chain([post("r", "", "x", "root"), post("s", "r", "y", "reply")])
            .collect();
        Bench::new(&posts)
    };
    for (users, expected) in [
        (&["a", "b"][..], true),
        (&["a", "b", "a", "b", "a"], true),
        (&["a", "b", "c"], false),
        (&["a", "a"], false),
        (&["a", "b", "b"], true),
        // The second speaker comes later: the pair is still one person's.
        (&["a", "a", "b"], false),
    ] {
        let found = chain(users).train().contains(&"t0 | t1".to_owned());
        assert_eq!(found, expected, "{users:?}");
    }
    let any = chain(&["a", "b", "c"]).with(|options| options.two_speakers = false);
    assert!(any.train().contains(&"t0 | t1".to_owned()));
    // Another leaf has two speakers only.
    let posts =
        [post("0", "", "a", "t0"), post("1", "0", "b", "t1"), post("2", "1", "c", "t2"), post("3", "1", "a", "t3")];
    assert_eq!(Bench::new(&posts).train(), ["t0 | t1"]);
}

#[test]
fn chains_that_are_too_long_are_left_out() {
    let chain = |length: usize| -> Vec<_> {
        let parent = |idx: usize| if idx == 0 { String::new() } else { format!("{}", idx - 1) };
        (0..length).map(|idx| post(&format!("{idx}"), &parent(idx), ["a", "b"][idx % 2], &format!("t{idx}"))).collect()
    };
    let mut five = chain(5);
    assert_eq!(Bench::new(&five).train(), ["t0 | t1"]);
    five.extend([post("r", "", "x", "root"), post("s", "r", "y", "reply")]);
    let mut long = five.clone();
    long.extend([post("5", "4", "b", "t5"), post("6", "5", "a", "t6"), post("7", "6", "b", "t7")]);
    let bench = Bench::new(&long);
    let report = bench.build();
    assert_eq!(bench.pairs(Split::Train), ["root | reply"]);
    assert_eq!(report.left_out.get("chain-too-long"), 1);
    let deeper = Bench::new(&long).with(|options| options.max_depth = 8);
    assert_eq!(deeper.train(), ["t0 | t1", "root | reply"]);
    // Deeper than what is merged level by level.
    let deep = Bench::new(&chain(300)).with(|options| options.max_depth = 300);
    assert_eq!(deep.train(), ["t0 | t1"]);
}

#[test]
fn several_turns_are_one_context() {
    let posts = [
        post("1", "", "a", "one"),
        post("2", "1", "b", "two"),
        post("3", "2", "a", "three"),
        post("4", "3", "b", "four"),
    ];
    let bench = Bench::new(&posts).with(|options| options.multi_turn = true);
    assert_eq!(bench.train(), ["one | two", "one <eot> two | three", "one <eot> two <eot> three | four"]);
    let bench = Bench::new(&posts).with(|options| {
        (options.multi_turn, options.turn_separator) = (true, " / ".to_owned());
        options.max_depth = 4;
    });
    assert_eq!(bench.train()[2], "one / two / three | four");
    let bench = bench.with(|options| options.context_turns = Some(2));
    assert_eq!(bench.train(), ["one | two", "one / two | three", "two / three | four"]);
}

#[test]
fn a_pair_that_several_leaves_share_is_one() {
    let mut posts = vec![post("r", "", "a", "root"), post("s", "r", "b", "reply")];
    posts.extend((0..4).map(|leaf| post(&format!("l{leaf}"), "s", "a", &format!("leaf {leaf}"))));
    assert_eq!(Bench::new(&posts).train(), ["root | reply"]);
    // The same words by somebody else are no other pair.
    posts.push(post("t", "r", "c", "reply"));
    let bench = Bench::new(&posts);
    let report = bench.build();
    assert_eq!(bench.pairs(Split::Train), ["root | reply"]);
    assert_eq!(report.left_out.get("duplicate-pair"), 1);
}

#[test]
fn threads_and_memory_do_not_change_a_byte() {
    let build = |threads, memory_bytes| {
        let bench = Bench::empty().with(|options| {
            (options.threads, options.memory_bytes) = (threads, memory_bytes);
            (options.dev_pairs, options.test_contexts, options.min_test_replies) = (200, Some(30), 2);
            (options.multi_turn, options.near_duplicates, options.pairs_per_file) = (true, Some(0.9), 1000);
        });
        for (idx, posts) in forest(7, 230_000).iter().enumerate() {
            bench.write(&format!("{idx}.jsonl"), lines(posts));
        }
        bench.build();
        bench.bytes()
    };
    let one = build(1, 256 << 20);
    assert!(one.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() > 100_000);
    assert!(one.iter().any(|(name, _)| name == "train-00002.jsonl"));
    // With so little memory all is in files, and posts are linked by sorting.
    for (threads, memory_bytes) in [(3, 256 << 20), (2, 16 << 20)] {
        assert!(build(threads, memory_bytes) == one, "{threads} threads, {memory_bytes} bytes");
    }
}

#[test]
fn ids_that_occur_again_count_once() {
    let posts = [
        post("1", "", "a", "root"),
        post("2", "1", "b", "reply"),
        post("2", "1", "b", "reply"),
        post("1", "", "a", "root"),
    ];
    let bench = Bench::new(&posts);
    let report = bench.build();
    assert_eq!(bench.pairs(Split::Train), ["root | reply"]);
    assert_eq!(report.dropped.get("repeated-id"), 2);
}
