//! Workflow documents: model, parsing with dialects, and what their graph says.
pub mod graph;
mod kind;
mod reads;
pub use reads::Reads;
mod model;
pub use model::*;
