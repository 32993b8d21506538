//! Input that is broken: counted with file and line, the rest processed; strict builds stop at the first.

use std::io::Write as _;

use repartee_archive::BuildReport;
use repartee_corpus::Split;

use crate::harness::{Bench, Post, lines, post};

fn good() -> [Post; 2] {
    [post("g1", "", "ann", "good root"), post("g2", "g1", "bob", "good reply")]
}

/// Builds with the good posts before and after what is given, checks that they come through and that what is wrong is
/// reported once, with its place, and that a strict build stops there.
#[track_caller]
fn check(name: &str, bytes: &[u8], fault: &str, place: &str, message: &str) -> BuildReport {
    let bench = Bench::empty();
    bench.write("a-good.jsonl", lines(&good()));
    bench.write(name, bytes);
    let report = bench.build();
    assert!(bench.pairs(Split::Train).contains(&"good root | good reply".to_owned()));
    assert_eq!(report.faults.get(fault), 1, "{:?}", report.faults);
    assert_eq!(report.faults.total(), 1, "{:?}", report.faults);
    let example = &report.faults.0[fault].examples[0];
    assert!(example.starts_with(place) && example.contains(message), "{example}");
    let strict = bench.with(|options| (options.strict, options.overwrite) = (true, true));
    let error = strict.try_build().unwrap_err().to_string();
    let line = place.rsplit(' ').next().unwrap().trim_end_matches(':');
    let expected = format!("{name}` line {line}: ");
    assert!(error.contains(&expected) && error.contains(message) && error.ends_with("skip it"), "{error}");
    assert!(!error.contains('\n'));
    report
}

fn more() -> [Post; 2] {
    [post("m1", "", "ann", "more root"), post("m2", "m1", "bob", "more reply")]
}

/// Text that packs badly, so that a cut falls into the middle.
fn many(n_posts: u64) -> String {
    let text = |number: u64| blake3::hash(&number.to_le_bytes()).to_hex().to_string();
    let posts: Vec<_> = (0..n_posts).map(|number| post(&format!("x{number}"), "", "ann", &text(number))).collect();
    lines(&posts)
}

#[test]
fn a_file_that_was_cut() {
    let text = many(2000);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    bzip2.write_all(text.as_bytes()).unwrap();
    let bzip2 = bzip2.finish().unwrap();
    let zstd = zstd::encode_all(text.as_bytes(), 1).unwrap();
    for (name, whole) in [("b.jsonl.gz", gzip), ("b.jsonl.bz2", bzip2), ("b.jsonl.zst", zstd)] {
        let bench = Bench::empty();
        bench.write("a-good.jsonl", lines(&good()));
        bench.write(name, &whole);
        assert_eq!(bench.build().posts, 2002, "{name}");
        bench.write(name, &whole[..whole.len() / 2]);
        let report = bench.build();
        assert_eq!(report.faults.get("undecodable-file"), 1, "{name}: {:?}", report.faults);
        assert_eq!(report.faults.total(), 1, "{name}: {:?}", report.faults);
        let example = &report.faults.0["undecodable-file"].examples[0];
        assert!(example.starts_with(name) && example.contains("cannot be decoded further"), "{example}");
        let line: u64 = example.split([' ', ':']).nth(2).unwrap().parse().unwrap();
        assert_eq!(report.posts, 2 + line - 1, "{name}: all whole lines before it are read");
        let error = bench.with(|options| options.strict = true).try_build().unwrap_err().to_string();
        assert!(error.contains(&format!("{name}` line {line}: the file cannot be decoded")), "{error}");
    }
}

#[test]
fn invalid_utf_8() {
    let mut bytes = lines(&more()).into_bytes();
    bytes.extend(b"{\"id\":\"b\",\"text\":\"\xff\"}\n");
    check("b.jsonl", &bytes, "invalid-utf-8", "b.jsonl line 3:", "invalid UTF-8 at byte 19");
}

#[test]
fn half_a_line() {
    let text = lines(&more());
    let half = format!("{{\"id\":\"h\",\"user\":\"ann\",\"te\n{text}");
    let report = check("b.json", half.as_bytes(), "malformed-json", "b.json line 1:", "malformed JSON");
    assert_eq!(report.posts, 4, "the next line is read");
    let end = format!("{text}{{\"id\":\"h\",\"us");
    check("b.jsonl", end.as_bytes(), "malformed-json", "b.jsonl line 3:", "malformed JSON at column 13");
}

#[test]
fn a_document_that_was_cut() {
    let document = format!("[\n{},\n{},\n{{\"id\":\"h\",\n", more()[0].json(), more()[1].json());
    let report =
        check("b.json", document.as_bytes(), "unfinished-value", "b.json line 4:", "ends before this value does");
    assert_eq!(report.posts, 4);
}

#[test]
fn reply_links_in_a_circle() {
    let circle = [post("c1", "c2", "ann", "one"), post("c2", "c1", "bob", "two"), post("c3", "c1", "bob", "below")];
    let bench = Bench::new(&[&good()[..], &circle].concat());
    let report = bench.build();
    assert_eq!(bench.pairs(Split::Train), ["good root | good reply"]);
    assert_eq!(report.faults.get("reply-cycle"), 3);
    assert!(report.faults.0["reply-cycle"].examples[0].starts_with("posts.jsonl line 3: "));
    check(
        "b.jsonl",
        lines(&[post("s", "s", "ann", "answers itself")]).as_bytes(),
        "reply-cycle",
        "b.jsonl line 1:",
        "lead in a circle",
    );
    let error = bench.with(|options| options.strict = true).try_build().unwrap_err().to_string();
    assert!(error.contains("posts.jsonl` line 3: the reply links of this post lead in a circle"), "{error}");
}

#[test]
fn one_id_with_two_texts() {
    let posts = [post("g1", "", "eve", "another text"), post("m1", "", "ann", "more root")];
    let report = check(
        "b.jsonl",
        lines(&posts).as_bytes(),
        "conflicting-id",
        "b.jsonl line 1:",
        "the id occurred before, with another text",
    );
    assert_eq!(report.dropped.get("repeated-id"), 0);
}

#[test]
fn times_out_of_range() {
    let posts = [post("m1", "", "ann", "more root"), post("m2", "m1", "bob", "x").at("1066-10-14T09:00:00Z")];
    check("b.jsonl", lines(&posts).as_bytes(), "time-out-of-range", "b.jsonl line 2:", "out of range, 1990 to 2099");
    let posts = [post("m1", "", "ann", "more root").at("some day")];
    check("b.jsonl", lines(&posts).as_bytes(), "unknown-time", "b.jsonl line 1:", "neither ISO 8601");
}

#[test]
fn a_line_of_a_hundred_megabytes() {
    let long = post("l", "", "ann", &"x".repeat(100 << 20));
    let bytes = [lines(&more()), lines(&[long]), lines(&[post("n", "m1", "bob", "after it")])].concat();
    let report = check("b.jsonl", bytes.as_bytes(), "value-too-long", "b.jsonl line 3:", "raise --max-line-bytes");
    assert_eq!(report.posts, 5);
    let bench = Bench::empty().with(|options| options.max_line_bytes = 200 << 20);
    bench.write("b.jsonl", bytes);
    let report = bench.build();
    assert_eq!((report.posts, report.faults.total()), (4, 0));
}

#[test]
fn fields_that_are_missing_and_values_that_are_no_posts() {
    check(
        "b.jsonl",
        b"{\"id\":\"1\",\"text\":\"t\",\"user\":\"u\"}\n",
        "missing-field",
        "b.jsonl line 1:",
        "no field `created_at`",
    );
    check("b.jsonl", b"17\n", "malformed-json", "b.jsonl line 1:", "column 1");
}

#[test]
fn a_build_that_stops_names_its_remedy() {
    let bench = Bench::new(&good());
    bench.build();
    let again = bench.with(|options| options.overwrite = false);
    let message = again.try_build().unwrap_err().to_string();
    assert!(message.ends_with("already holds a corpus; choose another folder or pass --overwrite"), "{message}");
    let missing = Bench::empty().with(|options| options.inputs[0].push("gone"));
    let message = missing.try_build().unwrap_err().to_string();
    assert!(message.ends_with("gone` does not exist; check the path"), "{message}");
    let none = Bench::empty();
    assert!(none.try_build().unwrap_err().to_string().starts_with("no .json, .jsonl"));
    let unknown = Bench::new(&good()).with(|options| options.with = vec!["politeness".to_owned()]);
    let message = unknown.try_build().unwrap_err().to_string();
    assert!(message.starts_with("--with names no filter `politeness`; these exist: special-characters, "), "{message}");
}
