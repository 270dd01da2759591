//! An execution as the rules decide it, command by command.

use super::table::commit;
use document::{Workflow, parse, time::Time};
use engine::port::Commit;
use serde_json::{Value, json};
use std::sync::Arc;
use stepwell_core::{
    command::Command,
    decide::decide,
    effect::{Effect, Purpose},
    event::Started,
    execution::Execution,
    id::Activation,
    interaction::{Answer, Interaction},
};

/// The execution `e1`, its workflow and the clock.
pub struct Story {
    pub workflow: Arc<Workflow>,
    pub state: Execution,
    pub now: Time,
    /// The effects of the last command.
    pub effects: Vec<Effect>,
}

/// A document of one node after its trigger.
pub fn document(kind: &str, config: Value) -> Value {
    json!({
        "id": "w",
        "nodes": [{"id": "go", "type": "manual_trigger"}, {"id": "n", "type": kind, "config": config}],
        "edges": [{"from": "go", "to": "n"}],
    })
}

impl Story {
    /// Starts the execution at second 1,000. `awaited` says whether a caller waits for its end.
    pub fn begin(document: &Value, awaited: bool) -> Self {
        let workflow = parse(document).unwrap().workflow;
        let now = Time(1_000_000);
        let started = Started { awaited, ..Started::new("e1".into(), &workflow, json!({}), now) };
        let decided = decide(&workflow, None, Command::Start(Box::new(started)).into(), now).unwrap();
        Self { workflow, state: decided.state, now, effects: decided.effects }
    }

    /// Starts the execution, and lets the node `n` open its interaction or its wait.
    pub fn opened(document: &Value) -> Self {
        let mut story = Self::begin(document, false);
        story.ask(Command::Open { activation: story.activation() });
        story
    }

    pub fn activation(&self) -> Activation {
        self.state.activation(&"n".into())
    }

    /// Decides a command. Afterwards the story has its state and its effects.
    pub fn ask(&mut self, command: Command) {
        let decided = decide(&self.workflow, Some(&self.state), command.into(), self.now).unwrap();
        (self.state, self.effects) = (decided.state, decided.effects);
    }

    /// Decides a command, and makes the commit of it.
    pub fn next(&mut self, command: Command) -> Commit {
        let before = Arc::new(self.state.clone());
        let decided = decide(&self.workflow, Some(&self.state), command.into(), self.now).unwrap();
        (self.state, self.effects) = (decided.state.clone(), decided.effects.clone());
        Commit { before: Some(before), ..commit(decided) }
    }

    /// Lets time pass.
    pub fn after(&mut self, seconds: f64) -> &mut Self {
        self.now = self.now.after_seconds(seconds);
        self
    }

    /// Fires the node's timer of that purpose.
    pub fn fire(&mut self, purpose: Purpose) {
        self.ask(Command::Timer { activation: self.activation(), purpose });
    }

    /// Approves the latest question as Ada.
    pub fn approve(&mut self) {
        let answer = Answer { by: "ada@example.com".into(), approved: Some(true), ..Answer::default() };
        let interaction_id = self.question().interaction_id.clone();
        self.ask(Command::Answer { interaction_id, answer: Box::new(answer) });
    }

    /// The interaction that was opened last.
    pub fn question(&self) -> &Interaction {
        self.state.interactions.last().unwrap()
    }
}
