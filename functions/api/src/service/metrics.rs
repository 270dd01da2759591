//! Metrics, and how they are written in the text format of Prometheus (version 0.0.4).

use std::fmt::Write;

/// How the value of a metric moves: its type in Prometheus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The value only grows while the process lives.
    Counter,
    /// The value goes up and down.
    Gauge,
    /// The value is a part of a distribution: how many lie within a bound, how many there are, or their sum.
    Histogram,
}

/// One value of one metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// The metric's name, such as `stepwell_turns_total`; several values may share it with other labels.
    pub name: String,
    /// What stands behind the name in a value's line: `_bucket`, `_sum` or `_count` of a histogram, nothing otherwise.
    pub suffix: &'static str,
    /// What the metric says, in one sentence for people.
    pub help: String,
    /// The type of the metric.
    pub kind: Kind,
    /// Names and values of the labels.
    pub labels: Vec<(String, String)>,
    /// The value at the moment of the request.
    pub value: f64,
}

/// Writes metrics as text. Those of one name must follow each other, since the lines about a name come before its first
/// value.
pub(crate) fn text(metrics: &[Metric]) -> String {
    let mut out = String::new();
    let mut last = "";
    for metric in metrics {
        if metric.name != last {
            let kind = match metric.kind {
                Kind::Counter => "counter",
                Kind::Gauge => "gauge",
                Kind::Histogram => "histogram",
            };
            let _ = writeln!(out, "# HELP {0} {1}\n# TYPE {0} {kind}", metric.name, metric.help.replace('\n', " "));
            last = &metric.name;
        }
        out.push_str(&metric.name);
        out.push_str(metric.suffix);
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
            suffix: "",
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
