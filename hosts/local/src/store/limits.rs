//! Every bound of the embedded store and queue, each with its reason.

use std::time::Duration;

/// Requests that one transaction commits. One sync serves them all; a larger group only lengthens the wait of its
/// first.
pub const GROUP: usize = 256;
/// Executions that one transaction removes, so that others need not wait for the removal of a large family.
pub const REMOVED: usize = 200;
/// Bytes after which a transaction takes up no further request: syncing them takes some 20 ms on a slow disk, and
/// whoever comes meanwhile waits.
pub const GROUP_BYTES: usize = 4 * 1024 * 1024;
/// The time after which a transaction takes up no further request: several times what a sync takes, so that syncing
/// stays the smaller part.
pub const GROUP_TIME: Duration = Duration::from_millis(25);
/// Bytes of a database page. A transaction that holds one start changes eight pages, whatever their size, so small
/// pages leave less to sync.
pub const PAGE_BYTES: u32 = 4_096;
/// Pages of SQLite's write-ahead log before a checkpoint copies them into the database: 8 MiB. After it SQLite writes
/// over the log from its beginning, and a sync of blocks that the file system has allocated before takes two thirds of
/// the time. A shorter log would be checkpointed too often.
pub const CHECKPOINT_PAGES: u32 = 2_048;
/// KiB of page cache per connection. Little suffices, since nearly all accesses are near the end of the journal.
pub const CACHE_KIB: i64 = 2_048;
/// Compiled statements kept per connection: room for every statement of the store.
pub const STATEMENTS: usize = 96;
/// Connections for reading: two keep two cores busy, and a third is free for a long list.
pub const READERS: usize = 3;
/// Connections that handlers of messages read with: one is left for callers, however many messages are handled.
pub const QUEUE_READERS: usize = 2;
/// Turns between two snapshots of a state. A load folds about this many turns at most, and the cost of writing a
/// snapshot is spread over them.
pub const SNAPSHOT_TURNS: u64 = 256;
/// Executions whose last sequence number the writer remembers. Beyond that it forgets them all and reads the numbers
/// from the journal as it needs them.
pub const KNOWN: usize = 32_768;
/// Executions whose state is kept in memory.
pub const CACHED: usize = 16_384;
/// Bytes of the states in memory: of the journal text behind them, which is about a third of what they take, and of the
/// memory of their values. A host with little memory has a quarter of it for them.
pub const CACHED_BYTES: usize = 64 * 1024 * 1024;
/// Shares of one shard of these states that a single state may have while its execution goes on: 16 MiB.
pub const CACHED_SHARES: usize = 4;
/// Parsed workflows kept in memory; as many latest versions of saved workflows are kept beside them.
pub const WORKFLOWS: usize = 256;
/// The longest time that a watcher waits for a change before it looks again: below the 25 s of `?wait` and below the
/// patience of proxies.
pub const WATCH: Duration = Duration::from_secs(10);
/// Messages of one execution that a handler gets in one call: a bound on what one commit holds.
pub const BATCH: usize = 256;
/// Executions of one owner handled at once: twice what fills a group commit. Half as many more are for other owners
/// ([`Shares`](engine::fair::Shares)).
pub const LANES: usize = 512;
/// Nodes of one owner that do I/O, such as `http_request`, that run at once: a bound on open sockets and child
/// processes. Half as many more are for other owners.
pub const IO: usize = 64;
/// Delayed messages held in memory, and as many timers; later ones wait in the database. Up to four times as many may
/// gather before the latest are let go.
pub const WINDOW: usize = 8_192;
/// Timers that one request to the writer turns into messages: thousands may be due at once, and others wait meanwhile.
pub const FIRED: usize = 64;
/// Rows of the queue read in one go when the host starts: a bound on memory.
pub const START_ROWS: usize = 4_096;
/// Seconds before a message whose handling failed is handed out again, multiplied by the number of failures so far.
pub const RETRY_SECONDS: f64 = 0.5;
/// Numbers of rows that cannot be read, one after the other, after which a repair looks for no more rows between two
/// damaged places: a page of the database holds some hundred rows at most.
pub const REPAIR_PROBES: usize = 20_000;
/// The most entries of a list's page: what the API allows.
pub const PAGE: usize = 200;
