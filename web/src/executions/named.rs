//! Workflows by the names that people know them by: what the list is narrowed by is an id, and what people type is either.

use super::{rows::rows, wanted::Wanted};
use crate::{
    desk::{Asked, query},
    limits,
    session::Visit,
};
use api::types::{Page, WorkflowRow};
use engine::port::Window;

/// The saved workflows, by which the field of the list is helped: ids and names, in the order of the API.
///
/// # Errors
/// What the API says.
pub async fn known(visit: &Visit) -> Asked<Vec<(String, String)>> {
    let path = format!("/v1/workflows{}", query([("limit", "200")]));
    let page = visit.desk.get::<Page<WorkflowRow>>(&path).await?;
    Ok(page.items.into_iter().map(|row| (row.id, row.name)).collect())
}

/// What is wanted, by the id of the workflow whose name was typed; none where no workflow is called so. Workflows that are
/// not saved are looked for among the newest executions.
///
/// # Errors
/// What the API and the store say.
pub async fn by_name(visit: &Visit, wanted: &Wanted) -> Asked<Option<Wanted>> {
    let typed = wanted.workflow.to_lowercase();
    let is_so = |name: &str| name.trim().to_lowercase() == typed;
    let saved = known(visit).await?.into_iter().find(|(_, name)| is_so(name)).map(|(id, _)| id);
    let id = match saved {
        Some(id) => Some(id),
        None => {
            let all = Wanted::default().filter(&visit.caller.owner, visit.now)?;
            let newest = rows(visit, &all, &Window { limit: limits::FIGURES_PAGE, cursor: None }).await?;
            newest.items.into_iter().find(|row| is_so(&row.name)).map(|row| row.workflow)
        }
    };
    Ok(id.filter(|id| *id != wanted.workflow).map(|id| Wanted { workflow: id, ..wanted.clone() }))
}
