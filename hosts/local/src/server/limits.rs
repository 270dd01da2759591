//! Every bound of the API's sockets, with its reason.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::time::Duration;

/// How long a client may take to send a request's headers, and how long a connection may idle between two requests. A
/// browser or program sends headers in milliseconds, and a slow client must not hold a connection for ever.
pub const HEADER_SECONDS: Duration = Duration::from_secs(10);
/// How long a client may read nothing of its answer: a network that loses packets recovers within seconds.
pub const STALL_SECONDS: Duration = Duration::from_secs(20);
/// Bytes that a client whose answer waits for it reads in that time at least, so that a connection is not held by
/// reading a byte now and then: 0.8 KiB/s, a quarter of a modem of 1995.
pub const STALL_BYTES: usize = 16 * 1024;
/// Bytes that a connection buffers at most, of a request's head or body or of answers. A head beyond the API's own bound
/// still fits, so that the API can tell its client; beyond about twice that bound hyper answers 431 without a body.
pub const BUFFER_BYTES: usize = 2 * api::limits::HEAD_BYTES;
/// Bytes of answers that the kernel buffers for a connection, which Linux doubles for its own use: by itself it takes
/// 4 MiB for a client that does not read. It is enough for 600 KiB/s over a tenth of a second of distance.
pub const SEND_BYTES: usize = 64 * 1024;
/// Connections at once: some 10 KiB of memory each while they idle.
pub const CONNECTIONS: u64 = 4_096;
/// Connections beside those, which serve `GET /health` alone: the oldest makes room for a new one. A probe is answered
/// in a millisecond, so it would take 64 000 connections in a second to crowd it out.
pub const SPARE: usize = 64;
/// How long one of those lasts at most: a probe sends its request at once and reads an answer of 200 bytes.
pub const SPARE_SECONDS: Duration = Duration::from_secs(2);
/// Connections of one address of another machine, and of the network of 64 bits that one client has in IPv6: a quarter
/// of all, since a proxy with all its clients is one address too.
pub const PER_ADDRESS: usize = CONNECTIONS as usize / 4;
/// Connections of the data folder's socket. They are the user's own processes, and do not compete with other clients.
pub const OWN_CONNECTIONS: usize = 256;
/// Requests on one connection, which is closed after them: a client pays for a new one now and then, and nothing that a
/// connection may hold grows without end. Common servers have the same number.
pub const REQUESTS: usize = 1_000;
/// How long open connections hold up the end of the server. Requests that wait and event streams end by themselves when
/// it stops.
pub const GRACE: Duration = Duration::from_secs(2);
/// Files that the process may open, where the system allows it: connections, the database, pipes of child processes.
pub const FILES: u64 = 16_384;

/// The bounds of one server. They are the constants of this module; tests have less time.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// See [`HEADER_SECONDS`].
    pub head: Duration,
    /// See [`STALL_SECONDS`].
    pub stall: Duration,
    /// See [`STALL_BYTES`].
    pub stall_bytes: usize,
    /// See [`connections`].
    pub connections: usize,
    /// See [`SPARE`].
    pub spare: usize,
    /// See [`SPARE_SECONDS`].
    pub spare_time: Duration,
    /// See [`PER_ADDRESS`].
    pub per_address: usize,
    /// See [`OWN_CONNECTIONS`].
    pub own_connections: usize,
    /// See [`REQUESTS`].
    pub requests: usize,
    /// See [`GRACE`].
    pub grace: Duration,
}

impl Limits {
    /// Those of a process with as many files as this one may open, or soon may: it raises that bound.
    pub fn of_process() -> Self {
        let connections = connections();
        Self {
            head: HEADER_SECONDS,
            stall: STALL_SECONDS,
            stall_bytes: STALL_BYTES,
            connections,
            spare: SPARE.min(connections),
            spare_time: SPARE_SECONDS,
            per_address: PER_ADDRESS.min(connections.div_ceil(4)),
            own_connections: OWN_CONNECTIONS.min(connections),
            requests: REQUESTS,
            grace: GRACE,
        }
    }
}

/// Connections that there is room for: half of the files that this process may open at most, so that the database and
/// the nodes always have theirs. It first raises the bound on open files, which many systems set to 1,024 for a new
/// process.
pub fn connections() -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.map_or(FILES, |maximum| maximum.min(FILES));
    let mut files = current.unwrap_or(u64::MAX);
    if files < wanted && setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum }).is_ok() {
        files = wanted;
    }
    CONNECTIONS.min(files / 2).max(1) as usize
}
