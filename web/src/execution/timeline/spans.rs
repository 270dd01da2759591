//! What the turns of a journal say of time: when each node ran, waited or asked, and how it ended.

use document::{Workflow, id::NodeId, time::Time};
use std::collections::BTreeMap;
use stepwell_core::event::{Event, Turn};

/// What a node did during a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// It ran, or was due to.
    Running,
    /// It waited for a time, an event, or the delay before another attempt.
    Waiting,
    /// It waited for people.
    Asking,
    /// Its children ran, or the body of the loop.
    Below,
}

/// How a span ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Ended {
    /// It goes on at the end of the turns.
    Open,
    /// What the node did came to an end.
    Done,
    /// The attempt failed, with this code.
    Failed(String),
    /// The end of the execution, a `break` or a rollback came before.
    Dropped,
}

/// A time during which a node did one thing.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// The node.
    pub node: NodeId,
    /// Number of its visit; 0 where it began before the turns.
    pub visit: u32,
    /// Number of its attempt, from 1.
    pub attempt: u32,
    /// What it did.
    pub doing: Doing,
    /// When it began; none where that was before the turns.
    pub begin: Option<Time>,
    /// When it ended; none while it goes on.
    pub end: Option<Time>,
    /// How it ended.
    pub ended: Ended,
}

/// The spans of some turns, in the order in which they began.
pub fn spans(workflow: &Workflow, turns: &[Turn]) -> Vec<Span> {
    let (open, stopped, questions) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    let mut making = Making { workflow, spans: Vec::new(), open, stopped, questions };
    for turn in turns {
        for event in &turn.events {
            making.take(event, turn.at);
        }
    }
    making.spans
}

struct Making<'a> {
    workflow: &'a Workflow,
    spans: Vec<Span>,
    /// The position of each node's span that goes on.
    open: BTreeMap<NodeId, usize>,
    /// The position of each node's span that failed for good, or that the end of the execution cut off: a retry takes it up.
    stopped: BTreeMap<NodeId, usize>,
    /// The node of each question that is open.
    questions: BTreeMap<String, NodeId>,
}

impl Making<'_> {
    fn take(&mut self, event: &Event, at: Time) {
        match event {
            Event::NodeActivated { node, visit, .. } => self.begin(node, *visit, 1, Doing::Running, Some(at)),
            Event::NodeTriggered { node, .. } => {
                self.begin(node, 1, 1, Doing::Running, Some(at));
                self.end(node, at, Ended::Done);
            }
            Event::AttemptIntended { node, visit, attempt, .. } => {
                self.change(node, *visit, *attempt, Doing::Running, at);
            }
            Event::WaitStarted { node, visit, .. } => self.change(node, *visit, 1, Doing::Waiting, at),
            Event::ChildrenPlanned(planned) => self.change(&planned.node, planned.visit, 0, Doing::Below, at),
            Event::LoopEntered { node, .. } => self.change(node, 0, 0, Doing::Below, at),
            Event::InteractionOpened { interaction, .. } => {
                let (node, visit) = (&interaction.activation.node, interaction.activation.visit);
                self.questions.insert(interaction.interaction_id.to_string(), node.clone());
                self.change(node, visit, 0, Doing::Asking, at);
            }
            Event::InteractionClosed(closed) => {
                if let Some(node) = self.questions.remove(closed.interaction_id.as_str()) {
                    self.end(&node, at, Ended::Done);
                }
            }
            Event::AttemptFailed { node, visit, attempt, error, retry_at, .. } => {
                self.whole(node, *visit, *attempt, None, at, Ended::Failed(error.code.clone()));
                if *retry_at > at {
                    self.begin(node, *visit, attempt + 1, Doing::Waiting, Some(at));
                    self.end(node, *retry_at, Ended::Done);
                }
                self.begin(node, *visit, attempt + 1, Doing::Running, Some((*retry_at).max(at)));
            }
            Event::NodeFailed { node, visit, attempt, error, .. } => {
                self.whole(node, *visit, *attempt, None, at, Ended::Failed(error.code.clone()));
                let last = self.spans.iter().rposition(|span| span.node == *node);
                self.stopped.extend(last.map(|ix| (node.clone(), ix)));
            }
            Event::NodeSucceeded { node, visit, attempt, duration_ms, .. } => {
                self.whole(node, *visit, *attempt, *duration_ms, at, Ended::Done);
            }
            Event::LoopBroken { node, .. } => self.drop_body(node, at),
            // Its failure is handled, so that there is nothing to take up.
            Event::NodeRouted { node, .. } => {
                self.stopped.remove(node);
                self.end(node, at, Ended::Done);
            }
            Event::ExecutionRetried { .. } => self.take_up(at),
            Event::ExecutionCompleted { .. } | Event::ExecutionFailed { .. } | Event::ExecutionCancelled { .. } => {
                self.drop_all(at);
            }
            Event::RollbackBegun { .. } => {
                self.drop_all(at);
                self.stopped.clear();
            }
            _ => {}
        }
    }

    fn begin(&mut self, node: &NodeId, visit: u32, attempt: u32, doing: Doing, begin: Option<Time>) {
        let span = Span { node: node.clone(), visit, attempt, doing, begin, end: None, ended: Ended::Open };
        // What a node was due to do is known in the turn that made it due: there is one span, not one of no length too.
        if let Some(same) = self.open.get(node).map(|ix| &mut self.spans[*ix]).filter(|open| open.begin == begin) {
            *same = span;
            return;
        }
        if let Some(before) = begin {
            self.end(node, before, Ended::Done);
        }
        self.open.insert(node.clone(), self.spans.len());
        self.spans.push(span);
    }

    /// Ends what a node did, and begins another thing of the same visit.
    fn change(&mut self, node: &NodeId, visit: u32, attempt: u32, doing: Doing, at: Time) {
        let before = self.open.get(node).map(|ix| &self.spans[*ix]);
        let (old_visit, old_attempt) = before.map_or((0, 1), |span| (span.visit, span.attempt));
        let visit = if visit == 0 { old_visit } else { visit };
        let attempt = if attempt == 0 { old_attempt } else { attempt };
        self.begin(node, visit, attempt, doing, Some(at));
    }

    fn end(&mut self, node: &NodeId, at: Time, ended: Ended) {
        if let Some(ix) = self.open.remove(node) {
            let span = &mut self.spans[ix];
            (span.end, span.ended) = (Some(at), ended);
        }
    }

    /// An outcome that was recorded: the attempt ran for as long as was measured, or since it was due.
    fn whole(&mut self, node: &NodeId, visit: u32, attempt: u32, ran: Option<u64>, at: Time, ended: Ended) {
        if !self.open.contains_key(node) {
            let measured = ran.map(|millis| Time(at.0 - millis as i64));
            self.begin(node, visit, attempt, Doing::Running, measured);
        }
        if let Some(span) = self.open.get(node).map(|ix| &mut self.spans[*ix]) {
            span.attempt = attempt;
            if let (Some(millis), Doing::Running, Some(begin)) = (ran, span.doing, span.begin) {
                span.begin = Some(Time(begin.0.max(at.0 - millis as i64)));
            }
        }
        self.end(node, at, ended);
    }

    fn drop_body(&mut self, node: &NodeId, at: Time) {
        let Some(ix) = self.workflow.node_ix(node.as_str()) else { return };
        for inside in &self.workflow.graph.body[ix] {
            self.end(&self.workflow.nodes[*inside].id, at, Ended::Dropped);
        }
    }

    fn drop_all(&mut self, at: Time) {
        for (node, ix) in std::mem::take(&mut self.open) {
            let span = &mut self.spans[ix];
            (span.end, span.ended) = (Some(at.max(span.begin.unwrap_or(at))), Ended::Dropped);
            self.stopped.insert(node, ix);
        }
    }

    /// Goes on with what an end stopped: what failed has another attempt, and the rest does what it did.
    fn take_up(&mut self, at: Time) {
        for (node, ix) in std::mem::take(&mut self.stopped) {
            let Span { visit, attempt, doing, ended, .. } = self.spans[ix].clone();
            match ended {
                Ended::Failed(_) => self.begin(&node, visit, attempt + 1, Doing::Running, Some(at)),
                // A question is asked anew, which an event of its own tells.
                Ended::Dropped if doing != Doing::Asking => self.begin(&node, visit, attempt, doing, Some(at)),
                Ended::Dropped | Ended::Open | Ended::Done => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;
    use stepwell_core::{error::Error, payload::Payload};

    fn turn(seq: u64, at: i64, events: Vec<Event>) -> Turn {
        Turn { seq, at: Time(at), by: None, request: None, events }
    }

    fn activated(node: &str, visit: u32) -> Event {
        Event::NodeActivated { node: node.into(), visit, via: vec![] }
    }

    fn succeeded(node: &str, attempt: u32, duration_ms: Option<u64>) -> Event {
        let (port, output) = ("success".into(), Payload::new(json!(null)));
        Event::NodeSucceeded { node: node.into(), visit: 1, attempt, port, output, duration_ms, live: None }
    }

    /// Node, what it did, from when to when, and how it ended.
    type Told = (String, Doing, Option<i64>, Option<i64>, Ended);

    fn of(turns: &[Turn]) -> Vec<Told> {
        let document = json!({"id": "w", "nodes": [{"id": "a", "type": "manual_trigger"}, {"id": "b", "type": "succeed"}],
            "edges": [{"from": "a", "to": "b"}]});
        let workflow = document::parse(&document).unwrap().workflow;
        let told = |span: Span| {
            let (begin, end) = (span.begin.map(|time| time.0), span.end.map(|time| time.0));
            (span.node.to_string(), span.doing, begin, end, span.ended)
        };
        spans(&workflow, turns).into_iter().map(told).collect()
    }

    #[test]
    fn an_attempt_a_delay_and_another_attempt_are_three_spans() {
        let error = Error::new("http_status", "503");
        let failed = Event::AttemptFailed {
            node: "a".into(),
            visit: 1,
            attempt: 1,
            error,
            unknown: false,
            retry_at: Time(5_000),
        };
        let turns = [
            turn(1, 0, vec![activated("a", 1)]),
            turn(2, 1_000, vec![failed]),
            turn(3, 7_000, vec![succeeded("a", 2, Some(1_500))]),
        ];
        let (a, running, failed) = ("a".to_owned(), Doing::Running, Ended::Failed("http_status".into()));
        assert_eq!(
            of(&turns),
            vec![
                (a.clone(), running, Some(0), Some(1_000), failed),
                (a.clone(), Doing::Waiting, Some(1_000), Some(5_000), Ended::Done),
                (a, running, Some(5_500), Some(7_000), Ended::Done),
            ]
        );
    }

    #[test]
    fn what_is_open_at_the_end_is_dropped_and_what_began_before_has_no_beginning() {
        let end = Event::ExecutionCancelled { reason: None };
        let turns = [turn(7, 1_000, vec![succeeded("a", 1, None), activated("b", 1)]), turn(8, 3_000, vec![end])];
        assert_eq!(
            of(&turns),
            vec![
                ("a".into(), Doing::Running, None, Some(1_000), Ended::Done),
                ("b".into(), Doing::Running, Some(1_000), Some(3_000), Ended::Dropped),
            ]
        );
        assert_eq!(of(&turns[..1]).last().unwrap().4, Ended::Open);
    }

    #[test]
    fn a_retry_begins_another_attempt_of_what_failed_and_takes_up_what_was_cut_off() {
        let failed = |attempt| Event::NodeFailed {
            node: "a".into(),
            visit: 1,
            attempt,
            error: Error::new("http_status", "503"),
            unknown: false,
        };
        let ended = || Event::ExecutionFailed { error: Error::new("http_status", "503") };
        let retried = Event::ExecutionRetried { reason: None, deadline: Time(0), timeouts: BTreeMap::new() };
        let turns = [
            turn(1, 0, vec![activated("a", 1), activated("b", 1)]),
            turn(2, 1_000, vec![failed(1), ended()]),
            turn(3, 60_000, vec![retried]),
            turn(4, 61_000, vec![failed(2), ended()]),
        ];
        let (running, code) = (Doing::Running, || Ended::Failed("http_status".into()));
        assert_eq!(
            of(&turns),
            vec![
                ("a".into(), running, Some(0), Some(1_000), code()),
                ("b".into(), running, Some(0), Some(1_000), Ended::Dropped),
                ("a".into(), running, Some(60_000), Some(61_000), code()),
                ("b".into(), running, Some(60_000), Some(61_000), Ended::Dropped),
            ]
        );
    }

    #[test]
    fn a_wait_begins_where_the_node_was_only_due() {
        let waits = Event::WaitStarted { node: "a".into(), visit: 1, until: None, event: None, timeout_at: None };
        let turns = [
            turn(1, 0, vec![activated("a", 1)]),
            turn(2, 10, vec![waits]),
            turn(3, 500, vec![succeeded("a", 1, None)]),
        ];
        let spans = of(&turns);
        assert_eq!((spans.len(), spans[1].1, spans[1].2, spans[1].3), (2, Doing::Waiting, Some(10), Some(500)));
    }
}
