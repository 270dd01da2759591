//! The form of a log line, for people and for programs. Both have the same parts: time, level, message, and the fields
//! of the event and of the spans around it.

use crate::steers::steers;
use engine::lines::{Fields, in_json};
use serde_json::{Map, Value};
use std::fmt::{self, Write};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::{
    fmt::{
        FmtContext, FormatEvent, FormatFields, FormattedFields,
        format::{JsonFields, Writer},
        time::{FormatTime, SystemTime},
    },
    registry::LookupSpan,
};

/// Columns of the message, so that the fields behind it stand below each other.
const MESSAGE_COLUMNS: usize = 28;

/// How lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// For people.
    Text {
        /// Whether colours are understood where the lines go.
        colours: bool,
    },
    /// One JSON object per line, fields at its top, as the functions on AWS log.
    Json,
}

impl<S> FormatEvent<S, JsonFields> for Shape
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn format_event(&self, cx: &FmtContext<'_, S, JsonFields>, mut out: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut time = String::new();
        SystemTime.format_time(&mut Writer::new(&mut time))?;
        let mut fields = Fields(around(cx));
        event.record(&mut fields);
        let message = fields.take_message();
        let line = match *self {
            Self::Json => in_json(&time, event.metadata(), &message, fields.0),
            Self::Text { colours } => in_text(colours, &time, *event.metadata().level(), &message, &fields.0),
        };
        writeln!(out, "{line}")
    }
}

/// The fields of the spans around an event, the outermost first.
fn around<S>(cx: &FmtContext<'_, S, JsonFields>) -> Map<String, Value>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    JsonFields: for<'a> FormatFields<'a>,
{
    let mut all = Map::new();
    for span in cx.event_scope().into_iter().flat_map(|scope| scope.from_root()) {
        if let Some(fields) = span.extensions().get::<FormattedFields<JsonFields>>()
            && let Ok(Value::Object(fields)) = serde_json::from_str(&fields.fields)
        {
            all.extend(fields);
        }
    }
    all
}

fn in_text(colours: bool, time: &str, level: Level, message: &str, fields: &Map<String, Value>) -> String {
    let paint = |code: &str, text: &str| if colours { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() };
    // Seconds are enough for people, and the line is long as it is.
    let time = time.split_once('.').map_or_else(|| time.to_owned(), |(seconds, _)| format!("{seconds}Z"));
    let code = match level {
        Level::ERROR => "31",
        Level::WARN => "33",
        Level::INFO => "32",
        _ => "2",
    };
    let level = format!("{:<5}", level.as_str());
    let message = format!("{:<MESSAGE_COLUMNS$}", one_line(message));
    let mut line = format!("{} {} {message}", paint("2", &time), paint(code, &level));
    for (name, value) in fields.iter().filter(|(name, _)| *name != "traceparent") {
        let value = match value {
            Value::String(text) => told(text),
            other => other.to_string(),
        };
        // Writing to text cannot fail.
        let _ = write!(line, " {}{value}", paint("2", &format!("{name}=")));
    }
    line.truncate(line.trim_end().len());
    line
}

/// A text as the value of a field: quoted where it has spaces or quotes.
fn told(text: &str) -> String {
    let text = one_line(text);
    if text.is_empty() || text.contains([' ', '"', '=']) { format!("\"{}\"", text.replace('"', "\\\"")) } else { text }
}

/// A text without line breaks and other control characters: it may be anybody's, and could look like further lines or
/// steer the terminal.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c == '\n' || c == '\t' { ' ' } else { c })
        .map(|c| if steers(c) { '\u{fffd}' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;
    use std::sync::{Arc, Mutex};
    use tracing::{info_span, subscriber::with_default};

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Kept {
        fn write(&mut self, some: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(some);
            Ok(some.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn written(shape: Shape) -> Vec<String> {
        let kept = Kept::default();
        let writer = kept.clone();
        let logs = tracing_subscriber::fmt().with_writer(move || writer.clone());
        with_default(logs.fmt_fields(JsonFields::new()).event_format(shape).finish(), || {
            let _span = info_span!("request", execution = "e-1", traceparent = "00-1").entered();
            tracing::warn!(
                code = "code_error",
                attempt = 2,
                level = "mine",
                error = "no\nINFO \x1b[31m way",
                "node failed"
            );
            tracing::info!("done");
        });
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn people_read_one_line_per_event_whose_fields_stand_below_each_other() {
        let lines = written(Shape::Text { colours: false });
        assert_eq!(lines.len(), 2, "an error with a line break forges no line: {lines:?}");
        let (_, first) = lines[0].split_once("Z ").unwrap();
        let expected = "WARN  node failed                  execution=e-1 code=code_error attempt=2 level=mine ";
        assert_eq!(first, format!("{expected}error=\"no INFO \u{fffd}[31m way\""));
        assert!(lines[1].ends_with("INFO  done                         execution=e-1"), "{lines:?}");
        assert!(lines[0].starts_with("20") && lines[0].find("Z ") == Some(19), "{lines:?}");
    }

    #[test]
    fn colours_are_used_where_they_are_understood() {
        let lines = written(Shape::Text { colours: true });
        assert!(lines[0].contains("\x1b[33mWARN \x1b[0m") && lines[1].contains("\x1b[32mINFO \x1b[0m"), "{lines:?}");
    }

    #[test]
    fn programs_read_json_with_all_fields_at_its_top() {
        let lines = written(Shape::Json);
        let line: Value = serde_json::from_str(&lines[0]).unwrap();
        assert_eq!(
            (&line["level"], &line["message"], &line["execution"]),
            (&json!("WARN"), &json!("node failed"), &json!("e-1"))
        );
        assert_eq!((&line["code"], &line["attempt"]), (&json!("code_error"), &json!(2)));
        assert!(line["timestamp"].as_str().unwrap().ends_with('Z'), "{line}");
    }
}
