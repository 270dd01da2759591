//! How much a child process may have, whatever the code in it does: the kernel counts.

use crate::limits::{CHILD_BYTES, CHILD_CPU_GRACE_SECONDS, CHILD_NICENESS};
use rustix::{
    process::{Resource, Rlimit, getrlimit, nice, setrlimit},
    time::{ClockId, clock_gettime},
};
use std::{io, time::Duration};

/// Bytes of address space that this process may have: what is mapped already, since allocators and loaders reserve
/// address space that they never touch, and what a run may add.
pub(super) fn memory() -> u64 {
    mapped().saturating_add(CHILD_BYTES)
}

/// Takes from this process what it does not need: memory, files, core dumps, new processes, and the processor where its
/// host wants it too.
pub(super) fn resources(memory: u64) -> io::Result<()> {
    nice(CHILD_NICENESS)?;
    for (resource, most) in [
        (Resource::As, memory),
        (Resource::Data, memory),
        (Resource::Core, 0),
        (Resource::Fsize, 0),
        (Resource::Nofile, 3),
        (Resource::Nproc, 0),
    ] {
        // A limit that is tighter already stays, since raising it takes rights that a child process should not have.
        let most = getrlimit(resource).maximum.map_or(most, |maximum| maximum.min(most));
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?;
    }
    Ok(())
}

/// Allows processor time for one more run. The kernel ends the process if nobody else does.
pub(super) fn allow_cpu(limit: Duration) -> io::Result<()> {
    let used = clock_gettime(ClockId::ProcessCPUTime).tv_sec.max(0) as u64;
    let most = used.saturating_add(limit.as_secs()).saturating_add(CHILD_CPU_GRACE_SECONDS);
    let maximum = getrlimit(Resource::Cpu).maximum;
    let current = maximum.map_or(most, |maximum| maximum.min(most));
    Ok(setrlimit(Resource::Cpu, Rlimit { current: Some(current), maximum })?)
}

/// Bytes of address space that this process has mapped.
fn mapped() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").ok();
    let pages = pages.and_then(|text| text.split(' ').next()?.parse::<u64>().ok());
    pages.map_or(CHILD_BYTES, |pages| pages.saturating_mul(rustix::param::page_size() as u64))
}
