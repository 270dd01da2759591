//! Every bound of a document, in one place, each with its reason; those of its expressions with them.

pub use expression::limits::*;

/// Bytes of an identifier of a node or a workflow: a path segment, a file name, a label.
pub const ID_BYTES: usize = 64;
/// Iterations of a loop that names no bound of its own.
pub const LOOP_ITERATIONS: u64 = 1_000;
/// Seconds of a whole execution: one year.
pub const EXECUTION_SECONDS: f64 = 31_536_000.0;
/// Days for which ended executions are kept.
pub const RETENTION_DAYS: u64 = 90;
/// Seconds of one attempt of a node that names none.
pub const NODE_SECONDS: f64 = 30.0;
/// Attempts of nodes that do I/O.
pub const IO_ATTEMPTS: u32 = 3;
/// Items of a map that run at once where it names no number.
pub const MAP_CONCURRENCY: u64 = 50;
/// Items of one map: the bitmap of their ends stays below a few kilobytes.
pub const MAP_ITEMS: usize = 100_000;
/// Nodes of one document.
pub const NODES: usize = 2_000;
/// Edges of one document.
pub const EDGES: usize = 10_000;
/// Bytes of one document as JSON; the API takes 6 MiB a request.
pub const DOCUMENT_BYTES: usize = 4 * 1024 * 1024;
/// Attempts of a `retry` policy.
pub const RETRY_ATTEMPTS: u32 = 100;
/// Seconds for which an `authorization` stands open unless said otherwise.
pub const AUTHORIZATION_SECONDS: f64 = 1_800.0;
/// Seconds of the shortest timeout: below a millisecond nothing can answer.
pub const LEAST_SECONDS: f64 = 0.001;
/// Seconds of the longest delay of a retry: seven days, beyond which a `wait` says better what is meant.
pub const RETRY_SECONDS: f64 = 604_800.0;
/// The steepest factor between two delays of a retry.
pub const RETRY_BACKOFF: f64 = 100.0;
/// Iterations that a loop may allow at most: each is recorded, and a larger job is a `map`.
pub const MOST_ITERATIONS: u64 = 1_000_000;
/// Items or executions that may run at once at most.
pub const MOST_CONCURRENCY: u64 = 10_000;
/// Days for which ended executions may be kept at most: a century.
pub const MOST_RETENTION_DAYS: u64 = 36_500;
/// Rules of one `branch`.
pub const RULES: usize = 1_000;
/// Options of one decision: more than a person can read are a search.
pub const OPTIONS: usize = 200;
/// Bytes of a port's name; an option's text may be one.
pub const PORT_BYTES: usize = 128;
/// People or channels named by one interaction.
pub const PEOPLE: usize = 1_000;
/// Bytes of their names in all: whoever is asked is kept with the question, and hosts keep that as one small record.
pub const PEOPLE_BYTES: usize = 100_000;
/// Workflows that one `workflow` node starts.
pub const CHILDREN: usize = 1_000;
/// Bytes of the JavaScript of one `code` node.
pub const CODE_BYTES: usize = 256 * 1024;
/// Bytes of the path of a webhook.
pub const PATH_BYTES: usize = 128;
/// Bytes of a cron expression.
pub const CRON_BYTES: usize = 256;
/// Seconds after which a scheduled time that nobody took is missed: the machine slept, or stood still.
pub const SCHEDULE_LATE_SECONDS: u64 = 60;
/// The same on a host that looks once a minute, where a look may fail and the next ones make up for it.
pub const SCHEDULE_TICK_LATE_SECONDS: u64 = 300;
/// Bytes of an event pattern as JSON: EventBridge takes no longer ones either.
pub const PATTERN_BYTES: usize = 4_096;
/// Bytes of one wildcard of an event pattern: its parts are looked for one after the other in the whole text.
pub const WILDCARD_BYTES: usize = 256;
/// Problems reported of one document; more help nobody.
pub const ISSUES: usize = 1_000;
/// Steps back that a pattern of a JSON Schema may take before it counts as not matched.
pub const PATTERN_BACKTRACKS: usize = 100_000;
