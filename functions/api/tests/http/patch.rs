//! Live patch: the workflow of one execution is changed while it runs.

use super::*;
use api::types;

/// An approval with a step behind it, waiting for its answer.
async fn asking(world: &World) -> String {
    let document = json!({"id": "pay", "nodes": [{"id": "start", "type": "manual_trigger"},
        {"id": "sum", "type": "transform", "config": {"expression": "input.n * 2"}},
        {"id": "ok", "type": "human", "config": {"kind": "approval", "question": "Pay?", "timeout_seconds": 60}}],
        "edges": [{"from": "start", "to": "sum"}, {"from": "sum", "to": "ok"}]});
    let id = world.started(document, json!({"n": 4})).await;
    world.run().await;
    format!("/v1/executions/{id}")
}

fn more() -> Value {
    json!([{"op": "add", "path": "/nodes/-", "value": {"id": "note", "type": "transform",
            "config": {"expression": "'paid ' + string(ctx.sum.output)"}}},
        {"op": "add", "path": "/edges/-", "value": {"from": "ok", "to": "note", "port": "approved"}}])
}

const KIND: (&str, &str) = ("content-type", "application/json-patch+json");

#[tokio::test]
async fn a_patched_execution_goes_on_by_what_was_added() {
    let world = World::local();
    let path = asking(&world).await;
    let workflow = format!("{path}/workflow");
    let shown: types::ExecutionWorkflow = shaped(&world.get(&workflow).await.of(200));
    assert!(!shown.patched);
    // A dry run changes nothing, in the query or in the body.
    let before = world.get(&path).await.of(200);
    let tried = world.with_headers("PATCH", &format!("{workflow}?dry_run=true"), &[KIND], more()).await.of(200);
    let body = json!({"operations": more(), "dry_run": true});
    assert_eq!(world.with_headers("PATCH", &workflow, &[], body).await.of(200), tried);
    assert_eq!((world.get(&path).await.of(200), &tried["checkpoint"]), (before.clone(), &before["checkpoint"]));
    // The patch itself, with its reason, once under its key, by whichever of the two routes it comes.
    let key = ("idempotency-key", "k");
    let body = json!({"operations": more(), "description": "leave a note"});
    let told = world.with_headers("PATCH", &workflow, &[key], body.clone()).await.of(200);
    let patched: types::Patched = shaped(&told);
    assert_eq!(patched.workflow_hash, tried["workflow_hash"].as_str().unwrap());
    assert_eq!(world.with_headers("POST", &format!("{path}/patch"), &[key], body).await.of(200), told);
    let other = json!({"operations": []});
    let reused = world.with_headers("POST", &format!("{path}/patch"), &[key], other).await;
    reused.problem(422, "idempotency_key_reused");
    let shown = world.get(&workflow).await.of(200);
    assert_eq!((&shown["patched"], &shown["workflow_hash"]), (&json!(true), &told["workflow_hash"]));
    assert_eq!(shown["workflow"]["nodes"][3]["id"], "note");
    // The journal tells who and why.
    let history = world.get(&format!("{path}/history")).await.of(200);
    let turn = history["history"].as_array().unwrap().last().unwrap();
    let said = turn["state_summary"].as_str().unwrap();
    assert!(said.starts_with("Workflow changed by ") && said.contains("leave a note"), "{said}");
    assert_eq!((&turn["events"][0]["type"], &turn["events"][0]["operations"]), (&json!("workflow_patched"), &more()));
    // The question is still the same, and what comes after it is new.
    let asked = world.get(&path).await.of(200)["pending_interactions"].clone();
    assert_eq!(asked, before["pending_interactions"]);
    world.meanwhile(world.post(&format!("{path}/resume"), json!({"approved": true}))).await.of(200);
    world.run().await;
    assert_eq!(world.get(&path).await.of(200)["output"], "paid 8");
    // Checkpoints are shown by the workflow of then.
    for checkpoint in ["1", &patched.checkpoint] {
        world.get(&format!("{path}/checkpoints/{checkpoint}")).await.of(200);
    }
    let late = world.with_headers("PATCH", &workflow, &[KIND], json!([])).await;
    assert_eq!(late.problem(409, "invalid_status")["execution_status"], "completed");
}

#[tokio::test]
async fn what_stands_in_the_way_is_named_with_its_node_and_its_checkpoint() {
    let world = World::local();
    let path = asking(&world).await;
    let workflow = format!("{path}/workflow");
    let before = world.get(&path).await.of(200);
    let change = json!([{"op": "replace", "path": "/nodes/1/config/expression", "value": "input.n * 3"},
        {"op": "replace", "path": "/nodes/2/config/question", "value": "Pay more?"}]);
    let refused = world.with_headers("PATCH", &workflow, &[KIND], change).await.problem(409, "incompatible_patch");
    let ways: Vec<types::InTheWay> = shaped(&refused["in_the_way"]);
    assert_eq!((ways[0].code.as_str(), ways[0].node.as_deref()), ("question_changed", Some("ok")));
    assert_eq!((ways[0].event.as_str(), refused["errors"][0]["node"].as_str()), ("interaction_opened", Some("ok")));
    let change = json!([{"op": "replace", "path": "/nodes/1/config/expression", "value": "input.n * 3"}]);
    let refused = world.with_headers("PATCH", &workflow, &[KIND], change).await.problem(409, "incompatible_patch");
    let ways: Vec<types::InTheWay> = shaped(&refused["in_the_way"]);
    let named: Vec<_> = ways.iter().map(|one| (one.code.as_str(), one.node.as_deref())).collect();
    assert_eq!(named, [("output_changed", Some("sum"))]);
    assert_eq!(world.get(&path).await.of(200), before);
}

#[tokio::test]
async fn what_is_no_patch_is_told_by_its_place() {
    let world = World::local();
    let path = asking(&world).await;
    let workflow = format!("{path}/workflow");
    let patch = |headers: &'static [(&'static str, &'static str)], body: Value| {
        let (world, workflow) = (&world, &workflow);
        async move { world.with_headers("PATCH", workflow, headers, body).await }
    };
    let wrong = json!([{"op": "test", "path": "/id", "value": "pay"}, {"op": "jump", "path": "/id"}]);
    assert_eq!(patch(&[KIND], wrong).await.problem(422, "invalid_operation")["errors"][0]["path"], "/operations/1");
    let nowhere = patch(&[KIND], json!([{"op": "remove", "path": "/nodes/7"}])).await.problem(422, "patch_failed");
    let told = nowhere["detail"].as_str().unwrap();
    assert!(told.contains("there is no /nodes/7: nodes has 3 items"), "{told}");
    patch(&[KIND], json!({"op": "remove", "path": "/nodes/7"})).await.problem(422, "invalid_operation");
    patch(&[KIND], json!([{"op": "replace", "path": "/id", "value": "x"}])).await.problem(422, "id_changed");
    let invalid = json!([{"op": "add", "path": "/edges/-", "value": {"from": "ok", "to": "none"}}]);
    patch(&[KIND], invalid).await.problem(422, "invalid_workflow");
    patch(&[], json!({"operations": [], "operation": 1})).await.problem(422, "unknown_field");
    patch(&[], json!({"description": "none"})).await.problem(422, "missing_field");
    patch(&[("content-type", "text/plain")], json!([])).await.problem(415, "unsupported_media_type");
    let twice = world.with_headers("PATCH", &format!("{workflow}?dry_run=maybe"), &[KIND], json!([])).await;
    twice.problem(422, "invalid_parameter");
    world.with_headers("PATCH", "/v1/executions/none/workflow", &[KIND], json!([])).await.problem(404, "not_found");
    // A patch without operations is none that changes anything, and is taken.
    patch(&[KIND], json!([])).await.of(200);
}

#[tokio::test]
async fn a_caller_without_admin_lets_a_patch_name_only_what_an_admin_allowed() {
    let world = World::with(|app| app);
    world.token("admin", "acme", &["run", "read", "admin"]).await;
    world.token("runner", "acme", &["run", "read"]).await;
    let as_ = |token: &'static str, method: &'static str, path: String, body: Value| {
        let world = &world;
        async move {
            let bearer = format!("Bearer {token}");
            world.with_headers(method, &path, &[("authorization", &bearer)], body).await
        }
    };
    let secret = json!({"value": "v4lue", "hosts": ["api.example"]});
    as_("admin", "PUT", "/v1/secrets/CLOSED".into(), secret).await.of(200);
    let document = json!({"workflow": {"id": "w", "nodes": [{"id": "start", "type": "manual_trigger"},
        {"id": "ok", "type": "human", "config": {"kind": "approval", "question": "?", "timeout_seconds": 60}}],
        "edges": [{"from": "start", "to": "ok"}]}});
    let started = as_("runner", "POST", "/v1/executions".into(), document).await.of(202);
    world.run().await;
    let path = format!("/v1/executions/{}", started["execution_id"].as_str().unwrap());
    let node = json!({"id": "send", "type": "http_request", "config": {"url": "https://api.example/",
        "headers": {"authorization": "Bearer {{ secrets.CLOSED }}"}}});
    let operations = json!([{"op": "add", "path": "/nodes/-", "value": node},
        {"op": "add", "path": "/edges/-", "value": {"from": "ok", "to": "send", "port": "approved"}}]);
    let body = json!({"operations": operations});
    let patch = format!("{path}/patch");
    as_("runner", "POST", patch.clone(), body.clone()).await.problem(403, "secret_not_allowed");
    let fork = json!({"checkpoint_id": 1, "patch": operations});
    as_("runner", "POST", format!("{path}/fork"), fork).await.problem(403, "secret_not_allowed");
    as_("admin", "POST", patch, body).await.of(200);
}

#[tokio::test]
async fn a_fork_begins_by_a_patched_workflow() {
    let world = World::local();
    let path = asking(&world).await;
    let fork = format!("{path}/fork");
    let told = world.post(&fork, json!({"checkpoint_id": 2, "patch": more()})).await.of(202);
    world.run().await;
    let new = format!("/v1/executions/{}", told["execution_id"].as_str().unwrap());
    world.meanwhile(world.post(&format!("{new}/resume"), json!({"approved": true}))).await.of(200);
    world.run().await;
    assert_eq!(world.get(&new).await.of(200)["output"], "paid 8");
    assert_eq!(world.get(&format!("{path}/workflow")).await.of(200)["patched"], false, "the other is as it was");
    let gone = json!([{"op": "replace", "path": "/nodes/1/config/expression", "value": "0"}]);
    world.post(&fork, json!({"checkpoint_id": 3, "patch": gone})).await.problem(409, "incompatible_patch");
    world.post(&fork, json!({"checkpoint_id": 99, "patch": more()})).await.problem(422, "checkpoint_ahead");
    let would = world.post(&fork, json!({"checkpoint_id": 2, "patch": more(), "dry_run": true})).await.of(200);
    assert_eq!(would["execution_id"], path.rsplit('/').next().unwrap());
}

#[tokio::test]
async fn what_of_a_patch_does_not_count_at_once_is_told() {
    let world = World::local();
    let document = json!({"id": "slow", "nodes": [{"id": "start", "type": "manual_trigger"},
        {"id": "w", "type": "wait", "timeout_seconds": 60, "config": {"event": "go"}},
        {"id": "after", "type": "wait", "timeout_seconds": 60, "config": {"event": "on"}}],
        "edges": [{"from": "start", "to": "w"}, {"from": "w", "to": "after"}]});
    let id = world.started(document, json!({})).await;
    world.run().await;
    let path = format!("/v1/executions/{id}");
    let due = |world: &World| world.host.state(&id.as_str().into()).unwrap().nodes["w"].timeout_at;
    let before = due(&world);
    // One that waits does so under its old timeout; one that has not begun takes the new one.
    let longer = |nodes: &[usize]| {
        let replaced = nodes
            .iter()
            .map(|at| json!({"op": "replace", "path": format!("/nodes/{at}/timeout_seconds"), "value": 90}));
        Value::Array(replaced.collect())
    };
    let later = world.post(&format!("{path}/patch"), json!({"operations": longer(&[2])})).await.of(200);
    assert_eq!(later["warnings"], json!([]));
    let body = json!({"operations": longer(&[1])});
    let dry = json!({"operations": longer(&[1]), "dry_run": true});
    let tried = world.post(&format!("{path}/patch"), dry).await.of(200);
    let key = ("idempotency-key", "longer");
    let told = world.with_headers("POST", &format!("{path}/patch"), &[key], body.clone()).await.of(200);
    let warnings: Vec<types::ExecutionWarning> = shaped(&told["warnings"]);
    assert_eq!((warnings[0].code.as_str(), warnings[0].node.as_deref()), ("timeout_counts_later", Some("w")));
    assert!(warnings.len() == 1 && warnings[0].message.contains("next attempt"), "{warnings:?}");
    assert_eq!(tried["warnings"], told["warnings"], "a dry run says so as well");
    assert_eq!(world.with_headers("POST", &format!("{path}/patch"), &[key], body).await.of(200), told);
    assert_eq!(due(&world), before);
}

#[tokio::test]
async fn a_limit_that_only_a_saved_version_sets_is_told() {
    let world = World::local();
    let document = json!({"id": "saved", "settings": {"max_concurrency": 1}, "nodes": [
        {"id": "start", "type": "manual_trigger"}, {"id": "w", "type": "wait", "config": {"event": "go"}}],
        "edges": [{"from": "start", "to": "w"}]});
    world.post("/v1/workflows", document).await.of(201);
    let started = world.post("/v1/workflows/saved/executions", json!({})).await.of(202);
    world.run().await;
    let path = format!("/v1/executions/{}/patch", started["execution_id"].as_str().unwrap());
    let operations = json!([{"op": "replace", "path": "/settings/max_concurrency", "value": 5}]);
    let told = world.post(&path, json!({"operations": operations})).await.of(200);
    assert_eq!(told["warnings"][0]["code"], "max_concurrency_not_in_force", "{told}");
}
