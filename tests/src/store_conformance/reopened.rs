//! Executions that had ended and were reopened: whatever takes an end for final has to take it back.

use super::{ask, command, control, document, kept, listed, of, page, start, started};
use document::id::WorkflowId;
use engine::{
    drive::submit,
    port::{ExecutionFilter, Host, InteractionFilter, StoreError},
};
use serde_json::json;
use std::{sync::Arc, time::Duration};
use stepwell_core::{
    command::{Asked, Command, Control},
    event::Started,
    execution::{Execution, Status},
    id::ExecutionId,
    interaction::InteractionStatus,
};

/// Seconds that executions of these tests have, by their document.
const TIMEOUT_SECONDS: f64 = 3_600.0;

/// Checks every property.
pub async fn run(host: &dyn Host) {
    an_end_is_taken_back_everywhere(host).await;
    the_time_begins_afresh_also_where_the_status_stays(host).await;
    an_end_that_follows_in_the_same_write_counts(host).await;
    it_counts_again_however_many_are_under_way(host).await;
    one_that_was_held_back_stands_in_line_again(host).await;
    a_watcher_wakes(host).await;
    what_was_removed_is_not_reopened(host).await;
}

fn timed(id: &str) -> serde_json::Value {
    let mut document = document(id);
    document["settings"]["timeout_seconds"] = json!(TIMEOUT_SECONDS);
    document
}

async fn timed_out(host: &dyn Host, id: &ExecutionId, after_seconds: f64) -> bool {
    let at = host.now().after_seconds(after_seconds);
    host.agenda().timed_out(at, 1_000).await.unwrap().contains(id)
}

async fn expired(host: &dyn Host, id: &ExecutionId) -> bool {
    let tomorrow = host.now().after_seconds(86_401.0);
    host.agenda().expired(tomorrow, 1_000).await.unwrap().contains(id)
}

async fn in_status(host: &dyn Host, owner: &str, status: Status) -> Vec<ExecutionId> {
    listed(host, &ExecutionFilter { statuses: vec![status], ..of(owner) }).await
}

async fn an_end_is_taken_back_everywhere(host: &dyn Host) {
    let workflow = kept(host, &timed("reopened")).await;
    // Given an execution with a question, whose time is over soon, and that was cancelled.
    let begin = Started { deadline: host.now().after_seconds(5.0), ..started(host, &workflow, "reopener", json!({})) };
    let id = start(host, begin).await.id().clone();
    let first = ask(host, &id).await.interactions[0].interaction_id.clone();
    command(host, &id, control(Control::Cancel)).await;
    assert_eq!(in_status(host, "reopener", Status::Cancelled).await, std::slice::from_ref(&id));
    assert!(expired(host, &id).await, "its retention began");
    // When it is retried,
    let state = command(host, &id, control(Control::Retry)).await;
    // then lists show it among those that are alive, and nowhere else,
    assert_eq!(state.completed_at, None);
    assert_eq!(in_status(host, "reopener", Status::Running).await, std::slice::from_ref(&id));
    assert!(in_status(host, "reopener", Status::Cancelled).await.is_empty());
    // retention forgets it, and nobody removes it,
    assert!(!expired(host, &id).await);
    assert_eq!(host.journal().delete(&id).await, Err(StoreError::Conflict), "it lives");
    // its time begins afresh,
    assert!(!timed_out(host, &id, 10.0).await);
    assert!(timed_out(host, &id, TIMEOUT_SECONDS + 10.0).await);
    // its question is asked anew under another id, beside the old one,
    let second = ask(host, &id).await.interactions[1].interaction_id.clone();
    assert_ne!(first, second);
    let open = InteractionFilter { status: Some(InteractionStatus::Pending), ..questions("reopener") };
    let shown = host.index().interactions(&open, &page(10, None)).await.unwrap().items;
    assert_eq!(shown, [(id.clone(), second.clone())]);
    let all = host.index().interactions(&questions("reopener"), &page(10, None)).await.unwrap().items;
    assert_eq!(all.len(), 2);
    for question in [&first, &second] {
        assert_eq!(host.index().asks(question).await.unwrap().as_ref(), Some(&id));
    }
    // and its journal goes on.
    let state = host.journal().load(&id).await.unwrap().unwrap();
    let turns = host.journal().turns(&id, 0, 100).await.unwrap();
    assert_eq!(turns.last().map(|turn| turn.seq), Some(state.seq));
    let folded = stepwell_core::evolve::fold(&workflow, None, &turns).expect("it folds");
    assert_eq!(folded, *state);
    // And its second end is one like the first.
    command(host, &id, control(Control::Cancel)).await;
    assert!(!timed_out(host, &id, TIMEOUT_SECONDS + 10.0).await);
    assert!(expired(host, &id).await);
    host.journal().delete(&id).await.unwrap();
    assert_eq!(host.journal().load(&id).await.unwrap(), None);
    let left = host.index().interactions(&questions("reopener"), &page(10, None)).await.unwrap().items;
    assert!(left.is_empty(), "both questions go");
}

fn questions(owner: &str) -> InteractionFilter {
    InteractionFilter { owner: owner.into(), ..InteractionFilter::default() }
}

async fn batch<const N: usize>(host: &dyn Host, id: &ExecutionId, controls: [Control; N]) -> Arc<Execution> {
    let asked: Vec<Asked> = controls.map(|one| control(one).into()).to_vec();
    let done = submit(host, id, asked).await.expect("the store works").expect("it exists");
    done.replies.into_iter().for_each(|reply| reply.expect("it is allowed"));
    done.state
}

async fn the_time_begins_afresh_also_where_the_status_stays(host: &dyn Host) {
    let workflow = kept(host, &timed("same-status")).await;
    let begin = Started { deadline: host.now().after_seconds(5.0), ..started(host, &workflow, "same", json!({})) };
    let before = start(host, begin).await;
    // Given one write that ends an execution and reopens it, so that it has the status that it had.
    let state = batch(host, before.id(), [Control::Cancel, Control::Retry]).await;
    assert_eq!(state.status(), before.status());
    assert!(!timed_out(host, before.id(), 10.0).await, "its time has begun afresh");
    assert!(timed_out(host, before.id(), TIMEOUT_SECONDS + 10.0).await);
    assert!(!expired(host, before.id()).await);
}

async fn an_end_that_follows_in_the_same_write_counts(host: &dyn Host) {
    let workflow = kept(host, &timed("same-write")).await;
    let id = start(host, started(host, &workflow, "same-write", json!({}))).await.id().clone();
    command(host, &id, control(Control::Cancel)).await;
    batch(host, &id, [Control::Retry, Control::Cancel]).await;
    assert!(expired(host, &id).await && !timed_out(host, &id, TIMEOUT_SECONDS + 10.0).await);
    assert_eq!(in_status(host, "same-write", Status::Cancelled).await, std::slice::from_ref(&id));
    host.journal().delete(&id).await.expect("it has ended");
}

/// A workflow of which one execution may be under way.
async fn one_at_a_time(host: &dyn Host, name: &str) -> (Arc<document::Workflow>, WorkflowId) {
    let mut document = timed(name);
    document["settings"]["max_concurrency"] = json!(1);
    let workflow = kept(host, &document).await;
    let id = workflow.id.clone();
    (workflow, id)
}

async fn it_counts_again_however_many_are_under_way(host: &dyn Host) {
    let (workflow, id) = one_at_a_time(host, "counted-again").await;
    let first = start(host, started(host, &workflow, "counter", json!({}))).await.id().clone();
    command(host, &first, control(Control::Cancel)).await;
    assert_eq!(host.admission().held("counter", &id).await.unwrap(), (None, 0));
    let second = start(host, started(host, &workflow, "counter", json!({}))).await.id().clone();
    // When the first is reopened, then both are under way, though there is room for one.
    let state = command(host, &first, control(Control::Retry)).await;
    assert!(!state.held);
    assert_eq!(host.admission().held("counter", &id).await.unwrap(), (None, 2));
    // And a start that looks for others finds it.
    command(host, &second, control(Control::Cancel)).await;
    assert!(host.admission().another("counter", &id, &[Status::Running]).await.unwrap());
    // And one that is held back is not let in before it ends.
    let held = start(host, Started { held: true, ..started(host, &workflow, "counter", json!({})) }).await;
    host.outbox().let_in("counter", &id).await.unwrap();
    assert_eq!(host.admission().held("counter", &id).await.unwrap(), (Some(held.id().clone()), 1));
}

async fn one_that_was_held_back_stands_in_line_again(host: &dyn Host) {
    let (workflow, id) = one_at_a_time(host, "in-line-again").await;
    let first = start(host, started(host, &workflow, "liner", json!({}))).await.id().clone();
    let held = start(host, Started { held: true, ..started(host, &workflow, "liner", json!({})) }).await.id().clone();
    // Given one that was let in as the other ended, and was cancelled before it moved. A third has its place.
    command(host, &first, control(Control::Cancel)).await;
    command(host, &held, control(Control::Cancel)).await;
    assert_eq!(host.admission().held("liner", &id).await.unwrap(), (None, 0));
    let third = start(host, started(host, &workflow, "liner", json!({}))).await.id().clone();
    // When it is retried, then it is held back as before.
    let state = command(host, &held, control(Control::Retry)).await;
    assert_eq!((state.status(), state.held), (Status::Pending, true));
    assert_eq!(host.admission().held("liner", &id).await.unwrap(), (Some(held.clone()), 1));
    // And the end of the third lets it in.
    command(host, &third, control(Control::Cancel)).await;
    command(host, &held, Command::Admit).await;
    assert_eq!(host.admission().held("liner", &id).await.unwrap(), (None, 1));
}

async fn a_watcher_wakes(host: &dyn Host) {
    let workflow = kept(host, &timed("woken-again")).await;
    let id = start(host, started(host, &workflow, "woken-again", json!({}))).await.id().clone();
    let ended = command(host, &id, control(Control::Cancel)).await;
    let watch = tokio::time::timeout(Duration::from_secs(5), host.journal().changed(&id, ended.seq));
    let change = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        command(host, &id, control(Control::Retry)).await;
    };
    let (woken, _) = tokio::join!(watch, change);
    woken.expect("who watches an execution that had ended sees it go on");
}

async fn what_was_removed_is_not_reopened(host: &dyn Host) {
    let workflow = kept(host, &timed("removed")).await;
    let id = start(host, started(host, &workflow, "removed", json!({}))).await.id().clone();
    command(host, &id, control(Control::Cancel)).await;
    host.journal().delete(&id).await.unwrap();
    let asked = submit(host, &id, control(Control::Retry)).await;
    assert!(matches!(asked, Ok(None)), "there is no such execution");
    assert_eq!(host.journal().load(&id).await.unwrap(), None);
}
