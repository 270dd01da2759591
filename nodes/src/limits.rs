//! The bounds of what nodes do outside, each with its reason. Bounds of the rules are in `engine::limits`.

use std::time::Duration;

/// Bytes of a response's body at most: an outcome cannot be larger.
pub const RESPONSE_BYTES: usize = engine::limits::OUTCOME_BYTES;
/// Bytes of a response's body kept in a failure's details: enough to see what is wrong, small in the journal.
pub const DETAIL_BYTES: usize = 64 * 1024;
/// Redirects followed: what browsers and reqwest take for a loop beyond is 10 to 20.
pub const REDIRECTS: usize = 10;
/// Time to establish a connection: a host that drops packets is reported as unreachable, not as an unknown outcome.
pub const CONNECT: Duration = Duration::from_secs(10);
/// Idle connections kept per host, and for how long: below the 60 s after which common servers close theirs.
pub const IDLE_CONNECTIONS: usize = 64;
/// See `IDLE_CONNECTIONS`.
pub const IDLE: Duration = Duration::from_secs(50);
/// Seconds of a `Retry-After` that are believed: one day.
pub const RETRY_AFTER_SECONDS: f64 = 86_400.0;
/// Seconds of one attempt at most: the whole execution's bound.
pub const ATTEMPT_SECONDS: f64 = engine::limits::EXECUTION_SECONDS;
/// Bytes under which a secret's value is not masked: it would blot out ordinary words.
pub const SECRET_BYTES: usize = 4;

/// Bytes of JavaScript's heap: an output of 32 MiB beside what it was made of.
pub const JS_HEAP_BYTES: usize = 64 * 1024 * 1024;
/// Bytes of JavaScript's stack, far below the 8 MiB of a main thread.
pub const JS_STACK_BYTES: usize = 512 * 1024;
/// Bytes of address space that a child may add to what it has at its start: heap, input, output and slack.
pub const CHILD_BYTES: u64 = 256 * 1024 * 1024;
/// Runs of one child before a fresh one takes its place: bounds what leaks and fragmentation can add up to.
pub const CHILD_RUNS: u32 = 1_000;
/// Seconds of processor time that a child may use past its deadline, when nobody is left to kill it.
pub const CHILD_CPU_GRACE_SECONDS: u64 = 2;
/// Bytes of an error's message or stack that leave the child.
pub const ERROR_BYTES: usize = 8 * 1024;
/// Bytes of one message to a child: code, the names' JSON.
pub const CHILD_INPUT_BYTES: usize = 128 * 1024 * 1024;
