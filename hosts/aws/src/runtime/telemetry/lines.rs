//! Log lines: one JSON object each, with the fields of the spans around the event at its top, where queries find them.

use super::{call::now, trace::Trace};
use engine::lines::{Fields, in_json};
use serde_json::Map;
use std::str::FromStr;
use tracing::{
    Event, Level, Metadata, Subscriber,
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    Layer,
    filter::{LevelFilter, Targets},
    layer::Context,
    registry::LookupSpan,
};

/// Keeps the fields of spans, and hands a line for each event to `write`.
pub(super) struct Lines<W> {
    levels: Targets,
    write: W,
}

impl<W: Fn(&str)> Lines<W> {
    /// `levels` says what is logged, such as `info` or `stepwell=debug,aws_smithy_runtime=info`. A text that cannot be
    /// read counts as `info`.
    pub(super) fn new(levels: &str, write: W) -> Self {
        let plain = Level::from_str(levels.trim()).ok();
        let levels = match plain {
            Some(level) => Targets::new().with_default(Level::WARN).with_target("stepwell", level),
            None => Targets::from_str(levels)
                .unwrap_or_else(|_| Targets::new().with_default(Level::WARN).with_target("stepwell", Level::INFO)),
        };
        // What the crate of the Model Context Protocol logs of requests and answers may hold secrets.
        Self { levels: levels.with_target("rmcp", LevelFilter::OFF), write }
    }
}

impl<S, W> Layer<S> for Lines<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: Fn(&str) + 'static,
{
    /// Enables Stepwell's spans whatever their level, because traces are kept in them, and events by their level.
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        let ours = metadata.is_span() && metadata.target().starts_with("stepwell");
        ours || self.levels.would_enable(metadata.target(), metadata.level())
    }

    /// Keeps the fields of a new span. The trace of its `traceparent` is kept apart, for [`super::current`].
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let trace = fields.0.remove("traceparent").and_then(|text| Trace::parse(text.as_str()?));
        let mut extensions = span.extensions_mut();
        if let Some(trace) = trace {
            fields.0.insert("trace_id".into(), trace.id().into());
            extensions.insert(trace);
        }
        extensions.insert(fields);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(fields) = span.extensions_mut().get_mut::<Fields>() {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Map::new();
        for span in context.event_scope(event).into_iter().flat_map(|scope| scope.from_root()) {
            if let Some(around) = span.extensions().get::<Fields>() {
                fields.extend(around.0.clone());
            }
        }
        let mut own = Fields::default();
        event.record(&mut own);
        let message = own.take_message();
        fields.extend(own.0);
        (self.write)(&in_json(&now().to_string(), event.metadata(), &message, fields));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::runtime::telemetry::current;
    use futures::FutureExt;
    use serde_json::Value;
    use std::sync::{Arc, Mutex};
    use tracing::{Instrument, info, info_span, subscriber::with_default, warn};
    use tracing_subscriber::layer::SubscriberExt;

    const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    /// The lines that are written while `run` runs.
    fn written(levels: &str, run: impl FnOnce()) -> Vec<Value> {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let kept = lines.clone();
        let write = move |line: &str| kept.lock().unwrap().push(serde_json::from_str(line).unwrap());
        with_default(tracing_subscriber::registry().with(Lines::new(levels, write)), run);
        Arc::into_inner(lines).unwrap().into_inner().unwrap()
    }

    #[test]
    fn a_line_has_the_fields_of_the_spans_around_it() {
        let lines = written("info", || {
            let _invocation = info_span!("invocation", requestId = "r-1", function = "step").entered();
            let execution = info_span!("execution", execution = %"e-1", traceparent = Some(TRACE), n = 1).entered();
            warn!(code = "timeout", n = 2, level = "mine", "a step {}", "failed");
            execution.exit();
            info!("outside");
        });
        let line = &lines[0];
        let shown = ["level", "message", "requestId", "function", "execution", "trace_id", "code"];
        let expected = ["WARN", "a step failed", "r-1", "step", "e-1", "4bf92f3577b34da6a3ce929d0e0e4736", "timeout"];
        assert_eq!(shown.map(|name| line[name].as_str().unwrap_or_default()), expected, "{line}");
        assert_eq!(line["n"], 2, "the event's own come last");
        assert!(document::time::Time::parse(line["timestamp"].as_str().unwrap()).is_some());
        assert_eq!((&lines[1]["requestId"], lines[1].get("execution")), (&Value::from("r-1"), None));
    }

    #[test]
    fn what_is_found_out_later_is_on_the_lines_after_it() {
        let lines = written("info", || {
            let span = info_span!("request", execution = tracing::field::Empty);
            let _entered = span.enter();
            info!("before");
            span.record("execution", "e-7");
            info!("after");
        });
        assert_eq!((lines[0].get("execution"), &lines[1]["execution"]), (None, &Value::from("e-7")));
    }

    #[test]
    fn the_trace_of_the_nearest_span_goes_on_even_where_nothing_is_logged() {
        let other = TRACE.replace("4bf9", "5bf9");
        let lines = written("error", || {
            assert_eq!(current(), None);
            let _outer = info_span!("invocation", traceparent = other.as_str()).entered();
            assert_eq!(current().unwrap().to_string(), other);
            let inner = async { current().unwrap().to_string() };
            let inner = inner.instrument(info_span!("execution", execution = "e-1", traceparent = TRACE));
            assert_eq!(inner.now_or_never().as_deref(), Some(TRACE));
            let broken = info_span!("execution", traceparent = "none").entered();
            assert_eq!(current().unwrap().to_string(), other, "the next one around it");
            broken.exit();
            info!("this is not told");
        });
        assert_eq!(lines, Vec::<Value>::new());
    }

    #[test]
    fn others_are_heard_only_when_they_warn_or_are_named() {
        let heard = |levels: &str| {
            let lines = written(levels, || {
                tracing::info!(target: "hyper::client", "theirs");
                tracing::debug!("ours");
            });
            lines.iter().map(|line| line["message"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(heard("debug"), ["ours"]);
        assert_eq!(heard("hyper=info"), ["theirs"]);
        assert_eq!(heard("no such = = level"), Vec::<String>::new());
    }

    #[test]
    fn what_executions_do_is_heard_as_the_embedded_host_tells_it() {
        let lines = written("info", || {
            tracing::info!(target: engine::told::TARGET, execution = "e-1", "execution started");
            tracing::debug!(target: engine::told::TARGET, execution = "e-2", "execution started");
        });
        assert_eq!(lines.len(), 1, "children are told to those who look closely: {lines:?}");
        assert_eq!((&lines[0]["message"], &lines[0]["execution"]), (&"execution started".into(), &"e-1".into()));
    }
}
