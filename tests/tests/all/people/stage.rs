//! A host that writes its mails to a folder, and what people and programs do with it.

use super::{
    ground::{Ground, Said},
    mails::{Mail, mail_that},
};
use crate::binary::{Dev, Folder, send, stepwell};
use serde_json::{Value, json};
use std::{path::PathBuf, process::Command};

pub struct Stage {
    /// It ends before its folder is removed.
    pub dev: Dev,
    pub folder: Folder,
}

impl Stage {
    pub fn open(name: &str) -> Self {
        Self::open_with(name, &[])
    }

    /// The same with these variables of the environment.
    pub fn open_with(name: &str, variables: &[(&str, &str)]) -> Self {
        let folder = Folder::new(name);
        let outbox = folder.0.join("outbox");
        let mut command = Command::new(stepwell());
        command.envs(variables.iter().copied());
        let dev = Dev::start_by(command, &folder.data(), &["--mail-to-folder", outbox.to_str().unwrap()]);
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

    pub fn mail(&self, to: &str, says: &str) -> Mail {
        let what = format!("to {to} that says {says}");
        mail_that(&self.outbox(), &what, |mail| mail.to == to && mail.text.starts_with(says))
    }
}

impl Ground for Stage {
    fn rounds(&self) -> usize {
        20
    }

    fn deadline(&self) -> f64 {
        0.3
    }

    fn request(&self, who: Option<&str>, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let mut body = body.clone();
        if let Some(who) = who {
            body["answer_as"] = json!(who);
        }
        self.dev.call(method, path, &body)
    }

    fn bare(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Said {
        let headers: String = headers.iter().map(|(name, value)| format!("\r\n{name}: {value}")).collect();
        let answer = send(self.dev.port, &format!("{method} {path} HTTP/1.1{headers}"), body.as_bytes()).unwrap();
        (answer.status, answer.text())
    }

    fn page_of(&self, to: &str, subject: &str) -> String {
        let what = format!("to {to} about {subject}");
        mail_that(&self.outbox(), &what, |mail| mail.to == to && mail.subject == subject).page()
    }
}
