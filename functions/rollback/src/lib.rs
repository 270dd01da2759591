//! The function `rollback`: pause, resume, cancel and deletion of executions.

mod control;
mod delete;
mod resume;

use api::Routes;

/// The routes of pause, resume, cancel and deletion.
pub fn routes() -> Routes {
    Routes::new().merge(control::routes()).merge(resume::routes()).merge(delete::routes())
}
