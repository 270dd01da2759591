//! The names of ports that a config gives.

use crate::{
    limits,
    reading::{Cx, Fields, cut},
};

/// The name of a port, which may be any text on one line of at most `limits::PORT_BYTES`.
pub(super) fn port(cx: &mut Cx<'_>, f: &Fields<'_, '_>, key: &str) -> Option<String> {
    let name = f.text(cx, key)?;
    if name.len() > limits::PORT_BYTES || name.chars().any(char::is_control) {
        let hint = format!("Use at most {} bytes, on one line.", limits::PORT_BYTES);
        f.wrong(cx, key, format!("`{}` is no name for a port", cut(name)), hint);
        return None;
    }
    Some(name.to_owned())
}
