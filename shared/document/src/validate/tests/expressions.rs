use super::{clean, expect, flow, one};
use crate::validate::check;
use serde_json::{Value, json};

fn says(id: &str, expression: &str) -> Value {
    json!({"id": id, "type": "transform", "config": {"expression": expression}})
}

fn start() -> Value {
    json!({"id": "start", "type": "manual_trigger"})
}

#[test]
fn unknown_reference() {
    expect(
        &one("transform", json!({"expression": "ctx.strat.output"})),
        &[("unknown_reference", "/nodes/1/config/expression")],
    );
    let later = flow(
        json!([start(), says("a", "ctx.b.output"), says("b", "ctx.a.output")]),
        json!([{"from": "start", "to": "a"}, {"from": "a", "to": "b"}]),
    );
    expect(&later, &[("unknown_reference", "/nodes/1/config/expression")]);
    let beside = flow(
        json!([start(), says("a", "1"), says("b", "ctx.a.output")]),
        json!([{"from": "start", "to": "a"}, {"from": "start", "to": "b"}]),
    );
    expect(&beside, &[("unknown_reference", "/nodes/2/config/expression")]);
    let mut by_edge = one("transform", json!({"expression": "1"}));
    by_edge["edges"][0]["condition"] = json!("ctx.start.output != null");
    clean(&by_edge);
    by_edge["edges"][0]["condition"] = json!("ctx.n.output != null");
    expect(&by_edge, &[("unknown_reference", "/edges/0/condition")]);
    by_edge["edges"][0]["condition"] = Value::Null;
    by_edge["output"] = json!("ctx.n.output");
    clean(&by_edge);
    by_edge["output"] = json!("ctx.nn.output");
    expect(&by_edge, &[("unknown_reference", "/output")]);
}

#[test]
fn nodes_of_a_loop_are_read_inside_it_only() {
    let document = |inside: &str, after: &str| {
        flow(
            json!([start(), {"id": "l", "type": "loop", "config": {"for_each": "[1]"}}, says("a", "item"),
                   says("b", inside), says("after", after)]),
            json!([{"from": "start", "to": "l"}, {"from": "l", "to": "a", "port": "loop"}, {"from": "a", "to": "b"},
                   {"from": "b", "to": "l"}, {"from": "l", "to": "after"}]),
        )
    };
    clean(&document("ctx.a.output + loop.iteration + size(ctx.l.output)", "ctx.l.output.last"));
    expect(&document("1", "ctx.a.output"), &[("unknown_reference", "/nodes/4/config/expression")]);
}

#[test]
fn unknown_variable_and_type_mismatch_need_a_schema_that_decides() {
    let mut document = one("transform", json!({"expression": "input.amuont"}));
    clean(&document);
    document["input_schema"] =
        json!({"type": "object", "properties": {"amount": {"type": "number"}}, "additionalProperties": false});
    expect(&document, &[("unknown_variable", "/nodes/1/config/expression")]);
    for (expression, code) in [
        ("amuont > 1", Some("unknown_variable")),
        ("output.amuont", Some("unknown_variable")),
        ("has(input.amuont)", None),
        ("amount > 1", None),
        ("amount > 'high'", Some("type_mismatch")),
        ("input.amount == 'high'", Some("type_mismatch")),
        ("input.amount == null", None),
        ("input.amount == 1.5", None),
        ("[1].map(x, x + amount)", None),
    ] {
        document["nodes"][1]["config"]["expression"] = json!(expression);
        match code {
            Some(code) => expect(&document, &[(code, "/nodes/1/config/expression")]),
            None => clean(&document),
        }
    }
    // The output of another node may hold members that the input's schema does not know.
    document["nodes"].as_array_mut().unwrap().push(says("m", "anything > 1"));
    document["nodes"][1]["config"]["expression"] = json!("1");
    document["edges"].as_array_mut().unwrap().push(json!({"from": "n", "to": "m"}));
    clean(&document);
}

#[test]
fn secret_not_allowed() {
    let text = json!({"set": {"a": "key {{ secrets.KEY }}"}});
    expect(&one("transform", text), &[("secret_not_allowed", "/nodes/1/config/set/a")]);
    let http = json!({"url": "https://x.example/{{ secrets.KEY }}", "expect": "status == 200 && body.id != null"});
    clean(&one("http_request", http));
    let mut document = one("transform", json!({"set": {}}));
    document["edges"][0]["condition"] = json!("secrets.KEY == 'a'");
    expect(&document, &[("secret_not_allowed", "/edges/0/condition")]);
}

#[test]
fn a_secret_is_placed_where_a_request_takes_it_and_nowhere_else() {
    let request = |field: &str, value: Value| {
        let mut config = json!({"url": "https://x.example", "method": "POST"});
        config[field] = value;
        one("http_request", config)
    };
    for (field, value) in [
        ("headers", json!({"authorization": "Bearer {{ secrets.K }}", "x": "{{ secrets['K'] }}"})),
        ("query", json!({"key": ["{{ secrets.K }}"]})),
        ("body", json!("{{ secrets.K }}")),
        ("body", json!({"a": [{"b": "{{ input.x }}:{{ secrets.K }}"}]})),
        ("url", json!("https://x.example/hooks/{{ secrets.K }}/send")),
        ("url", json!("https://{{ input.host }}/?key={{ secrets.K }}")),
        ("url", json!("{{ input.base }}/{{ secrets.K }}")),
    ] {
        clean(&request(field, value));
    }
    for (field, value, below) in [
        ("headers", json!("{{ secrets.K }}"), ""),
        ("query", json!("{{ secrets.K }}"), ""),
        ("headers", json!({"a": "{{ secrets.K + '' }}"}), "/a"),
        ("headers", json!({"a": "{{ {'a': 1}[secrets.K] }}"}), "/a"),
        ("body", json!({"a": ["{{ secrets.K.startsWith('L') ? 'x' : 'y' }}"]}), "/a/0"),
        ("body", json!("{{ secrets }}"), ""),
        ("body", json!("{{ secrets[input.which] }}"), ""),
        ("body", json!("{{ {'a': secrets.K} }}"), ""),
        ("query", json!("{{ {'a': secrets.K} }}"), ""),
        ("method", json!("{{ secrets.K }}"), ""),
        ("method", json!("P{{ secrets.K }}"), ""),
        ("url", json!("https://{{ secrets.K }}.example/"), ""),
        ("url", json!("https://{{ input.host }}{{ secrets.K }}"), ""),
        ("url", json!("{{ secrets.K }}"), ""),
        ("url", json!("https://x.example:{{ secrets.K }}/"), ""),
        ("url", json!("https:///{{ secrets.K }}/"), ""),
        ("expect", json!("body == secrets.K"), ""),
        ("expect", json!("{{ secrets.K }}"), ""),
    ] {
        expect(&request(field, value), &[("secret_not_allowed", &format!("/nodes/1/config/{field}{below}"))]);
    }
    let mut other = one("http_request", json!({"url": "https://x.example"}));
    other["nodes"][1]["compensate"] =
        json!({"type": "http_request", "config": {"url": "https://x.example", "headers": {"a": "{{ secrets.K }}"}}});
    clean(&other);
    other["output"] = json!("secrets.K");
    expect(&other, &[("secret_not_allowed", "/output")]);
}

fn diamond(join: Value, condition: Option<&str>, reads: &str) -> Value {
    let mut last = says("j", reads);
    last["join"] = join;
    let mut to_b = json!({"from": "start", "to": "b"});
    if let Some(condition) = condition {
        to_b["condition"] = json!(condition);
    }
    flow(
        json!([start(), says("a", "1"), says("b", "2"), last]),
        json!([{"from": "start", "to": "a"}, to_b, {"from": "a", "to": "j"}, {"from": "b", "to": "j"}]),
    )
}

#[test]
fn maybe_missing() {
    let at = "/nodes/3/config/expression";
    clean(&diamond(json!("all"), None, "ctx.a.output + ctx.b.output"));
    expect(&diamond(json!("all"), Some("input.x"), "ctx.a.output + ctx.b.output"), &[("maybe_missing", at)]);
    clean(&diamond(json!("all"), Some("input.x"), "has(ctx.b.output) ? ctx.b.output : ctx.start.output"));
    expect(&diamond(json!("any"), None, "ctx.a.output"), &[("maybe_missing", at)]);
    clean(&diamond(json!({"at_least": 2}), Some("input.x"), "ctx.a.output + ctx.b.output"));
}

#[test]
fn maybe_missing_behind_a_branch() {
    let document = |reads: &str| {
        flow(
            json!([start(), {"id": "b", "type": "branch", "config": {"rules": [{"when": "amount > 1", "port": "big"}], "default": "small"}},
                   says("big", "1"), says("small", "2"), says("j", reads), says("k", "ctx.j.output + ctx.big.output")]),
            json!([{"from": "start", "to": "b"}, {"from": "b", "to": "big", "port": "big"}, {"from": "b", "to": "small"},
                   {"from": "big", "to": "j"}, {"from": "small", "to": "j"}, {"from": "big", "to": "k"}]),
        )
    };
    let mut one_path = document("ctx.b.output");
    one_path["nodes"][5]["config"]["expression"] = json!("ctx.big.output");
    clean(&one_path);
    one_path["nodes"][4]["config"]["expression"] = json!("ctx.small.output");
    expect(&one_path, &[("maybe_missing", "/nodes/4/config/expression")]);
    one_path["nodes"][4]["config"]["expression"] = json!("1");
    one_path["output"] = json!("ctx.small.output");
    expect(&one_path, &[("maybe_missing", "/output")]);
    one_path["output"] = json!("ctx.b.output");
    clean(&one_path);
}

#[test]
fn effect_without_compensation() {
    let post =
        |id: &str| json!({"id": id, "type": "http_request", "config": {"method": "POST", "url": "https://x.example"}});
    let mut document =
        flow(json!([start(), post("a"), post("b")]), json!([{"from": "start", "to": "a"}, {"from": "a", "to": "b"}]));
    clean(&document);
    document["nodes"][1]["compensate"] = json!({"type": "http_request", "config": {"method": "DELETE", "url": "https://x.example/{{ output.body.id }}"}});
    expect(&document, &[("effect_without_compensation", "/nodes/2")]);
    document["nodes"][1]["compensate"] = json!({"id": "x", "type": "human"});
    let problems = super::found(&document);
    assert!(problems.contains(&("invalid_config".into(), "/nodes/1/compensate/type".into())), "{problems:?}");
    assert!(problems.contains(&("schema".into(), "/nodes/1/compensate/id".into())), "{problems:?}");
}

#[test]
fn expect_sees_the_response_alone() {
    let expects = |expression: &str| one("http_request", json!({"url": "https://x.example", "expect": expression}));
    for good in [
        "status in [200, 404] && headers['x-ok'] == 'yes'",
        "has(encoding) ? encoding == 'base64' : output.body.id != null",
        "type(body) == list && body.all(item, item.ok)",
    ] {
        clean(&expects(good));
    }
    for bad in [
        "body.id == input.id",
        "has(input.id)",
        "ctx.start.output.id == body.id",
        "item == 1",
        "index == 1",
        "loop.iteration == 1",
        "execution.id == body.id",
        "stauts == 200",
    ] {
        expect(&expects(bad), &[("unknown_variable", "/nodes/1/config/expect")]);
    }
}

#[test]
fn what_a_model_is_told_holds_no_secret() {
    let model = json!({"provider": "openai_compatible", "name": "m", "base_url": "https://model.example/v1"});
    for (told, key) in [
        (json!({"system_prompt": "The key is {{ secrets.K }}."}), "'k'"),
        (json!({"prompt": "The key is {{ secrets.K }}."}), "'k'"),
        (json!({"messages": [{"role": "user", "content": "{{ secrets.K }}"}]}), "'k'"),
        (json!({}), "secrets.K"),
    ] {
        let mut config = json!({ "model": model });
        config.as_object_mut().unwrap().extend(told.as_object().unwrap().clone());
        let memory = json!({"id": "m", "type": "memory", "config": {"key": format!("{{{{ {key} }}}}")}});
        let document = flow(
            json!([{"id": "start", "type": "manual_trigger"}, {"id": "a", "type": "agent", "config": config}, memory]),
            json!([{"from": "start", "to": "a"}, {"from": "m", "to": "a", "connection": "ai_memory"}]),
        );
        let (errors, _) = check(&document);
        assert!(errors.iter().any(|error| error.code == "secret_not_allowed"), "{document}: {errors:#?}");
    }
}
