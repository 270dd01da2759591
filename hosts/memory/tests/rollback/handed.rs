//! What typed connections hand on, where executions go back, are forked, and change their workflow.

use super::{
    ledger::World,
    patches::{refused, takes, whys, with},
};
use engine::{
    fork::{ForkRequest, start_fork},
    rollback::to_node,
};
use serde_json::{Value, json};
use stepwell_core::{
    command::Command,
    execution::Status,
    interaction::{Answer, Via},
    patch::Why,
    rollback::Rollback,
};

fn transform(id: &str, expression: &str) -> Value {
    json!({"id": id, "type": "transform", "config": {"expression": expression}})
}

/// `load`, `early`, a question, and `late`, to both of which `load` hands its output unless it is taken away.
fn document(to: &[&str]) -> Value {
    let seen = "has(output.ai_document) ? output.ai_document : 'nothing'";
    let ask = json!({"id": "ok", "type": "human", "config": {"kind": "approval", "question": "Well?"}});
    let mut edges = vec![
        json!({"from": "start", "to": "load"}),
        json!({"from": "load", "to": "early"}),
        json!({"from": "early", "to": "ok"}),
        json!({"from": "ok", "to": "late"}),
    ];
    edges.extend(to.iter().map(|to| json!({"from": "load", "to": to, "connection": "ai_document"})));
    json!({"id": "handed", "nodes": [{"id": "start", "type": "manual_trigger"}, transform("load", "'of ' + string(input.n)"),
        transform("early", seen), ask, transform("late", seen)], "edges": edges})
}

fn hands(to: &str) -> impl FnOnce(&mut Value) {
    let edge = json!({"from": "load", "to": to, "connection": "ai_document"});
    move |all| all["edges"].as_array_mut().unwrap().push(edge)
}

async fn approve(world: &World) {
    super::patches::approve(world).await;
    world.host.handle_due().await;
}

fn output(world: &World, node: &str) -> Value {
    world.state().nodes[node].output.as_ref().unwrap().value().unwrap().clone()
}

#[tokio::test]
async fn what_was_handed_on_is_handed_on_again_after_a_rollback_and_in_a_fork() {
    let world = World::ran(&document(&["early", "late"])).await;
    assert_eq!(output(&world, "early"), "of 7");
    let asked = world.state().seq;
    approve(&world).await;
    world.is(Status::Completed);
    assert_eq!(output(&world, "late"), "of 7");
    world.back(Rollback::to(asked)).await.unwrap();
    approve(&world).await;
    assert_eq!(output(&world, "late"), "of 7");
    world.holds().await;
    let request = ForkRequest {
        checkpoint: asked,
        input: Some(json!({"n": 8})),
        workflow: None,
        by: Some("ada@example.com".into()),
        idempotency: None,
    };
    let fork = start_fork(&world.host, &world.id, request).await.unwrap().unwrap();
    world.host.handle_due().await;
    let state = world.host.state(fork.id()).unwrap();
    let question = state.open_interactions().next().unwrap().interaction_id.clone();
    let answer = Answer { by: "ada@example.com".into(), via: Via::Api, approved: Some(true), ..Answer::default() };
    let command = Command::Answer { interaction_id: question, answer: Box::new(answer) };
    engine::drive::submit(&world.host, fork.id(), command).await.unwrap();
    world.host.handle_due().await;
    let state = world.host.state(fork.id()).unwrap();
    let late = state.nodes["late"].output.as_ref().unwrap().value().cloned();
    assert_eq!(late, Some(json!("of 7")), "what had run before is shared");
}

#[tokio::test]
async fn a_patch_may_hand_on_what_a_node_has_not_read_yet() {
    let world = World::ran(&document(&["early"])).await;
    takes(&world, with(&world, hands("late"))).await;
    approve(&world).await;
    world.is(Status::Completed);
    assert_eq!(output(&world, "late"), "of 7");
    // Gone back to before the patch, it is not handed on.
    let world = World::ran(&document(&["early"])).await;
    let before = world.state().seq;
    takes(&world, with(&world, hands("late"))).await;
    world.back(Rollback::to(before)).await.unwrap();
    approve(&world).await;
    assert_eq!(output(&world, "late"), "nothing");
}

#[tokio::test]
async fn a_patch_that_would_have_handed_a_node_something_else_stands_in_the_way_of_itself() {
    let world = World::ran(&document(&[])).await;
    assert_eq!(whys(&refused(&world, with(&world, hands("early"))).await), [(Why::OutputChanged, "early")]);
    // The question that is open was put without it.
    assert_eq!(whys(&refused(&world, with(&world, hands("ok"))).await), [(Why::QuestionChanged, "ok")]);
    let world = World::ran(&document(&["early"])).await;
    let taken = with(&world, |all| drop(all["edges"].as_array_mut().unwrap().pop()));
    assert_eq!(whys(&refused(&world, taken).await), [(Why::OutputChanged, "early")]);
    // The same edge as another connection hands on something else, and activates something else.
    let other = with(&world, |all| all["edges"][4]["connection"] = json!("ai_retriever"));
    assert_eq!(whys(&refused(&world, other).await), [(Why::OutputChanged, "early")]);
    // What comes to the same is no obstacle.
    let mut plain = document(&[]);
    plain["nodes"][2] = transform("early", "1");
    let world = World::ran(&plain).await;
    takes(&world, with(&world, hands("early"))).await;
    approve(&world).await;
    world.is(Status::Completed);
}

#[tokio::test]
async fn a_node_that_is_given_another_input_is_given_all_of_it() {
    let world = World::ran(&document(&["early", "late"])).await;
    for (given, seen) in [(json!({"ai_document": "by hand"}), "by hand"), (json!({}), "nothing")] {
        let back = to_node(&world.workflow, &world.state(), &"early".into(), Some(given)).unwrap();
        world.back(back).await.unwrap();
        assert_eq!(output(&world, "early"), seen);
        world.holds().await;
    }
}
