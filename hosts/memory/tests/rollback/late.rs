//! Outcomes that come when nobody awaits them any more: of other copies of an attempt to undo something.

use super::{
    ledger::{World, chain, charge},
    twice::{begins, until_it_undoes},
};
use engine::{drive::submit, port::Delivery, step};
use stepwell_core::{
    command::{Command, Control},
    effect::{Undoing, Work},
    error::Rejection,
    event::Unstick,
    execution::Status,
    id::ExecutionId,
    rollback::Rollback,
    task::{Failure, Outcome},
};

/// What the attempt comes to of which this message is a copy: a refund, or a certain failure.
async fn ends(world: &World, of: &ExecutionId, copy: &Delivery, refunded: bool) -> Result<(), Rejection> {
    let Work::Undo(undoing) = copy.message.work else { panic!("it undoes nothing") };
    submit(&world.host, of, outcome(undoing, refunded)).await.unwrap().unwrap().replies.pop().unwrap()
}

fn outcome(undoing: Undoing, refunded: bool) -> Command {
    let outcome = match refunded {
        true => Outcome::Succeeded { port: "success".into(), output: serde_json::Value::Null.into() },
        false => Outcome::Failed(Failure::new("refused", "the ledger refuses")),
    };
    Command::Undone { undoing, outcome, again: None }
}

fn unstick(action: Unstick) -> Command {
    Command::Unstick { action, node: None, output: None, reason: None }
}

/// A rollback of `a`, `b` and `c` that is stuck at one of them, and of whose attempt a second copy runs.
async fn stuck_at(node: &str) -> (World, Delivery) {
    let world = World::ran(&chain("late", &[charge("a"), charge("b"), charge("c")])).await;
    begins(&world, Rollback::to(1)).await;
    let copy = loop {
        let copy = until_it_undoes(&world).await;
        let undone = world.state().rolling.as_ref().unwrap().current().unwrap().activation.node.clone();
        if undone.as_str() == node {
            break copy;
        }
        step::handle(&world.host, std::slice::from_ref(&copy)).await;
        world.host.ack(copy.receipt);
    };
    // Given a pause and a resume while it runs, which send it a second time, and a first copy that fails,
    world.control_only(Control::Pause).await;
    world.control_only(Control::Resume).await;
    ends(&world, &world.id, &copy, false).await.unwrap();
    world.is(Status::Stuck);
    // when the second copy succeeds, then a person decides still.
    world.ledger.lock().unwrap().entries.push(format!("/undo/id/{node}"));
    assert!(matches!(ends(&world, &world.id, &copy, true).await, Err(Rejection::Stale(_))));
    world.is(Status::Stuck);
    (world, copy)
}

#[tokio::test]
async fn a_second_copy_that_succeeds_changes_nothing_and_the_way_out_loses_nothing() {
    for node in ["c", "b", "a"] {
        for action in [Unstick::MarkDone, Unstick::Skip, Unstick::Retry] {
            let (world, copy) = stuck_at(node).await;
            world.ask(unstick(action)).await.unwrap();
            world.host.ack(copy.receipt);
            world.host.handle_due().await;
            world.is(Status::Completed);
            let entries = world.entries();
            let refunds = |of: &str| entries.iter().filter(|entry| **entry == format!("/undo/id/{of}")).count();
            for charged in ["a", "b", "c"] {
                // The ledger stands for one that knows the key: a retry books what is booked no second time.
                let again = usize::from(action == Unstick::Retry && charged == node);
                assert_eq!(refunds(charged), 1 + again, "{charged}, stuck at {node}, {action}: {entries:?}");
            }
            world.holds().await;
        }
    }
}

#[tokio::test]
async fn two_copies_that_both_fail_are_one_failure() {
    let (world, copy) = stuck_at("b").await;
    let seq = world.state().seq;
    assert!(matches!(ends(&world, &world.id, &copy, false).await, Err(Rejection::Stale(_))));
    // The message itself comes again too, from the queue.
    step::handle(&world.host, std::slice::from_ref(&copy)).await;
    world.host.ack(copy.receipt);
    world.host.handle_due().await;
    assert_eq!(world.state().seq, seq);
    world.is(Status::Stuck);
    world.holds().await;
}

#[tokio::test]
async fn cancelled_and_retried_it_tries_again_and_old_copies_count_no_more() {
    let (world, copy) = stuck_at("b").await;
    world.control(Control::Cancel).await.unwrap();
    assert!(matches!(ends(&world, &world.id, &copy, true).await, Err(Rejection::Stale(_))));
    world.fails("/undo/id/b", "no");
    world.control(Control::Retry).await.unwrap();
    world.is(Status::Stuck);
    assert!(matches!(ends(&world, &world.id, &copy, true).await, Err(Rejection::Stale(_))));
    world.works("/undo/id/b");
    world.ask(unstick(Unstick::Retry)).await.unwrap();
    world.is(Status::Completed);
    assert!(world.entries().contains(&"/undo/id/a".to_owned()));
    world.host.ack(copy.receipt);
    world.holds().await;
}
