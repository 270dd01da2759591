//! Lines from stdin, read on a thread of their own: a question may be over before anybody answers.

use std::io::{BufRead, IsTerminal, stdin};
use tokio::sync::mpsc;

/// Lines of stdin.
pub struct Lines {
    read: mpsc::Receiver<String>,
    /// Whether a person types them.
    pub typed: bool,
}

impl Lines {
    /// Begins to read.
    pub fn begin() -> Self {
        let (sender, read) = mpsc::channel(1);
        std::thread::spawn(move || {
            for line in stdin().lock().lines() {
                let Ok(line) = line else { return };
                if sender.blocking_send(line).is_err() {
                    return;
                }
            }
        });
        Self { read, typed: stdin().is_terminal() }
    }

    /// The next line, trimmed; none at the end.
    pub async fn next(&mut self) -> Option<String> {
        self.read.recv().await.map(|line| line.trim().to_owned())
    }
}
