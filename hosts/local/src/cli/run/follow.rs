//! Follows an execution to its end: tells what happens, and asks the person at the terminal what the execution asks.

use super::{
    ask::{Asked, Asking},
    editor::Editor,
    form::Draft,
    lines::Lines,
    progress::Progress,
    signals::Signals,
};
use crate::cli::{
    Failure,
    client::{Client, escaped},
    limits,
    logs::Reader,
};
use api::types::{Interaction, Page};
use document::Workflow;
use engine::port::{ExecutionFilter, Host, Window};
use std::sync::Arc;
use stepwell::{Local, server};
use stepwell_core::{
    event::Turn,
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
    /// The lines that nodes logged.
    logs: Reader<'a>,
    /// Number of the last turn that was read.
    seq: u64,
    /// Number of the turn after which turns are told.
    told: u64,
}

impl<'a> Follow<'a> {
    /// Prepares to follow an execution from its first turn on. `silent`: nobody can be asked.
    pub fn new(host: &'a Arc<Local>, client: &'a Client, id: &'a ExecutionId, silent: bool, signals: Signals) -> Self {
        let logs = Reader::of(client, id.as_str());
        Self { host, client, id, silent, lines: None, signals, progress: Progress::begin(), logs, seq: 0, told: 0 }
    }

    /// Sets the turn after which turns are told. Those before are only counted.
    pub fn after(self, seq: u64) -> Self {
        Self { told: seq, ..self }
    }

    /// Sets the workflow that runs, which says how many failures are tolerated.
    pub fn of(mut self, workflow: Arc<Workflow>) -> Self {
        self.progress.is_of(workflow);
        self
    }

    /// Tells turns, with what the nodes logged in them.
    async fn tell(&mut self, turns: &[Turn]) -> Result<(), Failure> {
        // Lines are recorded with the outcome of the attempt that wrote them.
        if turns.iter().any(|turn| turn.events.iter().any(Progress::may_have_lines)) {
            for line in self.logs.fresh().await? {
                self.progress.keep(line.read()?);
            }
        }
        for turn in turns {
            self.progress.tell(turn, turn.seq > self.told);
            self.seq = turn.seq;
        }
        Ok(())
    }

    /// Follows the execution until it ends, is stuck, waits for what cannot come from here, or a signal came.
    pub async fn follow(mut self) -> Result<End, Failure> {
        loop {
            let turns = self.host.journal().turns_lean(self.id, self.seq, limits::TURNS).await?;
            self.tell(&turns).await?;
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
    /// this execution's.
    async fn wait(&mut self, state: &Execution) {
        let changed = self.host.journal().changed(self.id, self.seq);
        let look = async {
            match has_children(state) {
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
        let lines = self.lines.get_or_insert_with(Lines::begin);
        let asking = Asking {
            host: self.host,
            client: self.client,
            editor: if lines.typed { Editor::found() } else { None },
            lines,
            signals: &mut self.signals,
            question,
            draft: Draft::default(),
        };
        let asked = asking.ask().await;
        self.progress.hide(false);
        asked
    }

    /// Returns the first open question of the execution or of a descendant; none where nothing is asked.
    async fn question(&self, state: &Execution) -> Result<Option<Interaction>, Failure> {
        if let Some(open) = state.open_interactions().next() {
            let path = format!("/v1/interactions/{}", escaped(open.interaction_id.as_str()));
            return self.client.get(&path).await?.read().map(Some);
        }
        if !has_children(state) {
            return Ok(None);
        }
        let page = self.client.get(&format!("/v1/interactions?status=pending&limit={}", limits::PAGE)).await?;
        for question in page.read::<Page<Interaction>>()?.items {
            if self.is_ours(&question.execution_id).await? {
                return Ok(Some(question));
            }
        }
        Ok(None)
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
                Status::WaitingHuman => asks = true,
                Status::Waiting if goes_on_by_itself(&state) => return Ok(false),
                Status::Waiting if has_children(&state) => {
                    let children = self.children(&id).await?;
                    if children.is_empty() {
                        return Ok(false);
                    }
                    open.extend(children);
                }
                Status::Waiting => asks = true,
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
