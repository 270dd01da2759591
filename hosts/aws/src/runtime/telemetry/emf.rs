//! Metrics in CloudWatch's embedded metric format: log lines of which CloudWatch makes metrics, without a request.
//!
//! AWS bills a metric for each month in which it is seen, so a line leaves out figures that are 0.

use super::call::Call;
use document::time::Time;
use serde_json::{Map, Value, json};

/// The unit of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A number of things, which may be a fraction as with units of DynamoDB.
    Count,
    /// Thousandths of a second.
    Milliseconds,
    /// Seconds.
    Seconds,
}

/// Several values of one metric, of which CloudWatch keeps how they are spread: their percentiles, beside their sum.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Spread {
    /// The name of the metric.
    pub name: &'static str,
    /// The unit of the values.
    pub unit: Unit,
    /// The values, in that unit: no more than [`SPREAD`](crate::limits::SPREAD).
    pub values: Vec<f64>,
}

impl Unit {
    fn word(self) -> &'static str {
        match self {
            Self::Count => "Count",
            Self::Milliseconds => "Milliseconds",
            Self::Seconds => "Seconds",
        }
    }
}

/// One figure of an invocation.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// The name of the metric.
    pub name: &'static str,
    /// The unit of the value.
    pub unit: Unit,
    /// The value, in that unit.
    pub value: f64,
}

impl Figure {
    /// A figure of the metric `name`.
    pub fn new(name: &'static str, unit: Unit, value: f64) -> Self {
        Self { name, unit, value }
    }

    /// What was added since the earlier reading `before`, which counts as 0 where it lacks the figure.
    pub(super) fn since(mut self, before: &[Figure]) -> Self {
        let then = before.iter().find(|one| one.name == self.name).map_or(0.0, |one| one.value);
        self.value = (self.value - then).max(0.0);
        self
    }
}

/// Whose metrics a line holds: the dimensions by which CloudWatch keeps them apart.
pub(super) struct Of<'a> {
    /// The namespace of the metrics.
    pub namespace: &'a str,
    /// The name of the stack, since an account may have several; none where nothing says it.
    pub stack: Option<&'a str>,
    /// The invocation, of whose function the metrics are.
    pub call: &'a Call<'a>,
}

/// The line of metrics of one invocation, as JSON.
pub(super) fn line(of: &Of<'_>, figures: &[Figure], spread: &Spread, at: Time) -> String {
    let Of { namespace, stack, call } = of;
    let told = figures.iter().filter(|one| one.value > 0.0 && one.value.is_finite());
    let mut told: Vec<(&str, Unit, Value)> = told.map(|one| (one.name, one.unit, json!(one.value))).collect();
    if !spread.values.is_empty() {
        told.push((spread.name, spread.unit, json!(spread.values)));
    }
    let metrics: Vec<Value> = told.iter().map(|(name, unit, _)| json!({"Name": name, "Unit": unit.word()})).collect();
    let mut line = Map::new();
    let dimensions: Vec<&str> = stack.map(|_| "stack").into_iter().chain(["function"]).collect();
    let directive = json!({"Namespace": namespace, "Dimensions": [dimensions], "Metrics": metrics});
    line.insert("_aws".into(), json!({"Timestamp": at.0, "CloudWatchMetrics": [directive]}));
    line.extend(stack.map(|stack| ("stack".to_owned(), stack.into())));
    line.insert("function".into(), call.function.into());
    line.insert("requestId".into(), call.request_id.into());
    line.extend(told.into_iter().map(|(name, _, value)| (name.to_owned(), value)));
    Value::Object(line).to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// The expected line follows CloudWatch's specification of the embedded metric format.
    #[test]
    fn a_line_is_of_the_embedded_metric_format() {
        let call = Call { function: "step", request_id: "r-1", xray: None };
        let figures = [
            Figure::new("duration", Unit::Milliseconds, 12.5),
            Figure::new("steps", Unit::Count, 3.0),
            Figure::new("conflicts", Unit::Count, 0.0),
        ];
        let named = |stack, values| {
            let spread = Spread { name: "answer_seconds", unit: Unit::Seconds, values };
            let of = Of { namespace: "Stepwell", stack, call: &call };
            let line = line(&of, &figures, &spread, Time(1_795_255_200_000));
            serde_json::from_str::<Value>(&line).unwrap()
        };
        let of = |values| named(None, values);
        let metrics = json!([{"Name": "duration", "Unit": "Milliseconds"}, {"Name": "steps", "Unit": "Count"}]);
        let directive = json!({"Namespace": "Stepwell", "Dimensions": [["function"]], "Metrics": metrics});
        let expected = json!({"_aws": {"Timestamp": 1_795_255_200_000_i64, "CloudWatchMetrics": [directive]},
            "function": "step", "requestId": "r-1", "duration": 12.5, "steps": 3.0});
        assert_eq!(of(Vec::new()), expected);
        let of_stack = named(Some("orders"), Vec::new());
        assert_eq!(of_stack["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([["stack", "function"]]));
        assert_eq!(of_stack["stack"], "orders", "two stacks of an account are told apart");
        let spread = of(vec![3.0, 0.0, 86_400.5]);
        assert_eq!(spread["answer_seconds"], json!([3.0, 0.0, 86_400.5]));
        let named = &spread["_aws"]["CloudWatchMetrics"][0]["Metrics"][2];
        assert_eq!(*named, json!({"Name": "answer_seconds", "Unit": "Seconds"}));
    }

    #[test]
    fn what_was_used_before_does_not_count() {
        let before = [Figure::new("read_units", Unit::Count, 2.5)];
        let more = |name, value| Figure::new(name, Unit::Count, value).since(&before).value;
        assert_eq!((more("read_units", 4.0), more("write_units", 1.0), more("read_units", 0.0)), (1.5, 1.0, 0.0));
    }
}
