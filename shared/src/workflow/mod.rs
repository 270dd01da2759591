//! Workflow documents: the model, the parser with its dialects, and what the graph of nodes and edges tells.

pub(crate) mod dialect;
pub mod graph;
mod hash;
mod human;
mod model;
mod parse;
mod query;
mod read;
mod reads;
#[cfg(test)]
mod tests;

pub(crate) use dialect::{DOCUMENT_KEYS, EDGE_KEYS, NODE_KEYS};
pub use hash::canonical_text;
pub use human::*;
pub use model::*;
pub(crate) use parse::read;
pub use parse::{Parsed, parse};
pub use query::InputViolation;
pub(crate) use read::{Flow, read_body, read_flow};
pub use reads::Reads;
