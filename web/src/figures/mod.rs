//! What the latest executions come to, in figures: how they ended, when, and how long nodes took. Pages read them, and the
//! API has no route for them. They are counted from the newest executions, [`limits::FIGURES`](crate::limits::FIGURES) at
//! most, and every page says of how many; whoever counts all has `/metrics`.

mod kept;
mod read;
mod runs;
mod tally;

pub use kept::Kept;
pub use tally::{Figures, Hour, NodeFigures, WorkflowFigures};

use crate::{desk::Asked, session::Visit};
use api::Scope;
use document::time::Time;
use kept::Of;
use std::sync::Arc;

/// The figures of the visitor's own executions, or of one workflow's, that started since the hour of a time. Executions of
/// other executions (children) are not among them. All pages of a few seconds share one reading.
///
/// # Errors
/// 403 for a visitor who may not read, and what the store says.
pub async fn figures(visit: &Visit, workflow: Option<&str>, since: Time) -> Asked<Arc<Figures>> {
    visit.caller.require(Scope::Read)?;
    let since = tally::hour_of(since);
    let of = Of { owner: visit.caller.owner.clone(), workflow: workflow.map(ToOwned::to_owned), since };
    let fresh = Kept::default();
    // A service without the cache reads anew for each page.
    let kept = visit.desk.beside::<Kept>().unwrap_or(&fresh);
    kept.of(&of, visit.now, || read::read(&visit.app, &of, visit.now)).await
}
