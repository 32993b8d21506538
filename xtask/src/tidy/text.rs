//! Rules of every text: length of files, white space, reminders.

use crate::tree::Tree;

use super::{Problem, numbered};

const MAX_LINES: usize = 400;
const CODE: [&str; 11] = [".rs", ".wgsl", ".toml", ".yml", ".yaml", ".py", ".sh", ".js", ".css", ".html", ".ci/run"];
const PROSE: [&str; 1] = [".md"];

/// Written in two parts, so that this line is no reminder itself.
const REMINDER: &str = concat!("TO", "DO");

/// Checks all files whose names say that people write them.
pub(crate) fn problems(tree: &Tree) -> Vec<Problem> {
    let ends_so = |file: &str, endings: &[&str]| endings.iter().any(|ending| file.ends_with(ending));
    let mut problems = Vec::new();
    for file in &tree.files {
        let is_code = ends_so(file, &CODE);
        if !is_code && !ends_so(file, &PROSE) {
            continue;
        }
        let Some(text) = tree.text(file) else { continue };
        problems.extend(trailing_space(file, &text));
        if is_code {
            problems.extend(reminders(file, &text));
        }
        if file.ends_with(".rs") {
            problems.extend(too_long(file, &text));
        }
    }
    problems
}

fn trailing_space(file: &str, text: &str) -> Vec<Problem> {
    let ends_badly = |line: &str| line.ends_with(char::is_whitespace);
    let lines = text.split('\n').enumerate().filter(|(_, line)| ends_badly(line));
    lines.map(|(index, _)| Problem::new(file, index + 1, "white space at the end of the line; remove it")).collect()
}

fn reminders(file: &str, text: &str) -> Vec<Problem> {
    let message = format!("{REMINDER} without an issue number; open an issue and write `{REMINDER} #number`");
    numbered(text)
        .filter(|(_, line)| is_loose(line))
        .map(|(line, _)| Problem::new(file, line, message.clone()))
        .collect()
}

/// Whether a line has a reminder and no `#number` after it.
fn is_loose(line: &str) -> bool {
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    line.match_indices(REMINDER).any(|(start, _)| {
        let (before, after) = (&line[..start], &line[start + REMINDER.len()..]);
        let stands_alone = !before.ends_with(is_word) && !after.starts_with(is_word);
        let has_number = after.split('#').skip(1).any(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        stands_alone && !has_number
    })
}

fn too_long(file: &str, text: &str) -> Option<Problem> {
    let lines = text.lines().count();
    let message = || format!("{lines} lines, at most {MAX_LINES} are allowed; split the file");
    (lines > MAX_LINES).then(|| Problem::new(file, MAX_LINES + 1, message()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_at_the_end_of_a_line_is_found() {
        let found = trailing_space("a.md", "good\nbad \n\ttab\t\nwindows\r\n");
        let lines: Vec<_> = found.iter().map(|problem| problem.line).collect();
        assert_eq!(lines, [2, 3, 4]);
        assert!(trailing_space("a.md", "  good\n\nlast line").is_empty());
    }

    #[test]
    fn reminders_need_an_issue() {
        for (line, loose) in [
            (format!("// {REMINDER}: later"), true),
            (format!("// {REMINDER}(me) # heading"), true),
            (format!("// {REMINDER} #12: later"), false),
            (format!("// {REMINDER}(#12) later"), false),
            (format!("MY_{REMINDER}S"), false),
            ("// to do".to_owned(), false),
        ] {
            assert_eq!(is_loose(&line), loose, "{line}");
        }
        assert_eq!(reminders("a.rs", &format!("fine\n// {REMINDER}\n"))[0].line, 2);
    }

    #[test]
    fn four_hundred_lines_are_enough() {
        assert_eq!(too_long("a.rs", &"x\n".repeat(400)), None);
        assert_eq!(too_long("a.rs", &"x\n".repeat(401)).unwrap().line, 401);
    }
}
