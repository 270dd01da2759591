//! The static checks of workflow format §7: every problem of a document at once.

mod loops;
mod missing;
mod no_effect;
mod structure;
#[cfg(test)]
mod tests;
mod warnings;

pub use crate::{
    parse::check,
    reading::{Issue, Severity, schema},
};
pub(crate) use structure::check as check_structure;
pub(crate) use warnings::check as check_warnings;
