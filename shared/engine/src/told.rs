//! What a host's log says of executions: a line for each start, end, wait, failure, retry and warning, written once the
//! turn is durable. It stands here so that every host says the same of the same event. A line has ids, words and codes,
//! and the beginning of an error's message. What nodes put out, what people are asked and what they answer is the
//! journal's alone.

use crate::{limits, port::Commit};
use document::{
    id::{NodeId, WorkflowId},
    time::Time,
};
use stepwell_core::{
    error::Error,
    event::{Closed, Event, Started, TriedToTell, Turn},
    execution::Execution,
    id::{ExecutionId, InteractionId},
    interaction::{InteractionStatus, delivery},
};
use tracing::Level;

/// The target of the lines, by which filters name them, as in `RUST_LOG=warn,stepwell::executions=info`.
pub const TARGET: &str = "stepwell::executions";

/// The lines of one commit, kept until it is durable.
pub(crate) struct Told {
    execution: ExecutionId,
    owner: String,
    workflow: WorkflowId,
    /// Children are told to those who look closely, since a `map` has thousands.
    is_child: bool,
    lines: Vec<Line>,
}

/// One line. What does not apply to its event is none.
#[derive(Default)]
struct Line {
    weight: Weight,
    message: &'static str,
    node: Option<NodeId>,
    attempt: Option<u32>,
    code: Option<String>,
    /// The beginning of what was wrong.
    error: Option<String>,
    /// When the node goes on by itself, is tried again, or a question passes its deadline.
    until: Option<Time>,
    /// The name of the event that is waited for.
    event: Option<String>,
    interaction: Option<InteractionId>,
    decision: Option<String>,
    children: Option<u32>,
    /// The subject that asked for the turn.
    by: Option<String>,
    version: Option<u64>,
    seconds: Option<f64>,
}

/// How much a line matters.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Weight {
    #[default]
    Usual,
    /// Something failed, and the document or a person deals with it.
    Failure,
    /// The execution stands still until somebody acts.
    Trouble,
}

impl Told {
    /// What a commit is to be told with, once it is durable. Nothing is gathered where nobody listens.
    pub(crate) fn of(commit: &Commit) -> Self {
        let started = &commit.state.started;
        let is_child = started.parent.is_some();
        let heard = tracing::enabled!(target: TARGET, Level::ERROR);
        let closely = !is_child || tracing::enabled!(target: TARGET, Level::DEBUG);
        let events = commit.turns.iter().flat_map(|turn| turn.events.iter().map(move |event| (turn, event)));
        let lines = events.filter(|_| heard).filter_map(|(turn, event)| line(&commit.state, turn, event));
        let lines = lines.filter(|line| closely || line.weight == Weight::Trouble).collect();
        let (execution, owner) = (started.execution_id.clone(), started.owner.clone());
        Self { execution, owner, workflow: started.workflow_id.clone(), is_child, lines }
    }

    /// Writes the lines.
    pub(crate) fn tell(&self) {
        for line in &self.lines {
            self.write(line);
        }
    }

    fn write(&self, line: &Line) {
        // A level belongs to a place in the code, so each has its own.
        macro_rules! say {
            ($level:ident) => {
                tracing::$level!(
                    target: TARGET,
                    execution = %self.execution,
                    owner = self.owner,
                    workflow = %self.workflow,
                    node = line.node.as_ref().map(display),
                    attempt = line.attempt,
                    code = line.code.as_deref(),
                    error = line.error.as_deref(),
                    until = line.until.map(display),
                    event = line.event.as_deref(),
                    interaction = line.interaction.as_ref().map(display),
                    decision = line.decision.as_deref(),
                    children = line.children,
                    by = line.by.as_deref(),
                    version = line.version,
                    seconds = line.seconds,
                    "{}",
                    line.message
                )
            };
        }
        match (line.weight, self.is_child) {
            (Weight::Trouble, _) => say!(error),
            (Weight::Usual | Weight::Failure, true) => say!(debug),
            (Weight::Failure, false) => say!(warn),
            (Weight::Usual, false) => say!(info),
        }
    }
}

/// The line of an event; none for what happens within the steps of an execution that goes on.
fn line(state: &Execution, turn: &Turn, event: &Event) -> Option<Line> {
    let by = turn.by.clone();
    Some(match event {
        Event::ExecutionStarted(started) => start(started),
        Event::ExecutionAdmitted => usual("execution admitted"),
        Event::ExecutionPaused { .. } => Line { by, ..usual("execution paused") },
        Event::ExecutionResumed { .. } => Line { by, ..usual("execution resumed") },
        Event::ExecutionRetried { .. } => Line { by, ..usual("execution retried") },
        Event::ExecutionUnstuck { .. } => Line { by, ..usual("execution unstuck") },
        Event::ExecutionImported => Line { by, ..usual("execution imported") },
        Event::WorkflowPatched(_) => Line { by, ..usual("workflow patched") },
        Event::RollbackBegun { .. } => Line { by, ..usual("rollback begun") },
        Event::RolledBack { .. } => usual("rolled back"),
        Event::CompensationFailed(failed) => {
            let line = attempted(&failed.node, failed.attempt, "compensation failed");
            wrong(&failed.error.code, &failed.error.message, line)
        }
        Event::ExecutionCompleted { .. } => ended(state, turn, "execution completed"),
        Event::ExecutionCancelled { .. } => Line { by, ..ended(state, turn, "execution cancelled") },
        Event::ExecutionFailed { error } => failed(Weight::Failure, error, ended(state, turn, "execution failed")),
        Event::ExecutionStuck { error } => failed(Weight::Trouble, error, usual("execution stuck")),
        // Where the node's failure ends the execution, that line says it all.
        Event::NodeFailed { .. } if turn.events.iter().any(|event| matches!(event, Event::ExecutionFailed { .. })) => {
            return None;
        }
        Event::NodeFailed { node, attempt, error, .. } => {
            wrong(&error.code, &error.message, attempted(node, *attempt, "node failed"))
        }
        Event::AttemptFailed { node, attempt, error, retry_at, .. } => {
            let line = attempted(node, *attempt, "attempt failed, tried again");
            wrong(&error.code, &error.message, Line { until: Some(*retry_at), ..line })
        }
        Event::Warning { node, code, message } => wrong(code, message, about(node, Weight::Failure, "warning")),
        Event::WaitStarted { node, until, event, .. } => {
            Line { until: *until, event: event.as_deref().map(cut), ..about(node, Weight::Usual, "node waits") }
        }
        Event::ChildrenPlanned(planned) => {
            Line { children: Some(planned.count), ..about(&planned.node, Weight::Usual, "node starts children") }
        }
        Event::InteractionOpened { .. }
        | Event::InteractionClosed(_)
        | Event::InteractionVoted { .. }
        | Event::InteractionEscalated { .. }
        | Event::InteractionTold(_)
        | Event::InteractionReminded(_)
        | Event::InteractionReassigned(_)
        | Event::InteractionToldAgain(_) => return of_people(event, by),
        Event::RollbackAsked { .. } | Event::AwaitedEnded { .. } | Event::CompensationIntended { .. } => return None,
        Event::Compensated { .. } | Event::NodeActivated { .. } | Event::NodeTriggered { .. } => return None,
        Event::AttemptIntended { .. } | Event::NodeSucceeded { .. } | Event::NodeRouted { .. } => return None,
        Event::NodesSkipped { .. } | Event::LoopEntered { .. } | Event::LoopIterated { .. } => return None,
        Event::LoopBroken { .. } | Event::SignalReceived { .. } | Event::SignalConsumed { .. } => return None,
        Event::ChildrenStarted { .. } | Event::ChildrenEnded { .. } => return None,
        Event::ChildrenAsked { .. } | Event::AnswerPassedOn { .. } => return None,
        Event::AgentOpened(_) | Event::AgentAnswered(_) | Event::AgentToolEnded(_) => return None,
    })
}

/// The line of an event of a question to people.
fn of_people(event: &Event, by: Option<String>) -> Option<Line> {
    Some(match event {
        Event::InteractionOpened { interaction, .. } => Line {
            interaction: Some(interaction.interaction_id.clone()),
            until: interaction.deadline,
            ..about(&interaction.activation.node, Weight::Usual, "person asked")
        },
        Event::InteractionClosed(closed) => {
            let Closed { interaction_id, status, decision, .. } = &**closed;
            Line { decision: decision.clone(), by, ..question(interaction_id, over(*status)) }
        }
        Event::InteractionVoted { interaction_id, .. } => Line { by, ..question(interaction_id, "vote counted") },
        Event::InteractionEscalated { interaction_id, deadline, .. } => {
            Line { until: *deadline, ..question(interaction_id, "question escalated") }
        }
        Event::InteractionTold(tried) => return of_message(tried),
        Event::InteractionReminded(reminded) => {
            Line { until: reminded.next_at, ..question(&reminded.interaction_id, "people reminded") }
        }
        Event::InteractionReassigned(it) => Line { by, ..question(&it.interaction_id, "question reassigned") },
        Event::InteractionToldAgain(it) => Line { by, ..question(&it.interaction_id, "messages sent again") },
        _ => return None,
    })
}

/// The line of a try to send a message, or of one that came back; none where it was sent.
fn of_message(tried: &TriedToTell) -> Option<Line> {
    let (message, error) = match (&tried.told, tried.again_at) {
        (delivery::Told::Failed { error, .. }, Some(_)) => ("message failed, tried again", error),
        (delivery::Told::Failed { error, .. } | delivery::Told::Refused { error }, _) => ("message failed", error),
        (delivery::Told::Bounced { error, .. }, _) => ("message came back", error),
        (delivery::Told::Sent { .. } | delivery::Told::Members(_) | delivery::Told::Dropped, _) => return None,
    };
    let line = question(&tried.interaction_id, message);
    Some(Line { until: tried.again_at, ..wrong("not_told", error, Line { weight: Weight::Failure, ..line }) })
}

fn usual(message: &'static str) -> Line {
    Line { message, ..Line::default() }
}

fn about(node: &NodeId, weight: Weight, message: &'static str) -> Line {
    Line { weight, node: Some(node.clone()), ..usual(message) }
}

fn attempted(node: &NodeId, attempt: u32, message: &'static str) -> Line {
    Line { attempt: Some(attempt), ..about(node, Weight::Failure, message) }
}

fn failed(weight: Weight, error: &Error, line: Line) -> Line {
    let line = Line { weight, node: error.node.clone(), attempt: error.attempt, ..line };
    wrong(&error.code, &error.message, line)
}

/// How a question ended.
fn over(status: InteractionStatus) -> &'static str {
    match status {
        InteractionStatus::Answered => "question answered",
        InteractionStatus::TimedOut => "question timed out",
        InteractionStatus::Pending | InteractionStatus::Cancelled => "question closed",
    }
}

fn question(id: &InteractionId, message: &'static str) -> Line {
    Line { interaction: Some(id.clone()), ..usual(message) }
}

fn start(started: &Started) -> Line {
    let line = match &started.skipped {
        Some(reason) => Line { error: Some(cut(reason)), ..usual("execution skipped") },
        None if started.held => usual("execution held back"),
        None => usual("execution started"),
    };
    // An inline document has no version.
    let version = Some(started.workflow_version).filter(|version| *version > 0);
    Line { by: started.started_by.clone(), version, ..line }
}

fn ended(state: &Execution, turn: &Turn, message: &'static str) -> Line {
    Line { seconds: Some(turn.at.since(state.started_at).as_secs_f64()), ..usual(message) }
}

fn wrong(code: &str, message: &str, line: Line) -> Line {
    Line { code: Some(cut(code)), error: Some(cut(message)), ..line }
}

/// The beginning of a text that a document or a server may have made as long as it likes.
fn cut(text: &str) -> String {
    match text.char_indices().nth(limits::TOLD_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
