//! One execution that goes back.

use super::ledger::{World, chain, charge, late};
use engine::{
    port::Journal,
    rollback::{Refused, preview, to_node},
};
use serde_json::{Value, json};
use stepwell_core::{
    command::{Command, Control},
    error::Rejection,
    event::Unstick,
    execution::{Phase, Status},
    rollback::{Rollback, Unreachable},
};

fn ask(id: &str) -> Value {
    json!({"id": id, "type": "human", "config": {"kind": "approval", "question": "Well?"}})
}

#[tokio::test]
async fn what_was_done_is_undone_in_reverse_order_and_done_again() {
    // Given an execution that charged three times and completed,
    let world = World::ran(&chain("saga", &[charge("a"), charge("b"), charge("c")])).await;
    world.is(Status::Completed);
    let after_a = world.finished("a").await;
    // when it goes back to after the first charge,
    world.back(Rollback::to(after_a)).await.unwrap();
    // then the other two are undone, the latest first, and charged again.
    assert_eq!(world.entries(), ["/a", "/b", "/c", "/undo/id/c", "/undo/id/b", "/b", "/c"].map(String::from));
    world.is(Status::Completed);
    assert_eq!(world.state().epoch, 1);
    world.holds().await;
    // Back to the first checkpoint: of each node the latest visit alone is left to undo.
    world.back(Rollback::to(1)).await.unwrap();
    let later = &world.entries()[7..];
    assert_eq!(later, ["/undo/id/c", "/undo/id/b", "/undo/id/a", "/a", "/b", "/c"].map(String::from));
    world.holds().await;
}

#[tokio::test]
async fn without_compensation_the_state_alone_goes_back() {
    let world = World::ran(&chain("plain", &[charge("a"), charge("b")])).await;
    world.back(Rollback { compensate: false, ..Rollback::to(1) }).await.unwrap();
    assert_eq!(world.entries(), ["/a", "/b", "/a", "/b"].map(String::from));
    world.holds().await;
}

#[tokio::test]
async fn checkpoints_that_cannot_be_reached_are_told_apart() {
    let world = World::ran(&chain("where", &[charge("a"), charge("b")])).await;
    let newest = world.state().seq;
    let why = |refused: Result<(), Refused>| match refused {
        Err(Refused::Unreachable(why)) => why,
        other => panic!("{other:?}"),
    };
    assert_eq!(why(world.back(Rollback::to(0)).await), Unreachable::Missing(0));
    assert_eq!(why(world.back(Rollback::to(newest + 1)).await), Unreachable::Ahead { to: newest + 1, newest });
    assert_eq!(why(world.back(Rollback::to(newest)).await), Unreachable::Ended(newest));
    world.back(Rollback::to(1)).await.unwrap();
    assert_eq!(why(world.back(Rollback::to(newest)).await), Unreachable::LeftBehind(newest));
    let ids = ["nothing", "a"].map(|node| to_node(&world.workflow, &world.state(), &node.into(), None).is_ok());
    assert_eq!(ids, [false, true]);
    assert!(matches!(world.control(Control::Resume).await, Err(Rejection::Status { .. })), "it has completed");
}

#[tokio::test]
async fn an_outcome_that_is_unknown_is_undone_too_and_a_certain_failure_is_not() {
    let world = World::started(&chain("lost", &[charge("a"), charge("b")])).await;
    world.fails("/b", "lost");
    world.host.handle_due().await;
    world.is(Status::Failed);
    world.works("/b");
    world.back(Rollback::to(1)).await.unwrap();
    assert_eq!(world.entries(), ["/a", "/b", "/undo/?", "/undo/id/a", "/a", "/b"].map(String::from));
    world.holds().await;

    let world = World::started(&chain("refused", &[charge("a"), charge("b")])).await;
    world.fails("/b", "no");
    world.host.handle_due().await;
    world.works("/b");
    world.back(Rollback::to(1)).await.unwrap();
    assert_eq!(world.entries(), ["/a", "/undo/id/a", "/a", "/b"].map(String::from));
    world.holds().await;
}

#[tokio::test]
async fn on_error_rollback_undoes_what_was_done_then_fails_and_a_retry_starts_over() {
    let mut last = charge("c");
    last["on_error"] = json!("rollback");
    let world = World::started(&chain("saga", &[charge("a"), charge("b"), last])).await;
    world.fails("/c", "no");
    world.host.handle_due().await;
    world.is(Status::Failed);
    let error = world.state().error.clone().unwrap();
    assert_eq!((error.code.as_str(), error.node.unwrap().as_str()), ("refused", "c"));
    assert_eq!(world.entries(), ["/a", "/b", "/undo/id/b", "/undo/id/a"].map(String::from));
    world.holds().await;
    world.works("/c");
    world.control(Control::Retry).await.unwrap();
    world.is(Status::Completed);
    assert_eq!(&world.entries()[4..], ["/a", "/b", "/c"].map(String::from));
    world.holds().await;
}

#[tokio::test]
async fn a_fail_node_undoes_what_was_done_where_its_policy_or_that_of_all_says_so() {
    let refused = |extra: Value| {
        let mut node = json!({"id": "no", "type": "fail", "config": {"code": "refused", "message": "not today"}});
        node.as_object_mut().unwrap().extend(extra.as_object().cloned().unwrap());
        node
    };
    let of_all = |policy: &str| {
        let mut document = chain("all", &[charge("a"), charge("b"), refused(json!({}))]);
        document["settings"] = json!({"on_error": policy});
        document
    };
    let own = |policy: &str| chain("own", &[charge("a"), charge("b"), refused(json!({"on_error": policy}))]);
    for (document, undoes) in [
        (own("rollback"), true),
        (of_all("rollback"), true),
        (own("fail"), false),
        (of_all("continue"), false),
        (of_all("ask_human"), false),
    ] {
        let world = World::ran(&document).await;
        world.is(Status::Failed);
        let error = world.state().error.clone().unwrap();
        assert_eq!((error.code.as_str(), error.node.unwrap().as_str()), ("refused", "no"));
        let undone: &[&str] = if undoes { &["/undo/id/b", "/undo/id/a"] } else { &[] };
        assert_eq!(&world.entries()[2..], undone, "{document}");
        world.holds().await;
    }
}

#[tokio::test]
async fn a_loop_that_passes_its_bound_undoes_what_was_done_where_its_policy_says_so() {
    for (policy, undone) in [("rollback", vec!["/undo/id/c", "/undo/id/c", "/undo/id/a"]), ("ask_human", vec![])] {
        let looped = json!({"id": "lo", "type": "loop", "on_error": policy,
            "config": {"while": "loop.iteration < 5", "max_iterations": 2}});
        let mut document = chain("bound", &[charge("a"), looped]);
        document["nodes"].as_array_mut().unwrap().push(charge("c"));
        let ways = [json!({"from": "lo", "to": "c", "port": "loop"}), json!({"from": "c", "to": "lo"})];
        document["edges"].as_array_mut().unwrap().extend(ways);
        let world = World::ran(&document).await;
        world.is(Status::Failed);
        assert_eq!(world.state().error.as_ref().map(|error| error.code.as_str()), Some("loop_limit_exceeded"));
        assert_eq!(&world.entries()[3..], undone, "{policy}");
        world.holds().await;
    }
}

#[tokio::test]
async fn a_compensation_that_fails_waits_for_a_person() {
    let world = World::ran(&chain("stuck", &[charge("a"), charge("b")])).await;
    world.fails("/undo/id/b", "no");
    world.back(Rollback::to(1)).await.unwrap();
    world.is(Status::Stuck);
    let error = world.state().stuck.clone().unwrap();
    assert_eq!((error.code.as_str(), error.node.as_ref().unwrap().as_str()), ("compensation_failed", "b"));
    world.holds().await;
    let unstick = |action| Command::Unstick { action, node: None, output: None, reason: None };
    // A redrive has nothing to send; another node is not stuck.
    assert!(matches!(world.ask(unstick(Unstick::Redrive)).await, Err(Rejection::Status { .. })));
    let other = Command::Unstick { action: Unstick::Skip, node: Some("a".into()), output: None, reason: None };
    assert!(matches!(world.ask(other).await, Err(Rejection::Invalid { .. })));
    // It is tried again, fails again, and then works.
    world.ask(unstick(Unstick::Retry)).await.unwrap();
    world.is(Status::Stuck);
    world.works("/undo/id/b");
    world.ask(unstick(Unstick::Retry)).await.unwrap();
    world.is(Status::Completed);
    assert_eq!(&world.entries()[2..], ["/undo/id/b", "/undo/id/a", "/a", "/b"].map(String::from));
    world.holds().await;
    // Left as it is, the rest goes on.
    world.fails("/undo/id/b", "no");
    world.back(Rollback::to(1)).await.unwrap();
    world.ask(unstick(Unstick::Skip)).await.unwrap();
    world.is(Status::Completed);
    assert_eq!(&world.entries()[6..], ["/undo/id/a", "/a", "/b"].map(String::from));
    assert!(matches!(world.ask(unstick(Unstick::Retry)).await, Err(Rejection::Status { .. })), "it is not stuck");
    world.holds().await;
}

#[tokio::test]
async fn a_compensation_of_which_nothing_is_heard_is_tried_again_under_its_key() {
    let world = World::ran(&chain("again", &[charge("a")])).await;
    world.fails("/undo/id/a", "lost");
    world.back(Rollback::to(1)).await.unwrap();
    // A lost answer is no reason for another attempt unless its failure says so: the ledger's does not.
    world.is(Status::Stuck);
    world.works("/undo/id/a");
    let unstick = Command::Unstick { action: Unstick::Retry, node: None, output: None, reason: None };
    world.ask(unstick).await.unwrap();
    world.is(Status::Completed);
    // The second attempt came under the key of the first, so the ledger refunded once.
    assert_eq!(world.entries(), ["/a", "/undo/id/a", "/a"].map(String::from));
}

#[tokio::test]
async fn questions_waits_and_signals_come_back() {
    let wait = json!({"id": "word", "type": "wait", "config": {"event": "go"}});
    let world = World::ran(&chain("people", &[charge("a"), ask("ok"), wait, charge("b")])).await;
    world.is(Status::WaitingHuman);
    let (asked, first) = (world.state().seq, world.state().open_interactions().next().unwrap().interaction_id.clone());
    let answer = |id: &stepwell_core::id::InteractionId| {
        let said = stepwell_core::interaction::Answer {
            by: "ada@example.com".into(),
            approved: Some(true),
            ..Default::default()
        };
        Command::Answer { interaction_id: id.clone(), answer: Box::new(said) }
    };
    world.ask(answer(&first)).await.unwrap();
    world.ask(Command::Signal { name: "go".into(), data: json!({"n": 1}).into() }).await.unwrap();
    world.is(Status::Completed);
    // Back to the open question: it is asked under another id, and the old one is over.
    world.back(Rollback::to(asked)).await.unwrap();
    world.is(Status::WaitingHuman);
    let second = world.state().open_interactions().next().unwrap().interaction_id.clone();
    assert_ne!(first, second);
    assert!(matches!(world.ask(answer(&first)).await, Err(Rejection::Decided { .. })));
    // The signal that was consumed since is there for the wait that comes.
    world.ask(answer(&second)).await.unwrap();
    world.is(Status::Completed);
    assert_eq!(world.entries(), ["/a", "/b", "/undo/id/b", "/b"].map(String::from));
    world.holds().await;
    // It is there after another rollback too.
    world.back(Rollback::to(asked)).await.unwrap();
    let third = world.state().open_interactions().next().unwrap().interaction_id.clone();
    world.ask(answer(&third)).await.unwrap();
    world.is(Status::Completed);
    world.holds().await;
    // While a question is open, a rollback closes it.
    world.back(Rollback::to(asked)).await.unwrap();
    let open = world.state().open_interactions().next().unwrap().interaction_id.clone();
    world.back(Rollback::to(1)).await.unwrap();
    assert!(matches!(world.ask(answer(&open)).await, Err(Rejection::Decided { .. })));
    world.holds().await;
}

#[tokio::test]
async fn a_node_that_runs_is_awaited_and_what_it_did_is_undone() {
    let world = World::started(&chain("runs", &[charge("a"), charge("b")])).await;
    // Given `b` is begun by a worker that has not reported yet,
    let (activation, worker) = world.begun("b").await;
    assert!(matches!(world.state().node(&"b".into()).unwrap().phase, Phase::Intended { .. }));
    // when the execution goes back,
    world.back(Rollback::to(1)).await.unwrap();
    // then it waits for the outcome,
    world.is(Status::RollingBack);
    assert!(world.state().awaits(&activation, 1), "the attempt is not stopped");
    // which is recorded for its compensation alone.
    world.ask(late(activation)).await.unwrap();
    world.host.ack(worker.receipt);
    world.is(Status::Completed);
    assert_eq!(world.entries(), ["/a", "/undo/late", "/undo/id/a", "/a", "/b"].map(String::from));
    world.holds().await;
}

#[tokio::test]
async fn an_outcome_that_never_comes_counts_as_unknown() {
    let world = World::started(&chain("gone", &[charge("a")])).await;
    let activation = world.state().activation(&"a".into());
    let deadline = world.state().updated_at.after_seconds(90.0);
    let intend = Command::Intend { activation, attempt: 1, deadline };
    engine::drive::submit(&world.host, &world.id, intend).await.unwrap();
    let worker = world.host.take().unwrap();
    world.back(Rollback::to(1)).await.unwrap();
    world.is(Status::RollingBack);
    world.after(100.0).await;
    world.is(Status::Completed);
    assert_eq!(world.entries(), ["/undo/?", "/a"].map(String::from));
    world.host.ack(worker.receipt);
    world.holds().await;
}

#[tokio::test]
async fn pause_stops_between_compensations_and_cancel_ends_them() {
    let world = World::ran(&chain("ctl", &[charge("a"), charge("b"), charge("c")])).await;
    world.fails("/undo/id/b", "no");
    world.back(Rollback::to(1)).await.unwrap();
    world.is(Status::Stuck);
    world.works("/undo/id/b");
    world.control(Control::Cancel).await.unwrap();
    world.is(Status::Cancelled);
    world.holds().await;
    // What was undone stays so, and is not undone twice; the rest is left for the next rollback.
    world.back(Rollback::to(1)).await.unwrap();
    world.is(Status::Completed);
    let all = ["/a", "/b", "/c", "/undo/id/c", "/undo/id/b", "/undo/id/a", "/a", "/b", "/c"].map(String::from);
    assert_eq!(world.entries(), all);
    world.holds().await;
}

#[tokio::test]
async fn in_a_loop_each_visit_is_undone() {
    let document = json!({"id": "loops", "nodes": [
        {"id": "start", "type": "manual_trigger"},
        {"id": "each", "type": "loop", "config": {"for_each": "['x', 'y', 'z']"}},
        {"id": "pay", "type": "http_request", "config": {"url": "https://ledger.example/{{ item }}"},
            "compensate": {"type": "http_request", "config": {"url": "https://ledger.example/undo/{{ item }}/{{ loop.iteration }}/{{ input.n }}"}}}],
        "edges": [{"from": "start", "to": "each"}, {"from": "each", "port": "loop", "to": "pay"}, {"from": "pay", "to": "each"}]});
    let world = World::ran(&document).await;
    world.is(Status::Completed);
    let all = ["/x", "/y", "/z"].map(String::from);
    assert_eq!(world.entries(), all);
    world.back(Rollback::to(1)).await.unwrap();
    let undone = ["/undo/z/2/7", "/undo/y/1/7", "/undo/x/0/7", "/x", "/y", "/z"].map(String::from);
    assert_eq!(&world.entries()[3..], undone);
    // Visits only grow, also where the count of the checkpoint was lower.
    assert_eq!(world.state().node(&"pay".into()).unwrap().visit, 6);
    world.holds().await;
}

#[tokio::test]
async fn backtrack_runs_a_node_again_with_another_input() {
    let shout = json!({"id": "shout", "type": "transform", "config": {"expression": "string(output.n) + '!'"}});
    let first = json!({"id": "first", "type": "transform", "config": {"set": {"n": "{{ input.n }}"}}});
    let world = World::ran(&chain("edit", &[first, shout, charge("a")])).await;
    assert_eq!(world.state().node(&"shout".into()).unwrap().output.as_ref().unwrap().value(), Some(&json!("7!")));
    let there = to_node(&world.workflow, &world.state(), &"shout".into(), Some(json!({"n": 8}))).unwrap();
    let before = world.host.turns(&world.id, 0, 1_000).await.unwrap();
    // A preview says what would happen, and changes nothing.
    let shown = preview(&world.host, &world.id, &there).await.unwrap().unwrap();
    let undo: Vec<_> =
        shown.would_compensate.iter().map(|one| (one.node.as_str(), one.config.clone().unwrap())).collect();
    assert_eq!(undo, [("a", json!({"method": "POST", "url": "https://ledger.example/undo/id/a"}))]);
    assert_eq!(shown.would_run.iter().map(|one| one.node.as_str()).collect::<Vec<_>>(), ["shout"]);
    // A transform asks nothing of anything outside.
    assert_eq!(shown.would_run[0].config, None);
    assert_eq!(world.host.turns(&world.id, 0, 1_000).await.unwrap(), before);
    world.back(there).await.unwrap();
    assert_eq!(world.state().node(&"shout".into()).unwrap().output.as_ref().unwrap().value(), Some(&json!("8!")));
    assert_eq!(world.entries(), ["/a", "/undo/id/a", "/a"].map(String::from));
    world.holds().await;
}

#[tokio::test]
async fn a_preview_renders_what_would_run_as_it_would_run_then() {
    let pay = json!({"id": "pay", "type": "http_request", "config": {"method": "POST",
        "url": "https://ledger.example/{{ output.n }}", "headers": {"authorization": "Bearer {{ secrets.key }}"}}});
    let first = json!({"id": "first", "type": "transform", "config": {"set": {"n": "{{ input.n }}"}}});
    let world = World::ran(&chain("then", &[first, pay])).await;
    let would = async |world: &World, node: &str, input: Option<Value>| {
        let there = to_node(&world.workflow, &world.state(), &node.into(), input).unwrap();
        let mut shown = preview(&world.host, &world.id, &there).await.unwrap().unwrap();
        assert_eq!(shown.would_run.len(), 1);
        shown.would_run.remove(0)
    };
    // The secret is named and not shown.
    let asked = |n: i64| {
        json!({"method": "POST", "url": format!("https://ledger.example/{n}"),
        "headers": {"authorization": "Bearer {{ secrets.key }}"}})
    };
    assert_eq!(would(&world, "pay", None).await.config, Some(asked(7)));
    assert_eq!(
        would(&world, "pay", Some(json!({"n": 8}))).await.config,
        Some(asked(8)),
        "with the input that is given"
    );
    let broken =
        json!({"id": "broken", "type": "http_request", "config": {"url": "https://ledger.example/{{ input.gone }}"}});
    let world = World::ran(&chain("cannot", &[broken])).await;
    let broken = would(&world, "broken", None).await;
    assert!(broken.config.is_none() && broken.error.is_some(), "{broken:?}");
}

#[tokio::test]
async fn the_history_says_what_is_undone_and_not_the_whole_state() {
    let world = World::ran(&chain("told", &[charge("a"), charge("b")])).await;
    world.back(Rollback::to(1)).await.unwrap();
    let turns = world.host.turns(&world.id, 0, 1_000).await.unwrap();
    let begun = turns.iter().flat_map(|turn| &turn.events).map(stepwell_core::view::event);
    let begun: Vec<Value> = begun.filter(|event| event["type"] == "rollback_begun").collect();
    let undo = json!([{"node": "b", "visit": 1, "unknown": false}, {"node": "a", "visit": 1, "unknown": false}]);
    assert_eq!(
        begun,
        [json!({"type": "rollback_begun", "rollback": {"to": 1, "after": {"do": "go_on"}}, "epoch": 1,
        "undo": undo})]
    );
    let sentences: Vec<String> = turns.iter().map(stepwell_core::view::sentence).collect();
    assert!(
        sentences.iter().any(|one| one == "Went back to checkpoint 1 by ada@example.com, 2 things to undo."),
        "{sentences:#?}"
    );
}
