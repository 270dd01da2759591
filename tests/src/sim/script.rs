//! What the outside world answers: by the path of the address, and by how often it was asked, under the same key and
//! under others.

use serde_json::json;
use std::collections::HashMap;
use stepwell_core::task::{Failure, Outcome, Report, Task, Work};

/// What the outside world was asked so far.
#[derive(Default)]
pub struct Outside {
    /// How often each idempotency key was run.
    runs: HashMap<String, u32>,
    /// The idempotency keys that each address was asked under, in the order of their first requests.
    keys: HashMap<String, Vec<String>>,
}

impl Outside {
    /// Notes a request: the how manieth it is under its key, from 1, and the how manieth key its address sees, from 0.
    pub fn asked(&mut self, task: &Task) -> (u32, usize) {
        let asked = self.runs.entry(task.idempotency_key.clone()).or_default();
        *asked += 1;
        let Work::Http(http) = &task.work else { return (*asked, 0) };
        let keys = self.keys.entry(http.url.clone()).or_default();
        if !keys.contains(&task.idempotency_key) {
            keys.push(task.idempotency_key.clone());
        }
        (*asked, keys.iter().position(|key| *key == task.idempotency_key).unwrap_or_default())
    }
}

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
