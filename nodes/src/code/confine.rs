//! What a child process gives up before it reads the first code: descriptors, its user, new rights, files, the network,
//! nearly all system calls, and more memory and time than a run may take. What the kernel refuses to take is a gap,
//! which the host logs. The other layers hold then.

use super::{filter, limit};
use landlock::{ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetStatus, Scope};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    process::{Gid, Signal, Uid, geteuid, set_parent_process_death_signal},
    thread::{
        CapabilitySet, CapabilitySets, capabilities, set_capabilities, set_no_new_privs, set_thread_groups,
        set_thread_res_gid, set_thread_res_uid,
    },
};
use std::io;

/// The user and the group `nobody`, to whom no file belongs.
const NOBODY: u32 = 65_534;
/// The newest kernel whose rules are asked for. An older one enforces those that it knows.
const LANDLOCK: ABI = ABI::V6;

/// A layer that a child process may lack: its bit in what the child tells of itself, and what it is in words.
struct Layer(u8, &'static str);

const DESCRIPTORS: Layer = Layer(1, "closing inherited descriptors (close_range)");
const USER: Layer = Layer(2, "another user than root (CAP_SETUID, CAP_SETGID, CAP_KILL and a mapped user 65534)");
const NO_NEW_PRIVS: Layer = Layer(4, "no_new_privs");
const PATHS: Layer = Layer(8, "Landlock");
const CALLS: Layer = Layer(16, "the filter of system calls (seccomp)");
const LAYERS: [Layer; 5] = [DESCRIPTORS, USER, NO_NEW_PRIVS, PATHS, CALLS];

/// The layers that could not be put around a child process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gaps(pub u8);

impl Gaps {
    /// What is missing, in words; none where nothing is.
    pub fn told(self) -> Option<String> {
        let missing: Vec<&str> = LAYERS.iter().filter(|layer| self.0 & layer.0 != 0).map(|layer| layer.1).collect();
        (!missing.is_empty()).then(|| missing.join(", "))
    }

    /// Notes a layer as missing where it could not be put up.
    fn note<T>(&mut self, layer: &Layer, done: io::Result<T>) {
        if done.is_err() {
            self.0 |= layer.0;
        }
    }
}

/// Confines this process for good. It must have one thread, and nothing open but its pipes.
///
/// # Errors
/// The bounds on memory and files could not be set, or the host is gone.
pub fn confine() -> io::Result<Gaps> {
    let mut gaps = Gaps::default();
    // Files are out of reach later, so what is mapped is read first.
    let memory = limit::memory();
    gaps.note(&DESCRIPTORS, close_descriptors());
    gaps.note(&USER, become_nobody());
    die_with_host()?;
    gaps.note(&NO_NEW_PRIVS, set_no_new_privs(true).map_err(io::Error::from));
    gaps.note(&PATHS, deny_files());
    limit::resources(memory)?;
    gaps.note(&CALLS, filter::install());
    Ok(gaps)
}

/// Closes all descriptors but the standard ones. The host's own are closed by `exec`, but whoever started the host may
/// have left it others.
fn close_descriptors() -> io::Result<()> {
    const FIRST: libc::c_uint = 3;
    #[allow(unsafe_code, reason = "the standard library closes only descriptors that it opened")]
    // SAFETY: this runs first in `main`, so nothing in this process owns a descriptor from 3 on.
    let closed = unsafe { libc::syscall(libc::SYS_close_range, FIRST, libc::c_uint::MAX, 0) };
    if closed == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Gives up root and all capabilities. A host that may not kill the processes of others keeps its child under its own
/// user.
fn become_nobody() -> io::Result<()> {
    let changed = if geteuid().is_root() { change_user() } else { Ok(()) };
    let none = CapabilitySet::empty();
    set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })?;
    changed
}

fn change_user() -> io::Result<()> {
    let needed = CapabilitySet::SETUID | CapabilitySet::SETGID | CapabilitySet::KILL;
    if !capabilities(None)?.effective.contains(needed) {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let (user, group) = (Uid::from_raw(NOBODY), Gid::from_raw(NOBODY));
    set_thread_groups(&[])?;
    set_thread_res_gid(group, group, group)?;
    Ok(set_thread_res_uid(user, user, user)?)
}

/// Lets the kernel kill this process when its host ends. A host that is killed closes the pipes, but code in a loop
/// reads nothing. The signal comes when the thread ends that started this process, so hosts start it on threads that
/// stay. A change of user cancels it, so it is asked for after that.
fn die_with_host() -> io::Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    // A host that died before this line sends no signal any more, but it has closed its end of the pipe.
    let stdin = io::stdin();
    let mut input = [PollFd::new(&stdin, PollFlags::empty())];
    poll(&mut input, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }))?;
    if input[0].revents().contains(PollFlags::HUP) { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(()) }
}

/// Denies every path, every port, and signals to whatever is outside, by rules of the kernel that allow nothing.
fn deny_files() -> io::Result<()> {
    let denied = Ruleset::default()
        .handle_access(AccessFs::from_all(LANDLOCK))
        .and_then(|rules| rules.handle_access(AccessNet::from_all(LANDLOCK)))
        .and_then(|rules| rules.scope(Scope::from_all(LANDLOCK)))
        .and_then(Ruleset::create)
        .and_then(landlock::RulesetCreated::restrict_self)
        .map_err(io::Error::other)?;
    match denied.ruleset {
        RulesetStatus::FullyEnforced | RulesetStatus::PartiallyEnforced => Ok(()),
        RulesetStatus::NotEnforced => Err(io::ErrorKind::Unsupported.into()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use rustix::process::getegid;
    use std::{
        fs::{self, File},
        net::TcpListener,
        os::unix::fs::PermissionsExt,
        thread,
    };

    /// What a layer leaves to a thread of its own, which is all that it confines.
    fn within<T: Send + 'static>(
        layer: fn() -> io::Result<()>,
        tries: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let confined = thread::spawn(move || layer().map(|()| tries())).join().unwrap();
        confined.inspect_err(|why| eprintln!("this system does not have the layer: {why}")).ok()
    }

    #[test]
    fn landlock_alone_denies_files_and_ports() {
        let tried = within(deny_files, || (File::open("/etc/passwd").is_ok(), fs::read_dir("/").is_ok()));
        assert_eq!(tried.unwrap_or_default(), (false, false));
    }

    #[test]
    fn the_filter_alone_denies_files_sockets_and_threads() {
        let tried = within(filter::install, || {
            (File::open("/etc/passwd").is_ok(), TcpListener::bind("127.0.0.1:0").is_ok(), fs::read_dir("/").is_ok())
        });
        assert_eq!(tried.unwrap_or_default(), (false, false, false));
    }

    #[test]
    fn another_user_alone_cannot_enter_the_data_folder() {
        let folder = std::env::temp_dir().join(format!("stepwell-nobody-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
        fs::write(folder.join("key"), "secret").unwrap();
        let key = folder.join("key");
        let is_root = geteuid().is_root();
        let tried = within(become_nobody, move || {
            let back = set_thread_res_uid(Uid::ROOT, Uid::ROOT, Uid::ROOT).is_ok();
            (geteuid().as_raw(), getegid().as_raw(), capabilities(None).unwrap().effective, back, fs::read(key).is_ok())
        });
        fs::remove_dir_all(&folder).unwrap();
        if let Some(tried) = tried.filter(|_| is_root) {
            assert_eq!(tried, (NOBODY, NOBODY, CapabilitySet::empty(), false, false));
        }
    }

    #[test]
    fn what_is_missing_is_told_in_words() {
        assert_eq!(Gaps::default().told(), None);
        let mut gaps = Gaps::default();
        gaps.note(&PATHS, Err::<(), _>(io::ErrorKind::Unsupported.into()));
        gaps.note(&CALLS, Ok(()));
        assert_eq!(gaps.told().as_deref(), Some("Landlock"));
        assert_eq!(Gaps(u8::MAX).told().map(|told| told.matches(", ").count() > 4), Some(true));
    }
}
