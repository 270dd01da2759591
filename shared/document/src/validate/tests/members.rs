//! Members that nothing declares: warnings with what was probably meant.

use super::{clean, expect, flow, one};
use crate::validate::check;
use serde_json::{Value, json};

const AT: &str = "/nodes/1/config/expression";

fn says(id: &str, expression: &str) -> Value {
    json!({"id": id, "type": "transform", "config": {"expression": expression}})
}

/// Given an open schema that declares an amount and orders.
fn with_schema(mut document: Value) -> Value {
    document["input_schema"] = json!({"type": "object", "required": ["amount"], "properties": {
        "amount": {"type": "number"}, "payee": {"type": "object", "properties": {"iban": {}}},
        "orders": {"type": "array", "items": {"$ref": "#/$defs/order"}}},
        "$defs": {"order": {"type": "object", "properties": {"total": {"type": "number"}}}}});
    document
}

#[track_caller]
fn warned(document: &Value, hint: &str) {
    let (errors, warnings) = check(document);
    assert_eq!(errors, [], "{document}");
    let told: Vec<(&str, &str)> = warnings.iter().map(|it| (it.code.as_str(), it.hint.as_str())).collect();
    assert!(told.len() == 1 && told[0].0 == "unknown_variable" && told[0].1.contains(hint), "{warnings:#?}");
}

#[test]
fn a_misspelt_member_of_an_open_input_is_warned_about() {
    // The expense example with a slip: 999,999 would be paid without asking.
    let rules = json!([{"when": "input.ammount > 1000", "port": "ask"}]);
    let branch = json!({"rules": rules, "default": "pay"});
    let mut document = with_schema(one("branch", branch));
    warned(&document, "Did you mean `amount`?");
    // A bare name right behind the trigger can only be the input's.
    document["nodes"][1]["config"]["rules"][0]["when"] = json!("ammount > 1000");
    warned(&document, "Did you mean `amount`?");
    for (expression, hint) in [
        ("input.payee.ibna", "`iban`"),
        ("output.ammount", "`amount`"),
        ("'x' + string(input.nothing)", "Known here: `amount`, `orders`, `payee`."),
        ("input.amount > 1 || input.ammount > 1", "`amount`"),
    ] {
        let document = with_schema(one("transform", json!({"expression": expression})));
        expect(&document, &[("unknown_variable", AT)]);
        warned(&document, hint);
    }
    let mut on_edge = with_schema(one("transform", json!({"expression": "1"})));
    on_edge["edges"][0]["condition"] = json!("input.ammount > 1");
    expect(&on_edge, &[("unknown_variable", "/edges/0/condition")]);
    let mut at_end = with_schema(one("transform", json!({"set": {"a": "{{ input.ammount }}"}})));
    expect(&at_end, &[("unknown_variable", "/nodes/1/config/set/a")]);
    at_end["nodes"][1]["config"] = json!({"set": {}});
    at_end["output"] = json!("input.ammount");
    expect(&at_end, &[("unknown_variable", "/output")]);
}

#[test]
fn what_is_declared_or_provided_for_is_not_warned_about() {
    for expression in [
        "input.amount > 1 && amount > 1",
        "input.payee.iban.anything",
        "has(input.ammount) ? input.ammount : 0",
        "input.?ammount.orValue(0)",
        "[1].map(ammount, ammount + 1)",
        "input.orders.map(one, one.totl)",
        "execution.id + execution.workflow_id + execution.started_at",
        "ctx.start.output.amount",
    ] {
        clean(&with_schema(one("transform", json!({"expression": expression}))));
    }
    // Without a schema, or where one says nothing, anything may be there.
    clean(&one("transform", json!({"expression": "input.ammount + ammount + output.ammount"})));
}

#[test]
fn the_output_of_a_node_is_ctx_node_output() {
    let after = |expression: &str| {
        flow(
            json!([{"id": "start", "type": "manual_trigger"}, says("a", expression)]),
            json!([{"from": "start", "to": "a"}]),
        )
    };
    warned(&after("ctx.start.amount > 1"), "Did you mean `ctx.start.output.amount`?");
    warned(&after("ctx.start.outptu.amount > 1"), "Did you mean `ctx.start.output.amount`?");
    warned(&after("has(ctx.start.amount)"), "Did you mean `ctx.start.output.amount`?");
    clean(&after("has(ctx.start) && has(ctx.start.output) && ctx['start'].output.x"));
}

/// A flow of a trigger, a node `n` and a node `r` that reads.
fn reads(kind: &str, config: Value, expression: &str) -> Value {
    let node = json!({"id": "n", "type": kind, "config": config});
    let nodes = json!([{"id": "start", "type": "manual_trigger"}, says("r", expression), node]);
    let port = if kind == "human" { json!("answered") } else { Value::Null };
    flow(nodes, json!([{"from": "start", "to": "n"}, {"from": "n", "to": "r", "port": port}]))
}

#[test]
fn what_earlier_nodes_put_out_is_known_where_their_type_says_it() {
    let http = || ("http_request", json!({"url": "https://x.example"}));
    let set = || ("transform", json!({"set": {"paid": "{{ input.x }}", "deep": {"n": 1}}}));
    let wait = || ("wait", json!({"seconds": 1}));
    let form = json!({"kind": "input", "question": "?", "timeout_seconds": 9,
        "schema": {"type": "object", "properties": {"size": {}}}});
    let form = || ("human", form.clone());
    for ((kind, config), wrong, hint) in [
        (http(), "ctx.n.output.boddy.id", "`body`"),
        (http(), "output.stauts", "`status`"),
        (set(), "ctx.n.output.piad", "`paid`"),
        (set(), "ctx.n.output.deep.other", "Known here: `n`."),
        (set(), "ctx.n.output.eror.code", "`error`"),
        (wait(), "ctx.n.output.waited", "Known here: `error`, `waited_seconds`."),
        (form(), "ctx.n.output.anwser", "`answer`"),
        (form(), "ctx.n.output.answer.sise", "`size`"),
    ] {
        let mut document = reads(kind, config, wrong);
        if kind == "human" {
            document["edges"].as_array_mut().unwrap().push(json!({"from": "n", "to": "r", "port": "timeout"}));
        }
        warned(&document, hint);
    }
    for ((kind, config), right) in [
        (http(), "ctx.n.output.body.anything + ctx.n.output.headers['x'] + ctx.n.output.error.message"),
        (set(), "ctx.n.output.paid.anything + ctx.n.output.deep.n"),
        (("code", json!({"code": "return {}"})), "ctx.n.output.anything + output.anything"),
        (("transform", json!({"expression": "input"})), "ctx.n.output.anything"),
        (("workflow", json!({"workflow_id": "w2"})), "ctx.n.output.anything"),
        (("wait", json!({"event": "paid"})), "ctx.n.output.anything"),
    ] {
        clean(&reads(kind, config, right));
    }
    // A person may put anything in the place of what failed.
    let (kind, config) = http();
    let mut asks = reads(kind, config, "ctx.n.output.anything");
    asks["nodes"][2]["on_error"] = json!({"ask_human": {"assignees": ["ops@x.example"], "timeout_seconds": 9}});
    clean(&asks);
}

#[test]
fn an_edge_sees_what_its_port_puts_out() {
    let document = |port: &str, condition: &str| {
        let mut document = reads("http_request", json!({"url": "https://x.example"}), "1");
        document["edges"][1]["port"] = json!(port);
        document["edges"][1]["condition"] = json!(condition);
        document
    };
    clean(&document("error", "output.error.code == 'timeout'"));
    warned(&document("error", "output.eror.code == 'timeout'"), "`error`");
    warned(&document("error", "output.status == 1"), "Known here: `error`.");
    clean(&document("success", "output.status == 200 && ctx.n.output.status == 200"));
    warned(&document("success", "ctx.n.output.stauts == 200"), "`status`");
}

#[test]
fn several_ways_to_a_node_declare_together() {
    let document = |expression: &str| {
        with_schema(flow(
            json!([{"id": "start", "type": "manual_trigger"},
                   {"id": "b", "type": "branch", "config": {"rules": [{"when": "amount > 1", "port": "x"}], "default": "y"}},
                   {"id": "x", "type": "transform", "config": {"set": {"left": 1}}},
                   {"id": "y", "type": "transform", "config": {"set": {"right": 1}}}, says("end", expression)]),
            json!([{"from": "start", "to": "b"}, {"from": "b", "to": "x", "port": "x"},
                   {"from": "b", "to": "y", "port": "y"}, {"from": "x", "to": "end"}, {"from": "y", "to": "end"}]),
        ))
    };
    clean(&document("[output.left, output.right, output.x, output.y, left, amount]"));
    warned(&document("output.lfet"), "`left`");
    warned(&document("rihgt"), "`right`");
}

#[test]
fn loops_and_maps_know_their_items() {
    let looped = |list: &str, inside: &str, after: &str| {
        with_schema(flow(
            json!([{"id": "start", "type": "manual_trigger"},
                   {"id": "l", "type": "loop", "config": {"for_each": list}}, says("a", inside), says("end", after)]),
            json!([{"from": "start", "to": "l"}, {"from": "l", "to": "a", "port": "loop"}, {"from": "a", "to": "l"},
                   {"from": "l", "to": "end"}]),
        ))
    };
    clean(&looped("input.orders", "[item.total, loop.last, ctx.l.output.total]", "ctx.l.output.last.anything"));
    warned(&looped("input.orders", "item.totl", "1"), "`total`");
    warned(&looped("input.orders", "loop.itertion", "1"), "`iteration`");
    warned(&looped("input.orders", "1", "ctx.l.output.lsat"), "`last`");
    clean(&looped("input.orders.filter(o, true)", "item.totl", "1"));
    let body = json!({"nodes": [says("a", "[item.totl, input.ammount]")]});
    let document = with_schema(one("map", json!({"items": "input.orders", "body": body})));
    let at = "/nodes/1/config/body/nodes/0/config/expression";
    expect(&document, &[("unknown_variable", at), ("unknown_variable", at)]);
}

#[test]
fn rules_of_a_question_know_its_answer() {
    let ask = |rule: &str| {
        let schema = json!({"type": "object", "properties": {"size": {"type": "integer"}}});
        one("human", json!({"kind": "input", "question": "?", "timeout_seconds": 5, "schema": schema, "rules": [rule]}))
    };
    clean(&ask("answer.size > 1"));
    warned(&ask("answer.sise > 1"), "`size`");
}

#[test]
fn warnings_never_keep_an_error_from_being_told() {
    let mut nodes = vec![json!({"id": "start", "type": "manual_trigger"})];
    let mut edges = Vec::new();
    for ix in 0..1_200 {
        nodes.push(says(&format!("n{ix}"), "input.ammount"));
        edges.push(json!({"from": "start", "to": format!("n{ix}")}));
    }
    nodes[1_200]["config"] = json!({"expression": "1 +"});
    let (errors, warnings) = check(&with_schema(flow(json!(nodes), json!(edges))));
    assert_eq!((errors.len(), errors[0].code.as_str(), warnings.len()), (1, "invalid_cel", crate::limits::ISSUES));
}
