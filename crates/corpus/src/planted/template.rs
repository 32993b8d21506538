//! Owns the template language of the planted corpus: how one line of the data files is parsed and filled.
//! Which templates exist, and which are drawn, is not decided here.
//!
//! A template is literal text with two marks: `{name}` and `[one|two|three]`. A name is either a field, whose
//! value the context's row fixes, or a shared list, which stands for inline alternatives. Alternatives may nest
//! and may be empty.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::str::Chars;

/// The values that one context fixes, by field name.
pub(super) type Row = BTreeMap<String, String>;

/// The names that a template may use.
pub(super) struct Scope<'a> {
    /// Names whose value comes from the row.
    pub(super) fields: Vec<&'a str>,
    /// Names that stand for inline alternatives.
    pub(super) lists: &'a BTreeMap<String, Vec<Template>>,
}

/// Why a template cannot be parsed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum TemplateError {
    /// A mark was opened and never closed, or closed and never opened.
    #[error("`{mark}` has no partner in \"{source_text}\"")]
    Unpaired { mark: char, source_text: String },
    /// A name is neither a field nor a list.
    #[error("`{name}` is neither a field nor a list in \"{source_text}\"")]
    UnknownName { name: String, source_text: String },
}

/// A parsed template: a numbered set of texts once a row is given.
#[derive(Debug, Clone)]
pub(super) struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone)]
enum Part {
    Text(String),
    Field(String),
    Choice(Vec<Template>),
}

impl Template {
    /// Parses one line, resolving every name against the scope.
    pub(super) fn parse(source: &str, scope: &Scope<'_>) -> Result<Self, TemplateError> {
        let mut parser = Parser { source, scope, chars: source.chars().peekable() };
        let template = parser.sequence(false)?;
        match parser.chars.next() {
            Some(mark) => Err(parser.unpaired(mark)),
            None => Ok(template),
        }
    }

    /// How many ways of choosing the alternatives there are.
    pub(super) fn count(&self) -> usize {
        self.parts.iter().map(Part::count).product()
    }

    /// The text of choice number `index` (below [`Template::count`]), with every sentence capitalised.
    pub(super) fn fill(&self, index: usize, row: &Row) -> String {
        let mut text = String::new();
        self.append(index, row, &mut text);
        capitalise_sentences(&text)
    }

    fn append(&self, mut index: usize, row: &Row, text: &mut String) {
        for part in &self.parts {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Field(name) => text.push_str(&row[name]),
                Part::Choice(options) => {
                    let count = part.count();
                    append_option(options, index % count, row, text);
                    index /= count;
                }
            }
        }
    }
}

impl Part {
    fn count(&self) -> usize {
        match self {
            Part::Text(_) | Part::Field(_) => 1,
            Part::Choice(options) => options.iter().map(Template::count).sum(),
        }
    }
}

fn append_option(options: &[Template], mut index: usize, row: &Row, text: &mut String) {
    for option in options {
        let count = option.count();
        if index < count {
            option.append(index, row, text);
            return;
        }
        index -= count;
    }
}

/// Capitalises the first letter of the text and of each sentence, so that data files write openers freely.
fn capitalise_sentences(text: &str) -> String {
    let mut capitalised = String::with_capacity(text.len());
    let mut after_stop = true;
    let mut previous = ' ';
    for character in text.chars() {
        if after_stop && character.is_alphanumeric() {
            capitalised.extend(character.to_uppercase());
            after_stop = false;
        } else {
            capitalised.push(character);
            after_stop |= character == ' ' && matches!(previous, '.' | '!' | '?');
        }
        previous = character;
    }
    capitalised
}

struct Parser<'a> {
    source: &'a str,
    scope: &'a Scope<'a>,
    chars: Peekable<Chars<'a>>,
}

impl Parser<'_> {
    /// Reads up to the end of the line or, inside brackets, up to the `|` or `]` that it leaves unread.
    fn sequence(&mut self, inside_brackets: bool) -> Result<Template, TemplateError> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        while let Some(&character) = self.chars.peek() {
            if character == ']' || (character == '|' && inside_brackets) {
                break;
            }
            self.chars.next();
            let part = match character {
                '{' => self.name()?,
                '[' => self.alternatives()?,
                '}' | '|' => return Err(self.unpaired(character)),
                _ => {
                    literal.push(character);
                    continue;
                }
            };
            if !literal.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut literal)));
            }
            parts.push(part);
        }
        if !literal.is_empty() {
            parts.push(Part::Text(literal));
        }
        Ok(Template { parts })
    }

    fn alternatives(&mut self) -> Result<Part, TemplateError> {
        let mut options = Vec::new();
        loop {
            options.push(self.sequence(true)?);
            match self.chars.next() {
                Some('|') => {}
                Some(_) => return Ok(Part::Choice(options)),
                None => return Err(self.unpaired('[')),
            }
        }
    }

    fn name(&mut self) -> Result<Part, TemplateError> {
        let mut name = String::new();
        loop {
            match self.chars.next() {
                Some('}') => break,
                Some(character) => name.push(character),
                None => return Err(self.unpaired('{')),
            }
        }
        if self.scope.fields.contains(&name.as_str()) {
            Ok(Part::Field(name))
        } else if let Some(options) = self.scope.lists.get(&name) {
            Ok(Part::Choice(options.clone()))
        } else {
            Err(TemplateError::UnknownName { name, source_text: self.source.to_owned() })
        }
    }

    fn unpaired(&self, mark: char) -> TemplateError {
        TemplateError::Unpaired { mark, source_text: self.source.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(source: &str) -> Result<Template, TemplateError> {
        let empty = BTreeMap::new();
        let plain = Scope { fields: Vec::new(), lists: &empty };
        let colours = ["red", "[light|dark] blue"].map(|source| Template::parse(source, &plain).unwrap());
        let lists = BTreeMap::from([("colour".to_owned(), colours.to_vec())]);
        Template::parse(source, &Scope { fields: vec!["item"], lists: &lists })
    }

    #[test]
    fn every_choice_is_a_different_text() {
        let row = Row::from([("item".to_owned(), "kite".to_owned())]);
        let template = parse("[oh. |]my {item} is {colour}.").unwrap();
        let texts: Vec<String> = (0..template.count()).map(|index| template.fill(index, &row)).collect();
        assert_eq!(
            texts,
            [
                "Oh. My kite is red.",
                "My kite is red.",
                "Oh. My kite is light blue.",
                "My kite is light blue.",
                "Oh. My kite is dark blue.",
                "My kite is dark blue.",
            ]
        );
    }

    #[test]
    fn broken_templates_are_refused() {
        for source in ["{item", "item}", "[a|b", "a]", "a|b", "{}", "{other}", "[a|{item]"] {
            assert!(parse(source).is_err(), "{source} was accepted");
        }
    }
}
