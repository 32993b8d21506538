//! What must not be in a corpus: names of users, ids that nobody asked for, mail addresses, telephone numbers.

use repartee_archive::{BuildProgress, build};
use repartee_corpus::Split;

use crate::harness::{Bench, forest, lines};

const SECRETS: [&str; 8] = [
    "secretname",
    "mentioned_one",
    "inner_two",
    "99887766",
    "ann@mail.example.org",
    "090-1234-5678",
    "id-of-root",
    "id-of-reply",
];

fn archive() -> String {
    let status = |id: &str, parent: Option<&str>, user: &str, text: &str| {
        serde_json::json!({
            "id_str": id, "in_reply_to_status_id_str": parent, "text": text, "lang": "en",
            "created_at": "Wed Oct 10 20:19:24 +0000 2018",
            "user": {"id_str": user, "screen_name": format!("secretname{user}"), "description": "a bot called secretname"},
        })
        .to_string()
            + "\n"
    };
    [
        status("id-of-root", None, "99887766", "@mentioned_one write to ann@mail.example.org or @inner_two"),
        status("id-of-reply", Some("id-of-root"), "99887767", "@mentioned_one I call 090-1234-5678"),
        // These are dropped or damaged, and may be shown as examples.
        status(
            "3",
            Some("id-of-root"),
            "99887768",
            "https://x.org of @inner_two and ann@mail.example.org 090-1234-5678",
        ),
        status("4", None, "99887766", "nobody answers @inner_two, 090-1234-5678"),
        "{\"user\":{\"screen_name\":\"secretname\"},\"text\":\"@inner_two\n".to_owned(),
    ]
    .concat()
}

#[test]
fn nothing_personal_is_written_anywhere() {
    let bench = Bench::empty().with(|options| options.with = vec!["url".to_owned()]);
    bench.write("a.jsonl", archive());
    let report = bench.build();
    assert_eq!(bench.pairs(Split::Train), ["write to <mail> or <user> | I call <phone>"]);
    assert_eq!((report.dropped.get("url"), report.faults.get("malformed-json")), (1, 1));
    let mut texts: Vec<String> =
        bench.bytes().into_iter().map(|(_, bytes)| String::from_utf8(bytes).unwrap()).collect();
    texts.push(serde_json::to_string(&report).unwrap());
    for text in texts {
        for secret in SECRETS {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}

#[test]
fn what_is_left_of_a_killed_build_has_no_names_either() {
    let bench = Bench::empty();
    // Others come first, so many that there are files.
    for (idx, posts) in forest(5, 40_000).iter().enumerate() {
        bench.write(&format!("{idx}.jsonl"), lines(posts));
    }
    bench.write("a.jsonl", archive());
    // A panic in the last stage leaves what a kill leaves.
    let stop = |at: BuildProgress| assert!(at.stage != "writing", "stopped by the test");
    let stopped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| build(&bench.options, &mut { stop })));
    assert!(stopped.is_err());
    let (mut n_files, mut n_masked) = (0, 0);
    let mut folders = vec![bench.folder().join("corpus.work")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            n_files += 1;
            n_masked += u32::from(text.contains("<mail>"));
            for secret in SECRETS {
                assert!(!text.contains(secret), "{secret} in {}", path.display());
            }
        }
    }
    assert!(n_files > 3 && n_masked > 0, "{n_files} files, {n_masked} with the masked text");
}

#[test]
fn ids_are_written_when_they_are_asked_for() {
    let bench = Bench::empty().with(|options| options.ids = true);
    bench.write("a.jsonl", archive());
    bench.build();
    let text = std::fs::read_to_string(bench.options.out.join("train.jsonl")).unwrap();
    assert!(text.contains("\"context_id\":\"id-of-root\",\"response_id\":\"id-of-reply\""), "{text}");
    assert_eq!(bench.pairs(Split::Train).len(), 2, "the readers take such lines");
}
