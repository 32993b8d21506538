//! As much of Markdown as model cards have: headings, lists, tables, paragraphs, bold, code and links.

use leptos::prelude::*;

/// A block of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Block {
    Heading(String),
    List(Vec<String>),
    Table(Vec<Vec<String>>),
    Code(String),
    Paragraph(String),
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let line = line.trim_end();
        if line.trim().is_empty() {
            continue;
        }
        if line.starts_with("```") {
            let code: Vec<&str> = lines.by_ref().take_while(|line| !line.starts_with("```")).collect();
            blocks.push(Block::Code(code.join("\n")));
        } else if line.starts_with('#') {
            blocks.push(Block::Heading(line.trim_start_matches('#').trim().to_owned()));
        } else if let Some(item) = item(line) {
            let mut items = vec![item.to_owned()];
            while let Some(next) = lines.next_if(|next| !next.trim().is_empty()) {
                match self::item(next) {
                    Some(item) => items.push(item.to_owned()),
                    None => {
                        let last = items.last_mut().expect("there is an item");
                        last.push(' ');
                        last.push_str(next.trim());
                    }
                }
            }
            blocks.push(Block::List(items));
        } else if line.starts_with('|') {
            let mut rows = vec![cells(line)];
            while let Some(next) = lines.next_if(|next| next.starts_with('|')) {
                // The line under the header has no words.
                if next.chars().any(|c| !"|-: ".contains(c)) {
                    rows.push(cells(next));
                }
            }
            blocks.push(Block::Table(rows));
        } else {
            let mut paragraph = line.trim_start_matches("> ").to_owned();
            while let Some(next) = lines
                .next_if(|next| !next.trim().is_empty() && !next.starts_with(['#', '|', '`']) && item(next).is_none())
            {
                paragraph.push(' ');
                paragraph.push_str(next.trim_start_matches("> ").trim());
            }
            blocks.push(Block::Paragraph(paragraph));
        }
    }
    blocks
}

fn item(line: &str) -> Option<&str> {
    let line = line.trim_start();
    line.strip_prefix("- ").or_else(|| line.strip_prefix("* "))
}

fn cells(line: &str) -> Vec<String> {
    line.trim().trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
}

/// A line with its bold, code and links; a link's address is shown only if it is one of the web.
fn inline(text: &str) -> AnyView {
    let mut parts: Vec<AnyView> = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['*', '`', '[']) {
        let (before, from) = rest.split_at(at);
        let found = between(from, "**", "**")
            .map(|(inner, rest)| (view! { <strong>{inner.to_owned()}</strong> }.into_any(), rest))
            .or_else(|| {
                between(from, "`", "`")
                    .map(|(inner, rest)| (view! { <code>{inner.to_owned()}</code> }.into_any(), rest))
            })
            .or_else(|| {
                let (name, after) = between(from, "[", "](")?;
                let (address, rest) = after.split_once(')')?;
                let is_web = address.starts_with("https://");
                let address = address.to_owned();
                let name = name.to_owned();
                let link = if is_web {
                    view! { <a href=address rel="noopener noreferrer">{name}</a> }.into_any()
                } else {
                    name.into_any()
                };
                Some((link, rest))
            });
        parts.push(before.to_owned().into_any());
        match found {
            Some((part, after)) => {
                parts.push(part);
                rest = after;
            }
            None => {
                let n = from.chars().next().map_or(1, char::len_utf8);
                parts.push(from[..n].to_owned().into_any());
                rest = &from[n..];
            }
        }
    }
    parts.push(rest.to_owned().into_any());
    parts.collect_view().into_any()
}

fn between<'a>(text: &'a str, open: &str, close: &str) -> Option<(&'a str, &'a str)> {
    text.strip_prefix(open)?.split_once(close)
}

/// A text in Markdown.
#[component]
pub(crate) fn Markdown(text: String) -> impl IntoView {
    let block = |block: Block| match block {
        Block::Heading(text) => view! { <h3>{inline(&text)}</h3> }.into_any(),
        Block::List(items) => {
            let items = items.into_iter().map(|item| view! { <li>{inline(&item)}</li> }).collect_view();
            view! { <ul class="steps">{items}</ul> }.into_any()
        }
        Block::Code(text) => view! { <pre><code>{text}</code></pre> }.into_any(),
        Block::Paragraph(text) => view! { <p>{inline(&text)}</p> }.into_any(),
        Block::Table(rows) => {
            let row = |(number, cells): (usize, Vec<String>)| {
                let cell = |text: String| {
                    if number == 0 {
                        view! { <th>{inline(&text)}</th> }.into_any()
                    } else {
                        view! { <td class="text">{inline(&text)}</td> }.into_any()
                    }
                };
                view! { <tr>{cells.into_iter().map(cell).collect_view()}</tr> }
            };
            let rows = rows.into_iter().enumerate().map(row).collect_view();
            view! { <div class="scroll"><table class="narrow-table"><tbody>{rows}</tbody></table></div> }.into_any()
        }
    };
    view! { <div class="prose">{blocks(&text).into_iter().map(block).collect_view()}</div> }
}
