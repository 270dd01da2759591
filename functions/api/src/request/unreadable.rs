//! What a list holds and the store cannot read: it is named, and the others are shown.

use crate::Answered;
use axum::http::StatusCode;
use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

/// The ids of what could not be read while a page was made.
#[derive(Default)]
pub struct Unreadable(Mutex<BTreeSet<String>>);

impl Unreadable {
    /// Takes note of a row that cannot be read, which the list then goes without. Other refusals end the list: they
    /// concern all rows, such as a store that does not answer.
    ///
    /// # Errors
    /// Those other refusals.
    pub fn spare<T>(&self, id: &str, row: Answered<Option<T>>) -> Answered<Option<T>> {
        match row {
            Err(problem) if problem.status() == StatusCode::INTERNAL_SERVER_ERROR => {
                tracing::error!(row = id, "it is left out of a list, since it cannot be read");
                self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned());
                Ok(None)
            }
            other => other,
        }
    }

    /// The ids, in order.
    pub fn ids(self) -> Vec<String> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().collect()
    }
}
