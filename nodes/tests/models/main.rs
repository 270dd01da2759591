//! Calls of models, over every provider's protocol, against a server that nobody here wrote. It is installed by npm and
//! needs Node 20: where that is missing, these tests fail.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod answers;
mod broken;
mod failures;
mod pieces;
mod places;
// Tests of other crates start the same server.
#[path = "../../../tests/src/stand_in.rs"]
mod stand_in;
mod support;
