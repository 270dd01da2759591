//! Events as the API shows them: times in RFC 3339, and values as users wrote them.

use super::shown::Shown;
use crate::event::Event;
use serde_json::Value;

/// One event of the journal. A value that was offloaded is shown as `{"$blob": sha256, "bytes": n}`.
pub fn event(event: &Event) -> Value {
    serde_json::to_value(Shown(event)).unwrap_or(Value::Null)
}
