//! Event patterns as EventBridge has them: which events an `event_trigger` listens to. Pure.
//!
//! A pattern has the shape of the events that it matches. Its objects name fields, and each leaf is a list of the
//! values and operators that the event may match there. Every field that is named must match; of the list at a leaf one
//! item must. A field of the event that is a list matches where one of its items does, and fields below a list of
//! objects are looked for in one and the same object.
//!
//! | in the list of a leaf | matches |
//! |---|---|
//! | a string, number, boolean or null | that value; numbers by value (`300` is `3.0e2`) |
//! | `{"prefix": text}`, `{"suffix": text}` | strings that begin or end with the text |
//! | `{"prefix": {"equals-ignore-case": text}}`, also with `suffix` | the same in any case |
//! | `{"equals-ignore-case": text}` | strings that equal the text in any case |
//! | `{"wildcard": text}` | strings, where `*` stands for any text and `\*` for a star |
//! | `{"anything-but": value, list, or one of the above}` | every other value that is there |
//! | `{"numeric": ["<", n]}`, `[">", n, "<=", m]`, `["=", n]` | numbers of that range |
//! | `{"exists": true or false}` | whether there is a value; an object does not count as one |
//! | `{"cidr": "10.0.0.0/8"}` | IP addresses of that range |
//!
//! `"$or": [pattern, …]`, at any level, matches where one of the patterns does.

mod leaf;
mod listener;
mod matching;
mod read;
#[cfg(test)]
mod tests;

pub use listener::{Listener, listeners};
pub use matching::Pattern;
pub use read::Fault;
