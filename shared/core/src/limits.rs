//! Every bound of an execution, in one place, each with its reason; those of its document with them.

pub use document::limits::*;

/// Seconds past a node's timeout after which an activation without a turn is overdue.
pub const GRACE_SECONDS: f64 = 30.0;
/// Bytes of an outcome kept in the journal; a larger one is offloaded, unless the host has a bound of its own.
pub const INLINE_BYTES: usize = 256 * 1024;
/// Hops decided in one turn before the rest becomes a continuation message: a turn stays small.
pub const HOPS_PER_TURN: usize = 1_000;
/// Executions nested by `workflow` and `map`.
pub const CHILD_DEPTH: u32 = 16;
/// Signals kept for waits that have not come yet, per execution.
pub const KEPT_SIGNALS: usize = 1_000;
/// Log lines kept per attempt, and bytes per line: a chatty loop must not fill the disk.
pub const LOG_LINES: usize = 1_000;
/// Bytes of one log line.
pub const LOG_LINE_BYTES: usize = 8 * 1024;
/// Bytes of an execution's metadata as JSON: hosts keep it where they list executions, and write it with each status.
pub const METADATA_BYTES: usize = 16 * 1024;
