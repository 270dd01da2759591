//! A rollback while another one is under way.

use super::ledger::{World, chain, charge, late};
use engine::{
    drive::submit,
    rollback::{Refused, roll_back},
    step,
};
use serde_json::{Value, json};
use stepwell_core::{
    command::{Command, Control},
    effect::Work,
    error::Rejection,
    event::Unstick,
    execution::Status,
    rollback::{Rollback, Unreachable},
};

/// Handles messages until the next one is to undo something, which a worker takes.
pub async fn until_it_undoes(world: &World) -> engine::port::Delivery {
    loop {
        let delivery = world.host.take().unwrap();
        if matches!(delivery.message.work, Work::Undo(_)) {
            return delivery;
        }
        step::handle(&world.host, std::slice::from_ref(&delivery)).await;
        world.host.ack(delivery.receipt);
    }
}

pub async fn begins(world: &World, rollback: Rollback) {
    roll_back(&world.host, &world.id, rollback, None, None).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_second_one_undoes_also_what_the_first_one_awaits() {
    let world = World::started(&chain("both", &[charge("a"), charge("b")])).await;
    // Given a rollback that awaits the outcome of `b`,
    let (activation, worker) = world.begun("b").await;
    let after_a = world.finished("a").await;
    world.back(Rollback::to(after_a)).await.unwrap();
    world.is(Status::RollingBack);
    // when another one goes back further,
    assert_eq!(world.would_undo(&Rollback::to(1)).await, ["/undo/?", "/undo/id/a"]);
    world.back(Rollback::to(1)).await.unwrap();
    world.is(Status::RollingBack);
    assert!(world.state().awaits(&activation, 1), "the attempt is not stopped");
    // then the outcome is awaited still, and undone.
    world.ask(late(activation)).await.unwrap();
    world.host.ack(worker.receipt);
    world.is(Status::Completed);
    assert_eq!(world.entries(), ["/a", "/undo/late", "/undo/id/a", "/a", "/b"].map(String::from));
    world.holds().await;
}

#[tokio::test]
async fn an_outcome_that_the_first_one_heard_is_known_to_the_second() {
    let world = World::started(&chain("heard", &[charge("a"), charge("b")])).await;
    let (activation, worker) = world.begun("b").await;
    let after_a = world.finished("a").await;
    begins(&world, Rollback::to(after_a)).await;
    submit(&world.host, &world.id, late(activation)).await.unwrap();
    world.host.ack(worker.receipt);
    // `b` is not undone yet.
    assert_eq!(world.would_undo(&Rollback::to(1)).await, ["/undo/late", "/undo/id/a"]);
    world.back(Rollback::to(1)).await.unwrap();
    assert_eq!(world.entries(), ["/a", "/undo/late", "/undo/id/a", "/a", "/b"].map(String::from));
    world.holds().await;
}

#[tokio::test]
async fn the_same_one_again_is_the_one_under_way() {
    let world = World::ran(&chain("click", &[charge("a"), charge("b")])).await;
    begins(&world, Rollback::to(1)).await;
    let begun = world.state().seq;
    let why = |reason: &str| Rollback { reason: Some(reason.into()), ..Rollback::to(1) };
    let again = roll_back(&world.host, &world.id, why("a second click"), None, None).await.unwrap();
    assert!(matches!(again, Err(Refused::Rejected(Rejection::Repeated(seq))) if seq == begun), "{again:?}");
    assert_eq!(world.state().seq, begun);
    world.host.handle_due().await;
    world.is(Status::Completed);
    // Once it is over, going back is something new.
    world.back(why("once more")).await.unwrap();
    assert_eq!(world.state().epoch, 2);
    world.holds().await;
}

#[tokio::test]
async fn what_one_goes_back_behind_is_no_place_to_go_to() {
    let world = World::ran(&chain("behind", &[charge("a"), charge("b"), charge("c")])).await;
    let [after_a, after_b] = [world.finished("a").await, world.finished("b").await];
    world.fails("/undo/id/a", "no");
    let left_behind = |refused: Result<(), Refused>, to: u64| match refused {
        Err(Refused::Unreachable(why)) => assert_eq!(why, Unreachable::LeftBehind(to)),
        other => panic!("{other:?}"),
    };
    // `c` and `b` are undone when it gets stuck: no checkpoint that has them is one of its past any more.
    world.back(Rollback::to(1)).await.unwrap();
    world.is(Status::Stuck);
    left_behind(world.back(Rollback::to(after_b)).await, after_b);
    left_behind(world.back(Rollback::to(after_a)).await, after_a);
    // Nor once it was cancelled in the middle.
    world.control(Control::Cancel).await.unwrap();
    left_behind(world.back(Rollback::to(after_b)).await, after_b);
    world.works("/undo/id/a");
    world.back(Rollback::to(1)).await.unwrap();
    world.is(Status::Completed);
    let all = ["/a", "/b", "/c", "/undo/id/c", "/undo/id/b", "/undo/id/a", "/a", "/b", "/c"].map(String::from);
    assert_eq!(world.entries(), all);
    world.holds().await;
}

/// A charge whose refund is sent once.
fn once(name: &str) -> Value {
    let mut node = charge(name);
    node["compensate"]["delivery"] = json!("at_most_once");
    node
}

#[tokio::test]
async fn an_attempt_to_undo_that_is_made_once_is_not_made_again_by_another_one() {
    let world = World::ran(&chain("once", &[charge("a"), once("b")])).await;
    let after_a = world.finished("a").await;
    begins(&world, Rollback::to(after_a)).await;
    // Given a worker that undoes `b`, and has not reported yet,
    let worker = until_it_undoes(&world).await;
    let Work::Undo(undoing) = worker.message.work else { panic!("it undoes nothing") };
    let deadline = world.state().updated_at.after_seconds(90.0);
    submit(&world.host, &world.id, Command::IntendUndo { undoing, deadline }).await.unwrap();
    // when another rollback goes back further,
    world.back(Rollback::to(1)).await.unwrap();
    // then it waits for the refund that is under way,
    world.is(Status::RollingBack);
    assert_eq!(world.entries(), ["/a", "/b"].map(String::from));
    let outcome = stepwell_core::task::Outcome::Succeeded { port: "success".into(), output: Value::Null.into() };
    world.ask(Command::Undone { undoing, outcome, again: None }).await.unwrap();
    world.host.ack(worker.receipt);
    world.is(Status::Completed);
    // and refunds what else there is.
    assert_eq!(world.entries(), ["/a", "/b", "/undo/id/a", "/a", "/b"].map(String::from));
    world.holds().await;
}

#[tokio::test]
async fn of_an_attempt_to_undo_that_is_made_once_and_of_which_nothing_is_known_a_person_decides() {
    let world = World::ran(&chain("unknown", &[charge("a"), once("b")])).await;
    let after_a = world.finished("a").await;
    world.fails("/undo/id/b", "lost");
    world.back(Rollback::to(after_a)).await.unwrap();
    world.is(Status::Stuck);
    world.works("/undo/id/b");
    // Going back further makes no second attempt by itself.
    world.back(Rollback::to(1)).await.unwrap();
    world.is(Status::Stuck);
    assert_eq!(world.entries(), ["/a", "/b", "/undo/id/b"].map(String::from));
    let unstick = Command::Unstick { action: Unstick::MarkDone, node: None, output: None, reason: None };
    world.ask(unstick).await.unwrap();
    world.is(Status::Completed);
    assert_eq!(world.entries(), ["/a", "/b", "/undo/id/b", "/undo/id/a", "/a", "/b"].map(String::from));
    world.holds().await;
}
