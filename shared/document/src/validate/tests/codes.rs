use super::{clean, expect, flow, one};
use crate::validate::check;
use serde_json::json;

#[test]
fn a_whole_document_has_no_problems() {
    let document = json!({
        "id": "expense-approval", "name": "Expense approval", "description": "Over 1000 a person approves.",
        "input_schema": {"type": "object", "required": ["amount"], "properties": {"amount": {"type": "number"}}},
        "nodes": [
            {"id": "start", "type": "manual_trigger", "config": {}},
            {"id": "big", "type": "branch", "config": {"rules": [{"when": "amount > 1000", "port": "ask"}], "default": "pay"}},
            {"id": "approve", "type": "human", "config": {
                "kind": "approval", "question": "Pay {{ input.amount }}?", "assignees": ["a@example.com", "b@example.com"],
                "approval_threshold": 2, "timeout_seconds": 3600, "timeout_action": "auto_reject",
                "channels": [{"type": "slack", "channel": "#finance"}, {"type": "web"}]}},
            {"id": "pay", "name": "Pay", "type": "http_request",
             "config": {"method": "POST", "url": "https://pay.example/charge", "body": {"amount": "{{ input.amount }}"},
                        "headers": {"authorization": "Bearer {{ secrets.PAY }}"}, "expect": "status < 300"},
             "retry": {"max_attempts": 4, "initial_seconds": 1, "backoff": 2.0, "max_seconds": 60, "jitter": true},
             "timeout_seconds": 30, "on_error": "fail", "join": "all", "delivery": "at_least_once",
             "compensate": {"type": "http_request",
                            "config": {"method": "POST", "url": "https://pay.example/refund/{{ output.body.id }}"}},
             "metadata": {"team": "finance"}},
            {"id": "no", "type": "fail", "config": {"code": "rejected", "message": "Not approved"}}
        ],
        "edges": [
            {"from": "start", "to": "big"}, {"from": "big", "to": "approve", "port": "ask"}, {"from": "big", "to": "pay"},
            {"from": "approve", "to": "pay", "port": "approved"}, {"from": "approve", "to": "no", "port": "rejected"}
        ],
        "output": "has(ctx.pay) ? ctx.pay.output : null",
        "settings": {"max_loop_iterations": 1000, "timeout_seconds": 86400, "on_error": "fail", "overlap": "allow",
                     "max_concurrency": 10, "retention_days": 0},
        "metadata": {"anything": [1, 2]}
    });
    clean(&document);
}

#[test]
fn schema() {
    expect(&json!(1), &[("schema", "")]);
    expect(&json!({"id": "w"}), &[("schema", "")]);
    expect(&json!({"id": "w", "nodes": []}), &[("schema", "/nodes")]);
    let mut document = one("transform", json!({"set": {"a": 1}, "sett": 1}));
    document["nodez"] = json!([]);
    document["settings"] = json!({"overlap": "alow", "retention_days": -1});
    document["nodes"][1]["tiemout_seconds"] = json!(1);
    document["nodes"][1]["timeout_seconds"] = json!(0);
    document["nodes"][1]["join"] = json!({"at_least": 2});
    document["edges"][0]["connection"] = json!("ai_tol");
    expect(
        &document,
        &[
            ("schema", "/nodez"),
            ("schema", "/settings/overlap"),
            ("schema", "/settings/retention_days"),
            ("schema", "/nodes/1/config/sett"),
            ("schema", "/nodes/1/tiemout_seconds"),
            ("schema", "/nodes/1/timeout_seconds"),
            ("no_effect", "/nodes/1/timeout_seconds"),
            ("schema", "/nodes/1/join"),
            ("schema", "/edges/0/connection"),
        ],
    );
    let (errors, _) = check(&document);
    let hint = |path: &str| errors.iter().find(|issue| issue.path == path).unwrap().hint.clone();
    assert_eq!(hint("/nodez"), "Did you mean `nodes`?");
    assert_eq!(hint("/settings/overlap"), "Did you mean `allow`?");
    assert_eq!(hint("/edges/0/connection"), "Did you mean `ai_tool`?");
}

#[test]
fn duplicate_node() {
    let nodes = json!([{"id": "a", "type": "manual_trigger"}, {"id": "a", "type": "transform", "config": {"set": {}}}]);
    let document = flow(nodes, json!([{"from": "a", "to": "a"}]));
    assert!(super::found(&document).contains(&("duplicate_node".into(), "/nodes/1/id".into())));
}

#[test]
fn unknown_node() {
    let mut document = one("transform", json!({"set": {}}));
    document["edges"][0]["to"] = json!("m");
    expect(&document, &[("unknown_node", "/edges/0/to"), ("unreachable_node", "/nodes/1")]);
}

#[test]
fn unknown_type() {
    expect(&one("htpt_request", json!({"url": 1})), &[("unknown_type", "/nodes/1/type")]);
    let (errors, _) = check(&one("htpt_request", json!({})));
    assert_eq!(errors[0].hint, "Did you mean `http_request`?");
    assert_eq!(errors[0].node.as_deref(), Some("n"));
}

#[test]
fn invalid_config() {
    for (kind, config, path) in [
        ("http_request", json!({}), "/nodes/1/config"),
        ("http_request", json!({"url": "ftp://x"}), "/nodes/1/config/url"),
        ("http_request", json!({"url": "https://x.example", "method": "FETCH"}), "/nodes/1/config/method"),
        ("code", json!({}), "/nodes/1/config"),
        ("code", json!({"code": "return 1", "language": "python"}), "/nodes/1/config/language"),
        ("transform", json!({"set": {}, "expression": "1"}), "/nodes/1/config"),
        ("wait", json!({}), "/nodes/1/config"),
        ("wait", json!({"seconds": -1}), "/nodes/1/config/seconds"),
        ("wait", json!({"until": "tomorrow"}), "/nodes/1/config/until"),
        ("wait", json!({"seconds": 1, "timeout_seconds": 1}), "/nodes/1/config/timeout_seconds"),
        ("branch", json!({"default": "x"}), "/nodes/1/config"),
        ("loop", json!({"max_iterations": 3}), "/nodes/1/config"),
        ("map", json!({"items": "input.x"}), "/nodes/1/config"),
        ("workflow", json!({"mode": "sequence"}), "/nodes/1/config"),
        ("workflow", json!({"workflow_id": "a/b"}), "/nodes/1/config/workflow_id"),
    ] {
        let mut document = one(kind, config);
        if kind == "loop" {
            document["nodes"]
                .as_array_mut()
                .unwrap()
                .push(json!({"id": "b", "type": "transform", "config": {"set": {}}}));
            document["edges"].as_array_mut().unwrap().push(json!({"from": "n", "to": "b", "port": "loop"}));
        }
        expect(&document, &[("invalid_config", path)]);
    }
    let schedule = |config| flow(json!([{"id": "t", "type": "schedule_trigger", "config": config}]), json!([]));
    clean(&schedule(json!({"cron": "0 9 * * MON-FRI", "timezone": "Europe/Berlin", "missed": "run_once"})));
    clean(&schedule(json!({"cron": "*/10 0 9 * * *"})));
    expect(&schedule(json!({"cron": "every day"})), &[("invalid_config", "/nodes/0/config/cron")]);
    for never in ["0 0 30 2 *", "0 0 0 1 1 * 2030", "61 * * * *", "* * * *", ""] {
        expect(&schedule(json!({"cron": never})), &[("invalid_config", "/nodes/0/config/cron")]);
    }
    for place in ["Europe/Atlantis", "", "+25:00"] {
        let config = json!({"every_seconds": 5, "timezone": place});
        expect(&schedule(config), &[("invalid_config", "/nodes/0/config/timezone")]);
    }
    expect(&schedule(json!({})), &[("invalid_config", "/nodes/0/config")]);
    expect(&schedule(json!({"every_seconds": 5, "cron": "0 9 * * *"})), &[("invalid_config", "/nodes/0/config")]);
    let place = json!({"every_seconds": 5, "timezone": "Mars/Base"});
    expect(&schedule(place), &[("invalid_config", "/nodes/0/config/timezone")]);
}

#[test]
fn an_event_pattern_is_one_that_eventbridge_would_take() {
    let event = |config| flow(json!([{"id": "t", "type": "event_trigger", "config": config}]), json!([]));
    clean(&event(json!({})));
    clean(&event(json!({"pattern": {"source": ["aws.s3"], "detail": {"object": {"size": [{"numeric": [">", 0]}]}}}})));
    expect(&event(json!({"pattern": {}})), &[("invalid_config", "/nodes/0/config/pattern")]);
    let faults = json!({"pattern": {"source": "aws.s3", "detail": {"key": ["x", {"begins": "in/"}]}}});
    let places = ["/nodes/0/config/pattern/source", "/nodes/0/config/pattern/detail/key/1/begins"];
    expect(&event(faults), &places.map(|place| ("invalid_config", place)));
}

#[test]
fn invalid_cel() {
    let mut document = one("transform", json!({"set": {"a": ["{{ 1 + }}"]}}));
    document["edges"][0]["condition"] = json!("output.score >");
    document["output"] = json!("(");
    expect(
        &document,
        &[
            ("invalid_cel", "/nodes/1/config/set/a/0"),
            ("invalid_cel", "/edges/0/condition"),
            ("invalid_cel", "/output"),
        ],
    );
    let long = format!("1{}", " + 1".repeat(600));
    expect(&one("transform", json!({"expression": long})), &[("invalid_cel", "/nodes/1/config/expression")]);
}

#[test]
fn everything_is_told_at_once() {
    let document = json!({
        "id": "bad id!",
        "nodes": [
            {"id": "start", "type": "manual_trigger"},
            {"id": "a", "type": "http_request", "config": {"headers": {"x": "{{ ctx.nowhere.output }}"}}, "timeout_seconds": "x"},
            {"id": "b", "type": "transform", "config": {"set": {"s": "{{ secrets.X }}"}}}
        ],
        "edges": [{"from": "start", "to": "a"}, {"from": "a", "to": "b", "port": "sucess"}, {"from": "b", "to": "zzz"}]
    });
    expect(
        &document,
        &[
            ("schema", "/id"),
            ("invalid_config", "/nodes/1/config"),
            ("unknown_reference", "/nodes/1/config/headers/x"),
            ("schema", "/nodes/1/timeout_seconds"),
            ("secret_not_allowed", "/nodes/2/config/set/s"),
            ("unknown_port", "/edges/1/port"),
            ("unknown_node", "/edges/2/to"),
        ],
    );
}
