//! Pages that fit into an answer: a page ends before the item that would make it larger than [`limits::PAGE_BYTES`].

use crate::{Answered, limits};
use futures::{StreamExt, stream};
use serde::Serialize;
use std::{future::Future, io};

/// How many of [`limits::PAGE_BYTES`], or of another number of bytes, the items of a page have taken.
#[derive(Debug)]
pub struct Room {
    most: usize,
    taken: usize,
    is_begun: bool,
}

impl Default for Room {
    fn default() -> Self {
        Self::of(limits::PAGE_BYTES)
    }
}

impl Room {
    /// Room for so many bytes.
    pub fn of(most: usize) -> Self {
        Self { most, taken: 0, is_begun: false }
    }

    /// Takes room for an item of so many bytes, and says whether there was enough. There always is for the first item,
    /// so that every page shows something.
    pub fn takes(&mut self, bytes: usize) -> bool {
        let fits = !self.is_begun || self.taken.saturating_add(bytes) <= self.most;
        self.is_begun = true;
        self.taken = self.taken.saturating_add(bytes);
        fits
    }

    /// Whether nothing more fits in.
    pub fn is_full(&self) -> bool {
        self.taken >= self.most
    }

    /// The same as [`Room::takes`], for an item that is shown as JSON.
    pub fn takes_item(&mut self, item: &impl Serialize) -> bool {
        let mut count = Count(0);
        // Writing to a counter cannot fail.
        let _ = serde_json::to_writer(&mut count, item);
        self.takes(count.0)
    }
}

/// A writer that keeps only the number of bytes written.
struct Count(usize);

impl io::Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Makes the rows of a page in order, several at the same time, until `count` are made or the next one does not fit into
/// what is left of `room`. `make` gives the row at a position; None stands for an item that was deleted meanwhile.
///
/// # Errors
/// The first error of `make`.
pub async fn rows<T, F>(count: usize, room: &mut Room, make: impl Fn(usize) -> F + Send) -> Answered<Vec<Option<T>>>
where
    T: Serialize,
    F: Future<Output = Answered<Option<T>>> + Send,
{
    let mut made = stream::iter((0..count).map(make)).buffered(limits::ROWS_AT_ONCE);
    let mut rows = Vec::new();
    while let Some(row) = made.next().await {
        let row = row?;
        if row.as_ref().is_some_and(|row| !room.takes_item(row)) {
            break;
        }
        rows.push(row);
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_first_item_has_room_and_others_have_it_as_long_as_it_lasts() {
        let mut room = Room::default();
        assert!(room.takes(limits::PAGE_BYTES * 2), "something is shown");
        assert!(!room.takes(1));
        let mut room = Room::default();
        let half = json!("x".repeat(limits::PAGE_BYTES / 2 - 2));
        assert_eq!([room.takes_item(&half), room.takes_item(&half), room.takes_item(&json!(1))], [true, true, false]);
    }
}
