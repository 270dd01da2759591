//! What documents may name that callers send along, instead of starting what an admin has saved.

use crate::{
    port::{Host, StoreError},
    scope::Scope,
};
use document::Workflow;

/// The first secret that a document of this caller names and may not; none where it may run. Whoever has the scope
/// `admin` could save the document, so theirs names any secret. Others name those that an admin allowed for it: a
/// document decides where a secret is sent, as far as the secret's hosts let it. One that is not stored is not allowed
/// either, so nobody learns what is stored.
///
/// # Errors
/// Where the store fails.
pub async fn forbidden_secret<'w>(
    host: &dyn Host,
    owner: &str,
    scopes: &[Scope],
    workflow: &'w Workflow,
) -> Result<Option<&'w str>, StoreError> {
    if scopes.contains(&Scope::Admin) {
        return Ok(None);
    }
    for name in workflow.secrets() {
        let stored = host.secrets().secret(owner, name).await?;
        if !stored.is_some_and(|secret| secret.for_inline) {
            return Ok(Some(name));
        }
    }
    Ok(None)
}
