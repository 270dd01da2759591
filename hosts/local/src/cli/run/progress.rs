//! Tells on stderr what happens in an execution: a line for each step of a node, and on a terminal a spinner below them
//! with the nodes that run.

use crate::cli::output;
use document::{id::NodeId, time::Time};
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    collections::{BTreeSet, HashMap},
    io::IsTerminal,
    time::Duration,
};
use stepwell_core::event::{Event, Turn};

/// Time between two pictures of the spinner.
const TICK: Duration = Duration::from_millis(100);

/// What the turns so far told.
pub struct Progress {
    bar: Option<ProgressBar>,
    /// When each node was activated last.
    begun: HashMap<NodeId, Time>,
    /// Nodes that were activated and have not ended.
    running: BTreeSet<NodeId>,
}

impl Progress {
    /// Begins with a spinner where stderr is a terminal that takes colours, else with lines alone.
    pub fn begin() -> Self {
        let bar = (std::io::stderr().is_terminal() && output::colours()).then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(TICK);
            bar
        });
        Self { bar, begun: HashMap::new(), running: BTreeSet::new() }
    }

    /// Takes the spinner away while a question is asked, and brings it back.
    pub fn hide(&self, hidden: bool) {
        if let Some(bar) = &self.bar {
            match hidden {
                true => bar.finish_and_clear(),
                false => {
                    bar.reset();
                    bar.enable_steady_tick(TICK);
                }
            }
        }
    }

    /// Tells what a turn recorded.
    pub fn tell(&mut self, turn: &Turn) {
        for event in &turn.events {
            if let Some(line) = self.line(event, turn.at) {
                self.print(&output::clean_but_colours(&line));
            }
        }
        if let Some(bar) = &self.bar {
            let running: Vec<&str> = self.running.iter().map(NodeId::as_str).collect();
            bar.set_message(running.join(", "));
        }
    }

    /// Writes a line above the spinner.
    fn print(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| eprintln!("{line}")),
            None => eprintln!("{line}"),
        }
    }

    /// The line for an event; none for events that people need not see as they happen.
    fn line(&mut self, event: &Event, at: Time) -> Option<String> {
        match event {
            Event::NodeActivated { node, .. } => {
                self.begun.insert(node.clone(), at);
                self.running.insert(node.clone());
                None
            }
            Event::NodeSucceeded { node, port, duration_ms, .. } => {
                let took = self.took(node, *duration_ms, at);
                // The port is told only where it is not the usual one.
                let port = if port == "success" { String::new() } else { format!(" → {port}") };
                Some(format!("{} {node}{port}  {}", output::green("✓"), output::dim(&took)))
            }
            Event::AttemptFailed { node, attempt, error, retry_at, .. } => {
                let wait = output::took(u64::try_from(retry_at.since(at).as_millis()).unwrap_or(u64::MAX));
                let message = format!("attempt {attempt} failed: {} ({}); again in {wait}", error.message, error.code);
                Some(format!("{} {node}  {message}", output::yellow("↻")))
            }
            Event::NodeFailed { node, error, .. } => {
                self.running.remove(node);
                Some(format!("{} {node}  {} ({})", output::red("✗"), error.message, error.code))
            }
            Event::NodesSkipped { nodes } => {
                let names: Vec<&str> = nodes.iter().map(NodeId::as_str).collect();
                Some(output::dim(&format!("- {}  skipped", names.join(", "))))
            }
            Event::Warning { node, message, .. } => Some(format!("{} {node}  {message}", output::yellow("!"))),
            Event::WaitStarted { node, until, event, .. } => {
                let event = event.as_ref().map(|event| format!(" for the event {event}")).unwrap_or_default();
                let until = until.map(|until| format!(" until {until}")).unwrap_or_default();
                Some(format!("{} {node}  waits{event}{until}", output::cyan("…")))
            }
            Event::ChildrenPlanned { node, count, .. } => {
                Some(format!("{} {node}  starts {}", output::cyan("…"), children(*count)))
            }
            Event::ExecutionStuck { error } => {
                Some(format!("{} stuck: {} ({})", output::red("✗"), error.message, error.code))
            }
            _ => None,
        }
    }

    /// How long a node took: the duration that was recorded, else the time since it was activated.
    fn took(&mut self, node: &NodeId, duration_ms: Option<u64>, at: Time) -> String {
        self.running.remove(node);
        let begun = self.begun.remove(node);
        let whole = || begun.map_or(0, |begun| u64::try_from(at.since(begun).as_millis()).unwrap_or(u64::MAX));
        output::took(duration_ms.unwrap_or_else(whole))
    }
}

fn children(count: u32) -> String {
    if count == 1 { "1 child".into() } else { format!("{count} children") }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
