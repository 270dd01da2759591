//! The steps that validating may still take on this thread. Where they are used up, validating is given up at once.

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
};

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
