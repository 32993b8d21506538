//! Workbooks (XLSX): the long format on the sheet `ratings`, the design as TOML, a line a row, on the sheet `design`.
//!
//! Texts are written as texts, so that no spreadsheet takes one for a formula.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};
use std::path::Path;

use quick_xml::{Reader, XmlVersion, escape::resolve_xml_entity, events::Event};
use rust_xlsxwriter::{Format, Workbook, XlsxError};

use crate::StudyError;

/// Names of the sheets.
pub(super) const RATINGS: &str = "ratings";
pub(super) const DESIGN: &str = "design";

/// A cell to write.
pub(super) enum Cell {
    Empty,
    Text(String),
    Number(f64),
}

/// Rows of texts by the number that a spreadsheet shows.
pub(super) type Rows = Vec<(u64, Vec<String>)>;

/// Longest part of a workbook that is read, in bytes.
const MAX_PART: u64 = 1 << 30;

/// A workbook with both sheets.
pub(super) fn write(header: &[&str], rows: &[Vec<Cell>], design: &str) -> Result<Vec<u8>, StudyError> {
    fill(header, rows, design).map_err(|error| StudyError::Workbook { reason: error.to_string() })
}

fn fill(header: &[&str], rows: &[Vec<Cell>], design: &str) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let bold = Format::new().set_bold();
    let sheet = workbook.add_worksheet().set_name(RATINGS)?;
    for (column, name) in (0..).zip(header) {
        sheet.write_string_with_format(0, column, *name, &bold)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    for (number, cells) in (1..).zip(rows) {
        for (column, cell) in (0..).zip(cells) {
            match cell {
                Cell::Empty => {}
                Cell::Text(text) => drop(sheet.write_string(number, column, text)?),
                Cell::Number(value) => drop(sheet.write_number(number, column, *value)?),
            }
        }
    }
    let sheet = workbook.add_worksheet().set_name(DESIGN)?;
    for (number, line) in (0..).zip(design.lines()) {
        sheet.write_string(number, 0, line)?;
    }
    workbook.save_to_buffer()
}

/// The character of an escape `_xHHHH_` at the beginning of a text.
fn code(text: &str) -> Option<char> {
    let digits = text.strip_prefix("_x")?.get(..5)?.strip_suffix('_')?;
    u32::from_str_radix(digits, 16).ok().and_then(char::from_u32)
}

fn unescape(text: &str) -> String {
    let (mut unescaped, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(start) = rest.find("_x") {
        unescaped += &rest[..start];
        rest = &rest[start..];
        let (letter, length) = code(rest).map_or(('_', 1), |letter| (letter, 7));
        unescaped.push(letter);
        rest = &rest[length..];
    }
    unescaped + rest
}

/// The sheets of a workbook by name; `path` is for messages.
pub(super) fn read(path: &Path, bytes: &[u8]) -> Result<BTreeMap<String, Rows>, StudyError> {
    let refuse = |reason: String| StudyError::ImportFile { path: path.to_path_buf(), reason };
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes))
        .map_err(|error| refuse(format!("it is no workbook ({error}); save it as .xlsx")))?;
    let mut part = |name: &str| -> Result<Option<String>, StudyError> {
        let Ok(file) = archive.by_name(name) else { return Ok(None) };
        let mut text = String::new();
        let read = file.take(MAX_PART).read_to_string(&mut text);
        read.map_err(|error| refuse(format!("its part `{name}` cannot be read ({error}); save it again")))?;
        Ok(Some(text))
    };
    let needed = |name: &str, text: Option<String>| {
        text.ok_or_else(|| refuse(format!("it has no part `{name}`; save it as .xlsx")))
    };
    let malformed = |error: quick_xml::Error| refuse(format!("it is damaged ({error}); save it again"));
    let book = needed("xl/workbook.xml", part("xl/workbook.xml")?)?;
    let links = needed("xl/_rels/workbook.xml.rels", part("xl/_rels/workbook.xml.rels")?)?;
    let links: BTreeMap<String, String> =
        attributes(&links, "Relationship", ["Id", "Target"]).map_err(malformed)?.into_iter().collect();
    let strings = part("xl/sharedStrings.xml")?.unwrap_or_default();
    let strings = shared_strings(&strings).map_err(malformed)?;
    let mut sheets = BTreeMap::new();
    for (name, link) in attributes(&book, "sheet", ["name", "r:id"]).map_err(malformed)? {
        let target = links.get(&link).map_or("", String::as_str);
        let target = target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), str::to_owned);
        let text = needed(&target, part(&target)?)?;
        sheets.insert(name, rows(&text, &strings).map_err(malformed)?);
    }
    Ok(sheets)
}

/// Two attributes of all elements of a name.
fn attributes(xml: &str, element: &str, names: [&str; 2]) -> quick_xml::Result<Vec<(String, String)>> {
    let mut reader = Reader::from_str(xml);
    let mut found = Vec::new();
    loop {
        match reader.read_event()? {
            Event::Start(tag) | Event::Empty(tag) if tag.local_name().as_ref() == element => {
                let [one, other] = names.map(|name| attribute(&tag, name));
                found.push((one?.unwrap_or_default(), other?.unwrap_or_default()));
            }
            Event::Eof => return Ok(found),
            _ => {}
        }
    }
}

fn attribute(tag: &quick_xml::events::BytesStart<'_>, name: &str) -> quick_xml::Result<Option<String>> {
    let found = tag.try_get_attribute(name)?;
    found.map(|found| Ok(found.normalized_value(XmlVersion::Implicit1_0)?.into_owned())).transpose()
}

/// Text of an event within a text element.
fn push_text(text: &mut String, event: &Event<'_>) -> quick_xml::Result<()> {
    match event {
        Event::Text(part) => *text += &part.xml10_content(),
        Event::CData(part) => *text += &part.xml10_content(),
        Event::GeneralRef(name) => match name.resolve_char_ref()? {
            Some(letter) => text.push(letter),
            None => *text += resolve_xml_entity(name.as_ref()).unwrap_or_default(),
        },
        _ => {}
    }
    Ok(())
}

/// The table of strings; readings of Japanese words (`rPh`) are left out.
fn shared_strings(xml: &str) -> quick_xml::Result<Vec<String>> {
    let mut reader = Reader::from_str(xml);
    let (mut strings, mut text) = (Vec::new(), String::new());
    let (mut in_text, mut in_reading) = (false, false);
    loop {
        let event = reader.read_event()?;
        match &event {
            Event::Start(tag) => match tag.local_name().as_ref() {
                "si" => text.clear(),
                "t" => in_text = !in_reading,
                "rPh" => in_reading = true,
                _ => {}
            },
            Event::Empty(tag) if tag.local_name().as_ref() == "si" => strings.push(String::new()),
            Event::End(tag) => match tag.local_name().as_ref() {
                "si" => strings.push(unescape(&text)),
                "t" => in_text = false,
                "rPh" => in_reading = false,
                _ => {}
            },
            Event::Eof => return Ok(strings),
            _ if in_text => push_text(&mut text, &event)?,
            _ => {}
        }
    }
}

/// The rows of a sheet; cells that are not there are empty.
fn rows(xml: &str, strings: &[String]) -> quick_xml::Result<Rows> {
    let mut reader = Reader::from_str(xml);
    let mut rows = Rows::new();
    let (mut kind, mut column, mut text, mut in_value) = (String::new(), 0, String::new(), false);
    loop {
        let event = reader.read_event()?;
        match &event {
            Event::Start(tag) | Event::Empty(tag) if tag.local_name().as_ref() == "row" => {
                let after = rows.last().map_or(1, |(number, _)| number + 1);
                let number = attribute(tag, "r")?.and_then(|number| number.parse().ok());
                rows.push((number.unwrap_or(after), Vec::new()));
            }
            Event::Start(tag) if tag.local_name().as_ref() == "c" => {
                kind = attribute(tag, "t")?.unwrap_or_default();
                let after = rows.last().map_or(0, |(_, cells)| cells.len());
                column = attribute(tag, "r")?.map_or(after, |place| column_of(&place));
                text.clear();
            }
            Event::Start(tag) if matches!(tag.local_name().as_ref(), "v" | "t") => in_value = true,
            Event::End(tag) => match tag.local_name().as_ref() {
                "v" | "t" => in_value = false,
                "c" => {
                    let value = match kind.as_str() {
                        "s" => {
                            text.parse().ok().and_then(|index: usize| strings.get(index).cloned()).unwrap_or_default()
                        }
                        _ => unescape(&text),
                    };
                    if let Some((_, cells)) = rows.last_mut().filter(|_| column < 16_384) {
                        cells.resize(cells.len().max(column + 1), String::new());
                        cells[column] = value;
                    }
                }
                _ => {}
            },
            Event::Eof => return Ok(rows),
            _ if in_value => push_text(&mut text, &event)?,
            _ => {}
        }
    }
}

/// The column of a place such as `AB12`, from 0.
fn column_of(place: &str) -> usize {
    let letters = place.bytes().take_while(u8::is_ascii_uppercase);
    letters.fold(0_usize, |column, letter| column.saturating_mul(26) + usize::from(letter - b'A') + 1).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back_as_they_were() {
        let texts = [
            "=1+1",
            "",
            " a ",
            "\tx\r\n",
            "l1\nl2",
            "_x000D_",
            "_x005F_x000D_",
            "a_xb",
            "_x00",
            "日本語 <&> \"'",
            "😀",
            "+1",
            "a_x0041_b",
            "__x0041__",
        ];
        let rows: Vec<Vec<Cell>> = texts.iter().map(|text| vec![Cell::Empty, Cell::Text((*text).to_owned())]).collect();
        let bytes = write(&["n", "text"], &rows, "name = \"=x\"\n\nraters = 2\n").unwrap();
        let sheets = read(Path::new("a.xlsx"), &bytes).unwrap();
        let cell = |(_, cells): &(u64, Vec<String>)| cells.get(1).cloned().unwrap_or_default();
        let numbered: BTreeMap<u64, String> = sheets[RATINGS].iter().map(|row| (row.0, cell(row))).collect();
        for (text, number) in texts.iter().zip(2..) {
            assert_eq!(numbered.get(&number).map_or("", String::as_str), *text, "{text:?}");
        }
        let design: Vec<&str> = sheets[DESIGN].iter().map(|(_, cells)| cells[0].as_str()).collect();
        assert_eq!(design.first(), Some(&"name = \"=x\""));
    }

    #[test]
    fn places_and_what_is_no_workbook() {
        assert_eq!(["A1", "Z9", "AA1", "AH20"].map(column_of), [0, 25, 26, 33]);
        let error = read(Path::new("a.xlsx"), b"PK, but no more").unwrap_err().to_string();
        assert!(error.contains("is no workbook") && !error.contains('\n'), "{error}");
    }
}
