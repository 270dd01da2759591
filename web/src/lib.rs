//! The pages: what people see who would rather look than read. A page is a function of a view, one file for each page.
//! They work without a script, load nothing from any other host, and show every text of others as text.

pub mod form;
pub mod limits;

mod answered;
mod assets;
mod layout;
mod link;
mod markdown;
mod moment;

pub use link::routes;
