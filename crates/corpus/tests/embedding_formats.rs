//! The file formats of embeddings: round trips, files of gensim, files that are damaged.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::path::{Path, PathBuf};

use repartee_corpus::{CorpusError, EmbeddingFormat, Embeddings, Vocabulary, VocabularyOptions};

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/embedding").join(name)
}

fn small() -> Embeddings {
    let pieces = ["▁the", "猫", "</s>", "1.5"].map(str::to_owned).to_vec();
    Embeddings::new(3, pieces, vec![0.5, -1.25, 3.0, 0.0, 1e-3, -65504.0, 1.0, 2.0, 4.0, -0.03125, 7.75, 0.1]).unwrap()
}

/// The error of loading these bytes, without the file's name.
#[track_caller]
fn refusal(bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("embeddings");
    std::fs::write(&path, bytes).unwrap();
    let error = Embeddings::load(&path).unwrap_err();
    assert!(matches!(error, CorpusError::EmbeddingsFile { .. }), "{error:?}");
    error.to_string().strip_prefix(&format!("`{}` ", path.display())).unwrap().to_owned()
}

#[test]
fn files_of_gensim_are_read() {
    for name in ["gensim.txt", "gensim.bin"] {
        assert_eq!(Embeddings::load(&golden(name)).unwrap(), small(), "{name}");
    }
}

#[test]
fn what_is_written_is_read_again_to_the_bit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("embeddings");
    let awkward = [f32::MIN_POSITIVE, -0.0, f32::MAX, 1.0 / 3.0, 1e-45, -7e-20];
    let embeddings = Embeddings::new(3, vec!["a".into(), "\u{a0}".into()], awkward.to_vec()).unwrap();
    for embeddings in [embeddings, small(), Embeddings::new(7, Vec::new(), Vec::new()).unwrap()] {
        for format in [EmbeddingFormat::Binary, EmbeddingFormat::Text] {
            embeddings.save(&path, format).unwrap();
            let read = Embeddings::load(&path).unwrap();
            let bits = |embeddings: &Embeddings| embeddings.values().iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            assert_eq!((read.pieces(), read.size()), (embeddings.pieces(), embeddings.size()));
            assert_eq!(bits(&read), bits(&embeddings), "{format:?}");
            assert_eq!(read.hash(), embeddings.hash());
        }
        embeddings.save(&path, EmbeddingFormat::Binary).unwrap();
        assert_eq!(embeddings.hash(), blake3::hash(&std::fs::read(&path).unwrap()).to_hex().to_string());
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no partial file stays");
}

#[test]
fn damaged_text_files_are_refused_with_line_and_remedy() {
    for (text, message) in [
        ("", "line 1 is not `PIECES SIZE`; use a file in the text or binary format of word2vec, with its first line"),
        (
            "the 0.5 1\n",
            "line 1 is not `PIECES SIZE`; use a file in the text or binary format of word2vec, with its first line",
        ),
        (
            "2 -3\na 1 2\n",
            "line 1 is not `PIECES SIZE`; use a file in the text or binary format of word2vec, with its first line",
        ),
        ("1 0\na\n", "line 1 promises 1 vectors of 0 numbers, which 2 bytes cannot hold; get the whole file"),
        (
            "18446744073709551615 18446744073709551615\na 1\n",
            "line 1 promises 18446744073709551615 vectors of 18446744073709551615 numbers, which 4 bytes cannot hold; \
             get the whole file",
        ),
        (
            "400000000 100\na 1\n",
            "line 1 promises 400000000 vectors of 100 numbers, which 4 bytes cannot hold; get the whole file",
        ),
        ("2 2\na 1 2\n", "line 1 promises 2 vectors, there are 1; get the whole file, or correct line 1"),
        ("1 2\na 1 2\nb 1 2\n", "goes on after the 1 vectors that line 1 promises; correct line 1"),
        (
            "2 2\na 1 2\nb 1\n",
            "line 3 has 1 numbers, line 1 promises 2; correct the line, or train the embeddings again",
        ),
        (
            "2 2\na 1 2 3\nb 1\n",
            "line 2 has 3 numbers, line 1 promises 2; correct the line, or train the embeddings again",
        ),
        ("2 2\na 1 2\nb 1 x\n", "line 3: number 2 is `x`; correct the line, or train the embeddings again"),
        ("2 2\na 1 2\n 1 3\n", "has no piece before the numbers of vector 2; write the file again"),
        ("2 2\na 1 2\na 1 3\n", "has a second vector for `a` at vector 2; leave one out"),
        ("1 2\na 1 nan\n", "has a number that is not finite in vector 1, of `a`; train the embeddings again"),
    ] {
        assert_eq!(refusal(text.as_bytes()), message, "{text:?}");
    }
    assert_eq!(refusal(b"2 2\na 1 2\n\xff 1 2\n"), "line 3 is not UTF-8; convert the file to UTF-8");
}

#[test]
fn damaged_binary_files_are_refused_with_vector_and_remedy() {
    let whole = std::fs::read(golden("gensim.bin")).unwrap();
    // Wherever the file is cut off, that is an error and no panic.
    for length in 0..whole.len() {
        let message = refusal(&whole[..length]);
        assert!(message.contains("line 1") || message.contains("ends in vector"), "{length}: {message}");
    }
    assert_eq!(refusal(&whole[..whole.len() - 1]), "ends in vector 4; get the whole file");
    let with = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = whole.clone();
        change(&mut bytes);
        refusal(&bytes)
    };
    assert_eq!(
        with(&|bytes| bytes.extend(b"more")),
        "goes on after the 4 vectors that line 1 promises; correct line 1"
    );
    let message = with(&|bytes| bytes.splice(4..7, [0xff; 3]).for_each(drop));
    assert_eq!(
        message,
        "has a piece before vector 1 that is not UTF-8; check that all vectors have the size that line 1 says"
    );
    let n_bytes = whole.len();
    let message = with(&|bytes| bytes[n_bytes - 4..].copy_from_slice(&f32::INFINITY.to_le_bytes()));
    assert_eq!(message, "has a number that is not finite in vector 4, of `1.5`; train the embeddings again");
    // Any other byte changed gives an error or other embeddings, never a panic.
    for place in 0..whole.len() {
        for bit in 0..8 {
            let mut bytes = whole.clone();
            bytes[place] ^= 1 << bit;
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("embeddings");
            std::fs::write(&path, &bytes).unwrap();
            let _ = Embeddings::load(&path);
        }
    }
}

#[test]
fn parts_that_no_file_can_hold_are_refused() {
    for (pieces, values, part) in [
        (vec!["a", "b"], vec![1.0; 3], "have 3 numbers, not 2 pieces x 2"),
        (vec!["a b"], vec![1.0; 2], "cannot hold the piece \"a b\""),
        (vec![""], vec![1.0; 2], "cannot hold the piece \"\""),
        (vec!["a", "a"], vec![1.0; 4], "have the piece `a` twice"),
        (vec!["a"], vec![1.0, f32::NAN], "of the piece `a` are not finite"),
    ] {
        let pieces = pieces.into_iter().map(str::to_owned).collect();
        let message = Embeddings::new(2, pieces, values).unwrap_err().to_string();
        assert!(message.contains(part), "{message}");
    }
    let folder = tempfile::tempdir().unwrap();
    let error = small().save(&folder.path().join("gone/embeddings.bin"), EmbeddingFormat::Binary).unwrap_err();
    assert!(error.to_string().contains("free some space or choose another"), "{error}");
    assert!(matches!(Embeddings::load(&folder.path().join("gone")), Err(CorpusError::Read { .. })));
    assert_eq!("text".parse::<EmbeddingFormat>().unwrap(), EmbeddingFormat::Text);
    let message = "glove".parse::<EmbeddingFormat>().unwrap_err().to_string();
    assert_eq!(message, "unknown embedding format `glove`; use `binary` or `text`");
}

#[test]
fn rows_are_matched_by_the_text_of_their_piece() {
    let vocabulary =
        Vocabulary::train(["ab ab abc", "bc ca"], &VocabularyOptions { size: 64, ..Default::default() }).unwrap();
    let id = |piece: &str| (0..vocabulary.size() as u32).find(|&id| vocabulary.piece(id).unwrap() == piece).unwrap();
    let pieces = ["unknown", "</s>", "c", "<pad>", "b"].map(str::to_owned).to_vec();
    let embeddings = Embeddings::new(1, pieces, vec![1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
    let mut expected = vec![(id("</s>"), &[2.0][..]), (id("c"), &[3.0][..]), (id("b"), &[5.0][..])];
    expected.sort_by_key(|&(id, _)| id);
    assert_eq!(embeddings.rows_for(&vocabulary).collect::<Vec<_>>(), expected, "no `<pad>`, nothing for other pieces");
}
