//! The pages: what people see who would rather look than read. A page is a function of a view, one file for each page.
//! They work without a script, load nothing from any other host, and show every text of others as text.

pub mod form;
pub mod limits;

mod answered;
mod assets;
mod desk;
mod execution;
mod inbox;
mod layout;
mod link;
mod markdown;
mod moment;
mod overview;
mod picture;
mod refused;
mod session;
mod words;

use api::Routes;
use axum::{Extension, extract::DefaultBodyLimit, middleware::from_fn};

/// The routes of all pages, and of what they load.
pub fn routes() -> Routes {
    people().merge(dashboard())
}

/// The pages of people's links, for whoever has one.
pub fn people() -> Routes {
    link::routes().merge(inbox::routes())
}

/// The pages for those who are signed in.
pub fn dashboard() -> Routes {
    let pages = session::routes().merge(overview::routes());
    let pages = pages.merge(execution::reads()).merge(execution::controls());
    let pages = pages.layer(DefaultBodyLimit::max(limits::FORM_BYTES)).layer(Extension(desk::Routes::default()));
    pages.layer(from_fn(session::jar))
}
