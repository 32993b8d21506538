//! The report as Markdown.

use super::{Report, tables};

pub(super) fn render(report: &Report) -> String {
    let mut text = format!("# {}\n\n", escape(&report.study));
    for (name, value) in tables::facts(report) {
        text += &format!("- {name}: {}\n", escape(&value));
    }
    for table in tables::all(report) {
        text += &format!("\n## {}\n\n{}\n\n", table.title, escape(&table.note));
        text += &line(&table.header);
        text += &line(&vec!["---".to_owned(); table.header.len()]);
        for row in &table.rows {
            text += &line(&row.iter().map(|cell| escape(cell)).collect::<Vec<_>>());
        }
    }
    text
}

fn line(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

/// Names come from files: they must stay in their cell and be no markup.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '\n' | '\r' | '\t' => escaped.push(' '),
            '<' => escaped += "&lt;",
            '|' | '`' | '*' | '_' | '\\' => {
                escaped.push('\\');
                escaped.push(letter);
            }
            _ => escaped.push(letter),
        }
    }
    escaped
}
