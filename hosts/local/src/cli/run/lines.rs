//! Lines from stdin, read on a thread of their own, since a question may be over before anybody answers it.

use std::io::{BufRead, IsTerminal, stdin};
use tokio::sync::mpsc;

/// The lines of stdin, from the first that is not used yet.
pub struct Lines {
    read: mpsc::Receiver<String>,
    /// Whether stdin is a terminal, at which a person types them.
    pub typed: bool,
}

impl Lines {
    /// Starts the thread that reads. It ends with stdin or with the process.
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

    /// The next line without white space around it; none at the end of stdin.
    pub async fn next(&mut self) -> Option<String> {
        self.read.recv().await.map(|line| line.trim().to_owned())
    }
}
