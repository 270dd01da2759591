//! Evaluates one node.

use super::{
    Around, Ended, Stop, View, World,
    region::{Region, text},
};
use serde_json::{Value, json};
use std::collections::HashMap;

/// Port and output of a node that succeeded, or the error of one that failed.
type Given = Result<(String, Value), Value>;

/// Runs one node that is no loop. Where it ends the loop or the execution, returns how.
pub(crate) fn run(node: &Value, input: &Value, world: &World<'_>, around: &Around) -> Result<Given, Stop> {
    let config = &node["config"];
    let view = View { world, output: Some(input), node_input: Some(input), around };
    let error = |code: String| json!({ "code": code, "node": node["id"] });
    let success = |output: Value| ("success".to_owned(), output);
    // Where the config has no such template, the value is the node's input.
    let rendered = |key: &str| config.get(key).map_or(Ok(input.clone()), |template| view.render(template));
    Ok(match text(node, "type") {
        "transform" => match config.get("expression").and_then(Value::as_str) {
            Some(source) => view.eval(source),
            None => view.render(&config["set"]),
        }
        .map(success)
        .map_err(error),
        "http_request" => view.render(&config["body"]).and_then(|body| http(node, body)).map(success).map_err(error),
        "branch" => {
            let rules = config["rules"].as_array().expect("rules");
            let first = rules.iter().find(|rule| view.holds(text(rule, "when")));
            Ok((first.map_or(text(config, "default"), |rule| text(rule, "port")).to_owned(), input.clone()))
        }
        "map" => map(node, &view).map(success).map_err(error),
        "workflow" => workflow(config, rendered("input"), world).map(success).map_err(error),
        "wait" if config.get("event").is_some() => Ok(success(json!({ "v": 7 }))),
        "wait" if node["timeout_seconds"].as_f64().is_some_and(|bound| config["seconds"].as_f64() > Some(bound)) => {
            Err(error("timeout".into()))
        }
        "wait" => Ok(success(json!({ "waited_seconds": config["seconds"] }))),
        "human" => Ok(human(config, &view)),
        "break" => return rendered("output").map_or_else(|code| Ok(Err(error(code))), |value| Err(Stop::Broke(value))),
        "succeed" => {
            return rendered("output").map_or_else(|code| Ok(Err(error(code))), |value| Err(Stop::Succeeded(value)));
        }
        "fail" => return Err(Stop::failed(text(config, "code"))),
        _ => Ok(success(world.input.clone())),
    })
}

/// What the simulated outside world answers in the end, after all attempts: see `sim/script.rs`.
fn http(node: &Value, body: Value) -> Result<Value, String> {
    let url = text(&node["config"], "url");
    let attempts = node.pointer("/retry/max_attempts").and_then(Value::as_u64).unwrap_or(3);
    match url.rsplit('/').next() {
        Some("dead") => Err("http_unavailable".into()),
        Some("refused") => Err("http_status".into()),
        Some(fails) if fails.parse::<u64>().is_ok_and(|fails| fails < attempts) => {
            Ok(json!({ "status": 200, "headers": {}, "body": body }))
        }
        _ => panic!("an unscripted address: {url}"),
    }
}

/// Port and output of a question, to which people answer yes where its text says so. One whose condition is false is
/// not asked, and counts as approved.
fn human(config: &Value, view: &View<'_>) -> (String, Value) {
    let asked = config.get("condition").and_then(Value::as_str).is_none_or(|condition| view.holds(condition));
    let yes = text(config, "question").contains("yes");
    let port = if !asked || yes { "approved" } else { "rejected" };
    let answer = json!(!asked || yes);
    let mut output = json!({ "decision": port, "answer": answer, "comment": null, "automatic": !asked });
    if !asked {
        output["reason"] = json!(format!("the condition is false: {}", text(config, "condition")));
    }
    (port.to_owned(), output)
}

/// A whole number of a config: a literal, or what its template yields.
pub fn whole(config: &Value, key: &str, view: &View<'_>) -> Option<u64> {
    match config.get(key)? {
        Value::String(template) => view.eval(template).ok()?.as_u64(),
        literal => literal.as_u64(),
    }
}

/// The list that a `map` gives, or the code of its error.
fn map(node: &Value, view: &View<'_>) -> Result<Value, String> {
    let config = &node["config"];
    let Value::Array(items) = view.eval(text(config, "items"))? else { return Err("invalid_items".into()) };
    let tolerated = whole(config, "tolerated_failures", view).unwrap_or(0);
    let (mut outputs, mut failed) = (Vec::new(), 0);
    for (index, item) in items.into_iter().enumerate() {
        let ended = match &config["body"] {
            Value::String(id) => super::run(saved(view.world, id), view.world.saved, &item),
            body => {
                let around = Around { iteration: None, item: Some((index as u64, item.clone())) };
                let outputs: HashMap<String, Value> = view.world.outputs.clone();
                let mut child = World { outputs, ..*view.world };
                let ended = Region::of(&body["nodes"], &body["edges"]).run(&mut child, &around, &item);
                match ended {
                    Ok(output) | Err(Stop::Succeeded(output)) => Ended { status: "completed", output, code: None },
                    Err(_) => Ended { status: "failed", output: Value::Null, code: None },
                }
            }
        };
        failed += u64::from(ended.status == "failed");
        outputs.push(ended.output);
    }
    if failed > tolerated { Err("map_failed".into()) } else { Ok(Value::Array(outputs)) }
}

fn saved<'a>(world: &World<'a>, id: &str) -> &'a Value {
    world.saved.iter().find(|document| text(document, "id") == id).expect("a saved workflow")
}

/// The output of a `workflow` node, or the code of its error.
fn workflow(config: &Value, input: Result<Value, String>, world: &World<'_>) -> Result<Value, String> {
    let input = input?;
    let Value::Array(ids) = &config["workflow_id"] else {
        let ended = super::run(saved(world, text(config, "workflow_id")), world.saved, &input);
        return if ended.status == "completed" { Ok(ended.output) } else { Err("child_failed".into()) };
    };
    let stop = config.get("stop_on_failure").and_then(Value::as_bool).unwrap_or(true);
    let mut list = Vec::new();
    for id in ids.iter().filter_map(Value::as_str) {
        let ended = super::run(saved(world, id), world.saved, &input);
        if stop && ended.status != "completed" {
            return Err("child_failed".into());
        }
        list.push(json!({ "workflow_id": id, "status": ended.status, "output": ended.output }));
    }
    Ok(Value::Array(list))
}
