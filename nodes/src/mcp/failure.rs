//! What ends a request without an answer, and how certain it is that nothing happened. The messages are written here where
//! those of the protocol's crate may hold addresses, which may hold secrets.

use crate::limits::{MCP_BYTES, MCP_TOOLS};
use rmcp::service::{ClientInitializeError, ServiceError};
use std::time::Duration;
use stepwell_core::task::{Failure, Outcome};

/// An outcome that ends a request early.
pub struct Ended(pub Outcome);

/// The end of a session that did not begin: no tool was called.
pub fn of_beginning(error: &ClientInitializeError) -> Ended {
    let message = match error {
        ClientInitializeError::JsonRpcError(error) => format!("the server refuses the session: {}", error.message),
        ClientInitializeError::NoCompatibleProtocolVersion { .. } => {
            "the server speaks no version of the Model Context Protocol that this release knows".to_owned()
        }
        _ => "the server does not speak the Model Context Protocol: check the address, and the credentials in headers"
            .to_owned(),
    };
    Ended(Outcome::Failed(Failure::new("tool_failed", message)))
}

/// The end of a call. What the server itself says is certain; where its answer is missing, the tool may have run.
pub fn of_call(error: &ServiceError) -> Ended {
    match error {
        ServiceError::McpError(error) => Ended(Outcome::Failed(Failure::new(
            "tool_failed",
            format!("the server refuses the call: {}", error.message),
        ))),
        ServiceError::UnexpectedResponse => {
            let message =
                "the server asks for more than an answer to a call may ask for: questions of tools are not taken";
            Ended(Outcome::Failed(Failure::new("tool_failed", message)))
        }
        _ => {
            let message = "the connection to the server broke before an answer came; the tool may have run";
            Ended(Outcome::Unknown(Failure::new("connection_broken", message).retryable()))
        }
    }
}

/// The end of a list, which changes nothing.
pub fn of_list(error: &ServiceError) -> Ended {
    let failure = match error {
        ServiceError::McpError(error) => {
            Failure::new("tool_failed", format!("the server does not list its tools: {}", error.message))
        }
        _ => Failure::new("connection_broken", "the connection to the server broke before its tools came").retryable(),
    };
    Ended(Outcome::Failed(failure))
}

/// A status by which a server refuses.
pub fn of_status(status: u16, host: &str) -> Failure {
    let failure = Failure::new("tool_failed", format!("{host} answers {status}"));
    if status == 429 || status >= 500 { failure.retryable() } else { failure }
}

/// The server wants to know who asks.
pub fn unauthorized(host: &str) -> Failure {
    Failure::new("tool_failed", format!("{host} refuses the credentials: check the secret in `headers`"))
}

pub fn too_large() -> Failure {
    let message = format!("the answer is larger than {} MiB: ask the tool for less", MCP_BYTES / (1024 * 1024));
    Failure::new("response_too_large", message)
}

pub fn too_many_tools() -> Failure {
    let message = format!(
        "the server has more than {MCP_TOOLS} tools, or their descriptions more than {} MiB",
        MCP_BYTES / (1024 * 1024)
    );
    Failure::new("tool_failed", message)
}

pub fn unreadable() -> Failure {
    Failure::new("tool_failed", "the server's answer cannot be kept as JSON")
}

pub fn timeout(limit: Duration) -> Failure {
    let message = format!(
        "no answer within {} s; the tool may have run. Raise timeout_seconds if it needs longer",
        limit.as_secs_f64()
    );
    Failure::new("timeout", message).retryable()
}
