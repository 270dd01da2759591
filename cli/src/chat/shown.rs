//! What a conversation shows: answers on stdout, as they are given where that is a terminal, and all else on stderr.

use crate::{output, tool_name::ToolName};
use serde_json::{Value, json};
use std::io::Write;

/// What was told of one message.
pub struct Shown {
    /// Whether each event is written as a line of JSON.
    json: bool,
    /// Whether stdout is a terminal, at which somebody reads along.
    live: bool,
    session: Option<String>,
    /// What the latest answer of a model has said at the terminal, and which answer that is.
    said: (String, String),
    /// What is asked last.
    question: Option<Value>,
    failed: bool,
}

impl Shown {
    /// Nothing was told yet.
    pub fn new(json: bool) -> Self {
        let live = !json && output::width().is_some();
        Self { json, live, session: None, said: Default::default(), question: None, failed: false }
    }

    /// The session, once it is known.
    pub fn session(&self) -> Option<&str> {
        self.session.as_deref()
    }

    /// What is asked; none where nothing is.
    pub fn question(&self) -> Option<&Value> {
        self.question.as_ref()
    }

    /// Whether the message was not answered.
    pub fn failed(&self) -> bool {
        self.failed
    }

    /// Tells one event.
    pub fn tell(&mut self, name: &str, data: &Value) {
        if self.json {
            output::line(&json!({"event": name, "data": data}).to_string());
        }
        let text = |key: &str| data[key].as_str().unwrap_or_default();
        match name {
            "start" => self.session = data["session_id"].as_str().map(str::to_owned),
            "delta" => self.delta(&format!("{} {}", data["node"], data["turn"]), text("text"), data["again"] == true),
            "tool_call" if !self.json => {
                self.end_line();
                let call = format!("calls {} {}", text("name"), output::short(&data["arguments"].to_string(), 120));
                eprintln!("{}", output::dim(&output::clean(&call)));
            }
            "interaction" => {
                self.question = Some(data.clone());
                if !self.json {
                    self.end_line();
                    ask(data);
                }
            }
            "message" if !self.json => self.message(text("text")),
            "end" => {
                self.end_line();
                self.failed = data["status"] == "failed" || data["status"] == "cancelled";
                if self.failed && !self.json {
                    let why = data["error"]["message"].as_str().unwrap_or("it ended without an answer");
                    eprintln!("{} {}", output::red("failed:"), output::quoted_lines(why));
                }
            }
            _ => {}
        }
    }

    fn delta(&mut self, answer: &str, text: &str, again: bool) {
        if !self.live {
            return;
        }
        if self.said.0 != answer || again {
            self.end_line();
            self.said = (answer.to_owned(), String::new());
        }
        self.said.1.push_str(text);
        print!("{}", output::clean(text));
        let _ = std::io::stdout().flush();
    }

    /// Ends the line on which a model has spoken.
    fn end_line(&mut self) {
        if self.live && !self.said.1.is_empty() && !self.said.1.ends_with('\n') {
            output::line("");
            self.said.1.push('\n');
        }
    }

    /// What is said in the end; nothing where that is what was heard.
    fn message(&mut self, text: &str) {
        self.end_line();
        if self.said.1.trim_end() != text.trim_end() {
            output::line(&output::clean(text));
        }
    }
}

/// The name that approving a dangerous tool takes; none where a question is about no such tool.
pub fn tool_name(question: &Value) -> Option<ToolName> {
    let about = serde_json::from_value(question["authorization"].clone()).ok()?;
    ToolName::asked(Some(&about))
}

/// Tells a question, and how it is answered.
fn ask(question: &Value) {
    let text = |at: &str| question.pointer(at).and_then(Value::as_str).unwrap_or_default();
    eprintln!("{} {}", output::cyan("?"), output::quoted_lines(text("/question")));
    if !question["authorization"].is_null() {
        eprintln!(
            "  {} {}",
            output::clean(text("/authorization/tool")),
            output::clean(&question["authorization"]["arguments"].to_string())
        );
        eprintln!("  security level: {}", output::clean(text("/authorization/security_level")));
    }
    for option in question["options"].as_array().into_iter().flatten() {
        let word = |key: &str| option[key].as_str().unwrap_or_default();
        eprintln!("  {}  {}", output::clean(word("id")), output::clean(word("label")));
    }
    let how = match (text("/kind"), tool_name(question)) {
        (_, Some(tool)) => tool.prompt(),
        ("approval" | "review" | "authorization", None) => "yes or no".to_owned(),
        ("decision", None) => "one of these".to_owned(),
        ("input", None) => "JSON".to_owned(),
        (_, None) => "a line".to_owned(),
    };
    let more = format!("{how}; or, with more to say: stepwell answer {}", text("/interaction_id"));
    eprintln!("  {}", output::dim(&output::clean(&more)));
}
