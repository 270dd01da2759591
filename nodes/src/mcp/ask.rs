//! One request within a session, whatever carries it.

use super::{
    answer::Answer,
    failure::{self, Ended},
};
use crate::limits::{MCP_BYTES, MCP_CLOSE, MCP_PAGES, MCP_TOOLS};
use document::work::{McpAsk, ToolSpec};
use rmcp::{
    RoleClient,
    model::{
        CallToolRequestParams, ClientCapabilities, ClientConfig, Implementation, PaginatedRequestParams,
        ProtocolVersion,
    },
    service::{
        ClientInitializeError, ClientLifecycleMode, Peer, RunningService, ServiceError, serve_client_with_lifecycle,
    },
    transport::IntoTransport,
};
use stepwell_core::task::Failure;

/// A session with a server.
pub struct Session(RunningService<RoleClient, ClientConfig>);

impl Session {
    /// Agrees with a server on the protocol: by its present version, or by the handshake of the older ones.
    pub async fn begin<T, E, A>(transport: T) -> Result<Self, ClientInitializeError>
    where
        T: IntoTransport<RoleClient, E, A>,
        E: std::error::Error + Send + Sync + 'static,
    {
        let us = Implementation::new("stepwell", env!("CARGO_PKG_VERSION"));
        let lifecycle =
            ClientLifecycleMode::Auto { preferred_versions: vec![ProtocolVersion::V_2026_07_28], legacy_version: None };
        let config = ClientConfig::new(ClientCapabilities::default(), us);
        serve_client_with_lifecycle(config, transport, lifecycle).await.map(Self)
    }

    /// Asks, and ends the session. `explain` says what an error of the carrier means.
    pub async fn ask(
        mut self,
        ask: &McpAsk,
        explain: impl Fn(&ServiceError) -> Option<Ended>,
    ) -> Result<Answer, Ended> {
        let asked = match ask {
            McpAsk::ListTools => tools(self.0.peer(), &explain).await,
            McpAsk::CallTool { name, arguments } => {
                let params = CallToolRequestParams::new(name.clone()).with_arguments(arguments.clone());
                match self.0.peer().call_tool(params).await {
                    Ok(result) => Answer::of(result).map_err(Ended::from),
                    Err(error) => Err(explain(&error).unwrap_or_else(|| failure::of_call(&error))),
                }
            }
        };
        // The answer is there: what goes wrong now changes nothing.
        let _ = self.0.close_with_timeout(MCP_CLOSE).await;
        asked
    }
}

/// All tools of a server.
async fn tools(peer: &Peer<RoleClient>, explain: impl Fn(&ServiceError) -> Option<Ended>) -> Result<Answer, Ended> {
    let (mut all, mut bytes, mut cursor) = (Vec::new(), 0, None);
    for _ in 0..MCP_PAGES {
        let params = PaginatedRequestParams::default().with_cursor(cursor);
        let page = peer.list_tools(Some(params)).await;
        // A list may be asked for again, whatever became of this one.
        let page = page.map_err(|error| explain(&error).unwrap_or_else(|| failure::of_list(&error)))?;
        for tool in page.tools {
            let description = tool.description.unwrap_or_default().into_owned();
            let parameters = serde_json::Value::Object((*tool.input_schema).clone());
            let spec = ToolSpec { name: tool.name.into_owned(), description, parameters };
            bytes += spec.name.len() + spec.description.len() + spec.parameters.to_string().len();
            all.push(spec);
        }
        if bytes > MCP_BYTES || all.len() > MCP_TOOLS {
            return Err(failure::too_many_tools().into());
        }
        match page.next_cursor {
            Some(next) => cursor = Some(next),
            None => return Ok(Answer::Value(serde_json::to_value(all).map_err(|_| failure::unreadable())?)),
        }
    }
    Err(Failure::new("tool_failed", format!("the server's list of tools has more than {MCP_PAGES} pages")).into())
}
