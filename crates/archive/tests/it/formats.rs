//! Archives of all platforms and compressions as files.

use std::io::Write as _;

use repartee_corpus::Split;

use crate::harness::{Bench, lines, post};

#[track_caller]
fn check(name: &str, bytes: impl AsRef<[u8]>, expected: &[&str]) {
    let bench = Bench::empty();
    bench.write(name, bytes);
    let report = bench.build();
    assert_eq!(bench.pairs(Split::Train), expected, "{name}: {:?} {:?}", report.faults, report.dropped);
    assert_eq!(report.faults.total(), 0, "{:?}", report.faults);
}

#[test]
fn compressions() {
    let text = lines(&[post("1", "", "a", "root"), post("2", "1", "b", "reply")]);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    // Several members, as `cat *.gz` makes them.
    let (first, second) = text.split_at(text.find('\n').unwrap() + 1);
    let member = |part: &str| {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(part.as_bytes()).unwrap();
        gzip.finish().unwrap()
    };
    let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    bzip2.write_all(text.as_bytes()).unwrap();
    for (name, bytes) in [
        ("a.json", text.clone().into_bytes()),
        ("a.jsonl.gz", gzip.finish().unwrap()),
        ("a.ndjson.gz", [member(first), member(second)].concat()),
        ("a.jsonl.bz2", bzip2.finish().unwrap()),
        ("a.jsonl.zst", zstd::encode_all(text.as_bytes(), 3).unwrap()),
        // The name lies; the bytes count.
        ("a.jsonl", zstd::encode_all(text.as_bytes(), 3).unwrap()),
    ] {
        check(name, bytes, &["root | reply"]);
    }
}

#[test]
fn a_twitter_archive_of_ones_own() {
    let tweet = |id: u32, parent: &str, text: &str| {
        format!(
            "  {{\n    \"tweet\" : {{\n      \"id_str\" : \"{id}\",\n      \"full_text\" : \"{text}\",\n      \"created_at\" : \
             \"Wed Oct 10 20:19:24 +0000 2018\"{parent}\n    }}\n  }}"
        )
    };
    let parent = ",\n      \"in_reply_to_status_id_str\" : \"1\"";
    let text =
        format!("window.YTD.tweets.part0 = [\n{},\n{}\n]\n", tweet(1, "", "say {hi}"), tweet(2, parent, "no \\\"}"));
    let bench = Bench::empty().with(|options| options.two_speakers = false);
    bench.write("tweets.js", text);
    bench.write("b.jsonl", lines(&[post("3", "1", "bob", "I reply")]));
    let report = bench.build();
    // One's own replies to oneself are no dialogue.
    assert_eq!(bench.pairs(Split::Train), ["say {hi} | I reply"]);
    assert_eq!((report.posts, report.left_out.get("self-reply")), (3, 1));
}

#[test]
fn statuses_pages_dumps_and_activities() {
    let statuses = "{\"id_str\":\"1\",\"text\":\"root\",\"created_at\":\"Wed Oct 10 20:19:24 +0000 2018\",\"user\":{\"id\":1}}\n\
        {\"delete\":{\"status\":{\"id\":5}}}\n\
        {\"id_str\":\"2\",\"in_reply_to_status_id_str\":\"1\",\"text\":\"@x reply\",\"created_at\":\"Wed Oct 10 20:19:25 +0000 2018\",\"user\":{\"id\":2}}\n";
    check("statuses.jsonl", statuses, &["root | reply"]);
    let page = "{\"data\":[{\"id\":\"2\",\"author_id\":\"b\",\"text\":\"reply\",\"created_at\":\"2018-10-10T20:19:24.000Z\",\
        \"referenced_tweets\":[{\"type\":\"replied_to\",\"id\":\"1\"}]}],\"includes\":{\"tweets\":[{\"id\":\"1\",\
        \"author_id\":\"a\",\"text\":\"root\",\"created_at\":\"2018-10-10T20:19:24.000Z\"}]}}";
    check("page.json", page, &["root | reply"]);
    check("pages.json", format!("[{page},\n{page}]"), &["root | reply"]);
    let dump = "{\"id\":\"s\",\"title\":\"root\",\"selftext\":\"\",\"author\":\"ann\",\"created_utc\":1539202764}\n\
        {\"id\":\"c\",\"parent_id\":\"t3_s\",\"body\":\"reply\",\"author\":\"bob\",\"created_utc\":1539202765}\n";
    check("RC_2018-10.jsonl", dump, &["root | reply"]);
    let toots = "[{\"id\":\"2\",\"in_reply_to_id\":\"1\",\"content\":\"<p>reply</p>\",\"created_at\":\"2018-10-10T20:19:24Z\",\
        \"account\":{\"id\":\"b\"}},{\"id\":\"1\",\"content\":\"<p>root</p>\",\"created_at\":\"2018-10-10T20:19:24Z\",\"account\":{\"id\":\"a\"}}]";
    check("toots.json", toots, &["root | reply"]);
    let outbox = "{\"type\":\"Create\",\"object\":{\"type\":\"Note\",\"id\":\"http://s/1\",\"attributedTo\":\"http://s/a\",\"content\":\"root\",\"published\":\"2018-10-10T20:19:24Z\"}}\n\
        {\"type\":\"Announce\",\"object\":\"http://s/1\"}\n\
        {\"type\":\"Create\",\"object\":{\"type\":\"Note\",\"id\":\"http://s/2\",\"inReplyTo\":\"http://s/1\",\"attributedTo\":\"http://s/b\",\"content\":\"reply\",\"published\":\"2018-10-10T20:19:24Z\"}}\n";
    check("outbox.jsonl", outbox, &["root | reply"]);
}

#[test]
fn other_languages_are_left_out() {
    let mut text = lines(&[post("1", "", "a", "root"), post("2", "1", "b", "reply")]);
    text.push_str("{\"id\":\"3\",\"in_reply_to\":\"1\",\"user\":\"c\",\"created_at\":1539202764,\"lang\":\"es\",\"text\":\"hola\"}\n");
    check("a.jsonl", text, &["root | reply"]);
}
