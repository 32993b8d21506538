//! A study for the test: replies of systems as files, written by us.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

const SYSTEMS: [&str; 7] = ["Reference", "Plain", "Annealed", "Fused", "Bagged", "Averaged", "Speculative"];
const TOPICS: [&str; 10] =
    ["tea", "rain", "chess", "trains", "bread", "the sea", "cats", "winter", "jazz", "my garden"];

/// Its size.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) n_items: usize,
    pub(crate) n_systems: usize,
}

impl Size {
    /// Small; or as large as the paper's, if `REPARTEE_FULL_STUDY` is set.
    pub(crate) fn wanted() -> Self {
        if std::env::var_os("REPARTEE_FULL_STUDY").is_some() {
            Self { n_items: 100, n_systems: 7 }
        } else {
            Self { n_items: 4, n_systems: 3 }
        }
    }
}

/// Writes a CSV for each system, and one with an item to practise on.
pub(crate) fn write(folder: &Path, size: Size) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for (number, system) in SYSTEMS.iter().take(size.n_systems).enumerate() {
        let mut text = "context,reply\n".to_owned();
        for item in 0..size.n_items {
            let topic = TOPICS[item % TOPICS.len()];
            let reply = match (item + number) % 4 {
                0 => format!("What do you like about {topic}?"),
                1 => "Oh, I see.".to_owned(),
                2 => format!("I could talk about {topic} all day, above all on day {item}."),
                _ => format!("the {topic} of of the"),
            };
            writeln!(text, "\"Number {item}: lately I think a lot about {topic}.\",\"{reply} ({item}/{number})\"")
                .unwrap();
        }
        let path = folder.join(format!("{system}.csv"));
        fs::write(&path, text).unwrap();
        files.push(path);
    }
    let practice = "context,reply,sensibleness,specificity,explanation\n\
        I lost my umbrella on the train.,Did you ask at the lost property office?,5,4..5,It fits only something lost.\n\
        I lost my umbrella on the train.,Oh no.,4..5,1,It would fit any bad news.\n";
    let path = folder.join("training.csv");
    fs::write(&path, practice).unwrap();
    files.push(path);
    files
}

/// The keys of one page: two for each reply, not all the same.
pub(crate) fn keys(n_replies: usize, page: usize, rater: usize) -> String {
    let mut keys = String::new();
    for reply in 0..n_replies {
        let mix = reply * 7 + page * 3 + rater;
        keys.push(char::from(b'1' + (mix % 5) as u8));
        // Specificity: digits, letters and "too noisy" in turn.
        keys.push(match mix % 7 {
            6 => '0',
            odd if odd % 2 == 1 => char::from(b"qwert"[mix % 5]),
            _ => char::from(b'1' + ((mix + 2) % 5) as u8),
        });
    }
    keys
}
