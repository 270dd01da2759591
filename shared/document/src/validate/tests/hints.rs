//! What is said to those who write in the words of other systems.

use super::{check, flow, one};
use serde_json::{Value, json};

/// The hint of the one problem at a place.
fn hint(document: &Value, path: &str) -> String {
    let (errors, warnings) = check(document);
    let found: Vec<_> = errors.iter().chain(&warnings).filter(|issue| issue.path == path).collect();
    assert_eq!(found.len(), 1, "{errors:#?} {warnings:#?}");
    found[0].hint.clone()
}

#[test]
fn a_type_in_other_words_is_understood() {
    for (other, ours) in [
        ("http", "http_request"),
        ("fetch", "http_request"),
        ("HTTP-Request", "http_request"),
        ("delay", "wait"),
        ("if", "branch"),
        ("script", "code"),
        ("user_task", "human"),
        ("foreach", "loop"),
        ("end", "succeed"),
        ("subflow", "workflow"),
    ] {
        assert_eq!(hint(&one(other, json!({})), "/nodes/1/type"), format!("Did you mean `{ours}`?"), "{other}");
    }
}

#[test]
fn a_key_in_other_words_is_understood() {
    let with = |key: &str, value: Value| {
        let mut document = one("transform", json!({"set": {}}));
        document["nodes"][1][key] = value;
        document
    };
    assert_eq!(hint(&with("timeout", json!(5)), "/nodes/1/timeout"), "Write `timeout_seconds`, a number of seconds.");
    assert_eq!(hint(&with("retries", json!(3)), "/nodes/1/retries"), "Write `retry`, such as {\"max_attempts\": 3}.");
    assert_eq!(
        hint(&with("retry", json!({"attempts": 3})), "/nodes/1/retry/attempts"),
        "Write `max_attempts`, which counts the first try."
    );
    for (key, ours) in [("timeout", "timeout_seconds"), ("timeout_seconds", "timeout_seconds"), ("retries", "retry")] {
        let config = json!({"url": "https://api.example", key: 5});
        let told = hint(&one("http_request", config), &format!("/nodes/1/config/{key}"));
        assert!(
            told.starts_with(&format!("Write `{ours}`")) && told.ends_with("beside `config` and not in it."),
            "{told}"
        );
    }
    let own = hint(&one("wait", json!({"event": "go", "timeout": 5})), "/nodes/1/config/timeout");
    assert_eq!(own, "Write `timeout_seconds`, a number of seconds.", "a wait has one of its own");
    assert!(hint(&with("depends_on", json!(["a"])), "/nodes/1/depends_on").contains("`edges`"));
    let mut document = one("transform", json!({"set": {}}));
    document["edges"][0]["if"] = json!("true");
    assert_eq!(hint(&document, "/edges/0/if"), "Write `condition`, in CEL.");
    assert_eq!(
        hint(&one("wait", json!({"seconds": 1, "duration": 5})), "/nodes/1/config/duration"),
        "Write `seconds`."
    );
    assert_eq!(
        hint(&json!({"id": "w", "steps": [], "nodes": [{"id": "a", "type": "manual_trigger"}]}), "/steps"),
        "Write `nodes`."
    );
}

#[test]
fn operators_of_javascript_are_told_from_those_of_cel() {
    for (expression, said) in [
        ("input.list.map(x => x * 2)", "there are no arrow functions; write list.map(x, x * 2)"),
        ("input.a === 1", "write == for ==="),
        ("input.a !== 1", "write != for !=="),
        ("input.a ?? 1", "orValue"),
    ] {
        let (errors, _) = check(&one("transform", json!({ "expression": expression })));
        assert!(errors.len() == 1 && errors[0].message.contains(said), "{errors:#?}");
    }
}

#[test]
fn functions_that_code_does_not_have_are_named_with_what_stands_for_them() {
    let said = |code: &str| {
        let (errors, warnings) = check(&one("code", json!({ "code": code })));
        assert_eq!(errors, []);
        warnings.into_iter().map(|issue| (issue.code, issue.hint)).collect::<Vec<_>>()
    };
    let found = said("const r = await fetch(input.url); return r.status");
    assert_eq!((found.len(), found[0].0.as_str()), (1, "unknown_variable"), "{found:?}");
    assert!(found[0].1.contains("http_request"), "{found:?}");
    assert_eq!(said("setTimeout(() => 1, 5)").len(), 1);
    for fine in [
        "return input.fetch(1)",
        "const fetch = x => x; return fetch(1)",
        "function fetch(x) { return x } return fetch(1)",
        "return prefetch(1)",
        "return 'fetch(x)'",
        "return output.prefetched",
    ] {
        assert_eq!(said(fine), [], "{fine}");
    }
}

#[test]
fn known_nodes_are_listed_as_the_document_has_them() {
    let names: Vec<String> = (0..8).map(|ix| format!("station-{}", (ix * 5) % 8)).collect();
    let nodes: Vec<Value> = names.iter().map(|id| json!({"id": id, "type": "manual_trigger"})).collect();
    let document = flow(json!(nodes), json!([{"from": "nowhere-at-all-known", "to": "nowhere"}]));
    let said = hint(&document, "/edges/0/from");
    assert_eq!(said, format!("Known here: `{}`.", names.join("`, `")));
}

#[test]
fn edges_to_nodes_without_ids_do_not_each_complain() {
    let nodes = json!([{"id": "go", "type": "manual_trigger"}, {"type": "succeed"}, {"id": "b", "type": "succeed"}]);
    let edges = json!([{"from": "go", "to": "a"}, {"from": "a", "to": "b"}, {"from": "go", "to": "c"}]);
    let (errors, _) = check(&flow(nodes, edges));
    let found: Vec<_> = errors.iter().map(|issue| (issue.path.as_str(), issue.message.as_str())).collect();
    assert_eq!(found, [("/nodes/1", "`id` is missing")]);
}
