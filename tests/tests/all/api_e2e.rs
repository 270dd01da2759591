//! The HTTP API as a client meets it: every route, its statuses, its errors, over a socket.

use crate::binary::{Dev, Folder, send};
use serde_json::{Value, json};

const NONE: Value = Value::Null;

fn workflow(id: &str) -> Value {
    json!({"id": id, "nodes": [{"id": "start", "type": "manual_trigger"},
        {"id": "a", "type": "transform", "config": {"set": {"x": "{{ input.x }}"}}}], "edges": [{"from": "start", "to": "a"}]})
}

fn asking(config: &Value) -> Value {
    let mut human = json!({"kind": "approval", "question": "Pay {{ input.x }}?"});
    human.as_object_mut().unwrap().extend(config.as_object().unwrap().clone());
    json!({"id": "asking", "nodes": [{"id": "start", "type": "manual_trigger"}, {"id": "ask", "type": "human", "config": human}],
        "edges": [{"from": "start", "to": "ask"}]})
}

/// Checks a refusal: its status, its code, and the shape that RFC 9457 gives it.
fn refused(dev: &Dev, call: (&str, &str, Value), headers: &[(&str, &str)], status: u16, code: &str) -> Value {
    let (method, path, body) = call;
    let answer = dev.try_call(method, path, headers, &body).unwrap();
    assert_eq!(answer.status, status, "{method} {path}: {}", answer.text());
    assert_eq!(answer.headers["content-type"], "application/problem+json", "{method} {path}");
    let problem = answer.json();
    assert_eq!((&problem["status"], &problem["code"]), (&json!(status), &json!(code)), "{problem}");
    for field in ["type", "title", "detail"] {
        assert!(problem[field].is_string(), "{field}: {problem}");
    }
    problem
}

fn start(dev: &Dev, workflow: &Value, input: Value) -> Value {
    let (status, body) = dev.call("POST", "/v1/executions?wait=20", &json!({"workflow": workflow, "input": input}));
    assert_eq!(status, 200, "{body}");
    body
}

fn id(execution: &Value) -> &str {
    execution["execution_id"].as_str().unwrap()
}

#[test]
fn workflows_are_saved_in_versions() {
    let folder = Folder::new("workflows");
    let dev = Dev::start(&folder.data(), &[]);
    let (first, second) = (workflow("w"), {
        let mut next = workflow("w");
        next["name"] = json!("Next");
        next
    });
    let (status, saved) = dev.call("POST", "/v1/workflows", &first);
    assert_eq!((status, &saved["version"], &saved["warnings"]), (201, &json!(1), &json!([])));
    assert!(saved["hash"].is_string() && saved["id"] == "w");
    assert_eq!(dev.call("POST", "/v1/workflows", &first).0, 200);
    refused(&dev, ("PUT", "/v1/workflows/w", second.clone()), &[("if-match", "\"2\"")], 412, "version_mismatch");
    let put = dev.try_call("PUT", "/v1/workflows/w", &[("if-match", "\"1\"")], &second).unwrap();
    assert_eq!((put.status, &put.json()["version"]), (200, &json!(2)), "{}", put.text());
    assert_eq!(dev.get("/v1/workflows/w")["version"], 2);
    assert_eq!(dev.get("/v1/workflows/w?version=1")["version"], 1);
    refused(&dev, ("GET", "/v1/workflows/w?version=3", NONE), &[], 404, "not_found");
    refused(&dev, ("PUT", "/v1/workflows/w", workflow("other")), &[], 422, "id_mismatch");
    let bad = json!({"id": "bad", "nodes": [{"id": "a", "type": "zap"}, {"id": "a", "type": "transform", "config": {"expression": "1 +"}}]});
    let problem = refused(&dev, ("POST", "/v1/workflows", bad.clone()), &[], 422, "invalid_workflow");
    let codes: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
    for code in ["unknown_type", "duplicate_node", "invalid_cel"] {
        assert!(codes.contains(&code), "{code}: {problem}");
    }
    assert_eq!(dev.call("POST", "/v1/workflows/validate", &bad).1["valid"], false);
    assert_eq!(
        dev.call("POST", "/v1/workflows/validate", &first),
        (200, json!({"valid": true, "errors": [], "warnings": []}))
    );
    for (format, media) in [("mermaid", "text/"), ("dot", "text/"), ("svg", "image/svg+xml")] {
        let answer = dev.try_call("GET", &format!("/v1/workflows/w/graph?format={format}"), &[], &NONE).unwrap();
        assert!(answer.status == 200 && answer.headers["content-type"].starts_with(media), "{format}: {answer:?}");
    }
    let run = dev.call("POST", "/v1/workflows/w/executions", &json!({"input": {"x": 1}, "version": 1})).1;
    assert_eq!(dev.until(id(&run), &["completed"])["workflow_version"], 1);
    assert_eq!(dev.call("DELETE", "/v1/workflows/w", &NONE).0, 204);
    refused(&dev, ("POST", "/v1/workflows/w/executions", json!({"input": {}})), &[], 404, "not_found");
    assert_eq!(dev.get(&format!("/v1/executions/{}", id(&run)))["status"], "completed", "its executions live on");
}

#[test]
fn starts_are_idempotent_by_key() {
    let folder = Folder::new("keys");
    let dev = Dev::start(&folder.data(), &[]);
    for name in ["w", "v"] {
        dev.call("POST", "/v1/workflows", &workflow(name));
    }
    let keyed = |path: &str, x: u32| {
        dev.try_call("POST", path, &[("idempotency-key", "one")], &json!({"input": {"x": x}})).unwrap()
    };
    let first = keyed("/v1/workflows/w/executions", 1);
    assert_eq!(first.status, 202);
    let shown = first.json();
    assert!(
        shown["execution_id"].is_string() && shown["status"].is_string() && shown["links"]["self"].is_string(),
        "{shown}"
    );
    assert_eq!(shown.as_object().unwrap().len(), 3, "{shown}");
    assert_eq!(id(&keyed("/v1/workflows/w/executions", 1).json()), id(&first.json()));
    assert_ne!(id(&keyed("/v1/workflows/v/executions", 1).json()), id(&first.json()), "another route, another key");
    let other = ("POST", "/v1/workflows/w/executions", json!({"input": {"x": 2}}));
    refused(&dev, other, &[("idempotency-key", "one")], 422, "idempotency_key_reused");
}

#[test]
fn lists_are_paged_and_filtered() {
    let folder = Folder::new("lists");
    let dev = Dev::start(&folder.data(), &[]);
    let mut started: Vec<String> = Vec::new();
    for n in 0..7 {
        let body = json!({"workflow": workflow("w"), "input": {"x": n}, "metadata": {"team": if n < 2 { "blue" } else { "red" }}});
        started.push(id(&dev.call("POST", "/v1/executions?wait=20", &body).1).to_owned());
    }
    let ids = |page: &Value| page["items"].as_array().unwrap().iter().map(|one| id(one).to_owned()).collect::<Vec<_>>();
    let (mut listed, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = dev.get(&format!("/v1/executions?limit=3{cursor}"));
        listed.extend(ids(&page));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    started.reverse();
    assert_eq!(listed, started, "newest first");
    assert_eq!(ids(&dev.get("/v1/executions?metadata.team=blue")), started[5..]);
    assert_eq!(ids(&dev.get("/v1/executions?status=failed")).len(), 0);
    assert_eq!(ids(&dev.get("/v1/executions?workflow_id=w&status=completed")).len(), 7);
    for (query, code) in [
        ("limit=0", "invalid_parameter"),
        ("limit=201", "invalid_parameter"),
        ("cursor=x", "invalid_parameter"),
        ("status=x", "invalid_parameter"),
        ("since=x", "invalid_parameter"),
        ("zap=1", "unknown_field"),
    ] {
        refused(&dev, ("GET", &format!("/v1/executions?{query}"), NONE), &[], 422, code);
    }
}

#[test]
fn an_execution_is_shown_from_all_sides() {
    let folder = Folder::new("shown");
    let dev = Dev::start(&folder.data(), &[]);
    let execution = start(&dev, &workflow("w"), json!({"x": 1}));
    for field in [
        "execution_id",
        "workflow_id",
        "workflow_version",
        "status",
        "progress",
        "current_nodes",
        "started_at",
        "updated_at",
        "completed_at",
        "started_by",
        "input",
        "output",
        "error",
        "pending_interactions",
        "checkpoint",
        "resume_count",
        "loop_counters",
        "parent",
        "cost",
        "message",
    ] {
        assert!(execution.get(field).is_some(), "{field}: {execution}");
    }
    let path = format!("/v1/executions/{}", id(&execution));
    let node = &dev.get(&format!("{path}/nodes"))["items"][0];
    for field in
        ["node", "status", "visits", "attempts", "input", "output", "error", "started_at", "duration_ms", "logs"]
    {
        assert!(node.get(field).is_some(), "{field}: {node}");
    }
    let history = dev.get(&format!("{path}/history"));
    assert_eq!((&history["total"], &history["history"][1]["node"]), (&json!(2), &json!("a")));
    assert_eq!(dev.get(&format!("{path}/checkpoints/1"))["checkpoint"], "1");
    for checkpoint in ["0", "9", "x"] {
        refused(&dev, ("GET", &format!("{path}/checkpoints/{checkpoint}"), NONE), &[], 404, "not_found");
    }
    let stream = |last: &[(&str, &str)]| dev.try_call("GET", &format!("{path}/events"), last, &NONE).unwrap().text();
    let (whole, rest) = (stream(&[]), stream(&[("last-event-id", "1.1")]));
    assert!(whole.contains("event: end") && whole.ends_with(&rest) && !rest.contains("id: 1.1\n"), "{whole}\n\n{rest}");
    for (asked, code) in [("pause", "invalid_status"), ("resume", "invalid_status"), ("cancel", "invalid_status")] {
        let problem = refused(&dev, ("POST", &format!("{path}/{asked}"), json!({})), &[], 409, code);
        assert_eq!(problem["execution_status"], "completed");
    }
    assert_eq!(dev.call("DELETE", &path, &NONE).0, 204);
    refused(&dev, ("GET", &path, NONE), &[], 404, "not_found");
}

#[test]
fn a_person_answers_over_http() {
    let folder = Folder::new("answers");
    let dev = Dev::start(&folder.data(), &[]);
    let execution = start(&dev, &asking(&json!({})), json!({"x": 3}));
    assert_eq!(execution["status"], "waiting_human");
    let path = format!("/v1/executions/{}", id(&execution));
    refused(&dev, ("DELETE", &path, NONE), &[], 409, "not_ended");
    refused(&dev, ("POST", &format!("{path}/resume"), json!({})), &[], 409, "waits_for_an_answer");
    let open =
        &dev.get(&format!("/v1/interactions?status=pending&assignee=me&execution_id={}", id(&execution)))["items"][0];
    for field in [
        "interaction_id",
        "execution_id",
        "workflow_id",
        "node",
        "kind",
        "status",
        "question",
        "details",
        "schema",
        "options",
        "assignees",
        "deadline",
        "created_at",
        "decided_at",
        "decision",
        "responses",
        "deliveries",
    ] {
        assert!(open.get(field).is_some(), "{field}: {open}");
    }
    assert_eq!(open["question"], "Pay 3?");
    let respond = format!("/v1/interactions/{}/respond", open["interaction_id"].as_str().unwrap());
    for bad in [json!({}), json!({"option": "approved"}), json!({"data": {}}), json!({"text": "yes"})] {
        refused(&dev, ("POST", &respond, bad), &[], 422, "invalid_answer");
    }
    refused(&dev, ("POST", &respond, json!({"approved": true, "zap": 1})), &[], 422, "unknown_field");
    // Who claims to be what only the host can know is not believed.
    let headers = [("stepwell-client", "slack")];
    let said = dev.try_call("POST", &respond, &headers, &json!({"approved": true, "comment": "fine"})).unwrap();
    let told = (said.status, said.json());
    assert_eq!(told, (200, json!({"status": "answered", "decision": "approved", "responses_needed": 0})));
    refused(&dev, ("POST", &respond, json!({"approved": false})), &[], 409, "already_decided");
    let output = &dev.until(id(&execution), &["completed"])["output"];
    assert_eq!(
        (&output["decision"], &output["comment"], &output["automatic"]),
        (&json!("approved"), &json!("fine"), &json!(false))
    );
    assert_eq!(output["responses"][0]["via"], "api");
}

#[test]
fn a_resume_waits_for_what_follows() {
    let folder = Folder::new("follows");
    let dev = Dev::start(&folder.data(), &[]);
    let after = [
        json!({"type": "wait", "config": {"seconds": 0.5}}),
        json!({"type": "map", "config": {"items": "[1]", "body": {"nodes": [{"id": "x", "type": "wait", "config": {"seconds": 0.2}}], "edges": []}}}),
    ];
    for node in after {
        let mut document = asking(&json!({}));
        let mut node = node;
        node["id"] = json!("next");
        document["nodes"].as_array_mut().unwrap().push(node);
        document["edges"].as_array_mut().unwrap().push(json!({"from": "ask", "to": "next", "port": "approved"}));
        let execution = start(&dev, &document, json!({"x": 1}));
        let (status, body) =
            dev.call("POST", &format!("/v1/executions/{}/resume", id(&execution)), &json!({"approved": true}));
        assert_eq!(
            (status, &body["status"], &body["completed"], &body["paused_again"]),
            (200, &json!("completed"), &json!(true), &json!(false)),
            "{body}"
        );
        assert!(body["message"].is_string() && body["remaining_nodes"] == json!([]), "{body}");
    }
}

#[test]
fn pause_resume_and_cancel_may_be_asked_twice() {
    let folder = Folder::new("control");
    let dev = Dev::start(&folder.data(), &[]);
    let execution = start(&dev, &asking(&json!({})), json!({"x": 1}));
    for (asked, status) in [
        ("pause", "paused"),
        ("pause", "paused"),
        ("resume", "waiting_human"),
        ("resume", "waiting_human"),
        ("cancel", "cancelled"),
        ("cancel", "cancelled"),
    ] {
        let (code, body) = dev.call("POST", &format!("/v1/executions/{}/{asked}", id(&execution)), &json!({}));
        assert_eq!((code, &body["status"]), (200, &json!(status)), "{asked}: {body}");
    }
    let open = dev.get(&format!("/v1/interactions?execution_id={}", id(&execution)));
    assert_eq!(open["items"][0]["status"], "cancelled");
}

#[test]
fn signals_and_webhooks_start_and_wake() {
    let folder = Folder::new("signals");
    let dev = Dev::start(&folder.data(), &[]);
    let waits = json!({"id": "s", "nodes": [{"id": "start", "type": "manual_trigger"}, {"id": "nap", "type": "wait", "config": {"seconds": 0.4}},
        {"id": "w", "type": "wait", "config": {"event": "go"}}], "edges": [{"from": "start", "to": "nap"}, {"from": "nap", "to": "w"}]});
    let (_, execution) = dev.call("POST", "/v1/executions", &json!({"workflow": waits, "input": {}}));
    let early = dev.call("POST", &format!("/v1/executions/{}/signals/go", id(&execution)), &json!({"data": {"k": 1}}));
    assert_eq!(early.0, 200, "{}", early.1);
    assert_eq!(dev.until(id(&execution), &["completed"])["output"], json!({"k": 1}));
    let hook = json!({"id": "h", "nodes": [{"id": "t", "type": "webhook_trigger", "config": {"path": "in"}},
        {"id": "a", "type": "transform", "config": {"expression": "input.q"}}], "edges": [{"from": "t", "to": "a"}]});
    assert_eq!(dev.call("POST", "/v1/workflows", &hook).0, 201);
    let (status, started) = dev.call("POST", "/v1/triggers/h/in", &json!({"q": 5}));
    assert_eq!(status, 202, "{started}");
    assert_eq!(dev.until(id(&started), &["completed"])["output"], 5);
    refused(&dev, ("POST", "/v1/triggers/h/out", json!({})), &[], 404, "not_found");
}

#[test]
fn what_is_no_request_is_refused() {
    let folder = Folder::new("refusals");
    let dev = Dev::start(&folder.data(), &[]);
    refused(&dev, ("GET", "/nowhere", NONE), &[], 404, "not_found");
    refused(&dev, ("DELETE", "/v1/workflows", NONE), &[], 405, "method_not_allowed");
    refused(&dev, ("GET", "/v1/workflows", NONE), &[("origin", "http://evil.example")], 403, "foreign_origin");
    refused(&dev, ("GET", "/v1/workflows", NONE), &[("host", "evil.example")], 421, "host_not_loopback");
    refused(&dev, ("GET", "/v1/workflows", NONE), &[("authorization", "Bearer sw_no")], 401, "unauthorized");
    let body = br#"{"workflow": {}, "input": {}}"#;
    let media = send(dev.port, "POST /v1/executions HTTP/1.1\r\ncontent-type: text/plain", body).unwrap();
    assert_eq!((media.status, &media.json()["code"]), (415, &json!("unsupported_media_type")));
    let json = "POST /v1/executions HTTP/1.1\r\ncontent-type: application/json";
    let before = dev.resident();
    let deep = ["[".repeat(10_000), "]".repeat(10_000)].concat();
    let large = vec![b' '; 6 * 1024 * 1024 + 1];
    let bodies: [(&[u8], u16, &str); 6] = [
        (b"{bad", 400, "invalid_json"),
        (b"{\"workflow\": \"\xff\"}", 400, "invalid_json"),
        (b"{\"workflow\": {}, \"input\": {\"n\": 1e400}}", 400, "invalid_json"),
        (deep.as_bytes(), 400, "invalid_json"),
        (&large, 413, "too_large"),
        (b"{\"workflow\": {}, \"input\": {}, \"zap\": 1}", 422, "unknown_field"),
    ];
    for (body, status, code) in bodies {
        let answer = send(dev.port, json, body).unwrap();
        assert_eq!((answer.status, &answer.json()["code"]), (status, &json!(code)), "{}", answer.text());
    }
    assert_eq!(dev.get("/health")["status"], "ok");
    assert!(dev.resident() < before + 100 * 1024, "{} KiB, and {before} before", dev.resident());
}

#[test]
fn tokens_have_scopes() {
    let folder = Folder::new("tokens");
    let dev = Dev::start(&folder.data(), &[]);
    let made = |scopes: &[&str], headers: &[(&str, &str)]| {
        let body = json!({"name": "t", "scopes": scopes, "subject": "bob@example.com"});
        let answer = dev.try_call("POST", "/v1/tokens", headers, &body).unwrap();
        assert_eq!(answer.status, 201, "{}", answer.text());
        format!("Bearer {}", answer.json()["token"].as_str().unwrap())
    };
    // The first one is made by the local user, who is not signed in without one from then on.
    let admin = made(&["admin"], &[]);
    refused(&dev, ("GET", "/v1/executions", NONE), &[], 401, "unauthorized");
    let token = |scopes: &[&str]| made(scopes, &[("authorization", &admin)]);
    let (read, run, respond) = (token(&["read"]), token(&["read", "run"]), token(&["respond"]));
    assert_ne!(read, run);
    let body = json!({"workflow": asking(&json!({})), "input": {"x": 1}});
    refused(&dev, ("POST", "/v1/executions", body.clone()), &[("authorization", &read)], 403, "missing_scope");
    let started = dev.try_call("POST", "/v1/executions?wait=20", &[("authorization", &run)], &body).unwrap().json();
    assert_eq!(started["started_by"], "bob@example.com", "{started}");
    refused(&dev, ("POST", "/v1/workflows", workflow("w")), &[("authorization", &run)], 403, "missing_scope");
    refused(&dev, ("GET", "/v1/executions", NONE), &[("authorization", &respond)], 403, "missing_scope");
    let resume = format!("/v1/executions/{}/resume", id(&started));
    refused(&dev, ("POST", &resume, json!({"approved": true})), &[("authorization", &run)], 403, "missing_scope");
    let interaction = started["pending_interactions"][0]["interaction_id"].as_str().unwrap();
    let path = format!("/v1/interactions/{interaction}/respond");
    let forged = json!({"approved": true, "answer_as": "eve@example.com"});
    refused(&dev, ("POST", &path, forged), &[("authorization", &respond)], 403, "answer_as_not_allowed");
    let said = dev.try_call("POST", &path, &[("authorization", &respond)], &json!({"approved": true})).unwrap();
    assert_eq!(said.status, 200, "{}", said.text());
}
