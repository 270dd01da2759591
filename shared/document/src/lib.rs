//! Workflow documents: model, parsing with dialects, and what their graph says.

pub(crate) mod dialect;
pub mod graph;
mod hash;
mod human;
pub mod id;
pub mod json;
pub mod limits;
mod model;
pub mod node;
mod parse;
pub mod pattern;
pub mod picture;
mod query;
mod read;
mod reads;
pub mod schedule;
#[cfg(test)]
mod tests;
pub mod time;
pub mod validate;
mod word;

pub(crate) use dialect::{DOCUMENT_KEYS, EDGE_KEYS, NODE_KEYS};
pub use hash::canonical_text;
pub use human::*;
pub use model::*;
pub(crate) use parse::read;
pub use parse::{Parsed, parse};
pub use query::InputViolation;
pub(crate) use read::{Flow, read_body, read_flow};
pub use reads::Reads;
