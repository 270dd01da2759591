//! Executions: starting, reading, watching and controlling them.

mod again;
mod bulk;
mod control;
mod delete;
mod events;
mod fork;
mod history;
pub(crate) mod idempotency;
mod list;
pub(crate) mod meant;
mod moving;
mod nodes;
mod patch;
pub mod read;
mod requester;
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

/// Routes that only read: executions, their nodes, history, checkpoints, events and logs, what moves elsewhere; jobs over
/// many of them.
pub fn reads() -> Routes {
    let one = nodes::routes().merge(history::routes()).merge(events::routes()).merge(moving::exports());
    list::routes().merge(one).merge(patch::reads()).merge(bulk::reads())
}

/// Routes that send executions signals.
pub fn signals() -> Routes {
    signals::routes()
}

/// Routes that control executions: pause, resume, cancel, retry, rollback, backtrack, fork, patch, unstick, import,
/// deletion; and those of jobs over many of them.
pub fn controls() -> Routes {
    let goes_on = control::routes().merge(resume::routes()).merge(unstick::routes()).merge(patch::routes());
    let comes_and_goes = moving::imports().merge(delete::routes()).merge(bulk::changes());
    let comes_and_goes = comes_and_goes.merge(crate::admin::owner::routes());
    goes_on.merge(rollback::routes()).merge(fork::routes()).merge(comes_and_goes)
}
