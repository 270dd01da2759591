//! Follows an execution to its end: tells what happens, and asks the person at the terminal what the execution asks.

use super::{
    ask::{Asked, Asking},
    lines::Lines,
    next::next,
    progress::Progress,
    signals::Signals,
};
use crate::cli::{
    Failure,
    client::{Client, escaped},
    limits,
};
use api::types::{Interaction, Page};
use engine::port::{ExecutionFilter, Host, Window};
use std::{sync::Arc, time::Instant};
use stepwell::{Local, server};
use stepwell_core::{
    execution::{Execution, Phase, Status},
    id::ExecutionId,
};

/// How following ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The execution ended, or is stuck.
    Over,
    /// The execution waits for a person or an event, and this terminal gives neither.
    Waiting,
    /// Ctrl-C or SIGTERM asked the process to stop.
    Interrupted,
}

/// One execution that is followed.
pub struct Follow<'a> {
    host: &'a Arc<Local>,
    client: &'a Client,
    id: &'a ExecutionId,
    /// Whether nobody can be asked.
    silent: bool,
    /// Lines of stdin, read from the first question on.
    lines: Option<Lines>,
    signals: Signals,
    progress: Progress,
    /// Number of the last turn that was told.
    seq: u64,
    /// When a question was first seen of those that are open now; none where none is.
    asked_since: Option<Instant>,
}

impl<'a> Follow<'a> {
    /// Prepares to follow an execution from its first turn on. `silent`: nobody can be asked.
    pub fn new(host: &'a Arc<Local>, client: &'a Client, id: &'a ExecutionId, silent: bool, signals: Signals) -> Self {
        let progress = Progress::begin();
        Self { host, client, id, silent, lines: None, signals, progress, seq: 0, asked_since: None }
    }

    /// Sets the turn after which turns are told.
    pub fn after(self, seq: u64) -> Self {
        Self { seq, ..self }
    }

    /// Follows the execution until it ends, is stuck, waits for what cannot come from here, or a signal came.
    pub async fn follow(mut self) -> Result<End, Failure> {
        loop {
            let turns = self.host.journal().turns_lean(self.id, self.seq, limits::TURNS).await?;
            for turn in &turns {
                self.progress.tell(turn);
                self.seq = turn.seq;
            }
            if self.signals.heard() {
                return Ok(End::Interrupted);
            }
            let Some(state) = self.host.journal().load_lean(self.id).await? else {
                return Err(Failure::failed(format!("execution {} was deleted", self.id), "start it anew"));
            };
            // Turns were committed since the journal was read: they are told before anything is asked.
            if state.seq > self.seq {
                continue;
            }
            if state.status().is_terminal() || state.status() == Status::Stuck {
                return Ok(End::Over);
            }
            if !self.silent
                && let Some(question) = self.question(&state).await?
            {
                match self.ask(&question).await? {
                    Asked::Answered | Asked::Over => {}
                    Asked::Nobody => self.silent = true,
                    Asked::Interrupted => return Ok(End::Interrupted),
                }
                continue;
            }
            if self.silent && self.comes_from_elsewhere(&state).await? {
                return Ok(End::Waiting);
            }
            self.wait(&state).await;
        }
    }

    /// Waits for a turn or a signal. Where children run, also ends after a while: their turns and questions are not
    /// this execution's. So it does where a question is held back for one that may come first.
    async fn wait(&mut self, state: &Execution) {
        let changed = self.host.journal().changed(self.id, self.seq);
        let look = async {
            match has_children(state) || self.asked_since.is_some() {
                true => tokio::time::sleep(limits::FOLLOW).await,
                false => std::future::pending().await,
            }
        };
        tokio::select! {
            () = changed => {}
            () = look => {}
            () = self.signals.first() => {}
        }
    }

    /// Asks a question, with the spinner out of the way.
    async fn ask(&mut self, question: &Interaction) -> Result<Asked, Failure> {
        self.progress.hide(true);
        let asking = Asking {
            host: self.host,
            client: self.client,
            lines: self.lines.get_or_insert_with(Lines::begin),
            signals: &mut self.signals,
            question,
        };
        let asked = asking.ask().await;
        self.progress.hide(false);
        asked
    }

    /// Returns the question to ask now: of all that are open, in the execution and its descendants, the first by the order
    /// of the document and of the items. None where nothing is asked, or where a question that comes first may be on its
    /// way: what asks at once does so within some moments of each other.
    async fn question(&mut self, state: &Arc<Execution>) -> Result<Option<Interaction>, Failure> {
        if !self.is_asked(state).await? {
            self.asked_since = None;
            return Ok(None);
        }
        let next = next(&**self.host, state.clone()).await?;
        let patient = self.asked_since.get_or_insert_with(Instant::now).elapsed() < limits::AT_ONCE;
        let Some(id) = next.question.filter(|_| !(next.sooner && patient)) else { return Ok(None) };
        self.asked_since = None;
        self.client.get(&format!("/v1/interactions/{}", escaped(id.as_str()))).await?.read().map(Some)
    }

    /// Whether the execution or a descendant has an open question.
    async fn is_asked(&self, state: &Execution) -> Result<bool, Failure> {
        if state.open_interactions().next().is_some() {
            return Ok(true);
        }
        if !has_children(state) {
            return Ok(false);
        }
        let page = self.client.get(&format!("/v1/interactions?status=pending&limit={}", limits::PAGE)).await?;
        for question in page.read::<Page<Interaction>>()?.items {
            if self.is_ours(&question.execution_id).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether an execution is the one that is followed, or a descendant of it.
    async fn is_ours(&self, id: &str) -> Result<bool, Failure> {
        let mut id = ExecutionId::from(id);
        for _ in 0..=engine::limits::CHILD_DEPTH {
            if id == *self.id {
                return Ok(true);
            }
            let Some(parent) = self.host.journal().load_lean(&id).await?.and_then(|one| one.started.parent.clone())
            else {
                break;
            };
            id = parent.execution_id;
        }
        Ok(false)
    }

    /// Whether the execution and its descendants wait only for people and events. Nobody can send those while this
    /// process has the data folder open.
    async fn comes_from_elsewhere(&self, state: &Execution) -> Result<bool, Failure> {
        let mut open = vec![state.id().clone()];
        let mut asks = false;
        while let Some(id) = open.pop() {
            let Some(state) = self.host.journal().load_lean(&id).await? else { continue };
            match state.status() {
                Status::WaitingHuman if state.open_interactions().next().is_some() => asks = true,
                // It waits for children, of which one may ask while others go on.
                Status::Waiting | Status::WaitingHuman if goes_on_by_itself(&state) => return Ok(false),
                Status::Waiting | Status::WaitingHuman if has_children(&state) => {
                    let children = self.children(&id).await?;
                    if children.is_empty() {
                        return Ok(false);
                    }
                    open.extend(children);
                }
                Status::Waiting | Status::WaitingHuman => asks = true,
                status if status.is_terminal() => {}
                _ => return Ok(false),
            }
        }
        Ok(asks)
    }

    /// Returns children of an execution that have not ended, at most a page of them: the others are taken to be like
    /// them.
    async fn children(&self, id: &ExecutionId) -> Result<Vec<ExecutionId>, Failure> {
        use Status::{Paused, Pending, RollingBack, Running, Stuck, Waiting, WaitingHuman};
        let filter = ExecutionFilter {
            owner: server::OWNER.into(),
            statuses: vec![Pending, Running, Paused, Waiting, WaitingHuman, RollingBack, Stuck],
            parent: Some(id.clone()),
            ..ExecutionFilter::default()
        };
        let page = self.host.index().executions(&filter, &Window { limit: limits::PAGE, cursor: None }).await?;
        Ok(page.items.into_iter().map(|head| head.id).collect())
    }
}

/// Whether a node of the execution waits for its children.
fn has_children(state: &Execution) -> bool {
    state.nodes.values().any(|node| node.phase == Phase::Children)
}

/// Whether a node of the execution goes on without anybody: it is due, it runs, or it waits until a time.
fn goes_on_by_itself(state: &Execution) -> bool {
    state.nodes.values().any(|node| {
        matches!(node.phase, Phase::Due { .. } | Phase::Intended { .. } | Phase::Waiting { until: Some(_), .. })
    })
}
