//! `agent` nodes: what follows from what a model answered, and from what the tools gave that it asked for.

use super::{children::Bounds, turn::Deciding};
use crate::{
    agent::{self, Call, Heard, Verdict},
    effect::Work,
    error::Error,
    event::{AgentAnswered, AgentOpened, AgentToolEnded, Event},
    execution::{CallStatus, ToolEnd},
    limits,
    payload::Payload,
    sight::Sight,
    task::Failure,
};
use document::{
    graph::NodeIx,
    node::agent::{Agent, Head, OnToolError},
    work::{Message, ModelAnswer},
};
use serde_json::{Value, json};

/// Records what an attempt of an agent gave, and what follows from it.
pub(super) fn heard(turn: &mut Deciding<'_>, ix: NodeIx, agent: &Agent, reported: &Payload, duration_ms: Option<u64>) {
    let reported = serde_json::from_value::<Heard>(turn.reading.value(reported).clone());
    match reported {
        Ok(Heard::Opened { key, memory, tools }) => {
            let (node, visit, attempt) = at(turn, ix);
            let memory = memory.map(|memory| kept(turn, json!(memory)));
            let opened = AgentOpened { node, visit, attempt, key, memory, tools: tools.map(Payload::new) };
            turn.record(Event::AgentOpened(Box::new(opened)));
            go_on(turn, ix, agent);
        }
        Ok(Heard::Answered { asked, answer, empty, used_up }) => {
            answered(turn, ix, agent, &asked, (&answer, &empty), (duration_ms, used_up));
        }
        Ok(Heard::Ended(ended)) => {
            let mut failed = None;
            for one in ended {
                let fails = one.end.status == CallStatus::Failed && is_fatal(turn, ix, agent, one.call);
                failed = failed.or_else(|| one.end.error.clone().filter(|_| fails));
                tool_ended(turn, ix, one.call, one.end);
            }
            match failed {
                Some(error) => {
                    let message = format!("a tool failed: {}: {}", error.code, error.message);
                    turn.fail_node(ix, Error::new("tool_failed", message), false);
                }
                None => go_on(turn, ix, agent),
            }
        }
        Ok(Heard::Finished(output)) => turn.finish(ix, "success", Payload::new(output), duration_ms),
        Err(error) => {
            let failure =
                Failure::new("invalid_output", format!("what the worker reported is not understood: {error}"));
            super::failed::fail(turn, ix, failure, false);
        }
    }
}

/// Whether the failure of a call of the latest answer fails the agent.
fn is_fatal(turn: &Deciding<'_>, ix: NodeIx, agent: &Agent, call: u32) -> bool {
    let kids = turn.state.children.get(&turn.node(ix).id);
    let planned = kids.and_then(|kids| turn.reading.value(&kids.items).as_array());
    let planned = planned.into_iter().flatten().find(|one| one["call"] == call);
    let tool = planned.and_then(|one| one["tool"].as_str());
    agent.tools.iter().any(|known| Some(known.node.as_str()) == tool && known.on_error == OnToolError::Fail)
}

/// Records what a model answered, and runs the tools that it asked for, tells it what is wrong, or ends the agent. Beside the
/// answer stand the groups that it wants to ask and in which nobody is.
fn answered(
    turn: &mut Deciding<'_>,
    ix: NodeIx,
    agent: &Agent,
    asked: &Head,
    (answer, empty): (&ModelAnswer, &[String]),
    (duration_ms, used_up): (Option<u64>, Vec<u32>),
) {
    let (node, visit, attempt) = at(turn, ix);
    let judged = match &agent.output_schema {
        Some(schema) if answer.tool_calls.is_empty() => agent::misfit(schema, &answer.text, seals(turn)),
        Some(_) | None => Ok(Value::Null),
    };
    let told = serde_json::to_value(asked).unwrap_or_default();
    let event = AgentAnswered {
        node,
        visit,
        attempt,
        asked: (told_before(turn, ix) != Some(&told)).then(|| kept(turn, told)),
        answer: kept(turn, serde_json::to_value(answer).unwrap_or_default()),
        usage: answer.usage,
        again: judged.as_ref().err().cloned(),
        remember: (judged.is_ok() && answer.tool_calls.is_empty())
            .then(|| remembered(turn, ix, agent, asked, answer))
            .flatten()
            .map(|remembered| kept(turn, remembered)),
        duration_ms,
        used_up,
    };
    turn.record(Event::AgentAnswered(Box::new(event)));
    match judged {
        Ok(data) if answer.tool_calls.is_empty() => {
            let output = agent::output(turn.workflow, &turn.state, ix, answer, &data, turn.reading);
            turn.finish(ix, "success", Payload::new(output), duration_ms);
            remember(turn, ix);
        }
        Ok(_) => run_tools(turn, ix, agent, answer, empty),
        Err(why) if told_so_often(turn, ix) > limits::REPAIRS => {
            let message = format!("the model was told {} times what is wrong: {why}", limits::REPAIRS);
            turn.fail_node(ix, Error::new("invalid_output", message), false);
        }
        Err(_) => go_on(turn, ix, agent),
    }
}

/// Whether what a model is asked and answers is kept by its hash.
fn seals(turn: &Deciding<'_>) -> bool {
    turn.workflow.settings.seals_prompts
}

/// What a model is asked or answers, as the journal keeps it.
fn kept(turn: &Deciding<'_>, value: Value) -> Payload {
    if seals(turn) { Payload::sealed(value) } else { Payload::new(value) }
}

/// What is added to the conversation that an agent remembers: what was asked, and the last answer.
fn remembered(turn: &Deciding<'_>, ix: NodeIx, agent: &Agent, asked: &Head, answer: &ModelAnswer) -> Option<Value> {
    let key = turn.state.node(&turn.node(ix).id)?.talk.as_ref()?.key.clone()?;
    let question = asked.messages.iter().rev().find(|message| matches!(message, Message::User { .. }));
    let answer = Message::Assistant { content: answer.text.clone(), tool_calls: Vec::new() };
    let messages: Vec<&Message> = question.into_iter().chain([&answer]).collect();
    Some(json!({ "key": key, "messages": messages, "days": agent.memory.as_ref()?.ttl_days }))
}

/// Asks that what was said is added to the conversation.
fn remember(turn: &mut Deciding<'_>, ix: NodeIx) {
    let node = &turn.node(ix).id;
    if turn.state.node(node).and_then(|found| found.talk.as_ref()).is_some_and(|talk| talk.remembers) {
        let work = Work::Remember { activation: turn.state.activation(node), seq: turn.state.seq };
        turn.send(work, None);
    }
}

/// What the model was told first the time before.
fn told_before<'a>(turn: &'a Deciding<'_>, ix: NodeIx) -> Option<&'a Value> {
    let talk = turn.state.node(&turn.node(ix).id)?.talk.as_ref()?;
    talk.turns.iter().rev().find_map(|said| said.asked.as_ref()).map(|head| turn.reading.value(head))
}

/// How many answers one after the other could not be used.
fn told_so_often(turn: &Deciding<'_>, ix: NodeIx) -> usize {
    let talk = turn.state.node(&turn.node(ix).id).and_then(|node| node.talk.clone());
    talk.map_or(0, |talk| talk.turns.iter().rev().take_while(|said| said.again.is_some()).count())
}

/// Runs the tools that an answer asks for: those that may run as children, all at once or as many as may.
fn run_tools(turn: &mut Deciding<'_>, ix: NodeIx, agent: &Agent, answer: &ModelAnswer, empty: &[String]) {
    let (calls, warnings) = agent::judge(turn.workflow, &turn.state, ix, answer, empty, turn.reading);
    let id = turn.node(ix).id.clone();
    warnings.into_iter().for_each(|warning| turn.warn(&id, "condition_error", warning));
    let bounds =
        with_scope(turn, ix, |scope| Ok((agent.max_tool_calls.value(scope)?, agent.parallel_tools.value(scope)?)));
    let (most, at_once) = match bounds {
        Ok(bounds) => bounds,
        Err(error) => return turn.fail_node(ix, error, false),
    };
    let before = turn.state.node(&id).and_then(|node| node.talk.as_ref()).map_or(0, |talk| talk.calls);
    let running = calls.iter().filter(|(_, verdict)| matches!(verdict, Verdict::Run(_))).count() as u64;
    if before + running > most {
        let message = format!("the model asked for {running} tool calls after {before}, and {most} are allowed");
        return turn.fail_node(ix, Error::new("tool_call_limit", message), false);
    }
    let planned = refuse(turn, ix, calls);
    if planned.is_empty() {
        return go_on(turn, ix, agent);
    }
    let count = planned.len() as u32;
    let bounds = Bounds { at_once: Some(at_once), tolerated: Some(u64::from(count)) };
    turn.plan(ix, count, Payload::new(Value::Array(planned)), bounds);
}

/// Records the calls that are not run, and returns the others.
fn refuse(turn: &mut Deciding<'_>, ix: NodeIx, calls: Vec<Call>) -> Vec<Value> {
    let mut planned = Vec::new();
    for (position, verdict) in calls {
        match verdict {
            Verdict::Run(one) => planned.extend(serde_json::to_value(one).ok()),
            Verdict::Refused(why) => {
                let end = ToolEnd {
                    status: CallStatus::Refused,
                    result: Payload::default(),
                    error: Some(Error::new("refused", why)),
                    arguments: None,
                    decided_by: Vec::new(),
                    execution_id: None,
                };
                tool_ended(turn, ix, position, end);
            }
        }
    }
    planned
}

fn tool_ended(turn: &mut Deciding<'_>, ix: NodeIx, index: u32, end: ToolEnd) {
    let (node, visit, _) = at(turn, ix);
    let tool = tool_of(turn, ix, index);
    turn.record(Event::AgentToolEnded(Box::new(AgentToolEnded { node, visit, index, tool, end })));
}

/// What a call of the latest answer asks for, as far as the answer is at hand.
fn tool_of(turn: &Deciding<'_>, ix: NodeIx, index: u32) -> Option<String> {
    let node = turn.node(ix);
    let answer = turn.state.node(&node.id)?.talk.as_ref()?.turns.last()?.answer.value()?;
    let name = answer["tool_calls"][index as usize]["name"].as_str()?;
    let lent = node.kind.agent()?.tools.iter().find(|tool| tool.name == name && !tool.is_server);
    Some(lent.map_or_else(|| name.to_owned(), |tool| tool.node.to_string()))
}

/// Asks for the next call of the model, unless a bound is reached.
fn go_on(turn: &mut Deciding<'_>, ix: NodeIx, agent: &Agent) {
    let bounds = with_scope(turn, ix, |scope| {
        let tokens = agent.token_budget.as_ref().map(|budget| budget.value(scope)).transpose()?;
        let usd = agent.usd_budget.as_ref().map(|budget| budget.value(scope)).transpose()?;
        Ok((agent.max_turns.value(scope)?, tokens, usd))
    });
    let (turns, tokens, usd) = match bounds {
        Ok(bounds) => bounds,
        Err(error) => return turn.fail_node(ix, error, false),
    };
    let talk = turn.state.node(&turn.node(ix).id).and_then(|node| node.talk.clone()).unwrap_or_default();
    if talk.turns.len() as u64 >= turns {
        let message = format!("the model answered {turns} times and had not come to an end");
        return turn.fail_node(ix, Error::new("turn_limit", message), false);
    }
    let used = talk.usage.input_tokens + talk.usage.output_tokens;
    if let Some(most) = tokens.filter(|most| used >= *most) {
        let message = format!("{used} tokens are used, and {most} are allowed");
        return turn.fail_node(ix, Error::new("budget_exceeded", message), false);
    }
    // Before the first call nothing is used, and whoever asks the model looks whether it has a price.
    let spent = if talk.turns.is_empty() { Some(0.0) } else { talk.usage.usd() };
    if let Some(most) = usd {
        let message = match spent {
            Some(spent) if spent < most => None,
            Some(spent) => Some(format!("{spent} US dollars are spent, and {most} are allowed")),
            None => Some(format!("{most} US dollars are allowed, and it is not known what the calls so far cost")),
        };
        if let Some(message) = message {
            return turn.fail_node(ix, Error::new("budget_exceeded", message), false);
        }
    }
    if !turn.state.stands_still() {
        turn.send_step(ix, None);
    }
}

fn with_scope<T>(
    turn: &Deciding<'_>,
    ix: NodeIx,
    read: impl FnOnce(&expression::Scope<'_>) -> Result<T, expression::ExprError>,
) -> Result<T, Error> {
    let sight = Sight::of_config(turn.workflow, &turn.state, ix, turn.reading);
    read(&sight.scope()).map_err(|error| Error::new(error.code, error.message))
}

/// The node, its visit and its present attempt.
fn at(turn: &Deciding<'_>, ix: NodeIx) -> (document::id::NodeId, u32, u32) {
    let node = turn.node(ix).id.clone();
    let (visit, attempt) = turn.state.node(&node).map_or((0, 1), |state| (state.visit, state.attempt.max(1)));
    (node, visit, attempt)
}
