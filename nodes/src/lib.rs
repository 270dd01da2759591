//! Node types that do something outside of the rules: `http_request` and `code`.
//!
//! `Nodes::run` takes a task whose templates are rendered, and returns its outcome. It never records anything, and
//! dropping its future stops what it started.

// A failure is made once for each failed attempt, beside I/O that takes a thousand times longer than moving it.
#![allow(clippy::result_large_err)]

mod code;
mod http;
pub mod limits;
mod secrets;

pub use code::{JsChild, js_child_main};
pub use http::{AllowList, Blocked, judge};
pub use secrets::{mask, mask_text};

use async_trait::async_trait;
use document::time::Time;
use engine::port::Runner;
use secrets::Needles;
use std::{sync::Arc, time::Duration};
use stepwell_core::task::{Report, Task, Work};

/// How the nodes of a host behave.
#[derive(Clone, Debug)]
pub struct Config {
    /// Places that `http_request` may reach although they are not public.
    pub http_allow: AllowList,
    /// How a child process for `code` is started.
    pub js_child: JsChild,
    /// How many child processes run code at once.
    pub js_children: usize,
    /// The `User-Agent` that servers see, unless a document sets one.
    pub user_agent: String,
}

impl Default for Config {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            http_allow: AllowList::default(),
            js_child: JsChild::default(),
            js_children: (2 * cores).max(4),
            user_agent: format!("stepwell/{}", env!("CARGO_PKG_VERSION")),
        }
    }
}

/// Runs nodes. It is cheap to clone; a host builds one, so that connections and child processes are reused.
#[derive(Clone)]
pub struct Nodes {
    http: Arc<http::Http>,
    code: Arc<code::Code>,
}

impl Nodes {
    /// Starts nothing yet. A configuration that cannot work is refused, saying what to change.
    pub fn new(config: Config) -> Result<Self, String> {
        if config.js_children == 0 {
            return Err("js_children is 0: allow at least one child, or no `code` node can run".into());
        }
        Ok(Self {
            http: Arc::new(http::Http::new(config.http_allow, &config.user_agent)?),
            code: Arc::new(code::Code::new(config.js_child, config.js_children)),
        })
    }
}

#[async_trait]
impl Runner for Nodes {
    async fn run(&self, task: &Task, now: &(dyn Fn() -> Time + Send + Sync)) -> Report {
        let limit = Duration::from_secs_f64(seconds(task.timeout_seconds));
        match &task.work {
            Work::Http(http) => {
                let needles = Arc::new(Needles::of(&task.secrets));
                let outcome = self.http.run(http, task, &needles, limit, now).await;
                Report { outcome: secrets::mask_outcome(outcome, &needles), logs: Vec::new() }
            }
            Work::Code(code) => self.code.run(code, limit, now).await,
        }
    }
}

/// A timeout in seconds, bounded to what `Duration` takes without a panic, whatever a document says.
fn seconds(asked: f64) -> f64 {
    if asked.is_nan() { engine::limits::NODE_SECONDS } else { asked.clamp(0.001, limits::ATTEMPT_SECONDS) }
}
