//! What nodes do outside of the rules: `http_request`, `code`, and the calls of models and tools of an `agent`.
//!
//! `Nodes::run` takes a task whose templates are rendered, and returns its outcome. It never records anything, and
//! dropping its future stops what it started.

// A failure is made once for each failed attempt, beside I/O that takes a thousand times longer than moving it.
#![allow(clippy::result_large_err)]

mod ceiling;
mod code;
mod http;
mod json;
pub mod limits;
mod mcp;
pub mod memory;
mod model;

pub use ceiling::{Ceilings, VARIABLES as CEILING_VARIABLES};
pub use code::{JsChild, confine_as_js_child, js_child_main};
pub use engine::masking::{mask, mask_text};
pub use http::{AllowList, Blocked, Fetcher, Post, Posted, Poster, judge};
pub use json::aside;
pub use mcp::{COMMANDS_VARIABLE, Commands};
pub use model::AwsRole;

use async_trait::async_trait;
use document::{SyntaxFault, time::Time};
use engine::{
    masking::{Needles, mask_outcome},
    pieces::Pieces,
    port::{Memory, Runner, Unbounded},
};
use std::sync::Arc;
use stepwell_core::task::{Report, Task, Work};

/// How the nodes of a host behave.
#[derive(Clone, Debug)]
pub struct Config {
    /// Places that requests of nodes may reach although they are not public.
    pub http_allow: AllowList,
    /// How a child process for `code` is started.
    pub js_child: JsChild,
    /// How many child processes run code of one owner at once. Half as many more are kept for other owners.
    pub js_children: usize,
    /// How long one attempt may run, whatever its document says.
    pub ceilings: Ceilings,
    /// The role by which models on Amazon Bedrock are asked; without one they are asked with keys only.
    pub aws_role: AwsRole,
    /// Programs that documents may start as servers of the Model Context Protocol.
    pub mcp_commands: Commands,
    /// The `User-Agent` that servers see, unless a document sets one.
    pub user_agent: String,
    /// Where large outcomes get their room.
    pub memory: Arc<dyn Memory>,
    /// Where models are heard while they answer.
    pub pieces: Pieces,
}

impl Default for Config {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            http_allow: AllowList::default(),
            js_child: JsChild::default(),
            js_children: (2 * cores).max(4),
            ceilings: Ceilings::default(),
            aws_role: AwsRole::default(),
            mcp_commands: Commands::default(),
            user_agent: format!("stepwell/{}", env!("CARGO_PKG_VERSION")),
            memory: Arc::new(Unbounded),
            pieces: Pieces::default(),
        }
    }
}

/// Runs nodes. It is cheap to clone; a host builds one, so that connections and child processes are reused.
#[derive(Clone)]
pub struct Nodes {
    http: Arc<http::Http>,
    code: Arc<code::Code>,
    models: Arc<model::Models>,
    mcp: Arc<mcp::Mcp>,
    ceilings: Ceilings,
    pieces: Pieces,
}

impl Nodes {
    /// Starts nothing yet. A configuration that cannot work is refused, saying what to change.
    pub fn new(config: Config) -> Result<Self, String> {
        if config.js_children == 0 {
            return Err("js_children is 0: allow at least one child, or no `code` node can run".into());
        }
        config.ceilings.check()?;
        let (allow, agent, memory) = (config.http_allow.clone(), &config.user_agent, config.memory.clone());
        let models =
            model::Models::new(allow.clone(), agent, config.aws_role, memory.clone())?.heard_at(config.pieces.clone());
        Ok(Self {
            mcp: Arc::new(mcp::Mcp::new(allow, agent, config.mcp_commands, memory)?),
            ceilings: config.ceilings,
            pieces: config.pieces,
            models: Arc::new(models),
            http: Arc::new(http::Http::new(config.http_allow, &config.user_agent, config.memory.clone())?),
            code: Arc::new(code::Code::new(config.js_child, config.js_children, config.memory)),
        })
    }

    /// The same nodes, whose requests may reach the places of another allow list too. Their connections are their own.
    pub fn allowing(&self, more: &AllowList) -> Self {
        Self {
            http: Arc::new(self.http.allowing(more)),
            models: Arc::new(self.models.allowing(more)),
            mcp: Arc::new(self.mcp.allowing(more)),
            ..self.clone()
        }
    }

    /// Where models are heard while they answer.
    pub fn pieces(&self) -> &Pieces {
        &self.pieces
    }

    /// Starts a child process for the first `code`, so that what its sandbox lacks on this system is logged when a host
    /// starts. A child that does not start is told by the first node that needs it.
    pub async fn warm(&self) {
        self.code.warm().await;
    }

    /// Where JavaScript of an owner does not parse as the body of a function; none where it does, and where that cannot
    /// be told. Nothing of it runs.
    pub async fn syntax(&self, owner: &str, code: &str) -> Option<SyntaxFault> {
        self.code.syntax(owner, code).await
    }
}

#[async_trait]
impl Runner for Nodes {
    async fn run(&self, task: &Task, now: &(dyn Fn() -> Time + Send + Sync)) -> Report {
        let bound = self.ceilings.bound(&task.work, task.timeout_seconds);
        let mut report = match &task.work {
            Work::Http(http) => {
                let needles = Arc::new(Needles::of(&task.secrets));
                let outcome = self.http.run(http, task, &needles, bound.limit, now).await;
                Report { outcome: mask_outcome(outcome, &needles), logs: Vec::new() }
            }
            Work::Model(call) => {
                let needles = Arc::new(Needles::of(&model::masked(call, &task.secrets)));
                let outcome = self.models.run(call, task, &bound, &needles, now).await;
                Report { outcome: mask_outcome(outcome, &needles), logs: Vec::new() }
            }
            Work::Mcp(ask) => {
                let needles = Needles::of(&task.secrets);
                let outcome = self.mcp.run(ask, task, &needles, bound.limit).await;
                Report { outcome: mask_outcome(outcome, &needles), logs: Vec::new() }
            }
            Work::Code(code) => self.code.run(&task.owner, code, bound.limit, now).await,
        };
        bound.explain(&mut report.outcome);
        report
    }
}
