//! What an agent says is in the conversation that it remembers before anything runs that its end leads to: an agent that
//! follows at once reads it, and so does the next message of a chat.
//!
//! A host that delivers in its commit adds the words in the same write. Any other adds them after the commit and before it
//! delivers: where the process dies in between, what is delivered again begins with them too.

use crate::{
    limits,
    port::{Host, Remembered, StoreError},
};
use document::time::Time;
use stepwell_core::{
    effect::{Effect, Message, Work},
    event::{Event, Turn},
    execution::Execution,
    id::{Activation, ExecutionId, derive},
    payload::Payload,
};

/// Words that are added to a conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct Added {
    /// Whose conversation it is.
    pub owner: String,
    /// Its key.
    pub key: String,
    /// The words.
    pub said: Remembered,
}

/// Takes from effects the words that agents add whose ends are recorded by `turns`, which lead to `state`. What cannot be
/// read is left as an effect, whose handler says what is wrong.
pub fn taken(effects: &mut Vec<Effect>, turns: &[Turn], state: &Execution) -> Vec<Added> {
    let mut all = Vec::new();
    effects.retain(|effect| {
        let Some((activation, seq)) = of(effect, state.id()) else { return true };
        let turn = turns.iter().find(|turn| turn.seq == seq);
        let added = turn.and_then(|turn| added(state, turn, activation, said(turn, activation)?).ok());
        let left = added.is_none();
        all.extend(added);
        left
    });
    all
}

/// Adds the words of agents that are among effects of an execution, and returns the other effects.
///
/// # Errors
/// What the store says, and `Permanent` where what was said cannot be read.
pub(crate) async fn first(host: &dyn Host, id: &ExecutionId, effects: &[Effect]) -> Result<Vec<Effect>, StoreError> {
    let (words, rest): (Vec<_>, Vec<_>) = effects.iter().partition(|effect| of(effect, id).is_some());
    if !words.is_empty()
        && let Some(state) = host.journal().load_lean(id).await?
    {
        for (activation, seq) in words.into_iter().filter_map(|effect| of(effect, id)) {
            add(host, &state, activation, seq).await?;
        }
    }
    Ok(rest.into_iter().cloned().collect())
}

/// Adds what other agents of an execution said last in a conversation, where that is missing among what was `found` in it:
/// whoever recorded their ends may have died before it added that, and another branch may have gone on meanwhile. Whether
/// there was such an agent. Only for hosts whose effects may be lost. What ended long ago was added long ago, and may have
/// been forgotten since.
///
/// # Errors
/// Those of [`first`].
pub(crate) async fn make_good(
    host: &dyn Host,
    state: &Execution,
    key: &str,
    found: &[Remembered],
) -> Result<bool, StoreError> {
    let mut missed = false;
    for (node, talk) in state.nodes.iter().filter_map(|(id, node)| Some((id, node.talk.as_ref()?))) {
        let activation = state.activation(node);
        let is_found = || found.iter().any(|one| one.id == id_of(state, &activation));
        if talk.remembers && talk.key.as_deref() == Some(key) && !is_found() {
            let turns = host.journal().turns(state.id(), talk.ended_seq.saturating_sub(1), 1).await?;
            let since = host.now().since(turns.first().map_or(Time(0), |turn| turn.at));
            if since.as_secs() < limits::REMEMBERED_SECONDS {
                add(host, state, &activation, talk.ended_seq).await?;
                missed = true;
            }
        }
    }
    Ok(missed)
}

/// Adds what an agent said that came to its end in a turn. Nothing is added twice.
///
/// # Errors
/// Those of [`first`].
pub(crate) async fn add(
    host: &dyn Host,
    state: &Execution,
    activation: &Activation,
    seq: u64,
) -> Result<(), StoreError> {
    let turns = host.journal().turns(state.id(), seq.saturating_sub(1), 1).await?;
    let Some(turn) = turns.into_iter().find(|turn| turn.seq == seq) else { return Ok(()) };
    let Some(said) = said(&turn, activation) else { return Ok(()) };
    if said.missing().is_some() {
        host.journal().fetch(state.id(), &[said]).await?;
    }
    keep(host, &[added(state, &turn, activation, said)?]).await
}

/// Adds words to their conversations.
///
/// # Errors
/// What the store says.
pub(crate) async fn keep(host: &dyn Host, all: &[Added]) -> Result<(), StoreError> {
    for Added { owner, key, said } in all {
        host.memories().remember(owner, key, said, host.now()).await?;
    }
    Ok(())
}

/// The agent of the execution whose words are to be added, and the number of the turn in which it ended; none where an
/// effect asks for something else.
fn of<'a>(effect: &'a Effect, id: &ExecutionId) -> Option<(&'a Activation, u64)> {
    match effect {
        Effect::Send { message: Message { execution, work: Work::Remember { activation, seq } }, .. }
            if execution == id =>
        {
            Some((activation, *seq))
        }
        _ => None,
    }
}

/// What an agent adds that came to its end in a turn.
fn said<'a>(turn: &'a Turn, activation: &Activation) -> Option<&'a Payload> {
    turn.events.iter().find_map(|event| match event {
        Event::AgentAnswered(answered) if answered.node == activation.node => answered.remember.as_ref(),
        _ => None,
    })
}

/// The id of what an agent adds at a visit.
fn id_of(state: &Execution, activation: &Activation) -> String {
    derive(&["memory", state.id().as_str(), &activation.to_string()])
}

fn added(state: &Execution, turn: &Turn, activation: &Activation, said: &Payload) -> Result<Added, StoreError> {
    let unread = || StoreError::Permanent("what is to be remembered cannot be read".into());
    let said = said.value().ok_or_else(unread)?;
    let (Some(key), Ok(messages)) = (said["key"].as_str(), serde_json::from_value(said["messages"].clone())) else {
        return Err(unread());
    };
    let days = said["days"].as_u64().unwrap_or(limits::MEMORY_DAYS);
    let remembered = Remembered {
        id: id_of(state, activation),
        at: turn.at,
        by: state.started.started_by.clone(),
        messages,
        until: turn.at.after_seconds(days as f64 * 86_400.0),
    };
    Ok(Added { owner: state.started.owner.clone(), key: key.to_owned(), said: remembered })
}
