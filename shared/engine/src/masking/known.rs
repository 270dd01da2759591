//! Texts in which secrets were looked for before. All that was said in a conversation is sent to its model with each call, so a text
//! in which none was found is not searched again: else each answer of a long conversation took longer than the one before.

use crate::limits::MASKED_KNOWN;
use std::{
    collections::{HashSet, hash_map::RandomState},
    hash::{BuildHasher, Hash},
    sync::{LazyLock, Mutex, PoisonError},
};
use stepwell_core::task::UsedSecret;

/// What this process has found clean, by hashes that nobody outside of it can foresee.
static KNOWN: LazyLock<Known> = LazyLock::new(Known::default);

#[derive(Default)]
struct Known {
    hashes: RandomState,
    clean: Mutex<HashSet<u64>>,
}

impl Known {
    fn has(&self, hash: u64) -> bool {
        self.clean.lock().unwrap_or_else(PoisonError::into_inner).contains(&hash)
    }

    fn keep(&self, hash: u64) {
        let mut clean = self.clean.lock().unwrap_or_else(PoisonError::into_inner);
        if clean.len() >= MASKED_KNOWN {
            clean.clear();
        }
        clean.insert(hash);
    }
}

/// What tells some secrets from others.
pub(super) fn seed(secrets: &[UsedSecret]) -> u64 {
    let all: Vec<(&str, &str)> = secrets.iter().map(|one| (one.name.as_str(), one.value.as_str())).collect();
    KNOWN.hashes.hash_one(all)
}

/// Changes what may hold secrets that `seed` stands for, unless it was found to hold none.
pub(super) fn once<T: Hash>(seed: u64, it: &mut T, mask: impl FnOnce(&mut T)) {
    let before = KNOWN.hashes.hash_one((seed, &*it));
    if KNOWN.has(before) {
        return;
    }
    mask(it);
    if KNOWN.hashes.hash_one((seed, &*it)) == before {
        KNOWN.keep(before);
    }
}
