//! The process of a function under the runtime API of this crate.

use super::{Reply, Runtime};
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
};

/// A running function that takes its invocations from a [`Runtime`]. It is killed when this is dropped.
pub struct Function {
    runtime: Runtime,
    process: Child,
    /// Lines that the process has written to its standard output.
    lines: Arc<Mutex<Vec<String>>>,
}

impl Function {
    /// Starts a program as Lambda starts a `bootstrap`, with Lambda's environment and what else is given.
    pub async fn start(program: &Path, arguments: &[&str], environment: &[(&str, String)]) -> Self {
        let runtime = Runtime::start().await;
        let mut command = Command::new(program);
        command.args(arguments).env("AWS_LAMBDA_RUNTIME_API", runtime.address());
        for (name, value) in [
            ("AWS_LAMBDA_FUNCTION_NAME", "stepwell"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "stream"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "group"),
        ] {
            command.env(name, value);
        }
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut process = spawned.unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        let lines = Arc::<Mutex<Vec<String>>>::default();
        let (kept, out) = (lines.clone(), process.stdout.take().expect("it is a pipe"));
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                kept.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            }
        });
        Self { runtime, process, lines }
    }

    /// Hands the function an event, and returns its reply. Panics with its log where it sends none within the time.
    pub async fn invoke(&mut self, event: &str) -> Reply {
        match self.runtime.invoke(event).await {
            Some(reply) => reply,
            None => panic!("no reply: {:?}\n{}", self.process.try_wait(), self.logs().join("\n")),
        }
    }

    /// Hands the function an event, and kills it after that time, whatever it has done by then.
    pub async fn killed_in(self, event: &str, after: std::time::Duration) {
        self.runtime.hand(event).await;
        tokio::time::sleep(after).await;
    }

    /// The standard input of the process, for programs that tests start as functions. Can be taken once.
    pub fn input(&mut self) -> ChildStdin {
        self.process.stdin.take().expect("nobody has taken it")
    }

    /// The most memory that the process has taken so far, in MB, as Linux counts it.
    pub fn peak_mb(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("Linux tells it");
        let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().expect("it is a number");
        kilobytes / 1024
    }

    /// The lines that the process has written, as soon as one is as wanted; after two seconds in any case.
    pub async fn logs_until(&self, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        for _ in 0..200 {
            let lines = self.logs();
            if lines.iter().any(|line| wanted(line)) {
                return lines;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        self.logs()
    }

    /// The lines that the process has written so far.
    pub fn logs(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
