//! Follows an execution to its end: tells what happens, and asks who sits here.

use super::{
    ask::{Asked, Asking},
    lines::Lines,
    progress::Progress,
    signals::Signals,
};
use crate::cli::{
    Failure,
    client::{Client, escaped},
    limits, output,
};
use engine::port::{ExecutionFilter, Store, Window};
use serde_json::Value;
use std::sync::Arc;
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
    /// A person or an event is waited for, and will not come from here.
    Waiting,
    /// Ctrl-C.
    Interrupted,
}

/// One execution, followed.
pub struct Follow<'a> {
    host: &'a Arc<Local>,
    client: &'a Client,
    id: &'a ExecutionId,
    /// Nobody can be asked.
    silent: bool,
    lines: Option<Lines>,
    signals: Signals,
    progress: Progress,
    /// The last turn that was told.
    seq: u64,
}

impl<'a> Follow<'a> {
    /// From its first turn on.
    pub fn new(host: &'a Arc<Local>, client: &'a Client, id: &'a ExecutionId, silent: bool, signals: Signals) -> Self {
        Self { host, client, id, silent, lines: None, signals, progress: Progress::begin(), seq: 0 }
    }

    /// Tells only what comes after a turn.
    pub fn after(self, seq: u64) -> Self {
        Self { seq, ..self }
    }

    /// Returns once there is nothing more to be seen here.
    pub async fn follow(mut self) -> Result<End, Failure> {
        loop {
            let turns = self.host.turns(self.id, self.seq, limits::TURNS).await?;
            for turn in &turns {
                self.progress.tell(turn);
                self.seq = turn.seq;
            }
            if self.signals.heard() {
                return Ok(End::Interrupted);
            }
            let Some(state) = self.host.load(self.id).await? else {
                return Err(Failure::failed(format!("execution {} was deleted", self.id), "start it anew"));
            };
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

    /// Until there is a turn; where children run, whose turns are not this execution's, also now and then.
    async fn wait(&mut self, state: &Execution) {
        let changed = self.host.changed(self.id, self.seq);
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

    async fn ask(&mut self, question: &Value) -> Result<Asked, Failure> {
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

    /// The first open question of the execution or of its children.
    async fn question(&self, state: &Execution) -> Result<Option<Value>, Failure> {
        if let Some(open) = state.open_interactions().next() {
            let path = format!("/v1/interactions/{}", escaped(open.interaction_id.as_str()));
            return self.client.get(&path).await.map(Some);
        }
        if !has_children(state) {
            return Ok(None);
        }
        let page = self.client.get(&format!("/v1/interactions?status=pending&limit={}", limits::PAGE)).await?;
        for question in page["items"].as_array().into_iter().flatten() {
            if self.is_ours(&output::text(question, "/execution_id")).await? {
                return Ok(Some(question.clone()));
            }
        }
        Ok(None)
    }

    async fn is_ours(&self, id: &str) -> Result<bool, Failure> {
        let mut id = ExecutionId::from(id);
        for _ in 0..=engine::limits::CHILD_DEPTH {
            if id == *self.id {
                return Ok(true);
            }
            let Some(parent) = self.host.load(&id).await?.and_then(|one| one.started.parent.clone()) else { break };
            id = parent.execution_id;
        }
        Ok(false)
    }

    /// Whether all that it waits for are people and events, which nobody sends while this process has the folder.
    async fn comes_from_elsewhere(&self, state: &Execution) -> Result<bool, Failure> {
        let mut open = vec![state.id().clone()];
        let mut asks = false;
        while let Some(id) = open.pop() {
            let Some(state) = self.host.load(&id).await? else { continue };
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

    /// Children that have not ended, a page of them: the others are like them.
    async fn children(&self, id: &ExecutionId) -> Result<Vec<ExecutionId>, Failure> {
        use Status::{Paused, Pending, RollingBack, Running, Stuck, Waiting, WaitingHuman};
        let filter = ExecutionFilter {
            owner: server::OWNER.into(),
            statuses: vec![Pending, Running, Paused, Waiting, WaitingHuman, RollingBack, Stuck],
            parent: Some(id.clone()),
            ..ExecutionFilter::default()
        };
        let page = self.host.executions(&filter, &Window { limit: limits::PAGE, cursor: None }).await?;
        Ok(page.items.into_iter().map(|head| head.id).collect())
    }
}

fn has_children(state: &Execution) -> bool {
    state.nodes.values().any(|node| node.phase == Phase::Children)
}

fn goes_on_by_itself(state: &Execution) -> bool {
    state.nodes.values().any(|node| {
        matches!(node.phase, Phase::Due { .. } | Phase::Intended { .. } | Phase::Waiting { until: Some(_), .. })
    })
}
