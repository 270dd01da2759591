//! Executions whose workflow changes while they run.

use super::ledger::{World, chain, charge};
use engine::{
    patch::{Done, PatchRequest, Refused, patch},
    port::{Catalogue, Journal},
};
use futures::FutureExt;
use serde_json::{Value, json};
use stepwell_core::{
    command::{Command, Control},
    execution::{Phase, Status},
    interaction::{Answer, Via},
    patch::{Obstacle, Why},
    rollback::Rollback,
};

pub async fn patched(world: &World, operations: Value, dry_run: bool) -> Result<Done, Refused> {
    let asked = PatchRequest { operations, by: Some("ada@example.com".into()), ..PatchRequest::default() };
    let checks = |_| async { Ok(()) }.boxed();
    let done = patch(&world.host, &world.id, asked, &checks, dry_run).await.unwrap()?;
    world.host.handle_due().await;
    world.holds().await;
    Ok(done)
}

pub async fn takes(world: &World, operations: Value) {
    patched(world, operations, false).await.unwrap_or_else(|refused| panic!("{refused:#?}"));
}

/// What stands in the way of a patch, which leaves the execution as it was, byte for byte.
pub async fn refused(world: &World, operations: Value) -> Vec<Obstacle> {
    let all = || async {
        let turns = world.host.turns(&world.id, 0, 10_000).await.unwrap();
        serde_json::to_string(&(&*world.state(), turns)).unwrap()
    };
    let before = all().await;
    let wrong = match patched(world, operations, false).await {
        Err(Refused::InTheWay(obstacles)) => obstacles,
        other => panic!("{other:#?}"),
    };
    assert_eq!(all().await, before);
    wrong
}

pub fn whys(obstacles: &[Obstacle]) -> Vec<(Why, &str)> {
    obstacles.iter().map(|one| (one.why, one.node.as_ref().map_or("", |node| node.as_str()))).collect()
}

/// The present document with changes made to it, as one operation.
pub fn with(world: &World, change: impl FnOnce(&mut Value)) -> Value {
    let state = world.state();
    let found = world.host.workflow(state.workflow_hash()).now_or_never().unwrap().unwrap().unwrap();
    let mut document = (*found.document).clone();
    change(&mut document);
    json!([{"op": "replace", "path": "", "value": document}])
}

pub fn node<'a>(document: &'a mut Value, id: &str) -> &'a mut Value {
    document["nodes"].as_array_mut().unwrap().iter_mut().find(|node| node["id"] == id).unwrap()
}

pub fn add(document: &mut Value, node: Value, edges: Value) {
    document["nodes"].as_array_mut().unwrap().push(node);
    document["edges"].as_array_mut().unwrap().extend(edges.as_array().unwrap().clone());
}

pub fn ask(id: &str) -> Value {
    json!({"id": id, "type": "human", "config": {"kind": "approval", "question": "Well?"}})
}

pub fn plain(id: &str) -> Value {
    let mut node = charge(id);
    node.as_object_mut().unwrap().remove("compensate");
    node
}

pub async fn approve(world: &World) {
    let question = world.state().open_interactions().next().unwrap().interaction_id.clone();
    let answer = Answer { by: "ada@example.com".into(), via: Via::Api, approved: Some(true), ..Answer::default() };
    world.ask(Command::Answer { interaction_id: question, answer: Box::new(answer) }).await.unwrap();
}

/// The edge by which a node was reached may get a condition that held; what came along it is the node's input as before.
#[tokio::test]
async fn an_edge_that_gets_a_condition_still_brings_its_input() {
    let made = json!({"id": "made", "type": "transform", "config": {"expression": "7"}});
    let world = World::ran(&chain("conditions", &[made, ask("ok"), plain("z")])).await;
    let before = world.state().nodes["ok"].via.clone();
    assert_eq!(before.len(), 1);
    for condition in ["output == 7", "output > 6"] {
        let change = with(&world, |all| {
            let edges = all["edges"].as_array_mut().unwrap();
            edges.iter_mut().find(|edge| edge["to"] == "ok").unwrap()["condition"] = json!(condition);
        });
        takes(&world, change).await;
        assert_eq!(world.state().nodes["ok"].via, before, "{condition}");
    }
    let never = with(&world, |all| {
        let edges = all["edges"].as_array_mut().unwrap();
        edges.iter_mut().find(|edge| edge["to"] == "ok").unwrap()["condition"] = json!("output == 8");
    });
    assert_eq!(whys(&refused(&world, never).await), [(Why::RouteChanged, "made")]);
}

/// A node that was skipped before another one was, and that now waits for that one too, is skipped once that one is.
#[tokio::test]
async fn what_was_skipped_stays_skipped_where_a_later_one_of_the_same_turn_is_added_before_it() {
    let set = |id: &str| json!({"id": id, "type": "transform", "config": {"expression": "1"}});
    let document = json!({"id": "skips", "nodes": [{"id": "start", "type": "manual_trigger"},
            {"id": "each", "type": "loop", "config": {"for_each": "[1]"}}, set("x"), set("y"), set("w"), ask("ok")],
        "edges": [{"from": "start", "to": "each", "condition": "false"}, {"from": "each", "to": "x", "port": "loop"},
            {"from": "x", "to": "y"}, {"from": "x", "to": "w"}, {"from": "y", "to": "each"}, {"from": "w", "to": "each"},
            {"from": "start", "to": "ok"}]});
    let world = World::ran(&document).await;
    let is_skipped = || ["each", "x", "y", "w"].map(|id| world.state().node(&id.into()).map(|node| node.phase.clone()));
    assert_eq!(is_skipped(), [const { Some(Phase::Skipped) }; 4]);
    takes(&world, with(&world, |all| all["edges"].as_array_mut().unwrap().push(json!({"from": "w", "to": "y"})))).await;
    assert_eq!(is_skipped(), [const { Some(Phase::Skipped) }; 4]);
    // What is new in a loop that was skipped is skipped with it.
    takes(
        &world,
        with(&world, |all| add(all, set("v"), json!([{"from": "x", "to": "v"}, {"from": "v", "to": "each"}]))),
    )
    .await;
    assert_eq!(world.state().nodes["v"].phase, Phase::Skipped);
}

#[tokio::test]
async fn what_is_added_behind_a_question_runs_once_it_is_answered() {
    let world = World::ran(&chain("later", &[plain("a"), ask("ok")])).await;
    let more = with(&world, |all| add(all, plain("z"), json!([{"from": "ok", "to": "z"}])));
    let tried = patched(&world, more, true).await.unwrap();
    assert_eq!(tried.state.seq, world.state().seq, "a dry run records nothing");
    assert!(world.state().patched.is_none());
    takes(
        &world,
        json!([
            {"op": "test", "path": "/nodes/2/id", "value": "ok"},
            {"op": "add", "path": "/nodes/-", "value": plain("b")},
            {"op": "add", "path": "/edges/-", "value": {"from": "ok", "to": "b"}},
        ]),
    )
    .await;
    assert_eq!(world.state().open_interactions().count(), 1, "the question stays open");
    approve(&world).await;
    world.is(Status::Completed);
    assert_eq!(world.entries(), ["/a", "/b"].map(String::from));
}

#[tokio::test]
async fn a_past_that_the_new_workflow_could_not_have_had_is_refused_with_each_node_in_the_way() {
    let world = World::ran(&chain("past", &[plain("a"), plain("b"), ask("ok")])).await;
    let at_a = world.finished("a").await;
    let gone = with(&world, |all| {
        all["nodes"].as_array_mut().unwrap().retain(|node| node["id"] != "a");
        all["edges"] = json!([{"from": "start", "to": "b"}, {"from": "b", "to": "ok"}]);
    });
    let wrong = refused(&world, gone).await;
    assert_eq!((whys(&wrong), wrong[0].checkpoint), (vec![(Why::NodeRemoved, "a")], at_a));
    assert_eq!(wrong[0].event, "node_succeeded");
    let other = with(&world, |all| {
        *node(all, "a") = json!({"id": "a", "type": "wait", "config": {"seconds": 1}});
        node(all, "ok")["config"]["question"] = json!("Really?");
    });
    let wrong = refused(&world, other).await;
    assert_eq!(whys(&wrong), [(Why::TypeChanged, "a"), (Why::QuestionChanged, "ok")]);
    // Another way out of what has finished.
    let more = with(&world, |all| add(all, plain("c"), json!([{"from": "a", "to": "c"}])));
    assert_eq!(whys(&refused(&world, more).await), [(Why::RouteChanged, "a")]);
    let between = with(&world, |all| {
        add(all, plain("c"), json!([{"from": "a", "to": "c"}, {"from": "c", "to": "b"}]));
        all["edges"].as_array_mut().unwrap().retain(|edge| edge["from"] != "a" || edge["to"] != "b");
    });
    let wrong = refused(&world, between).await;
    assert_eq!(whys(&wrong), [(Why::RouteChanged, "a"), (Why::NotVisited, "b")]);
    // A port that was not taken, and a condition that was false, lead nowhere: new nodes there are skipped.
    let dead = with(&world, |all| {
        add(all, plain("c"), json!([{"from": "a", "to": "c", "port": "error"}]));
        add(all, plain("d"), json!([{"from": "a", "to": "d", "condition": "output.body.id == 'x'"}]));
        add(all, plain("e"), json!([{"from": "c", "to": "e"}, {"from": "ok", "to": "e"}]));
    });
    takes(&world, dead).await;
    approve(&world).await;
    world.is(Status::Completed);
    assert_eq!(world.entries(), ["/a", "/b", "/e"].map(String::from));
}

#[tokio::test]
async fn a_failed_node_is_repaired_and_retried() {
    let world = World::started(&chain("repair", &[plain("a"), plain("b"), plain("c")])).await;
    world.fails("/b", "no");
    world.host.handle_due().await;
    world.is(Status::Failed);
    let repaired = with(&world, |all| node(all, "b")["config"]["url"] = json!("https://ledger.example/b2"));
    takes(&world, repaired).await;
    world.is(Status::Failed);
    world.control(Control::Retry).await.unwrap();
    world.is(Status::Completed);
    assert_eq!(world.entries(), ["/a", "/b2", "/c"].map(String::from));
    world.holds().await;
    // Completed, there is nothing left to change.
    let late = with(&world, |all| add(all, plain("d"), json!([{"from": "c", "to": "d"}])));
    let Err(Refused::Rejected(why)) = patched(&world, late, false).await else { panic!("it is over") };
    assert!(why.to_string().contains("completed"), "{why}");
}

#[tokio::test]
async fn what_was_repaired_and_retried_stands_in_the_way_of_no_later_patch() {
    let sum = |id: &str| json!({"id": id, "type": "transform", "config": {"expression": "input.missing"}});
    let flaky = json!({"id": "b", "type": "http_request", "config": {"url": "https://ledger.example/b"},
        "retry": {"max_attempts": 2, "initial_seconds": 1, "jitter": false}});
    let world = World::started(&chain("twice", &[sum("a"), flaky, sum("c"), plain("d")])).await;
    world.fails("/b", "busy");
    world.host.handle_due().await;
    world.is(Status::Failed);
    takes(&world, with(&world, |all| node(all, "a")["config"]["expression"] = json!("1"))).await;
    world.control(Control::Retry).await.unwrap();
    world.after(5.0).await;
    world.is(Status::Failed);
    // Its policy of retries is another one from now on: the attempts before the retry do not count.
    takes(&world, with(&world, |all| node(all, "b")["retry"]["max_attempts"] = json!(1))).await;
    world.works("/b");
    world.control(Control::Retry).await.unwrap();
    world.is(Status::Failed);
    takes(&world, with(&world, |all| all["description"] = json!("Another one"))).await;
    takes(&world, with(&world, |all| node(all, "c")["config"]["expression"] = json!("3"))).await;
    world.control(Control::Retry).await.unwrap();
    world.is(Status::Completed);
    assert_eq!(world.entries(), ["/b", "/d"].map(String::from));
    world.holds().await;
}

#[tokio::test]
async fn choices_that_failed_are_repaired_too() {
    let branch = json!({"id": "way", "type": "branch",
        "config": {"rules": [{"when": "input.n > 100", "port": "many"}]}});
    let mut document = chain("choice", &[plain("a"), branch]);
    add(&mut document, plain("b"), json!([{"from": "way", "to": "b", "port": "many"}]));
    let world = World::ran(&document).await;
    world.is(Status::Failed);
    takes(&world, with(&world, |all| node(all, "way")["config"]["rules"][0]["when"] = json!("true"))).await;
    world.control(Control::Retry).await.unwrap();
    world.is(Status::Completed);
    // A condition that could not be evaluated is decided again, without running its node again.
    let mut document = chain("edge", &[plain("a")]);
    add(&mut document, plain("b"), json!([{"from": "a", "to": "b", "condition": "output.none.at.all == 1"}]));
    let world = World::ran(&document).await;
    world.is(Status::Failed);
    takes(&world, with(&world, |all| all["edges"][1]["condition"] = json!("output.body.id == 'id/a'"))).await;
    world.control(Control::Retry).await.unwrap();
    world.is(Status::Completed);
    assert_eq!(world.entries(), ["/a", "/b"].map(String::from));
}

async fn tried_once(world: &World) {
    world.fails("/a", "busy");
    world.host.handle_due().await;
    world.is(Status::Waiting);
}

#[tokio::test]
async fn a_node_that_waits_for_its_next_attempt_runs_by_its_new_config() {
    let mut tried = plain("a");
    tried["retry"] = json!({"max_attempts": 3, "initial_seconds": 60, "jitter": false});

    let world = World::started(&chain("again", &[tried.clone()])).await;
    tried_once(&world).await;
    takes(&world, with(&world, |all| node(all, "a")["config"]["url"] = json!("https://ledger.example/a2"))).await;
    world.after(120.0).await;
    world.is(Status::Completed);
    assert_eq!(world.entries(), ["/a2"].map(String::from));
    // Fewer attempts than were made do not fit the past of what has finished, more of them do.
    let world = World::started(&chain("fewer", &[tried, ask("ok")])).await;
    tried_once(&world).await;
    world.works("/a");
    world.after(120.0).await;
    let wrong = refused(&world, with(&world, |all| node(all, "a")["retry"]["max_attempts"] = json!(1))).await;
    assert_eq!(whys(&wrong), [(Why::FailureHandled, "a")]);
    takes(&world, with(&world, |all| node(all, "a")["retry"]["max_attempts"] = json!(2))).await;
}

#[tokio::test]
async fn what_was_to_come_may_go_and_what_waited_for_it_goes_on() {
    // `join` waits for `a`, which is done, and for `ok`, which asks.
    let mut document = chain("less", &[plain("a")]);
    add(&mut document, ask("ok"), json!([{"from": "start", "to": "ok"}]));
    add(&mut document, plain("join"), json!([{"from": "a", "to": "join"}, {"from": "ok", "to": "join"}]));
    let world = World::ran(&document).await;
    assert_eq!(world.entries(), ["/a"].map(String::from));
    let freed = with(&world, |all| {
        all["edges"].as_array_mut().unwrap().retain(|edge| edge["from"] != "ok" || edge["to"] != "join");
    });
    takes(&world, freed).await;
    assert_eq!(world.entries(), ["/a", "/join"].map(String::from));
    approve(&world).await;
    world.is(Status::Completed);
}

#[tokio::test]
async fn during_a_pause_it_is_taken_and_counts_when_the_execution_goes_on() {
    let mut document = chain("pause", &[plain("a")]);
    add(&mut document, ask("ok"), json!([{"from": "start", "to": "ok"}]));
    add(&mut document, plain("join"), json!([{"from": "a", "to": "join"}, {"from": "ok", "to": "join"}]));
    let world = World::ran(&document).await;
    world.control(Control::Pause).await.unwrap();
    approve(&world).await;
    // The answer is recorded, and its edges are not resolved: they may be others.
    let other = with(&world, |all| {
        add(all, plain("c"), json!([{"from": "ok", "to": "c"}]));
        all["edges"].as_array_mut().unwrap().retain(|edge| edge["from"] != "ok" || edge["to"] != "join");
    });
    takes(&world, other).await;
    world.is(Status::Paused);
    assert_eq!(world.entries(), ["/a"].map(String::from));
    world.control(Control::Resume).await.unwrap();
    world.is(Status::Completed);
    let mut entries = world.entries();
    entries.sort();
    assert_eq!(entries, ["/a", "/c", "/join"].map(String::from));
}

#[tokio::test]
async fn going_back_to_before_a_patch_brings_the_old_workflow_and_undoes_by_the_one_that_ran() {
    let world = World::ran(&chain("back", &[charge("a"), ask("ok")])).await;
    let before = world.state().seq;
    takes(&world, with(&world, |all| add(all, charge("b"), json!([{"from": "ok", "to": "b"}])))).await;
    takes(
        &world,
        with(&world, |all| {
            add(all, ask("sure"), json!([{"from": "b", "to": "sure"}]));
            node(all, "a")["compensate"]["config"]["url"] = json!("https://ledger.example/other/a");
        }),
    )
    .await;
    approve(&world).await;
    assert_eq!(world.entries(), ["/a", "/b"].map(String::from));
    // Back to before both patches: `b` is undone, which the old workflow does not know.
    world.back(Rollback::to(before)).await.unwrap();
    world.holds().await;
    assert_eq!(world.entries(), ["/a", "/b", "/undo/id/b"].map(String::from));
    assert_eq!(world.state().workflow_hash(), world.workflow.hash);
    approve(&world).await;
    world.is(Status::Completed);
    assert_eq!(world.entries().len(), 3, "the old workflow ends behind the question");
    // To the first checkpoint: `a` ran by the first workflow, whose `compensate` counts.
    world.back(Rollback::to(1)).await.unwrap();
    assert_eq!(world.entries()[3..], ["/undo/id/a", "/a"].map(String::from));
    world.holds().await;
    // And it can be patched again, with its whole past behind it.
    takes(&world, with(&world, |all| add(all, plain("c"), json!([{"from": "ok", "to": "c"}])))).await;
    approve(&world).await;
    world.is(Status::Completed);
    assert_eq!(world.entries()[5..], ["/c"].map(String::from));
}

#[tokio::test]
async fn a_loop_goes_on_by_a_greater_bound_and_keeps_what_it_goes_through() {
    let mut document = chain(
        "rounds",
        &[json!({"id": "each", "type": "loop",
        "config": {"while": "loop.iteration < 4", "max_iterations": 2}})],
    );
    add(&mut document, plain("a"), json!([{"from": "each", "to": "a", "port": "loop"}, {"from": "a", "to": "each"}]));
    let world = World::ran(&document).await;
    world.is(Status::Failed);
    // A bound below what was gone through is one that the past does not fit.
    let wrong = refused(&world, with(&world, |all| node(all, "each")["config"]["max_iterations"] = json!(1))).await;
    assert_eq!(whys(&wrong), [(Why::IterationChanged, "each")]);
    let wrong = refused(&world, with(&world, |all| node(all, "each")["config"]["while"] = json!("false"))).await;
    assert_eq!(whys(&wrong), [(Why::IterationChanged, "each")]);
    takes(&world, with(&world, |all| node(all, "each")["config"]["max_iterations"] = json!(9))).await;
    world.control(Control::Retry).await.unwrap();
    world.is(Status::Completed);
    // A loop that is retried goes on with the iteration that it could not begin.
    assert_eq!(world.entries().len(), 4);
    world.holds().await;
}
