//! Every bound of the HTTP functions, with its reason.

use std::time::Duration;

/// Items of one page of a list at most.
pub const PAGE_ITEMS: usize = 200;
/// Items of a page that names no limit.
pub const PAGE_DEFAULT: usize = 50;
/// Bytes of the items of one page as JSON, but for one that is larger alone: the page ends before the item that would
/// pass them. As a JSON string they are twice as many at most, and Lambda's response takes 6 MB.
pub const PAGE_BYTES: usize = 2_500_000;
/// Rows of a page that are read at a time: each takes a request or two to the store.
pub const ROWS_AT_ONCE: usize = 16;
/// Turns of a history read at a time, so that a page that is full of bytes has not read much more.
pub const TURNS_PER_BITE: usize = 50;
/// How long a request waits for an execution at most: an API gateway cuts off at 29 or 30 seconds.
pub const WAIT: Duration = Duration::from_secs(25);
/// A comment line on a silent event stream, so that proxies keep it open: the usual idle limit is 30 to 60 seconds.
pub const HEARTBEAT: Duration = Duration::from_secs(15);
/// Turns that one read of a journal takes: a few hundred kilobytes at most in memory.
pub const TURNS_PER_READ: usize = 200;
/// Log lines shown per node of a node list; the rest is on `/logs`.
pub const NODE_LOG_LINES: usize = 100;
/// Pages of lines read for a node list: 20,000 lines, or twenty attempts that write all they may.
pub const NODE_LOG_PAGES: usize = 100;
/// Bytes of a request's line and headers: eight times what most servers take.
pub const HEAD_BYTES: usize = 64 * 1024;
/// Requests per second and owner: far above what people do, low enough that one runaway script leaves room.
pub const REQUESTS_PER_SECOND: f64 = 10_000.0;
/// Requests that an owner who was silent may send at once.
pub const REQUESTS_AT_ONCE: f64 = 20_000.0;
/// Owners whose requests are counted at a time: those that were silent are forgotten. Whoever calls may make up names.
pub const RATED_OWNERS: usize = 10_000;
/// Bytes of an owner's name.
pub const OWNER_BYTES: usize = 255;
/// Bytes of one part of a path, and of a parameter that names something. Whatever has a name has a shorter one, and a
/// sort key of DynamoDB has 1,024 bytes with all that stands around it.
pub const NAME_BYTES: usize = 512;
/// Metadata by which one list is filtered: a condition of DynamoDB has 4 KB.
pub const METADATA_FILTERS: usize = 10;
/// Bytes of a key of metadata to filter by, and of its text: hosts look for no larger ones.
pub const METADATA_BYTES: usize = 1_024;
/// Bytes of an `Idempotency-Key`, as most services have it.
pub const KEY_BYTES: usize = 255;
/// Bytes of a secret's value: longer than any key or certificate chain.
pub const SECRET_BYTES: usize = 64 * 1024;
/// How long a client may take to send a request's body: 6 MiB at 2.5 Mbit/s.
pub const BODY: Duration = Duration::from_secs(20);
/// Nesting of a body's JSON: a document's own bound and what a request wraps it in. Whoever reads it again, out of a
/// journal or an answer, stops at 128.
pub const NESTING: usize = engine::limits::JSON_DEPTH + 10;
/// How long an answer that must be whole waits for something to say: API Gateway cuts off at 29 seconds, and a cold start
/// and a slow store come before.
pub const WHOLE_WAIT: Duration = Duration::from_secs(20);
/// Bytes of events in an answer that must be whole, as of a page.
pub const WHOLE_BYTES: usize = PAGE_BYTES;
/// Bytes of a body as a JSON string in Lambda's response, whose limit is 6 MiB with headers and all.
pub const LAMBDA_BYTES: usize = 6 * 1024 * 1024 - 64 * 1024;
/// Before the function's time is over a stream ends by itself, so that its client loses nothing.
pub const STREAM_END: Duration = Duration::from_secs(2);
/// A stream lasts so long even where the function's time seems over: some emulators tell no deadline.
pub const STREAM_LEAST: Duration = Duration::from_secs(5);
/// Before a client whose stream ended comes again.
pub const RETRY: Duration = Duration::from_secs(1);
