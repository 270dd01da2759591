//! The child processes of a host. They are kept warm, and killed at the first doubt about one of them.

use super::{
    confine::Gaps,
    wire::{self, End, Line},
};
use crate::limits::{CHILD_RUNS, DYING};
use engine::fair::{Gate, Place, Rank};
use rustix::process::Signal;
use std::{
    ffi::OsString,
    io,
    os::unix::process::ExitStatusExt,
    path::PathBuf,
    process::Stdio,
    sync::{Mutex, MutexGuard, Once, PoisonError},
    time::Duration,
};
use tokio::{
    io::{AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::{Instant, timeout, timeout_at},
};

/// The program that a child process runs. Its `main` must call `js_child_main`.
#[derive(Clone, Debug)]
pub struct JsChild {
    /// Path of an executable.
    pub program: PathBuf,
    /// The arguments of the program.
    pub args: Vec<OsString>,
}

impl Default for JsChild {
    /// This very program with the argument `__js`.
    fn default() -> Self {
        // The link leads to the running program even where its file has been replaced meanwhile.
        let link = PathBuf::from("/proc/self/exe");
        let program = if link.exists() { link } else { std::env::current_exe().unwrap_or(link) };
        Self { program, args: vec!["__js".into()] }
    }
}

/// Why a run has no end of its own.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The run passed its deadline.
    Timeout,
    /// No child process was free before the deadline.
    Busy,
    /// The child process gave up for want of memory.
    Memory,
    /// The child process died for another reason, or broke the protocol.
    Crashed,
    /// No child process could be started; the reason is given.
    NotStarted(String),
}

/// The child processes of a host. At most as many run as `free` has places; the idle ones wait for work.
pub(super) struct Pool {
    program: JsChild,
    free: Gate,
    idle: Mutex<Vec<Worker>>,
    /// Set once somebody was told what the sandbox lacks on this system.
    told: Once,
}

/// One child process.
struct Worker {
    // Dropping the child kills its process, and tokio reaps it.
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    runs: u32,
}

impl Pool {
    pub fn new(program: JsChild, children: usize) -> Self {
        Self { program, free: Gate::new(children), idle: Mutex::default(), told: Once::new() }
    }

    /// One run, in a warm child process or a new one. The deadline counts from now, so waiting for a child is part of
    /// it.
    pub async fn run(
        &self,
        owner: &str,
        request: &[u8],
        limit: Duration,
        lines: &mut Vec<Line>,
    ) -> Result<End, Trouble> {
        let deadline = Instant::now() + limit;
        let place = Place::new(&owner.into(), Rank::Root);
        let Ok(Some(_seat)) = timeout_at(deadline, self.free.enter(&place)).await else { return Err(Trouble::Busy) };
        if let Some(worker) = self.take() {
            match self.run_in(worker, request, deadline, lines).await {
                // The child may have died while it was idle, or have had little left of its memory. Code has no
                // effects, so a new child may run it again.
                Err(Trouble::Crashed | Trouble::Memory) => lines.clear(),
                other => return other,
            }
        }
        let worker = self.start().map_err(|error| Trouble::NotStarted(error.to_string()))?;
        self.run_in(worker, request, deadline, lines).await
    }

    /// One run in a given child process. Dropping the child kills it, so only a child in good order is kept.
    async fn run_in(
        &self,
        mut worker: Worker,
        request: &[u8],
        deadline: Instant,
        lines: &mut Vec<Line>,
    ) -> Result<End, Trouble> {
        let end = match timeout_at(deadline, worker.run(request, lines, |gaps| self.tell(gaps))).await {
            Err(_) => return Err(Trouble::Timeout),
            Ok(Err(_)) => return Err(worker.death().await),
            Ok(Ok(end)) => end,
        };
        worker.runs += 1;
        if matches!(end, End::Value(_) | End::Error { .. }) && worker.runs < CHILD_RUNS {
            self.idle().push(worker);
        }
        Ok(end)
    }

    /// Logs once what the sandbox lacks, by what its first child process says. Code runs all the same: the layers that
    /// are there hold.
    fn tell(&self, gaps: Gaps) {
        self.told.call_once(|| {
            if let Some(missing) = gaps.told() {
                tracing::warn!(missing, "this system does not give the sandbox of `code` all of its layers");
            }
        });
    }

    fn take(&self) -> Option<Worker> {
        self.idle().pop()
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Worker>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a child process with nothing but its two pipes.
    fn start(&self) -> io::Result<Worker> {
        let mut child = Command::new(&self.program.program)
            .args(&self.program.args)
            .env_clear()
            // The child may have what it has mapped at its start and a bound more (`limit`). An allocator that reserved a
            // gigabyte there would raise that bound by as much.
            .env("MIMALLOC_ARENA_RESERVE", "0")
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // A Ctrl-C in the terminal is for the host to handle.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(stdin), Some(stdout)) => Ok(Worker { child, stdin, stdout: BufReader::new(stdout), runs: 0 }),
            _ => Err(io::Error::other("its pipes are missing")),
        }
    }
}

impl Worker {
    /// One run. A new child process first says what its sandbox lacks.
    async fn run(&mut self, request: &[u8], lines: &mut Vec<Line>, tell: impl FnOnce(Gaps)) -> io::Result<End> {
        if self.runs == 0 {
            tell(wire::read_hello(&mut self.stdout).await?);
        }
        self.stdin.write_all(request).await?;
        self.stdin.flush().await?;
        wire::read_end(&mut self.stdout, lines).await
    }

    /// Why a child process says nothing more. One that asks for memory beyond its address space aborts itself; nothing
    /// else in it does.
    async fn death(mut self) -> Trouble {
        match timeout(DYING, self.child.wait()).await {
            Ok(Ok(status)) if status.signal() == Some(Signal::ABORT.as_raw()) => Trouble::Memory,
            _ => Trouble::Crashed,
        }
    }
}
