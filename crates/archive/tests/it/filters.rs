//! Every filter with what it drops and what it lets through, alone and in the presets.

use repartee_archive::{BuildOptions, FILTERS, Preset};
use repartee_corpus::Split;

use crate::harness::{Bench, Post, lines, post};

/// A root with one reply for each text; returns the replies that come through, and how many the filter counted.
#[track_caller]
fn replies(filter: &str, texts: &[&str], change: impl FnOnce(&mut BuildOptions)) -> (Vec<String>, u64) {
    let mut posts = vec![post("r", "", "ann", "This is the root of them all")];
    posts.extend(texts.iter().enumerate().map(|(idx, text)| post(&format!("{idx}"), "r", &format!("u{idx}"), text)));
    let bench = Bench::new(&posts).with(|options| options.with = vec![filter.to_owned()]).with(change);
    let report = bench.build();
    assert_eq!(report.filters, [filter]);
    let kept = bench.pairs(Split::Train).iter().map(|pair| pair.split(" | ").nth(1).unwrap().to_owned()).collect();
    (kept, report.dropped.get(filter) + report.left_out.get(filter))
}

/// What comes through is the first texts, what is dropped the others.
#[track_caller]
fn check(filter: &str, kept: &[&str], dropped: &[&str], change: impl FnOnce(&mut BuildOptions)) {
    let texts: Vec<&str> = kept.iter().chain(dropped).copied().collect();
    let (found, count) = replies(filter, &texts, change);
    assert_eq!(found, kept, "{filter}");
    assert_eq!(count, dropped.len() as u64, "{filter}");
}

#[test]
fn special_characters() {
    check(
        "special-characters",
        &["plain", "@eve gone #tag"].map(|text| if text.len() > 5 { "gone" } else { text }),
        &["a @ b", "{x", "y}", "no #1"],
        |_| {},
    );
}

#[test]
fn character_share() {
    check("character-share", &["aabc", "aabb", "é à è"], &["aab", "aaab", "!!!!!!! a", "ééé a"], |_| {});
    check("character-share", &["aaab"], &["aaaaab"], |options| options.settings.max_character_share = 0.75);
}

#[test]
fn word_count() {
    let (most, over) = (vec!["w"; 256].join(" "), vec!["w"; 257].join(" "));
    check("word-count", &["two words", &most], &["one", &over], |_| {});
    check("word-count", &["one", "and two"], &["now there are eight words in all, sir"], |options| {
        (options.settings.min_words, options.settings.max_words) = (1, 7);
    });
}

#[test]
fn subword_count() {
    let (most, over) = (vec!["w"; 128].join(" "), vec!["w"; 129].join(" "));
    check("subword-count", &["two words", &most], &["one", &over], |_| {});
}

#[test]
fn alphabetic_share() {
    check("alphabetic-share", &["abcdefg hi", "日本語です。", "no way"], &["a b c d e", "12345 abcd", "!?!"], |_| {});
}

#[test]
fn url() {
    check("url", &["see www.example.org", "http: //x"], &["see http://example.org", "https://t.co/x yes"], |_| {});
}

#[test]
fn bots() {
    let status = |id: &str, parent: Option<&str>, name: &str, profile: &str| {
        serde_json::json!({
            "id_str": id, "in_reply_to_status_id_str": parent, "text": format!("text of {id}"), "lang": "en",
            "created_at": "Wed Oct 10 20:19:24 +0000 2018",
            "user": {"id_str": format!("{name}-id"), "screen_name": name, "description": profile},
        })
        .to_string()
            + "\n"
    };
    let archive = [
        status("r", None, "ann", "likes robots"),
        status("1", Some("r"), "bob", "I am a Bot."),
        status("2", Some("r"), "weatherBOT", "rain"),
        status("3", Some("r"), "carl", "botanist"),
    ]
    .concat();
    for (filter, expected) in
        [("bot-profile", &["text of 2", "text of 3"][..]), ("bot-name", &["text of 1", "text of 3"])]
    {
        let bench = Bench::empty().with(|options| options.with = vec![filter.to_owned()]);
        bench.write("a.jsonl", &archive);
        let report = bench.build();
        let kept: Vec<_> = expected.iter().map(|reply| format!("text of r | {reply}")).collect();
        assert_eq!(bench.pairs(Split::Train), kept, "{filter}");
        assert_eq!(report.dropped.get(filter), 1);
    }
}

#[test]
fn same_day_duplicates() {
    let root = |id: &str, day: &str| post(id, "", "ann", &format!("root {id}")).at(&format!("2018-05-{day}T00:00:00Z"));
    let reply =
        |id: &str, text: &str, time: &str| post(&format!("{id}r"), id, "bob", text).at(&format!("2018-05-{time}Z"));
    let posts = [
        root("a", "01"),
        reply("a", "same words", "01T00:00:01"),
        root("b", "01"),
        reply("b", "@x same  words", "01T23:59:59"),
        root("c", "02"),
        reply("c", "same words", "02T00:00:00"),
        root("d", "02"),
        reply("d", "Same words", "02T00:00:00"),
    ];
    let bench = Bench::new(&posts).with(|options| options.with = vec!["same-day-duplicates".to_owned()]);
    let report = bench.build();
    assert_eq!(bench.pairs(Split::Train), ["root c | same words", "root d | Same words"]);
    assert_eq!(report.dropped.get("same-day-duplicates"), 2);
}

#[test]
fn repeated() {
    let posts: Vec<Post> = (0..12)
        .flat_map(|idx| {
            let day = format!("2018-05-{:02}T00:00:00Z", idx + 1);
            let text = if idx < 7 { "often said" } else { "rarely said" };
            [
                post(&format!("{idx}"), "", "a", &format!("root {idx}")).at(&day),
                post(&format!("{idx}r"), &format!("{idx}"), "b", text).at(&day),
            ]
        })
        .collect();
    let kept = |most| {
        let bench = Bench::new(&posts).with(|options| {
            options.with = vec!["repeated".to_owned()];
            options.settings.max_repetitions = most;
        });
        bench.train().len()
    };
    assert_eq!((kept(5), kept(6), kept(7)), (5, 5, 12));
}

#[test]
fn parent_overlap() {
    let root = "This is the root of them all";
    // Five trigrams in the first reply, four of them the root's.
    check(
        "parent-overlap",
        &["This is the root of course", "a b", "something quite different here"],
        &["This is the root of them yes", root],
        |_| {},
    );
    check("parent-overlap", &["a is the root b c"], &["is the root of a b"], |options| {
        options.settings.min_parent_overlap = 0.5
    });
}

#[test]
fn parent_quote() {
    let (kept, dropped) = replies(
        "parent-quote",
        &["\"This is the root of them all\" I agree", "the root", "“This is the root of them all”"],
        |_| {},
    );
    assert_eq!((kept, dropped), (vec!["I agree".to_owned(), "the root".to_owned()], 1));
}

#[test]
fn unsafe_words() {
    let list =
        |options: &mut BuildOptions| options.settings.unsafe_words = ["Darn", "死ね", " "].map(str::to_owned).to_vec();
    check("unsafe-words", &["darning socks"], &["well, DARN!", "もう死ねよ"], list);
    check("unsafe-words", &["well, darn"], &[], |_| {});
}

#[test]
fn a_dropped_message_takes_its_subtree_along() {
    let posts = [
        post("r", "", "a", "root"),
        post("1", "r", "b", "see http://x.org"),
        post("2", "1", "a", "below"),
        post("3", "2", "b", "further below"),
        post("4", "r", "b", "fine"),
    ];
    let bench = Bench::new(&posts).with(|options| (options.with, options.multi_turn) = (vec!["url".to_owned()], true));
    let report = bench.build();
    assert_eq!(bench.pairs(Split::Train), ["root | fine"]);
    assert_eq!((report.dropped.get("url"), report.dropped.get("parent-dropped")), (1, 2));
    // Also below a reply that repeats its parent.
    let posts = [
        post("r", "", "a", "one two three four"),
        post("1", "r", "b", "one two three four"),
        post("2", "1", "a", "below"),
        post("4", "r", "b", "fine"),
    ];
    let bench = Bench::new(&posts)
        .with(|options| (options.with, options.multi_turn) = (vec!["parent-overlap".to_owned()], true));
    let report = bench.build();
    assert_eq!(bench.pairs(Split::Train), ["one two three four | fine"]);
    assert_eq!((report.left_out.get("parent-overlap"), report.left_out.get("parent-dropped")), (1, 1));
}

#[test]
fn presets_have_their_filters() {
    let filters = |preset| {
        let bench = Bench::new(&[post("r", "", "a", "this is a root"), post("1", "r", "b", "this is one reply")]);
        bench.with(|options| options.preset = preset).build().filters
    };
    let paper = ["special-characters", "character-share", "same-day-duplicates", "bot-profile", "word-count"];
    assert_eq!(filters(Preset::Paper), paper);
    let meena = [
        "subword-count",
        "alphabetic-share",
        "url",
        "bot-name",
        "repeated",
        "parent-quote",
        "parent-overlap",
        "unsafe-words",
    ];
    assert_eq!(filters(Preset::Meena), meena);
    assert!(filters(Preset::None).is_empty());
    assert_eq!(FILTERS.len(), paper.len() + meena.len());
    let bench = Bench::new(&[post("r", "", "a", "this is a root"), post("1", "r", "b", "this is one reply")]);
    let bench = bench.with(|options| {
        options.preset = Preset::Paper;
        (options.with, options.without) =
            (vec!["url".to_owned()], paper[1..].iter().map(|name| (*name).to_owned()).collect());
    });
    assert_eq!(bench.build().filters, ["special-characters", "url"]);
}

#[test]
fn the_papers_filters_of_pairs_leave_trees_as_they_are() {
    // The last message is one word: too short for a pair, but still the leaf that makes the chain one of two speakers.
    let posts = [post("r", "", "a", "a root"), post("1", "r", "b", "a reply"), post("2", "1", "c", "word")];
    let bench = Bench::new(&posts).with(|options| options.preset = Preset::Paper);
    bench.write("more.jsonl", lines(&[post("x", "", "a", "another root"), post("y", "x", "b", "another reply")]));
    assert_eq!(bench.train(), ["another root | another reply"]);
    let posts = [post("r", "", "a", "a root"), post("1", "r", "b", "a reply"), post("2", "1", "a", "word")];
    assert_eq!(Bench::new(&posts).with(|options| options.preset = Preset::Paper).train(), ["a root | a reply"]);
}
