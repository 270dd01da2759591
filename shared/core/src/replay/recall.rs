//! Gives nodes the outcomes that were recorded of them, and questions about failures their answers.

use super::{drive::Drive, recorded::Came};
use crate::{
    agent::Heard,
    command::Command,
    decide::Decided,
    effect::Purpose,
    execution::Phase,
    id::Activation,
    interaction::{AfterError, Answer, Interaction},
    payload::Payload,
    reading::{Missing, Reading},
    task::{Failure, Outcome},
};
use document::graph::NodeIx;

impl Drive<'_> {
    /// Goes on with a node that waits, asks or has children: as it opens, where it goes on by itself, else by what was
    /// recorded.
    pub fn opened(&mut self, ix: NodeIx, activation: &Activation, opened: Decided) -> Result<(), Missing> {
        let phase = opened.state.node(&activation.node).filter(|found| found.visit == activation.visit);
        match phase.map(|found| found.phase.clone()) {
            Some(Phase::Asking { .. }) => {
                let visited = self.visited(activation);
                self.asks.push(visited);
                self.recall(ix, activation, Some(opened))
            }
            Some(Phase::Children) => {
                let number = self.number(activation);
                let visit = self.visit(ix, number);
                let then = visit.and_then(|visit| visit.children.as_ref());
                let now = opened.state.children.get(&activation.node).map(|kids| (kids.count, kids.items.clone()));
                let same = match (then, &now) {
                    (Some((count, items)), Some((now, of))) => count == now && same(items, of)?,
                    // They were planned before the checkpoint, or the record ends before they were.
                    (None, _) => {
                        self.state.started.forked.is_some() || visit.is_some_and(|visit| visit.came.is_empty())
                    }
                    (Some(_), None) => false,
                };
                if same {
                    self.recall(ix, activation, Some(opened))
                } else {
                    self.lacks(activation, Some(opened), false)
                }
            }
            Some(Phase::Waiting { until, event, .. }) => {
                let number = self.number(activation);
                match (until, event) {
                    // Time passes by itself.
                    (Some(until), None) if self.visit(ix, number).is_none() => {
                        self.keep(opened)?;
                        let then = self.now;
                        self.now = until.max(then);
                        self.does(Command::Timer { activation: activation.clone(), purpose: Purpose::Wait })?;
                        self.now = then;
                        Ok(())
                    }
                    _ => self.recall(ix, activation, Some(opened)),
                }
            }
            _ => self.keep(opened),
        }
    }

    /// Reports the outcome that was recorded of the next attempt. Where there is none the node stays as it is, opened where
    /// it opens.
    pub fn recall(&mut self, ix: NodeIx, activation: &Activation, opened: Option<Decided>) -> Result<(), Missing> {
        let number = self.number(activation);
        let visit = self.visit(ix, number);
        let used = &mut self.used.entry((activation.node.clone(), number)).or_default().0;
        let next = visit.and_then(|visit| visit.came.get(*used));
        let ports = &self.workflow.nodes[ix].ports;
        let outcome = match next {
            Some((_, Came::Succeeded { port, .. })) if !ports.is_empty() && !ports.contains(port) => {
                return self.lacks(activation, opened, false);
            }
            Some((_, Came::Succeeded { port, output })) => {
                Outcome::Succeeded { port: port.clone(), output: output.clone() }
            }
            Some((_, Came::Failed { error, unknown, again })) => {
                let failure = Failure {
                    details: error.details.clone(),
                    retryable: *again,
                    ..Failure::new(&error.code, error.message.clone())
                };
                if *unknown { Outcome::Unknown(failure) } else { Outcome::Failed(failure) }
            }
            None => return self.lacks(activation, opened, visit.is_some()),
        };
        *used += 1;
        let outcome = self.of_agent(ix, outcome)?;
        self.report(activation, outcome)
    }

    /// The recorded end of an agent, as its worker would report it: the model is not asked again.
    fn of_agent(&self, ix: NodeIx, outcome: Outcome<Payload>) -> Result<Outcome<Payload>, Missing> {
        let Outcome::Succeeded { port, output } = &outcome else { return Ok(outcome) };
        if self.workflow.nodes[ix].kind.agent().is_none() {
            return Ok(outcome);
        }
        let finished = Reading::of(|reading| Heard::finished(reading.value(output)))?;
        Ok(Outcome::Succeeded { port: port.clone(), output: Payload::new(finished) })
    }

    pub fn report(&mut self, activation: &Activation, outcome: Outcome<Payload>) -> Result<(), Missing> {
        let attempt = self.state.node(&activation.node).map_or(1, |found| found.attempt.max(1));
        let activation = activation.clone();
        self.does(Command::Report { activation, attempt, outcome, duration_ms: None }).map(|_| ())
    }

    /// Notes that nobody recorded how a visit ends, and goes on beside it.
    fn lacks(&mut self, activation: &Activation, opened: Option<Decided>, was_open: bool) -> Result<(), Missing> {
        let visited = self.visited(activation);
        let noted = if was_open { &mut self.as_open } else { &mut self.would_run };
        noted.push(visited);
        opened.map_or(Ok(()), |opened| self.keep(opened))
    }

    /// Answers a question about a failed attempt as it was answered then.
    pub fn answer(&mut self, one: &Interaction) -> Result<(), Missing> {
        let activation = &one.activation;
        let Some(&ix) = self.workflow.graph.index.get(&activation.node) else { return Ok(()) };
        let visited = self.visited(activation);
        self.asks.push(visited);
        let number = self.number(activation);
        let visit = self.visit(ix, number);
        let used = &mut self.used.entry((activation.node.clone(), number)).or_default().1;
        let asked = visit.and_then(|visit| visit.about_failures.get(*used));
        *used += 1;
        let done = match asked.map(|asked| (asked.decision, &asked.response)) {
            Some((Some(decision), Some(response))) => {
                let skips = visit.and_then(|visit| visit.instead.as_ref()).filter(|_| decision == AfterError::Skip);
                let data = skips.map(|output| Reading::of(|reading| reading.value(output).clone())).transpose()?;
                let answer = Answer {
                    by: response.by.clone(),
                    via: response.via,
                    option: Some(decision.to_string()),
                    data,
                    ..Answer::default()
                };
                self.does(Command::Answer { interaction_id: one.interaction_id.clone(), answer: Box::new(answer) })?
            }
            Some((Some(_), None)) => {
                let then = self.now;
                self.now = one.deadline.unwrap_or(then).max(then);
                let done = self.does(Command::Timer { activation: activation.clone(), purpose: Purpose::Deadline })?;
                self.now = then;
                done
            }
            Some((None, _)) | None => false,
        };
        let is_open = self.state.interaction(one.interaction_id.as_str()).is_some_and(|one| one.is_open());
        if done && !is_open {
            return Ok(());
        }
        let was_open = asked.is_some_and(|asked| asked.decision.is_none());
        self.lacks(activation, None, was_open)
    }
}

/// Whether two values are equal.
pub(super) fn same(one: &Payload, other: &Payload) -> Result<bool, Missing> {
    match (one.blob(), other.blob()) {
        _ if one.is_same(other) => Ok(true),
        (Some(one), Some(other)) => Ok(one == other),
        _ => Reading::of(|reading| reading.value(one) == reading.value(other)),
    }
}
