//! Questions to people: the inbox, and their answers.

pub mod answer;
mod interactions;
mod keys;
mod put_to;
mod respond;

use crate::Routes;

/// The routes of questions and answers.
pub fn routes() -> Routes {
    Routes::new()
        .merge(interactions::routes())
        .merge(respond::routes())
        .merge(put_to::routes())
        .merge(keys::routes())
}
