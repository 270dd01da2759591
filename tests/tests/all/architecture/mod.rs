//! The invariants of absence: what a room must not know.

mod adapters;
mod circles;
mod crates;
mod fields;
mod graph;
mod kinds;
mod source;
mod variables;
