//! A bounded number of seats, for which owners wait in turn.

use super::{
    place::{Owner, Place},
    ranks::Ranks,
    shares::Shares,
    wheel::Wheel,
};
use futures::channel::oneshot::{self, Receiver, Sender};
use std::{
    collections::VecDeque,
    future::poll_fn,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
    thread::available_parallelism,
};

/// The seats, and who waits for one.
pub struct Gate(Arc<Mutex<Inner>>);

struct Inner {
    shares: Shares,
    waiting: Wheel<Ranks<VecDeque<Sender<Seat>>>>,
}

/// A seat that was taken. Dropping it lets the next one in.
pub struct Seat {
    inner: Arc<Mutex<Inner>>,
    owner: Owner,
}

impl Gate {
    /// Seats of which one owner alone takes at most `each`; half as many more are kept for others.
    pub fn new(each: usize) -> Self {
        Self(Arc::new(Mutex::new(Inner { shares: Shares::new(each), waiting: Wheel::default() })))
    }

    /// A gate to the processors: one owner alone may compute on all of them at once.
    pub fn to_processors() -> Self {
        Self::new(processors())
    }

    /// Threads that a host with such a gate needs: one for each seat, so that the system shares the processors out among
    /// owners, and as many for what needs no seat as there are processors.
    pub fn threads() -> usize {
        Shares::places(processors()) + processors()
    }

    /// Waits for a seat. None is never the answer while the gate is there.
    pub async fn enter(&self, place: &Place) -> Option<Seat> {
        match self.ask(place) {
            Ok(seat) => Some(seat),
            Err(told) => told.await.ok(),
        }
    }

    /// Does work that computes between its waits, with a seat each time that it goes on and none while it waits. So
    /// whoever computes much, at once or in a row, lets others have their turns. `place` says whose the work is, or
    /// nothing as long as that is not known; until then it needs no seat.
    pub async fn by_turns<W: Future>(&self, place: impl Fn() -> Option<Place>, work: W) -> W::Output {
        let mut work = pin!(work);
        let mut told = None;
        poll_fn(|context| {
            let _seat = match place() {
                Some(place) => ready!(self.poll_enter(&mut told, &place, context)),
                None => None,
            };
            work.as_mut().poll(context)
        })
        .await
    }

    /// Like [`Self::enter`]; `told` keeps the wait from one poll to the next.
    fn poll_enter(
        &self,
        told: &mut Option<Receiver<Seat>>,
        place: &Place,
        context: &mut Context<'_>,
    ) -> Poll<Option<Seat>> {
        let mut waiting = match told.take() {
            Some(waiting) => waiting,
            None => match self.ask(place) {
                Ok(seat) => return Poll::Ready(Some(seat)),
                Err(waiting) => waiting,
            },
        };
        let polled = pin!(&mut waiting).poll(context);
        if polled.is_pending() {
            *told = Some(waiting);
        }
        polled.map(Result::ok)
    }

    /// A seat at once, or else a place in the line. Everybody who waits is one who may not have a seat yet, so whoever
    /// may does not come before anybody.
    fn ask(&self, place: &Place) -> Result<Seat, Receiver<Seat>> {
        let mut inner = locked(&self.0);
        if inner.shares.may(&place.owner) {
            inner.shares.take(&place.owner);
            return Ok(Seat { inner: self.0.clone(), owner: place.owner.clone() });
        }
        let (tell, told) = oneshot::channel();
        inner.waiting.put(&place.owner, |lines| {
            let line = lines.line(place.rank);
            // Those who gave up go before the line takes more memory.
            if line.len() == line.capacity() {
                line.retain(|one| !one.is_canceled());
            }
            line.push_back(tell);
        });
        Err(told)
    }
}

/// Processors, of which there are two at least: with one seat for each owner, none would be kept for others.
fn processors() -> usize {
    available_parallelism().map_or(2, usize::from).max(2)
}

impl Drop for Seat {
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
            if tell.is_canceled() {
                continue;
            }
            shares.take(&owner);
            (tell, owner)
        };
        // Whoever gave up at this very moment drops the seat, which takes the lock again.
        let (tell, owner) = next;
        drop(tell.send(Seat { inner: inner.clone(), owner }));
    }
}

fn locked(inner: &Mutex<Inner>) -> MutexGuard<'_, Inner> {
    inner.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::fair::{Line, Rank};
    use futures::FutureExt;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn of(owner: &str) -> Place {
        Place::new(&owner.into(), Rank::Root)
    }

    #[test]
    fn one_owner_leaves_seats_for_another() {
        let gate = Gate::new(4);
        let ann = of("ann");
        let mut anns: Vec<_> = (0..1_000).map(|_| Box::pin(gate.enter(&ann))).collect();
        let running: Vec<_> = anns.iter_mut().filter_map(|one| one.now_or_never().flatten()).collect();
        assert_eq!(running.len(), 4);
        let ben = of("ben");
        assert!(gate.enter(&ben).now_or_never().flatten().is_some());

        // What is given back goes to whoever has less.
        let mut bens = Box::pin(gate.enter(&ben));
        let second = (&mut bens).now_or_never().flatten();
        drop(running);
        let of_ann = anns[4..].iter_mut().filter_map(|one| one.now_or_never().flatten()).count();
        assert!(second.is_some() && of_ann > 0);
    }

    #[test]
    fn who_gives_up_keeps_nobody_waiting() {
        let gate = Gate::new(1);
        let ann = of("ann");
        let first = gate.enter(&ann).now_or_never().flatten();
        for _ in 0..1_000 {
            assert!(gate.enter(&ann).now_or_never().is_none());
        }
        let mut next = Box::pin(gate.enter(&ann));
        assert!((&mut next).now_or_never().is_none());
        drop(first);
        assert!(next.now_or_never().flatten().is_some());
        assert!(locked(&gate.0).waiting.is_empty() && locked(&gate.0).shares.is_idle());
    }

    #[test]
    fn what_a_caller_waits_for_comes_before_bulk_work_of_the_same_owner() {
        let gate = Gate::new(1);
        let (bulk, asked) = (Place::new(&"ann".into(), Rank::Child), Place::new(&"ann".into(), Rank::Command));
        let first = gate.enter(&bulk).now_or_never().flatten();
        let mut second = Box::pin(gate.enter(&bulk));
        assert!((&mut second).now_or_never().is_none());
        let mut command = Box::pin(gate.enter(&asked));
        assert!((&mut command).now_or_never().is_none());
        drop(first);
        assert!((&mut second).now_or_never().is_none());
        assert!(command.now_or_never().flatten().is_some());
    }

    /// Work that takes several goes, and counts how many go on at once.
    async fn goes(gate: &Gate, place: &Place, running: &AtomicUsize) -> usize {
        let work = async {
            let mut most = 0;
            for _ in 0..3 {
                most = most.max(running.fetch_add(1, Ordering::SeqCst) + 1);
                assert!(locked(&gate.0).shares.taken(&place.owner) > 0, "it computes without a seat");
                running.fetch_sub(1, Ordering::SeqCst);
                let mut again = false;
                poll_fn(|context| {
                    context.waker().wake_by_ref();
                    if std::mem::replace(&mut again, true) { Poll::Ready(()) } else { Poll::Pending }
                })
                .await;
            }
            most
        };
        gate.by_turns(|| Some(place.clone()), work).await
    }

    #[test]
    fn work_has_a_seat_while_it_computes_and_none_while_it_waits() {
        let gate = Gate::new(1);
        let (ann, running) = (of("ann"), AtomicUsize::new(0));
        let mut all = pin!(futures::future::join_all((0..100).map(|_| goes(&gate, &ann, &running))));
        let most = std::iter::from_fn(|| Some((&mut all).now_or_never())).flatten().next().unwrap();
        assert!(most.iter().all(|most| *most == 1));
        assert!(locked(&gate.0).shares.is_idle());

        // What waits for something else holds no seat, and what is dropped while it waits for one gives it back.
        let mut waits = Box::pin(gate.by_turns(|| Some(ann.clone()), std::future::pending::<()>()));
        assert!((&mut waits).now_or_never().is_none());
        assert!(locked(&gate.0).shares.is_idle());
        let seat = gate.enter(&ann).now_or_never().flatten();
        let mut given_up = Box::pin(gate.by_turns(|| Some(ann.clone()), async {}));
        assert!((&mut given_up).now_or_never().is_none());
        drop(seat);
        assert!(!locked(&gate.0).shares.is_idle(), "the seat is its own already");
        drop(given_up);
        assert!(locked(&gate.0).shares.is_idle());
    }

    #[test]
    fn work_whose_owner_is_not_known_yet_needs_no_seat() {
        let gate = Gate::new(1);
        let _seat = gate.enter(&of("ann")).now_or_never().flatten();
        assert_eq!(gate.by_turns(|| None, async { 7 }).now_or_never(), Some(7));
        assert_eq!(gate.by_turns(|| Some(of("ann")), async { 7 }).now_or_never(), None);
    }
}
