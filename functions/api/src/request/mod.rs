//! How requests are read, and how errors are told.

pub mod arrived;
pub mod aside;
pub mod bounds;
pub mod cursor;
pub mod document;
pub mod filter;
pub mod json;
mod misfit;
pub mod page;
pub mod params;
pub mod problem;
pub mod turns;
pub mod unreadable;
pub mod yaml;
