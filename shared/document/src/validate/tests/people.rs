use super::{clean, expect, flow, found};
use serde_json::{Value, json};

/// A document with one human step between a trigger and an end per port.
fn human(config: Value, ports: &[&str]) -> Value {
    let mut nodes =
        vec![json!({"id": "start", "type": "manual_trigger"}), json!({"id": "h", "type": "human", "config": config})];
    let mut edges = vec![json!({"from": "start", "to": "h"})];
    for (ix, port) in ports.iter().enumerate() {
        nodes.push(json!({"id": format!("n{ix}"), "type": "succeed"}));
        edges.push(json!({"from": "h", "to": format!("n{ix}"), "port": port}));
    }
    flow(Value::Array(nodes), Value::Array(edges))
}

#[test]
fn all_six_kinds_are_read_with_their_ports() {
    for (config, ports) in [
        (json!({"kind": "approval", "question": "?"}), vec!["approved", "rejected", "timeout"]),
        (
            json!({"kind": "input", "question": "?", "schema": {"type": "object"}, "rules": ["answer.a > 1"]}),
            vec!["answered", "timeout"],
        ),
        (
            json!({"kind": "decision", "question": "?", "options": ["Yes", {"id": "no", "label": "No"}]}),
            vec!["Yes", "no", "timeout"],
        ),
        (json!({"kind": "review", "content": "{{ input.text }}"}), vec!["approved", "rejected", "timeout"]),
        (json!({"kind": "ask", "question": "?"}), vec!["answered", "timeout"]),
        (
            json!({"kind": "authorization", "tool": "shell", "arguments": {"cmd": "{{ input.cmd }}"}, "security_level": "high"}),
            vec!["approved", "rejected", "timeout"],
        ),
    ] {
        let mut config = config;
        config["timeout_seconds"] = json!(60);
        let document = human(config.clone(), &ports);
        clean(&document);
        let ports = [ports, vec!["error"]].concat();
        let parsed = crate::parse(&document).unwrap().workflow;
        assert_eq!(parsed.nodes[1].ports, ports, "{config}");
    }
}

#[test]
fn human_without_timeout() {
    let ask = json!({"kind": "ask", "question": "?"});
    expect(&human(ask, &["answered"]), &[("human_without_timeout", "/nodes/1/config")]);
    // An authorization expires by itself.
    clean(&human(json!({"kind": "authorization", "question": "?"}), &["approved", "rejected"]));
}

#[test]
fn only_what_can_be_rejected_rejects_by_itself() {
    let acts = |mut config: Value, ports: &[&str]| {
        let more = json!({"question": "?", "timeout_seconds": 5, "timeout_action": "auto_reject"});
        config.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        human(config, ports)
    };
    let wrong = [("invalid_config", "/nodes/1/config/timeout_action")];
    expect(&acts(json!({"kind": "input"}), &["answered", "timeout"]), &wrong);
    expect(&acts(json!({"kind": "ask"}), &["answered", "timeout"]), &wrong);
    let options = |ids: Value| json!({"kind": "decision", "options": ids});
    expect(&acts(options(json!(["yes", "no"])), &["yes", "no", "timeout"]), &wrong);
    clean(&acts(options(json!(["yes", {"id": "rejected"}])), &["yes", "rejected", "timeout"]));
    for kind in ["approval", "review", "authorization"] {
        clean(&acts(json!({ "kind": kind }), &["approved", "rejected", "timeout"]));
    }
}

#[test]
fn a_node_that_is_bounded_itself_needs_no_timeout_for_its_person() {
    let mut document = human(json!({"kind": "ask", "question": "?"}), &["answered"]);
    document["nodes"][1]["timeout_seconds"] = json!(60);
    clean(&document);
}

#[test]
fn unhandled_rejection() {
    let approval = json!({"kind": "approval", "question": "?", "timeout_seconds": 5});
    expect(&human(approval.clone(), &["approved"]), &[("unhandled_port", "/nodes/1")]);
    // The answer of a question that ends its path is the execution's result, so no port is forgotten.
    clean(&human(approval, &[]));
}

#[test]
fn single_approver_is_requester() {
    let config = |assignees: Value, allow: Value| json!({"kind": "approval", "question": "?", "timeout_seconds": 5, "assignees": assignees, "allow_requester": allow});
    let at = "/nodes/1/config/assignees";
    let ports = ["approved", "rejected"];
    expect(
        &human(config(json!(["{{ input.requester }}"]), json!(true)), &ports),
        &[("single_approver_is_requester", at)],
    );
    expect(&human(config(json!(["a@x.example"]), json!(false)), &ports), &[("single_approver_is_requester", at)]);
    clean(&human(config(json!(["a@x.example", "b@x.example"]), json!(false)), &ports));
    clean(&human(config(json!(["a@x.example"]), Value::Null), &ports));
}

#[test]
fn bad_configs_name_the_place() {
    let base = json!({"kind": "approval", "question": "?", "timeout_seconds": 5});
    for (key, value, path) in [
        ("kind", json!("aproval"), "/nodes/1/config/kind"),
        ("question", json!(" "), "/nodes/1/config/question"),
        ("approval_threshold", json!(0), "/nodes/1/config/approval_threshold"),
        ("assignees", json!([]), "/nodes/1/config/assignees"),
        ("timeout_action", json!("escalate"), "/nodes/1/config/timeout_action"),
        ("channels", json!([{"type": "pigeon"}]), "/nodes/1/config/channels/0/type"),
        ("auto_approve_below", json!(1000), "/nodes/1/config/auto_approve_below"),
        ("remind_every_seconds", json!("daily"), "/nodes/1/config/remind_every_seconds"),
    ] {
        let mut config = base.clone();
        config[key] = value;
        let document = human(config, &[]);
        expect(&document, &[("invalid_config", path)]);
    }
    let threshold = json!({"kind": "approval", "question": "?", "timeout_seconds": 5, "assignees": ["a", "b"], "approval_threshold": 3});
    expect(&human(threshold, &[]), &[("invalid_config", "/nodes/1/config/approval_threshold")]);
    let form = json!({"kind": "input", "question": "?", "timeout_seconds": 5, "schema": {"type": "objekt"}});
    expect(&human(form, &[]), &[("invalid_config", "/nodes/1/config/schema/type")]);
    let twice = json!({"kind": "decision", "question": "?", "timeout_seconds": 5, "options": ["a", "a", "timeout"]});
    let path = |ix: usize| ("invalid_config".to_owned(), format!("/nodes/1/config/options/{ix}"));
    assert_eq!(found(&human(twice, &[])), [path(1), path(2)]);
}

#[test]
fn a_failure_along_no_port() {
    let approval = json!({"kind": "approval", "question": "Pay?", "timeout_seconds": 60});
    let mut document = human(approval, &["approved", "rejected"]);
    document["nodes"][1]["on_error"] = json!("continue");
    expect(&document, &[("unhandled_port", "/nodes/1/on_error")]);
}

#[test]
fn a_threshold_counts_whom_an_escalation_asks_too() {
    let asks = |assignees: Value, action: &str, others: Value| {
        let config = json!({"kind": "approval", "question": "?", "timeout_seconds": 5, "assignees": assignees,
            "approval_threshold": 2, "timeout_action": action, "escalate_to": others});
        human(config, &[])
    };
    let wrong = [("invalid_config", "/nodes/1/config/approval_threshold")];
    clean(&asks(json!(["a@x.example"]), "escalate", json!(["b@x.example"])));
    clean(&asks(json!(["a@x.example"]), "escalate", json!("{{ input.others }}")));
    clean(&asks(json!(["a@x.example"]), "escalate", json!(["{{ input.other }}"])));
    expect(&asks(json!(["a@x.example"]), "escalate", json!(["A@x.example"])), &wrong);
    let in_vain = ("no_effect", "/nodes/1/config/escalate_to");
    expect(&asks(json!(["a@x.example"]), "timeout", json!(["b@x.example"])), &[wrong[0], in_vain]);
    expect(&asks(json!(["a@x.example", "A@x.example"]), "timeout", Value::Null), &wrong);
}

#[test]
fn a_group_is_no_single_person() {
    let asks = |assignees: Value, more: Value| {
        let mut config = json!({"kind": "approval", "question": "?", "timeout_seconds": 5, "assignees": assignees});
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        human(config, &[])
    };
    clean(&asks(json!(["group:finance"]), json!({"approval_threshold": 5})));
    clean(&asks(json!(["group:finance", "a@x.example"]), json!({"approval_threshold": 3})));
    clean(&asks(json!(["group:finance"]), json!({"allow_requester": false})));
    let escalates = json!({"timeout_action": "escalate", "escalate_to": ["group:board"], "approval_threshold": 4});
    clean(&asks(json!(["a@x.example"]), escalates));
    for nameless in ["group:", "Group: a,b", "group:a\tb"] {
        let path = "/nodes/1/config/assignees";
        expect(&asks(json!(["a@x.example", nameless]), json!({})), &[("invalid_config", path)]);
    }
}
