//! Questions to people: the inbox, and their answers, through Slack too.

pub mod answer;
mod interactions;
mod keys;
mod put_to;
mod respond;
mod slack;

use crate::Routes;

/// The routes of questions and answers.
pub fn routes() -> Routes {
    Routes::new()
        .merge(interactions::routes())
        .merge(respond::routes())
        .merge(put_to::routes())
        .merge(keys::routes())
        .merge(slack::routes())
}
