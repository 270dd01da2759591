//! What the webhooks of an execution reach: what the host lets all reach, and what was said for this one.

use crate::limits::WEBHOOK_REACHES;
use nodes::{AllowList, Poster};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// What sends the webhooks of a host, and what reaches more for some executions.
pub(super) struct Reach {
    usual: Arc<Poster>,
    /// By the text of the allow list.
    further: Mutex<HashMap<String, Arc<Poster>>>,
}

impl Reach {
    /// Webhooks that reach the same for all executions, until something is said for one.
    pub fn of(usual: Poster) -> Self {
        Self { usual: Arc::new(usual), further: Mutex::default() }
    }

    /// What sends for an execution for which this allow list was said, where one was.
    pub fn poster(&self, allow: Option<&str>) -> Arc<Poster> {
        let Some(list) = allow else { return self.usual.clone() };
        let mut further = self.further.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(poster) = further.get(list) {
            return poster.clone();
        }
        // The list was read before it was kept, by this release or another.
        let more = AllowList::parse(list).unwrap_or_else(|error| {
            tracing::warn!(error, "the allow list that is kept with an execution cannot be read");
            AllowList::default()
        });
        if further.len() >= WEBHOOK_REACHES {
            further.clear();
        }
        further.entry(list.to_owned()).or_insert_with(|| Arc::new(self.usual.allowing(&more))).clone()
    }
}
