//! Our side of `benches/embedding/against_python.py`: vocabulary and embeddings of a file of lines, timed, one JSON line.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a tool of the benchmark, for whoever runs that")]

use std::{env, fmt::Write as _, fs, path::Path, time::Instant};

use repartee_corpus::{EmbeddingOptions, EmbeddingProgress, Embeddings, Vocabulary, VocabularyOptions};

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["vocabulary", lines, size, out] => train_vocabulary(lines, size.parse().unwrap(), Path::new(out)),
        ["tokens", lines, vocabulary, out] => write_tokens(lines, vocabulary, out),
        ["embed", lines, vocabulary, threads, epochs] => {
            embed(lines, vocabulary, threads.parse().unwrap(), epochs.parse().unwrap());
        }
        _ => panic!("vocabulary LINES SIZE OUT | tokens LINES VOCABULARY OUT | embed LINES VOCABULARY THREADS EPOCHS"),
    }
}

fn read_lines(path: &str) -> Vec<String> {
    fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect()
}

fn train_vocabulary(lines: &str, size: usize, out: &Path) {
    let lines = read_lines(lines);
    let started = Instant::now();
    let vocabulary = Vocabulary::train(&lines, &VocabularyOptions { size, ..Default::default() }).unwrap();
    let seconds = started.elapsed().as_secs_f64();
    vocabulary.save(out).unwrap();
    println!("{{\"pieces\": {}, \"seconds\": {seconds}}}", vocabulary.size());
}

/// The pieces of each line with blanks between, as gensim reads them.
fn write_tokens(lines: &str, vocabulary: &str, out: &str) {
    let vocabulary = Vocabulary::load(Path::new(vocabulary)).unwrap();
    let (mut text, mut n_tokens) = (String::new(), 0);
    let lines = read_lines(lines);
    for line in &lines {
        let ids = vocabulary.encode(line).unwrap();
        n_tokens += ids.len();
        let pieces: Vec<String> = ids.iter().map(|&id| vocabulary.piece(id).unwrap()).collect();
        writeln!(text, "{}", pieces.join(" ")).unwrap();
    }
    fs::write(out, text).unwrap();
    println!("{{\"lines\": {}, \"tokens\": {n_tokens}}}", lines.len());
}

fn embed(lines: &str, vocabulary: &str, threads: usize, epochs: usize) {
    let vocabulary = Vocabulary::load(Path::new(vocabulary)).unwrap();
    let options = EmbeddingOptions { threads, epochs, ..Default::default() };
    let (mut started, mut n_words, mut seconds, mut loss) = (None, 0, 0.0, None);
    let embeddings = Embeddings::train(&read_lines(lines), &vocabulary, &options, &mut |at| {
        if let EmbeddingProgress::Training { words, loss_nats_per_position, .. } = at {
            // The first report comes before the first word.
            seconds = started.get_or_insert_with(Instant::now).elapsed().as_secs_f64();
            (n_words, loss) = (words, loss_nats_per_position.or(loss));
        }
    });
    let embeddings = embeddings.unwrap();
    println!(
        "{{\"words\": {n_words}, \"seconds\": {seconds}, \"pieces\": {}, \"last_loss_nats\": {}, \"blake3\": \"{}\"}}",
        embeddings.pieces().len(),
        loss.unwrap(),
        embeddings.hash()
    );
}
