//! What a stream of a conversation tells of the journal, event by event.

use crate::{Answered, App, limits, service::sse::event};
use document::work::{ModelAnswer, ToolCall};
use engine::pieces::Piece;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use stepwell_core::{
    event::{AgentAnswered, AgentToolEnded, Event, Turn},
    execution::Execution,
    id::ExecutionId,
    payload::Payload,
};

/// What was told so far of the answers of models.
#[derive(Default)]
pub struct Told {
    /// By agent: its visit, how many answers it has had, and the calls of the latest.
    agents: HashMap<String, (u32, u32, Vec<ToolCall>)>,
    /// Answers of which pieces were told, by agent and number.
    pieces: HashSet<(String, u32)>,
}

impl Told {
    /// What a stream that begins after the present turn has to know of it.
    pub fn of(execution: &Execution) -> Self {
        let known = execution.nodes.iter().filter_map(|(id, node)| {
            let talk = node.talk.as_deref()?;
            let last = talk.turns.last().and_then(|said| said.answer.value());
            let calls = last.and_then(|answer| serde_json::from_value(answer["tool_calls"].clone()).ok());
            Some((id.to_string(), (node.visit, talk.turns.len() as u32, calls.unwrap_or_default())))
        });
        Self { agents: known.collect(), pieces: HashSet::new() }
    }

    /// A piece of what a model says.
    pub fn piece(&mut self, piece: Piece) -> String {
        let Piece { node, turn, text } = piece;
        let key = (node.to_string(), turn);
        match text {
            Some(text) => {
                self.pieces.insert(key);
                event("delta", &json!({"node": node, "turn": turn, "text": text}))
            }
            None => {
                self.pieces.remove(&key);
                event("delta", &json!({"node": node, "turn": turn, "text": "", "again": true}))
            }
        }
    }

    /// The events of a turn.
    ///
    /// # Errors
    /// What the store says.
    pub async fn turn(&mut self, app: &App, id: &ExecutionId, turn: &Turn) -> Answered<String> {
        let mut text = String::new();
        for one in &turn.events {
            // A conversation is told of nothing else.
            if let Event::AgentAnswered(answered) = one {
                text.push_str(&self.answered(app, id, answered).await?);
            } else if let Event::AgentToolEnded(ended) = one {
                text.push_str(&self.ended(app, id, ended).await?);
            }
        }
        Ok(text)
    }

    async fn answered(&mut self, app: &App, id: &ExecutionId, one: &AgentAnswered) -> Answered<String> {
        let answer = value(app, id, &one.answer).await?;
        let answer: ModelAnswer = serde_json::from_value(answer).unwrap_or_default();
        let node = one.node.to_string();
        let agent = self.agents.entry(node.clone()).or_default();
        if agent.0 != one.visit {
            *agent = (one.visit, 0, Vec::new());
        }
        agent.1 += 1;
        let turn = agent.1;
        agent.2.clone_from(&answer.tool_calls);
        let mut text = String::new();
        // Where nobody heard the pieces, the whole text is one.
        if !self.pieces.remove(&(node, turn)) && !answer.text.is_empty() {
            text.push_str(&event("delta", &json!({"node": one.node, "turn": turn, "text": answer.text})));
        }
        for call in &answer.tool_calls {
            let told =
                json!({"node": one.node, "turn": turn, "id": call.id, "name": call.name, "arguments": call.arguments});
            text.push_str(&event("tool_call", &told));
        }
        Ok(text)
    }

    async fn ended(&mut self, app: &App, id: &ExecutionId, one: &AgentToolEnded) -> Answered<String> {
        let node = one.node.to_string();
        let known = self.agents.get(&node);
        let call = known.and_then(|(_, _, calls)| calls.get(one.index as usize));
        let result = value(app, id, &one.end.result).await?;
        let told = json!({
            "node": one.node, "turn": known.map(|(_, turn, _)| *turn), "id": call.map(|call| &call.id),
            "name": call.map(|call| &call.name), "status": one.end.status, "result": result, "error": one.end.error,
        });
        Ok(event("tool_result", &told))
    }
}

/// A value of the journal; where it lies, where it is large.
async fn value(app: &App, id: &ExecutionId, payload: &Payload) -> Answered<Value> {
    if let Some(blob) = payload.missing() {
        if blob.bytes > limits::TOLD_BYTES {
            return Ok(json!({"$blob": blob.sha256, "bytes": blob.bytes}));
        }
        app.host.journal().fetch(id, &[payload]).await?;
    }
    Ok(payload.value().cloned().unwrap_or_default())
}
