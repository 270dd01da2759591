//! Warnings of an execution: of its document, and of what was wrong while it ran.

use super::*;
use api::types;

/// Given a document with a slip, a bound that nothing keeps, and a loop whose condition fails in each iteration.
fn slips() -> Value {
    json!({
        "id": "slips",
        "input_schema": {"type": "object", "properties": {"amount": {"type": "number"}}},
        "settings": {"on_condition_error": "default"},
        "nodes": [
            {"id": "start", "type": "manual_trigger"},
            {"id": "size", "type": "branch", "timeout_seconds": 5,
             "config": {"rules": [{"when": "input.ammount > 1000", "port": "ask"}], "default": "pay"}},
            {"id": "pay", "type": "transform", "config": {"set": {"paid": true}}},
        ],
        "edges": [{"from": "start", "to": "size"}, {"from": "size", "to": "pay", "port": "pay"}],
    })
}

#[tokio::test]
async fn an_execution_bears_its_warnings() {
    let world = World::local();
    let id = world.started(slips(), json!({"amount": 999_999})).await;
    let path = format!("/v1/executions/{id}");
    // Before it runs, what the static checks say, with places in the document.
    let before: types::Execution = shaped(&world.get(&path).await.of(200));
    let told = |execution: &types::Execution| {
        let of = |it: &types::ExecutionWarning| (it.code.clone(), it.path.clone(), it.node.clone(), it.count);
        execution.warnings.iter().map(of).collect::<Vec<_>>()
    };
    let at = |code: &str, path: &str| (code.to_owned(), Some(path.to_owned()), Some("size".to_owned()), None);
    let checks = [at("unknown_variable", "/nodes/1/config/rules/0/when"), at("no_effect", "/nodes/1/timeout_seconds")];
    let mut found = told(&before);
    found.retain(|(code, ..)| code != "unhandled_port");
    assert_eq!(found, checks);
    assert_eq!(before.warnings[0].hint.as_deref().map(|hint| hint.contains("`amount`")), Some(true));
    // Once it has run, what was wrong on the way as well.
    world.run().await;
    let after: types::Execution = shaped(&world.get(&path).await.of(200));
    assert_eq!(after.status.as_str(), "completed");
    let last = after.warnings.last().unwrap();
    assert_eq!((last.code.as_str(), last.node.as_deref(), last.count), ("condition_error", Some("size"), Some(1)));
    assert!(last.at.is_some() && last.path.is_none());
    let history: types::History = shaped(&world.get(&format!("{path}/history")).await.of(200));
    let sentences: Vec<&str> = history.history.iter().map(|turn| turn.state_summary.as_str()).collect();
    assert!(sentences.iter().any(|it| it.contains("arning at node size")), "{sentences:?}");
}

#[tokio::test]
async fn an_execution_without_slips_has_none() {
    let world = World::local();
    let id = world.started(greet(), json!({"name": "Ada"})).await;
    world.run().await;
    assert_eq!(world.get(&format!("/v1/executions/{id}")).await.of(200)["warnings"], json!([]));
}
