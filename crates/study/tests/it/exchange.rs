//! Exports that re-import to the same study, and the authors' sheets.

use repartee_study::{
    Change, Criterion, Design, ItemKind, Judgement, Next, Store, StudyError,
    exchange::{
        Format, RepliesFrom, Sheet, add_replies, design_path, export, ratings_of_sheets, reimport, replies_of_sheets,
    },
};

use crate::common::{Study, content, control, design, frozen, rate_all, revision};

/// A study with everything in it: controls, zeros, skips, changes, an unfinished page, and texts that are hard on CSV.
fn everything() -> Study {
    let mut with_controls = Design { baseline: Some("sysalpha".to_owned()), ..design(2) };
    with_controls.quality.control_every = 3;
    with_controls.quality.repeat_gap = 1;
    let mut all = content(6, 3);
    all.items[0].context = "=HYPERLINK(\"http://x\",\"y\"), \"quoted\"\nsecond line".to_owned();
    all.items[1].replies[0].text = "'+1 \u{3000}日本語、返事".to_owned();
    all.items[2].replies[1].text = String::new();
    all.items[3].replies[1].text = "\tx\r\n".to_owned();
    all.items.insert(1, control(ItemKind::Gold, "gold-1"));
    all.items.push(control(ItemKind::Training, "training-1"));
    let mut study = frozen(&with_controls, &all);
    let a = study.store.join("=cmd|a", 10).unwrap();
    rate_all(&mut study.store, &a, 20);
    let b = study.store.join("b", 10_000).unwrap();
    let Next::Page(page) = study.store.take(&b, 20_000).unwrap() else { panic!("there is a page") };
    let mut desk = study.store.desk(&b).unwrap();
    let cards: Vec<String> = desk.page(&page).unwrap().cards.into_iter().map(|card| card.id).collect();
    let mut skip = revision("s", &cards[0], Criterion::Sensibleness, 1);
    skip.judgement = Judgement::Skipped { reason: "@noise, \"cut\"".to_owned() };
    desk.save(&revision("p", &cards[0], Criterion::Sensibleness, 4), 20_001).unwrap();
    desk.save(&skip, 20_002).unwrap();
    desk.save(&revision("z", &cards[1], Criterion::Specificity, 0), 20_003).unwrap();
    let mut undo = revision("u", &cards[1], Criterion::Specificity, 1);
    undo.judgement = Judgement::Unrated;
    desk.save(&undo, 20_003).unwrap();
    let note = |id: &str, flagged, comment: Option<&str>| Change {
        id: id.to_owned(),
        card: cards[0].clone(),
        flagged,
        comment: comment.map(str::to_owned),
        active_ms: 5,
        ..Change::default()
    };
    desk.change(&note("n1", Some(true), Some("=cmd|' /C calc'!A0")), 20_004).unwrap();
    desk.change(&note("n2", Some(false), None), 20_005).unwrap();
    desk.change(&note("n3", None, Some("")), 20_006).unwrap();
    desk.change(&note("n4", None, Some("two\nlines, \"quoted\"")), 20_007).unwrap();
    study
}

#[test]
fn exports_reimport_to_the_same_study() {
    let formats = [(Format::Csv, "ratings.csv"), (Format::Jsonl, "ratings.jsonl"), (Format::Xlsx, "ratings.xlsx")];
    for (format, name) in formats {
        let mut study = everything();
        let ratings = study.store.ratings().unwrap();
        let (text, design) = export(&ratings, format, true).unwrap();
        let path = study.path(name);
        std::fs::write(&path, &text).unwrap();
        if let Some(design) = &design {
            std::fs::write(design_path(&path), design).unwrap();
        }
        let read = reimport(&path).unwrap();
        assert_eq!(read, ratings, "{name}");
        let mut copy = Store::restore(&study.path("copy.sqlite"), &read, 0).unwrap();
        assert_eq!(copy.ratings().unwrap(), ratings, "{name}");
        // A workbook has the time of its making in it.
        if format != Format::Xlsx {
            assert_eq!(export(&copy.ratings().unwrap(), format, true).unwrap(), (text, design));
        }
        copy.verify().unwrap();
        // The copy goes on where the study stood.
        let b = copy.join("b", 30_000).unwrap();
        rate_rest(&mut copy, &b);
        assert!(copy.ratings().unwrap().progress().n_pages_done > ratings.progress().n_pages_done);
        copy.verify().unwrap();
    }
}

fn text(ratings: &repartee_study::Ratings, format: Format) -> String {
    String::from_utf8(export(ratings, format, false).unwrap().0).unwrap()
}

fn rate_rest(store: &mut Store, rater: &str) {
    let Next::Page(page) = store.take(rater, 40_000).unwrap() else { panic!("a page is open") };
    let mut desk = store.desk(rater).unwrap();
    for card in desk.page(&page).unwrap().cards {
        for criterion in Criterion::ALL {
            desk.save(&revision(&format!("r{}{criterion}", &card.id[..9]), &card.id, criterion, 2), 40_000).unwrap();
        }
    }
    desk.finish(&page, 40_001).unwrap();
    rate_all(store, rater, 50_000);
}

#[test]
fn zero_skipped_and_unrated_are_apart_in_every_export_and_names_are_left_out() {
    let mut study = everything();
    let ratings = study.store.ratings().unwrap();
    let csv = text(&ratings, Format::Csv);
    assert!(!csv.contains("cmd|a"));
    assert!(csv.lines().all(|line| !line.split(',').any(|cell| cell.starts_with(['=', '+', '@', '-']))), "a formula");
    let jsonl = text(&ratings, Format::Jsonl);
    let rows: Vec<serde_json::Value> = jsonl.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect();
    let row = |revision: &str| rows.iter().find(|row| row["revision"] == revision).unwrap();
    assert_eq!((&row("z")["state"], &row("z")["score"]), (&"too-noisy".into(), &0.into()));
    assert_eq!(
        (&row("s")["state"], &row("s")["score"], &row("s")["reason"]),
        (&"skipped".into(), &serde_json::Value::Null, &"@noise, \"cut\"".into())
    );
    assert_eq!((&row("u")["state"], &row("u")["score"]), (&"unrated".into(), &serde_json::Value::Null));
    assert_eq!(row("s")["revision_number"], 2);
    assert_eq!((&row("n1-f")["criterion"], &row("n1-f")["state"]), (&"flag".into(), &"flagged".into()));
    assert_eq!((&row("n2-f")["state"], &row("n2-f")["revision_number"]), (&"unflagged".into(), &2.into()));
    assert_eq!((&row("n3-c")["state"], &row("n3-c")["comment"]), (&"uncommented".into(), &"".into()));
    assert_eq!(row("n4-c")["comment"], "two\nlines, \"quoted\"");
}

#[test]
fn changed_exports_are_refused_with_row_and_column() {
    let mut study = everything();
    let ratings = study.store.ratings().unwrap();
    let (text, design) = export(&ratings, Format::Csv, true).unwrap();
    let text = String::from_utf8(text).unwrap();
    let path = study.path("ratings.csv");
    std::fs::write(design_path(&path), design.unwrap()).unwrap();
    let refusal = |text: &str| {
        std::fs::write(&path, text).unwrap();
        let result = reimport(&path).and_then(|ratings| Store::restore(&study.path("copy.sqlite"), &ratings, 0));
        assert!(!study.path("copy.sqlite").exists());
        result.err().unwrap().to_string()
    };
    let error = refusal(&text.replacen(",points,", ",zero,", 1));
    assert!(error.contains("column `state`: `zero` is none of"), "{error}");
    let error = refusal(&text.replacen(",main,", ",maine,", 1));
    assert!(error.contains("row 2, column `item_kind`"), "{error}");
    let error = refusal(&text.replace("context 4", "context four"));
    assert!(error.contains("design or items were changed"), "{error}");
    let error = refusal(&text.replacen("page_slot", "slot", 1));
    assert!(error.contains("no column `page_slot`"), "{error}");
    let error = refusal(&text.lines().take(1).map(|line| format!("{line}\n")).collect::<String>());
    assert!(error.contains("no rows"), "{error}");
}

#[test]
fn an_import_that_fails_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::create(&folder.path().join("a.sqlite"), &design(1), 0).unwrap();
    let path = folder.path().join("replies.csv");
    std::fs::write(&path, "system,context,reply\nA,one,x\nA,,y\n").unwrap();
    let from = RepliesFrom { system: None, nth: 0 };
    let error = store.extend(|content| add_replies(content, &path, &from).map(drop)).unwrap_err().to_string();
    assert!(error.contains("row 3, column `context`"), "{error}");
    assert_eq!(store.content().unwrap(), repartee_study::Content::default());
}

#[test]
fn the_authors_sheets_make_a_study_with_its_scores() {
    let folder = tempfile::tempdir().unwrap();
    let sheet = |index: usize, rows: &str| {
        let path = folder.path().join(format!("sheet.{index}.csv"));
        std::fs::write(&path, format!("\u{feff}ID,発話,応答,Sensibleness,Specificity\r\n{rows}")).unwrap();
        Sheet { system: ["Reference", "T-CVAE"][index].to_owned(), path }
    };
    let sheets = [sheet(0, "1,野菜,洗います,5,4\r\n2,朝,はい,4,\r\n"), sheet(1, "1,野菜,うん,2,0\r\n2,朝,え,,1.0\r\n")];
    let mut store = Store::create(&folder.path().join("a.sqlite"), &design(2), 0).unwrap();
    store.extend(|content| replies_of_sheets(content, &sheets).map(drop)).unwrap();
    store.freeze(0).unwrap();
    let content = store.content().unwrap();
    assert_eq!(content.systems, ["Reference", "T-CVAE"]);
    let scores = ratings_of_sheets(&content, &sheets).unwrap();
    assert_eq!(store.add_sheets("一郎", &scores, 10).unwrap(), 2);
    let ratings = store.ratings().unwrap();
    let judgement = |page: usize, card: usize, criterion| ratings.pages[page].cards[card].judgement(criterion);
    assert_eq!(judgement(0, 1, Criterion::Specificity), Judgement::TooNoisy);
    assert_eq!(judgement(1, 0, Criterion::Specificity), Judgement::Unrated);
    assert_eq!(judgement(1, 1, Criterion::Sensibleness), Judgement::Unrated);
    assert_eq!(judgement(1, 1, Criterion::Specificity).digit(), Some(1));
    store.verify().unwrap();
    assert!(matches!(store.add_sheets("一郎", &scores, 10), Err(StudyError::Field { .. })));
    for (rows, part) in [
        ("1,野菜,洗います,0,4\r\n", "row 2, column `Sensibleness`"),
        ("1,野菜,洗います,5,4\r\n2,朝,はい,good,1\r\n", "row 3, column `Sensibleness`: `good`"),
        ("3,昼,はい,1,1\r\n", "row 2, column `ID`: the study has no such reply"),
    ] {
        let error = ratings_of_sheets(&content, &[sheet(0, rows)]).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}
