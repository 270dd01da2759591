//! The owners who wait, in turn.

use super::{line::Line, place::Owner};
use std::collections::{HashMap, VecDeque};

/// A line for each owner, of which one entry is taken in turn: whoever has one entry waits for one of each other owner,
/// however many these have.
#[derive(Default)]
pub struct Wheel<L> {
    lines: HashMap<Owner, L>,
    /// The owners whose lines are not empty, each once, in the order of their turns.
    turns: VecDeque<Owner>,
}

impl<L: Line> Wheel<L> {
    /// Puts something into the line of an owner; `put` adds at least one entry.
    pub fn put(&mut self, owner: &Owner, put: impl FnOnce(&mut L)) {
        if let Some(line) = self.lines.get_mut(owner) {
            put(line);
        } else {
            put(self.lines.entry(owner.clone()).or_default());
            self.turns.push_back(owner.clone());
        }
    }

    /// Takes the entry of the next owner who may have one. Owners who may not lose their turns.
    pub fn take_of(&mut self, may: impl Fn(&Owner) -> bool) -> Option<(Owner, L::Entry)> {
        for _ in 0..self.turns.len() {
            let owner = self.turns.pop_front()?;
            if !may(&owner) {
                self.turns.push_back(owner);
                continue;
            }
            let Some(line) = self.lines.get_mut(&owner) else { continue };
            let entry = line.take();
            if line.is_empty() {
                self.lines.remove(&owner);
            } else {
                self.turns.push_back(owner.clone());
            }
            if let Some(entry) = entry {
                return Some((owner, entry));
            }
        }
        None
    }
}

impl<L: Line> Line for Wheel<L> {
    type Entry = L::Entry;

    fn take(&mut self) -> Option<L::Entry> {
        self.take_of(|_| true).map(|(_, entry)| entry)
    }

    fn is_empty(&self) -> bool {
        self.turns.is_empty()
    }
}
