//! The protocol's requests: what the server is, which tools there are, and a call of one of them.

use crate::{
    call::{Call, Done},
    result, saved, tools,
};
use api::{App, Caller, Scope, desk::Desk};
use engine::fair::{Owner, Place, Rank};
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, Implementation, JsonObject, ListToolsResult, PaginatedRequestParams,
        ServerCapabilities, ServerConfig,
    },
    service::RequestContext,
};
use std::{sync::Arc, time::Duration};

/// What a model is told before it uses the tools.
const INSTRUCTIONS: &str = "Stepwell runs durable workflows with people in them. A tool that waits gives the execution's \
    id back after 25 seconds: ask for it again with get_execution. Answers of people may take days.";

/// The server for one request of one caller.
#[derive(Clone)]
pub struct Server {
    app: Arc<App>,
    caller: Caller,
    desk: Desk,
    /// How long a tool waits at most.
    patience: Duration,
}

impl Server {
    /// A server whose tools do what the caller may do.
    pub fn new(app: Arc<App>, caller: Caller, desk: Desk, patience: Duration) -> Self {
        Self { app, caller, desk, patience }
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("stepwell", env!("CARGO_PKG_VERSION")).with_title("Stepwell"))
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let cursor = request.and_then(|request| request.cursor);
        let mut tools = if cursor.is_none() { tools::all() } else { Vec::new() };
        let mut next_cursor = None;
        // Who may not read the list of workflows has the tools that there always are.
        if self.caller.require(Scope::Read).is_ok() {
            let page = saved::tools(&self.app, &self.caller.owner, cursor.as_deref()).await?;
            tools.extend(page.tools);
            next_cursor = page.next_cursor;
        }
        Ok(ListToolsResult { next_cursor, ..ListToolsResult::with_all_items(tools) })
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let owner: Owner = self.caller.owner.as_str().into();
        let place = || Some(Place::new(&owner, Rank::Command));
        let call =
            Call { app: &self.app, caller: &self.caller, desk: &self.desk, patience: self.patience, context: &context };
        let arguments = request.arguments.unwrap_or_default();
        let done = self.app.turns.by_turns(place, run(&call, &request.name, arguments)).await?;
        Ok(done.unwrap_or_else(|refusal| result::refused(&refusal)).into())
    }
}

/// Calls the tool of that name: one of those that there always are, or a saved workflow.
///
/// # Errors
/// Where there is no such tool. What a tool cannot do is a result that says so.
async fn run(call: &Call<'_>, name: &str, arguments: JsonObject) -> Result<Done, ErrorData> {
    if let Some(done) = tools::run(call, name, arguments.clone()).await {
        return Ok(done);
    }
    match saved::named(call, name).await? {
        Some(saved) => Ok(saved.run(call, arguments).await),
        None => {
            let message = format!("there is no tool {name}: tools/list says which there are");
            Err(ErrorData::invalid_params(message, None))
        }
    }
}
