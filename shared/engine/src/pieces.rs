//! Pieces of the answers of models, for whoever listens while they are given. Nothing of them is recorded: a piece that
//! nobody hears is gone, and the whole answer follows in the journal.

use document::id::NodeId;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use stepwell_core::id::ExecutionId;

/// A piece of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The agent whose model speaks.
    pub node: NodeId,
    /// Number of the answer at this visit of the agent, from 1.
    pub turn: u32,
    /// The text; none where what was given of this answer is void, since the model is asked again.
    pub text: Option<String>,
}

/// Who listens in this process, and who speaks. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Pieces(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    /// Those who listen, by the execution that they listen to.
    listeners: HashMap<ExecutionId, Vec<UnboundedSender<Piece>>>,
    /// The execution, the agent and the number of the answer of a call that is under way and heard, by the idempotency key of its task: whoever asks
    /// the model knows nothing of executions.
    calls: HashMap<String, (ExecutionId, NodeId, u32)>,
}

/// A call that is heard, as long as it is kept.
#[derive(Debug)]
pub struct Heard {
    pieces: Pieces,
    key: String,
}

/// The one who asks a model that somebody listens to.
#[derive(Debug)]
pub struct Speaker {
    pieces: Pieces,
    execution: ExecutionId,
    node: NodeId,
    turn: u32,
}

impl Pieces {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Listens to an execution, which need not have been started. It ends with the receiver.
    pub fn listen(&self, execution: &ExecutionId) -> UnboundedReceiver<Piece> {
        let (sender, receiver) = unbounded();
        let mut known = self.known();
        // Whoever went away makes room here, so that the list does not grow.
        known.listeners.retain(|_, all| {
            all.retain(|one| !one.is_closed());
            !all.is_empty()
        });
        known.listeners.entry(execution.clone()).or_default().push(sender);
        receiver
    }

    /// Begins a call for the answer of this number of an agent; none where nobody listens.
    pub fn begin(&self, execution: &ExecutionId, (node, turn): (&NodeId, u32), key: &str) -> Option<Heard> {
        let mut known = self.known();
        let listens = known.listeners.get(execution).is_some_and(|all| all.iter().any(|one| !one.is_closed()));
        listens.then(|| {
            known.calls.insert(key.to_owned(), (execution.clone(), node.clone(), turn));
            Heard { pieces: self.clone(), key: key.to_owned() }
        })
    }

    /// Whoever speaks in the call of a task; none where nobody listens to it.
    pub fn speaker(&self, key: &str) -> Option<Speaker> {
        let (execution, node, turn) = self.known().calls.get(key).cloned()?;
        Some(Speaker { pieces: self.clone(), execution, node, turn })
    }
}

impl Speaker {
    /// Gives a piece of text.
    pub fn say(&self, text: String) {
        self.tell(Some(text));
    }

    /// Takes back what was given: the model is asked again.
    pub fn take_back(&self) {
        self.tell(None);
    }

    fn tell(&self, text: Option<String>) {
        let piece = Piece { node: self.node.clone(), turn: self.turn, text };
        let known = self.pieces.known();
        for one in known.listeners.get(&self.execution).into_iter().flatten() {
            // Whoever has gone hears nothing.
            let _ = one.unbounded_send(piece.clone());
        }
    }
}

impl Drop for Heard {
    fn drop(&mut self) {
        self.pieces.known().calls.remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_call_is_heard_by_those_who_listen_to_its_execution() {
        let (pieces, one, other) = (Pieces::default(), ExecutionId::from("one"), ExecutionId::from("other"));
        let node = NodeId::from("agent");
        assert!(pieces.begin(&one, (&node, 1), "k").is_none(), "nobody listens");
        let (mut ear, mut elsewhere) = (pieces.listen(&one), pieces.listen(&other));
        let heard = pieces.begin(&one, (&node, 3), "k").unwrap();
        pieces.speaker("k").unwrap().say("Hel".into());
        pieces.speaker("k").unwrap().take_back();
        drop(heard);
        assert!(pieces.speaker("k").is_none(), "the call is over");
        let said = |text: Option<&str>| Piece { node: node.clone(), turn: 3, text: text.map(str::to_owned) };
        assert_eq!(ear.try_recv().unwrap(), said(Some("Hel")));
        assert_eq!(ear.try_recv().unwrap(), said(None));
        assert!(elsewhere.try_recv().is_err());
        drop(ear);
        assert!(pieces.begin(&one, (&node, 4), "k").is_none(), "whoever listened has gone");
    }
}
