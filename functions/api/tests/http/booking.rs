//! A booking of a flight and a hotel that are paid by card, over a service that notes who called it: what the tests of
//! going back have in common.

use super::*;
use document::work::Work;
use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};
use stepwell_core::task::{Failure, Outcome, Report};

/// What the booking's service was asked, in order, and of which URLs it has nothing but errors.
#[derive(Default)]
pub struct Service {
    asked: Mutex<Vec<String>>,
    down: Mutex<BTreeSet<String>>,
}

impl Service {
    /// What it was asked since this was read last.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// From now on a request fails, as `DELETE /flight/7`.
    pub fn breaks(&self, request: &str) {
        self.down.lock().unwrap().insert(request.into());
    }

    /// From now on it succeeds again.
    pub fn mends(&self, request: &str) {
        self.down.lock().unwrap().remove(request);
    }

    fn answers(&self, work: &Work) -> Report {
        let Work::Http(request) = work else { panic!("there is no other work") };
        let asked = format!("{} {}", request.method, request.url.trim_start_matches("https://booking.example"));
        self.asked.lock().unwrap().push(asked.clone());
        let outcome = if self.down.lock().unwrap().contains(&asked) {
            Outcome::Failed(Failure::new("http_500", "the service is down"))
        } else {
            Outcome::Succeeded { port: "success".into(), output: json!({"status": 200, "body": {"id": 7}}) }
        };
        Report { outcome, logs: Vec::new() }
    }
}

/// A node that books something, and how that is undone.
pub fn books(id: &str) -> Value {
    let url = format!("https://booking.example/{id}");
    let headers = json!({"authorization": "Bearer {{ secrets.booking }}"});
    let undo = json!({"method": "DELETE", "url": format!("{url}/{{{{ output.body.id }}}}"), "headers": headers});
    json!({"id": id, "type": "http_request", "retry": {"max_attempts": 1},
        "config": {"method": "POST", "url": url, "body": {"for": "{{ input.name }}"}},
        "compensate": {"type": "http_request", "retry": {"max_attempts": 1}, "config": undo}})
}

/// A flight, then a hotel, then the card that pays for both.
pub fn booking() -> Value {
    let card = json!({"id": "card", "type": "http_request", "retry": {"max_attempts": 1},
        "config": {"method": "POST", "url": "https://booking.example/card", "body": {"for": "{{ input.name }}"}}});
    json!({"id": "booking", "nodes": [{"id": "start", "type": "manual_trigger"}, books("flight"), books("hotel"), card],
        "edges": [{"from": "start", "to": "flight"}, {"from": "flight", "to": "hotel"}, {"from": "hotel", "to": "card"}]})
}

/// A world with the booking's service and its credential.
pub async fn world() -> (World, Arc<Service>) {
    let service = Arc::new(Service::default());
    let answers = service.clone();
    let host =
        Memory::new(Time::parse("2026-01-31T09:00:00Z").unwrap()).with_runner(move |task| answers.answers(&task.work));
    let world = World::over(host, |app| app.with_local_user("acme", "ann@example.com"));
    world.with_headers("PUT", "/v1/secrets/booking", &[], json!({"value": "It's a Secret to Everybody"})).await.of(200);
    (world, service)
}

impl World {
    /// Sends a request while messages are handled, as the workers of a host do. Returns its answer.
    pub async fn worked(&self, path: &str, key: Option<&str>, body: Value) -> Answer {
        let headers: Vec<_> = key.iter().map(|key| ("idempotency-key", *key)).collect();
        let mut answer = std::pin::pin!(self.with_headers("POST", path, &headers, body));
        // What is computed beside the threads that answer takes its time on a busy machine.
        let until = std::time::Instant::now() + Duration::from_secs(20);
        while std::time::Instant::now() < until {
            if let std::task::Poll::Ready(answer) = futures::poll!(&mut answer) {
                return answer;
            }
            self.run().await;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        panic!("{path} has no answer although nothing is left to do");
    }

    /// Starts the booking of Ada and lets it run as far as it comes. Returns its path.
    pub async fn booked(&self) -> String {
        let id = self.started(booking(), json!({"name": "Ada"})).await;
        self.run().await;
        format!("/v1/executions/{id}")
    }

    /// All that the journal holds.
    pub async fn journal(&self, path: &str) -> String {
        self.get(&format!("{path}/history?limit=200")).await.text
    }

    /// The number of the turn that finished a node.
    pub async fn finished(&self, path: &str, node: &str) -> String {
        let history = self.get(&format!("{path}/history?limit=200")).await.of(200);
        let turns = history["history"].as_array().unwrap();
        let turn =
            turns.iter().rev().find(|turn| turn["node"] == node).unwrap_or_else(|| panic!("{node} in {history}"));
        turn["checkpoint"].as_str().unwrap().to_owned()
    }
}
