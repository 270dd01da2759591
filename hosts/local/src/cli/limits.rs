//! Every bound of the command line, with its reason.

use std::time::Duration;

/// How long a command waits for a data folder that another command has open. Most commands are done in milliseconds.
pub const FOLDER_PATIENCE: Duration = Duration::from_secs(1);
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
/// Pause between two looks at what an execution that is followed has logged, or at what its children ask.
pub const FOLLOW: Duration = Duration::from_millis(250);
/// Turns that one read of a journal takes.
pub const TURNS: usize = 200;
/// Items that one request for a list asks for: the most that the API gives.
pub const PAGE: usize = 200;
/// Bytes of a workflow file: the bound on documents, with room for the white space of YAML and JSON.
pub const FILE_BYTES: u64 = 4 * engine::limits::DOCUMENT_BYTES as u64;
/// Bytes of an input from a file or stdin: what an outcome may have, with room for white space.
pub const INPUT_BYTES: u64 = 2 * engine::limits::OUTCOME_BYTES as u64;
/// Executions that cannot be read which `doctor` names: enough to look at some.
pub const NAMED: usize = 10;
/// Free bytes of the disk below which `doctor` warns, and those below which it fails: a journal grows by a few hundred
/// bytes for each node that runs.
pub const DISK_BYTES: (u64, u64) = (1024 * 1024 * 1024, 64 * 1024 * 1024);
/// Log lines that wait to be written: a burst of some thousand starts. Whoever logs does not wait, so what finds no room
/// is left out, and its number is told.
pub const LOG_LINES: usize = 8_192;
/// How long the end of the process waits for log lines to be written, where nobody reads them.
pub const LOG_DRAIN: Duration = Duration::from_secs(1);
