//! Requests to servers of the Model Context Protocol: which tools they have, and calls of them. Each attempt is a session
//! of its own, over HTTP or with a process, and ends with it.

mod answer;
mod ask;
mod commands;
mod failure;
mod process;
mod remote;

pub use commands::{Commands, VARIABLE as COMMANDS_VARIABLE};

use crate::http::{AllowList, Doors, anywhere};
use document::work::{McpServer, McpTask};
use engine::{masking::Needles, port::Memory};
use std::{sync::Arc, time::Duration};
use stepwell_core::task::{Failure, Outcome, Task};

/// Asks servers of the Model Context Protocol.
pub struct Mcp {
    doors: Doors,
    commands: Commands,
    memory: Arc<dyn Memory>,
}

impl Mcp {
    /// `allow` is what may be reached although it is not public, `commands` what may be started.
    pub fn new(
        allow: AllowList,
        user_agent: &str,
        commands: Commands,
        memory: Arc<dyn Memory>,
    ) -> Result<Self, String> {
        Ok(Self { doors: Doors::new(allow, user_agent)?, commands, memory })
    }

    /// The same, with the places of another allow list too.
    pub fn allowing(&self, more: &AllowList) -> Self {
        Self { doors: self.doors.allowing(more), commands: self.commands.clone(), memory: self.memory.clone() }
    }

    /// Makes one request. `needles` are its secrets: they are masked in the answer, and not yet in messages.
    pub async fn run(&self, mcp: &McpTask, task: &Task, needles: &Needles, limit: Duration) -> Outcome {
        let asked = async {
            match &mcp.server {
                McpServer::Http { url, headers } => {
                    let door = self.doors.to(url, headers, &task.idempotency_key, &task.secrets)?;
                    remote::ask(&door, &mcp.ask).await
                }
                McpServer::Stdio { command, args } => {
                    self.commands.check(command)?;
                    anywhere(&task.secrets)?;
                    process::ask(command, args, &mcp.ask).await
                }
            }
        };
        let answer = match tokio::time::timeout(limit, asked).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(failure::Ended(outcome))) => return outcome,
            Err(_) => return Outcome::Unknown(failure::timeout(limit)),
        };
        match answer.kept(needles, &*self.memory).await {
            Ok(output) => Outcome::Succeeded { port: "success".into(), output },
            Err(failure) => Outcome::Failed(failure),
        }
    }
}

impl From<Failure> for failure::Ended {
    fn from(failure: Failure) -> Self {
        Self(Outcome::Failed(failure))
    }
}
