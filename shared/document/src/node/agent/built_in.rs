//! The tools of an agent that need no node: they ask people, or change the workflow that the agent runs in.

use crate::reading::{Cx, Fields};
use serde_json::{Value, json};

/// A tool that needs no node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuiltIn {
    /// Asks a person a question.
    AskHuman,
    /// Asks a person for leave.
    RequestAuthorization,
    /// Changes the workflow of the agent's execution.
    PatchWorkflow,
}

/// The name of the tool that changes the workflow.
pub const PATCH_WORKFLOW: &str = "patch_workflow";

impl BuiltIn {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::AskHuman, Self::RequestAuthorization, Self::PatchWorkflow];

    /// The name by which documents and models know it.
    pub fn name(self) -> &'static str {
        match self {
            Self::AskHuman => "ask_human",
            Self::RequestAuthorization => "request_authorization",
            Self::PatchWorkflow => PATCH_WORKFLOW,
        }
    }

    /// What it does, for models and for people.
    pub fn about(self) -> &'static str {
        match self {
            Self::AskHuman => "Asks a person a question, and waits for the answer.",
            Self::RequestAuthorization => "Asks a person for leave to use a tool, and waits for the answer.",
            Self::PatchWorkflow => {
                "Changes the workflow of this execution by a JSON Patch (RFC 6902), where what has happened allows that."
            }
        }
    }

    /// JSON Schema of its arguments.
    pub(crate) fn parameters(self) -> Value {
        match self {
            Self::AskHuman => json!({"type": "object", "required": ["question"], "additionalProperties": false,
                "properties": {"question": {"type": "string", "minLength": 1}}}),
            Self::RequestAuthorization => json!({"type": "object", "required": ["tool_name", "reason"],
                "additionalProperties": false, "properties": {"tool_name": {"type": "string", "minLength": 1},
                "reason": {"type": "string"}, "security_level": {"enum": ["medium", "high"]}, "arguments": {}}}),
            Self::PatchWorkflow => json!({"type": "object", "required": ["operations", "description"],
                "additionalProperties": false, "properties": {"description": {"type": "string", "minLength": 1},
                "operations": {"type": "array", "minItems": 1, "items": {"type": "object", "required": ["op", "path"],
                    "properties": {"op": {"enum": ["add", "remove", "replace", "move", "copy", "test"]},
                        "path": {"type": "string"}, "from": {"type": "string"}, "value": {}}}}}}),
        }
    }

    /// The node that a call runs, as a document would have it.
    pub(crate) fn node(self) -> Value {
        let config = match self {
            Self::AskHuman => json!({"kind": "ask", "question": "{{ args.question }}"}),
            Self::RequestAuthorization => json!({"kind": "authorization", "tool": "{{ args.tool_name }}",
                "question": "{{ args.reason }}", "arguments": "{{ has(args.arguments) ? args.arguments : null }}",
                "security_level": "{{ has(args.security_level) ? args.security_level : 'medium' }}"}),
            // The engine carries it out once the call has ended: a change of the agent's own execution is no child's matter.
            Self::PatchWorkflow => {
                return json!({"id": self.name(), "type": "transform", "config": {"expression": "args"}});
            }
        };
        json!({"id": self.name(), "type": "human", "config": config})
    }
}

/// Reads `built_in_tools`.
pub(super) fn read(cx: &mut Cx<'_>, f: &Fields<'_, '_>) -> Vec<BuiltIn> {
    let names = f.list(cx, "built_in_tools", BuiltIn::ALL.len()).unwrap_or_default();
    let mut found = Vec::new();
    for name in names {
        match BuiltIn::ALL.into_iter().find(|tool| Some(tool.name()) == name.as_str()) {
            Some(tool) if !found.contains(&tool) => found.push(tool),
            Some(_) => {}
            None => {
                let known: Vec<&str> = BuiltIn::ALL.iter().map(|tool| tool.name()).collect();
                let hint = format!("Use `{}`.", known.join("`, `"));
                f.wrong(cx, "built_in_tools", format!("{name} is no built-in tool"), hint);
            }
        }
    }
    found
}
