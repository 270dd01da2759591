//! The bounds of the tools, each with its unit and its reason.

use std::time::Duration;

/// How long a tool waits for an execution or a person: the same as a request of the API, since clients and gateways cut
/// calls off at about 30 seconds.
pub const PATIENCE: Duration = api::limits::WAIT;
/// Time between two notes of progress: a client shows them to a person, who reads no more.
pub const PROGRESS_EVERY: Duration = Duration::from_millis(500);
/// Bytes of JSON that a tool answers with. What is longer fills a model's context without being of use to it, and stands
/// in the answer twice.
pub const RESULT_BYTES: usize = 512 * 1024;
/// Saved workflows that one page of the list of tools looks through: as many as a page of the API has at most.
pub const PAGE_ITEMS: usize = api::limits::PAGE_ITEMS;
