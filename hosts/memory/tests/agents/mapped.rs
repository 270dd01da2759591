//! Tools that run a body for each item of a list: the body sees what the model gave, too.

use super::world::{World, agent, calls, says};
use serde_json::{Value, json};
use stepwell_core::{execution::Status, interaction::Answer};

/// A tool that runs these nodes for each item of `args.list`.
fn each(nodes: Value, tool: Value) -> Value {
    let config = json!({"items": "args.list", "max_concurrency": 1, "body": {"nodes": nodes, "edges": []}});
    json!({"id": "each", "type": "map", "config": config, "tool": tool})
}

async fn gives(tool: Value, arguments: Value) -> World {
    World::ran(&agent(json!({}), &[tool]), move |number, _| match number {
        0 => calls(&[("each", arguments.clone())]),
        _ => says("done"),
    })
    .await
}

fn transform(expression: &str) -> Value {
    json!([{"id": "one", "type": "transform", "config": {"expression": expression}}])
}

#[tokio::test]
async fn a_body_sees_its_item_and_what_the_model_gave() {
    let inner = json!([{"id": "within", "type": "map",
        "config": {"items": "[item, 1]", "body": {"nodes": transform("item * args.by"), "edges": []}}}]);
    for (nodes, result) in [
        (transform("item * args.by + index"), json!([20, 31])),
        (inner, json!([[20, 10], [30, 10]])),
        (
            json!([{"id": "one", "type": "code", "config": {"code": "return args.by"}}]),
            json!([{"saw": {"list": [2, 3], "by": 10}}, {"saw": {"list": [2, 3], "by": 10}}]),
        ),
        // What does not read it does not take it along.
        (transform("item"), json!([2, 3])),
    ] {
        let world = gives(each(nodes.clone(), json!({})), json!({"list": [2, 3], "by": 10})).await;
        world.is(Status::Completed);
        assert_eq!(world.output()["tool_calls"][0]["result"], result, "{nodes}");
        let reads = nodes.to_string().contains("args");
        let bodies = world.host.all().into_iter().filter(|state| state.started.body.len() > 1).collect::<Vec<_>>();
        assert!(bodies.len() >= 2 && bodies.iter().all(|state| state.started.args.is_some() == reads), "{nodes}");
        world.holds().await;
    }
}

#[tokio::test]
async fn a_body_sees_what_a_person_put_in_the_place_of_what_the_model_gave() {
    let tool = each(transform("item * args.by"), json!({"require_approval": true}));
    let world = gives(tool, json!({"list": [2, 3], "by": 10})).await;
    let changed = json!({"list": [4], "by": 5});
    let answer = Answer { approved: Some(true), arguments: Some(changed), ..Answer::default() };
    world.answers(answer).await.unwrap();
    world.is(Status::Completed);
    assert!(world.told()[0].ends_with("\n[20]"), "{:?}", world.told());
    world.holds().await;
}

#[tokio::test]
async fn what_a_body_did_is_undone_with_what_the_model_gave() {
    let to = |path: &str| json!({"method": "POST", "url": format!("https://ledger.example/{path}{{{{ args.by }}}}/{{{{ item }}}}")});
    let node = json!([{"id": "pay", "type": "http_request", "retry": {"max_attempts": 1}, "config": to(""),
        "compensate": {"type": "http_request", "config": to("undo/")}}]);
    let world = gives(each(node, json!({})), json!({"list": [2, 3], "by": 10})).await;
    world.is(Status::Completed);
    assert_eq!(world.entries(), ["/10/2", "/10/3"]);
    world.back(1).await;
    assert_eq!(&world.entries()[2..4], ["/undo/10/3", "/undo/10/2"]);
    world.holds().await;
}
