//! What is asked of an execution. It may be refused.

use crate::{
    effect::{Control, Purpose},
    event::Started,
    id::{Activation, InteractionId},
    interaction::Answer,
    payload::Payload,
    task::Outcome,
};
use document::time::Time;

/// Something asked of an execution.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Begin. The only command on an execution that does not exist.
    Start(Box<Started>),
    /// Go on after `max_concurrency` held it back.
    Admit,
    /// An `at_most_once` attempt is about to run.
    Intend {
        /// Whose.
        activation: Activation,
        /// From 1.
        attempt: u32,
        /// After it the outcome is unknown.
        deadline: Time,
    },
    /// An attempt of a node came to its outcome.
    Report {
        /// Whose.
        activation: Activation,
        /// From 1.
        attempt: u32,
        /// What came of it.
        outcome: Outcome,
        /// How long it took.
        duration_ms: Option<u64>,
    },
    /// A node that waits (`wait`, `human`, `map`, `workflow`) is visited, or a continuation goes on.
    Open {
        /// Whose.
        activation: Activation,
    },
    /// A timer fired.
    Timer {
        /// Whose.
        activation: Activation,
        /// What it was for.
        purpose: Purpose,
    },
    /// The execution's own timeout passed.
    Timeout,
    /// An event for a `wait` node.
    Signal {
        /// Its name.
        name: String,
        /// What it carries.
        data: Payload,
    },
    /// A person answered.
    Answer {
        /// Which question.
        interaction_id: InteractionId,
        /// What was said, by whom.
        answer: Box<Answer>,
    },
    /// Children ended; several at once make one turn.
    ChildrenEnded {
        /// The `map` or `workflow` activation.
        activation: Activation,
        /// The attempt that started them, from 1.
        attempt: u32,
        /// Index, and why it did not complete; none where it did.
        ends: Vec<(u32, Option<String>)>,
    },
    /// Pause, resume or cancel.
    Control {
        /// Which.
        control: Control,
        /// Why, where it was said.
        reason: Option<String>,
    },
    /// A message of it could not be processed: it is stuck.
    DeadLetter {
        /// What the message was about, for people.
        about: String,
        /// The last error.
        error: String,
    },
}

/// A command with who asked for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// What is asked.
    pub command: Command,
    /// The subject who asks; none for the system.
    pub by: Option<String>,
}

impl From<Command> for Asked {
    fn from(command: Command) -> Self {
        Self { command, by: None }
    }
}
