//! Answers that cannot go on for ever.

use tokio::time::Instant;

/// How long and how large an answer may become, where something between the service and its caller bounds that. An
/// extension of the request; without it there is no bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// It has ended by then.
    pub until: Instant,
    /// It is sent when it is whole, and has about so many bytes at most; none where it is streamed.
    pub whole: Option<usize>,
}
