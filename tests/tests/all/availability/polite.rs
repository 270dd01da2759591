//! What somebody does who only wants their work done.

use crate::binary::{Answer, Dev};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    thread,
    time::{Duration, Instant},
};

/// The pause between two rounds: somebody who works, and not a load of their own.
const PAUSE: Duration = Duration::from_millis(50);

/// Starts, answers and cancels executions of one workflow that asks.
pub struct Polite<'a> {
    dev: &'a Dev,
    token: String,
}

impl<'a> Polite<'a> {
    pub fn new(dev: &'a Dev, token: String) -> Self {
        let polite = Self { dev, token };
        let saved = polite.call("POST", "/v1/workflows", &asks());
        assert_eq!(saved.status, 201, "{}", saved.text());
        polite
    }

    /// Works round by round, and says how long each thing took: in the median, and at worst.
    pub fn works_for(&self, time: Duration) -> BTreeMap<&'static str, [Duration; 2]> {
        let mut took = BTreeMap::<&'static str, Vec<Duration>>::new();
        let end = Instant::now() + time;
        while Instant::now() < end {
            self.round(&mut took);
            thread::sleep(PAUSE);
        }
        took.into_iter().map(|(what, times)| (what, median_and_worst(times))).collect()
    }

    fn round(&self, took: &mut BTreeMap<&'static str, Vec<Duration>>) {
        let mut timed = |what, method: &str, path: &str, body: &Value| {
            let begun = Instant::now();
            let answer = self.call(method, path, body);
            took.entry(what).or_default().push(begun.elapsed());
            assert!(matches!(answer.status, 200 | 202), "{what}: {} {}", answer.status, answer.text());
            answer.json()
        };
        let starts = "/v1/workflows/asks/executions?wait=20";
        // The answer comes once the first node asks: a start, two steps of the queue, and what the question needs.
        let first = timed("start", "POST", starts, &json!({"input": {}}));
        let interaction = first["pending_interactions"][0]["interaction_id"].as_str();
        let interaction = interaction.unwrap_or_else(|| panic!("it asks nothing: {first}"));
        timed("answer", "POST", &format!("/v1/interactions/{interaction}/respond"), &json!({"approved": true}));
        let second = timed("start", "POST", starts, &json!({"input": {}}));
        let execution = second["execution_id"].as_str().unwrap();
        timed("cancel", "POST", &format!("/v1/executions/{execution}/cancel"), &json!({}));
        timed("read", "GET", &format!("/v1/executions/{execution}"), &Value::Null);
        timed("health", "GET", "/health", &Value::Null);
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.dev.try_call(method, path, &[("authorization", &self.token)], body).unwrap()
    }
}

fn asks() -> Value {
    json!({"id": "asks", "nodes": [
        {"id": "start", "type": "manual_trigger"},
        {"id": "set", "type": "transform", "config": {"expression": "1 + 1"}},
        {"id": "ask", "type": "human", "config": {"kind": "approval", "question": "{{ output }}?"}}],
        "edges": [{"from": "start", "to": "set"}, {"from": "set", "to": "ask"}]})
}

fn median_and_worst(mut times: Vec<Duration>) -> [Duration; 2] {
    times.sort_unstable();
    [times[times.len() / 2], times[times.len() - 1]]
}
