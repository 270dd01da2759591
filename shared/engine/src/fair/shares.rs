//! How many of a bounded number of places each owner has.

use super::place::Owner;
use std::collections::HashMap;

/// Places that owners take and give back. An owner may take another while it has fewer than twice as many as are free.
/// So one owner alone takes two thirds of them, whoever comes then finds a third of them free and leaves a third of
/// those, and as places are given back all come to have equal parts.
pub struct Shares {
    free: usize,
    taken: HashMap<Owner, usize>,
}

impl Shares {
    /// Places of which one owner alone takes at most `each`.
    pub fn new(each: usize) -> Self {
        Self { free: Self::places(each), taken: HashMap::new() }
    }

    /// How many places there are in all: half as many as one owner takes are kept for others.
    pub const fn places(each: usize) -> usize {
        each + each / 2
    }

    /// Whether an owner may take another place now.
    pub fn may(&self, owner: &Owner) -> bool {
        self.taken(owner) < self.free * 2
    }

    /// How many places an owner has.
    pub fn taken(&self, owner: &Owner) -> usize {
        self.taken.get(owner).copied().unwrap_or(0)
    }

    /// Takes a place. The caller has asked [`Self::may`].
    pub fn take(&mut self, owner: &Owner) {
        self.free = self.free.saturating_sub(1);
        match self.taken.get_mut(owner) {
            Some(taken) => *taken += 1,
            None => drop(self.taken.insert(owner.clone(), 1)),
        }
    }

    /// Gives a place back.
    pub fn give_back(&mut self, owner: &Owner) {
        let Some(taken) = self.taken.get_mut(owner) else { return };
        *taken -= 1;
        self.free += 1;
        if *taken == 0 {
            self.taken.remove(owner);
        }
    }

    /// Whether nobody has any.
    pub fn is_idle(&self) -> bool {
        self.taken.is_empty()
    }
}
