//! New executions from the checkpoints of another.

use super::ledger::{World, chain, charge};
use engine::{
    fork::{ForkRequest, preview, start_fork},
    port::Journal,
    rollback::{Refused, to_node},
};
use serde_json::json;
use std::sync::Arc;
use stepwell_core::{
    command::Command,
    event::Event,
    execution::{Execution, Status},
    invariant,
    rollback::{Rollback, Unreachable},
};

async fn forked(world: &World, checkpoint: u64, input: Option<serde_json::Value>) -> Result<Arc<Execution>, Refused> {
    let request =
        ForkRequest { checkpoint, input, workflow: None, by: Some("ada@example.com".into()), idempotency: None };
    let started = start_fork(&world.host, &world.id, request).await.unwrap()?;
    world.host.handle_due().await;
    let state = world.host.state(started.id()).unwrap();
    let turns = world.host.turns(state.id(), 0, 10_000).await.unwrap();
    assert_eq!(invariant::check(&world.workflow, &turns, &state), Vec::<String>::new());
    Ok(state)
}

#[tokio::test]
async fn a_fork_goes_on_from_a_checkpoint_and_leaves_the_other_alone() {
    let say =
        json!({"id": "say", "type": "transform", "config": {"expression": "ctx.a.output.body.id + string(input.n)"}});
    let world = World::ran(&chain("forks", &[charge("a"), charge("b"), say])).await;
    let (before, after_a) = (world.state(), world.finished("a").await);
    // Given a fork after the first charge, with another input,
    let fork = forked(&world, after_a, Some(json!({"n": 8}))).await.unwrap();
    // then the first charge is shared, the second is its own.
    assert_eq!(fork.status(), Status::Completed);
    assert_eq!(fork.output.as_ref().unwrap().value(), Some(&json!("id/a8")));
    assert_eq!(world.entries(), ["/a", "/b", "/b"].map(String::from));
    assert_eq!(world.state(), before, "the other is as it was");
    // Rolled back to its beginning, the fork undoes only what it did itself.
    engine::rollback::roll_back(&world.host, fork.id(), Rollback::to(1), None, None).await.unwrap().unwrap();
    world.host.handle_due().await;
    assert_eq!(&world.entries()[3..], ["/undo/id/b", "/b"].map(String::from));
}

#[tokio::test]
async fn a_question_is_asked_anew_and_children_that_had_ended_are_shared() {
    let body =
        json!({"nodes": [{"id": "one", "type": "transform", "config": {"expression": "item * 2"}}], "edges": []});
    let each =
        json!({"id": "each", "type": "map", "config": {"items": "[1, 2, 3]", "max_concurrency": 1, "body": body}});
    let ask = json!({"id": "ok", "type": "human", "config": {"kind": "approval", "question": "Well?"}});
    let world = World::ran(&chain("kids", &[each, ask])).await;
    let turns = world.host.turns(&world.id, 0, 10_000).await.unwrap();
    let ended = |turn: &&stepwell_core::event::Turn| {
        turn.events.iter().any(|event| matches!(event, stepwell_core::event::Event::ChildrenEnded { .. }))
    };
    let second = turns.iter().filter(ended).nth(1).unwrap().seq;
    let many = world.host.all().len();
    let fork = forked(&world, second, None).await.unwrap();
    assert_eq!(fork.status(), Status::WaitingHuman);
    assert_eq!(fork.node(&"each".into()).unwrap().output.as_ref().unwrap().value(), Some(&json!([2, 4, 6])));
    assert_eq!(world.host.all().len(), many + 2, "the fork, and the one child that had not ended");
    let ids = |state: &Execution| state.open_interactions().map(|one| one.interaction_id.clone()).collect::<Vec<_>>();
    assert_ne!(ids(&fork), ids(&world.state()));
    // A fork of the open question has a question of its own.
    let again = forked(&world, world.state().seq, None).await.unwrap();
    assert_eq!((again.status(), ids(&again).len()), (Status::WaitingHuman, 1));
    assert_ne!(ids(&again), ids(&world.state()));
}

#[tokio::test]
async fn a_fork_goes_back_to_what_it_ran_itself_and_to_nothing_that_it_shares() {
    // Given a fork at the moment in which `c` is due, that ran on to its end,
    let world = World::ran(&chain("shared", &[charge("a"), charge("b"), charge("c"), charge("d"), charge("e")])).await;
    let fork = forked(&world, world.finished("b").await, None).await.unwrap();
    assert_eq!(fork.status(), Status::Completed);
    let to = |node: &str| to_node(&world.workflow, &fork, &node.into(), None);
    // then no turn of its own leads to before what it shares,
    for node in ["start", "a", "b"] {
        let refused = to(node).unwrap_err();
        let told = refused.to_string();
        assert!(told.contains("before the fork") && told.contains(world.id.as_str()), "{node}: {told}");
    }
    // and what it ran begins in the turn in which it was due there.
    assert_eq!(to("c").unwrap().to, 1);
    let entries = world.entries().len();
    engine::rollback::roll_back(&world.host, fork.id(), to("d").unwrap(), None, None).await.unwrap().unwrap();
    world.host.handle_due().await;
    assert_eq!(&world.entries()[entries..], ["/undo/id/e", "/undo/id/d", "/d", "/e"].map(String::from));
}

#[tokio::test]
async fn the_wait_that_began_before_a_fork_takes_a_signal_first() {
    // Given two branches that wait for the same event, of which one began to wait before the fork,
    let wait = |id: &str| json!({"id": id, "type": "wait", "config": {"event": "go"}});
    let document = json!({"id": "waits", "nodes": [{"id": "start", "type": "manual_trigger"}, charge("a"), charge("b"),
            charge("c"), wait("late"), wait("early")],
        "edges": [{"from": "start", "to": "a"}, {"from": "a", "to": "b"}, {"from": "b", "to": "early"},
            {"from": "b", "to": "c"}, {"from": "c", "to": "late"}]});
    let world = World::ran(&document).await;
    let turns = world.host.turns(&world.id, 0, 10_000).await.unwrap();
    let waits = |turn: &&stepwell_core::event::Turn| {
        turn.events.iter().any(|event| matches!(event, Event::WaitStarted { node, .. } if node.as_str() == "early"))
    };
    let fork = forked(&world, turns.iter().find(waits).unwrap().seq, None).await.unwrap();
    assert_eq!(fork.status(), Status::Waiting);
    // when the event comes once,
    let signal = Command::Signal { name: "go".into(), data: json!(1).into() };
    engine::drive::submit(&world.host, fork.id(), signal).await.unwrap().unwrap();
    // then the one that has waited longest takes it.
    let state = world.host.state(fork.id()).unwrap();
    let waits = ["early", "late"].map(|node| state.node(&node.into()).unwrap().phase.is_open());
    assert_eq!(waits, [false, true]);
}

#[tokio::test]
async fn a_loop_that_was_open_is_at_work_in_a_fork_since_that_began() {
    let document = json!({"id": "loops", "nodes": [{"id": "start", "type": "manual_trigger"},
            {"id": "each", "type": "loop", "config": {"for_each": "[1]"}}, {"id": "wait", "type": "wait", "config": {"event": "go"}}],
        "edges": [{"from": "start", "to": "each"}, {"from": "each", "to": "wait", "port": "loop"}, {"from": "wait", "to": "each"}]});
    let world = World::ran(&document).await;
    // Given an execution that has waited in its loop for ten minutes,
    world.after(600.0).await;
    let fork = forked(&world, world.state().seq, None).await.unwrap();
    let signal = Command::Signal { name: "go".into(), data: json!(1).into() };
    engine::drive::submit(&world.host, fork.id(), signal).await.unwrap().unwrap();
    world.host.handle_due().await;
    // then the loop of its fork took the time that the fork took.
    let state = world.host.state(fork.id()).unwrap();
    assert_eq!(state.status(), Status::Completed);
    for node in ["each", "wait"] {
        let took = stepwell_core::view::duration_ms(state.node(&node.into()).unwrap()).unwrap();
        assert!(took < 60_000, "{node} {took}");
    }
}

#[tokio::test]
async fn nothing_begins_where_nothing_goes_on() {
    let world = World::ran(&chain("where", &[charge("a")])).await;
    let newest = world.state().seq;
    let why = |refused: Result<Arc<Execution>, Refused>| match refused {
        Err(Refused::Unreachable(why)) => why,
        other => panic!("{other:?}"),
    };
    assert_eq!(why(forked(&world, 0, None).await), Unreachable::Missing(0));
    assert_eq!(why(forked(&world, newest, None).await), Unreachable::Ended(newest));
    assert_eq!(why(forked(&world, newest + 1, None).await), Unreachable::Ahead { to: newest + 1, newest });
    // What a rollback left behind is still there to be forked.
    world.back(Rollback::to(1)).await.unwrap();
    assert_eq!(forked(&world, 1, None).await.unwrap().status(), Status::Completed);
}

#[tokio::test]
async fn a_preview_tells_what_a_fork_would_come_to_by_what_was_recorded_and_does_nothing() {
    let say =
        json!({"id": "say", "type": "transform", "config": {"expression": "ctx.a.output.body.id + string(input.n)"}});
    let world = World::ran(&chain("preview", &[charge("a"), charge("b"), say])).await;
    let (after_a, entries) = (world.finished("a").await, world.entries());
    let all = || format!("{:?} {:?} {:?}", world.host.all(), world.host.queue(), world.host.timers());
    let before = all();
    let of = |checkpoint, input| ForkRequest { checkpoint, input, ..ForkRequest::default() };
    let told = preview(&world.host, &world.id, &of(after_a, Some(json!({"n": 8})))).await.unwrap().unwrap();
    let runs: Vec<_> = told.runs.iter().map(|(visited, port)| (visited.node.as_str(), port.as_deref())).collect();
    assert_eq!(runs, [("b", Some("success")), ("say", Some("success"))]);
    assert_eq!((told.end, told.would_run.len()), (Some(Status::Completed), 0));
    assert_eq!(told.output, Some(json!("id/a8")), "with the other input");
    assert_eq!((all(), world.entries()), (before, entries), "nothing was done");
    // What a rollback left behind was recorded all the same.
    world.back(Rollback::to(1)).await.unwrap();
    let told = preview(&world.host, &world.id, &of(after_a, None)).await.unwrap().unwrap();
    assert_eq!((told.end, told.runs.len()), (Some(Status::Completed), 2));
    assert!(matches!(
        preview(&world.host, &world.id, &of(0, None)).await.unwrap(),
        Err(Refused::Unreachable(Unreachable::Missing(0)))
    ));
}

#[tokio::test]
async fn a_preview_of_what_waits_ends_where_the_record_does() {
    let body =
        json!({"nodes": [{"id": "one", "type": "transform", "config": {"expression": "item * 2"}}], "edges": []});
    let each =
        json!({"id": "each", "type": "map", "config": {"items": "[1, 2, 3]", "max_concurrency": 1, "body": body}});
    let ask = json!({"id": "ok", "type": "human", "config": {"kind": "approval", "question": "Well?"}});
    let world = World::ran(&chain("kids-preview", &[each, ask])).await;
    let many = world.host.all().len();
    let turns = world.host.turns(&world.id, 0, 10_000).await.unwrap();
    let planned = |turn: &&stepwell_core::event::Turn| {
        turn.events.iter().any(|event| matches!(event, stepwell_core::event::Event::ChildrenPlanned { .. }))
    };
    let begun = turns.iter().find(planned).unwrap().seq;
    for checkpoint in [1, begun, world.state().seq] {
        let request = ForkRequest { checkpoint, ..ForkRequest::default() };
        let told = preview(&world.host, &world.id, &request).await.unwrap().unwrap();
        assert_eq!((told.end, told.would_run.len(), told.asks.len()), (None, 1, 1), "{told:?}");
        assert_eq!(told.would_run[0].node.as_str(), "ok");
        assert_eq!(told.runs.iter().any(|(visited, _)| visited.node.as_str() == "each"), checkpoint <= begun);
    }
    assert_eq!(world.host.all().len(), many, "no child is started");
}
