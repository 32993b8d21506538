//! CSV (RFC 4180) with row numbers, and cells that no spreadsheet takes for a formula.

use std::path::Path;

use crate::StudyError;

/// A table with a header.
pub(super) struct Table {
    pub(super) header: Vec<String>,
    /// Cells of each row with its number as a spreadsheet shows it: the header is row 1.
    pub(super) rows: Vec<(u64, Vec<String>)>,
}

impl Table {
    /// Reads a file: UTF-8, with or without a byte order mark.
    pub(super) fn read(path: &Path) -> Result<Self, StudyError> {
        Self::parse(path, &read(path)?)
    }

    /// `path` is for messages.
    pub(super) fn parse(path: &Path, bytes: &[u8]) -> Result<Self, StudyError> {
        let refuse = |reason: &str| StudyError::ImportFile { path: path.to_path_buf(), reason: reason.to_owned() };
        let mut rows = records(text(path, bytes)?).into_iter();
        let header = rows.next().ok_or_else(|| refuse("the file is empty; give a header and rows"))?;
        let header: Vec<String> = header.into_iter().map(|cell| cell.trim().to_owned()).collect();
        let mut table = Self { header, rows: Vec::new() };
        for (cells, number) in rows.zip(2..) {
            if cells.iter().all(String::is_empty) {
                continue;
            }
            if cells.len() != table.header.len() {
                let reason = format!("the row has {} cells, the header {}", cells.len(), table.header.len());
                let column = table.header.get(cells.len()).cloned().unwrap_or_else(|| format!("{}", cells.len()));
                return Err(StudyError::Cell { path: path.to_path_buf(), row: number, column, reason });
            }
            table.rows.push((number, cells));
        }
        Ok(table)
    }

    /// From the rows of a sheet, whose last cells may be missing.
    pub(super) fn of_rows(path: &Path, rows: Vec<(u64, Vec<String>)>) -> Result<Self, StudyError> {
        let mut rows = rows.into_iter();
        let (_, header) = rows.next().ok_or_else(|| StudyError::ImportFile {
            path: path.to_path_buf(),
            reason: "the sheet is empty; give a header and rows".to_owned(),
        })?;
        let mut rows: Vec<(u64, Vec<String>)> = rows.filter(|(_, cells)| !cells.iter().all(String::is_empty)).collect();
        rows.iter_mut().for_each(|(_, cells)| cells.resize(header.len(), String::new()));
        Ok(Self { header, rows })
    }

    /// The index of a column, by any of its names.
    pub(super) fn find(&self, names: &[&str]) -> Option<usize> {
        let is_it = |cell: &String| names.iter().any(|name| cell.eq_ignore_ascii_case(name));
        self.header.iter().position(is_it)
    }

    /// As [`Table::find`], or an error that lists what is there.
    pub(super) fn column(&self, path: &Path, names: &[&str]) -> Result<usize, StudyError> {
        self.find(names).ok_or_else(|| StudyError::ImportFile {
            path: path.to_path_buf(),
            reason: format!("row 1 has no column `{}` (found: `{}`)", names.join("` or `"), self.header.join("`, `")),
        })
    }
}

/// The bytes of a file.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, StudyError> {
    fs_err::read(path).map_err(|source| StudyError::Read { path: path.to_path_buf(), source })
}

/// UTF-8, with or without a byte order mark; `path` is for messages.
pub(super) fn text<'a>(path: &Path, bytes: &'a [u8]) -> Result<&'a str, StudyError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].iter().filter(|&&byte| byte == b'\n').count() + 1;
        let reason = format!("line {line} is not UTF-8; convert the file");
        StudyError::ImportFile { path: path.to_path_buf(), reason }
    })
}

/// All records, blank lines left out by the format's own rule.
fn records(text: &str) -> Vec<Vec<String>> {
    use csv_core::ReadRecordResult;
    let mut reader = csv_core::Reader::new();
    // Cells are never longer than the text that they are cut from.
    let (mut cells, mut ends) = (vec![0; text.len().max(1)], vec![0; 64]);
    let (mut input, mut n_bytes, mut n_ends) = (text.as_bytes(), 0, 0);
    let mut records = Vec::new();
    loop {
        let (result, n_read, n_written, n_ended) =
            reader.read_record(input, &mut cells[n_bytes..], &mut ends[n_ends..]);
        input = &input[n_read..];
        n_bytes += n_written;
        n_ends += n_ended;
        match result {
            ReadRecordResult::InputEmpty => {}
            ReadRecordResult::OutputFull => cells.resize(2 * cells.len(), 0),
            ReadRecordResult::OutputEndsFull => ends.resize(2 * ends.len(), 0),
            ReadRecordResult::Record => {
                let mut start = 0;
                // Cells are cut at ASCII bytes of text that was checked.
                let cell = |&end: &usize| {
                    String::from_utf8_lossy(&cells[std::mem::replace(&mut start, end)..end]).into_owned()
                };
                records.push(ends[..n_ends].iter().map(cell).collect());
                (n_bytes, n_ends) = (0, 0);
            }
            ReadRecordResult::End => return records,
        }
    }
}

/// Letters at which a spreadsheet begins a formula, those of full width included.
const FORMULA: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];

/// The cell with an apostrophe before it if a spreadsheet could take it for a formula, or if it begins with one already.
pub(super) fn neutral(cell: &str) -> String {
    if cell.starts_with(FORMULA) || cell.starts_with('\'') { format!("'{cell}") } else { cell.to_owned() }
}

/// Undoes [`neutral`].
pub(super) fn original(cell: &str) -> &str {
    cell.strip_prefix('\'').unwrap_or(cell)
}

/// One row, cells quoted where they need it.
pub(super) fn line<S: AsRef<str>>(cells: impl IntoIterator<Item = S>) -> String {
    let quoted = cells.into_iter().map(|cell| {
        let cell = cell.as_ref();
        if cell.contains(['"', ',', '\n', '\r']) || cell.starts_with(' ') || cell.ends_with(' ') {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell.to_owned()
        }
    });
    quoted.collect::<Vec<_>>().join(",") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_quotes() {
        let text = "\u{feff}id,text\r\n1,\"a, \"\"b\"\"\nc\"\r\n\r\n2,\n";
        let table = Table::parse(Path::new("x.csv"), text.as_bytes()).unwrap();
        assert_eq!(table.header, ["id", "text"]);
        let rows: Vec<_> = table.rows.iter().map(|(_, cells)| cells.join("|")).collect();
        assert_eq!(rows, ["1|a, \"b\"\nc", "2|"]);
        for cells in [["a, \"b\"\nc", ""], [" x ", "\r"], ["=1+1", "'"]] {
            let text = line(["h", "i"]) + &line(cells.map(neutral));
            let table = Table::parse(Path::new("x.csv"), text.as_bytes()).unwrap();
            assert_eq!(table.rows[0].1.iter().map(|cell| original(cell)).collect::<Vec<_>>(), cells);
        }
    }

    #[test]
    fn formulas_are_neutral() {
        for cell in ["=HYPERLINK(\"x\")", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "＠x"] {
            assert!(neutral(cell).starts_with('\''));
            assert_eq!(original(&neutral(cell)), cell);
        }
        assert_eq!(neutral("a=b"), "a=b");
    }

    #[test]
    fn ragged_rows_and_bad_bytes_are_named() {
        let error = |bytes: &[u8]| Table::parse(Path::new("x.csv"), bytes).err().unwrap().to_string();
        assert_eq!(
            error(b"a,b\n1,2\n3\n"),
            "`x.csv` row 3, column `b`: the row has 1 cells, the header 2; nothing was imported"
        );
        assert!(error(b"a,b\n1,\xff\n").contains("line 2 is not UTF-8"));
        assert!(error(b"").contains("is empty"));
    }
}
