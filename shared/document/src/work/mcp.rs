//! What a server of the Model Context Protocol is asked.

use serde_json::{Map, Value};
use std::fmt;

/// A request to a server of the Model Context Protocol. Secrets are in their places, so nothing of it is shown.
pub struct McpTask {
    /// How the server is reached.
    pub server: McpServer,
    /// What it is asked.
    pub ask: McpAsk,
}

/// How a server of the Model Context Protocol is reached.
pub enum McpServer {
    /// By streamable HTTP.
    Http {
        /// The server's URL as it was rendered: it is checked when it is requested.
        url: String,
        /// The headers in order.
        headers: Vec<(String, String)>,
    },
    /// As a process of this machine, over its input and output. Only where the host's operator allows it.
    Stdio {
        /// The program.
        command: String,
        /// Its arguments.
        args: Vec<String>,
    },
}

/// What a server of the Model Context Protocol is asked.
#[derive(Debug)]
pub enum McpAsk {
    /// Which tools it has. The output is a list of [`ToolSpec`](super::ToolSpec).
    ListTools,
    /// To run a tool. The output is the result's structured content, or the text of its contents.
    CallTool {
        /// The tool's name.
        name: String,
        /// Its arguments.
        arguments: Map<String, Value>,
    },
}

impl fmt::Debug for McpTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("McpTask").finish_non_exhaustive()
    }
}
