//! A table: columns as wide as their content, two spaces between, no space at the end of a line.

use super::output::Output;
use super::term;
use crate::error::{Error, Result};
use crate::text;
use anstyle::Style;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// One cell. Text that others wrote is made harmless for a terminal on the way in.
#[derive(Clone, Debug)]
pub struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    pub fn styled(style: Style, text: impl AsRef<str>) -> Cell {
        Cell { text: one_line(text.as_ref()), style }
    }

    fn cut(&self, columns: usize) -> Cell {
        Cell { text: fit(&self.text, columns), style: self.style }
    }
}

impl<T: AsRef<str>> From<T> for Cell {
    fn from(text: T) -> Cell {
        Cell::styled(Style::new(), text)
    }
}

#[derive(Debug)]
pub struct Table {
    rows: Vec<Vec<Cell>>,
}

impl Table {
    pub fn new<const N: usize>(header: [&str; N]) -> Table {
        Table { rows: vec![header.into_iter().map(Cell::from).collect()] }
    }

    pub fn row<const N: usize>(&mut self, cells: [Cell; N]) {
        self.rows.push(cells.into());
    }

    pub fn print(&self, out: &mut Output) -> Result<()> {
        let width = if out.term().stdout { term::size().1 } else { usize::MAX };
        for line in self.lines(width, |style, text| out.paint(style, text)) {
            out.line(line)?;
        }
        Ok(())
    }

    /// The lines for a screen of this width. Where the columns do not fit they are cut, the last one first, as it has
    /// free text; where that is not enough, each row is a block of its own, so that nothing wraps.
    fn lines(&self, width_of_screen: usize, paint: impl Fn(Style, &str) -> String) -> Vec<String> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widest = |column| self.rows.iter().filter_map(|row| row.get(column)).map(width).max();
        let natural: Vec<usize> = (0..columns).map(|column| widest(column).unwrap_or(0)).collect();
        let Some(widths) = fitting(natural, width_of_screen) else {
            return self.blocks(width_of_screen, paint);
        };
        let cut = |row: &Vec<Cell>| -> Vec<Cell> {
            row.iter().zip(&widths).map(|(cell, columns)| cell.cut(*columns)).collect()
        };
        self.rows.iter().map(|row| line(&cut(row), &widths, &paint)).collect()
    }

    /// Each row as its first cell and, below it, the other cells beside their headings.
    fn blocks(&self, width_of_screen: usize, paint: impl Fn(Style, &str) -> String) -> Vec<String> {
        let Some((header, rows)) = self.rows.split_first() else { return Vec::new() };
        let label = header.iter().skip(1).map(width).max().unwrap_or(0);
        let free = width_of_screen.saturating_sub(label + 4).max(1);
        let mut lines = Vec::new();
        for row in rows {
            lines.push(line(&row[..1], &[0], &paint));
            for (heading, cell) in
                header.iter().zip(row).skip(1).filter(|(_, cell)| width(cell) > 0)
            {
                let cells = [Cell::from(&heading.text), cell.cut(free)];
                lines.push(format!("  {}", line(&cells, &[label, free], &paint)));
            }
        }
        lines
    }
}

/// A column is never cut below this.
const NARROWEST: usize = 12;

/// Widths that fit the screen: the last column is cut first, then the widest one. `None` where none can be cut further.
fn fitting(mut widths: Vec<usize>, screen: usize) -> Option<Vec<usize>> {
    let available = screen.saturating_sub(2 * widths.len().saturating_sub(1));
    loop {
        let over = widths.iter().sum::<usize>().saturating_sub(available);
        if over == 0 {
            return Some(widths);
        }
        let last = widths.len() - 1;
        let at = match widths[last] > NARROWEST {
            true => last,
            false => (0..last).max_by_key(|column| widths[*column])?,
        };
        let room = widths[at].checked_sub(NARROWEST).filter(|room| *room > 0)?;
        // The widest column is cut a little at a time, until another one is the widest.
        widths[at] -= if at == last { over.min(room) } else { 1 };
    }
}

/// The text, cut where it has more columns than these.
pub fn fit(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut fitted = String::new();
    for letter in text.chars() {
        if fitted.width() + letter.width().unwrap_or(0) >= columns {
            break;
        }
        fitted.push(letter);
    }
    fitted.truncate(fitted.trim_end().len());
    fitted + "…"
}

fn line(row: &[Cell], widths: &[usize], paint: &impl Fn(Style, &str) -> String) -> String {
    let mut text = String::new();
    let mut gap = 0;
    for (cell, wanted) in row.iter().zip(widths) {
        if !cell.text.is_empty() {
            text.extend(std::iter::repeat_n(' ', gap));
            text.push_str(&if cell.style.is_plain() {
                cell.text.clone()
            } else {
                paint(cell.style, &cell.text)
            });
            gap = 0;
        }
        gap += wanted.saturating_sub(width(cell)) + 2;
    }
    text
}

fn width(cell: &Cell) -> usize {
    cell.text.width()
}

/// Text for one line of a terminal: white space becomes a space, and a control character, which
/// could move the cursor or change colours, its number.
pub fn one_line(shown: &str) -> String {
    let mut line = String::with_capacity(shown.len());
    for letter in shown.trim().chars() {
        match letter {
            '\n' | '\r' | '\t' => line.push(' '),
            letter if text::is_active(letter) => line.extend(letter.escape_unicode()),
            letter => line.push(letter),
        }
    }
    line
}

/// At most `limit` letters of a text, as the stock command cuts messages.
pub fn cut(text: &str, limit: usize) -> String {
    text.chars().take(limit).collect()
}

/// A limit of a list. The words for one that makes no sense are the stock command's.
pub fn parse_limit(text: &str) -> Result<usize> {
    let refused = || Error::usage(format!("--limit must be a positive integer (got {text})."));
    text.parse().ok().filter(|limit| *limit > 0).ok_or_else(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(table: &Table) -> Vec<String> {
        table.lines(usize::MAX, |_, text| text.to_owned())
    }

    #[test]
    fn columns_are_as_wide_as_their_content() {
        let mut table = Table::new(["VERSION", "BY"]);
        table.row(["v2*".into(), "ana".into()]);
        table.row(["v1".into(), "".into()]);
        assert_eq!(plain(&table), ["VERSION  BY", "v2*      ana", "v1"]);
    }

    #[test]
    fn width_is_what_the_terminal_shows() {
        let mut table = Table::new(["NAME", "N"]);
        table.row(["注文注文".into(), "1".into()]);
        table.row([Cell::styled(Style::new().bold(), "é"), "2".into()]);
        assert_eq!(plain(&table), ["NAME      N", "注文注文  1", "é         2"]);
    }

    #[test]
    fn the_last_column_fits_the_screen() {
        let mut table = Table::new(["N", "MESSAGE"]);
        table.row(["1".into(), "a message that is long".into()]);
        assert_eq!(
            table.lines(20, |_, text| text.to_owned()),
            ["N  MESSAGE", "1  a message that i…"]
        );
    }

    #[test]
    fn a_narrow_screen_cuts_wide_columns_and_then_gets_blocks() {
        let mut table = Table::new(["N", "BY", "MESSAGE"]);
        table.row([
            "v1".into(),
            "somebody@store.example.com".into(),
            "a message that is long".into(),
        ]);
        let lines = |columns| table.lines(columns, |_, text| text.to_owned());
        assert_eq!(
            lines(40),
            ["N   BY                      MESSAGE", "v1  somebody@store.exampl…  a message t…"]
        );
        assert_eq!(lines(20), ["v1", "  BY       somebody…", "  MESSAGE  a messag…"]);
        assert!(lines(30).iter().all(|line| line.width() <= 30), "{:?}", lines(30));
    }

    #[test]
    fn text_of_others_cannot_drive_the_terminal() {
        assert_eq!(one_line("a\u{1b}[31mred\nb\u{9b}2J"), "a\\u{1b}[31mred b\\u{9b}2J");
    }

    #[test]
    fn cutting_counts_letters() {
        assert_eq!(cut("größer", 3), "grö");
        assert_eq!(cut("ab", 3), "ab");
    }
}
