use crate::World;
use api::App;
use engine::fair::{Gate, Place, Rank};
use futures::FutureExt;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The schema of 3 KB that froze a server: two references in each of forty definitions.
fn doubling(join: &str) -> Value {
    let next = |ix: usize| json!({"$ref": format!("#/$defs/a{}", ix + 1)});
    let mut defs: Map<String, Value> =
        (0..40).map(|ix| (format!("a{ix}"), json!({join: [next(ix), next(ix)]}))).collect();
    defs.insert("a40".into(), json!({"type": "string"}));
    json!({"$defs": defs, "$ref": "#/$defs/a0"})
}

fn with_input_schema(schema: &Value) -> Value {
    json!({"id": "w", "input_schema": schema, "nodes": [{"id": "start", "type": "manual_trigger"}], "edges": []})
}

fn with_form(schema: &Value) -> Value {
    json!({"id": "w", "nodes": [
        {"id": "start", "type": "manual_trigger"},
        {"id": "ask", "type": "human", "config": {"kind": "input", "question": "?", "schema": schema}}
    ], "edges": [{"from": "start", "to": "ask"}]})
}

#[tokio::test]
async fn documents_that_froze_the_process_are_refused_and_others_go_on_being_answered() {
    let world = World::local();
    for join in ["allOf", "anyOf", "oneOf"] {
        for document in [with_input_schema(&doubling(join)), with_form(&doubling(join))] {
            let (one, other, health) = tokio::join!(
                world.post("/v1/workflows/validate", document.clone()),
                world.post("/v1/workflows/validate", document.clone()),
                world.get("/health"),
            );
            health.of(200);
            for checked in [one.of(200), other.of(200)] {
                assert_eq!(checked["valid"], false);
                let errors = checked["errors"].as_array().unwrap();
                assert!(errors[0]["path"].as_str().unwrap().contains("/$defs/a"), "{errors:?}");
                assert!(errors[0]["message"].as_str().unwrap().contains("too expensive"), "{errors:?}");
            }
            world.post("/v1/workflows", document.clone()).await.problem(422, "invalid_workflow");
            world.post("/v1/executions", json!({"workflow": document})).await.problem(422, "invalid_workflow");
        }
    }
}

/// The schema compiles, and doubles with each level of the input.
#[tokio::test]
async fn an_input_that_costs_too_much_to_check_is_refused() {
    let world = World::local();
    let both = |ix: usize| {
        let next = json!({"properties": {"c": {"$ref": format!("#/$defs/a{}", ix + 1)}}});
        (format!("a{ix}"), json!({"allOf": [next, next]}))
    };
    let mut defs: Map<String, Value> = (0..40).map(both).collect();
    defs.insert("a40".into(), json!({"type": "string"}));
    let schema = json!({"$defs": defs, "$ref": "#/$defs/a0"});
    let input = (0..40).fold(json!("x"), |inner, _| json!({"c": inner}));
    let body = json!({"workflow": with_input_schema(&schema), "input": input});
    let problem = world.post("/v1/executions", body).await.problem(422, "invalid_input");
    assert!(problem["errors"][0]["message"].as_str().unwrap().contains("too expensive"), "{problem:#}");
}

/// An owner whose requests and executions compute on all that one owner may have.
#[tokio::test]
async fn an_owner_who_computes_keeps_only_their_own_requests_waiting() {
    let turns = Arc::new(Gate::new(2));
    let world = World::with(|app| App { turns: turns.clone(), ..app });
    for name in ["ann", "ben"] {
        world.token(name, name, &["read", "run"]).await;
    }
    let ann = Place::new(&"ann".into(), Rank::Child);
    let seats = [turns.enter(&ann).await, turns.enter(&ann).await];
    let list = |name: &str| {
        let token = format!("Bearer {name}");
        let world = &world;
        async move { world.with_headers("GET", "/v1/executions", &[("authorization", &token)], Value::Null).await }
    };
    let mut waits = Box::pin(list("ann"));
    for _ in 0..10 {
        assert!((&mut waits).now_or_never().is_none(), "it has no seat");
        list("ben").await.of(200);
        world.get("/health").await.of(200);
        list("nobody").await.problem(401, "unauthorized");
    }
    drop(seats);
    waits.await.of(200);
}
