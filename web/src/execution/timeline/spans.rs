//! What the turns of a journal say of time: when each node ran, waited or asked, and how it ended.

use document::{Workflow, id::NodeId, node::node_type::Mode, time::Time};
use std::collections::{BTreeMap, BTreeSet};
use stepwell_core::event::{Event, Turn};

/// What a node did during a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// It ran. What nobody measured is shown from when it was due.
    Running,
    /// It waited for a time, an event, or the delay before another attempt.
    Waiting,
    /// It waited for people.
    Asking,
    /// Its children ran, or the body of the loop.
    Below,
    /// What it had done was undone.
    Undoing,
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
    /// How many rollbacks of the turns had begun before: each counts visits on from its checkpoint.
    pub round: u32,
    /// Whether a rollback went back to before it ended, so that it is none of what led to the present state.
    pub left: bool,
    /// Number of the turn in which it ended, or began where it goes on.
    pub seq: u64,
}

/// The spans of some turns, in the order in which they began.
pub fn spans(workflow: &Workflow, turns: &[Turn]) -> Vec<Span> {
    let (open, stopped, questions, asking) = Default::default();
    let (restored, undoing, round, seq) = (None, None, 0, 0);
    let spans = Vec::new();
    let mut making = Making { workflow, spans, open, stopped, questions, asking, restored, undoing, round, seq };
    for turn in turns {
        making.seq = turn.seq;
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
    /// The tool calls of each agent in which people are asked.
    asking: BTreeMap<NodeId, BTreeSet<u32>>,
    /// When the execution last came back to a checkpoint: what was due there is due again, which no event tells.
    restored: Option<Time>,
    /// Since when the next thing is undone, one after another; none while the execution does not go back.
    undoing: Option<Time>,
    /// How many rollbacks have begun.
    round: u32,
    /// Number of the turn that is looked at.
    seq: u64,
}

impl Making<'_> {
    fn take(&mut self, event: &Event, at: Time) {
        match event {
            Event::NodeActivated { node, visit, .. } => self.begin(node, *visit, 1, Doing::Running, Some(at)),
            Event::NodeTriggered { node, .. } => {
                self.begin(node, 1, 1, Doing::Running, Some(at));
                self.end(node, at, Ended::Done);
            }
            Event::AttemptIntended { node, visit, attempt, .. } => self.intend(node, *visit, *attempt, at),
            Event::WaitStarted { node, visit, .. } => self.change(node, *visit, 1, Doing::Waiting, at),
            Event::ChildrenPlanned(planned) => {
                self.asking.remove(&planned.node);
                self.change(&planned.node, planned.visit, 0, Doing::Below, at);
            }
            Event::LoopEntered { node, .. } => self.change(node, 0, 0, Doing::Below, at),
            Event::InteractionOpened { interaction, .. } => {
                let (node, visit) = (&interaction.activation.node, interaction.activation.visit);
                self.questions.insert(interaction.interaction_id.to_string(), node.clone());
                self.change(node, visit, 0, Doing::Asking, at);
            }
            Event::ChildrenAsked { node, asking, ceased, .. } => self.ask_below(node, asking, ceased, at),
            Event::InteractionClosed(closed) => {
                if let Some(node) = self.questions.remove(closed.interaction_id.as_str()) {
                    self.end(&node, at, Ended::Done);
                }
            }
            Event::AttemptFailed { node, visit, attempt, error, retry_at, .. } => {
                // Where people were asked about a failure, it was recorded before: this only says that another attempt follows.
                self.stopped.remove(node);
                if !self.has_failed(node, *visit, *attempt) {
                    self.whole(node, *visit, *attempt, None, at, Ended::Failed(error.code.clone()));
                }
                if *retry_at > at {
                    self.begin(node, *visit, attempt + 1, Doing::Waiting, Some(at));
                    self.end(node, *retry_at, Ended::Done);
                }
                self.begin(node, *visit, attempt + 1, Doing::Running, Some((*retry_at).max(at)));
            }
            Event::NodeFailed { node, visit, attempt, error, .. } if !self.has_failed(node, *visit, *attempt) => {
                self.whole(node, *visit, *attempt, None, at, Ended::Failed(error.code.clone()));
                let last = self.spans.iter().rposition(|span| span.node == *node);
                self.stopped.extend(last.map(|ix| (node.clone(), ix)));
            }
            Event::NodeSucceeded { node, visit, attempt, duration_ms, .. } => {
                self.stopped.remove(node);
                self.whole(node, *visit, *attempt, *duration_ms, at, Ended::Done);
            }
            Event::LoopBroken { node, .. } => self.drop_body(node, at),
            // Its failure is handled, so that there is nothing to take up.
            Event::NodeRouted { node, .. } => {
                self.stopped.remove(node);
                self.end(node, at, Ended::Done);
            }
            Event::ExecutionRetried { reopened, .. } => self.take_up(reopened, at),
            Event::ExecutionCompleted { .. } | Event::ExecutionFailed { .. } | Event::ExecutionCancelled { .. } => {
                self.drop_all(at);
            }
            _ => self.take_back(event, at),
        }
    }

    /// What happens on the way back to a checkpoint.
    fn take_back(&mut self, event: &Event, at: Time) {
        match event {
            Event::RollbackBegun { rollback, .. } => {
                self.drop_all(at);
                self.stopped.clear();
                let left = |span: &&mut Span| span.seq > rollback.to && span.doing != Doing::Undoing;
                self.spans.iter_mut().filter(left).for_each(|span| span.left = true);
                (self.undoing, self.round) = (Some(at), self.round + 1);
            }
            Event::CompensationFailed(failed) => {
                self.undo(&failed.node, failed.visit, failed.attempt, at, Ended::Failed(failed.error.code.clone()));
                // The next attempt comes after a delay, or once somebody has found the way out.
                self.undoing = Some(failed.retry_at.unwrap_or(at).max(at));
            }
            Event::Compensated { node, visit, attempt, skipped, .. } => {
                if !skipped {
                    self.undo(node, *visit, *attempt, at, Ended::Done);
                }
                self.undoing = Some(at);
            }
            Event::ExecutionUnstuck { .. } => self.undoing = self.undoing.map(|_| at),
            Event::RolledBack { .. } => (self.undoing, self.restored) = (None, Some(at)),
            _ => {}
        }
    }

    fn begin(&mut self, node: &NodeId, visit: u32, attempt: u32, doing: Doing, begin: Option<Time>) {
        let span = self.span(node, visit, attempt, doing, begin);
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

    fn span(&self, node: &NodeId, visit: u32, attempt: u32, doing: Doing, begin: Option<Time>) -> Span {
        let (node, end, ended) = (node.clone(), None, Ended::Open);
        Span { node, visit, attempt, doing, begin, end, ended, round: self.round, left: false, seq: self.seq }
    }

    /// An attempt begins that was due: what it waited before is no part of it.
    fn intend(&mut self, node: &NodeId, visit: u32, attempt: u32, at: Time) {
        let due = self.open.get(node).map(|ix| &mut self.spans[*ix]);
        match due.filter(|span| span.doing == Doing::Running && span.visit == visit) {
            Some(span) => (span.begin, span.attempt, span.seq) = (Some(at), attempt, self.seq),
            None => self.change(node, visit, attempt, Doing::Running, at),
        }
    }

    /// Ends what a node did, and begins another thing of the same visit. A node that waits, asks or has its children run
    /// does nothing of its own before that: it was only due.
    fn change(&mut self, node: &NodeId, visit: u32, attempt: u32, doing: Doing, at: Time) {
        // One that asks about its failure does so in the attempt that failed.
        let last = || {
            self.spans.iter().rev().find(|span| span.node == *node && span.visit == visit && span.round == self.round)
        };
        let before = self.open.get(node).map(|ix| &self.spans[*ix]).or_else(last);
        let (old_visit, old_attempt) = before.map_or((0, 1), |span| (span.visit, span.attempt));
        let visit = if visit == 0 { old_visit } else { visit };
        let attempt = if attempt == 0 { old_attempt } else { attempt };
        let works = self.workflow.node(node.as_str()).is_some_and(|node| works(node.of.mode));
        match self.open.get(node).copied().filter(|ix| !works && self.spans[*ix].doing == Doing::Running) {
            Some(due) => self.spans[due] = self.span(node, visit, attempt, doing, Some(at)),
            None => self.begin(node, visit, attempt, doing, Some(at)),
        }
    }

    /// An attempt to undo what a node did. It began when the one before it had ended.
    fn undo(&mut self, node: &NodeId, visit: u32, attempt: u32, at: Time, ended: Ended) {
        let span = self.span(node, visit, attempt, Doing::Undoing, self.undoing);
        self.spans.push(Span { end: Some(at), ended, ..span });
    }

    fn end(&mut self, node: &NodeId, at: Time, ended: Ended) {
        if let Some(ix) = self.open.remove(node) {
            let span = &mut self.spans[ix];
            (span.end, span.ended, span.seq) = (Some(at), ended, self.seq);
        }
    }

    /// An outcome that was recorded: the attempt ran for as long as was measured, or since it was due.
    fn whole(&mut self, node: &NodeId, visit: u32, attempt: u32, ran: Option<u64>, at: Time, ended: Ended) {
        if !self.open.contains_key(node) {
            let before = self.spans.iter().rev().find(|span| (&span.node, span.visit) == (node, visit));
            let before = before.and_then(|span| span.end);
            // The answer to a question is the outcome of the node that asked, which took no time beside.
            if ended == Ended::Done && ran.is_none() && before == Some(at) {
                return;
            }
            let measured = ran.map(|millis| Time(at.0 - millis as i64)).or(before.max(self.restored));
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

    /// Whether the failure of an attempt was recorded before.
    fn has_failed(&self, node: &NodeId, visit: u32, attempt: u32) -> bool {
        let is_attempt = |span: &Span| (span.visit, span.attempt, span.round) == (visit, attempt, self.round);
        let mut own = self.spans.iter().rev().filter(|span| span.node == *node && is_attempt(span));
        !self.open.contains_key(node)
            && own.any(|span| matches!(span.ended, Ended::Failed(_)) && span.doing != Doing::Undoing)
    }

    /// An agent waits for people while one of its tool calls does: nothing else of it goes on.
    fn ask_below(&mut self, node: &NodeId, asking: &[(u32, u64)], ceased: &[(u32, u64)], at: Time) {
        if !self.workflow.node(node.as_str()).is_some_and(|node| node.of.mode == Mode::Agent) {
            return;
        }
        let below = self.asking.entry(node.clone()).or_default();
        below.extend(asking.iter().map(|(index, _)| *index));
        below.retain(|index| !ceased.iter().any(|(one, _)| one == index));
        let doing = if below.is_empty() { Doing::Below } else { Doing::Asking };
        let goes_on = self.open.get(node).map(|ix| self.spans[*ix].doing);
        if goes_on.is_some_and(|now| now != doing) {
            self.change(node, 0, 0, doing, at);
        }
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
            span.seq = self.seq;
            self.stopped.insert(node, ix);
        }
    }

    /// Goes on with what an end stopped: what failed has another attempt, and the rest does what it did.
    fn take_up(&mut self, reopened: &[NodeId], at: Time) {
        for (node, ix) in std::mem::take(&mut self.stopped) {
            let Span { visit, attempt, doing, ended, .. } = self.spans[ix].clone();
            match ended {
                // It goes on with what it has.
                Ended::Failed(_) if reopened.contains(&node) => self.begin(&node, visit, attempt, doing, Some(at)),
                Ended::Failed(_) => self.begin(&node, visit, attempt + 1, Doing::Running, Some(at)),
                // An agent goes on with its tool calls, in which people are asked anew.
                Ended::Dropped if doing == Doing::Asking && self.asking.remove(&node).is_some() => {
                    self.begin(&node, visit, attempt, Doing::Below, Some(at));
                }
                // A question is asked anew, which an event of its own tells.
                Ended::Dropped if doing != Doing::Asking => self.begin(&node, visit, attempt, doing, Some(at)),
                Ended::Dropped | Ended::Open | Ended::Done => {}
            }
        }
    }
}

/// Whether a node of a mode does something of its own once it is due.
fn works(mode: Mode) -> bool {
    match mode {
        Mode::Compute | Mode::Run | Mode::Agent => true,
        Mode::Route | Mode::Wait | Mode::Children | Mode::Lend => false,
    }
}

#[cfg(test)]
mod tests;
