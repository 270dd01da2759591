//! Every bound of this host, each with its reason.

use std::time::Duration;

/// Bytes up to which a value stays in the journal; a larger one goes to S3. A PUT of S3 costs as much as eight write
/// units of 1 KB, and a value in the journal is written with its turn and again with each stored state.
pub const INLINE_BYTES: usize = 8 * 1024;
/// Bytes up to which a compressed body stays in its item; a larger one goes to S3. Beyond this size a PUT and a GET
/// cost less than write and read units, and an item holds 400 KB at most.
pub const BODY_BYTES: usize = 16 * 1024;
/// Bytes up to which compressed log lines stay in the item of their turn. The bound is low because every load of the
/// execution reads them along.
pub const LOGS_BYTES: usize = 2 * 1024;
/// Bytes up to which a compressed document, or the compressed rows beside a workflow, stay in their item.
pub const DOCUMENT_BYTES: usize = 64 * 1024;
/// Bytes that a stored text may have once it is inflated, so that a damaged one cannot fill the memory. The longest is
/// a batch of turns with inline values and the state after it.
pub const READ_BYTES: usize = 256 * 1024 * 1024;
/// Bytes of items after the newest one with a state, beyond which the next item carries a state, so that a load reads
/// about one read unit of 4 KB.
pub const GAP_BYTES: usize = 3 * 1024;
/// The factor by which deflate shortens a state at best. A state that would not fit even then is not compressed at all.
pub const DEFLATES_TO: usize = 16;
/// Number of items that a load reads first, from the newest backwards: usually one or two suffice, and four of 1 KB are
/// one read unit.
pub const NEWEST: i32 = 4;
/// Number of items that a load reads from the last item of a state in memory on. Where more follow, the newest stored
/// state is the shorter way.
pub const AHEAD: i32 = 32;
/// Number of executions kept in memory, to fold faster; a function handles few at a time.
pub const CACHED: usize = 256;
/// Bytes of memory that the states kept there take, with the values behind them: a small part of the 512 MB that a function has by
/// default.
pub const CACHED_BYTES: usize = 32 * 1024 * 1024;
/// Megabytes of memory that a function counts with where Lambda does not say how many it has: those of the template.
pub const FUNCTION_MEGABYTES: usize = 512;
/// Number of parsed workflows kept in memory.
pub const WORKFLOWS: usize = 64;
/// Number of commits with undelivered effects that a process remembers. The head of a forgotten one is compared with
/// the state after the delivery instead, which costs a read.
pub const UNDELIVERED: usize = 1_024;
/// Number of partitions of each of both lists of the index `due`. DynamoDB takes 1,000 write units a second for each, and an
/// execution writes two to either list, so that these take some 16,000 executions a second. A tick queries each once.
/// It may only grow: what earlier releases wrote into fewer is still found.
pub const DUE_SHARDS: usize = 32;
/// Parts of each list of executions, children and questions, where `STEPWELL_LIST_PARTS` says nothing. DynamoDB takes 1,000
/// write units a second for each part, and an execution writes two to the parts of its owner; a page of a list reads all.
pub const LIST_PARTS: usize = 4;
/// The most parts of a list: a page over all eleven statuses then makes 704 queries.
pub const MOST_LIST_PARTS: usize = 64;
/// Seconds after which the supervisor looks after an execution to which a request committed a turn. They exceed the sum
/// of the time that the request has to begin the write of the turn ([`MARKED_SECONDS`]), the time of all tries of the
/// write ([`TRIES`] of [`ATTEMPT`] and the pauses, 42 s), and two minutes, by which two clocks differ of which one is a
/// minute ahead and the other a minute behind.
pub const MARK_SECONDS: f64 = 200.0;
/// Seconds that a request has from its mark to the write of its turn. A later write is refused, and the request may be
/// tried again.
pub const MARKED_SECONDS: f64 = 22.5;
/// Seconds for which the turn numbers of a removed execution stay taken, so that no commit that was under way brings it
/// back: longer than a function may run.
pub const FENCE_SECONDS: i64 = 3_600;
/// Seconds that a lease lasts, which lets one process at a time start executions of a workflow with `overlap` or
/// `max_concurrency`.
pub const LEASE_SECONDS: f64 = 10.0;
/// Seconds of the lease that must be left when a first turn is written: longer than a write takes that is tried once.
pub const LEASE_LEFT_SECONDS: f64 = 2.0;
/// Seconds that a start waits for the lease: longer than one lease of a process that died, shorter than a request.
pub const ENTER_SECONDS: f64 = 15.0;
/// Seconds after which a member of a guard is dropped whose execution never began: no start takes so long, also where the
/// clocks of two processes differ by two minutes.
pub const BEGIN_SECONDS: f64 = 240.0;
/// Number of a guard's members under way that each census looks up, oldest first, since ended ones that a crash left
/// behind are among the oldest.
pub const MEMBERS_CHECKED: usize = 5;
/// Days for which a document is kept beyond the time at which executions need it by what is known at their start: those
/// that are retried after their end need it longer. They exceed a year and 90 days, the time and the retention that a
/// document has which names none, so that whoever keeps a document need not say so again for its first start.
pub const DOCUMENT_DAYS: f64 = 500.0;
/// Days after which the supervisor looks again at an object that its row names: so long, at most, is one kept that no row
/// names any more. Each look takes two reads and a write.
pub const OBJECT_DAYS: f64 = 30.0;
/// Number of documents, of conversations and of objects that one tick of the supervisor removes at most: each takes some calls.
pub const UNNEEDED: i32 = 50;
/// Seconds for which a function knows an API token, and a version of a saved workflow, without reading its row again. So long
/// after a token was revoked another function may still take it: less than it takes to notice that it leaked, and long
/// enough that a row is read once for thousands of requests, of which DynamoDB gives one key 3,000 a second.
pub const KNOWN_SECONDS: f64 = 5.0;
/// Tokens, and versions, of which a function knows so much: a few hundred bytes each.
pub const KNOWN: usize = 1_024;
/// Seconds for which a task token is kept: a little more than the year after which Step Functions ends an execution.
pub const TOKEN_SECONDS: i64 = 366 * 86_400;
/// Bytes of key and value up to which lists can be filtered by an entry of the metadata. Larger entries are shown only.
pub const METADATA_BYTES: usize = 1_024;
/// Number of values in S3 that are put or fetched at a time, and of a guard's members that are looked up at a time.
pub const AT_ONCE: usize = 8;
/// Descendants that one list of an execution's questions reads. Each takes a call of a few milliseconds, and the list
/// answers within one request.
pub const FAMILY: usize = 1_000;
/// Bytes up to which a person is among those by whom the inbox can be filtered: an e-mail address has 254 at most.
pub const PERSON_BYTES: usize = 320;
/// Number of children removed at a time, at each depth: a map has thousands, and each takes some ten calls of a few
/// milliseconds.
pub const REMOVED_AT_ONCE: usize = 16;
/// Number of items that one `BatchWriteItem` may write: the bound of DynamoDB.
pub const BATCH: usize = 25;
/// Number of rows that a page of a list may have.
pub const PAGE: usize = 200;
/// Number of items that one query of a list reads where a filter may leave out most of them.
pub const FILTERED: i32 = 500;
/// By how much at most that number is shared among the parts of a list, so that each still reads some hundred.
pub const FILTERED_SHARE: i32 = 5;
/// Names of people and groups that a query of the inbox has DynamoDB look for: an expression has 4 KB and 300 operators.
pub const FILTER_NAMES: usize = 100;
/// Number of queries for one page of a list, since a filter that lets nothing through would read a history of years to
/// its end. The page is short then, and its cursor goes on behind what was read.
pub const FILTERED_PAGES: usize = 4;
/// The first and the longest pause between two looks at whether an execution has a new turn.
pub const POLL: (Duration, Duration) = (Duration::from_millis(50), Duration::from_millis(1_000));
/// How long one call waits for a new turn before it returns and the caller looks by itself.
pub const WATCH: Duration = Duration::from_secs(5);

/// Number of tries of a call whose failure is temporary. Their pauses take a few hundred milliseconds together; after
/// that the message or the client tries again.
pub const TRIES: u32 = 5;
/// Tries to write the head of a conversation to which several agents add at the same time. Each try is one that another
/// was faster than, so that this many agents at once all get their turn.
pub const HEAD_TRIES: u32 = 32;
/// The bound of the first pause between two tries, and the largest bound.
pub const PAUSE: (Duration, Duration) = (Duration::from_millis(25), Duration::from_millis(1_000));
/// Time for opening a connection to a service.
pub const CONNECT: Duration = Duration::from_secs(2);
/// Time for one try of a call: a page of 1 MB arrives in it over a slow network.
pub const ATTEMPT: Duration = Duration::from_secs(8);

/// Number of messages in one request to SQS: the bound of SQS.
pub const MESSAGES: usize = 10;
/// Bytes of all bodies in one request to SQS: emulators take 256 KiB, SQS itself takes more.
pub const MESSAGES_BYTES: usize = 250_000;
/// Bytes of the reason why a child failed: enough for the parent's error, and ten of them fit into one request.
pub const REASON_BYTES: usize = 16 * 1024;
/// Number of requests for one batch where SQS takes a part of it each time. After that the batch fails, and the message
/// that asked for it comes again.
pub const MESSAGES_ROUNDS: u32 = 4;
/// Seconds of the longest delay of a message: the bound of SQS. What is due later waits in the wait machine.
pub const QUEUE_DELAY_SECONDS: i32 = 900;
/// Seconds for which a received message may stay hidden: 12 hours, the bound of SQS.
pub const VISIBILITY_SECONDS: i32 = 43_200;
/// Bytes of the largest object that is read from S3, so that a foreign one cannot fill the memory. An outcome has 32
/// MiB at most, and bodies of commits are compressed.
pub const BLOB_BYTES: i64 = 256 * 1024 * 1024;
/// Seconds for which a credential that was read is not read again: so long after a change the old value may still
/// count.
pub const SECRET_SECONDS: f64 = 60.0;
/// Number of credentials that a process remembers; a function uses few.
pub const SECRETS: usize = 256;
/// Secrets that one call of Secrets Manager lists.
pub const SECRETS_OF_A_CALL: usize = 100;
/// Seconds of a function's time that no node may use: they are kept to commit its outcome and deliver what follows.
pub const MARGIN_SECONDS: f64 = 5.0;
/// Number of values of one metric in a line: CloudWatch's embedded metric format takes no more.
pub const SPREAD: usize = 100;
