//! What a document becomes: defaults, dialects, the graph, the hash.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod defaults;
mod dialects;
mod foreign;
mod graphs;
mod keys;
