//! The sandbox of `code`, tried from native code: this program starts itself as a child process, which confines itself
//! as those of a host do and then tries what nobody in it may do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, unsafe_code, reason = "raw system calls")]

use rustix::{
    io::{Errno, FdFlags, fcntl_setfd},
    process::{Pid, Resource, Rlimit, Signal, getppid, kill_process, setrlimit},
    thread::set_thread_res_uid,
};
use std::{
    fs::{self, File},
    io::{self, Read, Write},
    net::{TcpListener, TcpStream, UdpSocket},
    os::{
        fd::AsRawFd,
        unix::{fs::PermissionsExt, net::UnixStream, process::CommandExt},
    },
    path::Path,
    process::{Command, Stdio},
    thread,
};

/// The numbers of system calls that the sandbox lets through, some with certain arguments only.
const ALLOWED: [libc::c_long; 23] = [
    libc::SYS_brk,
    libc::SYS_clock_gettime,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_futex,
    libc::SYS_getrandom,
    libc::SYS_gettimeofday,
    libc::SYS_madvise,
    libc::SYS_mmap,
    libc::SYS_mprotect,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_prlimit64,
    libc::SYS_read,
    libc::SYS_restart_syscall,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_yield,
    libc::SYS_sigaltstack,
    libc::SYS_write,
    libc::SYS_writev,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_time,
    #[cfg(not(target_arch = "x86_64"))]
    libc::SYS_writev,
];
/// Calls that the kernel lets pass every filter, since only its own probes make them. It ends or refuses other callers.
#[cfg(target_arch = "x86_64")]
const PROBES: [libc::c_long; 2] = [335, 336];
#[cfg(not(target_arch = "x86_64"))]
const PROBES: [libc::c_long; 0] = [];
/// A number above those of all system calls that a kernel has today.
const CALLS: libc::c_long = 520;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.get(1).map(String::as_str) {
        Some("inside") => inside(&arguments[2], arguments[3].parse().unwrap(), arguments[4].parse().unwrap()),
        _ => nothing_gets_out_of_a_child_process(),
    }
}

fn nothing_gets_out_of_a_child_process() {
    // Given a file that the host alone may read, a descriptor that was left open, and a server.
    let folder = std::env::temp_dir().join(format!("stepwell-cage-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    let key = folder.join("key");
    fs::write(&key, "secret").unwrap();
    let leaked = File::options().append(true).open(&key).unwrap();
    fcntl_setfd(&leaked, FdFlags::empty()).unwrap();
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    // When a child process tries to reach them,
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["inside", key.to_str().unwrap(), &leaked.as_raw_fd().to_string()])
        .arg(server.local_addr().unwrap().port().to_string())
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    let ended = child.wait().unwrap();
    let kept = fs::read_to_string(&key).unwrap();
    fs::remove_dir_all(&folder).unwrap();
    // then it gets nothing, and lives.
    assert!(ended.success() && said.ends_with("all tried\n"), "{ended}: {said}");
    let got: Vec<&str> = said.lines().filter(|line| line.starts_with("GOT ")).collect();
    assert!(got.is_empty(), "{got:?}");
    assert_eq!(kept, "secret");
    println!("{said}");
}

/// Tells how a try ended.
fn tell<T>(what: &str, tried: io::Result<T>) {
    match tried {
        Ok(_) => println!("GOT {what}"),
        Err(error) => println!("denied {what}: {error}"),
    }
}

/// The result of a raw system call.
fn raw(call: libc::c_long, arguments: [libc::c_long; 6]) -> io::Result<libc::c_long> {
    let [a, b, c, d, e, f] = arguments;
    // SAFETY: no argument is a pointer, or the kernel writes through none before it refuses the call.
    let done = unsafe { libc::syscall(call, a, b, c, d, e, f) };
    if done < 0 { Err(io::Error::last_os_error()) } else { Ok(done) }
}

fn inside(key: &str, leaked: libc::c_long, port: u16) {
    let parent = getppid().unwrap();
    let missing = stepwell_nodes::confine_as_js_child().unwrap();
    println!("missing: {missing:?}");
    files(key);
    tell("a connection to the host", TcpStream::connect(("127.0.0.1", port)));
    tell("a listener", TcpListener::bind("127.0.0.1:0"));
    tell("a datagram socket", UdpSocket::bind("127.0.0.1:0"));
    tell("a pair of sockets", UnixStream::pair());
    processes(parent);
    let word = b"overwritten";
    tell("the leaked descriptor", raw(libc::SYS_write, [leaked, word.as_ptr() as _, word.len() as _, 0, 0, 0]));
    tell("reading it", raw(libc::SYS_read, [leaked, 0, 0, 0, 0, 0]));
    let page = |protection: i32| [0, 4096, protection.into(), (libc::MAP_PRIVATE | libc::MAP_ANONYMOUS).into(), -1, 0];
    tell("memory that is code", raw(libc::SYS_mmap, page(libc::PROT_READ | libc::PROT_EXEC)));
    let root = rustix::process::Uid::ROOT;
    if !missing.as_deref().unwrap_or_default().contains("another user") {
        tell("root again", set_thread_res_uid(root, root, root).map_err(io::Error::from));
    }
    let more = Rlimit { current: Some(64), maximum: Some(64) };
    tell("more descriptors", setrlimit(Resource::Nofile, more).map_err(io::Error::from));
    if sweep_is_safe(missing.as_deref()) {
        sweep();
    }
    // What it may do still works.
    assert_eq!(vec![1u8; 8 << 20].iter().map(|one| usize::from(*one)).sum::<usize>(), 8 << 20);
    println!("all tried");
    io::stdout().flush().unwrap();
}

fn files(key: &str) {
    tell("the host's key", fs::read(key));
    tell("/etc/passwd", fs::read("/etc/passwd"));
    tell("a folder", fs::read_dir("/"));
    tell("a new file", File::create(Path::new(key).with_file_name("new")));
    tell("a file's size", fs::metadata("/etc/passwd"));
    tell("a removed file", fs::remove_file(key));
    tell("what the host is", fs::read_link("/proc/self/exe"));
}

fn processes(parent: Pid) {
    tell("a thread", thread::Builder::new().spawn(|| ()));
    tell("a process", Command::new("/bin/true").spawn());
    tell("another program", Err::<(), _>(Command::new("/bin/true").exec()));
    tell("a fork", raw(libc::SYS_clone, [libc::SIGCHLD.into(), 0, 0, 0, 0, 0]));
    tell(
        "tracing",
        raw(libc::SYS_ptrace, [libc::PTRACE_ATTACH.into(), parent.as_raw_nonzero().get().into(), 0, 0, 0, 0]),
    );
    // A signal that does nothing to whoever gets it.
    tell("a signal to the host", kill_process(parent, Signal::URG).map_err(io::Error::from));
}

/// Whether the filter of system calls is there: without it, a sweep over all of them does what they do.
fn sweep_is_safe(missing: Option<&str>) -> bool {
    !missing.unwrap_or_default().contains("seccomp")
}

/// Tries every system call there is, but for those that a child process needs.
fn sweep() {
    let others = (0..CALLS).filter(|call| !ALLOWED.contains(call) && !PROBES.contains(call));
    for call in others {
        let error = raw(call, [0; 6]).err().and_then(|error| error.raw_os_error());
        if error != Some(Errno::PERM.raw_os_error()) {
            println!("GOT system call {call}: {error:?}");
        }
    }
}
