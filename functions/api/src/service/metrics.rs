//! Numbers in Prometheus' text format.

use std::fmt::Write;

/// How a number moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
}

/// One number.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// Such as `stepwell_turns_total`.
    pub name: String,
    /// One sentence.
    pub help: String,
    /// How it moves.
    pub kind: Kind,
    /// Label names and values.
    pub labels: Vec<(String, String)>,
    /// Its value now.
    pub value: f64,
}

/// Metrics of one name must follow each other.
pub(crate) fn text(metrics: &[Metric]) -> String {
    let mut out = String::new();
    let mut last = "";
    for metric in metrics {
        if metric.name != last {
            let kind = if metric.kind == Kind::Counter { "counter" } else { "gauge" };
            let _ = writeln!(out, "# HELP {0} {1}\n# TYPE {0} {kind}", metric.name, metric.help.replace('\n', " "));
            last = &metric.name;
        }
        out.push_str(&metric.name);
        let labels: Vec<String> =
            metric.labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        if !labels.is_empty() {
            let _ = write!(out, "{{{}}}", labels.join(","));
        }
        let _ = writeln!(out, " {}", metric.value);
    }
    out
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped_and_help_is_told_once() {
        let metric = |label: &str| Metric {
            name: "stepwell_turns_total".into(),
            help: "Turns committed.".into(),
            kind: Kind::Counter,
            labels: vec![("owner".into(), label.into())],
            value: 2.0,
        };
        let expected = "# HELP stepwell_turns_total Turns committed.\n# TYPE stepwell_turns_total counter\n\
                        stepwell_turns_total{owner=\"a\\\"b\"} 2\nstepwell_turns_total{owner=\"c\"} 2\n";
        assert_eq!(text(&[metric("a\"b"), metric("c")]), expected);
    }
}
