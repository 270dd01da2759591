//! An execution driven by hand: commands in, events and effects kept.

use crate::{
    command::{Asked, Command},
    decide::decide,
    effect::Effect,
    error::Rejection,
    event::{Event, Started},
    execution::{Execution, Phase, Status},
    id::InteractionId,
    interaction::Answer,
    reading::Reading,
    sight::Sight,
    task::{Failure, Outcome},
};
use document::{Node, NodeKind, Workflow, parse, time::Time};
use serde_json::{Value, json};
use std::sync::Arc;

/// One execution, its clock, and what it has recorded and asked for.
pub struct Story {
    pub workflow: Arc<Workflow>,
    pub state: Execution,
    pub now: Time,
    pub events: Vec<Event>,
    pub effects: Vec<Effect>,
}

impl Story {
    /// Given a document whose trigger is `start`, started with an input by `ada@example.com`.
    pub fn given(nodes: Value, edges: Value, input: Value) -> Self {
        Self::given_with(json!({}), nodes, edges, input)
    }

    /// The same, with settings.
    pub fn given_with(settings: Value, nodes: Value, edges: Value, input: Value) -> Self {
        let mut all = vec![json!({ "id": "start", "type": "manual_trigger" })];
        all.extend(nodes.as_array().unwrap().iter().cloned());
        Self::of(json!({ "id": "story", "settings": settings, "nodes": all, "edges": edges }), input)
    }

    /// The same, of a whole document.
    pub fn of(document: Value, input: Value) -> Self {
        let workflow = parse(&document).unwrap_or_else(|issues| panic!("{issues:#?}")).workflow;
        let mut started = Started::new("e".into(), &workflow, input, Time(0));
        started.started_by = Some("ada@example.com".into());
        let decided = decide(&workflow, None, Command::Start(Box::new(started)).into(), Time(0)).unwrap();
        let events = decided.turn.map(|turn| turn.events).unwrap_or_default();
        Self { workflow, state: decided.state, now: Time(0), events, effects: decided.effects }
    }

    /// When a command is asked.
    pub fn when(&mut self, command: Command) -> Result<(), Rejection> {
        let decided = decide(&self.workflow, Some(&self.state), Asked::from(command), self.now)?;
        self.events = decided.turn.map(|turn| turn.events).unwrap_or_default();
        self.effects = decided.effects;
        self.state = decided.state;
        Ok(())
    }

    /// When a node that is due is opened.
    pub fn open(&mut self, node: &str) {
        let activation = self.state.activation(&node.into());
        self.when(Command::Open { activation }).unwrap();
    }

    /// When a node reports that it succeeded.
    pub fn succeed(&mut self, node: &str, output: Value) -> Result<(), Rejection> {
        let activation = self.state.activation(&node.into());
        let outcome = Outcome::Succeeded { port: "success".into(), output: output.into() };
        self.when(Command::Report { activation, attempt: 1, outcome, duration_ms: None })
    }

    /// When the nodes that need nobody run: those that route, and those that compute, until none of them is due.
    pub fn runs_by_itself(&mut self) {
        let workflow = self.workflow.clone();
        let due = |state: &Execution, node: &Node| {
            state.node(&node.id).is_some_and(|found| matches!(found.phase, Phase::Due { .. }))
        };
        let needs_nobody = |kind: &NodeKind| matches!(kind, NodeKind::Compute(_) | NodeKind::Route(_));
        while let Some(ix) = workflow.nodes.iter().position(|node| due(&self.state, node) && needs_nobody(&node.kind)) {
            let node = &workflow.nodes[ix];
            if let NodeKind::Compute(config) = &node.kind {
                let output = Reading::of(|reading| {
                    config.compute(&Sight::of_config(&workflow, &self.state, ix, reading).scope()).unwrap()
                });
                let output = output.unwrap();
                self.succeed(node.id.as_str(), output).unwrap();
            } else {
                self.open(node.id.as_str());
            }
        }
    }

    /// When a node reports that it failed, for good.
    pub fn fail(&mut self, node: &str, code: &str) {
        let activation = self.state.activation(&node.into());
        let outcome = Outcome::Failed(Failure::new(code, "it failed"));
        self.when(Command::Report { activation, attempt: 1, outcome, duration_ms: None }).unwrap();
    }

    /// When a person answers the newest question.
    pub fn answer(&mut self, by: &str, answer: Answer) -> Result<(), Rejection> {
        let answer = Answer { by: by.into(), ..answer };
        self.when(Command::Answer { interaction_id: self.question(), answer: Box::new(answer) })
    }

    /// The id of the newest interaction.
    pub fn question(&self) -> InteractionId {
        self.state.interactions.last().unwrap().interaction_id.clone()
    }

    /// Then the execution is in a status.
    pub fn is(&self, status: Status) {
        assert_eq!(self.state.status(), status, "{:#?}", self.events);
    }

    /// The output of a node.
    pub fn output(&self, node: &str) -> Value {
        self.state.node(&node.into()).and_then(|node| node.output.clone()).unwrap_or_default().value().unwrap().clone()
    }
}
