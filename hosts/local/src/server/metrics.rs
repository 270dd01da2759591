//! The host's counters in the form that Prometheus reads.

use super::asked;
use crate::Local;
use api::{Kind, Metric};
use std::sync::Arc;

/// Returns every counter and gauge with its name, `stepwell_…`, and its help.
pub async fn of(host: Arc<Local>) -> Vec<Metric> {
    let metric = |(name, value): (&'static str, i64)| {
        let kind = if matches!(name, "depth" | "active") { Kind::Gauge } else { Kind::Counter };
        let suffix = if kind == Kind::Counter { "_total" } else { "" };
        Metric {
            name: format!("stepwell_{name}{suffix}"),
            suffix: "",
            help: help(name).into(),
            kind,
            labels: Vec::new(),
            value: value as f64,
        }
    };
    let mut all: Vec<Metric> = host.metrics().all().into_iter().map(metric).collect();
    all.push(Metric {
        name: "stepwell_oldest_seconds".into(),
        suffix: "",
        help: "Seconds for which the message is ready that has waited longest to be handled; 0 where none waits."
            .into(),
        kind: Kind::Gauge,
        labels: Vec::new(),
        value: host.oldest_message().unwrap_or_default().as_secs_f64(),
    });
    all.extend(asked::of(&host).await);
    all
}

fn help(name: &str) -> &'static str {
    match name {
        "turns" => "Turns committed.",
        "warnings" => "Warnings that executions recorded while they ran.",
        "commits" => "Writes of one or more turns of one execution.",
        "conflicts" => "Writes that another turn was quicker than.",
        "transactions" => "Transactions of the database.",
        "requests" => "Requests over all transactions.",
        "refused" => "Transactions that the disk refused.",
        "hits" => "Executions loaded from memory.",
        "misses" => "Executions loaded from the journal.",
        "depth" => "Messages that are ready or being handled.",
        "active" => "Messages being handled.",
        "handled" => "Messages handled.",
        "failed" => "Messages whose handling failed.",
        "dead" => "Messages given up.",
        "scheduled" => "Executions started by their schedules.",
        "unstarted" => "Scheduled executions that could not be started.",
        _ => "A counter of the embedded host.",
    }
}
