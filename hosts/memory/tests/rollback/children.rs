//! Children, whole, when their parent goes back.

use super::ledger::{World, chain, charge};
use engine::{
    delivery::deliver,
    drive::{submit, workflow_of},
    port::Journal,
    rollback::roll_back,
    step,
};
use serde_json::{Value, json};
use std::sync::Arc;
use stepwell_core::{
    command::{Command, Control},
    effect::{ChildControl, Work},
    event::Unstick,
    execution::{Execution, Status},
    id::ExecutionId,
    owed::{Since, owed},
    rollback::Rollback,
};

/// A node of a body that charges `/name/item`.
pub fn pay(name: &str) -> Value {
    json!({"id": name, "type": "http_request", "retry": {"max_attempts": 1},
        "config": {"url": format!("https://ledger.example/{name}/{{{{ item }}}}")},
        "compensate": {"type": "http_request", "config": {
            "url": format!("https://ledger.example/undo/{name}/{{{{ item }}}}")}}})
}

pub fn map(id: &str, items: &str, at_once: u32, body: &[Value]) -> Value {
    let names: Vec<&str> = body.iter().map(|node| node["id"].as_str().unwrap()).collect();
    let edges: Vec<Value> = names.windows(2).map(|pair| json!({"from": pair[0], "to": pair[1]})).collect();
    json!({"id": id, "type": "map", "config": {"items": items, "max_concurrency": at_once,
        "body": {"nodes": body, "edges": edges}}})
}

#[tokio::test]
async fn the_items_of_a_map_are_undone_in_the_reverse_order_of_their_ends() {
    let each = map("each", "['x', 'y', 'z']", 1, &[pay("p"), pay("q")]);
    let world = World::ran(&chain("maps", &[charge("a"), each, charge("b")])).await;
    world.is(Status::Completed);
    let shown = world.would_undo(&Rollback::to(1)).await;
    assert_eq!(world.entries().len(), 8, "a preview undoes nothing");
    world.back(Rollback::to(1)).await.unwrap();
    world.is(Status::Completed);
    let undone = &world.entries()[8..16];
    assert_eq!(undone, shown, "what a preview shows is what is undone, in that order");
    let expected =
        ["/undo/id/b", "/undo/q/z", "/undo/p/z", "/undo/q/y", "/undo/p/y", "/undo/q/x", "/undo/p/x", "/undo/id/a"];
    assert_eq!(undone, expected.map(String::from));
    assert_eq!(&world.entries()[16..], &world.entries()[..8], "and all is done again");
    world.holds().await;
    // The children that were undone say so, and are not run again.
    let cancelled = world.host.all().iter().filter(|one| one.undone_for == Some(1)).count();
    assert_eq!(cancelled, 3);
}

#[tokio::test]
async fn children_that_ended_before_the_checkpoint_stay() {
    let each = map("each", "['x', 'y', 'z']", 1, &[pay("p")]);
    let world = World::ran(&chain("some", &[each])).await;
    let turns = world.host.turns(&world.id, 0, 1_000).await.unwrap();
    let ended = |turn: &&stepwell_core::event::Turn| {
        turn.events.iter().any(|event| matches!(event, stepwell_core::event::Event::ChildrenEnded { .. }))
    };
    let second = turns.iter().filter(ended).nth(1).unwrap().seq;
    assert_eq!(world.would_undo(&Rollback::to(second)).await, ["/undo/p/z"]);
    world.back(Rollback::to(second)).await.unwrap();
    world.is(Status::Completed);
    assert_eq!(world.entries(), ["/p/x", "/p/y", "/p/z", "/undo/p/z", "/p/z"].map(String::from));
    let output = world.state().output.clone().unwrap();
    assert_eq!(output.value().unwrap().as_array().unwrap().len(), 3);
    world.holds().await;
    // Back to the first checkpoint, the children of both epochs are undone.
    let shown = world.would_undo(&Rollback::to(1)).await;
    world.back(Rollback::to(1)).await.unwrap();
    let undone = ["/undo/p/z", "/undo/p/y", "/undo/p/x", "/p/x", "/p/y", "/p/z"].map(String::from);
    assert_eq!(&world.entries()[5..], undone);
    assert_eq!(shown, undone[..3], "what was undone before is not shown again");
    world.holds().await;
}

#[tokio::test]
async fn of_two_hundred_items_of_which_half_failed_each_charge_is_refunded_once() {
    let items = "[0,1,2,3,4,5,6,7,8,9].map(i, [0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19].map(j, i * 20 + j))";
    let fails = json!({"id": "odd", "type": "fail", "config": {}});
    let size = json!({"id": "size", "type": "branch", "config": {"rules": [{"when": "item % 2 == 1", "port": "odd"}],
        "default": "even"}});
    let body = json!({"nodes": [pay("p"), size, fails, {"id": "done", "type": "succeed"}],
        "edges": [{"from": "p", "to": "size"}, {"from": "size", "port": "odd", "to": "odd"},
            {"from": "size", "port": "even", "to": "done"}]});
    let ones = json!({"id": "ones", "type": "transform", "config": {"expression": format!("{{'all': {items}}}")}});
    let flat = json!({"id": "each", "type": "map", "config": {"tolerated_failures": 200, "max_concurrency": 20,
        "items": "output.all[0] + output.all[1] + output.all[2] + output.all[3] + output.all[4] + output.all[5] + output.all[6] + output.all[7] + output.all[8] + output.all[9]",
        "body": body}});
    let mut last = charge("last");
    last["on_error"] = json!("rollback");
    let world = World::started(&chain("half", &[ones, flat, last])).await;
    world.fails("/last", "no");
    world.host.handle_due().await;
    world.is(Status::Failed);
    let entries = world.entries();
    let of = |prefix: &str| entries.iter().filter(|entry| entry.starts_with(prefix)).count();
    assert_eq!((of("/p/"), of("/undo/p/"), entries.len()), (200, 200, 400));
    world.holds().await;
}

#[tokio::test]
async fn children_three_deep_are_undone_from_the_innermost_out() {
    let inner = map(
        "inner",
        "['i']",
        1,
        &[json!({"id": "deep", "type": "http_request",
        "config": {"url": "https://ledger.example/deep"},
        "compensate": {"type": "http_request", "config": {"url": "https://ledger.example/undo/deep"}}})],
    );
    let middle = map("middle", "['m']", 1, &[pay("first"), inner, pay("second")]);
    let outer = map("outer", "['o']", 1, &[pay("zero"), middle]);
    let world = World::ran(&chain("deep", &[outer, charge("b")])).await;
    world.is(Status::Completed);
    let shown = world.would_undo(&Rollback::to(1)).await;
    world.back(Rollback::to(1)).await.unwrap();
    world.is(Status::Completed);
    let undone = ["/undo/id/b", "/undo/second/m", "/undo/deep", "/undo/first/m", "/undo/zero/o"].map(String::from);
    assert_eq!(&world.entries()[5..10], undone);
    assert_eq!(shown, undone);
    world.holds().await;
}

#[tokio::test]
async fn a_child_that_cannot_be_undone_makes_its_parent_stuck_and_both_find_the_way_out() {
    let each = map("each", "['x', 'y']", 2, &[pay("p")]);
    let world = World::ran(&chain("stuck", &[each])).await;
    world.fails("/undo/p/y", "no");
    world.back(Rollback::to(1)).await.unwrap();
    world.is(Status::Stuck);
    let message = world.state().stuck.clone().unwrap().message;
    assert!(message.contains("child 1") && message.contains("could not be compensated"), "{message}");
    // Asked to try again, the parent asks the child again.
    world.works("/undo/p/y");
    let retry = Command::Unstick { action: Unstick::Retry, node: None, output: None, reason: None };
    world.ask(retry.clone()).await.unwrap();
    world.is(Status::Completed);
    world.holds().await;
    // A child that finds its own way out takes its parent along.
    world.fails("/undo/p/x", "no");
    world.back(Rollback::to(1)).await.unwrap();
    world.is(Status::Stuck);
    let child = world.host.all().into_iter().find(|one| one.stuck.is_some() && one.started.parent.is_some()).unwrap();
    world.works("/undo/p/x");
    submit(&world.host, child.id(), retry).await.unwrap();
    world.host.handle_due().await;
    world.is(Status::Completed);
    world.holds().await;
}

#[tokio::test]
async fn of_a_child_of_which_something_is_left_as_it_is_all_else_is_undone() {
    let each = map("each", "['x', 'y']", 2, &[pay("p")]);
    let outer = map("outer", "['o']", 1, &[each]);
    for action in [Unstick::Skip, Unstick::MarkDone] {
        let world = World::ran(&chain("left", std::slice::from_ref(&outer))).await;
        world.fails("/undo/p/y", "no");
        world.back(Rollback::to(1)).await.unwrap();
        world.is(Status::Stuck);
        let stuck = world.host.all().iter().filter(|one| one.stuck.is_some()).count();
        assert_eq!(stuck, 3, "the child, the one above it, and the root");
        world.works("/undo/p/y");
        world.ask(Command::Unstick { action, node: None, output: None, reason: None }).await.unwrap();
        world.is(Status::Completed);
        let all = world.host.all();
        assert!(
            all.iter().all(|one| one.end.is_some()),
            "{:?}",
            all.iter().map(|one| one.status()).collect::<Vec<_>>()
        );
        let undone: Vec<String> = world.entries().into_iter().filter(|entry| entry.starts_with("/undo")).collect();
        assert_eq!(undone, ["/undo/p/x"], "the other was left as it is");
    }
}

/// Handles what is due, but for the messages that cancel one of these executions: they are lost with the process.
async fn run_without(world: &World, lost: &[&ExecutionId]) {
    while let Some(delivery) = world.host.take() {
        let message = &delivery.message;
        let cancels = matches!(message.work, Work::Control { control: ChildControl::Cancel });
        if !(cancels && lost.contains(&&message.execution)) {
            step::handle(&world.host, std::slice::from_ref(&delivery)).await;
        }
        world.host.ack(delivery.receipt);
    }
}

/// Delivers again what an execution owes by its state, as whoever finds it does.
async fn found(world: &World, id: &ExecutionId) {
    let state = world.host.state(id).unwrap();
    let workflow = workflow_of(&world.host, &state).await.unwrap();
    deliver(&world.host, id, &owed(&workflow, &state, Since::Ever)).await.unwrap();
}

/// A root that was cancelled while it had a child undone that could not be, neither of which heard of it, nor the child of that.
async fn left_unheard() -> (World, ExecutionId, ExecutionId) {
    let each = map("each", "['x', 'y']", 2, &[pay("p")]);
    let world = World::ran(&chain("left", &[map("outer", "['o']", 1, &[each])])).await;
    world.fails("/undo/p/y", "no");
    world.back(Rollback::to(1)).await.unwrap();
    world.is(Status::Stuck);
    world.works("/undo/p/y");
    let stuck = |of: &ExecutionId| {
        let all = world.host.all().into_iter();
        let below = |one: &Arc<Execution>| one.started.parent.as_ref().is_some_and(|parent| parent.execution_id == *of);
        all.filter(|one| one.stuck.is_some()).find(below).unwrap().id().clone()
    };
    let child = stuck(&world.id);
    let grandchild = stuck(&child);
    let cancel = Command::Control { control: Control::Cancel, reason: None };
    submit(&world.host, &world.id, cancel).await.unwrap();
    run_without(&world, &[&child, &grandchild]).await;
    world.is(Status::Cancelled);
    let alive = world.host.all().iter().filter(|one| one.end.is_none()).count();
    assert_eq!(alive, 2, "neither has heard of it");
    (world, child, grandchild)
}

#[tokio::test]
async fn a_child_is_left_as_it_is_though_the_word_of_it_was_lost() {
    let (world, child, grandchild) = left_unheard().await;
    found(&world, &world.id).await;
    run_without(&world, &[&grandchild]).await;
    let end = |id: &ExecutionId| world.host.state(id).unwrap().end;
    assert_eq!((end(&child), end(&grandchild)), (Some(Status::Cancelled), None));
    found(&world, &child).await;
    world.host.handle_due().await;
    assert_eq!(end(&grandchild), Some(Status::Cancelled));
    assert!(!world.entries().contains(&"/undo/p/y".to_owned()), "it was left as it is");
    world.holds().await;
}

#[tokio::test]
async fn a_child_that_was_left_and_has_not_heard_of_it_can_be_cancelled_and_unstuck() {
    let cancel = Command::Control { control: Control::Cancel, reason: None };
    let redrive = Command::Unstick { action: Unstick::Redrive, node: None, output: None, reason: None };
    for command in [cancel, redrive] {
        let (world, child, grandchild) = left_unheard().await;
        let state = world.host.state(&child).unwrap();
        let instead = engine::left::instead(&world.host, &state, command.clone()).await.unwrap();
        let done = submit(&world.host, &child, instead).await.unwrap().unwrap();
        assert_eq!(done.replies, [Ok(())], "{command:?}");
        world.host.handle_due().await;
        let end = |id: &ExecutionId| world.host.state(id).unwrap().end;
        assert_eq!((end(&child), end(&grandchild)), (Some(Status::Cancelled), Some(Status::Cancelled)));
        // What is not left is asked as it stands.
        let same = engine::left::instead(&world.host, &world.state(), command.clone()).await.unwrap();
        assert_eq!(same, command);
    }
}

#[tokio::test]
async fn children_that_run_are_stopped_and_undone() {
    let waits = json!({"id": "rest", "type": "wait", "config": {"event": "never"}});
    let each = map("each", "['x', 'y']", 2, &[pay("p"), waits]);
    let world = World::ran(&chain("alive", &[each])).await;
    world.is(Status::Waiting);
    world.back(Rollback::to(1)).await.unwrap();
    world.is(Status::Waiting);
    let entries = world.entries();
    let mut undone = entries[2..4].to_vec();
    undone.sort();
    assert_eq!(undone, ["/undo/p/x", "/undo/p/y"].map(String::from));
    assert_eq!(entries.len(), 6, "{entries:?}");
    let alive = world.host.all().iter().filter(|one| one.end.is_none()).count();
    assert_eq!(alive, 3, "the parent, and two children of the new epoch");
    world.holds().await;
    // Cancelled and retried, the same children are taken up.
    world.control(Control::Cancel).await.unwrap();
    assert!(world.host.all().iter().all(|one| one.end.is_some()));
    world.control(Control::Retry).await.unwrap();
    let alive = world.host.all().iter().filter(|one| one.end.is_none() && one.retried == 1).count();
    assert_eq!((alive, world.entries().len()), (3, 6));
    world.holds().await;
}

/// A queue may keep no order, and a person may cancel a child: nothing cuts off what the parent waits for.
#[tokio::test]
async fn a_child_that_is_being_undone_cannot_be_cancelled_meanwhile() {
    let waits = json!({"id": "rest", "type": "wait", "config": {"event": "never"}});
    let world = World::ran(&chain("late", &[map("each", "['x']", 1, &[pay("p"), waits])])).await;
    roll_back(&world.host, &world.id, Rollback::to(1), None, None).await.unwrap().unwrap();
    let (late, undo) = (world.host.take().unwrap(), world.host.take().unwrap());
    assert!(matches!((&late.message.work, &undo.message.work), (Work::Control { .. }, Work::Undo(_))));
    for delivery in [undo, late.clone()] {
        step::handle(&world.host, std::slice::from_ref(&delivery)).await;
        world.host.ack(delivery.receipt);
    }
    let child = late.message.execution;
    let cancel = Command::Control { control: Control::Cancel, reason: None };
    let asked = submit(&world.host, &child, cancel).await.unwrap().unwrap();
    let refused = asked.replies[0].as_ref().unwrap_err().to_string();
    assert!(refused.contains("its parent goes back"), "{refused}");
    assert_eq!(world.host.state(&child).unwrap().status(), Status::RollingBack);
    world.host.handle_due().await;
    assert_eq!(world.host.state(&child).unwrap().status(), Status::Cancelled);
    world.is(Status::Waiting);
    assert_eq!(world.entries(), ["/p/x", "/undo/p/x", "/p/x"].map(String::from));
    world.holds().await;
}

#[tokio::test]
async fn a_child_that_was_paused_with_its_parent_is_undone() {
    let waits = json!({"id": "rest", "type": "wait", "config": {"event": "never"}});
    let world = World::ran(&chain("paused", &[map("each", "['x']", 1, &[pay("p"), waits])])).await;
    world.control(Control::Pause).await.unwrap();
    roll_back(&world.host, &world.id, Rollback::to(1), None, None).await.unwrap().unwrap();
    // The cancel of what runs comes after all else.
    let late = world.host.take().unwrap();
    assert_eq!(world.host.state(&late.message.execution).unwrap().status(), Status::Paused);
    world.control(Control::Resume).await.unwrap();
    step::handle(&world.host, std::slice::from_ref(&late)).await;
    world.host.ack(late.receipt);
    world.host.handle_due().await;
    world.is(Status::Waiting);
    assert_eq!(world.entries(), ["/p/x", "/undo/p/x", "/p/x"].map(String::from));
    world.holds().await;
}

#[tokio::test]
async fn a_parent_learns_that_a_child_is_stuck_though_the_word_of_it_was_lost() {
    let world = World::ran(&chain("lost", &[map("each", "['x']", 1, &[pay("p")])])).await;
    world.fails("/undo/p/x", "no");
    roll_back(&world.host, &world.id, Rollback::to(1), None, None).await.unwrap().unwrap();
    let mut undo = None;
    loop {
        let delivery = world.host.take().expect("the child tells of it");
        let is_word = matches!(&delivery.message.work, Work::ChildUndone { error: Some(_), .. });
        if !is_word {
            step::handle(&world.host, std::slice::from_ref(&delivery)).await;
        }
        world.host.ack(delivery.receipt);
        if is_word {
            break;
        }
        undo.get_or_insert(delivery.message);
    }
    world.is(Status::RollingBack);
    // The supervisor finds that nothing has moved, and sends again what is owed.
    world.host.send(undo.unwrap(), None);
    world.host.handle_due().await;
    world.is(Status::Stuck);
    world.holds().await;
}

#[tokio::test]
async fn a_child_that_was_deleted_is_not_said_to_be_undone() {
    let each = map("each", "['x', 'y']", 1, &[pay("p")]);
    let world = World::ran(&chain("gone", &[each])).await;
    world.is(Status::Completed);
    let first = world.host.all().into_iter().find(|one| one.started.parent.as_ref().is_some_and(|of| of.index == 0));
    world.host.delete(first.unwrap().id()).await.unwrap();
    world.back(Rollback::to(1)).await.unwrap();
    world.is(Status::Stuck);
    let error = world.state().stuck.clone().unwrap();
    assert!(error.message.contains("is deleted"), "{error:?}");
    assert_eq!(world.entries(), ["/p/x", "/p/y", "/undo/p/y"].map(String::from));
    // Somebody undid it by hand.
    let done = Command::Unstick { action: Unstick::MarkDone, node: None, output: None, reason: None };
    world.ask(done).await.unwrap();
    world.is(Status::Completed);
    world.holds().await;
}
