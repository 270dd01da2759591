//! Documents of other systems, which are named as such instead of being taken apart key by key.

use serde_json::{Map, Value};

/// A format that is not read: how people call it, and what becomes of its parts here.
pub(super) struct Foreign {
    pub(super) name: &'static str,
    pub(super) hint: &'static str,
}

const STATES: Foreign = Foreign {
    name: "Amazon States Language",
    hint: "Write each state as a node: Task as `http_request` or `code`, Choice as `branch`, Wait as `wait`, Map as `map`, \
           Pass as `transform`, Succeed and Fail as `succeed` and `fail`; Parallel is an edge to each of several nodes. \
           `Next` becomes an edge, `Retry` a `retry`, `Catch` an edge out of the port `error`; begin with a \
           `manual_trigger`.",
};
const SERVERLESS: Foreign = Foreign {
    name: "Serverless Workflow",
    hint: "Write each task as a node, and an edge to the next one: call as `http_request`, run as `code` or `workflow`, \
           set as `transform`, switch as `branch`, for as `loop` or `map`, wait as `wait`, listen as a `wait` for an \
           `event`, raise as `fail`; fork is an edge to each of several nodes, try a `retry` and an edge out of the port \
           `error`. Begin with a `manual_trigger`.",
};
const KESTRA: Foreign = Foreign {
    name: "a Kestra flow",
    hint: "Write each task as a node, and an edge to the next one: http.Request as `http_request`, scripts as `code`, If \
           and Switch as `branch`, ForEach as `map`, Pause as `wait` or `human`, Subflow as `workflow`, Fail as `fail`. \
           `inputs` become an `input_schema`, `triggers` trigger nodes.",
};

/// The system that a document is of; none where it may be one of ours.
pub(super) fn of(map: &Map<String, Value>) -> Option<Foreign> {
    if map.contains_key("nodes") {
        return None;
    }
    let (list, object) =
        (|key: &str| map.get(key).and_then(Value::as_array), |key: &str| map.get(key).is_some_and(Value::is_object));
    if object("States") && map.contains_key("StartAt") {
        return Some(STATES);
    }
    let dsl = map.get("document").is_some_and(|document| document.get("dsl").is_some());
    if (dsl && map.contains_key("do"))
        || (list("states").is_some() && (map.contains_key("specVersion") || map.contains_key("start")))
    {
        return Some(SERVERLESS);
    }
    let of_kestra =
        |task: &Value| task.get("type").and_then(Value::as_str).is_some_and(|kind| kind.starts_with("io.kestra."));
    let tasks = list("tasks")?;
    (map.contains_key("namespace") || tasks.iter().any(of_kestra)).then_some(KESTRA)
}
