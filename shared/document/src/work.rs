//! What a worker is to do for a node that does I/O, its templates rendered.

mod mcp;
mod model;

pub use mcp::{McpAsk, McpServer, McpTask};
pub use model::{Message, ModelAnswer, ModelCall, ModelChoice, Provider, ToolCall, ToolSpec, Usage};

use expression::Expr;
use serde_json::{Map, Value};
use std::fmt;

/// What an attempt does, by the node's type.
#[derive(Debug)]
pub enum Work {
    /// The request of an `http_request`.
    Http(Box<HttpTask>),
    /// The JavaScript of a `code` node.
    Code(CodeTask),
    /// A call of a language model, for an agent. The output is a [`ModelAnswer`].
    Model(Box<ModelCall>),
    /// A request to a server of the Model Context Protocol.
    Mcp(Box<McpTask>),
}

/// The request of an `http_request`, its templates rendered. Secrets are in their places, so nothing of it is shown.
pub struct HttpTask {
    /// The method in upper case.
    pub method: String,
    /// The URL as it was rendered: it is checked when it is requested.
    pub url: String,
    /// The headers in order; a name may occur several times.
    pub headers: Vec<(String, String)>,
    /// Parameters that are added to those of the URL, in order.
    pub query: Vec<(String, String)>,
    /// The body: a string is sent as it is, any other value as JSON.
    pub body: Option<Value>,
    /// The condition on the response that means success; `status < 400` where there is none.
    pub expect: Option<Expr>,
}

impl fmt::Debug for HttpTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpTask").finish_non_exhaustive()
    }
}

/// A `code` node's JavaScript.
#[derive(Debug)]
pub struct CodeTask {
    /// The body of a JavaScript function.
    pub code: String,
    /// The variables that the function sees: `output`, `ctx`, `input`, … and the bare names that the code mentions.
    pub names: Map<String, Value>,
}
