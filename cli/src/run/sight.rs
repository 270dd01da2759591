//! How an execution is looked at while it is followed: in this process's host, or over the API of another.

use crate::{
    Failure,
    client::{Client, escaped, query},
    limits,
};
use api::types::{self, History, Interaction};
use document::time::Time;
use engine::port::Host;
use local::Local;
use serde_json::Value;
use std::sync::Arc;
use stepwell_core::{
    event::Turn,
    execution::{Execution, Phase, Status},
    id::ExecutionId,
    interaction::InteractionStatus,
};
use tokio::time::sleep;

/// Where an execution is looked at.
#[derive(Clone, Copy)]
pub enum Sight<'a> {
    /// In this process, which hears of each change at once.
    Here(&'a Arc<Local>),
    /// At a host that is asked over the API, now and then.
    There(&'a Client),
}

/// What is seen of an execution at a moment.
pub struct Seen {
    /// Number of the last turn.
    pub seq: u64,
    /// What the execution is doing.
    pub status: Status,
    /// Whether `max_concurrency` holds it back, in a process that moves no other execution of its workflow.
    pub is_held: bool,
    /// Whether a node waits for children, whose turns and questions are not this execution's.
    pub has_children: bool,
    /// Its open questions, by their ids.
    pub asks: Vec<String>,
    /// The nodes that run, are due or wait, where it is elsewhere.
    pub current: Vec<String>,
}

impl Sight<'_> {
    /// The turns after one, in order; not all where there are many. `cursor` is that of the page that was read last, and
    /// is none before the first.
    pub async fn turns(&self, id: &ExecutionId, after: u64, cursor: &mut Option<String>) -> Result<Vec<Turn>, Failure> {
        match self {
            Self::Here(host) => Ok(host.journal().turns_lean(id, after, limits::TURNS).await?),
            Self::There(client) => {
                let window = query(&[("limit", Some(limits::TURNS_ELSEWHERE.to_string())), ("cursor", cursor.clone())]);
                let path = format!("/v1/executions/{}/history{window}", escaped(id.as_str()));
                let page: History = client.get(&path).await?.read()?;
                // The last page has no cursor of a next one: it is read again, for the turns that came since.
                if page.next_cursor.is_some() {
                    *cursor = page.next_cursor;
                }
                Ok(page.history.into_iter().filter_map(turn).filter(|turn| turn.seq > after).collect())
            }
        }
    }

    /// The execution as it is now; none where it was deleted.
    pub async fn look(&self, id: &ExecutionId) -> Result<Option<Seen>, Failure> {
        match self {
            Self::Here(host) => Ok(host.journal().load_lean(id).await?.as_deref().map(Seen::here)),
            Self::There(client) => match client.get(&format!("/v1/executions/{}", escaped(id.as_str()))).await {
                Ok(shown) => Ok(Some(Seen::there(shown.read()?))),
                Err(failure) if failure.code == "not_found" => Ok(None),
                Err(failure) => Err(failure),
            },
        }
    }

    /// Waits until there may be a turn after one.
    pub async fn changed(&self, id: &ExecutionId, after: u64) {
        match self {
            Self::Here(host) => host.journal().changed(id, after).await,
            Self::There(_) => sleep(limits::FOLLOW).await,
        }
    }

    /// Resolves when a question is over: decided, timed out or cancelled.
    pub async fn over(&self, question: &Interaction) {
        match self {
            Self::Here(host) => over_here(host, question).await,
            Self::There(client) => {
                let path = format!("/v1/interactions/{}", escaped(&question.interaction_id));
                loop {
                    sleep(limits::FOLLOW).await;
                    // A host that cannot be reached is told by whoever sends it the answer.
                    let now = client.get(&path).await.and_then(|now| now.read::<Interaction>());
                    if now.is_ok_and(|now| now.status != InteractionStatus::Pending) {
                        return;
                    }
                }
            }
        }
    }
}

async fn over_here(host: &Local, question: &Interaction) {
    let id = ExecutionId::from(question.execution_id.as_str());
    while let Ok(Some(execution)) = host.journal().load_lean(&id).await {
        if !execution.interaction(&question.interaction_id).is_some_and(|one| one.is_open()) {
            return;
        }
        host.journal().changed(&id, execution.seq).await;
    }
}

impl Seen {
    fn here(state: &Execution) -> Self {
        Self {
            seq: state.seq,
            status: state.status(),
            is_held: state.held,
            has_children: has_children(state),
            asks: state.open_interactions().map(|one| one.interaction_id.to_string()).collect(),
            current: Vec::new(),
        }
    }

    fn there(shown: types::Execution) -> Self {
        Self {
            seq: shown.checkpoint.parse().unwrap_or_default(),
            status: shown.status,
            is_held: false,
            // It is asked now and then anyhow, so nothing more is done where there are some.
            has_children: false,
            asks: shown.pending_interactions.into_iter().map(|one| one.interaction_id).collect(),
            current: shown.current_nodes,
        }
    }
}

/// Whether a node of the execution waits for its children.
pub fn has_children(state: &Execution) -> bool {
    state.nodes.values().any(|node| node.phase == Phase::Children)
}

/// Reads a turn that the API shows. An event of a later release is left out.
fn turn(shown: types::Turn) -> Option<Turn> {
    let events = shown.events.into_iter().filter_map(|event| serde_json::from_value(recorded(event)).ok()).collect();
    Some(Turn { seq: shown.checkpoint.parse().ok()?, at: shown.timestamp.0, by: shown.by, request: None, events })
}

/// An event as the journal has it, with its moments as numbers. The API shows them as text.
fn recorded(mut event: Value) -> Value {
    for name in ["retry_at", "until", "deadline"] {
        if let Some(moment) = event.get_mut(name)
            && let Some(time) = moment.as_str().and_then(Time::parse)
        {
            *moment = time.0.into();
        }
    }
    event
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;
    use stepwell_core::{event::Event, view};

    #[test]
    fn turns_are_read_as_they_were_recorded() {
        let events: Vec<Event> = serde_json::from_value(json!([
            {"type": "node_activated", "node": "a", "visit": 1},
            {"type": "attempt_failed", "node": "a", "visit": 1, "attempt": 1, "retry_at": 1_700_000_000_000_i64,
                "error": {"code": "x", "message": "no"}},
            {"type": "wait_started", "node": "w", "visit": 1, "until": 1_700_000_000_000_i64},
            {"type": "node_succeeded", "node": "a", "visit": 1, "attempt": 2, "port": "success", "output": {"n": 1}},
        ]))
        .unwrap();
        let kept = Turn { seq: 3, at: Time(1_700_000_000_000), by: None, request: None, events };
        assert!(view::event(&kept.events[2])["until"].is_string(), "people see the moment as text");
        assert_eq!(turn(types::Turn::from(&kept)).unwrap(), kept);
    }
}
