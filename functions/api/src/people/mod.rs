//! Questions to people: the inbox, and their answers, through Slack too.

pub mod answer;
mod inbox;
mod interactions;
mod keys;
mod put_to;
mod respond;
mod respond_many;
mod slack;

use crate::Routes;

/// The routes of questions and answers.
pub fn routes() -> Routes {
    Routes::new()
        .merge(inbox::routes())
        .merge(interactions::routes())
        .merge(respond::routes())
        .merge(respond_many::routes())
        .merge(put_to::routes())
        .merge(keys::routes())
        .merge(slack::routes())
}
