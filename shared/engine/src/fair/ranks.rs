//! Lines of several ranks, of which the upper ones come first without shutting out the lower ones.

use super::{line::Line, place::Rank};
use crate::limits::TURNS_OF_A_RANK;

/// One line for each rank. An upper line comes first; where a lower one waits, every ninth turn is one of the lower.
#[derive(Default)]
pub struct Ranks<L> {
    lines: [L; Rank::COUNT],
    /// For each rank, how many entries it took in a row while a lower one waited.
    in_a_row: [u32; Rank::COUNT],
}

impl<L> Ranks<L> {
    /// The line of a rank, to put something into.
    pub fn line(&mut self, rank: Rank) -> &mut L {
        match rank {
            Rank::Command => &mut self.lines[0],
            Rank::Root => &mut self.lines[1],
            Rank::Child => &mut self.lines[2],
        }
    }
}

impl<L: Line> Line for Ranks<L> {
    type Entry = L::Entry;

    fn take(&mut self) -> Option<L::Entry> {
        let mut rest = &mut self.lines[..];
        let mut counts = self.in_a_row.iter_mut();
        while let (Some((line, lower)), Some(in_a_row)) = (rest.split_first_mut(), counts.next()) {
            let others_wait = lower.iter().any(|line| !line.is_empty());
            if others_wait && (line.is_empty() || *in_a_row >= TURNS_OF_A_RANK) {
                *in_a_row = 0;
                rest = lower;
                continue;
            }
            *in_a_row += u32::from(others_wait);
            return line.take();
        }
        None
    }

    fn is_empty(&self) -> bool {
        self.lines.iter().all(Line::is_empty)
    }
}
