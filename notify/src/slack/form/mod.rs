//! The form of a question: its fields, how they look in Slack, and the answer that their values make.

mod field;
mod fields;
mod schema;
mod values;
mod view;

#[cfg(test)]
mod tests;

pub(super) use fields::{form, needs_tool};
pub(super) use values::{answer, beside_fields};
pub(super) use view::inputs;
