//! How events of agents change the state.

use super::{moves::attempted, node::node_mut};
use crate::{
    event::{AgentAnswered, AgentOpened, AgentToolEnded, Event},
    execution::{Execution, Phase, Said, Talk},
};
use document::id::NodeId;
use std::{collections::BTreeMap, sync::Arc};

pub(super) fn apply_agent(state: &mut Execution, event: &Event) {
    match event {
        Event::AgentOpened(opened) => {
            let AgentOpened { node, attempt, key, memory, tools, .. } = &**opened;
            attempted(state, node, *attempt, None);
            let talk = talk_mut(state, node);
            (talk.key, talk.memory, talk.tools) = (key.clone(), memory.clone(), tools.clone());
            next(state, node);
        }
        Event::AgentAnswered(answered) => {
            let AgentAnswered { node, attempt, asked, answer, usage, again, remember, duration_ms, used_up, .. } =
                &**answered;
            attempted(state, node, *attempt, *duration_ms);
            node_mut(state, node).used_up.extend(used_up);
            let seq = state.seq;
            let talk = talk_mut(state, node);
            talk.usage.add(usage);
            (talk.remembers, talk.ended_seq) = (remember.is_some(), seq);
            talk.turns.push(Arc::new(Said {
                attempt: *attempt,
                seq,
                asked: asked.clone(),
                answer: answer.clone(),
                again: again.clone(),
                ended: BTreeMap::new(),
            }));
            next(state, node);
        }
        Event::AgentToolEnded(ended) => {
            let AgentToolEnded { node, index, end, .. } = &**ended;
            let talk = talk_mut(state, node);
            talk.calls += u64::from(end.execution_id.is_some());
            let said = talk.turns.last_mut().map(Arc::make_mut);
            // With the first of the calls that were run, all are gathered: what comes next is an attempt of its own.
            let gathers = said.as_ref().is_some_and(|said| !said.is_gathered()) && end.execution_id.is_some();
            if let Some(said) = said {
                said.ended.insert(*index, end.clone());
            }
            if gathers {
                next(state, node);
            }
        }
        _ => {}
    }
}

/// The next attempt is due, and does not count as a repetition of the one before.
fn next(state: &mut Execution, node: &NodeId) {
    let node = node_mut(state, node);
    node.forgiven = node.attempt;
    node.attempt += 1;
    node.error = None;
    node.phase = Phase::Due { at: None };
}

fn talk_mut<'a>(state: &'a mut Execution, node: &NodeId) -> &'a mut Talk {
    Arc::make_mut(node_mut(state, node).talk.get_or_insert_with(Arc::default))
}
