//! Starts and everything that reads executions.

use super::*;
use api::types;
use stepwell_core::task::{LogLevel, LogLine, Outcome, Report, Work};

#[tokio::test]
async fn a_start_answers_before_any_node_runs_and_reads_complete_later() {
    let world = World::local();
    world.post("/v1/workflows", greet()).await.of(201);
    let body = json!({"input": {"name": "Ada"}, "metadata": {"team": "a"}});
    let accepted: types::Accepted = shaped(&world.post("/v1/workflows/greet/executions", body).await.of(202));
    assert_eq!(accepted.status.as_str(), "pending");
    let path = accepted.links.own;
    // No message has been handled: the first node is due and has not run.
    let before: types::Execution = shaped(&world.get(&path).await.of(200));
    assert_eq!((before.status.as_str(), before.current_nodes), ("running", vec!["hello".to_owned()]));
    world.run().await;
    let after: types::Execution = shaped(&world.get(&path).await.of(200));
    assert_eq!((after.status.as_str(), after.progress, after.output), ("completed", 100.into(), json!("Hello, Ada")));
    assert_eq!((after.started_by.as_deref(), after.workflow_version), (Some("ann@example.com"), Some(1)));
    assert!(after.completed_at.is_some() && after.error.is_none());

    let nodes: types::Nodes = shaped(&world.get(&format!("{path}/nodes")).await.of(200));
    let hello = &nodes.items[1];
    assert_eq!(
        (hello.status.as_str(), &hello.input, &hello.output),
        ("completed", &json!({"name": "Ada"}), &json!("Hello, Ada"))
    );
    let page: types::Page<types::Execution> =
        shaped(&world.get("/v1/executions?metadata.team=a&status=completed").await.of(200));
    assert_eq!(page.items.len(), 1);
    let none: types::Page<types::Execution> = shaped(&world.get("/v1/executions?metadata.team=b").await.of(200));
    assert!(none.items.is_empty());
}

#[tokio::test]
async fn history_and_checkpoints_tell_what_was() {
    let world = World::local();
    let id = world.started(greet(), json!({"name": "Ada"})).await;
    world.run().await;
    let history: types::History = shaped(&world.get(&format!("/v1/executions/{id}/history")).await.of(200));
    assert_eq!((history.total, history.history.len(), history.next_cursor.as_deref()), (2, 2, None));
    assert_eq!(history.history[1].node.as_deref(), Some("hello"));
    assert!(history.history.iter().all(|turn| turn.state_summary.ends_with('.')), "{history:?}");

    let first: types::History = shaped(&world.get(&format!("/v1/executions/{id}/history?limit=1")).await.of(200));
    let next = format!("/v1/executions/{id}/history?limit=1&cursor={}", first.next_cursor.unwrap());
    let second: types::History = shaped(&world.get(&next).await.of(200));
    assert_eq!((second.history[0].checkpoint.as_str(), second.next_cursor), ("2", None));

    let then: types::Checkpoint = shaped(&world.get(&format!("/v1/executions/{id}/checkpoints/1")).await.of(200));
    assert_eq!((then.state.status.as_str(), then.state.checkpoint.as_str()), ("running", "1"));
    for none in ["0", "3", "x"] {
        world.get(&format!("/v1/executions/{id}/checkpoints/{none}")).await.problem(404, "not_found");
    }
}

#[tokio::test]
async fn a_stream_resumes_without_loss_and_ends() {
    let world = World::local();
    let id = world.started(greet(), json!({"name": "Ada"})).await;
    world.run().await;
    let path = format!("/v1/executions/{id}/events");
    let all = world.get(&path).await;
    assert_eq!(all.headers["content-type"], "text/event-stream");
    let ids = |text: &str| -> Vec<String> {
        text.lines().filter_map(|line| line.strip_prefix("id: ")).map(str::to_owned).collect()
    };
    assert!(all.text.contains("event: end\ndata: "), "{}", all.text);
    let whole = ids(&all.text);
    assert_eq!(whole[0], "1.0");
    for (at, last) in whole.iter().enumerate() {
        let request = Request::get(&path).header("last-event-id", last).body(Body::empty()).unwrap();
        assert_eq!(ids(&world.send(request).await.text), whole[at + 1..]);
    }
    for before in ["0", "0.0"] {
        let request = Request::get(&path).header("last-event-id", before).body(Body::empty()).unwrap();
        assert_eq!(ids(&world.send(request).await.text), whole);
    }
    let request = Request::get(&path).header("last-event-id", "x.y").body(Body::empty()).unwrap();
    world.send(request).await.problem(422, "invalid_last_event_id");
}

#[tokio::test]
async fn streams_beside_each_other_tell_the_same() {
    let world = World::local();
    let id = world.started(greet(), json!({"name": "Ada"})).await;
    let path = format!("/v1/executions/{id}/events");
    let stream = |last: &'static str| {
        let request = Request::get(&path).header("last-event-id", last).body(Body::empty()).unwrap();
        world.send(request)
    };
    let (all, other, later, ()) = futures::join!(stream("0"), stream("0"), stream("1.0"), async {
        // All of them follow before anything happens.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        world.run().await;
    });
    let alone = world.get(&path).await.text;
    assert!(alone.contains("event: end\ndata: ") && alone.contains("\nid: 2.0\n"), "{alone}");
    assert_eq!((&all.text, &other.text), (&alone, &alone));
    let begins = alone.find("id: 1.1\n").unwrap();
    assert_eq!(later.text, alone[begins..]);
}

#[tokio::test]
async fn a_key_gives_one_execution_and_refuses_another_request() {
    let world = World::local();
    world.post("/v1/workflows", greet()).await.of(201);
    let path = "/v1/workflows/greet/executions";
    let start = |name: &'static str| {
        let world = &world;
        async move { world.with_headers("POST", path, &[("idempotency-key", "k1")], json!({"input": {"name": name}})).await }
    };
    let first = start("Ada").await.of(202)["execution_id"].clone();
    assert_eq!(start("Ada").await.of(202)["execution_id"], first);
    start("Bob").await.problem(422, "idempotency_key_reused");
    world.delete("/v1/workflows/greet").await.of(204);
    assert_eq!(start("Ada").await.of(202)["execution_id"], first);
}

#[tokio::test]
async fn metadata_has_a_bound() {
    let world = World::local();
    world.post("/v1/workflows", greet()).await.of(201);
    let path = "/v1/workflows/greet/executions";
    let start = |bytes: usize| {
        let body = json!({"input": {"name": "Ada"}, "metadata": {"note": "x".repeat(bytes)}});
        world.post(path, body)
    };
    start(16 * 1024 - 100).await.of(202);
    start(16 * 1024).await.problem(422, "metadata_too_large");
}

#[tokio::test]
async fn an_input_that_does_not_satisfy_the_schema_records_nothing() {
    let world = World::local();
    let mut document = greet();
    document["input_schema"] = json!({"type": "object", "required": ["name"],
        "properties": {"name": {"type": "string"}, "age": {"type": "number"}}});
    world.post("/v1/workflows", document).await.of(201);
    let problem = world.post("/v1/workflows/greet/executions", json!({"input": {"name": 1, "age": "x"}})).await;
    let problem = problem.problem(422, "invalid_input");
    let paths: Vec<&str> = problem["errors"].as_array().unwrap().iter().map(|e| e["path"].as_str().unwrap()).collect();
    assert!(paths.contains(&"/name") && paths.contains(&"/age"), "{problem:#}");
    assert!(world.host.all().is_empty());
}

#[tokio::test]
async fn an_inline_document_runs_and_a_waiting_start_answers_with_the_execution() {
    let world = World::local();
    let body = json!({"workflow": greet(), "input": {"name": "Ada"}});
    let (answer, ()) = futures::join!(world.post("/v1/executions?wait=5", body), async {
        // The document is read on a thread of its own.
        while world.host.all().is_empty() {
            tokio::task::yield_now().await;
        }
        world.run().await;
    });
    let done: types::Execution = shaped(&answer.of(200));
    assert_eq!((done.status.as_str(), done.workflow_version), ("completed", None));
    world.post("/v1/executions?wait=26", json!({"workflow": greet()})).await.problem(422, "invalid_parameter");
}

#[tokio::test]
async fn bad_requests_are_named() {
    let world = World::local();
    world.post("/v1/workflows", greet()).await.of(201);
    let path = "/v1/workflows/greet/executions";
    let problem = world.post(path, json!({"inputs": {}})).await.problem(422, "unknown_field");
    assert_eq!(problem["errors"][0]["path"], "/inputs");
    let raw =
        |kind: &str, body: Vec<u8>| Request::post(path).header("content-type", kind).body(Body::from(body)).unwrap();
    world.send(raw("application/json", b"[]".to_vec())).await.problem(422, "invalid_field");
    world.send(raw("application/json", b"{".to_vec())).await.problem(400, "invalid_json");
    world.send(raw("text/plain", b"{}".to_vec())).await.problem(415, "unsupported_media_type");
    let large = vec![b' '; engine::limits::REQUEST_BYTES + 1];
    world.send(raw("application/json", large)).await.problem(413, "too_large");
    // A `+` that is not escaped arrives as a space.
    world.get("/v1/executions?since=2026-01-31T09:00:00+00:00").await.of(200);
    for query in ["limit=0", "limit=201", "limit=x", "cursor=abc", "status=done", "since=yesterday"] {
        world.get(&format!("/v1/executions?{query}")).await.problem(422, "invalid_parameter");
    }
    world.get("/v1/executions?colour=red").await.problem(422, "unknown_field");
    world.get("/v1/executions/none").await.problem(404, "not_found");
    world.get("/v1/nothing").await.problem(404, "not_found");
    world.post("/v1/executions/none/rollback", json!({})).await.problem(404, "not_found");
    world.delete("/v1/executions").await.problem(405, "method_not_allowed");
}

/// All pages of a list: of each item the field `name`. No page may be larger than its bound.
async fn pages(world: &World, path: &str, list: &str, name: &str) -> Vec<Vec<String>> {
    let (mut pages, mut next) = (Vec::new(), path.to_owned());
    loop {
        let answer = world.get(&next).await;
        assert!(answer.text.len() < api::limits::PAGE_BYTES + 10_000, "{} bytes", answer.text.len());
        let page = answer.of(200);
        let names = page[list].as_array().unwrap().iter().map(|item| item[name].as_str().unwrap().to_owned());
        pages.push(names.collect());
        match page["next_cursor"].as_str() {
            Some(cursor) => next = format!("{path}&cursor={cursor}"),
            None => return pages,
        }
    }
}

#[tokio::test]
async fn pages_end_before_they_are_too_large_and_leave_nothing_out() {
    let world = World::local();
    world.post("/v1/workflows", greet()).await.of(201);
    let mut started = Vec::new();
    for _ in 0..30 {
        let body = json!({"input": {"name": "x".repeat(200_000)}});
        let answer = world.post("/v1/workflows/greet/executions", body).await.of(202);
        started.insert(0, answer["execution_id"].as_str().unwrap().to_owned());
    }
    let found = pages(&world, "/v1/executions?limit=50", "items", "execution_id").await;
    assert!(found.len() > 2 && found.iter().all(|page| !page.is_empty()), "{found:?}");
    assert_eq!(found.concat(), started);

    let path = format!("/v1/executions/{}", started[0]);
    for _ in 0..30 {
        world.post(&format!("{path}/signals/hm"), json!({"data": "x".repeat(200_000)})).await.of(200);
    }
    let found = pages(&world, &format!("{path}/history?limit=200"), "history", "checkpoint").await;
    assert!(found.len() > 2, "{found:?}");
    assert_eq!(found.concat(), (1..=31).map(|seq| seq.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_node_that_writes_much_leaves_the_next_one_its_first_lines() {
    let host = Memory::new(Time::parse("2026-01-31T09:00:00Z").unwrap()).with_runner(|task| {
        let Work::Code(code) = &task.work else { panic!("there is no other work") };
        let line = |number| LogLine { at: Time(0), level: LogLevel::Info, message: format!("line {number}") };
        let lines = if code.code.contains("chatty") { engine::limits::LOG_LINES } else { 2 };
        let outcome = Outcome::Succeeded { port: "success".into(), output: json!(1) };
        Report { outcome, logs: (0..lines).map(line).collect() }
    });
    let world = World::over(host, |app| app.with_local_user("acme", "ann@example.com"));
    let document = json!({"id": "talk", "nodes": [{"id": "start", "type": "manual_trigger"},
        {"id": "chatty", "type": "code", "config": {"code": "return 'chatty'"}},
        {"id": "quiet", "type": "code", "config": {"code": "return 'quiet'"}}],
        "edges": [{"from": "start", "to": "chatty"}, {"from": "chatty", "to": "quiet"}]});
    let id = world.started(document, json!({})).await;
    world.run().await;
    let nodes: types::Nodes = shaped(&world.get(&format!("/v1/executions/{id}/nodes")).await.of(200));
    let lines: Vec<usize> = nodes.items.iter().map(|node| node.logs.len()).collect();
    assert_eq!(lines, [0, api::limits::NODE_LOG_LINES, 2]);
    assert_eq!(nodes.items[1].logs[0].message, "line 0");
}

#[tokio::test]
async fn a_child_says_what_it_is_a_child_of() {
    let world = World::local();
    let document = json!({"id": "all", "nodes": [{"id": "start", "type": "manual_trigger"},
        {"id": "each", "type": "map", "config": {"items": "[1]", "body": {"nodes": [
            {"id": "one", "type": "transform", "config": {"expression": "1"}}], "edges": []}}}],
        "edges": [{"from": "start", "to": "each"}]});
    let id = world.started(document, json!({})).await;
    world.run().await;
    let page: types::Page<types::Execution> = shaped(&world.get(&format!("/v1/executions?parent={id}")).await.of(200));
    let parent = page.items[0].parent.clone().unwrap();
    assert_eq!((parent.execution_id, parent.node.as_str()), (id, "each"));
    assert_eq!((parent.visit, parent.attempt, parent.index), (1, 1, 0));
}
