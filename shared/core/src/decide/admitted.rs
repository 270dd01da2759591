//! What people may ask of an execution as it is, for those who offer it to them: a page's buttons, say. The rules decide
//! again when it is asked.

use super::patch::stands_in_the_way;
use crate::{
    event::Unstick,
    execution::{Execution, Status},
};

document::closed_set!(
    /// What people ask of an execution as a whole.
    Ask {
        /// Nothing starts any more, until it is resumed.
        Pause = "pause",
        /// It goes on after a pause.
        Resume = "resume",
        /// It goes on where it failed, or was cancelled.
        Retry = "retry",
        /// A person finds the way out of what it is stuck in.
        Unstick = "unstick",
        /// It ends here.
        Cancel = "cancel",
        /// It goes back to a checkpoint, and what was done since is undone.
        RollBack = "rollback",
        /// Another execution begins at a checkpoint of this one.
        Fork = "fork",
        /// It goes on by another document.
        Patch = "patch",
    }
);

/// What may be asked of an execution as it is, in the order in which people are likely to want it. What would be accepted
/// and mean nothing, such as resuming what is not paused, is not among it.
pub fn admitted(execution: &Execution) -> Vec<Ask> {
    let status = execution.status();
    let possible = |ask: &Ask| match ask {
        // Until an import is complete, all that can be done with it is to give it up.
        _ if execution.arrives() => *ask == Ask::Cancel && !status.is_terminal(),
        Ask::Cancel => !status.is_terminal() && !execution.is_being_undone(),
        Ask::Patch => status != Status::RollingBack && stands_in_the_way(status, execution.rolling.is_some()).is_none(),
        Ask::RollBack => goes_back(status) && execution.undone_for.is_none(),
        Ask::Fork => goes_back(status),
        Ask::Pause => {
            matches!(status, Status::Pending | Status::Running | Status::Waiting | Status::WaitingHuman)
                || status == Status::RollingBack && !execution.is_being_undone()
        }
        Ask::Resume => status == Status::Paused && !execution.is_being_undone(),
        Ask::Retry => matches!(status, Status::Failed | Status::Cancelled),
        Ask::Unstick => status == Status::Stuck,
    };
    Ask::ALL.iter().copied().filter(possible).collect()
}

/// The ways out of what an execution is stuck in, in the order in which people are likely to want them. None where it is not
/// stuck. Of a compensation that failed no message is left that could be sent again.
pub fn ways_out(execution: &Execution) -> Vec<Unstick> {
    let Some(error) = &execution.stuck else { return Vec::new() };
    let undoes = execution.rolling.is_some() && error.code == "compensation_failed";
    Unstick::ALL.iter().copied().filter(|way| !(undoes && *way == Unstick::Redrive)).collect()
}

/// Whether a status has a past to go back to, and nothing is on its way there.
fn goes_back(status: Status) -> bool {
    !matches!(status, Status::RollingBack | Status::Skipped)
}
