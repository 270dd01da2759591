//! The pages: what people see who would rather look than read. A page is a function of a view, one file for each page.
//! They work without a script, load nothing from any other host, and show every text of others as text.

pub mod form;
pub mod limits;

mod answered;
mod assets;
mod chat;
mod desk;
mod editor;
mod execution;
mod executions;
mod figures;
mod frame;
mod inbox;
mod isolate;
mod layout;
mod link;
mod look;
mod markdown;
mod moment;
mod nowhere;
mod operations;
mod overview;
mod picture;
mod question;
mod refused;
mod session;
mod value;
mod words;
mod workflows;

pub use nowhere::pages_nowhere;

use api::Routes;
use axum::{Extension, extract::DefaultBodyLimit, middleware::from_fn};

/// The routes of all pages, and of what they load.
pub fn routes() -> Routes {
    people().merge(dashboard())
}

/// The pages of people's links, for whoever has one.
pub fn people() -> Routes {
    link::routes()
}

/// The pages for those who are signed in.
pub fn dashboard() -> Routes {
    let pages = session::routes().merge(overview::routes());
    let pages = pages.merge(workflows::routes()).merge(editor::routes());
    let pages = pages.merge(executions::reads()).merge(executions::controls());
    let pages = pages.merge(inbox::reads()).merge(inbox::answers());
    let pages = pages.merge(execution::reads()).merge(execution::controls());
    let pages = pages.merge(chat::routes());
    let pages = pages.merge(operations::reads()).merge(operations::keeps());
    let pages = pages.layer(DefaultBodyLimit::max(limits::FORM_BYTES)).layer(Extension(desk::Routes::default()));
    let pages = pages.layer(Extension(figures::Kept::default()));
    pages.layer(from_fn(session::jar)).layer(from_fn(session::came))
}
