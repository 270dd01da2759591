//! The simulated host as a stage: faults at every call of a port, and several handlers at once.

use super::{
    perform::perform,
    script::{Death, Script},
    stage::{Asked, Stage},
};
use crate::sim::{Fate, Faults, Run, root_id};
use async_trait::async_trait;
use futures::FutureExt;
use std::sync::Arc;
use stepwell_core::{execution::Execution, id::ExecutionId};

struct Simulated(Run);

/// Plays a script on the simulated host, and says how the first execution ended, and what happened in all.
///
/// # Errors
/// Says what is not as it should be.
pub fn simulate(script: &Script, faults: Faults) -> Result<(Fate, Run), String> {
    let mut stage = Simulated(Run::new(&script.case, script.seed, faults, script.delivers));
    // This host waits for nothing outside of itself.
    perform(&mut stage, script).now_or_never().ok_or("the simulation waits for something")??;
    let fate = stage.0.fate()?;
    Ok((fate, stage.0))
}

#[async_trait(?Send)]
impl Stage for Simulated {
    fn roots(&self) -> Vec<ExecutionId> {
        let forks = self.all().into_iter().filter(|id| *id != root_id());
        let is_root = |id: &ExecutionId| self.0.host.state(id).is_some_and(|state| state.started.parent.is_none());
        [root_id()].into_iter().chain(forks.filter(is_root)).collect()
    }

    fn all(&self) -> Vec<ExecutionId> {
        self.0.host.world().journals.keys().cloned().collect()
    }

    async fn state(&self, id: &ExecutionId) -> Result<Arc<Execution>, String> {
        self.0.host.state(id).map(Arc::new).ok_or_else(|| format!("{id} is gone"))
    }

    async fn ask(&mut self, of: &ExecutionId, asked: Asked) -> Result<(), String> {
        match asked {
            Asked::Command(command) => self.0.command_to(of, &command),
            Asked::Back(rollback) => self.0.back_to(of, &rollback),
            Asked::Fork(request) => self.0.fork(of, &request),
            Asked::Patch(operations) => self.0.patch(of, &operations),
        }
        Ok(())
    }

    /// People of the simulation answer meanwhile where nothing is due.
    async fn go(&mut self, most: usize) -> Result<bool, String> {
        for _ in 0..most {
            if !self.0.advance()? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn crash(&mut self, death: Death) -> Result<(), String> {
        self.0.dies_at_next_call(death != Death::BeforeCommit);
        self.0.advance().map(drop)
    }
}
