//! What a provider's protocol is to the rest: how a call is written, and what an answer means. Protocols do no I/O, so
//! that all requests go out at one place, which guards where they may go. Answers that
//! come in pieces are put together by `stream`, and read here as a whole.

use super::role::AwsRole;
use document::work::{ModelCall, ModelChoice, ToolCall, Usage};
use serde_json::Value;

/// A protocol by which models are asked.
pub(super) trait Protocol: Sync {
    /// The provider's own address, where a call names no other; none where there is none, in words for the author.
    fn home(&self, role: &AwsRole) -> Result<String, &'static str>;

    /// The request for a call of one model. `base` is the address without a slash at its end.
    fn request(&self, call: &ModelCall, choice: &ModelChoice, base: &str) -> Request;

    /// What the body of a successful response says. `call` is what was asked.
    ///
    /// # Errors
    /// The body is no answer.
    fn answer(&self, call: &ModelCall, choice: &ModelChoice, body: &Value) -> Result<Said, NoAnswer>;

    /// Makes a request one whose answer comes in pieces. Returns what puts the pieces together to the body of an answer that
    /// comes whole; none where this protocol's pieces are not read.
    fn in_pieces(&self, _request: &mut Request) -> Option<Box<dyn Assembly>> {
        None
    }

    /// Seconds that the body of a response asks to wait, beside its headers.
    fn wait(&self, _body: &Value) -> Option<f64> {
        None
    }
}

/// Puts an answer together that comes in pieces.
pub(super) trait Assembly: Send {
    /// Takes the data of one event. Returns the text in it, where it has some.
    fn take(&mut self, data: &Value) -> Option<String>;
    /// The body as it would have come whole.
    ///
    /// # Errors
    /// Where the stream ended before the answer did, or told of an error.
    fn body(self: Box<Self>) -> Result<Value, NoAnswer>;
}

/// A request of a protocol.
pub(super) struct Request {
    /// The whole URL.
    pub url: String,
    /// The headers beside those of every request.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Value,
    /// Whether the process signs the request with its role at AWS.
    pub signed: bool,
}

/// What a model said.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Said {
    /// The text.
    pub text: String,
    /// The tools that it asked for.
    pub tool_calls: Vec<ToolCall>,
    /// What the call used.
    pub usage: Usage,
    /// Why it stopped, in the words of [`document::work::ModelAnswer::stop_reason`].
    pub stop_reason: String,
}

/// Why a successful response is no answer.
#[derive(Debug, PartialEq)]
pub(super) enum NoAnswer {
    /// The body is not what the protocol promises; what is wrong with it.
    Malformed(String),
    /// The model or its provider declines; in its own words.
    Refused(String),
}

impl NoAnswer {
    /// The body lacks something.
    pub fn lacks(what: &str) -> Self {
        Self::Malformed(format!("it has no {what}"))
    }
}
