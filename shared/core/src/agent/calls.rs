//! The tool calls that a model asks for: which are run, and what becomes of the others.

use super::{
    asked,
    decided::Decided,
    misfits::{misfits, told},
    servers::{of_called, of_server, own_name, tool_of},
    transcript::names,
};
use crate::{
    error::Error,
    execution::{CallStatus, Execution, Status, Talk, ToolEnd},
    id::ExecutionId,
    payload::Payload,
    reading::Reading,
    sight::Sight,
};
use document::{
    InputSchema, Workflow,
    graph::NodeIx,
    node::agent::{Agent, Tool, tool},
    validate::schema::Schema,
    work::{ModelAnswer, ToolCall},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A call that is run, as the children of its agent are planned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Planned {
    /// Position of the call in the answer.
    pub call: u32,
    /// The node, or the name of a built-in tool.
    pub tool: String,
    /// The name by which the model asked for it, where the node stands for all tools of a server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether a person must approve it first.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub approved: bool,
    /// What the tool is given.
    pub arguments: Value,
    /// Why the model wants it, as far as it said so.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// What the arguments have to satisfy that a person may change, where the document does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Value>,
}

impl Planned {
    /// The arguments as the model gave them. A server is given the name of its tool beside them.
    pub(crate) fn asked(&self) -> &Value {
        self.name.as_ref().and_then(|_| self.arguments.get("arguments")).unwrap_or(&self.arguments)
    }
}

/// A tool as a call means it.
struct Meant<'a> {
    tool: &'a Tool,
    /// For a tool of a server: its own name there.
    own_name: Option<&'a str>,
    /// What its arguments have to satisfy, where the document does not say it.
    takes: Option<InputSchema>,
}

/// What becomes of one call.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It is run.
    Run(Planned),
    /// It is not, for what the model is told.
    Refused(String),
}

/// How the execution of a call ended, its output, its error, and what people decided about it.
pub(crate) type Gave = (Status, Value, Option<Error>, Decided);

/// A call with its verdict.
pub type Call = (u32, Verdict);

/// How a call ended, by its position in the answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ended {
    /// Position of the call in the answer.
    pub call: u32,
    /// How it ended.
    #[serde(flatten)]
    pub end: ToolEnd,
}

/// Judges every tool call of an answer. A condition that cannot be decided opens no gate: the call then needs a person,
/// and a warning says why. `empty` are groups in which nobody is. Returns the calls and the warnings.
pub fn judge(
    workflow: &Workflow,
    state: &Execution,
    ix: NodeIx,
    answer: &ModelAnswer,
    empty: &[String],
    reading: &Reading,
) -> (Vec<Call>, Vec<String>) {
    let (mut calls, mut warnings) = (Vec::new(), Vec::new());
    let Some(agent) = workflow.nodes.get(ix).and_then(|node| node.kind.agent()) else { return (calls, warnings) };
    let talk = state.node(&workflow.nodes[ix].id).and_then(|node| node.talk.as_deref());
    let sight = Sight::of_config(workflow, state, ix, reading);
    let mut used = used(agent, talk, reading);
    let sealed = workflow.settings.seals_prompts;
    for (position, call) in (0..).zip(&answer.tool_calls) {
        let verdict = match found((agent, talk), call, empty, sealed, reading) {
            Err(why) => Verdict::Refused(why),
            Ok(Meant { tool, .. }) if tool.max_calls.is_some_and(|most| times(&used, tool) >= most) => {
                Verdict::Refused(format!("{} was called as often as it may be", call.name))
            }
            Ok(Meant { tool, own_name, takes }) => {
                let given = [("args", &call.arguments)];
                let scope = sight.scope_with(&given);
                if let Some(why) = told(asked::in_vain(tool, &scope, empty), sealed) {
                    calls.push((position, Verdict::Refused(format!("the arguments do not fit: {why}"))));
                    continue;
                }
                used.push(tool.name.clone());
                let args = &call.arguments;
                let asks = tool.approval.as_ref().map(|approval| match &approval.when {
                    None => Ok(true),
                    Some(when) => when.eval_bool(&scope),
                });
                let approved = asks.is_some_and(|asks| {
                    asks.unwrap_or_else(|error| {
                        warnings.push(format!(
                            "a person is asked about {}, since its condition failed: {error}",
                            call.name
                        ));
                        true
                    })
                });
                let arguments = match own_name {
                    Some(name) => json!({"name": name, "arguments": args}),
                    None => args.clone(),
                };
                let name = own_name.map(|_| call.name.clone());
                let parameters = takes.filter(|_| approved).map(|takes| takes.source);
                // Whoever approves the call reads why; elsewhere it is part of what may be sealed.
                let reason = if approved || !sealed { answer.text.clone() } else { String::new() };
                let tool = tool.node.to_string();
                Verdict::Run(Planned { call: position, tool, name, approved, arguments, reason, parameters })
            }
        };
        calls.push((position, verdict));
    }
    (calls, warnings)
}

/// The tool that a call means, where it may be run with its arguments. `sealed`: of what is not run nothing is quoted.
fn found<'a>(
    (agent, talk): (&'a Agent, Option<&'a Talk>),
    call: &ToolCall,
    empty: &[String],
    sealed: bool,
    reading: &Reading,
) -> Result<Meant<'a>, String> {
    let own = agent.tool(&call.name).filter(|tool| !tool.is_server);
    let served = || of_server(agent, talk, &call.name, reading);
    let (tool, own_name, source) = match own.map(|tool| (tool, None, of_called(tool, talk, reading))) {
        Some(own) => own,
        None => match served() {
            Some((tool, listed)) => (tool, Some(own_name(listed)), listed.get("parameters")),
            None => return Err(format!("there is no tool {}: {}", call.name, names(agent, talk, reading))),
        },
    };
    if !call.arguments.is_object() {
        return Err("the arguments are no JSON object".into());
    }
    let faults = || told(tool.built_in?.faults(&call.arguments, empty), sealed);
    // What cannot be read here, as a schema of another dialect, is left to whoever wrote it.
    let takes = source.and_then(|source| {
        let schema = Schema::compile(source).ok()?;
        Some(InputSchema { source: source.clone(), schema })
    });
    match misfits(takes.as_ref().unwrap_or(&tool.parameters), &call.arguments, sealed).or_else(faults) {
        Some(why) => Err(format!("the arguments do not fit: {why}")),
        None => Ok(Meant { tool, own_name, takes }),
    }
}

/// The names of the tools that were called so far, each as often as it was.
fn used(agent: &Agent, talk: Option<&Talk>, reading: &Reading) -> Vec<String> {
    if agent.tools.iter().all(|tool| tool.max_calls.is_none()) {
        return Vec::new();
    }
    let turns = talk.into_iter().flat_map(|talk| &talk.turns);
    turns
        .flat_map(|said| {
            let calls = reading.value(&said.answer)["tool_calls"].as_array().cloned().unwrap_or_default();
            let ran = said.ended.iter().filter(|(_, end)| end.execution_id.is_some());
            ran.filter_map(|(at, _)| {
                let name = calls.get(*at as usize)?["name"].as_str()?;
                Some(tool_of(agent, talk, name, reading)?.name.clone())
            })
            .collect::<Vec<_>>()
        })
        .collect()
}

fn times(used: &[String], tool: &Tool) -> u64 {
    used.iter().filter(|name| **name == tool.name).count() as u64
}

/// How a call ended, by what its execution gave; none where the execution does not exist.
pub(crate) fn ended(planned: &Planned, id: ExecutionId, given: Option<Gave>) -> Ended {
    let nothing = Error::new("not_started", "the call could not be started");
    let (mut result, mut error, mut arguments, mut decided_by) = (Value::Null, None, None, Vec::new());
    let status = match given {
        None => {
            error = Some(nothing);
            CallStatus::Failed
        }
        Some((Status::Completed, output, _, decided)) => {
            let (status, gave, changed) = gave(planned, output);
            (result, arguments, decided_by) = (gave, changed, decided.by);
            status
        }
        Some((ended, _, why, decided)) => {
            // What fails has no output that says with which arguments it ran.
            let changed = decided.arguments.filter(|given| given != planned.asked());
            (arguments, decided_by) = (changed.map(Payload::new), decided.by);
            let why = why.unwrap_or_else(|| Error::new(ended.as_str(), "the call did not end well"));
            // Only the end of the question says that no person wanted the call. A tool may fail with the same words.
            let status = match why.node.as_ref().filter(|_| planned.approved).map(|node| node.as_str()) {
                Some(tool::REJECTED) => CallStatus::Rejected,
                Some(tool::EXPIRED) => CallStatus::Expired,
                Some(_) | None => CallStatus::Failed,
            };
            error = Some(why);
            status
        }
    };
    let end = ToolEnd { status, result: Payload::new(result), error, arguments, decided_by, execution_id: Some(id) };
    Ended { call: planned.call, end }
}

/// What a call gave that came to its end: how, the result, and the arguments where a person changed them.
fn gave(planned: &Planned, mut output: Value) -> (CallStatus, Value, Option<Payload>) {
    let Value::Object(members) = &mut output else { return (CallStatus::Succeeded, output, None) };
    if !planned.approved {
        return (CallStatus::Succeeded, output, None);
    }
    if let Some(text) = members.remove("answered") {
        return (CallStatus::Answered, text, None);
    }
    let changed = members.remove("arguments").filter(|given| !given.is_null() && given != planned.asked());
    (CallStatus::Succeeded, members.remove("result").unwrap_or_default(), changed.map(Payload::new))
}
