//! The names of ports that a config gives.

use crate::{
    limits,
    reading::{Cx, Fields, cut},
};

/// The ports that a question has besides its options.
pub(crate) const BESIDE_OPTIONS: [&str; 2] = ["timeout", "error"];

/// Whether a text may be the name of a port: it stands on one line, and has at most `limits::PORT_BYTES`.
pub(crate) fn is_port(name: &str) -> bool {
    name.len() <= limits::PORT_BYTES && !name.chars().any(char::is_control)
}

/// The name of a port, which may be any text that is more than blanks and [is one](is_port).
pub(super) fn port(cx: &mut Cx<'_>, f: &Fields<'_, '_>, key: &str) -> Option<String> {
    let name = f.text(cx, key)?;
    if !is_port(name) {
        let hint = format!("Use at most {} bytes, on one line.", limits::PORT_BYTES);
        f.wrong(cx, key, format!("`{}` is no name for a port", cut(name)), hint);
        return None;
    }
    Some(name.to_owned())
}
