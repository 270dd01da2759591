//! Follows an execution to its end: tells what happens, and asks the person at the terminal what the execution asks.

use super::{
    ask::{Asked, Asking},
    editor::Editor,
    form::Draft,
    lines::Lines,
    next::next,
    progress::Progress,
    sight::{Seen, Sight, has_children},
    signals::Signals,
};
use crate::{
    Failure,
    client::{Client, escaped},
    limits,
    logs::Reader,
    output,
};
use api::types::{Interaction, Page};
use document::Workflow;
use engine::port::{ExecutionFilter, Host, Window};
use local::Local;
use std::{collections::HashSet, sync::Arc, time::Instant};
use stepwell_core::{
    event::{Event, Turn},
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
    sight: Sight<'a>,
    client: &'a Client,
    id: &'a ExecutionId,
    /// Whether nobody can be asked.
    silent: bool,
    /// Nodes that wait for an event alone, as far as turns were told.
    events: HashSet<String>,
    /// Whether it was told that the execution is held back.
    told_held: bool,
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
    /// Cursor of the page of turns that was read last, at a host elsewhere.
    cursor: Option<String>,
    /// When a question was first seen of those that are open now; none where none is.
    asked_since: Option<Instant>,
}

impl<'a> Follow<'a> {
    /// Prepares to follow an execution from its first turn on. `silent`: nobody can be asked.
    pub fn new(sight: Sight<'a>, client: &'a Client, id: &'a ExecutionId, silent: bool, signals: Signals) -> Self {
        let (events, progress) = (HashSet::new(), Progress::begin());
        let logs = Reader::of(client, id.as_str());
        Self {
            sight,
            client,
            id,
            silent,
            events,
            told_held: false,
            lines: None,
            signals,
            progress,
            logs,
            seq: 0,
            told: 0,
            cursor: None,
            asked_since: None,
        }
    }

    /// Sets the turn after which turns are told. Those before are only counted.
    pub fn after(self, seq: u64) -> Self {
        Self { told: seq, ..self }
    }

    /// Sets the workflow that runs, where it is known, which says how many failures are tolerated.
    pub fn of(mut self, workflow: Option<Arc<Workflow>>) -> Self {
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
            self.note_waits(turn);
            self.seq = turn.seq;
        }
        Ok(())
    }

    /// Follows the execution until it ends, is stuck, waits for what cannot come from here, or a signal came.
    pub async fn follow(mut self) -> Result<End, Failure> {
        loop {
            let turns = self.sight.turns(self.id, self.seq, &mut self.cursor).await?;
            self.tell(&turns).await?;
            if self.signals.heard() {
                return Ok(End::Interrupted);
            }
            let Some(seen) = self.sight.look(self.id).await? else {
                return Err(Failure::failed(format!("execution {} was deleted", self.id), "start it anew"));
            };
            // Turns were committed since the journal was read: they are told before anything is asked.
            if seen.seq > self.seq {
                continue;
            }
            if seen.status.is_terminal() || seen.status == Status::Stuck {
                return Ok(End::Over);
            }
            if !self.silent
                && let Some(question) = self.question(&seen).await?
            {
                match self.ask(&question).await? {
                    Asked::Answered | Asked::Over => {}
                    Asked::Nobody => self.silent = true,
                    Asked::Interrupted => return Ok(End::Interrupted),
                }
                continue;
            }
            self.tell_held(&seen);
            if self.silent && self.comes_from_elsewhere(&seen).await? {
                return Ok(End::Waiting);
            }
            self.wait(&seen).await;
        }
    }

    /// Waits for a turn or a signal. Where children run, also ends after a while: their turns and questions are not
    /// this execution's. So it does where a question is held back for one that may come first.
    async fn wait(&mut self, seen: &Seen) {
        let changed = self.sight.changed(self.id, self.seq);
        let look = async {
            match seen.has_children || self.asked_since.is_some() {
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

    /// Notes which nodes wait for an event alone.
    fn note_waits(&mut self, turn: &Turn) {
        for event in &turn.events {
            if let Event::WaitStarted { node, until: None, .. } = event {
                self.events.insert(node.to_string());
            }
        }
    }

    /// Tells once where `max_concurrency` holds the execution back: nothing else of the folder is moved meanwhile.
    fn tell_held(&mut self, seen: &Seen) {
        if seen.is_held && !std::mem::replace(&mut self.told_held, true) {
            let note = "it is held back: other executions of its workflow have not ended";
            eprintln!("{} {note}", output::yellow("note:"));
        }
    }

    /// Asks a question, with the spinner out of the way.
    async fn ask(&mut self, question: &Interaction) -> Result<Asked, Failure> {
        self.progress.hide(true);
        let lines = self.lines.get_or_insert_with(Lines::begin);
        let asking = Asking {
            sight: self.sight,
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

    /// Returns the question to ask now: of all that are open, in the execution and its descendants, the first by the order
    /// of the document and of the items. None where nothing is asked, or where a question that comes first may be on its
    /// way: what asks at once does so within some moments of each other. A host elsewhere says which are open.
    async fn question(&mut self, seen: &Seen) -> Result<Option<Interaction>, Failure> {
        let Sight::Here(host) = self.sight else {
            let Some(open) = seen.asks.first() else { return Ok(None) };
            return self.client.get(&format!("/v1/interactions/{}", escaped(open))).await?.read().map(Some);
        };
        let asked = self.is_asked(host, seen).await?;
        let Some(state) = host.journal().load_lean(self.id).await?.filter(|_| asked) else {
            self.asked_since = None;
            return Ok(None);
        };
        let next = next(&**host, state).await?;
        let patient = self.asked_since.get_or_insert_with(Instant::now).elapsed() < limits::AT_ONCE;
        let Some(id) = next.question.filter(|_| !(next.sooner && patient)) else { return Ok(None) };
        self.asked_since = None;
        self.client.get(&format!("/v1/interactions/{}", escaped(id.as_str()))).await?.read().map(Some)
    }

    /// Whether the execution or a descendant has an open question.
    async fn is_asked(&self, host: &Local, seen: &Seen) -> Result<bool, Failure> {
        if !seen.asks.is_empty() {
            return Ok(true);
        }
        if !seen.has_children {
            return Ok(false);
        }
        let page = self.client.get(&format!("/v1/interactions?status=pending&limit={}", limits::PAGE)).await?;
        for question in page.read::<Page<Interaction>>()?.items {
            if self.is_ours(host, &question.execution_id).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether an execution is the one that is followed, or a descendant of it.
    async fn is_ours(&self, host: &Local, id: &str) -> Result<bool, Failure> {
        let mut id = ExecutionId::from(id);
        for _ in 0..=engine::limits::CHILD_DEPTH {
            if id == *self.id {
                return Ok(true);
            }
            let Some(parent) = host.journal().load_lean(&id).await?.and_then(|one| one.started.parent.clone()) else {
                break;
            };
            id = parent.execution_id;
        }
        Ok(false)
    }

    /// Whether the execution and its descendants wait only for people, for events, or for other executions to end.
    async fn comes_from_elsewhere(&self, seen: &Seen) -> Result<bool, Failure> {
        let Sight::Here(host) = self.sight else {
            let waits = || !seen.current.is_empty() && seen.current.iter().all(|node| self.events.contains(node));
            return Ok(seen.status == Status::WaitingHuman || (seen.status == Status::Waiting && waits()));
        };
        if seen.is_held {
            return Ok(true);
        }
        let mut open = vec![self.id.clone()];
        let mut asks = false;
        while let Some(id) = open.pop() {
            let Some(state) = host.journal().load_lean(&id).await? else { continue };
            match state.status() {
                Status::WaitingHuman if state.open_interactions().next().is_some() => asks = true,
                // It waits for children, of which one may ask while others go on.
                Status::Waiting | Status::WaitingHuman if goes_on_by_itself(&state) => return Ok(false),
                Status::Waiting | Status::WaitingHuman if has_children(&state) => {
                    let children = children(host, &state).await?;
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
}

/// Returns children of an execution that have not ended, at most a page of them: the others are taken to be like them.
async fn children(host: &Local, parent: &Execution) -> Result<Vec<ExecutionId>, Failure> {
    use Status::{Paused, Pending, RollingBack, Running, Stuck, Waiting, WaitingHuman};
    let filter = ExecutionFilter {
        owner: parent.started.owner.clone(),
        statuses: vec![Pending, Running, Paused, Waiting, WaitingHuman, RollingBack, Stuck],
        parent: Some(parent.id().clone()),
        ..ExecutionFilter::default()
    };
    let page = host.index().executions(&filter, &Window { limit: limits::PAGE, cursor: None }).await?;
    Ok(page.items.into_iter().map(|head| head.id).collect())
}

/// Whether a node of the execution goes on without anybody: it is due, it runs, or it waits until a time.
fn goes_on_by_itself(state: &Execution) -> bool {
    state.nodes.values().any(|node| {
        matches!(node.phase, Phase::Due { .. } | Phase::Intended { .. } | Phase::Waiting { until: Some(_), .. })
    })
}
