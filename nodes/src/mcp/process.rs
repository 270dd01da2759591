//! A session with a process of this machine, over its input and output. It has an empty environment, and ends with the
//! attempt, and what it started with it.

use super::{
    answer::Answer,
    ask::Session,
    failure::{self, Ended},
};
use crate::limits::MCP_BYTES;
use document::work::McpAsk;
use rmcp::{RoleClient, transport::async_rw::AsyncRwTransport};
use rustix::process::{Pid, Signal, kill_process_group};
use std::process::Stdio;
use stepwell_core::task::Failure;
use tokio::process::{Child, Command};

/// Starts a program, and asks it.
pub async fn ask(command: &str, args: &[String], ask: &McpAsk) -> Result<Answer, Ended> {
    let mut group = Group::start(command, args)?;
    let (Some(output), Some(input)) = (group.0.stdout.take(), group.0.stdin.take()) else {
        return Err(Failure::new("tool_failed", "the program has no input and output").into());
    };
    let transport = AsyncRwTransport::<RoleClient, _, _>::new_client(output, input).with_max_line_length(MCP_BYTES);
    let session = Session::begin(transport).await.map_err(|error| failure::of_beginning(&error))?;
    session.ask(ask, |_| None).await
}

/// A process and what it starts, which is killed when this is dropped.
struct Group(Child);

impl Group {
    fn start(command: &str, args: &[String]) -> Result<Self, Failure> {
        let mut process = Command::new(command);
        process.args(args).env_clear().current_dir("/").process_group(0).kill_on_drop(true);
        process.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let started = process
            .spawn()
            .map_err(|error| Failure::new("tool_failed", format!("{command:?} cannot be started: {}", error.kind())))?;
        Ok(Self(started))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let id = self.0.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        // A group that is gone already needs no signal.
        if let Some(id) = id {
            let _ = kill_process_group(id, Signal::KILL);
        }
    }
}
