//! Events as the API shows them: times in RFC 3339, and values as users wrote them.

use crate::event::Event;
use document::time::{Time, rfc3339};
use serde_json::{Map, Value};

/// Fields of events, and of the records within them, that hold a moment; journals have it in milliseconds.
const TIMES: [&str; 7] = ["at", "created_at", "deadline", "decided_at", "retry_at", "timeout_at", "until"];
/// Fields of events that hold a kept value, which journals may write within `{"$plain": …}`.
const VALUES: [&str; 5] = ["data", "input", "item", "items", "output"];

/// One event of the journal. A value that was offloaded is shown as `{"$blob": sha256, "bytes": n}`.
pub fn event(event: &Event) -> Value {
    let mut shown = serde_json::to_value(event).unwrap_or(Value::Null);
    let Some(fields) = shown.as_object_mut() else { return shown };
    times(fields);
    for name in ["interaction", "response"] {
        if let Some(Value::Object(record)) = fields.get_mut(name) {
            times(record);
            if let Some(Value::Array(responses)) = record.get_mut("responses") {
                responses.iter_mut().filter_map(Value::as_object_mut).for_each(times);
            }
        }
    }
    for name in VALUES {
        if let Some(plain) = fields.get_mut(name).and_then(|value| value.get_mut("$plain")).map(Value::take) {
            fields.insert(name.into(), plain);
        }
    }
    shown
}

/// Writes the moments among some fields as RFC 3339.
fn times(fields: &mut Map<String, Value>) {
    for name in TIMES {
        if let Some(millis) = fields.get(name).and_then(Value::as_i64) {
            fields.insert(name.into(), rfc3339(Time(millis)));
        }
    }
}
