//! One call of a tool: who calls, and what it may use.

use api::{
    App, Caller,
    desk::{Asked, Desk},
};
use rmcp::{RoleServer, model::CallToolResult, service::RequestContext};
use std::{sync::Arc, time::Duration};

/// What a tool came to, or the refusal of the API.
pub type Done = Asked<CallToolResult>;

/// One call of a tool.
pub struct Call<'a> {
    /// The service.
    pub app: &'a Arc<App>,
    /// Who calls.
    pub caller: &'a Caller,
    /// Asks the API in the caller's name.
    pub desk: &'a Desk,
    /// How long the tool may wait.
    pub patience: Duration,
    /// The protocol's request: where progress is told, and whether the client still waits.
    pub context: &'a RequestContext<RoleServer>,
}

impl Call<'_> {
    /// How long the tool waits where the caller asks for so many seconds; as long as it may where the caller says nothing.
    pub fn wait(&self, seconds: Option<f64>) -> Duration {
        let asked = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds.max(0.0)).ok());
        asked.map_or(self.patience, |asked| asked.min(self.patience))
    }
}
