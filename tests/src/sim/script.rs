//! What the simulated outside world answers to a request: by the path of the address, by how often it was asked under
//! the request's idempotency key, and by how many other keys it was asked under before.

use engine::port::Letter;
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use stepwell_core::{
    id::fraction,
    interaction::delivery::Told,
    task::{Failure, Outcome, Report, Task, Work},
};

/// What the outside world has been asked so far.
#[derive(Clone, Default)]
pub struct Outside {
    /// How often a task was run under each idempotency key.
    runs: HashMap<String, u32>,
    /// The idempotency keys of the requests to each address, in the order of their first requests.
    keys: HashMap<String, Vec<String>>,
    /// How often each message to people was tried, and how often it was taken, by its id.
    letters: BTreeMap<String, (u32, u32)>,
}

impl Outside {
    /// How many different idempotency keys came to each address.
    pub fn keys(&self) -> BTreeMap<String, usize> {
        self.keys.iter().map(|(address, keys)| (address.clone(), keys.len())).collect()
    }

    /// Takes a message to people, or fails for now: a third of them at the first try.
    pub fn told(&mut self, letter: &Letter) -> Told {
        let (tried, taken) = self.letters.entry(letter.id.clone()).or_default();
        *tried += 1;
        if *tried == 1 && fraction(&["letter", &letter.id]) < 0.33 {
            return Told::Failed { error: "busy".into(), after_seconds: None };
        }
        *taken += 1;
        Told::Sent { reference: None }
    }

    /// The messages to people that were taken more than once.
    pub fn told_twice(&self) -> Vec<&str> {
        let twice = self.letters.iter().filter(|(_, (_, taken))| *taken > 1);
        twice.map(|(id, _)| id.as_str()).collect()
    }

    /// Notes a request. Returns its number among those under its key, counted from 1, and the number of its key among
    /// those of its address, counted from 0.
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

/// The outcome of a request, by the numbers that [`Outside::asked`] gave it. The last part of the address says what it
/// is: a number `k` fails the first k requests under a key and then returns the body; `again-k` refuses the first k
/// keys; `dead` and `refused` always fail, the first with an error worth a retry; all else succeeds.
pub fn answer(task: &Task, asked: u32, key: usize) -> Report {
    if let Work::Model(call) = &task.work {
        let outcome = Outcome::Succeeded { port: "success".into(), output: super::says(call) };
        return Report { outcome, logs: Vec::new() };
    }
    let Work::Http(http) = &task.work else {
        // No JavaScript runs here. A simulation needs some output only.
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
