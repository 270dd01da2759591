//! A family that goes back, and is paused, resumed, cancelled or unstuck meanwhile.

use super::{
    children::{map, pay},
    ledger::{World, chain, charge},
    twice::begins,
};
use engine::{drive::submit, port::Journal as _, step};
use std::sync::Arc;
use stepwell_core::{
    command::{Asked, Command, Control},
    effect::Work,
    event::{Event, Said, Turn, Unstick},
    execution::{Execution, Status},
    rollback::Rollback,
};

/// What the family has charged, each of which is refunded once.
const CHARGED: [&str; 6] = ["a", "m/o", "p/x", "p/y", "q/x", "q/y"];

/// A family three deep that has ended, with two items at the bottom.
async fn family() -> World {
    let each = map("each", "['x', 'y']", 2, &[pay("p"), pay("q")]);
    let world = World::ran(&chain("family", &[charge("a"), map("outer", "['o']", 1, &[pay("m"), each])])).await;
    world.is(Status::Completed);
    assert_eq!(world.entries().len(), CHARGED.len());
    world
}

/// A family that goes back, of whose messages so many were handled.
async fn goes_back(messages: usize) -> World {
    let world = family().await;
    begins(&world, Rollback::to(1)).await;
    for _ in 0..messages {
        let Some(delivery) = world.host.take() else { break };
        step::handle(&world.host, std::slice::from_ref(&delivery)).await;
        world.host.ack(delivery.receipt);
    }
    world
}

/// How often each charge was refunded.
fn refunds(world: &World) -> Vec<usize> {
    let entries = world.entries();
    let undone = |of: &str| if of == "a" { "/undo/id/a".to_owned() } else { format!("/undo/{of}") };
    CHARGED.iter().map(|of| entries.iter().filter(|entry| **entry == undone(of)).count()).collect()
}

fn alive(world: &World) -> Vec<Arc<Execution>> {
    world.host.all().into_iter().filter(|one| one.end.is_none()).collect()
}

/// All is refunded once and charged anew, and the journals of the whole family hold.
async fn is_whole(world: &World, told: &str) {
    world.is(Status::Completed);
    assert_eq!(refunds(world), [1; 6], "{told}: {:?}", world.entries());
    assert_eq!(world.entries().len(), 3 * CHARGED.len(), "{told}");
    assert_eq!(alive(world).len(), 0, "{told}");
    world.holds().await;
}

fn unstick(action: Unstick) -> Command {
    Command::Unstick { action, node: None, output: None, reason: None }
}

#[tokio::test]
async fn during_a_pause_nothing_of_the_family_begins_and_then_it_goes_on_where_it_was() {
    for messages in 0.. {
        let world = goes_back(messages).await;
        if world.state().status() != Status::RollingBack {
            break;
        }
        let before = refunds(&world);
        world.control(Control::Pause).await.unwrap();
        assert_eq!(refunds(&world), before, "after {messages} messages");
        for one in alive(&world) {
            assert_eq!(one.status(), Status::Paused, "after {messages} messages");
            // A child goes on with its parent alone.
            if one.is_being_undone() {
                let resume = Command::Control { control: Control::Resume, reason: None };
                let asked = submit(&world.host, one.id(), resume).await.unwrap().unwrap();
                assert!(asked.replies[0].as_ref().unwrap_err().to_string().contains("its parent goes back"));
            }
        }
        // Paused once more, and resumed twice.
        world.control(Control::Pause).await.unwrap();
        world.control(Control::Resume).await.unwrap();
        is_whole(&world, &format!("after {messages} messages")).await;
        assert!(world.control(Control::Resume).await.is_err(), "it has ended");
    }
}

#[tokio::test]
async fn a_cancel_ends_the_whole_family_and_whatever_follows_goes_on_with_what_is_left() {
    for messages in 0.. {
        for retries in [true, false] {
            let world = goes_back(messages).await;
            if world.state().status() != Status::RollingBack {
                return;
            }
            let before = refunds(&world);
            world.control(Control::Cancel).await.unwrap();
            world.is(Status::Cancelled);
            assert_eq!(refunds(&world), before, "after {messages} messages");
            assert_eq!(alive(&world).len(), 0, "after {messages} messages");
            match retries {
                true => world.control(Control::Retry).await.unwrap(),
                false => world.back(Rollback::to(1)).await.unwrap(),
            }
            is_whole(&world, &format!("after {messages} messages, {retries}")).await;
        }
    }
}

#[tokio::test]
async fn cancelled_while_it_is_paused_it_goes_on_after_a_retry() {
    for messages in [2, 5, 8, 11] {
        let world = goes_back(messages).await;
        world.is(Status::RollingBack);
        world.control(Control::Pause).await.unwrap();
        world.control(Control::Cancel).await.unwrap();
        assert_eq!(alive(&world).len(), 0);
        world.control(Control::Retry).await.unwrap();
        is_whole(&world, &format!("after {messages} messages")).await;
    }
}

/// A family of which some refunds are refused, so that it is stuck at the first of them.
async fn stuck(refused: &[&str]) -> World {
    let world = family().await;
    refused.iter().for_each(|of| world.fails(&format!("/undo/{of}"), "no"));
    world.back(Rollback::to(1)).await.unwrap();
    world.is(Status::Stuck);
    world
}

fn message(world: &World) -> String {
    world.state().stuck.clone().map(|error| error.message).unwrap_or_default()
}

#[tokio::test]
async fn the_way_out_at_the_root_is_the_one_of_what_failed_below_and_all_else_is_undone() {
    for action in [Unstick::MarkDone, Unstick::Skip] {
        let world = stuck(&["q/x", "m/o"]).await;
        assert!(message(&world).contains("node q"), "{}", message(&world));
        world.ask(unstick(action)).await.unwrap();
        // What fails next is asked about by itself.
        world.is(Status::Stuck);
        assert!(message(&world).contains("node m"), "{}", message(&world));
        assert_eq!(refunds(&world), [0, 0, 1, 1, 0, 1]);
        world.ask(unstick(action)).await.unwrap();
        world.is(Status::Completed);
        assert_eq!(refunds(&world), [1, 0, 1, 1, 0, 1]);
        assert_eq!(alive(&world).len(), 0);
        world.holds().await;
    }
}

/// Handles what is due, each message to undo something twice, and a third time when the other messages are handled.
async fn run_twice(world: &World) {
    let mut copies = Vec::new();
    while let Some(delivery) = world.host.take() {
        step::handle(&world.host, std::slice::from_ref(&delivery)).await;
        if matches!(delivery.message.work, Work::Undo(_)) {
            step::handle(&world.host, std::slice::from_ref(&delivery)).await;
            copies.push(delivery.clone());
        }
        world.host.ack(delivery.receipt);
    }
    for copy in copies {
        step::handle(&world.host, std::slice::from_ref(&copy)).await;
    }
    world.host.handle_due().await;
}

#[tokio::test]
async fn a_message_that_comes_twice_takes_the_way_out_once() {
    let world = stuck(&["q/y", "p/y"]).await;
    submit(&world.host, &world.id, unstick(Unstick::MarkDone)).await.unwrap();
    run_twice(&world).await;
    world.is(Status::Stuck);
    assert!(message(&world).contains("node p"), "{}", message(&world));
    submit(&world.host, &world.id, unstick(Unstick::MarkDone)).await.unwrap();
    run_twice(&world).await;
    world.is(Status::Completed);
    assert_eq!(refunds(&world), [1, 1, 1, 0, 1, 0]);
    world.holds().await;
}

#[tokio::test]
async fn the_root_says_what_it_is_stuck_at_now_and_its_way_out_counts_for_nothing_else() {
    let world = stuck(&["q/y", "p/y"]).await;
    let leaf = alive(&world).into_iter().find(|one| one.node(&"p".into()).is_some()).unwrap();
    // Somebody lets the child go on, which fails at the next,
    world.works("/undo/q/y");
    submit(&world.host, leaf.id(), unstick(Unstick::Retry)).await.unwrap();
    // and somebody else has found the way out for what the root says, in the very moment.
    submit(&world.host, &world.id, unstick(Unstick::MarkDone)).await.unwrap();
    world.host.handle_due().await;
    world.is(Status::Stuck);
    assert!(message(&world).contains("node p"), "{}", message(&world));
    assert_eq!(refunds(&world)[3], 0);
    world.works("/undo/p/y");
    world.ask(unstick(Unstick::Retry)).await.unwrap();
    is_whole(&world, "in the end").await;
}

/// What an event says of why and of whom, where it is of a kind that says it.
fn said(event: &Event) -> Option<(&'static str, Said)> {
    let of = |reason: &Option<String>, above: &Option<_>| Said { reason: reason.clone(), above: above.clone() };
    Some(match event {
        Event::ExecutionPaused(said) => ("paused", said.clone()),
        Event::ExecutionResumed(said) => ("resumed", said.clone()),
        Event::ExecutionCancelled(said) => ("cancelled", said.clone()),
        Event::RollbackBegun { rollback, .. } => ("rollback", of(&rollback.reason, &rollback.above)),
        Event::ExecutionUnstuck { said, .. } => ("unstuck", said.clone()),
        _ => return None,
    })
}

#[tokio::test]
async fn children_say_who_had_them_undone_and_why() {
    let waits = serde_json::json!({"id": "rest", "type": "wait", "config": {"event": "never"}});
    let inner = map("inner", "['i']", 1, &[pay("p"), waits]);
    let world = World::ran(&chain("why", &[map("outer", "['o']", 1, &[pay("m"), inner])])).await;
    world.is(Status::Waiting);
    world.fails("/undo/p/i", "no");
    let why = Rollback { reason: Some("a typing error".into()), ..Rollback::to(1) };
    world.back(why).await.unwrap();
    world.is(Status::Stuck);
    let by_hand = Command::Unstick {
        action: Unstick::MarkDone,
        node: None,
        output: None,
        reason: Some("paid back in cash".into()),
    };
    submit(&world.host, &world.id, Asked::by(by_hand, Some("bob@example.com".into()))).await.unwrap();
    world.host.handle_due().await;
    let undone: Vec<_> = world.host.all().into_iter().filter(|one| one.undone_for.is_some()).collect();
    assert_eq!(undone.len(), 2);
    for one in undone {
        let turns: Vec<Turn> = world.host.turns(one.id(), 0, 1_000).await.unwrap();
        let mut seen = Vec::new();
        for turn in turns {
            for (what, said) in turn.events.iter().filter_map(said) {
                let healed = said.reason.as_deref() == Some("the child is undone");
                if !healed {
                    assert_eq!(said.above.as_ref(), Some(&world.id), "{what} of {}", one.id());
                    let (by, reason) = match what {
                        "unstuck" => (Some("bob@example.com"), "paid back in cash"),
                        // Whoever undid the last of it ended it: a worker, or a person by hand.
                        "cancelled" => (turn.by.as_deref(), "a typing error"),
                        _ => (Some("ada@example.com"), "a typing error"),
                    };
                    assert_eq!((turn.by.as_deref(), said.reason.as_deref()), (by, Some(reason)), "{what}");
                }
                seen.push(what);
            }
        }
        assert!(["rollback", "cancelled", "unstuck"].iter().all(|what| seen.contains(what)), "{seen:?}");
    }
    assert!(!alive(&world).iter().any(|one| one.stuck.is_some()));
}

#[tokio::test]
async fn a_child_is_told_to_stop_though_the_word_of_it_was_lost() {
    for control in [Control::Pause, Control::Cancel] {
        let world = goes_back(6).await;
        world.is(Status::RollingBack);
        let before = refunds(&world);
        let asked = Command::Control { control, reason: None };
        submit(&world.host, &world.id, asked).await.unwrap();
        while let Some(delivery) = world.host.take() {
            if !matches!(delivery.message.work, Work::Control { .. }) {
                step::handle(&world.host, std::slice::from_ref(&delivery)).await;
            }
            world.host.ack(delivery.receipt);
        }
        assert_eq!(refunds(&world), before, "{control:?}");
    }
}
