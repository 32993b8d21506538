//! `repartee reproduce`: a small table end to end, used again, and continued.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

const SETTINGS: &str = "model = { d_model = 32, n_heads = 4, n_layers = 1, d_feedforward = 48, latent_size = 16, dropout = 0.0, attention_dropout = 0.0, activation_dropout = 0.0, share_decoder = true }";

fn reproduce(folder: &Path, arguments: &[&str]) -> Output {
    let preset = folder.join("smallest.toml");
    fs::write(&preset, format!("extends = \"tiny\"\n{SETTINGS}\n")).expect("the folder is there");
    Command::new(env!("CARGO_BIN_EXE_repartee"))
        .args(["--device", "cpu", "--quiet", "--json", "reproduce", "--preset"])
        .arg(preset)
        .args([
            "--strategy",
            "greedy",
            "--max-length",
            "8",
            "--limit",
            "6",
            "--samples",
            "3",
            "--trials",
            "40",
            "--out",
        ])
        .arg(folder.join("out"))
        .args(arguments)
        .output()
        .expect("the program starts")
}

fn results(output: &Output) -> serde_json::Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("one line of JSON")
}

#[test]
fn rows_are_trained_scored_and_used_again() {
    let folder = tempfile::tempdir().expect("there is a disk");
    let two = results(&reproduce(folder.path(), &["--max-steps", "2", "--rows", "spacefusion,vanilla"]));
    let names = |results: &serde_json::Value| -> Vec<String> {
        let rows = results["rows"].as_array().expect("rows");
        rows.iter().map(|row| row["name"].as_str().expect("a name").to_owned()).collect()
    };
    assert_eq!(names(&two), ["vanilla", "spacefusion"]);
    let [vanilla, fusion] = [&two["rows"][0], &two["rows"][1]];
    assert!(vanilla["dev_kl_nats_per_sentence"].as_f64().is_some_and(f64::is_finite), "{vanilla}");
    assert!(fusion["dev_kl_nats_per_sentence"].is_null());
    assert_eq!((&vanilla["update"], &vanilla["paper"]["distinct_2"]), (&2.into(), &3.55.into()));
    assert!(vanilla["modes"]["precision"].as_f64().is_some(), "{vanilla}");
    assert_eq!(two["claims"].as_array().map(Vec::len), Some(8));

    let out = folder.path().join("out");
    let kept = |name: &str| fs::metadata(out.join(name)).and_then(|file| file.modified()).expect("it is there");
    let of_before = ["cells/vanilla.seed-1.json", "runs/vanilla/checkpoints/best.safetensors"].map(kept);
    let three =
        results(&reproduce(folder.path(), &["--max-steps", "2", "--rows", "vanilla,spacefusion,speculative-2"]));
    assert_eq!(names(&three), ["vanilla", "spacefusion", "speculative-2"]);
    assert_eq!(three["rows"][0], *vanilla);
    assert_eq!(["cells/vanilla.seed-1.json", "runs/vanilla/checkpoints/best.safetensors"].map(kept), of_before);

    // A run that goes on replies anew.
    let longer = results(&reproduce(folder.path(), &["--max-steps", "4", "--rows", "vanilla"]));
    assert_eq!(longer["rows"][0]["update"], 4);
    assert_ne!(kept("cells/vanilla.seed-1.json"), of_before[0]);
    for (name, part) in [
        ("table.md", "| T-CVAE | 4 | "),
        ("table.tex", "T-CVAE & "),
        ("table.csv", "vanilla,distinct-2,"),
        ("examples.md", "| Reference | "),
        ("results.json", "\"claims\""),
    ] {
        let text = fs::read_to_string(out.join(name)).expect("it is written");
        assert!(text.contains(part), "{name}: {text}");
    }
}

#[test]
fn what_cannot_be_reproduced_is_refused_in_one_line() {
    let folder = tempfile::tempdir().expect("there is a disk");
    for (arguments, message) in [
        (vec!["--rows", "vanilla,other"], "there is no row `other`; the rows are vanilla, cyclical"),
        (vec!["--seeds", "0"], "--seeds is 0"),
        (vec!["--corpus", "nowhere"], "nowhere"),
        (vec!["--set", "method.kay=3"], "unknown field `kay`"),
    ] {
        let output = reproduce(folder.path(), &arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success() && error.contains(message) && error.trim_end().lines().count() == 1,
            "{error}"
        );
    }
}
