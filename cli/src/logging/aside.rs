//! Writes log lines on a thread of its own: whoever logs never waits for a terminal that is stopped (Ctrl-S), or for a
//! pipe that nobody reads.

use crate::limits;
use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::Instant,
};
use tracing_subscriber::fmt::MakeWriter;

/// What the thread is handed.
enum Said {
    Line(Vec<u8>),
    /// Everything before this is written, which the sender waits to hear.
    Drained(SyncSender<()>),
}

/// The way to the thread. Lines that find no room are left out, and their number is told.
#[derive(Clone)]
pub struct Aside {
    to: SyncSender<Said>,
    left_out: Arc<AtomicUsize>,
}

impl Aside {
    /// Starts the thread, which writes to stderr.
    pub fn start() -> io::Result<Self> {
        Self::writing_to(io::stderr())
    }

    fn writing_to(out: impl Write + Send + 'static) -> io::Result<Self> {
        let (to, from) = sync_channel(limits::LOG_LINES);
        let left_out = Arc::new(AtomicUsize::new(0));
        let counted = left_out.clone();
        thread::Builder::new().name("log".into()).spawn(move || write(&from, &counted, out))?;
        Ok(Self { to, left_out })
    }

    /// Waits until all that was logged is written, for a moment at most.
    pub fn drain(&self) {
        let until = Instant::now() + limits::LOG_DRAIN;
        let (told, heard) = sync_channel(1);
        while self.to.try_send(Said::Drained(told.clone())).is_err() {
            if Instant::now() > until {
                return;
            }
            thread::sleep(limits::LOG_DRAIN / 100);
        }
        // Whether it was heard in time changes nothing: the process ends.
        let _ = heard.recv_timeout(until.saturating_duration_since(Instant::now()));
    }
}

/// Writes what comes, until nobody can send any more.
fn write(from: &Receiver<Said>, left_out: &AtomicUsize, mut out: impl Write) {
    // Where stderr cannot be written, there is no other place to say so.
    while let Ok(said) = from.recv() {
        let missed = left_out.swap(0, Relaxed);
        if missed > 0 {
            let _ = writeln!(out, "{}", missed_lines(missed));
        }
        match said {
            Said::Line(line) => drop(out.write_all(&line)),
            Said::Drained(told) => {
                let _ = out.flush();
                let _ = told.try_send(());
            }
        }
    }
}

/// One line for those that were left out. It is JSON, which people read as well.
fn missed_lines(missed: usize) -> serde_json::Value {
    serde_json::json!({"level": "WARN", "message": "log lines were left out, since they were not read in time", "count": missed})
}

/// A line on its way.
pub struct Line<'a> {
    to: &'a Aside,
    text: Vec<u8>,
}

impl<'a> MakeWriter<'a> for Aside {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line { to: self, text: Vec::new() }
    }
}

impl Write for Line<'_> {
    fn write(&mut self, some: &[u8]) -> io::Result<usize> {
        self.text.extend_from_slice(some);
        Ok(some.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        let line = std::mem::take(&mut self.text);
        if !line.is_empty() && self.to.to.try_send(Said::Line(line)).is_err() {
            self.to.left_out.fetch_add(1, Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::sync::{Mutex, mpsc};

    /// A terminal that takes nothing before it is let go.
    struct Stopped {
        go: mpsc::Receiver<()>,
        went: bool,
        seen: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for Stopped {
        fn write(&mut self, some: &[u8]) -> io::Result<usize> {
            if !self.went {
                self.go.recv().unwrap();
                self.went = true;
            }
            self.seen.lock().unwrap().extend_from_slice(some);
            Ok(some.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn nobody_waits_for_a_terminal_that_is_stopped_and_what_is_left_out_is_counted() {
        let (let_go, go) = mpsc::channel();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let aside = Aside::writing_to(Stopped { go, went: false, seen: seen.clone() }).unwrap();
        let all = limits::LOG_LINES + 10;
        for number in 0..all {
            writeln!(aside.make_writer(), "line {number}").unwrap();
        }
        let_go.send(()).unwrap();
        while aside.to.try_send(Said::Line(b"the last\n".to_vec())).is_err() {}
        aside.drain();
        let seen = String::from_utf8(seen.lock().unwrap().clone()).unwrap();
        let lines: Vec<&str> = seen.lines().collect();
        let missed = lines.iter().find(|line| line.contains("left out")).unwrap();
        let count = serde_json::from_str::<serde_json::Value>(missed).unwrap()["count"].as_u64().unwrap();
        let written = lines.iter().filter(|line| line.starts_with("line ")).count();
        assert_eq!((written + count as usize, *lines.last().unwrap()), (all, "the last"));
    }
}
