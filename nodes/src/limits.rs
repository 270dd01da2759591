//! The bounds of what nodes do outside, each with its unit and its reason. Bounds of the rules are in `engine::limits`.

use std::time::Duration;

/// Bytes of a response's body: an outcome cannot be larger.
pub const RESPONSE_BYTES: usize = engine::limits::OUTCOME_BYTES;
/// Bytes of text from which on JSON is read on a thread of the pool for blocking work. Less takes about a millisecond.
pub const ASIDE_BYTES: usize = 256 * 1024;
/// Bytes of text beyond which JSON is read one at a time: it takes a tenth of a second or more, and much memory.
pub const ONE_AT_A_TIME_BYTES: usize = 4 * 1024 * 1024;
/// Bytes of a response's body that a failure keeps in its details: enough to see what is wrong, and small in the
/// journal.
pub const DETAIL_BYTES: usize = 64 * 1024;
/// Bytes of a model's answer: some 500,000 tokens, more than any model writes at once. An answer is a turn of the journal.
pub const MODEL_ANSWER_BYTES: usize = 2 * 1024 * 1024;
/// How many bytes an answer that comes in pieces may have for each byte of one that comes whole: a piece of four letters has
/// two hundred bytes around it.
pub const STREAM_WORDS: usize = 64;
/// Bytes that are kept of what a provider says of an error: they say everything in the first sentences.
pub const MODEL_WORDS_BYTES: usize = 1024;
/// Tokens that a model may write where the document does not say and the provider wants a number. All of Anthropic's
/// models that are still served write as many.
pub const MODEL_OUTPUT_TOKENS: u32 = 8192;
/// Redirects that are followed. Browsers and HTTP clients take 10 to 20 of them for a circle.
pub const REDIRECTS: usize = 10;
/// Bytes of one message of a server of the Model Context Protocol: what is longer no model reads.
pub const MCP_BYTES: usize = 2 * 1024 * 1024;
/// Pages of such a server's list of tools. A server that always names another page would never end.
pub const MCP_PAGES: usize = 50;
/// Tools of such a server: no model chooses among more.
pub const MCP_TOOLS: usize = 1_000;
/// How often the stream of an answer is opened again that such a server closed: with pauses from one second on, as long as
/// an attempt usually may last.
pub const MCP_RECONNECTS: usize = 5;
/// Time that such a server is given to hear that its session is over. The outcome is known by then.
pub const MCP_CLOSE: Duration = Duration::from_secs(2);
/// Time to establish a connection. A host that drops packets is then reported as unreachable, and not as an unknown
/// outcome.
pub const CONNECT: Duration = Duration::from_secs(10);
/// Idle connections kept for each host.
pub const IDLE_CONNECTIONS: usize = 64;
/// Time for which an idle connection is kept: less than the 60 s after which common servers close it.
pub const IDLE: Duration = Duration::from_secs(50);
/// Seconds of a `Retry-After` that are believed: one day.
pub const RETRY_AFTER_SECONDS: f64 = 86_400.0;
/// Seconds of one attempt where the host's operator does not say.
pub const ATTEMPT_SECONDS: f64 = engine::limits::ATTEMPT_SECONDS;
/// Seconds of one attempt that an operator may allow: those of a whole execution.
pub const MOST_ATTEMPT_SECONDS: f64 = engine::limits::EXECUTION_SECONDS;

/// Bytes of JavaScript's heap: an output of 32 MiB beside what it was made of.
pub const JS_HEAP_BYTES: usize = 64 * 1024 * 1024;
/// Bytes of JavaScript's stack, far below the 8 MiB of a main thread.
pub const JS_STACK_BYTES: usize = 512 * 1024;
/// Bytes of address space that a child process may add to what it has at its start: heap, input, output and slack.
pub const CHILD_BYTES: u64 = 256 * 1024 * 1024;
/// How much a child process steps back where others want the processor: it gets a tenth of what its host gets, so that
/// endless loops slow nobody else down much.
pub const CHILD_NICENESS: i32 = 10;
/// Runs of one child process before a new one takes its place, which bounds what leaks and fragmentation add up to.
pub const CHILD_RUNS: u32 = 1_000;
/// Time that a child process that closed its pipes is given to end, so that it can be said why.
pub const DYING: Duration = Duration::from_secs(1);
/// Seconds of processor time that a child process may use past its deadline, in case that nobody is left to kill it.
pub const CHILD_CPU_GRACE_SECONDS: u64 = 2;
/// Time to parse the code of one node, the wait for a child process among it: a thousand times what it takes. Where that
/// does not suffice, since other code has all places, a document is taken as it is.
pub const PARSE: Duration = Duration::from_secs(2);
/// Time for the first child process of a host to start and answer: a thousand times what it takes.
pub const WARM: Duration = Duration::from_secs(5);
/// Bytes of an error's message or stack that leave a child process.
pub const ERROR_BYTES: usize = 8 * 1024;
/// Bytes of one request to a child process: the code and the JSON of its variables.
pub const CHILD_INPUT_BYTES: usize = 128 * 1024 * 1024;
