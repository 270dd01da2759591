//! `code`: JavaScript in a child process that has nothing but its two pipes.
//!
//! QuickJS cannot interrupt its built-in functions, so the only sure end is a kill; a process is what can be killed.

mod child;
mod confine;
mod filter;
mod integers;
mod limit;
mod pool;
mod sandbox;
mod syntax;
mod wire;

pub use child::{confine_as_js_child, js_child_main};
pub use pool::JsChild;

use crate::{
    json::{self, Read},
    limits::{PARSE, WARM},
};
use document::{SyntaxFault, time::Time};
use engine::{
    limits::{LOG_LINE_BYTES, LOG_LINES},
    port::Memory,
};
use pool::{Pool, Trouble};
use serde_json::json;
use std::{sync::Arc, time::Duration};
use stepwell_core::task::{CodeTask, Failure, LogLevel, LogLine, Outcome, Report};
use wire::{End, Line};

/// Runs `code` nodes in child processes.
pub(crate) struct Code {
    pool: Pool,
    memory: Arc<dyn Memory>,
}

impl Code {
    pub fn new(child: JsChild, children: usize, memory: Arc<dyn Memory>) -> Self {
        Self { pool: Pool::new(child, children), memory }
    }

    /// Keeps a child process ready, where one can be started.
    pub async fn warm(&self) {
        let task = CodeTask { code: String::new(), names: serde_json::Map::new() };
        let _ = self.run("", &task, WARM, &|| Time(0)).await;
    }

    /// Where code does not parse as the body of a function. None where it does, and where that cannot be told within
    /// its bounds of time and memory. Nothing of it runs.
    pub async fn syntax(&self, owner: &str, code: &str) -> Option<SyntaxFault> {
        let request = wire::parse_request(code, PARSE);
        match self.pool.run(owner, &request, PARSE, &mut Vec::new()).await.ok()? {
            End::Error { message, stack, .. } => Some(fault(&message, &stack)),
            End::Value(_) | End::Memory | End::Timeout => None,
        }
    }

    /// Runs one attempt of an owner. Lines that were written before a timeout are kept.
    pub async fn run(&self, owner: &str, task: &CodeTask, limit: Duration, now: &(dyn Fn() -> Time + Sync)) -> Report {
        let request = match wire::request(task, limit) {
            Ok(request) => request,
            Err(failure) => return Report { outcome: Outcome::Failed(failure), logs: Vec::new() },
        };
        let started = now();
        let mut lines = Vec::new();
        let end = self.pool.run(owner, &request, limit, &mut lines).await;
        Report { outcome: outcome(end, limit, &*self.memory).await, logs: logs(lines, started) }
    }
}

/// The place of an error of syntax, which its stack tells as `code:LINE:COLUMN`. One without a place is about the end of
/// the code or the whole of it.
fn fault(message: &str, stack: &str) -> SyntaxFault {
    let place = stack.lines().next().and_then(|line| line.rsplit_once("code:")).map_or("", |(_, place)| place);
    let mut numbers = place.split(|c: char| !c.is_ascii_digit()).map_while(|number| number.parse().ok());
    let (line, column) = (numbers.next().unwrap_or(1), numbers.next().unwrap_or(1));
    let message = message.strip_suffix(&format!(" (line {line})")).unwrap_or(message).to_owned();
    SyntaxFault { message, line, column }
}

/// What the end of a run means for the attempt. Code has no effects outside, but a run that was stopped or crashed
/// counts as unknown all the same.
async fn outcome(end: Result<End, Trouble>, limit: Duration, memory: &dyn Memory) -> Outcome {
    match end {
        Ok(End::Value(bytes)) => returned(bytes, memory).await,
        Ok(End::Error { message, name, stack }) => {
            let failure = Failure::new("code_error", message).with_details(json!({ "name": name, "stack": stack }));
            Outcome::Failed(failure.retryable())
        }
        Ok(End::Memory) | Err(Trouble::Memory) => Outcome::Failed(Failure::new(
            "memory_limit",
            format!(
                "the code needs more than {} MiB: work on less at once, for instance in a map",
                crate::limits::JS_HEAP_BYTES / 1024 / 1024
            ),
        )),
        Ok(End::Timeout) | Err(Trouble::Timeout) => Outcome::Unknown(
            Failure::new(
                "timeout",
                format!("the code ran longer than {} s and was stopped: raise timeout_seconds", limit.as_secs_f64()),
            )
            .retryable(),
        ),
        // Here no code ran, so it is certain that nothing happened.
        Err(Trouble::Busy) => Outcome::Failed(
            Failure::new("no_capacity", "too much other code was running; nothing was started").retryable(),
        ),
        Err(Trouble::Crashed) => Outcome::Unknown(
            Failure::new("code_crashed", "the process that ran the code died, perhaps for want of memory").retryable(),
        ),
        Err(Trouble::NotStarted(why)) => Outcome::Failed(
            Failure::new("code_not_started", format!("no process for the code could be started: {why}")).retryable(),
        ),
    }
}

/// The outcome of a run that returned JSON.
async fn returned(bytes: Vec<u8>, memory: &dyn Memory) -> Outcome {
    let why = match json::read(bytes, memory).await {
        Read::Value(output) => return Outcome::Succeeded { port: "success".into(), output },
        Read::TooManyValues => return Outcome::Failed(Failure::too_many_values_of(memory.most())),
        Read::Other(_, why) => why,
    };
    let message = format!("what the code returned is no JSON that can be kept ({why}): return plainer, flatter data");
    Outcome::Failed(Failure::new("code_error", message).retryable())
}

/// The lines of a run as the log keeps them; `started` is when the run began.
fn logs(lines: Vec<Line>, started: Time) -> Vec<LogLine> {
    let mut logs: Vec<LogLine> = Vec::with_capacity(lines.len().min(LOG_LINES));
    let cut = lines.len() > LOG_LINES;
    for line in lines.into_iter().take(LOG_LINES) {
        let Line { milliseconds, level, mut message } = line;
        // The child keeps to this bound as well, but what it sends is not trusted.
        if message.len() > LOG_LINE_BYTES {
            message.truncate(message.floor_char_boundary(LOG_LINE_BYTES));
        }
        let at = started + Duration::from_millis(milliseconds.into());
        logs.push(LogLine { at, level, message });
    }
    if cut && let Some(last) = logs.last_mut() {
        last.level = LogLevel::Warn;
        last.message = format!("further lines were dropped: an attempt keeps {LOG_LINES}");
    }
    logs
}
