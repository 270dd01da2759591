//! The stand-in of Slack's Web API that the tests of `notify` have, for hosts that are programs of their own.

#[path = "../../../../notify/tests/slack/stand_in.rs"]
#[allow(dead_code, reason = "the tests of notify use the rest of it")]
mod stand_in;

use stand_in::StandIn;
pub use stand_in::TOKEN;
use tokio::runtime::Runtime;

/// The stand-in, and what it runs on.
pub struct Slack {
    stand_in: StandIn,
    /// It ends last.
    _runtime: Runtime,
}

impl Slack {
    /// Starts it, with no member.
    pub fn start() -> Self {
        let runtime = Runtime::new().unwrap();
        Self { stand_in: runtime.block_on(StandIn::start()), _runtime: runtime }
    }

    pub fn origin(&self) -> &str {
        &self.stand_in.origin
    }

    /// Adds a member of the workspace.
    pub fn member(&self, id: &str, email: &str) {
        self.stand_in.member(id, email);
    }

    /// What one member was told through the `response_url` of a press.
    pub fn told(&self, id: &str) -> Vec<String> {
        self.stand_in.told(id)
    }

    pub fn response_url(&self, id: &str) -> String {
        self.stand_in.response_url(id)
    }
}
