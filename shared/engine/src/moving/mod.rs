//! Moves executions to another host: [`export`] reads one in pieces, [`import`] takes them in there.
//!
//! A piece holds turns that follow one another, the documents that they name, and every value that they refer to, so that
//! it is understood by whoever has the pieces before it. While pieces are missing the execution stands still
//! ([`Execution::arrives`](stepwell_core::execution::Execution::arrives)), so that nothing runs twice or too early,
//! wherever an import breaks off; importing the same pieces again goes on from there. The last one lets it go on.

mod check;
mod export;
mod import;
mod lines;
mod outcome;
mod piece;

pub use export::export;
pub use import::import;
pub use outcome::{Importer, Outcome, Refusal, Taken};
pub use piece::Piece;
