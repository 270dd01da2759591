//! Every bound of a document, in one place, each with its reason; those of its expressions with them.

pub use expression::limits::*;

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
/// Seconds of one call of an agent's model where the document does not say: models think for a minute or more.
pub const MODEL_SECONDS: f64 = 120.0;
/// Seconds of one attempt of an `http_request` or `code` on a host whose operator does not say: what AWS gives a function
/// at most. A place among the few that run at once is not kept longer; what takes longer is work for a `wait`, or for a
/// service that is asked again.
pub const ATTEMPT_SECONDS: f64 = 900.0;
/// Attempts of an `http_request` whose `retry` does not say how many (workflow format, §2).
pub const IO_ATTEMPTS: u32 = 3;
/// Items of a map that run at once where it does not say how many (workflow format, §5).
pub const MAP_CONCURRENCY: u64 = 50;
/// Items of one map: the bitmap of the children that ended stays below 32 KiB in a stored state.
pub const MAP_ITEMS: usize = 100_000;
/// Nodes of one document.
pub const NODES: usize = 2_000;
/// Edges of one document.
pub const EDGES: usize = 10_000;
/// Bytes of one document as JSON; a request to the API may have 6 MiB.
pub const DOCUMENT_BYTES: usize = 4 * 1024 * 1024;
/// Attempts that a `retry` policy may ask for.
pub const RETRY_ATTEMPTS: u32 = 100;
/// Seconds for which an `authorization` stands open where the document does not say (human in the loop, §1).
pub const AUTHORIZATION_SECONDS: f64 = 1_800.0;
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
/// Channels that one interaction may name. Each is a message, or one for each person.
pub const CHANNELS: usize = 10;
/// People that one interaction may name.
pub const PEOPLE: usize = 1_000;
/// Bytes of the names of these people in all. The names are kept with the interaction, which hosts keep as one small
/// record.
pub const PEOPLE_BYTES: usize = 100_000;
/// Bytes of a group's name, as of any other name.
pub const GROUP_NAME_BYTES: usize = 64;
/// Bytes of a question that a model puts to people, and of why it wants leave: some five printed pages, which somebody reads.
pub const QUESTION_BYTES: usize = 16_384;
/// Bytes of the name of a tool for which a model wants leave.
pub const TOOL_NAME_BYTES: usize = 256;
/// Workflows that one `workflow` node may name.
pub const CHILDREN: usize = 1_000;
/// Models that an agent may name, one in place of another.
pub const MODELS: usize = 8;
/// Texts at which an answer of a model stops: what the providers take.
pub const STOPS: usize = 4;
/// Tokens of one answer of a model: more than any of today's gives.
pub const OUTPUT_TOKENS: u64 = 1_000_000;
/// Dollars that the calls of one agent may cost, from the price of a hundred tokens on: as the bound on tokens.
pub const USD_BUDGET: (f64, f64) = (0.000_001, 1_000_000.0);
/// Tokens of all calls of one agent: its bound on costs is one people choose, and this only keeps the number sane.
pub const MOST_TOKENS: u64 = 1_000_000_000;
/// Calls of its model where an agent does not say, and at most: a journal of so many answers is still read at once.
pub const USUAL_TURNS: u64 = 10;
/// The most of them.
pub const AGENT_TURNS: u64 = 200;
/// Calls of tools where an agent does not say, and at most: each is an execution of its own.
pub const USUAL_TOOL_CALLS: u64 = 50;
/// The most of them.
pub const AGENT_TOOL_CALLS: u64 = 1_000;
/// Tool calls of one answer that run at once where an agent does not say.
pub const PARALLEL_TOOLS: u64 = 8;
/// Messages that stand in place of a prompt.
pub const AGENT_MESSAGES: usize = 200;
/// Tools of one agent. Models choose badly among more, and some providers take no more.
pub const TOOLS: usize = 128;
/// Bytes of a tool's result that a model gets to read where the tool does not say, and at most.
pub const TOOL_RESULT_BYTES: u64 = 16_384;
/// The most of them: some 250,000 tokens, which is what large models read.
pub const TOOL_RESULT_MOST: u64 = 1_048_576;
/// Bytes of the key of a conversation, as stores keep it.
pub const MEMORY_KEY_BYTES: usize = 256;
/// Messages of a conversation that an agent may read.
pub const REMEMBERED: u64 = 1_000;
/// Messages of a conversation that an agent reads where its memory does not say.
pub const MEMORY_WINDOW: u64 = 40;
/// Days for which a conversation is kept where its memory does not say.
pub const MEMORY_DAYS: u64 = 30;
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
/// Errors, and warnings, reported of one document. More of them help nobody.
pub const ISSUES: usize = 1_000;
/// Problems of one document for which the nearest known name is looked for: among two thousand names a search takes
/// some milliseconds.
pub const SUGGESTIONS: usize = 100;
/// Calls of `matches()` in one document. Each literal pattern is compiled when the document is read.
pub const PATTERNS: usize = 1_000;
/// Edges of all loops of a flow that are examined to tell which of them is wrong. Each takes a walk over the flow. The
/// document is refused however many are examined.
pub const EXAMINED_EDGES: usize = 64;
/// Steps back that a `pattern` of a JSON Schema may take on a text; beyond them the text counts as not matched. Only
/// patterns with `(?=…)`, `(?<=…)` or `\1` take any, and on short texts a few hundred.
pub const PATTERN_BACKTRACKS: usize = 10_000;
/// Steps that compiling a JSON Schema may cost: one for each schema and keyword in it, each eight values of an `enum`,
/// and what `unevaluated…` and patterns cost beyond. So many take some 200 ms and 100 MB.
pub const SCHEMA_COST: u64 = 50_000;
/// Schemas that apply to one value, behind references and under `allOf` and its like, and in which the names that
/// expressions use are looked for. Of a schema with more of them no name is warned about.
pub const SHAPE_PARTS: usize = 64;
/// Nodes whose outputs may be the input of one node, and in whose shapes the names that its expressions use are looked
/// for. Where there are more, no name is warned about.
pub const SHAPE_SOURCES: usize = 32;
/// Schemas within one JSON Schema that are looked at; those of large standards have some thousands.
pub const SCHEMA_PARTS: usize = 20_000;
/// Schemas that one schema applies to one value, those behind references counted each time that they are met. Two
/// references in each of forty definitions would come to 2⁴⁰.
pub const SCHEMA_EXPANDED: u64 = 5_000;
/// Schemas within each other on one value. A validator recurses along them.
pub const SCHEMA_LEVELS: usize = 400;
/// The same number times the depth of the value: what the 2 MB stack of a worker holds.
pub const SCHEMA_NESTING: usize = 1_000;
/// Steps of checking one value: one for each schema that is applied to it or a part of it and each keyword of that, and
/// more for patterns and long lists. So many take about a second, and suffice for six megabytes of rows with a pattern
/// each.
pub const SCHEMA_STEPS: u64 = 20_000_000;
/// Steps of checking an input before that is left to a thread beside those that answer: some five milliseconds.
pub const SCHEMA_STEPS_AT_ONCE: u64 = 100_000;
/// The same for finding every place where a value does not fit. Each error takes some 300 bytes until all are told, so
/// of a value that takes more steps only the first error is told.
pub const SCHEMA_ERROR_STEPS: u64 = 200_000;
/// Bytes of the message of one such error, which quotes the value.
pub const SCHEMA_ERROR_BYTES: usize = 500;
/// Sizes of patterns: the bytes of the compiled pattern, the steps of compiling it, and those of matching one byte of a
/// text, since a match takes the product of both sizes at worst. The largest is what the validator takes at all.
pub const SCHEMA_PATTERN_SIZES: [(usize, u64, u64); 5] = [
    (4 * 1024, 4, 2),
    (16 * 1024, 10, 8),
    (128 * 1024, 50, 64),
    (1024 * 1024, 1_000, 512),
    (10 * 1024 * 1024, 10_000, 5_120),
];
/// Steps of matching one byte with a pattern that may take [`PATTERN_BACKTRACKS`], each of which reads on from there.
pub const SCHEMA_PATTERN_BACKTRACKING: u64 = 312;
/// Bytes that a pattern remembers from one text to the next.
pub const SCHEMA_PATTERN_CACHE_BYTES: usize = 256 * 1024;
/// Bytes of the name of an event from outside: far beyond the names that people give.
pub const EVENT_NAME_BYTES: usize = 256;
