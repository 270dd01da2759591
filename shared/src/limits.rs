//! Every bound of the rules in one place: its unit, and its reason or the chapter that sets it where the number alone
//! does not say why.

/// Bytes of one expression (workflow format, §4). A longer one is a program, and a parser's stack is finite.
pub const EXPRESSION_BYTES: usize = 2_048;
/// Height of an expression's tree, along which its evaluation recurses. It fits the 2 MB stack of a worker many times.
pub const EXPRESSION_DEPTH: usize = 200;
/// How deep parentheses, brackets and branches lie within each other, which is how deep the parser recurses.
pub const EXPRESSION_NESTING: usize = 64;
/// Steps of one evaluation: one for each node of the expression that is evaluated, each value compared, and each 32
/// bytes of text read. A million of them take some 20 ms, and suffice to filter a list of [`MAP_ITEMS`] items.
pub const EXPRESSION_COST: u64 = 1_000_000;
/// Bytes of all values that one evaluation builds on its way: as many as an outcome may have.
pub const EXPRESSION_BUILT_BYTES: usize = 32 * 1024 * 1024;
/// Sizes of regular expressions: pairs of the bytes of the compiled expression, and the steps charged for each byte of
/// the text that it is matched with, since a match takes the product of both sizes at worst. The second pair is for
/// Unicode classes such as `\p{L}`.
pub const REGEX_SIZES: [(usize, u64); 2] = [(16 * 1024, 8), (128 * 1024, 32)];
/// Bytes of a text matched with a regular expression: the worst match takes half a second.
pub const REGEX_TEXT_BYTES: usize = 16 * 1024;
/// Steps charged for compiling a pattern that is not literal, and so is compiled at each evaluation.
pub const REGEX_COST: u64 = 50_000;
/// Bytes of the id of a node or a workflow (workflow format, §1): it becomes a path segment, a file name and a label.
pub const ID_BYTES: usize = 64;
/// Iterations of a loop, where neither the loop nor `settings.max_loop_iterations` says how many (workflow format, §5).
pub const LOOP_ITERATIONS: u64 = 1_000;
/// Seconds of a whole execution where the document does not say, and at most: one year (workflow format, §1).
pub const EXECUTION_SECONDS: f64 = 31_536_000.0;
/// Days for which an ended execution is kept where the document does not say (workflow format, §1).
pub const RETENTION_DAYS: u64 = 90;
/// Seconds of one attempt of a node where the document does not say (workflow format, §2).
pub const NODE_SECONDS: f64 = 30.0;
/// Seconds past a node's timeout in which its outcome may still be recorded. After them an activation without a turn is
/// overdue (execution model, §2).
pub const GRACE_SECONDS: f64 = 30.0;
/// Bytes of an outcome that is kept in the journal. A larger one is offloaded, unless the host has a bound of its own
/// (workflow format, §5).
pub const INLINE_BYTES: usize = 256 * 1024;
/// Bytes of an outcome at most (workflow format, §5): what a function can hold in memory beside its work.
pub const OUTCOME_BYTES: usize = 32 * 1024 * 1024;
/// Routing nodes and iterations that one turn decides before the rest becomes a continuation message, so that a turn
/// stays small (execution model, §2).
pub const HOPS_PER_TURN: usize = 1_000;
/// Attempts of an `http_request` whose `retry` does not say how many (workflow format, §2).
pub const IO_ATTEMPTS: u32 = 3;
/// Items of a map that run at once where it does not say how many (workflow format, §5).
pub const MAP_CONCURRENCY: u64 = 50;
/// Items of one map: the bitmap of the children that ended stays below 32 KiB in a stored state.
pub const MAP_ITEMS: usize = 100_000;
/// Children that are started, told or read at a time. Each takes a connection or two, a batch has ten messages, and a
/// function has 1,024 file descriptors.
pub const CHILDREN_AT_ONCE: usize = 32;
/// The same number on the embedded host, where children that are written together share one sync of the disk.
pub const CHILDREN_IN_ONE_SYNC: usize = 1_000;
/// How deep executions may be nested by `workflow` and `map` nodes (execution model, §7).
pub const CHILD_DEPTH: u32 = 16;
/// Nodes of one document.
pub const NODES: usize = 2_000;
/// Edges of one document.
pub const EDGES: usize = 10_000;
/// Bytes of one document as JSON; a request to the API may have 6 MiB.
pub const DOCUMENT_BYTES: usize = 4 * 1024 * 1024;
/// How deep lists and objects may lie within each other in a JSON document. serde_json itself stops at 128.
pub const JSON_DEPTH: usize = 100;
/// Attempts that a `retry` policy may ask for.
pub const RETRY_ATTEMPTS: u32 = 100;
/// Events from outside that one execution keeps for `wait` nodes that have not been reached yet.
pub const KEPT_SIGNALS: usize = 1_000;
/// Log lines kept of one attempt, so that a chatty loop does not fill the disk.
pub const LOG_LINES: usize = 1_000;
/// Bytes of one log line.
pub const LOG_LINE_BYTES: usize = 8 * 1024;
/// Seconds for which an `authorization` stands open where the document does not say (human in the loop, §1).
pub const AUTHORIZATION_SECONDS: f64 = 1_800.0;
/// How often a message may be handed out and fail; after that it is a dead letter.
pub const DELIVERIES: u32 = 5;
/// Bytes of a request to the API, which is what AWS Lambda takes.
pub const REQUEST_BYTES: usize = 6 * 1024 * 1024;
/// Seconds of the shortest timeout: nothing answers within less than a millisecond.
pub const LEAST_SECONDS: f64 = 0.001;
/// Seconds of the longest delay of a retry: seven days. For a longer one a `wait` says better what is meant.
pub const RETRY_SECONDS: f64 = 604_800.0;
/// The largest factor between two delays of a retry.
pub const RETRY_BACKOFF: f64 = 100.0;
/// Iterations that a document may allow a loop. Each is recorded, so a larger job is better a `map`.
pub const MOST_ITERATIONS: u64 = 1_000_000;
/// Items of a map, or executions of a workflow, that a document may let run at once.
pub const MOST_CONCURRENCY: u64 = 10_000;
/// Days for which a document may keep ended executions: a century.
pub const MOST_RETENTION_DAYS: u64 = 36_500;
/// Rules of one `branch`.
pub const RULES: usize = 1_000;
/// Options of one decision. More of them no person reads.
pub const OPTIONS: usize = 200;
/// Bytes of a port's name, which may be the text of an option.
pub const PORT_BYTES: usize = 128;
/// People, or channels, that one interaction may name.
pub const PEOPLE: usize = 1_000;
/// Bytes of the names of these people in all. The names are kept with the interaction, which hosts keep as one small
/// record.
pub const PEOPLE_BYTES: usize = 100_000;
/// Workflows that one `workflow` node may name.
pub const CHILDREN: usize = 1_000;
/// Bytes of the JavaScript of one `code` node.
pub const CODE_BYTES: usize = 256 * 1024;
/// Bytes of the `path` of a webhook.
pub const PATH_BYTES: usize = 128;
/// Bytes of a cron expression.
pub const CRON_BYTES: usize = 256;
/// Seconds after which a scheduled time that no start has taken counts as missed, as when the machine slept.
pub const SCHEDULE_LATE_SECONDS: u64 = 60;
/// The same number on a host that looks for schedules once a minute: one look may fail, and the next ones make up for
/// it.
pub const SCHEDULE_TICK_LATE_SECONDS: u64 = 300;
/// Bytes of an event pattern as JSON, which is what EventBridge takes.
pub const PATTERN_BYTES: usize = 4_096;
/// Bytes of one wildcard of an event pattern. Each of its parts is looked for in the whole text.
pub const WILDCARD_BYTES: usize = 256;
/// Problems reported of one document. More of them help nobody.
pub const ISSUES: usize = 1_000;
/// Steps back that a `pattern` of a JSON Schema may take on a text; beyond them the text counts as not matched.
pub const PATTERN_BACKTRACKS: usize = 100_000;
/// Bytes of an execution's metadata as JSON. Hosts keep it where they list executions, and write it at each change of
/// status.
pub const METADATA_BYTES: usize = 16 * 1024;
