//! What somebody confirms is what they were shown. A form says which dry run stood above it; where the execution has gone on, so
//! that another one would stand there by now, nothing is done, and that one is shown.

use super::{
    about::{now, route},
    outside::stays_of,
};
use crate::{
    desk::{Asked, Refusal},
    execution::seen::Seen,
    form::Pairs,
    limits,
    session::Visit,
};
use api::types::{self, WouldFork, WouldGoBack};
use axum::http::StatusCode;
use document::id::NodeId;
use maud::{Markup, html};
use serde::Serialize;
use std::collections::BTreeSet;
use stepwell_core::execution::Status;

/// What is the same for two dry runs that say the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark(String);

impl Mark {
    fn of(told: &impl Serialize) -> Self {
        let text = serde_json::to_string(told).unwrap_or_default();
        Self(document::id::sha256_hex(text.as_bytes()))
    }

    /// That of going back: what would be undone, what would stay, and what would run then.
    pub async fn back(visit: &Visit, seen: &Seen, would: &WouldGoBack) -> Self {
        let stays: Vec<_> = stays_of(visit, seen, would).await.into_iter().map(|node| node.id.clone()).collect();
        // Another rollback that is under way would be cut short.
        let goes_back = would.status == Status::RollingBack;
        let back = (&would.checkpoint_id, &would.restored_state.timestamp, goes_back);
        Self::of(&(back, &would.would_compensate, stays, &would.would_run_with))
    }

    /// That of a fork: which nodes it would run. How often they run changes with every visit here, and nothing in what it does.
    pub fn fork(would: &WouldFork) -> Self {
        let again: BTreeSet<&str> = would.would_run.iter().map(|one| one.node.as_str()).collect();
        let more: BTreeSet<&str> = would.needs_recordings.iter().map(|one| one.node.as_str()).collect();
        Self::of(&(again, more))
    }

    /// That of nodes which run again.
    pub fn nodes<'a>(ids: impl Iterator<Item = &'a NodeId>) -> Self {
        Self::of(&ids.collect::<Vec<_>>())
    }

    /// For the form below what it is of.
    pub fn field(&self) -> Markup {
        html! { input type="hidden" name="shown" value=(self.0); }
    }

    /// Whether a form confirms this.
    ///
    /// # Errors
    /// 409 where it confirms what was shown before.
    pub fn confirmed(&self, pairs: &Pairs) -> Asked<()> {
        if pairs.get("shown") == Some(self.0.as_str()) {
            return Ok(());
        }
        let detail = "the execution has gone on since this page was loaded, and what you would confirm has changed: look at what this \
                      page shows now, and confirm again";
        Err(Refusal::new(StatusCode::CONFLICT, "changed_meanwhile", detail))
    }
}

/// Goes back where that does what was shown, `dry` being the request of that dry run and `real` the one that is confirmed.
/// The API does it at the checkpoint of the dry run alone: where the execution goes on just then, it is looked at once more.
///
/// # Errors
/// 409 where it would do something else by now, and whatever the API says.
pub async fn go_back<D: Serialize, R: Serialize>(
    visit: &Visit,
    (id, what): (&str, &str),
    pairs: &Pairs,
    dry: &D,
    real: impl Fn(types::Seen) -> R,
) -> Asked<types::BackAnswer> {
    let path = route(id, what);
    let mut last = None;
    for _ in 0..limits::CONFIRMS {
        let would = visit.desk.post::<WouldGoBack>(&path, dry).await?;
        let seen = now(visit, id).await?;
        Mark::back(visit, &seen, &would).await.confirmed(pairs)?;
        let Some(at) = would.checkpoint.parse().ok().map(types::Seen) else { break };
        match visit.desk.post(&path, &real(at)).await {
            Err(refusal) if refusal.problem.code == "moved_on" => last = Some(refusal),
            done => return done,
        }
    }
    Err(last.unwrap_or_else(|| Refusal::new(StatusCode::CONFLICT, "moved_on", "the execution goes on: pause it first")))
}
