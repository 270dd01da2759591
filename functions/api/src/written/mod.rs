//! Workflow documents as people write them: a text in JSON or in YAML, what is wrong with one that is neither, and where
//! in it each part of the document stands, so that a fault can be shown there.

mod format;
mod json;
mod malformed;
mod offset;
mod places;
mod pointer;
mod yaml;

pub use format::Format;
pub use malformed::{Malformed, read};
pub use places::{Places, line_of};
