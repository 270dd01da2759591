//! What is due later: delayed messages, returned messages and timers. One task sleeps until the soonest and hands out
//! what is due then.

use super::Dispatcher;
use crate::store::{
    limits,
    messages::{self, Item, PageOf},
    queue::Queue,
    timers::{self, TimerKey},
    writer::{Failure, Job, Known},
};
use document::time::Time;
use engine::{
    fair::{Owner, Place, Rank},
    port::StoreError,
};
use rusqlite::Connection;
use std::{sync::Arc, time::Duration};
use stepwell_core::effect::{Message, Work};

/// The longest sleep, so that a machine's clock that is set meanwhile is noticed.
const NAP: Duration = Duration::from_secs(30);

/// The task: hands out what is due, sleeps until the next is, and so on until the dispatcher stops.
pub async fn run(dispatcher: Arc<Dispatcher>) {
    loop {
        // The wake-up is taken before the look, so that one in between is not missed.
        let woken = dispatcher.rings.notified();
        let next = dispatcher.fire().await;
        if dispatcher.is_stopped() {
            return;
        }
        let _ = tokio::time::timeout(nap(next, (dispatcher.clock)()), woken).await;
    }
}

/// How long to sleep where the next is due at `next`, in milliseconds since 1970.
pub(super) fn nap(next: Option<i64>, now: Time) -> Duration {
    next.map_or(NAP, |at| Time(at).since(now).min(NAP))
}

impl Dispatcher {
    /// Hands out what is due. Returns when the next is, in milliseconds since 1970; none where nothing is to come.
    async fn fire(self: &Arc<Self>) -> Option<i64> {
        let now = (self.clock)();
        let (timers, wanted) = {
            let mut state = self.state();
            let ready = state.delayed.due(now.0).into_iter().chain(state.returned.due(now.0)).collect::<Vec<_>>();
            for item in ready {
                self.count_in();
                state.lanes.push(Item { since: now, ..item });
            }
            let wanted = (state.delayed.wants(), state.timers.wants());
            (state.timers.due(now.0), wanted)
        };
        self.pump();
        // The writer's thread reads the pages too, so that a row is either in a page or offered to the window after it.
        let mut jobs: Vec<Box<dyn Job>> = Vec::new();
        for timers in timers.chunks(limits::FIRED) {
            jobs.push(Box::new(Fire { timers: timers.to_vec(), now, fired: Vec::new(), dispatcher: self.clone() }));
        }
        if let Some(after) = wanted.0 {
            jobs.push(Box::new(MessagePage { after, page: None, dispatcher: self.clone() }));
        }
        if let Some(after) = wanted.1 {
            jobs.push(Box::new(TimerPage { after, page: None, dispatcher: self.clone() }));
        }
        // What is due is everybody's, so it goes as the host's own.
        let place = Place { owner: Owner::default(), rank: Rank::Root };
        for job in jobs {
            if self.send(&place, job).is_err() {
                break;
            }
        }
        let state = self.state();
        [state.delayed.next(), state.returned.next(), state.timers.next()].into_iter().flatten().min()
    }
}

/// The job that turns due timers into messages, at least once: a timer's row goes in the transaction that writes its
/// message, and a message's row with the turn that it causes.
struct Fire {
    timers: Vec<TimerKey>,
    now: Time,
    fired: Vec<Item>,
    dispatcher: Arc<Dispatcher>,
}

impl Job for Fire {
    fn apply(&mut self, db: &Connection, known: &mut Known) -> Result<(), Failure> {
        self.fired.clear();
        for timer in &self.timers {
            let Some(head) = known.head(db, &timer.execution)? else { continue };
            let TimerKey { activation, purpose, .. } = timer;
            if !timers::take(db, head.run, activation, *purpose, self.now)? {
                continue;
            }
            let work = Work::Timer { activation: timer.activation.clone(), purpose: timer.purpose };
            let message = Message { execution: timer.execution.clone(), work };
            let item = self.dispatcher.item(message, timer.place.clone());
            messages::insert(db, &item, None)?;
            self.fired.push(item);
        }
        Ok(())
    }

    fn done(self: Box<Self>, outcome: Result<(), StoreError>) {
        match outcome {
            Ok(()) => self.dispatcher.committed(&[], self.fired),
            Err(_) => self.dispatcher.timers_again(self.timers, self.now.after_seconds(1.0)),
        }
    }
}

/// The job that reads the next page of delayed messages.
struct MessagePage {
    after: i64,
    page: PageOf<Item>,
    dispatcher: Arc<Dispatcher>,
}

impl Job for MessagePage {
    fn apply(&mut self, db: &Connection, _: &mut Known) -> Result<(), Failure> {
        self.page = messages::due_page(db, &self.dispatcher.moves, self.after, self.dispatcher.window)?;
        Ok(())
    }

    fn done(self: Box<Self>, outcome: Result<(), StoreError>) {
        self.dispatcher.state().delayed.extend(outcome.ok().and(self.page));
        self.dispatcher.rings.notify_one();
    }
}

/// The job that reads the next page of timers.
struct TimerPage {
    after: i64,
    page: PageOf<TimerKey>,
    dispatcher: Arc<Dispatcher>,
}

impl Job for TimerPage {
    fn apply(&mut self, db: &Connection, _: &mut Known) -> Result<(), Failure> {
        self.page =
            timers::page(db, &self.dispatcher.moves, self.after, self.dispatcher.window, || self.dispatcher.number())?;
        Ok(())
    }

    fn done(self: Box<Self>, outcome: Result<(), StoreError>) {
        self.dispatcher.state().timers.extend(outcome.ok().and(self.page));
        self.dispatcher.rings.notify_one();
    }
}
