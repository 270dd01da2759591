//! Counts the steps of validating: a keyword of ours stands in every schema, and a validator asks it once for each time
//! that it applies the schema to a value. Where the steps are used up, validating is given up at once.

use super::load::Load;
use jsonschema::{Keyword, ValidationError};
use serde_json::Value;
use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::Arc,
};

/// The keyword, which no schema has by itself. Its value is an object, which is a schema too: a reference may lead to an
/// object whose members are schemas.
pub(super) const KEYWORD: &str = "x-stepwell-steps";
/// The member of its value that tells the number of the schema.
pub(super) const NUMBER: &str = "x-number";

thread_local! {
    /// Steps left for what this thread validates.
    static LEFT: Cell<u64> = const { Cell::new(u64::MAX) };
}

/// What unwinds the stack of a validator whose steps are used up. Unwinding is the only way out of it that does not
/// depend on what it was about to do.
struct Spent;

/// Runs a validator with so many steps at most. Gives the result, where they suffice, and the steps taken.
pub(super) fn metered<T>(steps: u64, run: impl FnOnce() -> T) -> (Option<T>, u64) {
    let before = LEFT.replace(steps);
    // A validator is not changed by validating, so none is left half done.
    let result = catch_unwind(AssertUnwindSafe(run));
    let taken = steps - LEFT.replace(before);
    match result {
        Ok(result) => (Some(result), taken),
        Err(other) if other.is::<Spent>() => (None, taken),
        Err(other) => resume_unwind(other),
    }
}

/// Takes steps, and gives up validating where too few are left.
pub(super) fn take(steps: u64) {
    let left = LEFT.get();
    LEFT.set(left.saturating_sub(steps));
    if steps > left {
        resume_unwind(Box::new(Spent));
    }
}

/// The keyword in one schema.
pub(super) struct Meter {
    /// What the schemas ask of a value.
    pub(super) loads: Arc<Vec<Load>>,
    /// The number of the schema.
    pub(super) ix: usize,
}

impl<'i> Keyword<'i> for Meter {
    fn validate(&self, value: &'i Value) -> Result<(), ValidationError<'i>> {
        take(self.loads.get(self.ix).map_or(1, |load| load.steps(value)));
        Ok(())
    }

    fn is_valid(&self, value: &'i Value) -> bool {
        self.validate(value).is_ok()
    }
}
