//! Whose conversations a caller may see: the caller's own, and those of others with the scope `admin`. A conversation is
//! somebody's own as long as nobody else had a part in it.

use super::{Caller, Scope};
use crate::{Answered, Problem};
use axum::http::StatusCode;

impl Caller {
    /// Whether the caller may do so with all conversations of the owner, and not only with those of the caller's own.
    ///
    /// # Errors
    /// 403 `missing_scope` where not even that.
    pub fn has_all_conversations(&self, scope: Scope) -> Answered<bool> {
        let all = self.scopes.contains(&Scope::Admin);
        if all { Ok(true) } else { self.require(scope).map(|()| false) }
    }

    /// Refuses a conversation of others, but to an admin. `parts` are those who had a part in it; none for a part of which
    /// nobody knows whose it was.
    ///
    /// # Errors
    /// 403 `missing_scope`.
    pub fn may_see<'a>(&self, parts: impl IntoIterator<Item = Option<&'a str>>) -> Answered<()> {
        let is_own = |by: Option<&str>| by.is_some_and(|by| by.eq_ignore_ascii_case(&self.subject));
        if self.scopes.contains(&Scope::Admin) || parts.into_iter().all(is_own) {
            return Ok(());
        }
        let detail =
            "others had a part in this conversation, or nobody knows who: this needs a token with the scope `admin`";
        let refused = Problem::new(StatusCode::FORBIDDEN, "missing_scope", detail);
        Err(refused.with("scope", Scope::Admin.as_str()))
    }
}
