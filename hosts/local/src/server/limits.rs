//! Every bound of the API's socket, with its reason.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::time::Duration;

/// How long a client may take to send a request's headers, and how long a connection may idle between two requests. A
/// browser or program sends headers in milliseconds, and a slow client must not hold a connection for ever.
pub const HEADER_SECONDS: Duration = Duration::from_secs(10);
/// Bytes that a connection buffers at most, of a request's head or body. A head beyond the API's own bound still fits,
/// so that the API can tell its client; beyond about twice that bound hyper answers 431 without a body.
pub const BUFFER_BYTES: usize = 2 * api::limits::HEAD_BYTES;
/// Connections at once: some 10 KiB of memory each while they idle.
pub const CONNECTIONS: u64 = 4_096;
/// Files that the process may open, where the system allows it: connections, the database, pipes of child processes.
pub const FILES: u64 = 16_384;

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
