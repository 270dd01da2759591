//! Every bound of the embedded store and queue, each with its reason.

use std::time::Duration;

/// Requests committed by one transaction: one sync serves them all; more only lengthens the wait of the first.
pub const GROUP: usize = 256;
/// Requests that wait for the writer; then callers wait, so that memory stays bounded.
pub const WRITER_QUEUE: usize = 4_096;
/// Bytes of a database page: a start alone in its transaction changes eight of them, whatever their size.
pub const PAGE_BYTES: u32 = 4_096;
/// Pages of write-ahead log before a checkpoint, 8 MiB: the log is written over from then on, and a sync of what the
/// file system has allocated before takes two thirds of the time. A shorter log would be checkpointed too often.
pub const CHECKPOINT_PAGES: u32 = 2_048;
/// KiB of page cache per connection: the working set is at the journal's end.
pub const CACHE_KIB: i64 = 2_048;
/// Compiled statements kept per connection: all that the store has.
pub const STATEMENTS: usize = 96;
/// Connections for reading: two cores read at once, a third for a long list.
pub const READERS: usize = 3;
/// Turns between two snapshots of a state: what a load folds at most, and what amortises writing it.
pub const SNAPSHOT_TURNS: u64 = 256;
/// Executions that the writer remembers the last number of; then it forgets all and asks the journal again.
pub const KNOWN: usize = 32_768;
/// Executions kept in memory.
pub const CACHED: usize = 16_384;
/// Bytes of journal text behind them: about a third of what they take in memory.
pub const CACHED_BYTES: usize = 48 * 1024 * 1024;
/// Parsed workflows kept in memory, and latest versions of saved ones.
pub const WORKFLOWS: usize = 256;
/// Stripes of locks that keep commands on one execution apart: few collide at some thousand at once.
pub const STRIPES: usize = 2_048;
/// How long a watcher waits at most before it looks again: below the 25 s of `?wait` and proxies' patience.
pub const WATCH: Duration = Duration::from_secs(10);
/// Messages handed to a handler in one call.
pub const BATCH: usize = 256;
/// Executions handled at once: enough to fill a group commit.
pub const LANES: usize = 512;
/// Nodes that do I/O run at once.
pub const IO: usize = 64;
/// Delayed messages and timers held in memory, each; the rest waits in the database.
pub const WINDOW: usize = 8_192;
/// Rows read at once when starting.
pub const START_ROWS: usize = 4_096;
/// Seconds before a message whose handling failed is handed out again, times the failures so far.
pub const RETRY_SECONDS: f64 = 0.5;
/// Entries of a page at most, as the API allows.
pub const PAGE: usize = 200;
