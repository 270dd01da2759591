//! Lays a table out for the width of a terminal. Ids stay whole, since a cut one names nothing; titles are cut. Where a
//! row has no room in one line, its later columns go on in further lines below.

use super::{colour::Colour, steers::steers};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    heading: &'static str,
    /// Columns below which its cells are not cut; none for one whose cells are never cut.
    least: Option<usize>,
    /// Columns that it has at least, so that a table does not shift from one look to the next.
    room: usize,
}

impl Column {
    /// A column whose cells are never cut: ids, statuses, times, numbers.
    pub const fn whole(heading: &'static str) -> Self {
        Self { heading, least: None, room: 0 }
    }

    /// A column of times or spans, which change as one looks again: `just now`, `59 min ago`.
    pub const fn time(heading: &'static str) -> Self {
        Self { heading, least: None, room: 10 }
    }

    /// A column whose cells are cut where the terminal has no room for them: names.
    pub const fn cut(heading: &'static str) -> Self {
        Self { heading, least: Some(16), room: 0 }
    }

    /// The same for what says little where it is short: sentences, values.
    pub const fn text(heading: &'static str) -> Self {
        Self { heading, least: Some(32), room: 0 }
    }
}

impl From<&'static str> for Column {
    fn from(heading: &'static str) -> Self {
        Self::whole(heading)
    }
}

/// A cell of a table: one line of text.
#[derive(Clone, Debug)]
pub struct Cell {
    text: String,
    colour: Option<Colour>,
}

impl Cell {
    /// A cell in a colour.
    pub fn coloured(text: impl ToString, colour: Colour) -> Self {
        Self { colour: Some(colour), ..text.to_string().into() }
    }
}

/// Makes a cell of anybody's text: what would break the line or could steer a terminal is replaced.
impl From<String> for Cell {
    fn from(text: String) -> Self {
        let safe = |c: char| match c {
            '\n' | '\t' | '\r' => ' ',
            c if steers(c) => '\u{fffd}',
            c => c,
        };
        Self { text: text.trim_end().chars().map(safe).collect(), colour: None }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

/// Spaces between two columns.
const GAP: usize = 2;
/// What lines of a row after its first begin with.
const INDENT: usize = 2;

/// Lays out a table, with a line break after each line. `width` is that of the terminal; none for a reader that has no
/// width, who gets everything in one line per row.
pub fn layout<const N: usize>(columns: [Column; N], rows: &[[Cell; N]], width: Option<usize>, colours: bool) -> String {
    let mut natural = columns.map(|column| column.room.max(column.heading.width()));
    for row in rows {
        for (most, cell) in natural.iter_mut().zip(row) {
            *most = (*most).max(cell.text.width());
        }
    }
    let least: Vec<usize> = columns
        .iter()
        .zip(natural)
        .map(|(column, natural)| column.least.map_or(natural, |least| natural.min(least.max(column.heading.width()))))
        .collect();
    let lines = break_up(&least, width);
    let mut widths = natural.to_vec();
    if let Some(width) = width {
        for (number, line) in lines.iter().enumerate() {
            let room = width.saturating_sub(indent(number) + GAP * (line.len() - 1));
            share(room, line, &least, &mut widths);
        }
    }
    let headings = columns.map(|column| Cell { text: column.heading.into(), colour: Some(Colour::Dim) });
    let mut out = String::new();
    for row in std::iter::once(&headings).chain(rows) {
        for (number, line) in lines.iter().enumerate() {
            // A line below the first that would say nothing is left out.
            if number > 0 && line.iter().all(|&ix| row[ix].text.is_empty()) {
                continue;
            }
            out.push_str(&" ".repeat(indent(number)));
            for (position, &ix) in line.iter().enumerate() {
                let is_last = position + 1 == line.len();
                put(&mut out, &row[ix], widths[ix], is_last, colours);
            }
            out.truncate(out.trim_end_matches(' ').len());
            out.push('\n');
        }
    }
    out
}

fn indent(line: usize) -> usize {
    if line == 0 { 0 } else { INDENT }
}

/// The columns of each line of a row: as many in a line as have room with their least widths.
fn break_up(least: &[usize], width: Option<usize>) -> Vec<Vec<usize>> {
    let mut lines: Vec<Vec<usize>> = vec![Vec::new()];
    let mut used = 0;
    for (ix, least) in least.iter().enumerate() {
        let begun = lines.last().is_some_and(|line| !line.is_empty());
        let with = used + if begun { GAP } else { 0 } + least;
        if begun && width.is_some_and(|width| with > width) {
            lines.push(vec![ix]);
            used = INDENT + least;
            continue;
        }
        used = with;
        if let Some(line) = lines.last_mut() {
            line.push(ix);
        }
    }
    lines
}

/// Gives the columns of a line their widths: first the least, and what is left to those that want more, the most modest
/// first. `widths` are those that the columns want, and become those that they get.
fn share(room: usize, line: &[usize], least: &[usize], widths: &mut [usize]) {
    let mut left = room.saturating_sub(line.iter().map(|&ix| least[ix]).sum());
    let mut wanting: Vec<usize> = line.iter().copied().filter(|&ix| widths[ix] > least[ix]).collect();
    wanting.sort_by_key(|&ix| widths[ix] - least[ix]);
    let count = wanting.len();
    for (served, ix) in wanting.into_iter().enumerate() {
        let more = (widths[ix] - least[ix]).min(left / (count - served));
        widths[ix] = least[ix] + more;
        left -= more;
    }
}

/// Appends a cell, cut or filled up to its width.
fn put(out: &mut String, cell: &Cell, width: usize, is_last: bool, colours: bool) {
    let text = cut(&cell.text, width);
    let filling = if is_last { 0 } else { width.saturating_sub(text.width()) + GAP };
    match cell.colour {
        Some(colour) => out.push_str(&colour.paint(&text, colours)),
        None => out.push_str(&text),
    }
    out.push_str(&" ".repeat(filling));
}

/// A text of at most so many columns; an ellipsis stands for what is left out.
pub fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > width {
            break;
        }
        kept.push(c);
    }
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 3] = [Column::whole("ID"), Column::whole("STATUS"), Column::cut("TITLE")];

    fn rows() -> [[Cell; 3]; 2] {
        let title = "A title that is longer than any terminal here is wide";
        [
            ["0123456789-abcdef".into(), Cell::coloured("failed", Colour::Red), title.into()],
            ["9".into(), Cell::coloured("completed", Colour::Green), "Größe 日本\nnext".into()],
        ]
    }

    #[test]
    fn a_line_that_would_be_empty_is_left_out() {
        let [long, mut short] = rows();
        short[2] = "".into();
        let text = layout(COLUMNS, &[long, short], Some(40), false);
        assert_eq!(text.lines().collect::<Vec<_>>()[4..], ["9                  completed"], "{text}");
    }

    #[test]
    fn a_reader_without_a_width_gets_everything_in_one_line() {
        let text = layout(COLUMNS, &rows(), None, false);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "ID                 STATUS     TITLE");
        assert_eq!(lines[1], "0123456789-abcdef  failed     A title that is longer than any terminal here is wide");
        assert_eq!(lines[2], "9                  completed  Größe 日本 next");
    }

    #[test]
    fn titles_are_cut_and_ids_are_not() {
        let text = layout(COLUMNS, &rows(), Some(60), false);
        assert_eq!(text.lines().nth(1), Some("0123456789-abcdef  failed     A title that is longer than a…"));
        assert!(text.lines().all(|line| line.width() <= 60), "{text}");
    }

    #[test]
    fn what_has_no_room_goes_on_below() {
        let text = layout(COLUMNS, &rows(), Some(40), false);
        let expected = [
            "ID                 STATUS",
            "  TITLE",
            "0123456789-abcdef  failed",
            "  A title that is longer than any termi…",
            "9                  completed",
            "  Größe 日本 next",
        ];
        assert_eq!(text.lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn colours_do_not_count_as_width() {
        let text = layout(COLUMNS, &rows(), Some(60), true);
        assert!(text.contains("\x1b[31mfailed\x1b[0m     A title"), "{text:?}");
        let plain = text.replace("\x1b[31m", "").replace("\x1b[32m", "").replace("\x1b[2m", "").replace("\x1b[0m", "");
        assert_eq!(plain, layout(COLUMNS, &rows(), Some(60), false));
    }

    #[test]
    fn a_cell_cannot_steer_the_terminal() {
        let text = layout([Column::whole("A")], &[["a\x1b[31mb".into()]], None, true);
        assert_eq!(text.lines().nth(1), Some("a\u{fffd}[31mb"));
    }
}
