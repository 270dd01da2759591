//! What stands in for the providers of language models: aimock, which nobody here wrote, with fixtures that say what it
//! answers to which prompt. `tests/models/serve.sh` starts it.

use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

/// A server on loopback that speaks the protocols of all providers. It ends with this value, or with the process.
pub struct StandIn {
    port: u16,
    child: Child,
}

impl StandIn {
    /// Starts a server with the fixtures of these files or folders, whose names are relative to the repository.
    ///
    /// # Panics
    /// It does not start, as where node or npm is missing: its own words say why.
    pub fn start(fixtures: &[&str]) -> Self {
        let crate_of_caller = Path::new(env!("CARGO_MANIFEST_DIR"));
        let repository = crate_of_caller.ancestors().find(|folder| folder.join("tests/models/serve.sh").exists());
        let repository = repository.expect("tests/models/serve.sh is in no folder above the crate");
        let mut child = Command::new(repository.join("tests/models/serve.sh"))
            .args(fixtures.iter().map(|path| repository.join(path)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("tests/models/serve.sh cannot be started");
        let mut line = String::new();
        let mut said = BufReader::new(child.stdout.take().expect("its output is piped"));
        said.read_line(&mut line).expect("the stand-in for models cannot be read");
        let port = line.trim().rsplit(':').next().and_then(|digits| digits.parse().ok());
        let port = port.unwrap_or_else(|| panic!("the stand-in for models does not start: its words are above"));
        Self { port, child }
    }

    /// The port that it listens at, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The `base_url` of a provider, by the name that documents have for it.
    pub fn base_url(&self, provider: &str) -> String {
        let path = if provider.starts_with("openai") { "/v1" } else { "" };
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The requests whose conversation holds this text, the oldest first: `path`, `headers`, and as `body` what was
    /// asked, in the form of OpenAI's Chat Completions whatever the protocol was.
    pub fn asked(&self, text: &str) -> Vec<Value> {
        let all: Vec<Value> = serde_json::from_str(&self.get("/__aimock/journal")).expect("its journal is a list");
        all.into_iter().filter(|entry| entry["body"]["messages"].to_string().contains(text)).collect()
    }

    /// The body of its answer to a `GET`. In HTTP/1.0 a body ends with the connection.
    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("the stand-in for models listens");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a time limit can be set");
        write!(stream, "GET {path} HTTP/1.0\r\nhost: 127.0.0.1\r\n\r\n").expect("it reads requests");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers in text");
        answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).expect("its answer has a body")
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
