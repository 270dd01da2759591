//! Lines from stdin, read on a thread of their own, since a question may be over before anybody answers it. The thread
//! reads a line only when one is asked for: between two questions the terminal belongs to whatever else reads from it,
//! such as an editor.

use std::io::{IsTerminal, stdin};
use tokio::sync::mpsc;

/// The lines of stdin, from the first that is not used yet.
pub struct Lines {
    ask: mpsc::UnboundedSender<()>,
    read: mpsc::UnboundedReceiver<String>,
    /// Whether a line was asked for that has not come yet: a question that was over left it to the next one.
    asked: bool,
    /// Whether stdin is a terminal, at which a person types them.
    pub typed: bool,
}

impl Lines {
    /// Starts the thread that reads. It ends with stdin or with the process.
    pub fn begin() -> Self {
        let (ask, mut asked) = mpsc::unbounded_channel();
        let (sender, read) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            while asked.blocking_recv().is_some() {
                let mut line = String::new();
                let end = !stdin().read_line(&mut line).is_ok_and(|bytes| bytes > 0);
                if end || sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self { ask, read, asked: false, typed: stdin().is_terminal() }
    }

    /// The next line without white space around it; none at the end of stdin.
    pub async fn next(&mut self) -> Option<String> {
        // Where the thread has ended, nothing is received below.
        self.asked = self.asked || self.ask.send(()).is_ok();
        let line = self.read.recv().await;
        self.asked = false;
        line.map(|line| line.trim().to_owned())
    }
}
