//! Patches beside others: two at once, children, forks, and what is no patch.

use super::{
    ledger::{World, chain},
    patches::{add, approve, ask, node, patched, plain, refused, takes, whys, with},
};
use document::parse;
use engine::{
    fork::{ForkRequest, start_fork},
    patch::Refused,
};
use serde_json::{Value, json};
use std::sync::Arc;
use stepwell_core::{
    command::Command,
    execution::Status,
    interaction::{Answer, Via},
    patch::Why,
};

#[tokio::test]
async fn of_two_patches_the_second_is_decided_on_what_the_first_made() {
    let world = World::ran(&chain("two", &[ask("ok")])).await;
    let add_one = |id: &str| {
        json!([{"op": "add", "path": "/nodes/-", "value": plain(id)},
            {"op": "add", "path": "/edges/-", "value": {"from": "ok", "to": id}}])
    };
    let (one, two) = futures::join!(patched(&world, add_one("a"), false), patched(&world, add_one("b"), false));
    assert!(one.is_ok() && two.is_ok(), "{one:?} {two:?}");
    approve(&world).await;
    let mut entries = world.entries();
    entries.sort();
    assert_eq!(entries, ["/a", "/b"].map(String::from));
}

#[tokio::test]
async fn children_go_on_and_what_started_them_stays() {
    let body = json!({"nodes": [ask("each")], "edges": []});
    let map = json!({"id": "all", "type": "map", "config": {"items": "[1, 2]", "body": body}});
    let world = World::ran(&chain("kids", &[map])).await;
    let wrong = refused(&world, with(&world, |all| node(all, "all")["config"]["items"] = json!("[1]"))).await;
    assert_eq!(whys(&wrong), [(Why::InUse, "all")]);
    takes(&world, with(&world, |all| add(all, plain("z"), json!([{"from": "all", "to": "z"}])))).await;
    for child in world.host.all().into_iter().filter(|child| child.started.parent.is_some()) {
        let question = child.open_interactions().next().unwrap().interaction_id.clone();
        let answer = Answer { by: "ada@example.com".into(), via: Via::Api, approved: Some(true), ..Answer::default() };
        let command = Command::Answer { interaction_id: question, answer: Box::new(answer) };
        engine::drive::submit(&world.host, child.id(), command).await.unwrap();
        world.host.handle_due().await;
    }
    world.is(Status::Completed);
    assert_eq!(world.entries(), ["/z"].map(String::from));
}

#[tokio::test]
async fn a_fork_begins_by_a_patched_workflow_where_the_past_allows_it() {
    let world = World::ran(&chain("fork", &[plain("a"), ask("ok"), plain("b")])).await;
    let checkpoint = world.state().seq;
    approve(&world).await;
    world.is(Status::Completed);
    let mut document = (*world.workflow.document).clone();
    node(&mut document, "b")["config"]["url"] = json!("https://ledger.example/b2");
    let new = parse(&document).unwrap().workflow;
    let fork = |checkpoint, workflow| ForkRequest { checkpoint, workflow: Some(workflow), ..ForkRequest::default() };
    let forked = start_fork(&world.host, &world.id, fork(checkpoint, new.clone())).await.unwrap().unwrap();
    world.host.handle_due().await;
    let question = world.host.state(forked.id()).unwrap().open_interactions().next().unwrap().interaction_id.clone();
    let answer = Answer { by: "ada@example.com".into(), via: Via::Api, approved: Some(true), ..Answer::default() };
    let command = Command::Answer { interaction_id: question, answer: Box::new(answer) };
    engine::drive::submit(&world.host, forked.id(), command).await.unwrap();
    world.host.handle_due().await;
    assert_eq!(world.entries(), ["/a", "/b", "/b2"].map(String::from));
    let state = world.host.state(forked.id()).unwrap();
    assert_eq!((state.status(), state.workflow_hash()), (Status::Completed, new.hash.as_str()));
    // At the end of the other one, `b` has run by its old config, and a new way out of it would have been taken.
    add(&mut document, plain("z"), json!([{"from": "a", "to": "z"}]));
    let new = parse(&document).unwrap().workflow;
    let why = start_fork(&world.host, &world.id, fork(checkpoint, new)).await.unwrap();
    let Err(engine::rollback::Refused::InTheWay(wrong)) = why else { panic!("{why:?}") };
    assert_eq!(whys(&wrong), [(Why::RouteChanged, "a")]);
    // A fork can be patched like any other, as far as its own past and the checkpoint tell.
    let state: Arc<_> = world.host.state(forked.id()).unwrap();
    assert!(state.started.forked.is_some());
}

#[tokio::test]
async fn operations_that_cannot_be_applied_and_workflows_that_are_not_valid_change_nothing() {
    let world = World::ran(&chain("wrong", &[ask("ok")])).await;
    let before = world.state();
    // Each copy of the whole into itself doubles it.
    let mut doubling = vec![json!({"op": "add", "path": "/metadata", "value": {"all": []}})];
    doubling.resize(40, json!({"op": "copy", "from": "", "path": "/metadata/all/-"}));
    for (operations, code) in [
        (json!({"op": "add"}), "invalid_operation"),
        (json!([{"op": "ad", "path": "/x", "value": 1}]), "invalid_operation"),
        (json!([{"op": "remove", "path": "/nodes/9"}]), "patch_failed"),
        (json!([{"op": "test", "path": "/id", "value": "other"}]), "patch_failed"),
        (json!([{"op": "replace", "path": "/id", "value": "other"}]), "id_changed"),
        (Value::Array(doubling), "too_large"),
        (json!(vec![json!({"op": "test", "path": "/id", "value": "wrong"}); 1_001]), "too_large"),
    ] {
        match patched(&world, operations.clone(), false).await {
            Err(Refused::Operations(wrong)) => assert_eq!(wrong.code, code, "{operations}"),
            other => panic!("{operations}: {other:?}"),
        }
    }
    let invalid = json!([{"op": "add", "path": "/edges/-", "value": {"from": "ok", "to": "nowhere"}}]);
    assert!(matches!(patched(&world, invalid, false).await, Err(Refused::Invalid(issues)) if !issues.is_empty()));
    assert_eq!(world.state(), before);
}

/// `b` takes one of two ways by its rule, and the way to `e` is not taken.
fn forked_ways() -> Value {
    let mut document = chain(
        "ways",
        &[json!({"id": "b", "type": "branch",
        "config": {"rules": [{"when": "input.n > 50", "port": "big"}], "default": "small"}})],
    );
    add(&mut document, ask("ok"), json!([{"from": "b", "to": "ok", "port": "small"}]));
    add(&mut document, plain("e"), json!([{"from": "b", "to": "e", "port": "big"}]));
    document
}

async fn approved(world: &World, of: &stepwell_core::id::ExecutionId) {
    let question = world.host.state(of).unwrap().open_interactions().next().unwrap().interaction_id.clone();
    let answer = Answer { by: "ada@example.com".into(), via: Via::Api, approved: Some(true), ..Answer::default() };
    let command = Command::Answer { interaction_id: question, answer: Box::new(answer) };
    engine::drive::submit(&world.host, of, command).await.unwrap();
    world.host.handle_due().await;
}

#[tokio::test]
async fn a_fork_runs_at_once_what_its_patched_workflow_makes_ready() {
    let mut document = chain("ready", &[plain("a")]);
    add(&mut document, ask("ok"), json!([{"from": "start", "to": "ok"}]));
    add(&mut document, plain("join"), json!([{"from": "a", "to": "join"}, {"from": "ok", "to": "join"}]));
    let world = World::ran(&document).await;
    let mut other = (*world.workflow.document).clone();
    other["edges"].as_array_mut().unwrap().retain(|edge| edge["from"] != "ok" || edge["to"] != "join");
    let workflow = Some(parse(&other).unwrap().workflow);
    let request = ForkRequest { checkpoint: world.state().seq, workflow, ..ForkRequest::default() };
    let fork = start_fork(&world.host, &world.id, request).await.unwrap().unwrap();
    world.host.handle_due().await;
    assert_eq!(world.entries(), ["/a", "/join"].map(String::from));
    approved(&world, fork.id()).await;
    assert_eq!(world.host.state(fork.id()).unwrap().status(), Status::Completed);
}

#[tokio::test]
async fn a_fork_is_patched_as_far_as_its_past_is_known() {
    let mut world = World::ran(&forked_ways()).await;
    let request = ForkRequest { checkpoint: world.state().seq, ..ForkRequest::default() };
    let fork = start_fork(&world.host, &world.id, request).await.unwrap().unwrap();
    world.host.handle_due().await;
    world.id = fork.id().clone();
    // What was decided before the fork stays: by another rule it would have gone another way.
    let rules = with(&world, |all| node(all, "b")["config"]["rules"][0]["when"] = json!("true"));
    assert_eq!(whys(&refused(&world, rules).await), [(Why::CannotTell, "b")]);
    // What was skipped before it may be reached by a new edge.
    let way = json!({"from": "ok", "to": "e"});
    takes(&world, with(&world, |all| all["edges"].as_array_mut().unwrap().push(way))).await;
    approve(&world).await;
    world.is(Status::Completed);
    assert_eq!(world.entries(), ["/e"].map(String::from));
}

#[tokio::test]
async fn the_same_workflow_is_no_patch_and_a_question_that_is_closed_can_be_another() {
    let world = World::ran(&chain("again", &[ask("ok")])).await;
    let before = world.state();
    takes(&world, json!([])).await;
    assert_eq!(world.state(), before);
    world.control(stepwell_core::command::Control::Cancel).await.unwrap();
    takes(&world, with(&world, |all| node(all, "ok")["config"]["question"] = json!("Really?"))).await;
    world.control(stepwell_core::command::Control::Retry).await.unwrap();
    assert_eq!(world.state().open_interactions().next().unwrap().question, "Really?");
}
