//! Asks a question of the person at the terminal, or of the lines that are piped in, and sends the answer to the API.

use super::{
    form::{Given, fields, object, yes_or_no},
    lines::Lines,
    signals::Signals,
};
use crate::cli::{
    Failure,
    client::{Client, escaped},
    output,
};
use engine::port::Host;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use stepwell::Local;
use stepwell_core::id::ExecutionId;

/// How asking ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The API took an answer.
    Answered,
    /// The question was over before it was answered: decided elsewhere, timed out or cancelled.
    Over,
    /// Nobody answers: stdin has ended, or the user may not.
    Nobody,
    /// Ctrl-C or SIGTERM asked the process to stop.
    Interrupted,
}

/// A question that is being asked.
pub struct Asking<'a> {
    /// The host, whose execution asks.
    pub host: &'a Arc<Local>,
    /// The API of that host.
    pub client: &'a Client,
    /// The lines that answers come from.
    pub lines: &'a mut Lines,
    /// Ctrl-C and SIGTERM.
    pub signals: &'a mut Signals,
    /// The interaction, as `GET /v1/interactions/{id}` shows it.
    pub question: &'a Value,
}

/// What was heard, or why nothing will be.
type Heard<T> = Result<T, Asked>;

impl Asking<'_> {
    /// Asks until an answer is taken or none can be. An answer that does not fit is asked for again.
    pub async fn ask(mut self) -> Result<Asked, Failure> {
        self.show();
        loop {
            let mut answer = match self.answer().await {
                Ok(answer) => answer,
                Err(end) => return Ok(end),
            };
            if let Some(person) = on_behalf_of(self.question) {
                answer.insert("answer_as".into(), person.into());
            }
            let path = format!("/v1/interactions/{}/respond", escaped(&self.text("/interaction_id")));
            match self.client.post(&path, &Value::Object(answer)).await {
                Ok(_) => return Ok(Asked::Answered),
                // Only an answer that does not fit is worth another try; the codes are those of the API's problem
                // details.
                Err(failure) => match failure.code.as_str() {
                    "invalid_answer" => {
                        failure.reasons().iter().for_each(|reason| eprintln!("  {} {reason}", output::red("✗")));
                    }
                    "already_decided" | "stale" => return Ok(Asked::Over),
                    "forbidden" => {
                        eprintln!("  {} {}", output::red("✗"), failure.message());
                        return Ok(Asked::Nobody);
                    }
                    _ => return Err(failure),
                },
            }
        }
    }

    /// A field of the question, safe to print.
    fn text(&self, pointer: &str) -> String {
        output::clean(&output::text(self.question, pointer))
    }

    /// Prints the question with what is to be approved, and for whom the user answers.
    fn show(&self) {
        eprintln!("{} {}", output::cyan("?"), self.text("/question"));
        for line in self.text("/details").lines() {
            eprintln!("  {line}");
        }
        for (name, pointer) in
            [("content", "/content"), ("tool", "/authorization/tool"), ("arguments", "/authorization/arguments")]
        {
            if let Some(value) = self.question.pointer(pointer).filter(|value| !value.is_null()) {
                let text = value
                    .as_str()
                    .map_or_else(|| serde_json::to_string_pretty(value).unwrap_or_default(), str::to_owned);
                eprintln!("  {name}: {}", output::clean(&text).replace('\n', "\n  "));
            }
        }
        if let Some(person) = on_behalf_of(self.question) {
            eprintln!("  {}", output::dim(&format!("answering for {person}")));
        }
    }

    /// Asks for the answer that the question's kind takes, and returns it in the shape that the API takes.
    async fn answer(&mut self) -> Heard<Map<String, Value>> {
        let answer = match self.text("/kind").as_str() {
            "approval" => self.approval().await?,
            "review" => self.review().await?,
            "authorization" => self.authorization().await?,
            "input" => json!({"data": self.data().await?}),
            "decision" => self.decision().await?,
            _ => json!({"text": self.line("answer").await?}),
        };
        Ok(answer.as_object().cloned().unwrap_or_default())
    }

    /// Asks for `y` or `n` and a comment, which is in the same line or asked for.
    async fn approval(&mut self) -> Heard<Value> {
        let (approved, comment) = self.verdict("approve? [y/n]").await?;
        self.commented(json!({"approved": approved}), comment).await
    }

    /// Asks until the line begins with yes or no. Returns that, and the rest of the line.
    async fn verdict(&mut self, prompt: &str) -> Heard<(bool, String)> {
        loop {
            let line = self.line(prompt).await?;
            let (word, comment) = line.split_once(char::is_whitespace).unwrap_or((&line, ""));
            match yes_or_no(word) {
                Some(approved) => return Ok((approved, comment.trim().to_owned())),
                None => eprintln!("  answer y or n"),
            }
        }
    }

    /// Adds a comment to an answer. Without one in the line, a person is asked for it; a script is not.
    async fn commented(&mut self, mut answer: Value, comment: String) -> Heard<Value> {
        let asks = comment.is_empty() && self.lines.typed;
        let comment = if asks { self.line("comment (optional)").await? } else { comment };
        if !comment.is_empty() {
            answer["comment"] = comment.into();
        }
        Ok(answer)
    }

    /// Asks for a verdict on content, or for the edited content, which approves it.
    async fn review(&mut self) -> Heard<Value> {
        loop {
            let line = self.line("approve? [y/n, or e to edit]").await?;
            let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((&line, ""));
            if word.eq_ignore_ascii_case("e") || word.eq_ignore_ascii_case("edit") {
                let edited =
                    if rest.is_empty() { self.line("new content, JSON or text").await? } else { rest.to_owned() };
                let content = serde_json::from_str(&edited).unwrap_or(Value::String(edited));
                return self.commented(json!({"approved": true, "content": content}), String::new()).await;
            }
            match yes_or_no(word) {
                Some(approved) => return self.commented(json!({"approved": approved}), rest.trim().to_owned()).await,
                None => eprintln!("  answer y, n or e"),
            }
        }
    }

    /// Asks whether a tool may run. One of the level `high` is approved only by typing its name, so that none is let
    /// loose by a slip of the finger.
    async fn authorization(&mut self) -> Heard<Value> {
        let tool = self.text("/authorization/tool");
        if self.text("/authorization/security_level") != "high" {
            return self.approval().await;
        }
        let line = self.line(&format!("type {tool} to allow it, n to refuse")).await?;
        let approved = line == tool;
        if !approved && yes_or_no(&line) != Some(false) {
            eprintln!("  that is not {tool}: refused");
        }
        self.commented(json!({"approved": approved}), String::new()).await
    }

    /// Asks for data, field by field. Where the schema names no fields, or the first line begins with a brace, a line
    /// is the whole as JSON.
    async fn data(&mut self) -> Heard<Value> {
        let fields = fields(self.question.get("schema"));
        if fields.is_empty() {
            return self.whole("the data as JSON").await;
        }
        eprintln!("  {}", output::dim("field by field, or all at once as {…}"));
        let mut given = Vec::new();
        for (index, field) in fields.iter().enumerate() {
            loop {
                let line = self.line(&format!("{} ({})", field.name, output::clean(&field.about))).await?;
                // Only the first line may be the whole: later ones belong to fields, whose values may begin with a
                // brace too.
                if index == 0 && line.starts_with('{') {
                    match serde_json::from_str(&line) {
                        Ok(whole) => return Ok(whole),
                        Err(error) => eprintln!("  this is not JSON: {error}"),
                    }
                    continue;
                }
                match field.read(&line) {
                    Given::Value(value) => given.push((field.name.clone(), value)),
                    Given::Nothing => {}
                    Given::Wrong(why) => {
                        eprintln!("  {why}");
                        continue;
                    }
                }
                break;
            }
        }
        Ok(object(given))
    }

    /// Asks until a line is JSON.
    async fn whole(&mut self, prompt: &str) -> Heard<Value> {
        loop {
            let line = self.line(prompt).await?;
            match serde_json::from_str(&line) {
                Ok(value) => return Ok(value),
                Err(error) => eprintln!("  this is not JSON: {error}"),
            }
        }
    }

    /// Asks for one of the options, by its number, id or label.
    async fn decision(&mut self) -> Heard<Value> {
        let options = self.question["options"].as_array().cloned().unwrap_or_default();
        for (index, option) in options.iter().enumerate() {
            eprintln!("  {}. {}", index + 1, output::clean(&label(option)));
        }
        loop {
            let line = self.line("choose").await?;
            let by_number = line.parse::<usize>().ok().and_then(|number| options.get(number.checked_sub(1)?));
            let named =
                |option: &&Value| output::text(option, "/id") == line || label(option).eq_ignore_ascii_case(&line);
            match options.iter().find(named).or(by_number) {
                // The question is about a node that failed: to skip it takes an output in its place.
                Some(option) if option["id"] == "skip" && self.question["on_error"] == true => {
                    let output = self.line("its output as JSON; nothing for null").await?;
                    match serde_json::from_str::<Value>(if output.is_empty() { "null" } else { &output }) {
                        Ok(output) => return Ok(json!({"option": "skip", "data": output})),
                        Err(error) => eprintln!("  this is not JSON: {error}"),
                    }
                }
                Some(option) => return Ok(json!({"option": option["id"]})),
                None => eprintln!("  choose one of 1 to {}", options.len()),
            }
        }
    }

    /// Waits for a line. Ends early where a signal comes or the question is over.
    async fn line(&mut self, prompt: &str) -> Heard<String> {
        if self.lines.typed {
            eprint!("  {prompt}: ");
        }
        let over = over(self.host, self.question);
        tokio::select! {
            line = self.lines.next() => line.ok_or(Asked::Nobody),
            () = self.signals.first() => Err(Asked::Interrupted),
            () = over => {
                eprintln!("  {}", output::dim("this is no longer asked"));
                Err(Asked::Over)
            }
        }
    }
}

fn label(option: &Value) -> String {
    let label = output::text(option, "/label");
    if label.is_empty() { output::text(option, "/id") } else { label }
}

/// Resolves when the question is over: decided, timed out or cancelled.
async fn over(host: &Local, question: &Value) {
    let id = ExecutionId::from(output::text(question, "/execution_id"));
    let interaction = output::text(question, "/interaction_id");
    while let Ok(Some(execution)) = host.journal().load(&id).await {
        if !execution.interaction(&interaction).is_some_and(|one| one.is_open()) {
            return;
        }
        host.journal().changed(&id, execution.seq).await;
    }
}

/// Returns for whom the user answers: the first assignee who has not, or the first of all. The answer is recorded as
/// theirs, entered by the user. None where the user is an assignee or anybody may answer.
fn on_behalf_of(question: &Value) -> Option<String> {
    let people: Vec<&str> = question["assignees"].as_array()?.iter().filter_map(Value::as_str).collect();
    let me = stepwell::server::local_subject();
    if people.is_empty() || people.iter().any(|person| person.eq_ignore_ascii_case(&me)) {
        return None;
    }
    let answered = |person: &&&str| {
        question["responses"].as_array().into_iter().flatten().any(|one| one["by"].as_str() == Some(**person))
    };
    people.iter().find(|person| !answered(person)).or(people.first()).map(|person| (*person).to_owned())
}

/// The command that answers a question later, to be shown to people.
pub fn command(question: &Value, data_flag: &str) -> String {
    let how = match question["kind"].as_str().unwrap_or_default() {
        "input" => "--value '{…}'".to_owned(),
        "decision" => {
            let ids: Vec<_> =
                question["options"].as_array().into_iter().flatten().map(|one| output::text(one, "/id")).collect();
            format!("--option {}", ids.join("|"))
        }
        "ask" => "--text '…'".to_owned(),
        _ => "--approve (or --reject)".to_owned(),
    };
    let person = on_behalf_of(question).map(|person| format!(" --as {}", output::quoted(&person))).unwrap_or_default();
    format!("stepwell answer {} {how}{person}{data_flag}", output::text(question, "/interaction_id"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_answers_for_the_first_assignee_who_has_not() {
        let question = |responses: Value| json!({"assignees": ["a@x", "b@x"], "responses": responses});
        assert_eq!(on_behalf_of(&question(json!([]))).as_deref(), Some("a@x"));
        assert_eq!(on_behalf_of(&question(json!([{"by": "a@x"}]))).as_deref(), Some("b@x"));
        assert_eq!(on_behalf_of(&json!({"assignees": []})), None);
    }

    #[test]
    fn the_command_to_answer_fits_the_kind() {
        let options = json!([{"id": "l"}, {"id": "r"}]);
        let question = json!({"interaction_id": "i", "kind": "decision", "assignees": ["a@x"], "options": options});
        assert_eq!(command(&question, " --data d"), "stepwell answer i --option l|r --as a@x --data d");
    }
}
