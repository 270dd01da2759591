//! What the service says of itself: its release, what its host can do, and how its queue stands.

use crate::{
    session::Visit,
    words::{capital, took},
};
use api::{Metric, Scope};
use maud::{Markup, html};
use serde_json::Value;
use std::time::Duration;

/// What `GET /health` says.
pub fn health(visit: &Visit) -> Markup {
    html! {
        section.panel aria-labelledby="health" {
            h2 #health { "Health" }
            p { span.status.completed { span aria-hidden="true" { "✓" } " The service answers" } }
            dl.facts {
                dt { "Release" } dd { (env!("CARGO_PKG_VERSION")) }
                @for (name, value) in visit.app.abilities.as_object().into_iter().flatten() {
                    dt { (called(name)) } dd { (ability(value)) }
                }
            }
        }
    }
}

/// What people call an ability.
fn called(name: &str) -> String {
    match name {
        "durable" => "Survives a crash".into(),
        "code" => "Runs JavaScript".into(),
        "http_request" => "Sends HTTP requests".into(),
        "kind" => "Host".into(),
        other => capital(&other.replace('_', " ")),
    }
}

fn ability(value: &Value) -> String {
    match value {
        Value::Bool(true) => "yes".into(),
        Value::Bool(false) => "no".into(),
        Value::String(text) if text == "local" => "this machine".into(),
        Value::String(text) => text.clone(),
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

const DEPTH: (&str, &str, bool) = ("stepwell_depth", "Messages in the queue", false);
const OLDEST: (&str, &str, bool) = ("stepwell_oldest_seconds", "Age of the oldest one that waits", true);
/// What stands for the age of nothing.
const NONE: &str = "none waits";

/// The numbers of `GET /metrics` that say whether work is left lying, by the name of the metric; the seconds among them.
const TOLD: [(&str, &str, bool); 8] = [
    DEPTH,
    ("stepwell_active", "Being handled, of these", false),
    OLDEST,
    ("stepwell_handled_total", "Messages handled since the start", false),
    ("stepwell_failed_total", "Messages whose handling failed since the start", false),
    ("stepwell_dead_total", "Messages given up since the start", false),
    ("stepwell_interactions_open", "Questions that wait", false),
    ("stepwell_interactions_oldest_open_seconds", "Age of the oldest question that waits", true),
];

/// How the queue stands, where the host tells.
pub async fn queue(visit: &Visit) -> Markup {
    if !visit.caller.scopes.contains(&Scope::Read) {
        return html! {};
    }
    let all = (visit.app.metrics)().await;
    let told: Vec<_> = TOLD.iter().filter_map(|told| Some((told.1, value(&all, *told)?))).collect();
    html! {
        section.panel aria-labelledby="queue" {
            h2 #queue { "Queue" }
            @if told.is_empty() {
                p.empty { "This host does not count its queue here: look at the metrics of the service that it runs on." }
            } @else {
                dl.facts.numbers { @for (name, value) in told { dt { (name) } dd { (value) } } }
            }
        }
    }
}

/// The queue in one sentence, for the first page. Nothing where the host does not tell.
pub async fn queue_in_short(visit: &Visit) -> Markup {
    in_short(&visit.up, &(visit.app.metrics)().await)
}

fn in_short(up: &str, all: &[Metric]) -> Markup {
    let (Some(depth), Some(oldest)) = (value(all, DEPTH), value(all, OLDEST)) else { return html! {} };
    html! {
        p.soft.queue {
            a href={ (up) "operations#queue" } { "Queue" } ": "
            @if depth == "0" { "empty." }
            @else {
                (depth) @if depth == "1" { " message" } @else { " messages" }
                @if oldest == NONE { ", being handled." } @else { "; the oldest has waited for " (oldest) "." }
            }
        }
    }
}

/// A number of the host; none where the host has none of that name. Of several, counts add up and of ages the greatest counts.
fn value(all: &[Metric], (name, _, is_age): (&str, &str, bool)) -> Option<String> {
    let values = all.iter().filter(|metric| metric.name == name).map(|metric| metric.value);
    if is_age {
        let age = values.fold(None, |most: Option<f64>, one| Some(most.map_or(one, |most| most.max(one))))?;
        if age <= 0.0 {
            return Some(NONE.into());
        }
        return Some(took(Duration::try_from_secs_f64(age).unwrap_or_default()));
    }
    values.fold(None, |sum: Option<f64>, one| Some(sum.unwrap_or_default() + one)).map(|sum| format!("{sum:.0}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::Kind;

    fn metric(name: &str, value: f64) -> Metric {
        let (kind, help, labels) = (Kind::Gauge, String::new(), Vec::new());
        Metric { name: name.into(), suffix: "", help, kind, labels, value }
    }

    #[test]
    fn the_queue_is_told_in_a_sentence_where_the_host_knows_it() {
        let told = |depth, oldest| in_short("./", &[metric(DEPTH.0, depth), metric(OLDEST.0, oldest)]).into_string();
        assert!(told(0.0, 0.0).contains("empty."));
        assert!(told(3.0, 62.0).contains("3 messages; the oldest has waited for 1 min 2 s."));
        assert!(told(1.0, 0.0).contains("1 message, being handled."));
        assert_eq!(in_short("./", &[metric(DEPTH.0, 1.0)]).into_string(), "");
    }

    #[test]
    fn what_a_host_does_not_tell_is_not_nothing() {
        let all = [metric("a", 0.0), metric("b", 3.0), metric("b", 62.0)];
        assert_eq!(value(&all, ("a", "", false)).as_deref(), Some("0"));
        assert_eq!(value(&all, ("b", "", false)).as_deref(), Some("65"));
        assert_eq!(value(&all, ("b", "", true)).as_deref(), Some("1 min 2 s"));
        assert_eq!(value(&all, ("c", "", false)), None);
        // Where nothing waits there is no age.
        assert_eq!(value(&all, ("a", "", true)).as_deref(), Some("none waits"));
    }
}
