//! Tells on stderr what happens in an execution: a line for each step of a node, and on a terminal a spinner below them
//! with the nodes that run.

use crate::{colour, output};
use api::types::LogLine;
use document::{Workflow, id::NodeId, time::Time};
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    collections::{BTreeSet, HashMap},
    io::IsTerminal,
    sync::Arc,
    time::Duration,
};
use stepwell_core::{
    event::{Event, Turn},
    view,
};

/// Time between two pictures of the spinner.
const TICK: Duration = Duration::from_millis(100);

/// What the turns so far told.
pub struct Progress {
    bar: Option<ProgressBar>,
    /// When each node was activated last.
    begun: HashMap<NodeId, Time>,
    /// Nodes that were activated and have not ended.
    running: BTreeSet<NodeId>,
    /// What became of the children of each node, in its latest attempt.
    families: HashMap<NodeId, Family>,
    /// The iterations that each loop began since it was entered.
    iterations: HashMap<NodeId, u64>,
    /// The lines that are not told yet, by the attempt that wrote them: node, visit and number.
    lines: HashMap<(String, u32, u32), Vec<LogLine>>,
    /// The workflow that runs; none where that is not known.
    workflow: Option<Arc<Workflow>>,
}

/// What became of the children of a node.
#[derive(Default)]
struct Family {
    count: u64,
    ended: u64,
    failed: u64,
    /// The tenths of all children that had ended when they were told last.
    tenths: u64,
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
        Self {
            bar,
            begun: HashMap::new(),
            running: BTreeSet::new(),
            families: HashMap::new(),
            iterations: HashMap::new(),
            lines: HashMap::new(),
            workflow: None,
        }
    }

    /// Sets the workflow that runs; none where it is not known.
    pub fn is_of(&mut self, workflow: Option<Arc<Workflow>>) {
        self.workflow = workflow;
    }

    /// Whether nodes may have logged something with this event.
    pub fn may_have_lines(event: &Event) -> bool {
        let ran = matches!(event, Event::NodeSucceeded { .. } | Event::NodeFailed { .. } | Event::AttemptFailed { .. });
        ran || matches!(event, Event::Compensated { .. } | Event::CompensationFailed(_))
    }

    /// Keeps a line that a node logged, to be told before the outcome of the node.
    pub fn keep(&mut self, line: LogLine) {
        let attempt = (line.node.clone().unwrap_or_default(), line.visit, line.attempt);
        self.lines.entry(attempt).or_default().push(line);
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

    /// Tells what a turn recorded; where it is not `told`, only takes note of it.
    pub fn tell(&mut self, turn: &Turn, told: bool) {
        for event in &turn.events {
            let logged = self.logged(event, turn.at);
            let line = self.line(event, turn.at);
            // Errors, warnings and questions may have several lines, which must not look like lines of this program.
            let line = line.map(|line| line.replace('\n', "\n  │ "));
            for line in logged.into_iter().chain(line).filter(|_| told) {
                self.print(&output::clean_but_colours(&line));
            }
        }
        if let Some(bar) = &self.bar {
            let running: Vec<String> = self.running.iter().map(|node| self.doing(node)).collect();
            bar.set_message(running.join(", "));
        }
    }

    /// A node that runs, with how far its children or its iterations are.
    fn doing(&self, node: &NodeId) -> String {
        let far = match (self.families.get(node), self.iterations.get(node)) {
            (Some(family), _) => format!(" {}/{}", family.ended, family.count),
            (None, Some(iteration)) => format!(" #{iteration}"),
            (None, None) => String::new(),
        };
        format!("{node}{far}")
    }

    /// What a node logged in an attempt that has ended by then, each line for people. Later lines of the same attempt are
    /// those of its compensation.
    fn logged(&mut self, event: &Event, at: Time) -> Vec<String> {
        let (node, visit, attempt) = match event {
            Event::NodeSucceeded { node, visit, attempt, .. }
            | Event::NodeFailed { node, visit, attempt, .. }
            | Event::AttemptFailed { node, visit, attempt, .. }
            | Event::Compensated { node, visit, attempt, .. } => (node, visit, attempt),
            Event::CompensationFailed(failed) => (&failed.node, &failed.visit, &failed.attempt),
            _ => return Vec::new(),
        };
        let shown = |line: LogLine| {
            let text = output::clean(&line.message).replace('\n', "\n    ");
            let text =
                colour::of_level(line.level).map_or_else(|| text.clone(), |it| it.paint(&text, output::colours()));
            format!("{} {node}  {text}", output::dim("›"))
        };
        let key = (node.to_string(), *visit, *attempt);
        let (told, later): (Vec<_>, Vec<_>) =
            self.lines.remove(&key).into_iter().flatten().partition(|line| line.at.0 <= at);
        if !later.is_empty() {
            self.lines.insert(key, later);
        }
        told.into_iter().map(shown).collect()
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
                let children = self.families.remove(node).map(|family| format!("  {}", self.counted(node, &family)));
                let children = children.unwrap_or_default();
                Some(format!("{} {node}{port}{children}  {}", output::green("✓"), output::dim(&took)))
            }
            Event::AttemptFailed { node, attempt, error, retry_at, .. } => {
                let wait = output::took(u64::try_from(retry_at.since(at).as_millis()).unwrap_or(u64::MAX));
                let message = format!("attempt {attempt} failed: {} ({}); again in {wait}", error.message, error.code);
                Some(format!("{} {node}  {message}", output::yellow("↻")))
            }
            Event::NodeFailed { node, error, .. } => {
                self.running.remove(node);
                self.families.remove(node);
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
            Event::ChildrenPlanned(planned) => {
                let (node, count) = (&planned.node, u64::from(planned.count));
                self.families.insert(node.clone(), Family { count, ..Family::default() });
                Some(format!("{} {node}  starts {}", output::cyan("…"), output::children(count, count, 0, None)))
            }
            Event::ChildrenEnded { node, completed, failed, .. } => self.ended(node, completed.len(), failed.len()),
            Event::LoopEntered { node, .. } => {
                self.iterations.insert(node.clone(), 0);
                None
            }
            Event::LoopIterated { node, iteration, .. } => {
                let before = self.iterations.get(node).copied().unwrap_or_default();
                // Journals of earlier releases do not number iterations.
                let number = if *iteration > 0 { *iteration } else { before + 1 };
                self.iterations.insert(node.clone(), number);
                Some(format!("{} {node}  iteration {number}", output::cyan("…")))
            }
            Event::ExecutionStuck { error } => {
                Some(format!("{} stuck: {} ({})", output::red("✗"), error.message, error.code))
            }
            _ => self.back(event, at),
        }
    }

    /// The line for an event of an execution that goes back.
    fn back(&mut self, event: &Event, at: Time) -> Option<String> {
        let mark = output::cyan("↶");
        match event {
            Event::RollbackBegun { rollback, plan, .. } => {
                self.running.clear();
                self.families.clear();
                self.iterations.clear();
                let undoes = match plan.undo.len() {
                    0 => String::new(),
                    count => format!(", {} to undo", output::counted(count, "thing")),
                };
                Some(match &rollback.node {
                    Some(node) => format!("{mark} goes back to {node}{undoes}"),
                    None => format!("{mark} goes back to checkpoint {}{undoes}", rollback.to),
                })
            }
            Event::Compensated { node, skipped: true, .. } => Some(format!("{mark} {node}  left as it is")),
            Event::Compensated { node, index: Some(index), .. } => Some(format!("{mark} {node}  child {index} undone")),
            Event::Compensated { node, .. } => Some(format!("{mark} {node}  undone")),
            Event::CompensationFailed(failed) => {
                let (node, error) = (&failed.node, &failed.error);
                let wait = failed.retry_at?.since(at).as_millis();
                let wait = output::took(u64::try_from(wait).unwrap_or(u64::MAX));
                let message = format!("could not be undone: {} ({}); again in {wait}", error.message, error.code);
                Some(format!("{} {node}  {message}", output::yellow("↻")))
            }
            _ => None,
        }
    }

    /// Counts children that ended. Gives a line for each tenth of all, so that a thousand children are ten lines; the end
    /// of the last is told with the node's.
    fn ended(&mut self, node: &NodeId, completed: usize, failed: usize) -> Option<String> {
        let mut family = self.families.remove(node)?;
        family.ended += (completed + failed) as u64;
        family.failed += failed as u64;
        let tenths = family.ended * 10 / family.count.max(1);
        let is_told = tenths > family.tenths && family.ended < family.count;
        family.tenths = tenths;
        let line = is_told.then(|| format!("{} {node}  {}", output::cyan("…"), self.counted(node, &family)));
        self.families.insert(node.clone(), family);
        line
    }

    fn counted(&self, node: &NodeId, family: &Family) -> String {
        let tolerated = self.workflow.as_ref().and_then(|workflow| view::tolerated(workflow, node));
        output::children(family.count, family.ended, family.failed, tolerated)
    }

    /// How long a node took: the duration that was recorded, else the time since it was activated.
    fn took(&mut self, node: &NodeId, duration_ms: Option<u64>, at: Time) -> String {
        self.running.remove(node);
        let begun = self.begun.remove(node);
        let whole = || begun.map_or(0, |begun| u64::try_from(at.since(begun).as_millis()).unwrap_or(u64::MAX));
        output::took(duration_ms.unwrap_or_else(whole))
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
