//! A host that writes its mails to a folder, and what people and programs do with it.

use super::mails::{Mail, mail_that};
use crate::binary::{Dev, Folder, SOON, stepwell};
use serde_json::{Value, json};
use std::{
    path::PathBuf,
    process::Command,
    thread,
    time::{Duration, Instant},
};

pub struct Stage {
    /// It ends before its folder is removed.
    pub dev: Dev,
    pub folder: Folder,
}

impl Stage {
    pub fn open(name: &str) -> Self {
        let folder = Folder::new(name);
        let outbox = folder.0.join("outbox");
        let dev = Dev::start(&folder.data(), &["--mail-to-folder", outbox.to_str().unwrap()]);
        Self { dev, folder }
    }

    pub fn outbox(&self) -> PathBuf {
        self.folder.0.join("outbox")
    }

    /// A command that must succeed, and the JSON that it prints.
    pub fn cli(&self, args: &[&str]) -> Value {
        let mut command = Command::new(stepwell());
        let output = command.args(args).arg("--json").arg("--data").arg(self.folder.data()).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    pub fn save(&self, document: &Value) {
        let (status, said) = self.dev.call("POST", "/v1/workflows", document);
        assert_eq!(status, 201, "{said}");
    }

    /// Starts a workflow. Returns the execution's id.
    pub fn start(&self, workflow: &str, input: &Value) -> String {
        let route = format!("/v1/workflows/{workflow}/executions");
        let (status, started) = self.dev.call("POST", &route, &json!({ "input": input }));
        assert_eq!(status, 202, "{started}");
        started["execution_id"].as_str().unwrap().to_owned()
    }

    /// The first question of an execution, once it is asked.
    pub fn question(&self, execution: &str) -> Value {
        let deadline = Instant::now() + SOON;
        loop {
            let page = self.dev.get(&format!("/v1/interactions?execution_id={execution}"));
            if page["items"][0].is_object() {
                return page["items"][0].clone();
            }
            assert!(Instant::now() < deadline, "nothing is asked: {page}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// The id of that question.
    pub fn asked(&self, execution: &str) -> String {
        self.question(execution)["interaction_id"].as_str().unwrap().to_owned()
    }

    /// Answers over the API in the name of a person.
    pub fn answer(&self, interaction: &str, who: &str, answer: &Value) -> (u16, Value) {
        let mut body = answer.clone();
        body["answer_as"] = json!(who);
        self.dev.call("POST", &format!("/v1/interactions/{interaction}/respond"), &body)
    }

    pub fn mail(&self, to: &str, says: &str) -> Mail {
        let what = format!("to {to} that says {says}");
        mail_that(&self.outbox(), &what, |mail| mail.to == to && mail.text.starts_with(says))
    }
}

/// A workflow that asks one question with these fields, and ends with what was decided.
pub fn asking(id: &str, config: Value) -> Value {
    json!({"id": id, "nodes": [{"id": "start", "type": "manual_trigger"}, {"id": "ask", "type": "human", "config": config}],
        "edges": [{"from": "start", "to": "ask"}], "output": "ctx.ask.output.decision"})
}
