//! Every bound of the command line, with its reason.

use std::time::Duration;

/// How long a command waits for a process that has the data folder open and does not answer: one that is done in
/// milliseconds, or one that ends and gives what runs its [`GRACE`].
pub const FOLDER_PATIENCE: Duration = Duration::from_secs(20);
/// How long a look takes at most whether a process of this machine listens at the address that it told.
pub const FOLDER_LOOK: Duration = Duration::from_millis(500);
/// Pause between two attempts to open a data folder that is in use.
pub const FOLDER_RETRY: Duration = Duration::from_millis(20);
/// How long nodes that run may go on once the process is asked to end. One that is cut off runs again at the next
/// start.
pub const GRACE: Duration = Duration::from_secs(10);
/// Bytes of an answer that this process's own API may give: an execution's output has 32 MiB at most, and its input as
/// much.
pub const ANSWER_BYTES: usize = 128 * 1024 * 1024;
/// How long a host may take to accept a connection.
pub const CONNECT: Duration = Duration::from_secs(10);
/// How long a host may take to answer: some routes wait 25 seconds for what follows.
pub const ANSWER: Duration = Duration::from_secs(60);
/// How long a host may take to answer where it asks a language model: [`api::limits::DRAFT`], and some time around it.
pub const LONG_ANSWER: Duration = Duration::from_secs(270);
/// Pause between two looks at what an execution that is followed has logged, or at what its children ask.
pub const FOLLOW: Duration = Duration::from_millis(250);
/// How long after a first question others may come that are asked before it, as long as something runs: questions of
/// branches and items that begin together are some milliseconds apart, and a person does not notice the pause.
pub const AT_ONCE: Duration = Duration::from_secs(1);
/// Pause between two looks at files that are watched: a person who saves one does not notice it.
pub const WATCH: Duration = Duration::from_millis(300);
/// Turns that one read of a journal takes.
pub const TURNS: usize = 200;
/// Turns that one request for a journal asks for, while an execution elsewhere is followed: the last page is asked for
/// again at each look.
pub const TURNS_ELSEWHERE: usize = 50;
/// Executions, or others, among which the beginning of an id is looked for, in the order of their list.
pub const PICKED: usize = 10_000;
/// Items that one request for a list asks for: the most that the API gives.
pub const PAGE: usize = 200;
/// Bytes of a workflow file: the bound on documents, with room for the white space of YAML and JSON.
pub const FILE_BYTES: u64 = 4 * engine::limits::DOCUMENT_BYTES as u64;
/// Bytes of an input from a file or stdin: what an outcome may have, with room for white space.
pub const INPUT_BYTES: u64 = 2 * engine::limits::OUTCOME_BYTES as u64;
/// Requests that an export or an import sends at a time: some ten times what one after the other does on a host elsewhere,
/// and on this one many share one sync of the disk. Each may have some megabytes.
pub const REQUESTS_AT_ONCE: usize = 16;
/// Bytes of a line of an export: what the API takes in one request.
pub const EXPORT_LINE_BYTES: u64 = api::limits::IMPORT_BYTES as u64;
/// Bytes of a receipt that is checked: a question and the answers of some hundred people, each with as much as a request
/// takes in practice.
pub const RECEIPT_BYTES: u64 = 64 * 1024 * 1024;
/// Bytes that are read of a file of public keys: some thousand keys.
pub const KEY_FILE_BYTES: u64 = 1024 * 1024;
/// Executions that cannot be read which `doctor` names: enough to look at some.
pub const NAMED: usize = 10;
/// Free bytes of the disk below which `doctor` warns, and those below which it fails: a journal grows by a few hundred
/// bytes for each node that runs.
pub const DISK_BYTES: (u64, u64) = (1024 * 1024 * 1024, 64 * 1024 * 1024);
/// Columns of a value that is shown in one line to a reader without a width, such as a file: a screen or two.
pub const LINE: usize = 200;
/// Bytes of an execution's output that `show` prints: some screens. `--json` has it in full.
pub const SHOWN_BYTES: usize = 8_000;
/// Answers of an agent's model that `show` prints, the newest: some screens. `history` tells of all.
pub const ANSWERS: usize = 20;
/// Characters of a message to or from a model that `show` prints: what somebody reads of it in a conversation.
pub const MESSAGE: usize = 1_000;
/// Bytes of what an editor wrote: what an answer may have with room, as an input from a file.
pub const EDITED_BYTES: u64 = INPUT_BYTES;
/// Log lines that wait to be written: a burst of some thousand starts. Whoever logs does not wait, so what finds no room
/// is left out, and its number is told.
pub const LOG_LINES: usize = 8_192;
/// How long the end of the process waits for log lines to be written, where nobody reads them.
pub const LOG_DRAIN: Duration = Duration::from_secs(1);
/// Bytes of lines of an agent that are read and not passed on yet: most messages have fewer, and longer ones go on piece by
/// piece.
pub const LINES_BYTES: usize = 64 * 1024;
/// How long an agent that has closed its end may wait for what it asked before: a tool waits 25 seconds, as the agent was
/// told.
pub const LAST_ANSWERS: Duration = Duration::from_secs(30);
/// How long is waited for the reason why a host is lost, which comes at once from the request that it refused.
pub const LAST_REASONS: Duration = Duration::from_secs(2);
