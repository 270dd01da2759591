//! Executions: starting, reading, watching and controlling them.

mod again;
mod control;
mod delete;
mod events;
mod fork;
mod history;
pub(crate) mod idempotency;
mod list;
mod meant;
mod nodes;
mod patch;
pub mod read;
mod resume;
mod rollback;
mod said;
mod signals;
pub(crate) mod start;
mod unstick;
pub mod wait;

use crate::Routes;

/// Routes that start executions.
pub fn starts() -> Routes {
    start::routes()
}

/// Routes that only read: executions, their nodes, history, checkpoints, events and logs.
pub fn reads() -> Routes {
    Routes::new()
        .merge(list::routes())
        .merge(nodes::routes())
        .merge(history::routes())
        .merge(events::routes())
        .merge(patch::reads())
}

/// Routes that send executions signals.
pub fn signals() -> Routes {
    signals::routes()
}

/// Routes that control executions: pause, resume, cancel, retry, rollback, backtrack, fork, patch, unstick, deletion.
pub fn controls() -> Routes {
    let goes_on = control::routes().merge(resume::routes()).merge(unstick::routes());
    goes_on.merge(patch::routes()).merge(rollback::routes()).merge(fork::routes()).merge(delete::routes())
}
