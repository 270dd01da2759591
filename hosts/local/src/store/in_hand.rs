//! The attempts that this process runs of nodes that commit their start: of one that is begun and not among them nobody
//! will ever hear, since one process alone has the folder.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use stepwell_core::id::{Activation, ExecutionId};

type Counts = HashMap<(ExecutionId, Activation), usize>;

/// How many attempts of each activation run.
#[derive(Clone, Default)]
pub struct InHand(Arc<Mutex<Counts>>);

impl InHand {
    /// Marks that an attempt runs, until the returned value is dropped.
    pub fn take(&self, id: &ExecutionId, activation: &Activation) -> Place {
        let key = (id.clone(), activation.clone());
        *self.counts().entry(key.clone()).or_insert(0) += 1;
        Place { all: self.clone(), key }
    }

    /// Whether an attempt of an activation runs.
    pub fn has(&self, id: &ExecutionId, activation: &Activation) -> bool {
        self.counts().contains_key(&(id.clone(), activation.clone()))
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One attempt that runs.
pub struct Place {
    all: InHand,
    key: (ExecutionId, Activation),
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.all.counts();
        if let Some(count) = counts.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_is_in_hand_until_the_last_of_its_runs_has_ended() {
        let (all, id) = (InHand::default(), ExecutionId::from("e"));
        let [pay, ship] = ["pay", "ship"].map(|node| Activation { epoch: 0, node: node.into(), visit: 1 });
        let (first, second) = (all.take(&id, &pay), all.take(&id, &pay));
        assert_eq!([all.has(&id, &pay), all.has(&id, &ship)], [true, false]);
        drop(first);
        assert!(all.has(&id, &pay));
        drop(second);
        assert!(!all.has(&id, &pay));
    }
}
