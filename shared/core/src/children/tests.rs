#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;
use crate::{command::Command, decide::decide};
use document::parse;

/// A parent at its node `each`, whose children are planned.
fn parent(node: &Value, input: Value) -> (Arc<Workflow>, Execution) {
    let document = json!({"id": "p", "nodes": [{"id": "go", "type": "manual_trigger"}, node],
        "edges": [{"from": "go", "to": "each"}]});
    let workflow = parse(&document).unwrap().workflow;
    let started = Started::new("parent".into(), &workflow, input, Time(0));
    let state = decide(&workflow, None, Command::Start(Box::new(started)).into(), Time(0)).unwrap().state;
    let open = Command::Open { activation: state.activation(&"each".into()) };
    let state = decide(&workflow, Some(&state), open.into(), Time(0)).unwrap().state;
    (workflow, state)
}

fn given(output: Value, status: Status) -> Option<Given> {
    Some(Given { id: "child".into(), status, output, error: None, decided: Decided::default() })
}

fn output(outcome: Outcome) -> Value {
    match outcome {
        Outcome::Succeeded { output, .. } => output,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_child_of_a_body_takes_along_what_the_body_reads_and_finds_the_way_to_it() {
    let body = |reads: &str| json!({"nodes": [{"id": "in", "type": "transform", "config": {"expression": reads}}], "edges": []});
    for (reads, takes_input) in [("item + 1", false), ("item + input.n", true)] {
        let node = json!({"id": "each", "type": "map", "config": {"items": "input.list", "body": body(reads)}});
        let (workflow, state) = parent(&node, json!({"list": [5, 6], "n": 1}));
        let activation = state.activation(&"each".into());
        let family = Family::of(&workflow, &state, &activation, 1).unwrap();
        let Some(Ok(Runs::Body(body))) = Reading::of(|reading| family.runs(1, reading)).unwrap() else {
            panic!("it runs no body")
        };
        let started = family.start_of_body(1, body, Time(7)).unwrap();
        assert_eq!(started.item.unwrap().value(), Some(&json!(6)));
        assert_eq!(started.input.value().unwrap().is_null(), !takes_input, "{reads}");
        assert_eq!((started.parent.unwrap().index, started.execution_id), (1, family.id(1)));
        assert_eq!(started.workflow_hash, workflow.hash);
        let found = body_of(workflow.clone(), &started.body).unwrap();
        assert_eq!(found.nodes[0].id.as_str(), "in");
    }
}

#[test]
fn a_path_ends_where_no_map_has_a_body() {
    let node = json!({"id": "each", "type": "map", "config": {"items": "[1]", "body": "saved"}});
    let (workflow, _) = parent(&node, json!({}));
    for path in ["each", "go", "nowhere"] {
        let path = [NodeId::from(path)];
        assert_eq!(body_of(workflow.clone(), &path).map(drop), Err(&path[0]));
    }
    assert!(body_of(workflow, &[]).is_ok());
}

#[test]
fn the_child_of_a_saved_workflow_is_refused_what_its_schema_refuses() {
    let node = json!({"id": "each", "type": "map", "config": {"items": "[1, 'x']", "body": "saved"}});
    let (workflow, state) = parent(&node, json!({}));
    let activation = state.activation(&"each".into());
    let family = Family::of(&workflow, &state, &activation, 1).unwrap();
    let saved = json!({"id": "saved", "input_schema": {"type": "integer"},
        "nodes": [{"id": "go", "type": "manual_trigger"}], "edges": []});
    let saved = parse(&saved).unwrap().workflow;
    assert!(
        matches!(Reading::of(|reading| family.runs(0, reading)).unwrap(), Some(Ok(Runs::Saved(id))) if id.as_str() == "saved")
    );
    let started = family.start_of_saved(0, 3, &saved, Time(0)).unwrap().unwrap();
    assert_eq!((started.workflow_version, started.input.value()), (3, Some(&json!(1))));
    assert!(started.item.is_some() && started.body.is_empty());
    let refused = family.start_of_saved(1, 3, &saved, Time(0)).unwrap().unwrap_err();
    assert!(refused.starts_with("the input of saved is refused: "), "{refused}");
}

#[test]
fn the_output_of_a_list_names_each_child_and_a_single_child_gives_its_own() {
    let node = |ids: Value| json!({"id": "each", "type": "workflow", "config": {"workflow_id": ids}});
    let (workflow, state) = parent(&node(json!(["a", "b"])), json!({"n": 1}));
    let activation = state.activation(&"each".into());
    let family = Family::of(&workflow, &state, &activation, 1).unwrap();
    assert_eq!(family.count(), 2);
    assert!(matches!(Reading::of(|reading| family.runs(2, reading)).unwrap(), Some(Err(_))), "there are two");
    let shown = output(family.outcome(vec![given(json!(1), Status::Completed), None]));
    assert_eq!(
        shown,
        json!([
            {"workflow_id": "a", "execution_id": "child", "status": "completed", "output": 1},
            {"workflow_id": "b", "execution_id": null, "status": "failed", "output": null},
        ])
    );
    let (workflow, state) = parent(&node(json!("a")), json!({}));
    let activation = state.activation(&"each".into());
    let family = Family::of(&workflow, &state, &activation, 1).unwrap();
    assert_eq!(output(family.outcome(vec![given(json!(1), Status::Completed)])), json!(1));
    let failed = family.outcome(vec![given(Value::Null, Status::Cancelled)]);
    assert!(matches!(failed, Outcome::Failed(failure) if failure.code == "child_failed" && failure.retryable));
}
