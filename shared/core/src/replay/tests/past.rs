//! An execution driven by hand, with its journal.

use super::super::{Compared, Recorded, Replayed, compare, replay};
use crate::{
    command::{Asked, Command},
    decide::decide,
    event::{Started, Turn},
    execution::{Execution, Phase},
    interaction::Answer,
    reading::Reading,
    sight::Sight,
    task::{Failure, Outcome},
};
use document::{NodeKind, Workflow, parse, time::Time};
use serde_json::{Value, json};
use std::sync::Arc;

/// An execution that keeps its journal.
pub struct Past {
    pub workflow: Arc<Workflow>,
    pub state: Execution,
    pub turns: Vec<Turn>,
}

pub fn workflow(settings: Value, nodes: Value, edges: Value) -> Value {
    let mut all = vec![json!({ "id": "start", "type": "manual_trigger" })];
    all.extend(nodes.as_array().unwrap().iter().cloned());
    json!({ "id": "story", "settings": settings, "nodes": all, "edges": edges })
}

pub fn parsed(document: &Value) -> Arc<Workflow> {
    parse(document).unwrap_or_else(|issues| panic!("{issues:#?}")).workflow
}

impl Past {
    pub fn of(document: &Value, input: Value) -> Self {
        let workflow = parsed(document);
        let started = Started::new("e".into(), &workflow, input, Time(0));
        let decided = decide(&workflow, None, Command::Start(Box::new(started)).into(), Time(0)).unwrap();
        let mut past = Self { workflow, state: decided.state, turns: decided.turn.into_iter().collect() };
        past.runs_by_itself();
        past
    }

    pub fn when(&mut self, command: Command) {
        let at = Time(self.turns.len() as i64 * 1_000);
        let decided = decide(&self.workflow, Some(&self.state), Asked::from(command), at).unwrap();
        self.state = decided.state;
        self.turns.extend(decided.turn);
    }

    pub fn reports(&mut self, node: &str, outcome: Outcome<crate::payload::Payload>) {
        let activation = self.state.activation(&node.into());
        let attempt = self.state.node(&node.into()).unwrap().attempt.max(1);
        self.when(Command::Report { activation, attempt, outcome, duration_ms: None });
        self.runs_by_itself();
    }

    pub fn succeeds(&mut self, node: &str, output: Value) {
        self.reports(node, Outcome::Succeeded { port: "success".into(), output: output.into() });
    }

    pub fn fails(&mut self, node: &str) {
        self.reports(node, Outcome::Failed(Failure::new("boom", "it failed").retryable()));
    }

    pub fn opens(&mut self, node: &str) {
        let activation = self.state.activation(&node.into());
        self.when(Command::Open { activation });
        self.runs_by_itself();
    }

    pub fn answers(&mut self, answer: Answer) {
        let answer = Answer { by: "ada".into(), ..answer };
        let interaction_id = self.state.open_interactions().next().unwrap().interaction_id.clone();
        self.when(Command::Answer { interaction_id, answer: Box::new(answer) });
        self.runs_by_itself();
    }

    pub fn runs_by_itself(&mut self) {
        let workflow = self.workflow.clone();
        loop {
            let due = |node: &document::Node| {
                let found = self.state.node(&node.id);
                let is_due = found.is_some_and(|found| matches!(found.phase, Phase::Due { .. }));
                is_due && matches!(node.kind, NodeKind::Compute(_) | NodeKind::Route(_)) && self.state.end.is_none()
            };
            let Some(ix) = workflow.nodes.iter().position(due) else { return };
            let node = &workflow.nodes[ix];
            let activation = self.state.activation(&node.id);
            let NodeKind::Compute(config) = &node.kind else {
                self.when(Command::Open { activation });
                continue;
            };
            let computed =
                Reading::of(|reading| config.compute(&Sight::of_config(&workflow, &self.state, ix, reading).scope()));
            let outcome = match computed.unwrap() {
                Ok(output) => Outcome::Succeeded { port: "success".into(), output: output.into() },
                Err(error) => Outcome::Failed(Failure::new(error.code, error.message)),
            };
            let attempt = self.state.node(&node.id).unwrap().attempt.max(1);
            self.when(Command::Report { activation, attempt, outcome, duration_ms: None });
        }
    }

    pub fn recorded(&self) -> Recorded {
        Recorded::of(&self.workflow, &self.turns)
    }

    pub fn replayed(&self, document: &Value) -> Replayed {
        let workflow = parsed(document);
        replay(&workflow, &self.state.started, Time(0), &self.recorded()).unwrap().unwrap()
    }

    pub fn on(&self, document: &Value) -> Compared {
        let workflow = parsed(document);
        compare(&workflow, self.state.status(), &self.recorded(), &self.replayed(document)).unwrap()
    }
}
