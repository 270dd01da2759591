//! The pages: what people see who would rather look than read. A page is a function of a view, one file for each page.
//! They work without a script, load nothing from any other host, and show every text of others as text.

pub mod form;
pub mod limits;

mod answered;
mod assets;
mod inbox;
mod layout;
mod link;
mod markdown;
mod moment;

use api::Routes;

/// The routes of all pages, and of what they load.
pub fn routes() -> Routes {
    link::routes().merge(inbox::routes())
}
