//! What the outside world answers: by the path of the address, and by how often it was asked, under the same key and
//! under others.

use serde_json::json;
use shared::task::{Failure, Outcome, Report, Task, Work};

/// The outcome of the `asked`-th request (from 1) under one idempotency key, which is the `key`-th (from 0) that its
/// address was ever asked under.
pub fn answer(task: &Task, asked: u32, key: usize) -> Report {
    let Work::Http(http) = &task.work else {
        // Code is not run here; what it returns is beside the point.
        let outcome = Outcome::Succeeded { port: "success".into(), output: json!({ "v": 1 }) };
        return Report { outcome, logs: Vec::new() };
    };
    let outcome = match http.url.rsplit('/').next() {
        Some("dead") => Outcome::Failed(Failure::new("http_unavailable", "nobody is there").retryable()),
        Some(keys) if keys.strip_prefix("again-").is_some_and(|n| n.parse().is_ok_and(|n: usize| key < n)) => {
            Outcome::Failed(Failure::new("http_status", "status 403"))
        }
        Some("refused") => Outcome::Failed(Failure::new("http_status", "status 403")),
        Some(fails) if fails.parse().is_ok_and(|fails: u32| asked <= fails) => {
            Outcome::Unknown(Failure::new("timeout", "no answer in time").retryable())
        }
        Some(path) if path.starts_with("again-") || path.parse::<u32>().is_ok() => {
            let output = json!({ "status": 200, "headers": {}, "body": http.body });
            Outcome::Succeeded { port: "success".into(), output }
        }
        _ => {
            let output = json!({ "status": 200, "headers": {}, "body": { "id": "1", "ok": true } });
            Outcome::Succeeded { port: "success".into(), output }
        }
    };
    Report { outcome, logs: Vec::new() }
}
