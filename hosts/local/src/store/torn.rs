//! Lists around damage: pages of the database that SQLite cannot read cost a list the rows that were on them, and no
//! others.

use rusqlite::{ErrorCode, Result};

/// Reads up to `limit` rows in the order of falling numbers. `read` adds rows with numbers below the one that it is
/// given to a list, at most so many, until it ends or fails; `number` is that of a row. Where pages are damaged it goes
/// on with the next rows that can be read, and a line in the log says so. `begins`: the list begins here, and does not go on
/// from a page before.
///
/// # Errors
/// Any other failure than damage, and damage where no row can be read at all.
pub fn falling<R>(
    limit: usize,
    begins: bool,
    number: fn(&R) -> i64,
    read: impl Fn(i64, usize, &mut Vec<R>) -> Result<()>,
) -> Result<Vec<R>> {
    let (mut rows, mut below, mut lost) = (Vec::new(), i64::MAX, None);
    while rows.len() < limit {
        let Err(error) = read(below, limit - rows.len(), &mut rows) else { break };
        if !is_damage(&error) {
            return Err(error);
        }
        below = rows.last().map_or(below, number);
        let readable = |bound| match read(bound, 1, &mut Vec::new()) {
            Err(error) if is_damage(&error) => Ok(false),
            other => other.map(|()| true),
        };
        tracing::warn!(%error, "a list leaves out what cannot be read: `stepwell doctor --repair` saves what it can");
        let behind = next_readable(below, readable)?;
        lost = Some(error);
        let Some(behind) = behind else { break };
        below = behind;
    }
    // A list of which nothing can be read is not an empty one.
    match lost.filter(|_| begins && rows.is_empty()) {
        Some(error) => Err(error),
        None => Ok(rows),
    }
}

fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// The bound nearest to `torn`, which cannot be read from, that can be. None where there is none. It looks twice as far
/// away each time, but no further than half of what is left, since the first bound may be far above all numbers; and
/// then between the last two.
fn next_readable(torn: i64, readable: impl Fn(i64) -> Result<bool>) -> Result<Option<i64>> {
    let (mut above, mut step) = (torn, 1_i64);
    let mut found = loop {
        if above <= 1 {
            return Ok(None);
        }
        let bound = above.saturating_sub(step).max(above / 2);
        if readable(bound)? {
            break bound;
        }
        (above, step) = (bound, step.saturating_mul(2));
    };
    while above - found > 1 {
        let middle = found + (above - found) / 2;
        if readable(middle)? { found = middle } else { above = middle }
    }
    Ok(Some(found))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use rusqlite::ffi;

    fn damage() -> rusqlite::Error {
        rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_CORRUPT), None)
    }

    /// Whether a row is in one of the ranges, each from its first row to before its second.
    fn is_torn(torn: &[(i64, i64)], row: i64) -> bool {
        torn.iter().any(|(from, to)| (*from..*to).contains(&row))
    }

    /// Rows 1 to 1,000, of which those in `torn` cannot be read.
    fn listed(torn: &[(i64, i64)], limit: usize) -> Result<Vec<i64>> {
        let read = |below: i64, limit: usize, rows: &mut Vec<i64>| {
            for row in (1..below.min(1_001)).rev().take(limit) {
                if is_torn(torn, row) {
                    return Err(damage());
                }
                rows.push(row);
            }
            Ok(())
        };
        falling(limit, true, |row| *row, read)
    }

    #[test]
    fn damage_costs_what_is_on_it_and_nothing_beyond() {
        for torn in
            [vec![], vec![(500, 540)], vec![(981, 1_001)], vec![(1, 20)], vec![(300, 301), (302, 303), (700, 800)]]
        {
            let whole: Vec<i64> = (1..1_001).rev().filter(|row| !is_torn(&torn, *row)).collect();
            assert_eq!(listed(&torn, 2_000).unwrap(), whole, "{torn:?}");
            assert_eq!(listed(&torn, 50).unwrap(), whole[..50], "{torn:?}");
        }
    }

    #[test]
    fn a_list_of_which_nothing_can_be_read_is_not_taken_for_an_empty_one() {
        assert_eq!(listed(&[(1, 1_001)], 10), Err(damage()));
        assert_eq!(falling(10, true, |row: &i64| *row, |_, _, _| Ok(())), Ok(Vec::new()));
        let torn = |begins| {
            falling(10, begins, |row: &i64| *row, |below, _, _| if below > 1 { Err(damage()) } else { Ok(()) })
        };
        assert_eq!(
            (torn(true), torn(false)),
            (Err(damage()), Ok(Vec::new())),
            "a later page may be the lost end of the list"
        );
    }

    #[test]
    fn other_failures_are_told() {
        let busy = || rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_BUSY), None);
        assert_eq!(falling(1, true, |row: &i64| *row, |_, _, _| Err(busy())), Err(busy()));
    }
}
