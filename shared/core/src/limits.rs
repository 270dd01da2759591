//! Every bound of an execution, in one place, each with its reason; those of its document with them.

pub use document::limits::*;

use std::time::Duration;

/// Seconds past a node's timeout in which its outcome may still be recorded. After them an activation without a turn is
/// overdue (execution model, §2).
pub const GRACE_SECONDS: f64 = 30.0;
/// Bytes of an outcome that is kept in the journal. A larger one is offloaded, unless the host has a bound of its own
/// (workflow format, §5).
pub const INLINE_BYTES: usize = 256 * 1024;
/// Routing nodes and iterations that one turn decides before the rest becomes a continuation message, so that a turn
/// stays small (execution model, §2).
pub const HOPS_PER_TURN: usize = 1_000;
/// How deep executions may be nested by `workflow` and `map` nodes (execution model, §7).
pub const CHILD_DEPTH: u32 = 16;
/// Executions below one root that may be alive at once where the host's operator names no other number (execution model,
/// §7). It is also what a journal without the number stands for, so it never changes.
pub const DESCENDANTS: u32 = 10_000;
/// The least that an operator may say instead: the depth of a tree, so that one execution of each level fits in.
pub const LEAST_DESCENDANTS: u32 = CHILD_DEPTH;
/// The most that an operator may say instead. Each has a journal, and messages that others wait behind.
pub const MOST_DESCENDANTS: u32 = 1_000_000;
/// Children that one turn or message tells what their parent wants, or starts. For more, further messages follow, so that
/// the work of others comes in between.
pub const CHILDREN_IN_A_SLICE: u32 = 250;
/// How often a model is told that its answer does not fit its schema. Models that fail three times fail again.
pub const REPAIRS: usize = 2;
/// Seconds after which somebody looks whether an execution that `max_concurrency` holds back may go on, in case that the
/// message of an end or of a save was lost.
pub const HELD_SECONDS: f64 = 60.0;
/// Children of one attempt of a node whose words about their questions to people are kept at a time: as many as may be
/// alive below a root where its operator says nothing else. Of further ones nothing shows until others have ended.
pub const ASKING_CHILDREN: usize = 10_000;
/// Events from outside that one execution keeps for `wait` nodes that have not been reached yet.
pub const KEPT_SIGNALS: usize = 1_000;
/// Warnings that an execution's state keeps, each once however often it is recorded. A loop may warn in each iteration,
/// and the state is loaded and stored with every turn.
pub const KEPT_WARNINGS: usize = 50;
/// Characters of a warning in the state. The journal has all of them.
pub const WARNING_CHARS: usize = 400;
/// Warnings of the static checks that are shown with an execution; more are in the answer of the checks themselves.
pub const SHOWN_WARNINGS: usize = 100;
/// Requests with an `Idempotency-Key` that one execution remembers, so that a repeated one is done once. Clients repeat
/// within minutes, in which people and other systems send far fewer; each takes some 120 bytes of every stored state.
pub const KEPT_REQUESTS: usize = 128;
/// Log lines kept of one attempt, so that a chatty loop does not fill the disk.
pub const LOG_LINES: usize = 1_000;
/// Bytes of one log line.
pub const LOG_LINE_BYTES: usize = 8 * 1024;
/// Bytes of an execution's metadata as JSON. Hosts keep it where they list executions, and write it at each change of
/// status.
pub const METADATA_BYTES: usize = 16 * 1024;
/// Turns after which a replay is given up: a changed condition may let a loop turn for long, and others wait. Executions
/// of a few hundred nodes have some hundred.
pub const REPLAY_TURNS: usize = 10_000;
/// Bytes of the comment to an answer: some ten printed pages. Each person's is kept with the question, which is loaded and
/// stored with every turn.
pub const COMMENT_BYTES: usize = 32 * 1024;
/// Bytes of the text that answers an `ask`: some 250 printed pages, which a form takes with every character escaped.
pub const ANSWER_TEXT_BYTES: usize = 512 * 1024;
/// How much later than another answer one may come that was sent at once with it: a slow network or a busy machine parts
/// them by that much, and whoever sees a question takes longer to answer it.
pub const ANSWERS_AT_ONCE: Duration = Duration::from_millis(200);
/// How far the clocks of the processes of one host are apart at most, such as those of functions on AWS, which are kept
/// within a millisecond of each other as a rule. What follows from an answer takes messages, which take longer.
pub const CLOCKS_APART: Duration = Duration::from_millis(20);
/// How long a request is under way at most before an answer in it is decided: API gateways cut it off after 30 seconds,
/// and a body takes 20 seconds at most. What seems to be later than that after it was recorded before a clock was set
/// back.
pub const UNDER_WAY: Duration = Duration::from_secs(60);
/// Receivers of messages about one question. They are kept with the question, which hosts keep as one small record.
pub const DELIVERIES: usize = 1_000;
/// How often a question is put to other people. Its receipt tells of each time.
pub const REASSIGNMENTS: usize = 100;
/// Bytes that a question keeps of who was asked before and why: twice as many people as it may ask, and some.
pub const REASSIGNED_BYTES: usize = 256 * 1024;
/// Tries to send one message. With the times between them they span six hours, which outlasts a mail server's upgrade.
pub const DELIVERY_ATTEMPTS: u32 = 12;
/// Seconds from the first try to send a message to the second; each time after it is four times as long.
pub const DELIVERY_RETRY_SECONDS: f64 = 2.0;
/// Seconds between two tries at most.
pub const DELIVERY_MOST_SECONDS: f64 = 3_600.0;
/// Bytes of the error of a message that are kept.
pub const DELIVERY_ERROR_BYTES: usize = 500;
/// Reminders of one question. Each is recorded, and whoever has not answered after a year of daily ones never will.
pub const REMINDERS: u32 = 400;
