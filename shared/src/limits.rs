//! Every bound of the rules, in one place, each with its reason.

/// Bytes of one expression. Longer ones are programs, and a parser's stack is finite.
pub const EXPRESSION_BYTES: usize = 2_048;
/// Height of an expression's tree, along which its evaluation recurses: fits the 2 MB stack of a worker many times.
pub const EXPRESSION_DEPTH: usize = 200;
/// Parentheses, brackets and branches within each other, along which the parser recurses.
pub const EXPRESSION_NESTING: usize = 64;
/// Steps of one evaluation: one per node of the expression evaluated, per value compared, per 32 bytes of text read.
/// A million take some 20 ms, and suffice to filter a list of [`MAP_ITEMS`] items.
pub const EXPRESSION_COST: u64 = 1_000_000;
/// Bytes of all values that one evaluation builds on its way.
pub const EXPRESSION_BUILT_BYTES: usize = 32 * 1024 * 1024;
/// Bytes of a compiled regular expression, and the steps charged per byte of the text that it is matched with: the time
/// of a match is the product of both sizes at worst. The second is for Unicode classes such as `\p{L}`.
pub const REGEX_SIZES: [(usize, u64); 2] = [(16 * 1024, 8), (128 * 1024, 32)];
/// Bytes of a text matched with a regular expression: the worst match takes half a second.
pub const REGEX_TEXT_BYTES: usize = 16 * 1024;
/// Steps charged for compiling a pattern that is not literal.
pub const REGEX_COST: u64 = 50_000;
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
/// Seconds past a node's timeout after which an activation without a turn is overdue.
pub const GRACE_SECONDS: f64 = 30.0;
/// Bytes of an outcome kept in the journal; a larger one is offloaded, unless the host has a bound of its own.
pub const INLINE_BYTES: usize = 256 * 1024;
/// Bytes of an outcome at most: what a function can hold in memory beside its work.
pub const OUTCOME_BYTES: usize = 32 * 1024 * 1024;
/// Hops decided in one turn before the rest becomes a continuation message: a turn stays small.
pub const HOPS_PER_TURN: usize = 1_000;
/// Attempts of nodes that do I/O.
pub const IO_ATTEMPTS: u32 = 3;
/// Items of a map that run at once where it names no number.
pub const MAP_CONCURRENCY: u64 = 50;
/// Items of one map: the bitmap of their ends stays below a few kilobytes.
pub const MAP_ITEMS: usize = 100_000;
/// Children started, told or read at a time: each takes a connection or two, a batch has ten messages, and a function
/// has 1,024 file descriptors.
pub const CHILDREN_AT_ONCE: usize = 32;
/// The same where one process holds everything: those that are written together share one sync of the disk.
pub const CHILDREN_IN_ONE_SYNC: usize = 1_000;
/// Executions nested by `workflow` and `map`.
pub const CHILD_DEPTH: u32 = 16;
/// Nodes of one document.
pub const NODES: usize = 2_000;
/// Edges of one document.
pub const EDGES: usize = 10_000;
/// Bytes of one document as JSON; the API takes 6 MiB a request.
pub const DOCUMENT_BYTES: usize = 4 * 1024 * 1024;
/// Nesting of a JSON document; serde_json stops at 128.
pub const JSON_DEPTH: usize = 100;
/// Attempts of a `retry` policy.
pub const RETRY_ATTEMPTS: u32 = 100;
/// Signals kept for waits that have not come yet, per execution.
pub const KEPT_SIGNALS: usize = 1_000;
/// Log lines kept per attempt, and bytes per line: a chatty loop must not fill the disk.
pub const LOG_LINES: usize = 1_000;
/// Bytes of one log line.
pub const LOG_LINE_BYTES: usize = 8 * 1024;
/// Seconds for which an `authorization` stands open unless said otherwise.
pub const AUTHORIZATION_SECONDS: f64 = 1_800.0;
/// Times a message may fail before it can commit; then it is a dead letter.
pub const DELIVERIES: u32 = 5;
/// Bytes of a request to the API (AWS: a Lambda's payload).
pub const REQUEST_BYTES: usize = 6 * 1024 * 1024;
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
/// Bytes of an execution's metadata as JSON: hosts keep it where they list executions, and write it with each status.
pub const METADATA_BYTES: usize = 16 * 1024;
