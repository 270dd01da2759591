//! Where people are asked: a host, whichever it is, and what people and programs do with it. Scripts are written for any.

use crate::binary::SOON;
use serde_json::{Value, json};
use std::{
    thread,
    time::{Duration, Instant},
};

/// What somebody was answered: the status, and the body as text.
pub type Said = (u16, String);

/// A host that asks people.
pub trait Ground: Sync {
    /// How often a race is run.
    fn rounds(&self) -> usize;

    /// The shortest time, in seconds, after which a question of this host is over by itself.
    fn deadline(&self) -> f64;

    /// Sends a request, in the name of a person where one is named, and of the tests' own user otherwise.
    fn request(&self, who: Option<&str>, method: &str, path: &str, body: &Value) -> (u16, Value);

    /// Sends a request that bears no token, as browsers and Slack do. `headers` have names in lower case.
    fn bare(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Said;

    /// Waits for a mail to somebody with this subject, and returns the path of the receiver's own page.
    fn page_of(&self, to: &str, subject: &str) -> String;

    /// Sends a request.
    fn call(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        self.request(None, method, path, body)
    }

    /// What a path shows.
    fn read(&self, path: &str) -> Value {
        let (status, body) = self.call("GET", path, &Value::Null);
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    fn save(&self, document: &Value) {
        let (status, said) = self.call("POST", "/v1/workflows", document);
        assert_eq!(status, 201, "{said}");
    }

    /// Starts a workflow. Returns the execution's id.
    fn start(&self, workflow: &str, input: &Value) -> String {
        let route = format!("/v1/workflows/{workflow}/executions");
        let (status, started) = self.call("POST", &route, &json!({ "input": input }));
        assert_eq!(status, 202, "{started}");
        started["execution_id"].as_str().unwrap().to_owned()
    }

    /// The first question of an execution, once it is asked.
    fn question(&self, execution: &str) -> Value {
        let path = format!("/v1/interactions?execution_id={execution}");
        soon("it is asked", || Some(self.read(&path)["items"][0].clone()).filter(Value::is_object))
    }

    /// The id of that question.
    fn asked(&self, execution: &str) -> String {
        self.question(execution)["interaction_id"].as_str().unwrap().to_owned()
    }

    /// Answers over the API in the name of a person.
    fn answer(&self, interaction: &str, who: &str, answer: &Value) -> (u16, Value) {
        self.request(Some(who), "POST", &format!("/v1/interactions/{interaction}/respond"), answer)
    }

    /// Looks at an execution until it has one of these statuses.
    fn ends(&self, id: &str, statuses: &[&str]) -> Value {
        soon(&format!("{id} is one of {statuses:?}"), || {
            let shown = self.read(&format!("/v1/executions/{id}"));
            statuses.contains(&shown["status"].as_str().unwrap_or_default()).then_some(shown)
        })
    }

    /// Opens a page.
    fn open(&self, page: &str) -> Said {
        self.bare("GET", page, &[], "")
    }

    /// Sends the form of a page that was opened before. Returns the status.
    fn submit(&self, page: &str, hidden: &[(String, String)], chosen: &[(&str, &str)]) -> u16 {
        let body = super::pages::form(hidden, chosen);
        self.bare("POST", page, &[("content-type", "application/x-www-form-urlencoded")], &body).0
    }
}

/// Looks until there is something.
pub fn soon<T>(what: &str, look: impl Fn() -> Option<T>) -> T {
    let deadline = Instant::now() + SOON;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "never: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// A workflow that asks one question with these fields, and ends with what was decided.
pub fn asking(id: &str, config: Value) -> Value {
    json!({"id": id, "nodes": [{"id": "start", "type": "manual_trigger"}, {"id": "ask", "type": "human", "config": config}],
        "edges": [{"from": "start", "to": "ask"}], "output": "ctx.ask.output.decision"})
}
