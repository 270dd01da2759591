//! Control of executions: pause, resume, cancel, deletion.

mod control;
mod delete;
mod resume;

use api::Routes;

/// The routes of this function.
pub fn routes() -> Routes {
    Routes::new().merge(control::routes()).merge(resume::routes()).merge(delete::routes())
}
