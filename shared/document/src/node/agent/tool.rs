//! A node that an agent may use as a tool: the `tool` beside its config, and the flow that one call of it runs.

use super::built_in::BuiltIn;
use crate::{
    InputSchema, Workflow,
    describe::{cel, either, flag, integer, number, object, setting, text, word},
    id::{NodeId, WorkflowId},
    limits,
    node::{human::about, mcp, node_type::NodeType, output_parser::of_member, workflow},
    reading::{At, Cx, Fields, Place},
    work::ToolSpec,
};
use expression::Expr;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The keys of `tool`.
const KEYS: [&str; 7] =
    ["name", "description", "parameters", "require_approval", "max_calls", "result_bytes", "on_error"];
/// The node that asks a person whether a tool may be called.
pub const APPROVAL: &str = "tool_approval";
/// The node that puts out the arguments with which an approved tool is called.
pub const ARGUMENTS: &str = "tool_arguments";
/// The node at which the flow of a call ends that a person answered in the tool's place.
pub const ANSWERED: &str = "tool_answered";
/// The node at which the flow of a call ends whose tool ran after a person had approved it.
pub const RAN: &str = "tool_ran";
/// The node at which the flow of a call ends that a person refused.
pub const REJECTED: &str = "tool_rejected";
/// The node at which the flow of a call ends that nobody approved in time.
pub const EXPIRED: &str = "tool_expired";

/// A tool of an agent.
#[derive(Debug)]
pub struct Tool {
    /// The name by which the model asks for it. For a server, whose tools have names of their own, the node's id.
    pub name: String,
    /// What it does, for the model.
    pub description: String,
    /// JSON Schema of its arguments.
    pub parameters: Arc<InputSchema>,
    /// The saved workflow that it runs, where that one's `input_schema` is the schema of the arguments: the document gives
    /// none. It is known once the agent begins.
    pub called: Option<WorkflowId>,
    /// The node, unless the tool is built in.
    pub node: NodeId,
    /// The built-in tool that it is; none for a node.
    pub built_in: Option<BuiltIn>,
    /// Whether the node stands for all tools of a server.
    pub is_server: bool,
    /// Whether the node is an agent itself, of whose output its answer is what counts.
    pub is_agent: bool,
    /// When a person must approve a call.
    pub approval: Option<Approval>,
    /// How often it may be called; none for as often as the agent may call tools.
    pub max_calls: Option<u64>,
    /// Bytes of a result that the model gets to read.
    pub result_bytes: u64,
    /// What its failure means.
    pub on_error: OnToolError,
    /// What one call runs.
    pub flow: Arc<Workflow>,
    /// What one call runs that a person must approve first.
    pub approved_flow: Option<Arc<Workflow>>,
}

/// When a person must approve a call.
#[derive(Debug)]
pub struct Approval {
    /// The condition over `args`; none for every call.
    pub when: Option<Expr>,
    /// The node that asks, as a document would have it.
    pub(crate) asks: Value,
}

/// What the failure of a tool means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnToolError {
    /// The model gets to read the error.
    Tell,
    /// The agent fails.
    Fail,
}

/// The `tool` of a node, before the flow of a call is made.
pub(crate) struct Said {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) parameters: InputSchema,
    pub(crate) called: Option<WorkflowId>,
    pub(crate) approval: Option<Approval>,
    pub(crate) max_calls: Option<u64>,
    pub(crate) result_bytes: u64,
    pub(crate) on_error: OnToolError,
}

impl Tool {
    /// The tool as a model gets to know it.
    pub fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: self.name.clone(),
            description: self.description.clone(),
            parameters: self.parameters.source.clone(),
        }
    }
}

/// What editors are told of the `tool` of a node.
pub(crate) fn described() -> Value {
    let levels = [("medium", "Harm is small."), ("high", "Harm is great.")];
    let seconds = number("Seconds: 1800 where absent.", limits::LEAST_SECONDS, limits::EXECUTION_SECONDS);
    let approval = object(
        &[],
        [
            ("when", cel("The calls that a person must approve, over `args`: all where absent.")),
            ("security_level", setting(word("How dangerous the tool is: `medium` where absent.", &levels))),
            ("assignees", about::people("Who may approve: anyone of the owner where absent.")),
            ("expires_seconds", setting(seconds)),
            ("channels", about::channels()),
        ],
    );
    let asks = "Whether a person must approve a call: true, a condition over `args`, or an object.";
    let wanted =
        "JSON Schema of the arguments: the `input_schema` of what a `workflow` runs, else any object, where absent.";
    let parameters = json!({ "description": wanted, "type": ["object", "boolean"] });
    let on_error = [("tell", "The model gets to read the error."), ("fail", "The agent fails with `tool_failed`.")];
    let mut tool = object(
        &[],
        [
            (
                "name",
                json!({"description": "The name that the model knows: the node's id where absent.",
                "type": "string", "pattern": format!("^[A-Za-z0-9_-]{{1,{}}}$", limits::ID_BYTES)}),
            ),
            ("description", text("What it does, for the model: the node's `name` where absent.")),
            ("parameters", parameters),
            ("require_approval", either(asks, [flag("All calls, or none."), text("A condition. CEL."), approval])),
            ("max_calls", integer("How often it may be called.", 1, limits::AGENT_TOOL_CALLS)),
            (
                "result_bytes",
                integer(
                    "Bytes of a result that the model gets to read: 16384 where absent.",
                    1,
                    limits::TOOL_RESULT_MOST,
                ),
            ),
            ("on_error", word("What its failure means: `tell` where absent.", &on_error)),
        ],
    );
    tool["description"] = json!("What makes the node a tool of the agents that it is joined to by `ai_tool`.");
    tool
}

/// Reads the `tool` of a node of a type; what is absent has its default. `place` is that of the tool's own config.
pub(crate) fn read(
    cx: &mut Cx<'_>,
    object: &Map<String, Value>,
    at: &At<'_>,
    (id, of): (&str, &NodeType),
    place: Place<'_>,
) -> Option<Said> {
    let empty = Map::new();
    let f = Fields { object, at, code: "schema" };
    let tool = if f.get("tool").is_some() { f.object(cx, "tool")? } else { &empty };
    let at = at.key("tool");
    let f = Fields::new(cx, tool, &at, "invalid_config", &KEYS);
    let name = f.text(cx, "name").unwrap_or(id).to_owned();
    if !crate::reading::is_id(&name) {
        let hint = format!("Use 1 to {} of `A-Z a-z 0-9 _ -`.", limits::ID_BYTES);
        f.wrong(cx, "name", "models take no such name of a tool", hint);
    }
    let about = object.get("name").and_then(Value::as_str).unwrap_or_default();
    let (parameters, called) = match f.get("parameters") {
        Some(_) => (of_member(cx, &f, "parameters")?, None),
        None => (any_arguments(cx, &at)?, called(object).filter(|_| of.name == workflow::TYPE.name)),
    };
    let is_server = of.name == mcp::TYPE.name;
    if is_server {
        not_of_server(cx, &f);
    }
    let shown = match is_server {
        true => Shown { name: "{{ item.name }}", arguments: "{{ args.arguments }}", schema: json!(COMES_ALONG) },
        false if called.is_some() => Shown { name: &name, arguments: "{{ args }}", schema: json!(COMES_ALONG) },
        false => Shown { name: &name, arguments: "{{ args }}", schema: parameters.source.clone() },
    };
    let approval = approval(cx, &f, &shown, place);
    let on_error = match f.word(cx, "on_error", &["tell", "fail"]) {
        Some(1) => OnToolError::Fail,
        _ => OnToolError::Tell,
    };
    Some(Said {
        description: f.text(cx, "description").unwrap_or(about).to_owned(),
        approval,
        max_calls: f.integer(cx, "max_calls", 1, limits::AGENT_TOOL_CALLS),
        result_bytes: f.integer(cx, "result_bytes", 1, limits::TOOL_RESULT_MOST).unwrap_or(limits::TOOL_RESULT_BYTES),
        name,
        parameters,
        called,
        on_error,
    })
}

/// Reports what a server says of each of its tools itself. Whoever writes it here may rely on it, as on a bound that
/// `parameters` set.
fn not_of_server(cx: &mut Cx<'_>, f: &Fields<'_, '_>) {
    for key in ["name", "description", "parameters"].into_iter().filter(|key| f.get(key).is_some()) {
        let message = format!("each tool of a server has its own `{key}`, which the server says");
        let hint = match key {
            "parameters" => "Leave it out; to judge arguments, give `require_approval` a condition over `args`.",
            _ => "Leave it out; to choose among the tools, name them in `config.tools`.",
        };
        f.wrong(cx, key, message, hint);
    }
}

/// What whoever approves a call is shown of it, as templates over the call.
struct Shown<'a> {
    /// The tool's name, as the model knows it.
    name: &'a str,
    /// What the model gave it.
    arguments: &'a str,
    /// What these have to satisfy as a person may change them.
    schema: Value,
}

/// The schema of the arguments that a person may change, where no document says it: that of a called workflow, or of a
/// server's tool. It comes with the call.
const COMES_ALONG: &str = "{{ has(item.parameters) ? item.parameters : {'type': 'object'} }}";

/// The one saved workflow that a `workflow` node runs; none where it runs several.
fn called(object: &Map<String, Value>) -> Option<WorkflowId> {
    object.get("config")?.get("workflow_id")?.as_str().map(WorkflowId::from)
}

/// The schema of a tool's arguments by the `input_schema` of the workflow that it runs; none where that takes no objects,
/// which models alone can give.
pub fn parameters_by(input: &InputSchema) -> Option<Value> {
    let mut source = input.source.clone();
    let members = source.as_object_mut()?;
    let kind = members.entry("type").or_insert_with(|| json!("object"));
    (*kind == "object").then_some(source)
}

/// The schema of the arguments of a tool that declares none.
fn any_arguments(cx: &mut Cx<'_>, at: &At<'_>) -> Option<InputSchema> {
    let source = json!({"type": "object"});
    let schema = crate::reading::schema::compile(cx, &source, at, "schema")?;
    Some(InputSchema { source, schema })
}

/// Reads `require_approval`: true, a condition, or an object.
fn approval(cx: &mut Cx<'_>, f: &Fields<'_, '_>, shown: &Shown<'_>, place: Place<'_>) -> Option<Approval> {
    let given = f.get("require_approval")?;
    let at = f.at.key("require_approval");
    let empty = Map::new();
    let (when, object) = match given {
        Value::Bool(false) => return None,
        Value::Bool(true) => (None, &empty),
        Value::String(_) => (Some(cx.expr_at(given, &at, place)?), &empty),
        Value::Object(object) => {
            let known = ["when", "security_level", "assignees", "expires_seconds", "channels"];
            let f = Fields::new(cx, object, &at, "invalid_config", &known);
            let when = f.get("when").is_some().then(|| cx.expr(&f, "when", place));
            (if let Some(when) = when { Some(when?) } else { None }, object)
        }
        _ => {
            f.wrong(cx, "require_approval", "this says not when a person is asked", "Give true, or CEL over `args`.");
            return None;
        }
    };
    let Shown { name, arguments, schema } = shown;
    let mut config = json!({"kind": "authorization", "tool": name, "arguments": arguments,
        "question": format!("May the agent call {name}?"), "details": "{{ item.reason }}", "schema": schema});
    for (key, asks) in [
        ("security_level", "security_level"),
        ("assignees", "assignees"),
        ("channels", "channels"),
        ("expires_seconds", "timeout_seconds"),
    ] {
        if let Some(value) = object.get(key).filter(|value| !value.is_null()) {
            config[asks] = value.clone();
        }
    }
    Some(Approval { when, asks: json!({"id": APPROVAL, "type": "human", "config": config}) })
}
