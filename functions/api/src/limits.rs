//! Every bound of the HTTP functions, with its reason.

use std::time::Duration;

/// Items of one page of a list at most.
pub const PAGE_ITEMS: usize = 200;
/// Items of a page that names no limit.
pub const PAGE_DEFAULT: usize = 50;
/// How long a request waits for an execution at most: an API gateway cuts off at 29 or 30 seconds.
pub const WAIT: Duration = Duration::from_secs(25);
/// A comment line on a silent event stream, so that proxies keep it open: the usual idle limit is 30 to 60 seconds.
pub const HEARTBEAT: Duration = Duration::from_secs(15);
/// Turns that one read of a journal takes: a few hundred kilobytes at most in memory.
pub const TURNS_PER_READ: usize = 200;
/// Log lines shown per node of a node list; the rest is on `/logs`.
pub const NODE_LOG_LINES: usize = 100;
/// Requests per second and owner: far above what people do, low enough that one runaway script leaves room.
pub const REQUESTS_PER_SECOND: f64 = 10_000.0;
/// Requests that an owner who was silent may send at once.
pub const REQUESTS_AT_ONCE: f64 = 20_000.0;
/// Bytes of an `Idempotency-Key`, as most services have it.
pub const KEY_BYTES: usize = 255;
/// Bytes of a secret's value: longer than any key or certificate chain.
pub const SECRET_BYTES: usize = 64 * 1024;
/// How long a client may take to send a request's body: 6 MiB at 2.5 Mbit/s.
pub const BODY: Duration = Duration::from_secs(20);
/// Nesting of a body's JSON: a document's own bound and what a request wraps it in. Whoever reads it again, out of a
/// journal or an answer, stops at 128.
pub const NESTING: usize = shared::limits::JSON_DEPTH + 10;
