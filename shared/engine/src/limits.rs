//! Every bound of what hosts do around the rules, in one place, each with its reason; those of the rules with them.

pub use stepwell_core::limits::*;

/// Children started, told or read at a time: each takes a connection or two, a batch has ten messages, and a function
/// has 1,024 file descriptors.
pub const CHILDREN_AT_ONCE: usize = 32;
/// The same where one process holds everything: those that are written together share one sync of the disk.
pub const CHILDREN_IN_ONE_SYNC: usize = 1_000;
/// Times a message may fail before it can commit; then it is a dead letter.
pub const DELIVERIES: u32 = 5;
/// Bytes of a request to the API (AWS: a Lambda's payload).
pub const REQUEST_BYTES: usize = 6 * 1024 * 1024;
