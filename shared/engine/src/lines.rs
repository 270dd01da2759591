//! A line of the log as every host writes it: the fields of events and of the spans around them, as JSON.

use crate::limits::LOG_FIELD_BYTES;
use serde_json::{Map, Value};
use std::fmt::Debug;
use tracing::{
    Metadata,
    field::{Field, Visit},
};

/// The fields of an event or of a span, in the order in which it names them. A text beyond [`LOG_FIELD_BYTES`] is cut
/// between characters.
#[derive(Clone, Debug, Default)]
pub struct Fields(pub Map<String, Value>);

impl Fields {
    /// Takes the message out. The other fields keep their order, so that lines of one kind are alike.
    pub fn take_message(&mut self) -> String {
        match self.0.shift_remove("message") {
            Some(Value::String(message)) => message,
            other => other.map(|it| it.to_string()).unwrap_or_default(),
        }
    }

    fn keep(&mut self, field: &Field, value: Value) {
        self.0.insert(field.name().to_owned(), value);
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        let end = (0..=value.len().min(LOG_FIELD_BYTES)).rev().find(|at| value.is_char_boundary(*at)).unwrap_or(0);
        self.keep(field, value[..end].into());
    }
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.keep(field, value.into());
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.keep(field, value.into());
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.keep(field, value.into());
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.keep(field, value.into());
    }
}

/// A line for programs: one JSON object, with the fields at its top, where queries find them.
pub fn in_json(timestamp: &str, of: &Metadata<'_>, message: &str, fields: Map<String, Value>) -> String {
    let mut line = Map::new();
    line.insert("timestamp".into(), timestamp.into());
    line.insert("level".into(), of.level().as_str().into());
    line.insert("message".into(), message.into());
    line.insert("target".into(), of.target().into());
    for (name, value) in fields {
        // Lines of one trace are found by its id, which is the same in all processes; a `traceparent` is not.
        let (name, value) = match (name.as_str(), value.as_str().and_then(trace_id)) {
            ("traceparent", None) => continue,
            ("traceparent", Some(id)) => ("trace_id".to_owned(), id.into()),
            _ => (name, value),
        };
        // A field must not replace what every line has, such as its level.
        line.entry(name).or_insert(value);
    }
    Value::Object(line).to_string()
}

/// The id of the trace that a `traceparent` (W3C Trace Context) names; none where it is none.
fn trace_id(traceparent: &str) -> Option<&str> {
    let id = traceparent.split('-').nth(1)?;
    (id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(id)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use tracing::{Event, Id, Subscriber, span, subscriber::with_default};

    /// Hands the line of each event to a function.
    struct To<W>(W);

    impl<W: Fn(String) + 'static> Subscriber for To<W> {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }
        fn new_span(&self, _: &span::Attributes<'_>) -> Id {
            Id::from_u64(1)
        }
        fn record(&self, _: &Id, _: &span::Record<'_>) {}
        fn record_follows_from(&self, _: &Id, _: &Id) {}
        fn event(&self, event: &Event<'_>) {
            let mut fields = Fields::default();
            event.record(&mut fields);
            let message = fields.take_message();
            (self.0)(in_json("2026-01-31T09:00:00Z", event.metadata(), &message, fields.0));
        }
        fn enter(&self, _: &Id) {}
        fn exit(&self, _: &Id) {}
    }

    fn written(run: impl FnOnce()) -> Vec<Value> {
        let (sender, lines) = std::sync::mpsc::channel();
        with_default(To(move |line| sender.send(line).unwrap()), run);
        lines.try_iter().map(|line| serde_json::from_str(&line).unwrap()).collect()
    }

    #[test]
    fn a_line_has_its_fields_at_its_top_in_their_order_and_none_replaces_what_every_line_has() {
        let lines = written(|| {
            tracing::warn!(code = "timeout", n = 2_u32, level = "mine", late = true, s = 0.5, "a step {}", "failed");
        });
        let names: Vec<_> = lines[0].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, ["timestamp", "level", "message", "target", "code", "n", "late", "s"]);
        assert_eq!((&lines[0]["level"], &lines[0]["message"]), (&"WARN".into(), &"a step failed".into()));
        assert_eq!((&lines[0]["n"], &lines[0]["late"], &lines[0]["s"]), (&2.into(), &true.into(), &0.5.into()));
    }

    #[test]
    fn a_trace_is_told_by_its_id_alone() {
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        let lines = written(|| {
            tracing::info!(traceparent = format!("00-{id}-00f067aa0ba902b7-01"), "in a trace");
            tracing::info!(traceparent = "00-1", "in none");
        });
        assert_eq!((&lines[0]["trace_id"], lines[0].get("traceparent")), (&id.into(), None));
        assert_eq!((lines[1].get("trace_id"), lines[1].get("traceparent")), (None, None));
    }

    #[test]
    fn a_long_field_is_cut_between_characters() {
        let lines = written(|| tracing::info!(text = "é".repeat(LOG_FIELD_BYTES), "long"));
        let text = lines[0]["text"].as_str().unwrap();
        let cut = LOG_FIELD_BYTES - 2..=LOG_FIELD_BYTES;
        assert!(cut.contains(&text.len()) && text.chars().all(|c| c == 'é'), "{}", text.len());
    }
}
