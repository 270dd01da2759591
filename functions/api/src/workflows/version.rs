//! The version of a workflow that a request names.

use crate::{Answered, App, Params, Problem};
use engine::port::SavedWorkflow;

/// The version that the parameter `version` names, by default the latest. A deleted workflow can be read by version
/// only.
///
/// # Errors
/// 404 where there is none.
pub(super) async fn saved_version(app: &App, owner: &str, id: &str, params: &mut Params) -> Answered<SavedWorkflow> {
    let version = params.number("version")?;
    let found = app.host.catalogue().saved(owner, id, version).await?;
    let found = found.filter(|saved| version.is_some() || !saved.deleted);
    found.ok_or_else(|| match version {
        None => Problem::not_found("workflow", id),
        Some(version) => Problem::not_found("workflow", &format!("{id} in version {version}")),
    })
}
