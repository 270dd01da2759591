//! How a simulated run comes to its end, and what is said of it then.

use super::{root_id, run::Run};
use crate::oracle::normal;
use serde_json::Value;
use stepwell_core::execution::Status;

/// How a run ended, as far as two runs must agree.
#[derive(Clone, Debug, PartialEq)]
pub struct Fate {
    /// The status of the root execution.
    pub status: Status,
    /// Its output, without what differs from run to run (see [`normal`]).
    pub output: Value,
    /// The code of its error; None where it has none.
    pub code: Option<String>,
}

impl Run {
    /// Runs until everything has ended.
    ///
    /// # Errors
    /// Says what went wrong.
    pub fn finish(&mut self) -> Result<Fate, String> {
        while self.advance()? {}
        self.fate()
    }

    /// Runs for so many seconds by the world's clock, or until nothing moves. A question that reminds people lets time pass for
    /// hundreds of reminders, which is more than there is to see of an execution that is paused.
    ///
    /// # Errors
    /// Says what went wrong.
    pub fn pass(&mut self, seconds: f64) -> Result<(), String> {
        let until = self.host.time().after_seconds(seconds);
        while self.host.time() < until && self.advance()? {}
        Ok(())
    }

    /// How the root ended.
    ///
    /// # Errors
    /// Names an execution that has not ended, or a question that people still see.
    pub fn fate(&self) -> Result<Fate, String> {
        let world = self.host.world();
        for id in world.journals.keys() {
            let state = world.fold(id).ok_or("a journal without a start")?;
            if !state.status().is_terminal() {
                return Err(format!("{id} was left {}: {:#?}", state.status(), state.nodes));
            }
            let shown = state.interactions.iter().find(|one| world.shown.contains(&one.interaction_id));
            // Under faults the notice that a question is over may be lost: people learn it when they answer.
            if let Some(one) = shown.filter(|_| world.faults_injected == 0 && !self.faults.disorder) {
                return Err(format!("interaction {} is shown although {id} ended", one.interaction_id));
            }
        }
        let root = world.fold(&root_id()).ok_or("nothing was started")?;
        let output = root.output.as_ref().and_then(|output| output.value()).map(normal).unwrap_or_default();
        Ok(Fate { status: root.status(), output, code: root.error.map(|error| error.code) })
    }

    /// Whether every message to people came once, as it does where nothing goes wrong.
    ///
    /// # Errors
    /// Names the messages that came twice.
    pub fn told_once(&self) -> Result<(), String> {
        let world = self.host.world();
        let twice = world.outside.told_twice();
        if twice.is_empty() { Ok(()) } else { Err(format!("people were told twice by {twice:?}")) }
    }
}
