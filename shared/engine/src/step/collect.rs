//! Gathers what the children of a `map` or `workflow` node gave, and makes the node's output of it.

use crate::{
    delivery::children_at_once,
    limits,
    port::{Host, StoreError},
};
use document::Workflow;
use futures::{
    Stream, StreamExt,
    future::{Either, pending, select},
    stream,
};
use serde_json::Value;
use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};
use stepwell_core::{
    agent::Decided,
    children::{Family, Given},
    execution::Execution,
    id::{Activation, ExecutionId},
    payload::weight,
    task::{Failure, Outcome},
};

/// How far the reading of the children got.
enum Gathered {
    /// What each child gave, in the order of their indexes. None: the child is not shown, or does not exist.
    All(Vec<Option<Given>>),
    /// The outputs are more than an output may have in all; the rest was not read.
    TooLarge,
    /// The outputs take more memory than an output may in all; the rest was not read.
    TooManyValues,
    /// The time was over when so many children were read.
    Late(usize),
}

/// One child, read.
enum Read {
    Given(Box<Given>),
    /// The child is not shown, or does not exist.
    Nothing,
    /// Its output and those read before are more than an output may have in all.
    TooLarge,
}

/// Makes the outcome of an activation of what its children gave, in the order of their indexes. `again`: the message
/// was handed out before.
///
/// # Errors
/// Where the store fails, or time ran out for the first time. The message then comes again.
pub async fn collect(
    host: &dyn Host,
    state: &Arc<Execution>,
    workflow: &Arc<Workflow>,
    activation: &Activation,
    attempt: u32,
    again: bool,
) -> Result<Outcome, StoreError> {
    let Some(family) = Family::of(workflow, state, activation, attempt) else {
        return Err(StoreError::Permanent(format!("the workflow has no node {}", activation.node)));
    };
    // Which calls the children of an agent stand for is kept with their items.
    let items = family.items();
    if items.missing().is_some() {
        host.journal().fetch(state.id(), &[&items]).await?;
    }
    let fetched = AtomicU64::new(0);
    let reads = (0..family.count()).map(|index| read(host, family.is_shown(index).then(|| family.id(index)), &fetched));
    match gather(stream::iter(reads).buffered(children_at_once(host)), time_over(host)).await? {
        Gathered::All(given) => Ok(family.outcome(given)),
        Gathered::TooLarge => Ok(Outcome::Failed(too_large())),
        Gathered::TooManyValues => Ok(Outcome::Failed(Failure::too_many_values())),
        Gathered::Late(read) => late(read, family.count(), again),
    }
}

/// Ends when the host has no time left; never where nothing cuts it off.
async fn time_over(host: &dyn Host) {
    match host.time_left() {
        None => pending().await,
        Some(left) if left.is_zero() => {}
        Some(left) => host.sleep(left).await,
    }
}

/// Takes what the children gave until all are read, the outputs are too large, or `over` has ended.
async fn gather(
    reads: impl Stream<Item = Result<Read, StoreError>>,
    over: impl Future<Output = ()>,
) -> Result<Gathered, StoreError> {
    let (mut reads, mut over) = (pin!(reads), pin!(over));
    let (mut gathered, mut bytes, mut memory) = (Vec::new(), 0, 0);
    loop {
        let given = match select(over.as_mut(), reads.next()).await {
            Either::Left(_) => return Ok(Gathered::Late(gathered.len())),
            Either::Right((given, _)) => given,
        };
        let Some(given) = given else { return Ok(Gathered::All(gathered)) };
        let given = match given? {
            Read::Given(given) => Some(*given),
            Read::Nothing => None,
            Read::TooLarge => return Ok(Gathered::TooLarge),
        };
        bytes += given.as_ref().map_or(0, |given| weight(&given.output, limits::OUTCOME_BYTES));
        if bytes > limits::OUTCOME_BYTES {
            return Ok(Gathered::TooLarge);
        }
        let most = limits::OUTCOME_MEMORY_BYTES;
        memory += given.as_ref().map_or(0, |given| document::json::memory(&given.output, most));
        if memory > most {
            return Ok(Gathered::TooManyValues);
        }
        gathered.push(given);
    }
}

/// What is done when time ran out. The first time, a slow moment of the store may have been the cause, or the other
/// messages of the batch, so the message comes again. The second time the node fails: failing messages would end as a
/// dead letter and leave the execution stuck. The failure is not retried, since that would start all children anew.
fn late(read: usize, count: u32, again: bool) -> Result<Outcome, StoreError> {
    let message = format!("what {read} of {count} children gave was read when the step function's time was over");
    if !again {
        tracing::warn!(read, count, "children could not be read in time: it is tried once more");
        return Err(StoreError::Transient(message));
    }
    let advice = "give the node fewer items, or raise the function's FunctionMemory or FunctionTimeout";
    Ok(Outcome::Failed(Failure::new("too_many_items", format!("{message}: {advice}"))))
}

/// Reads a child, and of its offloaded values only the output. `fetched` counts the bytes of the outputs that were
/// fetched for the node so far: several children are read at a time, so an output past the bound is not even fetched.
async fn read(host: &dyn Host, id: Option<ExecutionId>, fetched: &AtomicU64) -> Result<Read, StoreError> {
    let Some(id) = id else { return Ok(Read::Nothing) };
    let Some(child) = host.journal().load_lean(&id).await? else { return Ok(Read::Nothing) };
    if let Some((output, blob)) = child.output.as_ref().and_then(|output| Some((output, output.missing()?))) {
        if fetched.fetch_add(blob.bytes, Relaxed).saturating_add(blob.bytes) > limits::OUTCOME_BYTES as u64 {
            return Ok(Read::TooLarge);
        }
        host.journal().fetch(&id, &[output]).await?;
    }
    let output = match &child.output {
        Some(output) => output.value().ok_or_else(|| lost(&id))?.clone(),
        None => Value::Null,
    };
    let given = Given { status: child.status(), output, error: child.error.clone(), decided: Decided::of(&child), id };
    Ok(Read::Given(Box::new(given)))
}

/// What is wrong where a store has brought a value that is not there all the same.
fn lost(id: &ExecutionId) -> StoreError {
    StoreError::Permanent(format!("the output of {id} was not brought"))
}

/// The failure of a node whose output is larger than [`limits::OUTCOME_BYTES`].
pub(super) fn too_large() -> Failure {
    let most = limits::OUTCOME_BYTES / (1024 * 1024);
    Failure::new("output_too_large", format!("an output has {most} MiB at most"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::future::{FutureExt, poll_fn, ready};
    use serde_json::json;
    use std::task::Poll;
    use stepwell_core::execution::Status;

    fn given(output: Value) -> Result<Read, StoreError> {
        let (status, decided) = (Status::Completed, Decided::default());
        Ok(Read::Given(Box::new(Given { id: "child".into(), status, output, error: None, decided })))
    }

    #[test]
    fn children_are_read_as_long_as_there_is_time() {
        let read = || stream::iter((0..3).map(|n| given(json!(n))));
        let all = gather(read(), pending()).now_or_never();
        assert!(matches!(all, Some(Ok(Gathered::All(all))) if all.len() == 3));
        assert!(matches!(gather(read(), ready(())).now_or_never(), Some(Ok(Gathered::Late(0)))));
        // Time that is over when it is asked for the third time: two children have been read.
        let mut asked = 0;
        let soon = poll_fn(move |_| {
            asked += 1;
            if asked > 2 { Poll::Ready(()) } else { Poll::Pending }
        });
        assert!(matches!(gather(read(), soon).now_or_never(), Some(Ok(Gathered::Late(2)))));
    }

    #[test]
    fn reading_ends_with_an_error_and_with_too_much() {
        let breaks = gather(stream::iter([Err(StoreError::Conflict)]), pending()).now_or_never();
        assert!(matches!(breaks, Some(Err(StoreError::Conflict))));
        let half = "x".repeat(limits::OUTCOME_BYTES / 2 + 1);
        let large = stream::iter([given(json!(half)), given(json!(half))]).chain(stream::pending());
        assert!(matches!(gather(large, pending()).now_or_never(), Some(Ok(Gathered::TooLarge))));
        let many = stream::iter((0..100).map(|_| given(json!(vec![0; 30_000])))).chain(stream::pending());
        assert!(matches!(gather(many, pending()).now_or_never(), Some(Ok(Gathered::TooManyValues))));
        let unread = stream::iter([Ok(Read::TooLarge)]).chain(stream::pending());
        assert!(matches!(gather(unread, pending()).now_or_never(), Some(Ok(Gathered::TooLarge))));
    }

    #[test]
    fn what_cannot_be_read_in_time_is_tried_once_more_and_fails_its_node_for_good() {
        assert!(matches!(late(7, 9, false), Err(StoreError::Transient(_))));
        let failed = |failure: &Failure| failure.code == "too_many_items" && !failure.retryable;
        let outcome = late(7, 9, true);
        assert!(
            matches!(&outcome, Ok(Outcome::Failed(it)) if failed(it) && it.message.contains("7 of 9")),
            "{outcome:?}"
        );
    }
}
