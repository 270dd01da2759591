//! Places for code that runs. Owners have their turns, and none takes all.

use engine::fair::{Owner, Shares, Wheel};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::oneshot::{self, Sender};

/// The places, and who waits for one.
pub(super) struct Gate(Arc<Mutex<Inner>>);

struct Inner {
    shares: Shares,
    waiting: Wheel<VecDeque<Sender<Place>>>,
}

/// A place that was taken. Dropping it lets the next one in.
pub(super) struct Place {
    inner: Arc<Mutex<Inner>>,
    owner: Owner,
}

impl Gate {
    /// Places of which one owner alone takes at most `each`; half as many more are kept for others.
    pub fn new(each: usize) -> Self {
        Self(Arc::new(Mutex::new(Inner { shares: Shares::new(each), waiting: Wheel::default() })))
    }

    /// Waits for a place. None is never the answer while the gate is there.
    pub async fn enter(&self, owner: &str) -> Option<Place> {
        let (tell, told) = oneshot::channel();
        locked(&self.0).waiting.put(&owner.into(), |line| {
            // Those who gave up do not gather while nobody leaves.
            line.retain(|one| !one.is_closed());
            line.push_back(tell);
        });
        admit(&self.0);
        told.await.ok()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        locked(&self.inner).shares.give_back(&self.owner);
        admit(&self.inner);
    }
}

/// Lets in those who may.
fn admit(inner: &Arc<Mutex<Inner>>) {
    loop {
        let next = {
            let mut all = locked(inner);
            let Inner { shares, waiting } = &mut *all;
            let Some((owner, tell)) = waiting.take_of(|owner| shares.may(owner)) else { return };
            if tell.is_closed() {
                continue;
            }
            shares.take(&owner);
            (tell, owner)
        };
        // Whoever gave up at this very moment drops the place.
        let (tell, owner) = next;
        drop(tell.send(Place { inner: inner.clone(), owner }));
    }
}

fn locked(inner: &Mutex<Inner>) -> MutexGuard<'_, Inner> {
    inner.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use engine::fair::Line;
    use futures::FutureExt;

    #[test]
    fn code_of_one_owner_leaves_places_for_another() {
        let gate = Gate::new(4);
        let mut anns: Vec<_> = (0..1_000).map(|_| Box::pin(gate.enter("ann"))).collect();
        let running: Vec<_> = anns.iter_mut().filter_map(|one| one.now_or_never().flatten()).collect();
        assert_eq!(running.len(), 4);
        let ben = gate.enter("ben").now_or_never().flatten();
        assert!(ben.is_some());

        // What is given back goes to whoever has less.
        let mut bens = Box::pin(gate.enter("ben"));
        let second = (&mut bens).now_or_never().flatten();
        drop(running);
        let of_ann = anns[4..].iter_mut().filter_map(|one| one.now_or_never().flatten()).count();
        assert!(second.is_some() && of_ann > 0);
    }

    #[test]
    fn who_gives_up_keeps_nobody_waiting() {
        let gate = Gate::new(1);
        let first = gate.enter("ann").now_or_never().flatten();
        for _ in 0..1_000 {
            assert!(gate.enter("ann").now_or_never().is_none());
        }
        let mut next = Box::pin(gate.enter("ann"));
        assert!((&mut next).now_or_never().is_none());
        drop(first);
        assert!(next.now_or_never().flatten().is_some());
        assert!(locked(&gate.0).waiting.is_empty() && locked(&gate.0).shares.is_idle());
    }
}
