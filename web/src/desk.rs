//! How pages read and change things: as the API's own [desk](api::desk) does.

pub use api::desk::{Asked, Desk, Refusal, Routes, part, pretty, query};
