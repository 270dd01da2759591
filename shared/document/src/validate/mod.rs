//! The static checks of workflow format §7: every problem of a document at once.

pub(crate) mod at;
mod cx;
pub(crate) mod fields;
mod frame;
mod issue;
mod known;
mod loops;
mod missing;
mod names;
pub mod schema;
mod structure;
pub(crate) mod suggest;
#[cfg(test)]
mod tests;
mod warnings;

pub(crate) use at::At;
pub(crate) use cx::{Cx, is_id};
pub(crate) use fields::Fields;
pub(crate) use frame::{Frame, Place, RawEdge, RawNode, Reader};
pub use issue::{Issue, Severity};
pub(crate) use structure::check as check_structure;
pub(crate) use warnings::check as check_warnings;

use serde_json::Value;

/// The errors of a document, which refuse it, and its warnings, in this order.
pub fn check(document: &Value) -> (Vec<Issue>, Vec<Issue>) {
    let (_, errors, warnings) = crate::read(document);
    (errors, warnings)
}
