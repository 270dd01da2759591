//! Runs of which nothing was heard: nobody knows what they did, so they are undone too.

use super::ledger::{World, chain, charge};
use engine::step;
use serde_json::json;
use stepwell_core::{
    command::Control,
    execution::{Phase, Status},
    rollback::Rollback,
};

#[tokio::test]
async fn a_run_that_was_cut_off_is_undone_although_the_next_one_was_refused() {
    let world = World::started(&chain("again", &[charge("a"), charge("b")])).await;
    // Given the ledger has booked `b`, and the worker died before it could tell,
    let (_, worker) = world.begun("b").await;
    // when the message comes again, and the ledger refuses,
    world.fails("/b", "no");
    world.host.nack(worker.receipt, 0.0);
    world.host.handle_due().await;
    world.is(Status::Failed);
    // then nobody knows what the first run did.
    assert_eq!(world.would_undo(&Rollback::to(1)).await, ["/undo/?", "/undo/id/a"]);
    world.holds().await;
}

#[tokio::test]
async fn a_run_that_an_end_cut_off_is_undone_although_the_retry_was_refused() {
    let world = World::started(&chain("ended", &[charge("a"), charge("b")])).await;
    let (_, worker) = world.begun("b").await;
    world.control(Control::Cancel).await.unwrap();
    world.host.ack(worker.receipt);
    world.fails("/b", "no");
    world.control(Control::Retry).await.unwrap();
    world.is(Status::Failed);
    assert_eq!(world.would_undo(&Rollback::to(1)).await, ["/undo/?", "/undo/id/a"]);
    world.works("/b");
    world.back(Rollback::to(1)).await.unwrap();
    world.is(Status::Completed);
    assert_eq!(world.entries(), ["/a", "/undo/?", "/undo/id/a", "/a", "/b"].map(String::from));
    // What is undone is not undone twice.
    assert_eq!(world.would_undo(&Rollback::to(1)).await, ["/undo/id/b", "/undo/id/a"]);
    world.holds().await;
}

#[tokio::test]
async fn a_retry_makes_no_second_attempt_of_what_runs_once() {
    let mut pay = charge("b");
    pay["delivery"] = json!("at_most_once");
    let world = World::started(&chain("once", &[charge("a"), pay])).await;
    let (activation, worker) = world.begun("b").await;
    world.control(Control::Cancel).await.unwrap();
    world.host.ack(worker.receipt);
    // When it is retried, the attempt that was under way is awaited,
    world.control(Control::Retry).await.unwrap();
    world.is(Status::Running);
    assert!(matches!(world.state().node(&activation.node).unwrap().phase, Phase::Intended { .. }));
    world.after(100.0).await;
    // and nobody knows how it ended.
    world.is(Status::Failed);
    assert_eq!(world.state().error.clone().unwrap().code, "outcome_unknown");
    assert_eq!(world.entries(), ["/a"].map(String::from));
    // Whoever retries it now knows that.
    world.control(Control::Retry).await.unwrap();
    world.is(Status::Completed);
    assert_eq!(world.entries(), ["/a", "/b"].map(String::from));
    world.holds().await;
}

#[tokio::test]
async fn a_child_that_runs_stands_still_until_it_is_undone() {
    let pay = json!({"id": "pay", "type": "http_request", "config": {"url": "https://ledger.example/{{ item }}"},
        "compensate": {"type": "http_request", "config": {"url": "https://ledger.example/undo/{{ output.body.id }}"}}});
    let each =
        json!({"id": "each", "type": "map", "config": {"items": "['x']", "body": {"nodes": [pay], "edges": []}}});
    let world = World::started(&chain("inner", &[charge("a"), each])).await;
    // Given a child whose charge a worker has begun,
    let child = loop {
        let delivery = world.host.take().unwrap();
        let of = delivery.message.execution.clone();
        let pays = world.host.state(&of).is_some_and(|state| state.node(&"pay".into()).is_some());
        if of != world.id && pays {
            break delivery;
        }
        step::handle(&world.host, std::slice::from_ref(&delivery)).await;
        world.host.ack(delivery.receipt);
    };
    let id = child.message.execution.clone();
    let state = world.host.state(&id).unwrap();
    let activation = state.activation(&"pay".into());
    let deadline = state.updated_at.after_seconds(90.0);
    let intend = stepwell_core::command::Command::Intend { activation: activation.clone(), attempt: 1, deadline };
    engine::drive::submit(&world.host, &id, intend).await.unwrap();
    // when the parent goes back,
    world.back(Rollback::to(1)).await.unwrap();
    world.is(Status::RollingBack);
    assert!(world.host.state(&id).unwrap().end.is_none(), "it is not cancelled");
    // then its outcome is heard, and undone.
    engine::drive::submit(&world.host, &id, super::ledger::late(activation)).await.unwrap();
    world.host.ack(child.receipt);
    world.host.handle_due().await;
    world.is(Status::Completed);
    assert_eq!(world.entries(), ["/a", "/undo/late", "/undo/id/a", "/a", "/x"].map(String::from));
    assert_eq!(world.host.state(&id).unwrap().status(), Status::Cancelled);
    world.holds().await;
}
