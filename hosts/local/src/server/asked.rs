//! The numbers about questions to people, in the form that Prometheus reads.

use crate::{
    Local,
    store::{
        question_counters::{BUCKETS, Counted, Times},
        questions::Open,
    },
};
use api::{Kind, Metric};
use engine::port::Clock;
use stepwell_core::interaction::InteractionKind;

/// The numbers of a host. Where the open questions cannot be read now, they are left out, and the log says why.
pub async fn of(host: &Local) -> Vec<Metric> {
    let mut all = match host.database().open_questions().await {
        Ok(open) => of_open(&with_none(open), host.now().0),
        Err(why) => {
            tracing::warn!(%why, "the open questions are not counted");
            Vec::new()
        }
    };
    all.extend(of_counted(&host.metrics().questions.counted()));
    all
}

fn metric(name: &str, help: &str, kind: Kind, labels: &[(&str, &str)], value: f64) -> Metric {
    let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Metric { name: format!("stepwell_{name}"), suffix: "", help: help.into(), kind, labels, value }
}

/// The open questions with the kinds of which none is open: what vanishes looks like a host that is not read.
fn with_none(mut open: Vec<Open>) -> Vec<Open> {
    for kind in InteractionKind::WORDS {
        if !open.iter().any(|one| one.kind == *kind) {
            open.push(Open { kind: (*kind).to_owned(), count: 0, oldest: i64::MAX });
        }
    }
    open
}

fn of_open(open: &[Open], now: i64) -> Vec<Metric> {
    let kind = |one: &Open| if one.kind.is_empty() { "unknown".to_owned() } else { one.kind.clone() };
    let count = |one: &Open| {
        let help = "Questions that wait for an answer.";
        metric("interactions_open", help, Kind::Gauge, &[("kind", &kind(one))], one.count as f64)
    };
    let age = |one: &Open| {
        let help = "Seconds since the oldest question was asked that waits for an answer.";
        let seconds = (now - one.oldest).max(0) as f64 / 1000.0;
        metric("interactions_oldest_open_seconds", help, Kind::Gauge, &[("kind", &kind(one))], seconds)
    };
    open.iter().map(count).chain(open.iter().map(age)).collect()
}

fn of_counted(counted: &Counted) -> Vec<Metric> {
    let mut all = Vec::new();
    for (kind, count) in &counted.opened {
        let help = "Questions that were put to people.";
        all.push(metric("interactions_opened_total", help, Kind::Counter, &[("kind", kind.as_str())], *count as f64));
    }
    for ((kind, status), count) in &counted.over {
        let labels = [("kind", kind.as_str()), ("status", status.as_str())];
        let help = "Questions that ended: answered, timed out or cancelled.";
        all.push(metric("interactions_closed_total", help, Kind::Counter, &labels, *count as f64));
    }
    for (kind, times) in &counted.answers {
        all.extend(histogram(kind.as_str(), times));
    }
    for ((channel, result), count) in &counted.messages {
        let labels = [("channel", channel.as_str()), ("result", result.as_str())];
        let help = "Tries to send a message about a question.";
        all.push(metric("messages_total", help, Kind::Counter, &labels, *count as f64));
    }
    all
}

fn histogram(kind: &str, times: &Times) -> Vec<Metric> {
    let part = |suffix: &'static str, labels: &[(&str, &str)], value: f64| {
        let help = "Seconds until people had answered a question.";
        Metric { suffix, ..metric("interaction_answer_seconds", help, Kind::Histogram, labels, value) }
    };
    let bucket = |most: &str, count: u64| part("_bucket", &[("kind", kind), ("le", most)], count as f64);
    let mut all: Vec<Metric> =
        BUCKETS.iter().zip(times.within).map(|(most, count)| bucket(&most.to_string(), count)).collect();
    all.push(bucket("+Inf", times.count));
    all.push(part("_sum", &[("kind", kind)], times.seconds));
    all.push(part("_count", &[("kind", kind)], times.count as f64));
    all
}
