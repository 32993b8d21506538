//! `cargo xtask archive`: a made-up archive of posts of any size, for tests of speed and memory.
//!
//! Owns the statistics of the made-up posts: reply trees across days, chains of two people, the lengths of real posts,
//! repeated texts, and the noise that real archives have. The same seed gives the same bytes.

use std::{
    fmt::Write as _,
    io::{BufWriter, Write as _},
    path::PathBuf,
};

use anyhow::Context;
use fs_err::File;

use crate::{say::line, workspace::Workspace};

/// Writes a made-up Twitter archive, a file a day
///
/// Statuses as in API v1.1, 2017 to 2019: reply trees across files, repeated texts, bots, addresses, emoji, deleted
/// parents, other languages, and a few damaged lines. For measuring `repartee corpus build`.
#[derive(Debug, clap::Args)]
pub(crate) struct Archive {
    /// Posts to write
    #[arg(long, value_name = "N")]
    posts: u64,
    /// The folder to write to; it must not exist
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Files, spread evenly over the three years [default: one for every 10,000 posts, 3 to 1095]
    #[arg(long, value_name = "N")]
    days: Option<u64>,
    /// Seed of everything that is drawn
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

/// Days since 1970 of 2017-01-01, and the days from then to the end of 2019.
const FIRST_DAY: u64 = 17_167;
const ALL_DAYS: u64 = 1095;

impl Archive {
    /// # Errors
    /// When the folder exists or cannot be written.
    pub(crate) fn run(self, _workspace: &Workspace) -> anyhow::Result<()> {
        fs_err::create_dir(&self.out).context("choose a folder that does not exist, in one that does")?;
        let days = self.days.unwrap_or(self.posts / 10_000).clamp(3, ALL_DAYS);
        let mut world = World::new(self.seed);
        for number in 0..days {
            let day = FIRST_DAY + number * ALL_DAYS / days;
            let (year, month, of_month) = date(day);
            let path = self.out.join(format!("{year}-{month:02}-{of_month:02}.jsonl"));
            let mut file = BufWriter::with_capacity(1 << 18, File::create(path)?);
            let n_posts = self.posts * (number + 1) / days - self.posts * number / days;
            for nth in 0..n_posts {
                world.post(day * 86_400 + nth * 86_400 / n_posts);
                file.write_all(&world.line)?;
            }
            file.into_inner()?;
        }
        line("archive", &format!("{} posts in {days} files in {}", self.posts, self.out.display()));
        Ok(())
    }
}

/// Posts that can still be answered.
const RECENT: usize = 1 << 16;
const USERS: u64 = 200_000;
const WORDS: usize = 20_000;

#[derive(Clone, Default)]
struct Recent {
    id: u64,
    user: u64,
    /// Author of the post that it answers, who is likely to answer next.
    other: u64,
    text: String,
}

struct World {
    random: Random,
    words: Vec<String>,
    recent: Vec<Recent>,
    next: usize,
    id: u64,
    line: Vec<u8>,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut random = Random(seed);
        let words = (0..WORDS).map(|rank| word(&mut random, rank)).collect();
        Self { random, words, recent: Vec::new(), next: 0, id: 800_000_000_000_000_000, line: Vec::new() }
    }

    /// Puts the next post's line into `line`.
    fn post(&mut self, seconds: u64) {
        self.id += 1 + self.random.below(1 << 20);
        let answered = (!self.recent.is_empty() && self.random.chance(0.55)).then(|| self.answered());
        let user = match &answered {
            Some(answered) if answered.other != answered.user && self.random.chance(0.75) => answered.other,
            Some(answered) if self.random.chance(0.03) => answered.user,
            _ => self.random.below(USERS),
        };
        let text = self.text(answered.as_ref());
        // Some parents were deleted, or are older than the archive.
        let parent = answered.as_ref().map(|answered| if self.random.chance(0.08) { self.id / 2 } else { answered.id });
        let id = if self.random.chance(0.0005) { self.recent.last().map_or(self.id, |last| last.id) } else { self.id };
        self.write(seconds, id, user, parent, &text);
        let other = answered.map_or(user, |answered| answered.user);
        let post = Recent { id, user, other, text };
        if self.recent.len() < RECENT {
            self.recent.push(post);
        } else {
            self.recent[self.next % RECENT] = post;
        }
        self.next += 1;
        if self.random.chance(0.00002) {
            // Half a line, as a disk that was full leaves it.
            self.line.truncate(self.line.len() / 2);
            self.line.push(b'\n');
        }
    }

    /// A post to answer: mostly a new one.
    fn answered(&mut self) -> Recent {
        let n_recent = self.recent.len() as f64;
        let age = (n_recent * self.random.share().powi(4)) as usize;
        let newest = if self.recent.len() < RECENT { self.recent.len() - 1 } else { self.next + RECENT - 1 };
        self.recent[(newest - age.min(self.recent.len() - 1)) % RECENT.min(self.recent.len().max(1))].clone()
    }

    fn text(&mut self, answered: Option<&Recent>) -> String {
        let mut text = String::new();
        if let Some(answered) = answered {
            let _ = write!(text, "@{} ", name(answered.user));
        }
        if self.random.chance(0.04) {
            // What everybody says.
            text.push_str(
                ["good morning", "thank you so much", "happy birthday", "I know right", "lol same"]
                    [self.random.below(5) as usize],
            );
            return text;
        }
        if let Some(answered) = answered.filter(|_| self.random.chance(0.005)) {
            text.push_str(&answered.text);
            return text;
        }
        // One to about fifty words, eleven on average.
        let n_words = 1 + (-self.random.share().max(1e-9).ln() * 10.0) as usize;
        for nth in 0..n_words.min(50) {
            if nth > 0 {
                text.push_str(if self.random.chance(0.06) { ", " } else { " " });
            }
            let rank = (WORDS as f64).powf(self.random.share()) as usize - 1;
            text.push_str(&self.words[rank.min(WORDS - 1)]);
        }
        let ends = [".", "!", "?", "…", " 😀", " ❤️", "!!!", ""];
        text.push_str(ends[self.random.below(ends.len() as u64) as usize]);
        self.noise(&mut text);
        text
    }

    fn noise(&mut self, text: &mut String) {
        let number = self.random.below(10_000);
        let _ = match self.random.below(1000) {
            0..=69 => write!(text, " https://t.co/{number:x}"),
            70..=139 => write!(text, " #{} #tag{number}", &self.words[number as usize]),
            140..=149 => write!(text, " cc @{}", name(number)),
            150..=154 => write!(text, " {{{number}}}"),
            155 => write!(text, " mail me: user.{number}@example.org"),
            156 => write!(text, " call 555-01{}-{number:04}", number % 10),
            157..=161 => write!(text, "{}", "a".repeat(2 * text.len() + 8)),
            162..=171 => write!(text, " caf\u{e9} na\u{ef}ve &amp; \u{201c}so\u{201d}"),
            _ => Ok(()),
        };
    }

    fn write(&mut self, seconds: u64, id: u64, user: u64, parent: Option<u64>, text: &str) {
        let day = seconds / 86_400;
        let (year, month, of_month) = date(day);
        let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][(day % 7) as usize];
        let month = MONTHS[month as usize - 1];
        let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
        let parent = parent.map_or_else(|| "null".to_owned(), |parent| format!("\"{parent}\""));
        let language = if self.random.chance(0.03) { "es" } else { "en" };
        let profile = if user % 100 == 7 { "I am a bot, beep." } else { "just here for the jokes" };
        let text = text.replace('\\', "\\\\").replace('"', "\\\"");
        self.line.clear();
        let _ = writeln!(
            self.line,
            "{{\"created_at\":\"{weekday} {month} {of_month:02} {hour:02}:{minute:02}:{second:02} +0000 {year}\",\
             \"id_str\":\"{id}\",\"text\":\"{text}\",\"in_reply_to_status_id_str\":{parent},\"user\":{{\"id_str\":\
             \"{user}\",\"screen_name\":\"{}\",\"description\":\"{profile}\"}},\"favorite_count\":{},\"lang\":\
             \"{language}\"}}",
            name(user),
            self.random.below(50),
        );
    }
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

fn name(user: u64) -> String {
    if user % 250 == 3 { format!("weather_bot{user}") } else { format!("user{user}") }
}

/// A word of one to four syllables, the more frequent the shorter.
fn word(random: &mut Random, rank: usize) -> String {
    const SYLLABLES: [&str; 16] =
        ["a", "ka", "to", "re", "mi", "so", "ne", "lu", "ing", "er", "th", "da", "po", "ve", "st", "on"];
    let n_syllables = 1 + (rank as f64 + 1.0).log(16.0) as usize;
    (0..n_syllables.min(4)).map(|_| SYLLABLES[random.below(16) as usize]).collect()
}

/// Year, month and day of a day since 1970, for the three years of the archive.
fn date(day: u64) -> (u64, u64, u64) {
    let (mut rest, mut year) = (day - FIRST_DAY, 2017);
    while rest >= 365 {
        rest -= 365;
        year += 1;
    }
    let mut month = 0;
    for length in [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if rest < length {
            break;
        }
        rest -= length;
        month += 1;
    }
    (year, month + 1, rest + 1)
}

/// SplitMix64, so that xtask needs no crate for it.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn chance(&mut self, probability: f64) -> bool {
        self.share() < probability
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_their_dates() {
        assert_eq!(date(FIRST_DAY), (2017, 1, 1));
        assert_eq!(date(FIRST_DAY + 59), (2017, 3, 1));
        assert_eq!(date(FIRST_DAY + ALL_DAYS - 1), (2019, 12, 31));
    }

    #[test]
    fn lines_are_json_and_the_seed_decides() {
        let lines = |seed| {
            let mut world = World::new(seed);
            let mut lines = Vec::new();
            for nth in 0..300 {
                world.post((FIRST_DAY + nth / 100) * 86_400 + nth);
                lines.push(world.line.clone());
            }
            lines
        };
        let first = lines(1);
        assert_eq!(first, lines(1));
        assert_ne!(first, lines(2));
        let values: Vec<serde_json::Value> =
            first.iter().filter_map(|line| serde_json::from_slice(line).ok()).collect();
        assert!(values.len() > 290);
        assert!(values.iter().any(|value| value["in_reply_to_status_id_str"].is_string()));
    }
}
