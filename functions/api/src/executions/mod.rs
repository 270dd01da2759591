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
mod moving;
mod nodes;
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

/// Routes that only read: executions, their nodes, history, checkpoints, events and logs, and what moves elsewhere.
pub fn reads() -> Routes {
    let one = nodes::routes().merge(history::routes()).merge(events::routes()).merge(moving::exports());
    Routes::new().merge(list::routes()).merge(one)
}

/// Routes that send executions signals.
pub fn signals() -> Routes {
    signals::routes()
}

/// Routes that control executions: pause, resume, cancel, retry, rollback, backtrack, fork, unstick, import, deletion.
pub fn controls() -> Routes {
    let goes_on = control::routes().merge(resume::routes()).merge(unstick::routes());
    goes_on.merge(rollback::routes()).merge(fork::routes()).merge(moving::imports()).merge(delete::routes())
}
