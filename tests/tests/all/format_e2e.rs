//! What the format promises, case by case, against the running server: ports, templates, merges, loops, maps, failures.

use crate::binary::{Dev, Folder, Own, stepwell};
use serde_json::{Value, json};
use std::{
    fs,
    io::Write,
    process::{Command, Stdio},
};

/// A line of nodes after a trigger.
fn line(nodes: Value) -> Value {
    let mut all = vec![json!({"id": "start", "type": "manual_trigger"})];
    all.extend(nodes.as_array().unwrap().iter().cloned());
    let edges: Vec<_> = all.windows(2).map(|two| json!({"from": two[0]["id"], "to": two[1]["id"]})).collect();
    json!({"id": "case", "nodes": all, "edges": edges})
}

/// Nodes after a trigger, with `from to port condition` edges written `a>b`, `a>b:port` or `a>b?condition`.
fn graph(nodes: Value, edges: &[&str]) -> Value {
    let mut document = line(nodes);
    let read = |text: &&str| {
        let (from, to) = text.split_once('>').unwrap();
        let (to, condition) = to.split_once('?').map_or((to, None), |(to, condition)| (to, Some(condition)));
        let (to, port) = to.split_once(':').map_or((to, None), |(to, port)| (to, Some(port)));
        let mut edge = json!({"from": from, "to": to});
        if let Some(port) = port {
            edge["port"] = json!(port);
        }
        if let Some(condition) = condition {
            edge["condition"] = json!(condition);
        }
        edge
    };
    document["edges"] = edges.iter().map(read).collect();
    document
}

fn with(mut document: Value, key: &str, value: Value) -> Value {
    document[key] = value;
    document
}

fn calc(id: &str, expression: &str) -> Value {
    json!({"id": id, "type": "transform", "config": {"expression": expression}})
}

fn set(id: &str, fields: Value) -> Value {
    json!({"id": id, "type": "transform", "config": {"set": fields}})
}

fn run(dev: &Dev, document: &Value, input: &Value) -> Value {
    let (status, body) = dev.call("POST", "/v1/executions?wait=25", &json!({"workflow": document, "input": input}));
    assert_eq!(status, 200, "{document}: {body}");
    body
}

/// Each case: the document, its input, and the output it completes with.
fn complete(dev: &Dev, cases: Vec<(Value, Value, Value)>) {
    for (document, input, output) in cases {
        let ended = run(dev, &document, &input);
        assert_eq!(
            (&ended["status"], &ended["output"]),
            (&json!("completed"), &output),
            "{document}: {}",
            ended["error"]
        );
    }
}

/// Each case: the document, its input, and the code it fails with.
fn fail(dev: &Dev, cases: Vec<(Value, Value, &str)>) {
    for (document, input, code) in cases {
        let ended = run(dev, &document, &input);
        assert_eq!(
            (&ended["status"], &ended["error"]["code"]),
            (&json!("failed"), &json!(code)),
            "{document}: {ended}"
        );
    }
}

#[test]
fn templates_keep_types_alone_and_make_text_beside_others() {
    let folder = Folder::new("templates");
    let dev = Dev::start(&folder.data(), &[]);
    let input = json!({"n": 5, "l": [1, 2], "b": true, "z": null, "o": {"k": "v"}});
    let fields = json!({"n": "{{ input.n }}", "t": "n={{ input.n }}", "l": "{{ input.l }}", "x": "{{ input.l }}!",
        "b": "{{ b }}", "z": "{{ input.z }}", "two": "{{ n }}{{ n }}", "deep": ["{{ n }}", {"k": "{{ input.o }}"}], "plain": 3});
    let output = json!({"n": 5, "t": "n=5", "l": [1, 2], "x": "[1,2]!", "b": true, "z": null, "two": "55",
        "deep": [5, {"k": {"k": "v"}}], "plain": 3});
    complete(
        &dev,
        vec![
            (line(json!([set("a", fields)])), input.clone(), output),
            (line(json!([set("a", json!({"n": 7})), calc("b", "n")])), input.clone(), json!(7)),
            (line(json!([calc("a", "{{ input.n + 1 }}")])), input.clone(), json!(6)),
            (line(json!([calc("a", "80 == 80.0 && -7 % 3 == -1")])), input.clone(), json!(true)),
            (line(json!([calc("a", "execution.workflow_id")])), input.clone(), json!("case")),
        ],
    );
    fail(&dev, vec![(line(json!([set("a", json!({"x": "{{ input.nope }}"}))])), input, "template_error")]);
    // Names of a map are bare names outside of one, in code as in expressions.
    let code = json!({"id": "a", "type": "code", "config": {"code": "return [item, index, input.item]"}});
    let named = json!({"item": 5});
    complete(&dev, vec![(line(json!([code])), named.clone(), json!([5, null, 5]))]);
    complete(&dev, vec![(line(json!([calc("a", "item")])), named, json!(5))]);
}

#[test]
fn branches_conditions_merges_and_joins() {
    let folder = Folder::new("merges");
    let dev = Dev::start(&folder.data(), &[]);
    let rules = json!([{"when": "has(input.nope)", "port": "never"}, {"when": "x > 5", "port": "big"}]);
    let branch = json!({"id": "b", "type": "branch", "config": {"rules": rules, "default": "other"}});
    let branched = graph(
        json!([branch, calc("n", "'never'"), calc("big", "'big'"), calc("o", "output")]),
        &["start>b", "b>n:never", "b>big:big", "b>o"],
    );
    let ab = |a: Value, b: Value, edges: &[&str]| graph(json!([a, b, calc("c", "output")]), edges);
    let both = ["start>a", "start>b", "a>c", "b>c"];
    let (a, b) = (set("a", json!({"x": 1, "y": 1})), set("b", json!({"y": 2})));
    complete(
        &dev,
        vec![
            (branched.clone(), json!({"x": 9}), json!("big")),
            (branched, json!({"x": 1}), json!({"x": 1})),
            (ab(a.clone(), b.clone(), &both), json!({}), json!({"x": 1, "y": 2})),
            (ab(a.clone(), b.clone(), &["start>a", "start>b", "b>c", "a>c"]), json!({}), json!({"x": 1, "y": 1})),
            (ab(calc("a", "1"), b.clone(), &both), json!({}), json!({"a": 1, "b": {"y": 2}})),
            (
                graph(json!([calc("a", "1"), calc("b", "2")]), &["start>a", "start>b"]),
                json!({}),
                json!({"a": 1, "b": 2}),
            ),
            (graph(json!([calc("a", "1"), calc("b", "2")]), &["start>a", "a>b?output > 1"]), json!({}), json!(1)),
            (graph(json!([calc("a", "1"), calc("b", "2")]), &["start>a", "a>b?has(output.x)"]), json!({}), json!(1)),
            (
                with(line(json!([calc("a", "1"), calc("b", "2")])), "output", json!("ctx.a.output + ctx.b.output")),
                json!({}),
                json!(3),
            ),
        ],
    );
}

#[test]
fn loops_count_collect_and_break() {
    let folder = Folder::new("loops");
    let dev = Dev::start(&folder.data(), &[]);
    let looped = |config: Value, body: Value| {
        graph(
            json!([{"id": "l", "type": "loop", "config": config}, body, calc("z", "output")]),
            &["start>l", "l>b:loop", "b>l", "l>z:done"],
        )
    };
    let out = |n: u64, last: Value, items: Value| json!({"iterations": n, "last": last, "items": items});
    let breaks = graph(
        json!([{"id": "l", "type": "loop", "config": {"while": "true"}},
            {"id": "c", "type": "branch", "config": {"rules": [{"when": "loop.iteration == 2", "port": "stop"}], "default": "go"}},
            {"id": "x", "type": "break", "config": {"output": "{{ loop.iteration }}"}}, calc("b", "loop.iteration")]),
        &["start>l", "l>c:loop", "c>x:stop", "c>b:go", "b>l"],
    );
    complete(
        &dev,
        vec![
            (
                looped(json!({"for_each": "input.xs"}), calc("b", "item * 10 + index")),
                json!({"xs": [1, 2]}),
                out(2, json!(21), json!([10, 21])),
            ),
            (
                looped(json!({"for_each": "input.xs"}), calc("b", "item")),
                json!({"xs": []}),
                out(0, json!(null), json!([])),
            ),
            (
                looped(json!({"while": "has(output.n)"}), calc("b", "output + 1")),
                json!({}),
                out(0, json!(null), json!([])),
            ),
            (
                looped(json!({"while": "output.n < 2"}), set("b", json!({"n": "{{ output.n + 1 }}"}))),
                json!({"n": 0}),
                out(2, json!({"n": 2}), json!([{"n": 1}, {"n": 2}])),
            ),
            (breaks, json!({}), out(3, json!(2), json!([0, 1, 2]))),
        ],
    );
    let endless = looped(json!({"while": "loop.iteration >= 0", "max_iterations": 5}), calc("b", "1"));
    let by_settings = looped(json!({"while": "loop.iteration >= 0"}), calc("b", "1"));
    let by_settings = with(by_settings, "settings", json!({"max_loop_iterations": 4}));
    fail(&dev, vec![(endless, json!({}), "loop_limit_exceeded"), (by_settings, json!({}), "loop_limit_exceeded")]);
}

/// A map over `input.xs`.
fn map(body: Value, more: Value) -> Value {
    let mut node = json!({"id": "m", "type": "map", "config": {"items": "input.xs", "body": body}});
    node["config"].as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    node
}

#[test]
fn maps_and_children_run_workflows() {
    let folder = Folder::new("children");
    let dev = Dev::start(&folder.data(), &[]);
    for saved in [
        with(line(json!([calc("a", "item * 2 + index")])), "id", json!("twice")),
        with(line(json!([calc("a", "input.n + 1")])), "id", json!("next")),
        with(
            line(json!([{"id": "f", "type": "fail", "config": {"code": "bad", "message": "no"}}])),
            "id",
            json!("bad"),
        ),
    ] {
        assert_eq!(dev.call("POST", "/v1/workflows", &saved).0, 201);
    }
    let odd = json!({"nodes": [{"id": "x", "type": "branch", "config": {"rules": [{"when": "item == 2", "port": "bad"}], "default": "ok"}},
        {"id": "f", "type": "fail", "config": {"code": "boom", "message": "two"}}, calc("y", "item")],
        "edges": [{"from": "x", "to": "f", "port": "bad"}, {"from": "x", "to": "y", "port": "ok"}]});
    let xs = json!({"xs": [1, 2, 3]});
    let child = |config: Value| json!({"id": "c", "type": "workflow", "config": config});
    complete(
        &dev,
        vec![
            (
                line(json!([map(json!({"nodes": [calc("b", "item + index + input.k")], "edges": []}), json!({}))])),
                json!({"xs": [3, 1], "k": 10}),
                json!([13, 12]),
            ),
            (line(json!([map(json!("twice"), json!({}))])), xs.clone(), json!([2, 5, 8])),
            (line(json!([map(odd.clone(), json!({"tolerated_failures": 1}))])), xs.clone(), json!([1, null, 3])),
            (
                graph(json!([map(odd.clone(), json!({})), calc("e", "output.error.code")]), &["start>m", "m>e:error"]),
                xs.clone(),
                json!("map_failed"),
            ),
            (
                line(json!([child(json!({"workflow_id": "next", "input": {"n": "{{ input.k }}"}}))])),
                json!({"k": 7}),
                json!(8),
            ),
        ],
    );
    fail(
        &dev,
        vec![
            (line(json!([map(odd, json!({}))])), xs, "map_failed"),
            (line(json!([child(json!({"workflow_id": "bad"}))])), json!({}), "child_failed"),
        ],
    );
    for mode in ["sequence", "parallel"] {
        let config = json!({"workflow_id": ["bad", "next"], "mode": mode, "stop_on_failure": false, "input": {"n": 1}});
        let ended = run(&dev, &line(json!([child(config)])), &json!({}));
        let statuses: Vec<_> =
            ended["output"].as_array().unwrap().iter().map(|one| one["status"].as_str().unwrap()).collect();
        assert_eq!((statuses, &ended["output"][1]["output"]), (vec!["failed", "completed"], &json!(2)), "{ended}");
    }
}

#[test]
fn failures_follow_the_port_or_the_policy() {
    let (folder, own) = (Folder::new("failures"), Own::start());
    let dev = Dev::start(&folder.data(), &["--http-allow", &own.allowed()]);
    let throws = json!({"id": "a", "type": "code", "config": {"code": "throw new Error('boo')"}});
    let goes_on = with(throws.clone(), "on_error", json!("continue"));
    let get = |path: &str| json!({"id": "a", "type": "http_request", "config": {"url": own.url(path)}});
    let expects = json!({"id": "a", "type": "http_request", "config": {"url": own.url("/status/404"), "expect": "status == 404"}});
    let code = calc("z", "output.error.code");
    complete(
        &dev,
        vec![
            (line(json!([goes_on, code])), json!({}), json!("code_error")),
            (graph(json!([throws.clone(), code]), &["start>a", "a>z:error"]), json!({}), json!("code_error")),
            (line(json!([expects, calc("z", "output.status")])), json!({}), json!(404)),
            (
                graph(json!([get("/status/400"), calc("z", "output.error.details.status")]), &["start>a", "a>z:error"]),
                json!({}),
                json!(400),
            ),
            (
                line(json!([{"id": "s", "type": "succeed", "config": {"output": "{{ input.x }}"}}])),
                json!({"x": 4}),
                json!(4),
            ),
        ],
    );
    let short = |node: Value| with(with(node, "timeout_seconds", json!(0.3)), "retry", json!({"max_attempts": 1}));
    let forever = json!({"id": "a", "type": "code", "config": {"code": "while (true) {}"}});
    let waits = line(json!([{"id": "w", "type": "wait", "config": {"seconds": 60}}]));
    fail(
        &dev,
        vec![
            (line(json!([throws.clone()])), json!({}), "code_error"),
            (graph(json!([throws, calc("z", "1")]), &["start>a", "a>z:error?false"]), json!({}), "code_error"),
            (line(json!([get("/status/404")])), json!({}), "unexpected_status"),
            (line(json!([short(forever)])), json!({}), "timeout"),
            (with(waits, "settings", json!({"timeout_seconds": 1})), json!({}), "timeout"),
            (line(json!([{"id": "f", "type": "fail", "config": {"code": "mine", "message": "m"}}])), json!({}), "mine"),
        ],
    );
    let tries = own.came().iter().filter(|seen| seen.path == "/status/404").count();
    assert_eq!(tries, 2, "404 is not worth a retry");
}

#[test]
fn documents_of_other_shapes_run() {
    let folder = Folder::new("dialects");
    let dev = Dev::start(&folder.data(), &[]);
    let receives =
        |from: &str| json!({"connection_types": {"main": {"connections": [{"node": from, "type": "MAIN"}]}}});
    complete(
        &dev,
        vec![
            (
                json!({"id": "d", "nodes": [{"id": "s", "type": "manual_trigger"}, {"id": "a", "type": "transform", "data": {"set": {"x": 1}}},
                {"id": "b", "type": "transform", "parameters": {"expression": "output.x + 1"}}],
                "edges": [{"source": "s", "target": "a"}, {"source": "a", "target": "b", "sourceHandle": "success"}]}),
                json!({}),
                json!(2),
            ),
            (
                json!({"id": 7, "nodes": [{"id": "1", "name": "Go", "type": "manual_trigger"}, {"id": "2", "name": "Two", "type": "ACTION_NODE",
                "subtype": "RUN_CODE", "parameters": {"code": "return 2"}}], "connections": {"Two": receives("Go")}}),
                json!({}),
                json!(2),
            ),
            (
                json!({"id": "f", "nodes": [{"id": "s", "type": "function", "config": {"handler": "manual_trigger"}},
                {"id": "t", "type": "function", "config": {"handler": "code", "code": "return 5"}}], "edges": [{"from": "s", "to": "t"}]}),
                json!({}),
                json!(5),
            ),
        ],
    );
    let asks = line(
        json!([{"id": "h", "type": "HUMAN_IN_THE_LOOP_NODE", "subtype": "HIL_CONFIRMATION", "data": {"question": "q", "timeout_minutes": 1}}]),
    );
    let ended = run(&dev, &asks, &json!({}));
    assert_eq!(ended["pending_interactions"][0]["kind"], "approval", "{ended}");
}

#[test]
fn a_secret_is_seen_by_its_server_alone() {
    let (folder, own) = (Folder::new("secret"), Own::start());
    let (data, value) = (folder.data(), "s3cr3t-VALUE-1234");
    let mut stores = Command::new(stepwell());
    stores.args(["secret", "set", "KEY", "--data"]).arg(&data).stdin(Stdio::piped()).stdout(Stdio::null());
    let mut stores = stores.spawn().unwrap();
    stores.stdin.take().unwrap().write_all(value.as_bytes()).unwrap();
    assert!(stores.wait().unwrap().success());
    let dev = Dev::start(&data, &["--http-allow", &own.allowed()]);
    let ask = |path: &str| {
        json!({"id": "a", "type": "http_request", "config": {"url": own.url(path), "method": "POST",
            "headers": {"x-key": "{{ secrets.KEY }}"}, "body": {"k": "{{ secrets.KEY }}"}}})
    };
    // The server answers with the path, so with the secret where the path has it.
    for path in ["/plain", "/in/{{ secrets.KEY }}", "/status/400"] {
        let ended = run(&dev, &line(json!([ask(path)])), &json!({}));
        let id = ended["execution_id"].as_str().unwrap();
        for part in ["", "/nodes", "/history", "/logs", "/events", "/checkpoints/2"] {
            let answer = dev.try_call("GET", &format!("/v1/executions/{id}{part}"), &[], &Value::Null).unwrap();
            assert!(answer.status == 200 && !answer.text().contains("s3cr3t"), "{part}: {}", answer.text());
        }
    }
    let came = own.came();
    assert_eq!(came.len(), 3);
    assert!(came.iter().all(|seen| seen.head.contains(value)), "{came:?}");
    dev.kill();
    let log = data.with_extension("log");
    for file in fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().path()).chain([log]) {
        // The socket is no file to be read.
        let Ok(bytes) = fs::read(&file) else { continue };
        assert!(!bytes.windows(6).any(|six| six == b"s3cr3t"), "{} has the secret", file.display());
    }
}
