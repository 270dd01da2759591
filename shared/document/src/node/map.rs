//! `map`: runs its body for each item of a list, every item as an execution of its own.

use super::{
    config::Config,
    node_type::{Mode, NodeType},
    setting::Setting,
    workflow::workflow_id,
};
use crate::{
    Workflow,
    describe::{cel, either, id, integer, object, part, setting},
    id::WorkflowId,
    limits,
    reading::{At, Cx, Fields, Place},
};
use expression::Expr;
use serde_json::{Map as Object, Value};
use std::sync::Arc;

/// What the rest of Stepwell knows of the type, by its line in [`super::Types::standard`].
pub static TYPE: NodeType = NodeType {
    also: &["parallel", "fan_out", "batch_map", "foreach_parallel", "distributed_map"],
    about: "Runs its body once for each item of a list, each as an execution of its own.",
    config,
    ..NodeType::new("map", Mode::Children)
};

/// Reads the flow that an inline body is: its nodes and edges, as a workflow that needs no trigger.
pub type Flows<'f> = dyn Fn(&mut Cx<'_>, &Object<String, Value>, &At<'_>, Place<'_>) -> Option<Workflow> + 'f;

/// Config of a `map`.
#[derive(Debug)]
pub struct Map {
    /// Expression for the list of items.
    pub items: Expr,
    /// What runs for each item.
    pub body: Body,
    /// How many items run at once; 50 where the document gives no number.
    pub max_concurrency: Setting<u64>,
    /// How many items may fail without failing the map.
    pub tolerated_failures: Setting<u64>,
}

/// The body of a `map`.
#[derive(Debug)]
pub enum Body {
    /// Nodes and edges in the map's own config, as a workflow that needs no trigger.
    Inline(Arc<Workflow>),
    /// The id of a saved workflow.
    Saved(WorkflowId),
}

/// What editors are told of the config of a `map`.
fn config() -> Value {
    let body = either("What runs for each item.", [id("The id of a saved workflow."), part("flow")]);
    let members = [
        ("items", cel("The list, such as `input.orders`.")),
        ("body", body),
        ("max_concurrency", setting(integer("Items that run at once: 50 where absent.", 1, limits::MOST_CONCURRENCY))),
        ("tolerated_failures", setting(integer("Items that may fail: 0 where absent.", 0, limits::MAP_ITEMS as u64))),
    ];
    object(&["items", "body"], members)
}

/// Reads the config of a `map`. An inline body is read as a workflow of its own.
pub(super) fn read(
    cx: &mut Cx<'_>,
    config: &Object<String, Value>,
    at: &At<'_>,
    place: Place<'_>,
    flows: &Flows<'_>,
) -> Option<Map> {
    let known = ["items", "body", "max_concurrency", "tolerated_failures"];
    let f = Fields::new(cx, config, at, "invalid_config", &known);
    if f.get("items").is_none() {
        f.missing(cx, "items", "Give CEL that yields a list, such as `input.orders`.");
    }
    let items = cx.expr(&f, "items", place);
    let most = cx.setting(&f, "max_concurrency", (1, limits::MOST_CONCURRENCY), place);
    let tolerated = cx.setting(&f, "tolerated_failures", (0, limits::MAP_ITEMS as u64), place);
    let body_at = at.key("body");
    let body = match f.get("body") {
        None => {
            f.missing(cx, "body", "Give {\"nodes\", \"edges\"}, or the id of a saved workflow.");
            None
        }
        Some(Value::String(id)) => workflow_id(cx, id, &body_at).map(Body::Saved),
        Some(Value::Object(body)) => flows(cx, body, &body_at, place).map(|flow| Body::Inline(Arc::new(flow))),
        Some(_) => {
            let hint = "Give {\"nodes\", \"edges\"}, or the id of a saved workflow.";
            f.wrong(cx, "body", "`body` is neither an object nor an id", hint);
            None
        }
    };
    // A missing part ends the reading only here, so that every problem of the config is reported.
    Some(Map {
        items: items?,
        body: body?,
        max_concurrency: most.unwrap_or_else(|| Setting::of(limits::MAP_CONCURRENCY)),
        tolerated_failures: tolerated.unwrap_or_else(|| Setting::of(0)),
    })
}

impl Map {
    /// The body, where it stands in the document itself.
    pub fn inline_body(&self) -> Option<&Arc<Workflow>> {
        match &self.body {
            Body::Inline(body) => Some(body),
            Body::Saved(_) => None,
        }
    }

    /// The id of the saved workflow that runs for each item, where one does.
    pub fn saved_body(&self) -> Option<&WorkflowId> {
        match &self.body {
            Body::Inline(_) => None,
            Body::Saved(id) => Some(id),
        }
    }
}

impl Config for Map {
    fn expressions<'a>(&'a self, all: &mut Vec<&'a Expr>) {
        all.push(&self.items);
        self.max_concurrency.expressions(all);
        self.tolerated_failures.expressions(all);
    }
}
