//! `stepwell export` and `stepwell import`: executions move to another host in one file.

pub mod export;
mod file;
pub mod import;
