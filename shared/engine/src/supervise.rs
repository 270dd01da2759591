//! The supervisor: submits what time and accidents call for, such as timeouts, removal after retention, dead letters
//! and lost messages. It decides nothing; the rules do.

use crate::{
    delivery,
    drive::{Submission, submit, workflow_of},
    limits,
    port::{Clock, Host, StoreError},
    schedules::start_due,
};
use document::{id::NodeId, schedule::Watch, time::Time};
use futures::{
    StreamExt,
    future::{Either, select},
    stream,
};
use std::{pin::pin, time::Duration};
use stepwell_core::{
    command::{Asked, Command},
    due::{due_at, past_timers},
    effect::{Message, Work},
    execution::Execution,
    id::ExecutionId,
    interaction::delivery::Told,
    owed::{Since, owed},
};

/// Executions taken up in one sweep, so that no sweep keeps other work waiting for long.
pub const SWEEP: usize = 200;
/// The longest that one execution is looked after at a time. The removal of one with many children goes on from there
/// the next time.
pub const EACH: Duration = Duration::from_secs(20);
/// Seconds for which an execution that could not be looked after is put off: a few ticks, in which others have their
/// turn.
const AGAIN_SECONDS: f64 = 180.0;

/// Fails executions whose own timeout has passed, and returns how many. An execution that cannot be ended is logged,
/// and keeps no other waiting.
///
/// # Errors
/// Where the store fails for all of them. The next sweep tries again.
pub async fn end_timed_out(host: &dyn Host) -> Result<usize, StoreError> {
    let mut swept = Swept::default();
    for id in &host.agenda().timed_out(host.now(), SWEEP).await? {
        let ended = submit(host, id, Command::Timeout).await;
        swept.count(id, "an execution past its timeout could not be ended", ended.map(drop));
    }
    swept.outcome()
}

/// Removes ended executions that are older than `retention_days`, and returns how many. An execution that cannot be
/// removed is logged, and keeps no other waiting.
///
/// # Errors
/// Where the store fails for all of them. The next sweep tries again.
pub async fn remove_expired(host: &dyn Host) -> Result<usize, StoreError> {
    let mut swept = Swept::default();
    for id in &host.agenda().expired(host.now(), SWEEP).await? {
        match host.journal().delete(id).await {
            // It was reopened since it was found.
            Err(StoreError::Conflict) => {}
            removed => swept.count(id, "an execution past its retention could not be removed", removed),
        }
    }
    swept.outcome()
}

/// Removes these ended executions, whose retention is over, several at once, until `until`; returns how many. One that
/// cannot be removed, or whose removal takes longer than `EACH`, is put off, so that others have their turn: what was
/// removed of it stays so. A removal that `until` cuts off keeps its place.
///
/// # Errors
/// Where the store fails for all of them. The next sweep tries again.
pub async fn remove_all(host: &dyn Host, ids: &[ExecutionId], until: Time) -> Result<usize, StoreError> {
    let each: Vec<_> = ids.iter().map(|id| async move { (id, remove_one(host, id, until).await) }).collect();
    let mut removals = stream::iter(each).buffer_unordered(limits::REMOVED_AT_ONCE);
    let mut swept = Swept::default();
    while let Some((id, removed)) = removals.next().await {
        match removed {
            Ok(Removal::Done) => swept.done += 1,
            Ok(Removal::Left) => {}
            Err(error) => swept.count(id, "an execution past its retention could not be removed", Err(error)),
        }
    }
    swept.outcome()
}

/// What became of one removal that met no error.
enum Removal {
    Done,
    /// There was no time left, or the execution was reopened since it was found.
    Left,
}

async fn remove_one(host: &dyn Host, id: &ExecutionId, until: Time) -> Result<Removal, StoreError> {
    let time = EACH.min(until.since(host.now()));
    if time.is_zero() {
        return Ok(Removal::Left);
    }
    match select(host.journal().delete(id), host.sleep(time)).await {
        Either::Left((Ok(()), _)) => Ok(Removal::Done),
        Either::Left((Err(StoreError::Conflict), _)) => Ok(Removal::Left),
        Either::Left((Err(error), _)) => {
            put_off(host, id).await;
            Err(error)
        }
        Either::Right(_) if time < EACH => Ok(Removal::Left),
        Either::Right(_) => {
            tracing::info!(execution = %id, "the removal of this execution takes long, and is gone on with later");
            put_off(host, id).await;
            Ok(Removal::Left)
        }
    }
}

/// What a sweep has done so far: for how many executions it succeeded, and the last error.
#[derive(Default)]
struct Swept {
    done: usize,
    failed: Option<StoreError>,
}

impl Swept {
    /// Counts an execution that was dealt with, or logs why it was not; `what` says so for people.
    fn count(&mut self, id: &ExecutionId, what: &str, outcome: Result<(), StoreError>) {
        match outcome {
            Ok(()) => self.done += 1,
            Err(error) => {
                tracing::warn!(%error, execution = %id, "{what}");
                self.failed = Some(error);
            }
        }
    }

    /// How many executions were dealt with; an error only where none was, so that one failure does not hide the others'
    /// success.
    fn outcome(self) -> Result<usize, StoreError> {
        match self.failed {
            Some(error) if self.done == 0 => Err(error),
            _ => Ok(self.done),
        }
    }
}

/// Records with its execution that a message could not be processed. The execution then is stuck, so that people see
/// it.
///
/// # Errors
/// Where the store fails. The caller leaves the dead letter where it is.
pub async fn bury(host: &dyn Host, message: &Message, error: &str) -> Result<(), StoreError> {
    // A message to people holds nothing up: its receiver is not told, and the question says so.
    if let Work::Deliver(delivering) = &message.work {
        let told = Told::Refused { error: error.to_owned() };
        let command = Command::Told { delivering: delivering.clone(), told };
        return submit(host, &message.execution, command).await.map(drop);
    }
    let about = match &message.work {
        Work::Step { activation, attempt, .. } => format!("attempt {attempt} of node {}", activation.node),
        Work::Timer { activation, .. } => format!("the timer of node {}", activation.node),
        Work::StartChildren { activation, .. } => format!("starting the children of node {}", activation.node),
        Work::TellChildren { activation, .. } => format!("telling the children of node {} what to do", activation.node),
        Work::ChildEnded { activation, index, .. } => format!("the end of child {index} of node {}", activation.node),
        Work::ChildAsks { activation, index, .. } => format!("a question in child {index} of node {}", activation.node),
        Work::Timeout => "the execution's timeout".to_owned(),
        Work::Control { .. } => "what its parent asked".to_owned(),
        Work::RollBack => "the plan of a rollback".to_owned(),
        Work::Undo(_) => "a compensation".to_owned(),
        Work::ChildUndone { activation, index, .. } => {
            format!("what child {index} of node {} says of being undone", activation.node)
        }
        Work::Deliver(_) => "a message to people".to_owned(),
        Work::Remember { activation, .. } => format!("what agent {} remembers", activation.node),
        Work::Admit => "its admission".to_owned(),
    };
    let command = Command::DeadLetter { about, at: place(&message.work), error: error.to_owned() };
    submit(host, &message.execution, command).await.map(drop)
}

/// The node that a message is about, and which attempt of it, where it is about one.
fn place(work: &Work) -> (Option<NodeId>, Option<u32>) {
    match work {
        Work::Step { activation, attempt, .. } => (Some(activation.node.clone()), Some(*attempt)),
        Work::Timer { activation, .. }
        | Work::StartChildren { activation, .. }
        | Work::TellChildren { activation, .. }
        | Work::ChildEnded { activation, .. }
        | Work::ChildAsks { activation, .. }
        | Work::ChildUndone { activation, .. }
        | Work::Remember { activation, .. } => (Some(activation.node.clone()), None),
        Work::Timeout | Work::Control { .. } | Work::RollBack | Work::Undo(_) | Work::Deliver(_) | Work::Admit => {
            (None, None)
        }
    }
}

/// Looks after executions that are due, or whose effects may not have been delivered, until `until`, and returns how
/// many. For hosts whose commits do not deliver. An execution that fails, or takes longer than `EACH`, is put off, so
/// that those behind it have their turn; what was done for it remains done. None is begun with less than `EACH` left,
/// since that would put off one that is in order. Several are looked after at once, since each mostly waits for the store.
///
/// # Errors
/// Where the store cannot say which are due. The next sweep tries again.
pub async fn look_after(host: &dyn Host, until: Time) -> Result<usize, StoreError> {
    let due = host.agenda().due(host.now(), SWEEP).await?;
    let each: Vec<_> = due.iter().map(|id| look_after_until(host, id, until)).collect();
    let mut looked = stream::iter(each).buffer_unordered(limits::LOOKED_AFTER_AT_ONCE);
    let mut begun = 0;
    while let Some(has_begun) = looked.next().await {
        begun += usize::from(has_begun);
    }
    Ok(begun)
}

/// Looks after one execution, unless there is too little time left. Returns whether it was begun with.
async fn look_after_until(host: &dyn Host, id: &ExecutionId, until: Time) -> bool {
    if until.since(host.now()) < EACH {
        return false;
    }
    if let Err(error) = in_time(host, EACH, look_after_one(host, id)).await {
        tracing::error!(execution = %id, %error, "this execution could not be looked after");
        put_off(host, id).await;
    }
    true
}

/// Has others have their turn before an execution with which something is wrong.
async fn put_off(host: &dyn Host, id: &ExecutionId) {
    if let Err(error) = host.agenda().put_off(id, host.now().after_seconds(AGAIN_SECONDS)).await {
        tracing::warn!(execution = %id, %error, "it keeps its place");
    }
}

/// What a job results in; a transient error where it takes longer than `time`.
pub(crate) async fn in_time<T>(
    clock: &dyn Clock,
    time: Duration,
    job: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    match select(pin!(job), clock.sleep(time)).await {
        Either::Left((done, _)) => done,
        Either::Right(_) => {
            let late = format!("it takes longer than {} s, and is gone on with later", time.as_secs());
            Err(StoreError::Transient(late))
        }
    }
}

/// Starts what schedules ask for, on a host that is woken each minute, and returns how many executions it started.
/// Takes up `SWEEP` schedules at a time until none is due or `until` has come; the next minute goes on.
///
/// # Errors
/// Where the store fails. The next minute goes on.
pub async fn keep_schedules(host: &dyn Host, until: Time) -> Result<u64, StoreError> {
    let mut started = 0;
    while host.now() < until {
        let done = start_due(host, Watch::each_minute(), SWEEP).await?;
        started += done.started;
        if done.taken_up == 0 {
            break;
        }
    }
    Ok(started)
}

/// Makes up for what an execution has lost: messages, timers, effects, or the rest of its removal.
async fn look_after_one(host: &dyn Host, id: &ExecutionId) -> Result<(), StoreError> {
    // An execution without a state is one whose removal broke off.
    let Some(state) = host.journal().load_lean(id).await? else { return host.journal().delete(id).await };
    let now = host.now();
    let workflow = workflow_of(host, &state).await?;
    // An ended execution whose retention is over was put among those that are alive by an earlier release, or waited here
    // for its effects to be delivered. It owes nothing any more, and goes to the list of those that are to be removed.
    let due = due_at(&workflow, &state).filter(|due| *due <= now);
    if state.end.is_some() && due.is_some() {
        return host.agenda().looked_after(&state, due).await;
    }
    // Timers that should have fired, the execution's own timeout among them: their messages may have been lost.
    let mut late: Vec<Command> = Vec::new();
    if state.times_out_at().is_some_and(|at| at <= now) {
        late.push(Command::Timeout);
    }
    let timers = past_timers(&state, now).into_iter();
    late.extend(timers.map(|(activation, purpose)| Command::Timer { activation, purpose }));
    let asked: Vec<Asked> = late.into_iter().map(Asked::from).collect();
    let state = match asked.is_empty() {
        true => state,
        false => {
            let submission = Submission::of(asked, &state, &workflow);
            submit(host, id, submission).await?.map_or(state, |submitted| submitted.state)
        }
    };
    // Whatever the state still owes is delivered again, which does no harm where it was delivered before.
    let effects = owed(&workflow, &state, Since::Ever);
    delivery::deliver(host, id, &effects).await?;
    host.outbox().tidy(&state).await?;
    // What was just delivered gets some time to arrive before the execution is looked at again.
    let next = due_at(&workflow, &state).map(|due| due.max(now.after_seconds(pause(&state, now))));
    host.agenda().looked_after(&state, next).await
}

/// Seconds until an execution is looked at again at the soonest. One that is held back is looked at less and less often,
/// since the end of another lets it in, and many may be held back.
fn pause(state: &Execution, now: Time) -> f64 {
    if !state.held {
        return limits::GRACE_SECONDS;
    }
    (now.since(state.started_at).as_secs_f64() / 2.0).clamp(limits::GRACE_SECONDS, limits::HELD_PAUSE_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_trait::async_trait;
    use futures::future::{FutureExt, pending, ready};

    /// A clock by which every time is over as soon as something else has to be waited for.
    struct Over;

    #[async_trait]
    impl Clock for Over {
        fn now(&self) -> Time {
            Time(0)
        }
        async fn sleep(&self, _: Duration) {}
        fn new_id(&self) -> ExecutionId {
            "made".into()
        }
    }

    #[test]
    fn a_job_ends_in_time_or_with_an_error() {
        assert_eq!(in_time(&Over, EACH, ready(Ok(()))).now_or_never(), Some(Ok(())));
        let failed: Result<(), _> = Err(StoreError::Conflict);
        assert_eq!(in_time(&Over, EACH, ready(failed.clone())).now_or_never(), Some(failed));
        let endless = in_time::<()>(&Over, EACH, pending()).now_or_never();
        assert!(matches!(endless, Some(Err(StoreError::Transient(_)))), "{endless:?}");
    }
}
