//! How far an answer may go, where something between the service and its caller limits it.

use tokio::time::Instant;

/// How long an answer may last and how large it may become. The entry point that knows such limits, as on Lambda, adds
/// this to the request's extensions; a request without it has an answer without bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The moment by which the answer must have ended.
    pub until: Instant,
    /// The bytes that the answer may have, about, where it is sent in one piece. None: it is streamed.
    pub whole: Option<usize>,
}
