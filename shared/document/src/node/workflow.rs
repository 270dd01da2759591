//! `workflow`: runs saved workflows as children.

use super::{
    config::{Config, of_templates},
    node_type::{Mode, NodeType},
    setting::Setting,
};
use crate::{
    describe::{any, either, flag, id, list, object, setting, word},
    id::WorkflowId,
    limits,
    reading::{At, Cx, Fields, Place, cut, is_id},
};
use expression::{Expr, Template};
use serde_json::{Map, Value};

/// What the rest of Stepwell knows of the type, by its line in [`super::Types::standard`].
pub static TYPE: NodeType = NodeType {
    also: &["subworkflow", "sub_workflow", "subflow", "child_workflow", "call_workflow", "execute_workflow"],
    about: "Runs saved workflows as children.",
    config,
    ..NodeType::new("workflow", Mode::Children)
};

/// Config of a `workflow` node, which runs saved workflows as children.
#[derive(Debug)]
pub struct Children {
    /// Ids of the saved workflows, at least one.
    pub workflow_ids: Vec<WorkflowId>,
    /// Whether the document gives a list of ids; the node's output is then a list as well.
    pub list: bool,
    /// Whether the children run all at once, or one after the other.
    pub parallel: bool,
    /// Template of the children's input; the node's input where absent.
    pub input: Option<Template>,
    /// Whether one child of a list that fails fails the node (default true). A single child always does.
    pub stop_on_failure: Setting<bool>,
}

/// What editors are told of the config of a `workflow`.
fn config() -> Value {
    let several =
        list("Several of them; the output is a list.", id("The id of a saved workflow."), 1, limits::CHILDREN);
    let mode = [("sequence", "One after the other."), ("parallel", "At once.")];
    let members = [
        ("workflow_id", either("What runs.", [id("The id of a saved workflow."), several])),
        ("mode", word("How several run: `sequence` where absent.", &mode)),
        ("input", any("The input of the children: the node's input where absent.")),
        ("stop_on_failure", setting(flag("Whether one of several that fails fails the node: true where absent."))),
    ];
    object(&["workflow_id"], members)
}

/// Reads the config of a `workflow` node. Whether the workflows it names exist is known only when it runs.
pub(super) fn read(cx: &mut Cx<'_>, config: &Map<String, Value>, at: &At<'_>, place: Place<'_>) -> Option<Children> {
    let known = ["workflow_id", "mode", "input", "stop_on_failure"];
    let f = Fields::new(cx, config, at, "invalid_config", &known);
    let ids_at = at.key("workflow_id");
    let list = matches!(f.get("workflow_id"), Some(Value::Array(_)));
    let workflow_ids = match f.get("workflow_id") {
        Some(Value::String(id)) => workflow_id(cx, id, &ids_at).into_iter().collect(),
        Some(Value::Array(ids)) if !ids.is_empty() && ids.len() <= limits::CHILDREN => {
            let read = |(ix, id): (usize, &Value)| {
                let at = ids_at.item(ix);
                let Some(id) = id.as_str() else {
                    cx.error("invalid_config", &at, "this is no workflow id", "Give the id of a saved workflow.");
                    return None;
                };
                workflow_id(cx, id, &at)
            };
            ids.iter().enumerate().filter_map(read).collect()
        }
        None => {
            f.missing(cx, "workflow_id", "Give the id of a saved workflow, or a list of them.");
            Vec::new()
        }
        Some(_) => {
            let hint = format!("Give the id of a saved workflow, or a list of 1 to {} of them.", limits::CHILDREN);
            f.wrong(cx, "workflow_id", "`workflow_id` names no workflow", hint);
            Vec::new()
        }
    };
    let mode = f.word(cx, "mode", &["sequence", "parallel"]);
    let input = cx.template(&f, "input", place);
    let stop_on_failure = cx.setting(&f, "stop_on_failure", (), place).unwrap_or_else(|| Setting::of(true));
    if workflow_ids.is_empty() {
        return None;
    }
    // `stop_on_failure` decides between the children of a list. With a single child it has no effect, which is worth a
    // warning.
    if !list && stop_on_failure.literal() != Some(true) {
        let message = "it speaks of a list: the failure of a single workflow fails the node all the same";
        let hint = "Leave it out and handle the port `error`, or give `workflow_id` as a list.";
        cx.warning("unhandled_port", &at.key("stop_on_failure"), message, hint);
    }
    if !list && mode == Some(1) {
        let hint = "Leave it out, or give `workflow_id` as a list.";
        cx.warning("no_effect", &at.key("mode"), "a single workflow runs alone", hint);
    }
    Some(Children { workflow_ids, list, parallel: mode == Some(1), input, stop_on_failure })
}

/// An id that a saved workflow may have.
pub(super) fn workflow_id(cx: &mut Cx<'_>, id: &str, at: &At<'_>) -> Option<WorkflowId> {
    if is_id(id) {
        return Some(id.into());
    }
    let hint = format!("Use 1 to {} of `A-Z a-z 0-9 _ -`.", limits::ID_BYTES);
    cx.error("invalid_config", at, format!("`{}` is no workflow id", cut(id)), hint);
    None
}

impl Config for Children {
    fn expressions<'a>(&'a self, all: &mut Vec<&'a Expr>) {
        of_templates(&[self.input.as_ref()], all);
        self.stop_on_failure.expressions(all);
    }
}

#[cfg(test)]
mod tests {
    use crate::validate::check;
    use serde_json::{Value, json};

    #[test]
    fn that_a_single_child_may_fail_is_said_in_vain() {
        for (ids, stop, warns) in [
            (json!("a"), Value::Null, false),
            (json!("a"), json!(true), false),
            (json!("a"), json!(false), true),
            (json!(["a"]), json!(false), false),
        ] {
            let mut config = json!({ "workflow_id": ids });
            if !stop.is_null() {
                config["stop_on_failure"] = stop;
            }
            let nodes =
                json!([{"id": "go", "type": "manual_trigger"}, {"id": "w", "type": "workflow", "config": config}]);
            let document = json!({"id": "w", "nodes": nodes, "edges": [{"from": "go", "to": "w"}]});
            let (errors, warnings) = check(&document);
            let found: Vec<_> = warnings.iter().map(|it| (it.code.as_str(), it.path.as_str())).collect();
            let expected = [("unhandled_port", "/nodes/1/config/stop_on_failure")];
            assert_eq!((errors.len(), found), (0, expected[..usize::from(warns)].to_vec()), "{document}");
        }
    }
}
