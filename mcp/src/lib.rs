//! Stepwell as a server of the Model Context Protocol: agents of others list and start workflows, ask people, and answer,
//! by tools that do what the API does. `POST /mcp` is the whole of it; it keeps no session.

pub mod limits;

mod arguments;
mod asked;
mod call;
mod endpoint;
mod handler;
mod patience;
mod result;
mod saved;
mod started;
mod tools;

pub use endpoint::{routes, routes_with};
