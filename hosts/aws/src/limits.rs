//! Every bound of this host, each with its reason.

use std::time::Duration;

/// Bytes of a value that stays in the journal; a larger one goes to S3. There a PUT costs as much as eight write units
/// of 1 KB, and a value in the journal is written with its turn and again with states.
pub const INLINE_BYTES: usize = 8 * 1024;
/// Bytes of a compressed body that stays in its item; a larger one goes to S3: from here on a PUT and a GET cost less
/// than write and read units, and an item holds 400 KB at most.
pub const BODY_BYTES: usize = 16 * 1024;
/// Bytes of compressed log lines that stay in the turn's item, where every load reads them along.
pub const LOGS_BYTES: usize = 2 * 1024;
/// Bytes of a compressed document that stays in its item.
pub const DOCUMENT_BYTES: usize = 64 * 1024;
/// Bytes that a body may have once it is read: a batch of turns with inlined values, and a state of every node.
pub const READ_BYTES: usize = 256 * 1024 * 1024;
/// Bytes of items since the last one with a state after which the next carries one: a load then reads about one read
/// unit of 4 KB.
pub const GAP_BYTES: usize = 3 * 1024;
/// How small deflate can make a state at best: where not even that fits, it is not tried.
pub const DEFLATES_TO: usize = 16;
/// Items read at first, from the newest backwards: usually one or two suffice, and four small ones are one read unit.
pub const NEWEST: i32 = 4;
/// Items read on top of a state in memory before the newest stored state is the shorter way.
pub const AHEAD: i32 = 32;
/// Executions kept in memory to fold faster; a function handles few at a time.
pub const CACHED: usize = 256;
/// Bytes of states and values behind them: a function has 256 MB.
pub const CACHED_BYTES: usize = 32 * 1024 * 1024;
/// Parsed workflows kept in memory.
pub const WORKFLOWS: usize = 64;
/// Commits whose effects are not delivered yet that are remembered; who is forgotten has its head written again.
pub const UNDELIVERED: usize = 1_024;
/// Parts of the due index: DynamoDB writes about 1,000 units a second to one.
pub const DUE_SHARDS: usize = 8;
/// Seconds after which the supervisor looks after an execution whose turn was committed by a request: longer than the
/// request has to begin the write of the turn, than all its tries ([`TRIES`] of [`ATTEMPT`] and the pauses, 42 s), and
/// than two clocks differ.
pub const MARK_SECONDS: f64 = 90.0;
/// Seconds that a request has from its mark to the write of its turn: a longer one is refused, and may be tried again.
pub const MARKED_SECONDS: f64 = MARK_SECONDS / 4.0;
/// Seconds for which the numbers of a removed execution stay taken, so that no commit that was under way brings it back:
/// longer than a function may run.
pub const FENCE_SECONDS: i64 = 3_600;
/// Seconds for which whoever starts an execution of a workflow that looks at its others keeps them off.
pub const LEASE_SECONDS: f64 = 10.0;
/// Seconds that the lease must last yet when the first turn is written: longer than a write that is not tried again.
pub const LEASE_LEFT_SECONDS: f64 = 2.0;
/// Seconds that a start waits for its turn: longer than one lease, shorter than a request.
pub const ENTER_SECONDS: f64 = 15.0;
/// Seconds after which a member of a guard that never began is dropped: its start takes no longer.
pub const BEGIN_SECONDS: f64 = 120.0;
/// Members of a guard that are looked up at a time, oldest first: the ended ones that a crash left behind are among them.
pub const MEMBERS_CHECKED: usize = 5;
/// Seconds for which a task token is kept: Step Functions ends an execution after a year.
pub const TOKEN_SECONDS: i64 = 366 * 86_400;
/// Bytes of one entry of the metadata that lists can be filtered by: larger ones are read, not searched for.
pub const METADATA_BYTES: usize = 1_024;
/// Values fetched or removed at a time.
pub const AT_ONCE: usize = 8;
/// Bytes of a person by whom the inbox can be filtered: an address has 254 at most.
pub const PERSON_BYTES: usize = 320;
/// Children removed at a time, at each depth: a map has thousands, each some ten calls of a few milliseconds.
pub const REMOVED_AT_ONCE: usize = 16;
/// Items written by one request: DynamoDB's own bound.
pub const BATCH: usize = 25;
/// Part of a list at most.
pub const PAGE: usize = 200;
/// Items that a list reads at a time where a filter leaves most out.
pub const FILTERED: i32 = 500;
/// How often it does so for one page: a filter that lets nothing through would read a history of years to its end. The
/// page is short then, and its cursor goes on behind what was read.
pub const FILTERED_PAGES: usize = 4;
/// How often it is looked whether an execution changed: the first times, and the longest pause in between.
pub const POLL: (Duration, Duration) = (Duration::from_millis(50), Duration::from_millis(1_000));
/// How long a change is waited for before the caller looks by itself.
pub const WATCH: Duration = Duration::from_secs(5);

/// Tries of one call that fails for the moment: a few hundred milliseconds all in all, then the queue tries again.
pub const TRIES: u32 = 5;
/// The first pause between two tries at most, and the longest.
pub const PAUSE: (Duration, Duration) = (Duration::from_millis(25), Duration::from_millis(1_000));
/// Time for a connection to a service.
pub const CONNECT: Duration = Duration::from_secs(2);
/// Time for one try of one call: a page of 1 MB over a slow network.
pub const ATTEMPT: Duration = Duration::from_secs(8);

/// Messages of one request to SQS: its own bound.
pub const MESSAGES: usize = 10;
/// Bytes of all bodies of one request to SQS: its bound was 256 KiB for long, and emulators still have that one.
pub const MESSAGES_BYTES: usize = 250_000;
/// Bytes of the reason why a child failed: its parent's error names it, and ten of them fit into one request.
pub const REASON_BYTES: usize = 16 * 1024;
/// Requests for one batch where SQS takes a part of it each time; then the message that asked for it comes again.
pub const MESSAGES_ROUNDS: u32 = 4;
/// Seconds of the longest delay of a message: SQS's own bound. What is later waits in the wait machine.
pub const QUEUE_DELAY_SECONDS: i32 = 900;
/// Seconds for which a message may stay invisible: 12 hours, SQS's own bound.
pub const VISIBILITY_SECONDS: i32 = 43_200;
/// Bytes of one value in S3 at most: an outcome is half of it, and a batch of turns with inlined values is below it.
pub const BLOB_BYTES: i64 = 256 * 1024 * 1024;
/// Seconds for which a credential that was read is not read again: one that is changed counts everywhere after that.
pub const SECRET_SECONDS: f64 = 60.0;
/// Credentials remembered; a function uses few.
pub const SECRETS: usize = 256;
/// Seconds of a function's time that no node may use: to commit its outcome, and to deliver what follows from it.
pub const MARGIN_SECONDS: f64 = 5.0;
