//! What is not written into a journal, since it is the default.

pub(super) fn is_false(value: &bool) -> bool {
    !value
}

pub(super) fn is_zero(number: &u64) -> bool {
    *number == 0
}
