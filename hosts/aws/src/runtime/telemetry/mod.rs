//! What a function reports about itself: logs as JSON lines, one line of metrics per invocation, and a trace that
//! follows an execution from message to message (docs/adr/0014). What executions do is told by `engine::told`. No secret
//! and no task token is in any of it: adapters log names and codes only, and errors of nodes are masked before.
//!
//! A line has `timestamp`, `level`, `message`, `target`, the fields of the spans around it (`requestId`, `function`,
//! `execution`, `trace_id`), and its own. So `filter execution = "…"` finds all that concerns an execution.

mod call;
mod counters;
mod emf;
mod lines;
mod trace;

pub use call::Call;
pub use counters::{Counter, answered_after, counted};
pub use emf::{Figure, Unit};
pub use trace::{Trace, current};

use call::now;
use counters::{Snapshot, answer_seconds};
use lines::Lines;
use std::{
    env,
    io::Write,
    time::{Duration, Instant},
};
use tracing::{Instrument, info_span};
use tracing_subscriber::{layer::SubscriberExt, util::SubscriberInitExt};

/// The namespace of the metrics in CloudWatch.
const NAMESPACE: &str = "Stepwell";

/// Begins to log, once per process, at the levels of `RUST_LOG`, else of Lambda's `AWS_LAMBDA_LOG_LEVEL`, else at
/// `info`. A level alone is for Stepwell; libraries then log warnings and errors only, unless they are named.
pub fn init() {
    let named = |name| env::var(name).ok().filter(|level: &String| !level.trim().is_empty());
    let level = named("RUST_LOG").or_else(|| named("AWS_LAMBDA_LOG_LEVEL")).unwrap_or_else(|| "info".into());
    let lines = Lines::new(&level, write_line);
    // A second call finds the first one's subscriber in place.
    let _ = tracing_subscriber::registry().with(lines).try_init();
}

/// Does the work of an invocation within its span, and writes its metrics when it is done. `used` gives what was used
/// since the process began, such as units of the table; the metrics are the difference between two readings.
pub async fn observed<T>(call: Call<'_>, used: impl Fn() -> Vec<Figure>, work: impl Future<Output = T>) -> T {
    let trace = call.xray.and_then(Trace::from_xray).map(|trace| trace.to_string());
    let span = info_span!("invocation", function = call.function, requestId = call.request_id, traceparent = trace);
    let (before, counted, began) = (used(), Snapshot::take(), Instant::now());
    let done = work.instrument(span).await;
    let mut figures = vec![Figure::new("duration", Unit::Milliseconds, milliseconds(began.elapsed()))];
    figures.extend(counted.since());
    figures.extend(used().into_iter().map(|figure| figure.since(&before)));
    let stack = env::var("STEPWELL_STACK").ok().filter(|name| !name.is_empty());
    let of = emf::Of { namespace: NAMESPACE, stack: stack.as_deref(), call: &call };
    write_line(&emf::line(&of, &figures, &answer_seconds(), now()));
    done
}

fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1_000_000.0).round() / 1_000.0
}

/// Writes a line to the standard output. Lambda makes a log event of each line.
fn write_line(line: &str) {
    let mut out = std::io::stdout().lock();
    // Where the log cannot be written, there is no other place to say so.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Keeps the lines that this thread logs until the guard is dropped. For tests.
#[cfg(test)]
pub(crate) fn heard() -> (tracing::subscriber::DefaultGuard, std::sync::Arc<std::sync::Mutex<Vec<serde_json::Value>>>) {
    let kept = std::sync::Arc::<std::sync::Mutex<Vec<serde_json::Value>>>::default();
    let lines = kept.clone();
    let write = move |line: &str| {
        let line = serde_json::from_str(line).unwrap_or_default();
        lines.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(line);
    };
    (tracing::subscriber::set_default(tracing_subscriber::registry().with(Lines::new("info", write))), kept)
}

/// Makes spans on this thread keep traces, as [`init`] does for a process, without writing logs. For tests.
#[cfg(test)]
pub(crate) fn traced() -> tracing::subscriber::DefaultGuard {
    tracing::subscriber::set_default(tracing_subscriber::registry().with(Lines::new("error", |_: &str| {})))
}
