//! A session: its executions, and the one that its next message starts.
//!
//! The execution of message `n` has an id that is derived from the owner, the workflow, the session and `n`. So two
//! messages that come at once want the same id, which one of them gets, on every host and without a lock.

use crate::{Answered, App, Caller, Params, Problem, limits};
use document::{Overlap, Workflow, id::WorkflowId, node::chat_trigger::input};
use engine::{
    port::{ExecutionFilter, StoreError, Window},
    start::{StartError, StartRequest, id_of, start},
};
use serde_json::{Map, Value};
use std::sync::Arc;
use stepwell_core::{event::InLine, execution::Execution, id::ExecutionId};

/// The key of the metadata that holds the session.
pub const SESSION: &str = "session_id";
/// The key of the metadata that holds the number of the message, from 1.
const NUMBER: &str = "session_message";

/// A session of a workflow.
pub struct Session {
    /// The tenant.
    pub owner: String,
    /// The workflow that answers.
    pub workflow: WorkflowId,
    /// The session's name within the workflow.
    pub id: String,
}

/// The latest message of a session.
pub struct Latest {
    /// Its number.
    pub number: u64,
    /// The execution that it started.
    pub execution: Arc<Execution>,
}

impl Session {
    /// A session that a caller names. 422 where that is no name of one.
    ///
    /// # Errors
    /// 422 `invalid_field`.
    pub fn named(caller: &Caller, workflow: &str, id: &str) -> Answered<Self> {
        let good = |c: char| c.is_ascii_graphic();
        if id.is_empty() || id.len() > limits::SESSION_BYTES || !id.chars().all(good) {
            let hint = "give up to 128 visible ASCII characters, such as a UUID, or leave it out for a new session";
            return Err(Problem::field("invalid_field", "/session_id", "this names no session", hint));
        }
        if workflow.len() > engine::limits::ID_BYTES {
            return Err(Problem::not_found("workflow", workflow));
        }
        Ok(Self { owner: caller.owner.clone(), workflow: workflow.into(), id: id.to_owned() })
    }

    fn key(&self, number: u64) -> String {
        // No part holds a line break, so that no two sessions have the same key.
        format!("chat\n{}\n{}\n{number}", self.workflow, self.id)
    }

    /// The id of the execution that a message starts.
    pub fn execution_id(&self, number: u64) -> ExecutionId {
        id_of(&self.owner, &self.key(number))
    }

    /// What lists of the session's executions are filtered by.
    pub fn filter(&self) -> ExecutionFilter {
        let metadata = Map::from_iter([(SESSION.to_owned(), Value::String(self.id.clone()))]);
        ExecutionFilter {
            owner: self.owner.clone(),
            workflow_id: Some(self.workflow.clone()),
            metadata,
            ..ExecutionFilter::default()
        }
    }

    /// The number of a message, where this execution is one of this session. A fork or a copy of one is none.
    pub fn number_of(&self, execution: &Execution) -> Option<u64> {
        let number = execution.started.metadata.get(NUMBER)?.as_u64()?;
        (execution.started.owner == self.owner && *execution.id() == self.execution_id(number)).then_some(number)
    }

    /// The latest message; none where there is none yet. A list may lag behind, so it only says where to look.
    ///
    /// # Errors
    /// What the store says.
    pub async fn latest(&self, app: &App) -> Result<Option<Latest>, StoreError> {
        let mut latest = self.listed(app).await?;
        loop {
            let next = latest.as_ref().map_or(1, |latest| latest.number + 1);
            match app.host.journal().load_lean(&self.execution_id(next)).await? {
                Some(execution) if execution.started.owner == self.owner => {
                    latest = Some(Latest { number: next, execution });
                }
                Some(_) | None => return Ok(latest),
            }
        }
    }

    /// The latest message that the list has.
    async fn listed(&self, app: &App) -> Result<Option<Latest>, StoreError> {
        let mut window = Window { limit: limits::SESSION_LOOKED_AT, cursor: None };
        for _ in 0..limits::SEARCHED_PARTS {
            let page = app.host.index().executions(&self.filter(), &window).await?;
            for head in page.items {
                let Some(execution) = app.host.journal().load_lean(&head.id).await? else { continue };
                if let Some(number) = self.number_of(&execution) {
                    return Ok(Some(Latest { number, execution }));
                }
            }
            window.cursor = page.next_cursor;
            if window.cursor.is_none() {
                break;
            }
        }
        Ok(None)
    }

    /// The latest message of a session that there must be.
    ///
    /// # Errors
    /// 404 where there is no message, and what the store says.
    pub async fn known(&self, app: &App) -> Answered<Latest> {
        self.latest(app).await?.ok_or_else(|| Problem::not_found("session", &self.id))
    }

    /// The latest message and those before it, down to the one that is under way or was last: those above it wait for
    /// their turn, or were cancelled while they did.
    ///
    /// # Errors
    /// What the store says.
    pub async fn recent(&self, app: &App, latest: Latest) -> Result<Vec<Latest>, StoreError> {
        let mut number = latest.number;
        let mut waits = latest.execution.held;
        let mut recent = vec![latest];
        // Many may have been cancelled while they waited. Those far below are not looked for.
        let until = number.saturating_sub(2 * limits::SESSION_WAITING);
        while waits && number > until + 1 {
            number -= 1;
            let Some(execution) = app.host.journal().load_lean(&self.execution_id(number)).await? else { continue };
            waits = execution.held;
            recent.push(Latest { number, execution });
        }
        Ok(recent)
    }

    /// How many messages keep the next one back that comes after `before`.
    ///
    /// # Errors
    /// What the store says.
    pub async fn ahead(&self, app: &App, before: &Latest) -> Result<u64, StoreError> {
        match before.execution.started.in_line {
            Some(_) => app.host.admission().ahead(&self.owner, &self.workflow, &self.place(before.number + 1)).await,
            None => Ok(u64::from(!before.execution.status().is_terminal())),
        }
    }

    /// The place of a message in the line of its session.
    fn place(&self, number: u64) -> InLine {
        InLine { line: self.id.clone(), number }
    }

    /// Starts the execution of a message, which waits for the one before it where the workflow says so. None where another
    /// message of this number was faster.
    ///
    /// # Errors
    /// What a start is refused for.
    pub async fn begin(
        &self,
        app: &App,
        caller: &Caller,
        (workflow, version): (Arc<Workflow>, u64),
        (number, message, hash): (u64, &str, String),
    ) -> Answered<Option<Arc<Execution>>> {
        let metadata = [(SESSION, Value::from(self.id.as_str())), (NUMBER, Value::from(number))];
        let request = StartRequest {
            version,
            trigger: workflow.trigger_for_chat().map(|node| node.id.clone()),
            metadata: metadata.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
            started_by: Some(caller.subject.clone()),
            idempotency: Some((self.key(number), hash)),
            in_line: (workflow.settings.overlap == Overlap::Queue).then(|| self.place(number)),
            ..StartRequest::new(&self.owner, workflow, input(message, &self.id, &caller.subject))
        };
        match start(&*app.host, request).await {
            Ok(execution) => Ok(Some(execution)),
            Err(StartError::KeyReused) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// A window of a session's list.
///
/// # Errors
/// 422 for parameters that there are not.
pub fn window(mut params: Params) -> Answered<Window> {
    let window = params.window("chat")?;
    params.done()?;
    Ok(window)
}
