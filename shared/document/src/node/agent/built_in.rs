//! The tools of an agent that need no node: they ask people, or change the workflow that the agent runs in.

use crate::{
    limits,
    node::{
        human::{group_of, is_address, is_group_name},
        port::{BESIDE_OPTIONS, is_port},
    },
    reading::{Cx, Fields, cut},
};
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
            Self::AskHuman => "Asks a person a question, and waits for the answer: a text, or one of some options.",
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
                "properties": {"question": {"type": "string", "minLength": 1},
                    "options": {"type": "array", "minItems": 1, "maxItems": limits::OPTIONS, "uniqueItems": true,
                        "items": {"type": "string", "minLength": 1},
                        "description": "What to choose from; a free text is asked for where absent."},
                    "assignees": {"type": "array", "minItems": 1, "maxItems": limits::PEOPLE,
                        "items": {"type": "string", "minLength": 1},
                        "description": "Who may answer: e-mail addresses, or groups as group:NAME; anyone where absent."}}}),
            Self::RequestAuthorization => json!({"type": "object", "required": ["tool_name", "reason"],
                "additionalProperties": false, "properties": {"tool_name": {"type": "string", "minLength": 1},
                "reason": {"type": "string", "minLength": 1}, "security_level": {"enum": ["medium", "high"]}, "arguments": {}}}),
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

impl BuiltIn {
    /// What its arguments may not be though their schema allows it, as the place and what is wrong there. `empty` are
    /// groups in which nobody is.
    pub fn faults(self, arguments: &Value, empty: &[String]) -> Vec<(String, String)> {
        match self {
            Self::AskHuman => of_options(arguments).chain(unaskable(arguments, empty)).collect(),
            Self::RequestAuthorization => unaskable(arguments, empty),
            Self::PatchWorkflow => Vec::new(),
        }
    }
}

/// What nobody can be asked of what an agent wants to ask, and who cannot, as the place and what is wrong there. `empty` are
/// groups in which nobody is, by their names.
pub fn unaskable(arguments: &Value, empty: &[String]) -> Vec<(String, String)> {
    let bounds = [
        ("question", limits::QUESTION_BYTES),
        ("reason", limits::QUESTION_BYTES),
        ("tool_name", limits::TOOL_NAME_BYTES),
    ];
    let texts = bounds.into_iter().filter_map(|(key, most)| {
        let text = arguments.get(key)?.as_str()?;
        let wrong = match text.len() {
            _ if text.trim().is_empty() => "this is more than blanks".to_owned(),
            bytes if bytes > most => format!("it has {bytes} bytes, and people are asked {most} at most"),
            _ => return None,
        };
        Some((format!("/{key}"), wrong))
    });
    let in_vain = groups(arguments).filter(|(_, name)| empty.iter().any(|one| one.eq_ignore_ascii_case(name)));
    let in_vain = in_vain.map(|(at, name)| (at, format!("nobody is in the group `{name}`")));
    texts.chain(of_assignees(arguments)).chain(in_vain).collect()
}

/// The names of the groups whom an agent wants to ask.
pub fn groups_asked(arguments: &Value) -> Vec<&str> {
    groups(arguments).map(|(_, name)| name).collect()
}

fn groups(arguments: &Value) -> impl Iterator<Item = (String, &str)> {
    let named = texts(arguments, "assignees").filter_map(|(at, text)| Some((at, group_of(text)?)));
    named.filter(|(_, name)| is_group_name(name))
}

/// The texts of a list among some arguments, each with its place.
fn texts<'a>(arguments: &'a Value, key: &'a str) -> impl Iterator<Item = (String, &'a str)> {
    let list = arguments.get(key).and_then(Value::as_array).into_iter().flatten().enumerate();
    list.filter_map(move |(ix, one)| Some((format!("/{key}/{ix}"), one.as_str()?)))
}

/// Options that no decision of a document could have.
fn of_options(arguments: &Value) -> impl Iterator<Item = (String, String)> {
    texts(arguments, "options").filter_map(|(at, text)| {
        let wrong = match text {
            blank if blank.trim().is_empty() => "an option is more than blanks".to_owned(),
            taken if BESIDE_OPTIONS.contains(&taken) => format!("no option can be called {taken}"),
            long if !is_port(long) => format!("an option has at most {} bytes, on one line", limits::PORT_BYTES),
            _ => return None,
        };
        Some((at, wrong))
    })
}

/// Assignees who are nobody, or more than can be asked.
fn of_assignees(arguments: &Value) -> impl Iterator<Item = (String, String)> {
    let each = texts(arguments, "assignees").filter_map(|(at, text)| match group_of(text) {
        None if text.trim().is_empty() => Some((at, "this names nobody".to_owned())),
        None if !is_address(text.trim()) => {
            let hint = "give one, or a group as group:NAME";
            Some((at, format!("`{}` is no e-mail address, by which people are asked: {hint}", cut(text))))
        }
        Some(name) if !is_group_name(name) => Some((at, format!("`{name}` cannot name a group"))),
        None | Some(_) => None,
    });
    let bytes: usize = texts(arguments, "assignees").map(|(_, text)| text.len()).sum();
    let most = limits::PEOPLE_BYTES;
    let long =
        (bytes > most).then(|| ("/assignees".to_owned(), format!("they have {bytes} bytes, and {most} can be kept")));
    each.chain(long)
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
