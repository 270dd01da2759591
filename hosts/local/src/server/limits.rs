//! Every bound of the socket, with its reason.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::time::Duration;

/// How long a client may take to send a request's headers, and how long a connection may idle between two requests:
/// what people's machines send in milliseconds, and what a slow client must not hold for ever.
pub const HEADER_SECONDS: Duration = Duration::from_secs(10);
/// What a connection buffers at most, of a head or of a body: a head that is too large for the API's own bound fits, so
/// that its client is told, until about twice that bound; beyond that it is 431 without a word.
pub const BUFFER_BYTES: usize = 2 * api::limits::HEAD_BYTES;
/// Connections at once, some 10 KiB each while they idle.
pub const CONNECTIONS: u64 = 4_096;
/// Files that the process may open where the system allows it: connections, the database, children's pipes.
pub const FILES: u64 = 16_384;

/// Connections that there is room for: at most half of the files that this process may open, so that the database and
/// nodes always have theirs. Raises the bound on open files first, which many systems set to 1,024 at the start.
pub fn connections() -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.map_or(FILES, |maximum| maximum.min(FILES));
    let mut files = current.unwrap_or(u64::MAX);
    if files < wanted && setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum }).is_ok() {
        files = wanted;
    }
    CONNECTIONS.min(files / 2).max(1) as usize
}
