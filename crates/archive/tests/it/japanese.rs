//! Japanese: normalised as neologdn does, segmented as MeCab does where its dictionary is installed.

use repartee_corpus::Language;
use repartee_corpus::segmentation::Segmenter;

use crate::harness::{Bench, post};

fn bench(segmentation: bool) -> Bench {
    let posts = [
        post("1", "", "a", "今日はｲｲ天気ですねーーー　！！"),
        post("2", "1", "b", "@a すももものうち #桃"),
        post("3", "1", "c", "はい"),
    ];
    Bench::new(&posts).with(|options| {
        (options.language, options.segmentation) = (Language::Japanese, segmentation);
        options.with = vec!["word-count".to_owned()];
    })
}

#[test]
fn without_mecab_text_is_whole() {
    assert_eq!(bench(false).train(), ["今日はイイ天気ですねー!! | すももものうち", "今日はイイ天気ですねー!! | はい"]);
}

#[test]
fn words_are_those_of_mecab() {
    if let Err(error) = Segmenter::open(None) {
        println!("skipped: {error}");
        return;
    }
    assert_eq!(bench(true).train(), ["今日 は イイ 天気 です ねー !! | すもも も の うち"]);
}

#[test]
fn a_missing_dictionary_is_an_error_with_a_remedy() {
    let bench = bench(true);
    let folder = bench.folder().to_path_buf();
    let bench = bench.with(|options| options.mecab_dictionary = Some(folder));
    let message = bench.try_build().unwrap_err().to_string();
    assert!(message.contains("has no `matrix.def`; give a folder with MeCab's dictionary sources"), "{message}");
}
