//! Asks a question of the person at the terminal, or of the lines that are piped in, and sends the answer to the API.

use super::{
    form::{Given, fields, object, yes_or_no},
    lines::Lines,
    sight::Sight,
    signals::Signals,
};
use crate::cli::{
    Failure,
    client::{Client, escaped},
    output,
};
use api::types::{AnswerBody, Choice, Interaction};
use serde_json::Value;
use stepwell_core::interaction::{AfterError, InteractionKind, SecurityLevel};

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
    /// Where the execution that asks is looked at.
    pub sight: Sight<'a>,
    /// The API of its host.
    pub client: &'a Client,
    /// The lines that answers come from.
    pub lines: &'a mut Lines,
    /// Ctrl-C and SIGTERM.
    pub signals: &'a mut Signals,
    /// The interaction, as `GET /v1/interactions/{id}` shows it.
    pub question: &'a Interaction,
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
            answer.answer_as = on_behalf_of(self.question).filter(|_| self.client.is_own());
            let path = format!("/v1/interactions/{}/respond", escaped(&self.question.interaction_id));
            match self.client.post(&path, &answer).await {
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

    /// Prints the question with what is to be approved, and for whom the user answers.
    fn show(&self) {
        eprintln!("{} {}", output::cyan("?"), output::clean(&self.question.question));
        for line in output::clean(self.question.details.as_deref().unwrap_or_default()).lines() {
            eprintln!("  {line}");
        }
        let about = self.question.authorization.as_ref();
        let (tool, arguments) = (about.map(|about| &about.tool), about.map(|about| &about.arguments));
        for (name, value) in [("content", self.question.content.as_ref()), ("tool", tool), ("arguments", arguments)] {
            if let Some(value) = value.filter(|value| !value.is_null()) {
                let text = value
                    .as_str()
                    .map_or_else(|| serde_json::to_string_pretty(value).unwrap_or_default(), str::to_owned);
                eprintln!("  {name}: {}", output::clean(&text).replace('\n', "\n  "));
            }
        }
        if let Some(person) = on_behalf_of(self.question).filter(|_| self.client.is_own()) {
            eprintln!("  {}", output::dim(&format!("answering for {person}")));
        }
    }

    /// Asks for the answer that the question's kind takes.
    async fn answer(&mut self) -> Heard<AnswerBody> {
        match self.question.kind {
            InteractionKind::Approval => self.approval().await,
            InteractionKind::Review => self.review().await,
            InteractionKind::Authorization => self.authorization().await,
            InteractionKind::Input => Ok(AnswerBody { data: Some(self.data().await?), ..AnswerBody::default() }),
            InteractionKind::Decision => self.decision().await,
            InteractionKind::Ask => Ok(AnswerBody { text: Some(self.line("answer").await?), ..AnswerBody::default() }),
        }
    }

    /// Asks for `y` or `n` and a comment, which is in the same line or asked for.
    async fn approval(&mut self) -> Heard<AnswerBody> {
        let (approved, comment) = self.verdict("approve? [y/n]").await?;
        self.commented(verdict(approved), comment).await
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
    async fn commented(&mut self, mut answer: AnswerBody, comment: String) -> Heard<AnswerBody> {
        let asks = comment.is_empty() && self.lines.typed;
        let comment = if asks { self.line("comment (optional)").await? } else { comment };
        if !comment.is_empty() {
            answer.comment = Some(comment);
        }
        Ok(answer)
    }

    /// Asks for a verdict on content, or for the edited content, which approves it.
    async fn review(&mut self) -> Heard<AnswerBody> {
        loop {
            let line = self.line("approve? [y/n, or e to edit]").await?;
            let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((&line, ""));
            if word.eq_ignore_ascii_case("e") || word.eq_ignore_ascii_case("edit") {
                let edited =
                    if rest.is_empty() { self.line("new content, JSON or text").await? } else { rest.to_owned() };
                let content = serde_json::from_str(&edited).unwrap_or(Value::String(edited));
                let edited = AnswerBody { content: Some(content), ..verdict(true) };
                return self.commented(edited, String::new()).await;
            }
            match yes_or_no(word) {
                Some(approved) => return self.commented(verdict(approved), rest.trim().to_owned()).await,
                None => eprintln!("  answer y, n or e"),
            }
        }
    }

    /// Asks whether a tool may run. One of the level `high` is approved only by typing its name, so that none is let
    /// loose by a slip of the finger.
    async fn authorization(&mut self) -> Heard<AnswerBody> {
        let about = self.question.authorization.as_ref();
        let Some(about) = about.filter(|about| about.security_level == SecurityLevel::High) else {
            return self.approval().await;
        };
        let tool = output::clean(&output::text(&about.tool));
        let line = self.line(&format!("type {tool} to allow it, n to refuse")).await?;
        let approved = line == tool;
        if !approved && yes_or_no(&line) != Some(false) {
            eprintln!("  that is not {tool}: refused");
        }
        self.commented(verdict(approved), String::new()).await
    }

    /// Asks for data, field by field. Where the schema names no fields, or the first line begins with a brace, a line
    /// is the whole as JSON.
    async fn data(&mut self) -> Heard<Value> {
        let fields = fields(self.question.schema.as_ref());
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
    async fn decision(&mut self) -> Heard<AnswerBody> {
        let options = &self.question.options;
        for (index, option) in options.iter().enumerate() {
            eprintln!("  {}. {}", index + 1, output::clean(label(option)));
        }
        loop {
            let line = self.line("choose").await?;
            let by_number = line.parse::<usize>().ok().and_then(|number| options.get(number.checked_sub(1)?));
            let named = |option: &&Choice| option.id == line || label(option).eq_ignore_ascii_case(&line);
            match options.iter().find(named).or(by_number) {
                // The question is about a node that failed: to skip it takes an output in its place.
                Some(option) if option.id == AfterError::Skip.as_str() && self.question.on_error => {
                    let output = self.line("its output as JSON; nothing for null").await?;
                    match serde_json::from_str::<Value>(if output.is_empty() { "null" } else { &output }) {
                        Ok(output) => return Ok(AnswerBody { data: Some(output), ..chosen(option) }),
                        Err(error) => eprintln!("  this is not JSON: {error}"),
                    }
                }
                Some(option) => return Ok(chosen(option)),
                None => eprintln!("  choose one of 1 to {}", options.len()),
            }
        }
    }

    /// Waits for a line. Ends early where a signal comes or the question is over.
    async fn line(&mut self, prompt: &str) -> Heard<String> {
        if self.lines.typed {
            eprint!("  {prompt}: ");
        }
        let over = self.sight.over(self.question);
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

/// An answer that says yes or no.
fn verdict(approved: bool) -> AnswerBody {
    AnswerBody { approved: Some(approved), ..AnswerBody::default() }
}

/// An answer that chooses an option.
fn chosen(option: &Choice) -> AnswerBody {
    AnswerBody { option: Some(option.id.clone()), ..AnswerBody::default() }
}

fn label(option: &Choice) -> &str {
    if option.label.is_empty() { &option.id } else { &option.label }
}

/// Returns for whom the user answers: the first assignee who has not, or the first of all. The answer is recorded as
/// theirs, entered by the user. None where the user is an assignee or anybody may answer.
fn on_behalf_of(question: &Interaction) -> Option<String> {
    let people = &question.assignees;
    let me = stepwell::server::local_subject();
    if people.is_empty() || people.iter().any(|person| person.eq_ignore_ascii_case(&me)) {
        return None;
    }
    let answered = |person: &&String| question.responses.iter().any(|one| one.by == **person);
    people.iter().find(|person| !answered(person)).or(people.first()).cloned()
}

/// The command that answers a question later, to be shown to people.
pub fn command(question: &Interaction, data_flag: &str) -> String {
    let how = match question.kind {
        InteractionKind::Input => "--value '{…}'".to_owned(),
        InteractionKind::Decision => {
            let ids: Vec<_> = question.options.iter().map(|one| one.id.as_str()).collect();
            format!("--option {}", ids.join("|"))
        }
        InteractionKind::Ask => "--text '…'".to_owned(),
        InteractionKind::Approval | InteractionKind::Review | InteractionKind::Authorization => {
            "--approve (or --reject)".to_owned()
        }
    };
    let person = on_behalf_of(question).map(|person| format!(" --as {}", output::quoted(&person))).unwrap_or_default();
    format!("stepwell answer {} {how}{person}{data_flag}", question.interaction_id)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn question(fields: Value) -> Interaction {
        let mut all = json!({"interaction_id": "i", "execution_id": "e", "workflow_id": "w", "node": "n",
            "kind": "approval", "status": "pending", "question": "?", "details": null, "schema": null, "options": [],
            "assignees": [], "deadline": null, "created_at": "2026-01-31T09:00:00Z", "decided_at": null,
            "decision": null, "responses": [], "responses_needed": 1, "deliveries": []});
        all.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        serde_json::from_value(all).unwrap()
    }

    #[test]
    fn the_user_answers_for_the_first_assignee_who_has_not() {
        let asked = |responses: Value| question(json!({"assignees": ["a@x", "b@x"], "responses": responses}));
        let response = json!({"by": "a@x", "via": "api", "entered_by": null, "at": "2026-01-31T09:00:00Z",
            "decision": "approved", "answer": true, "comment": null, "shown_sha256": "00"});
        assert_eq!(on_behalf_of(&asked(json!([]))).as_deref(), Some("a@x"));
        assert_eq!(on_behalf_of(&asked(json!([response]))).as_deref(), Some("b@x"));
        assert_eq!(on_behalf_of(&question(json!({}))), None);
    }

    #[test]
    fn the_command_to_answer_fits_the_kind() {
        let options = json!([{"id": "l", "label": "Left"}, {"id": "r", "label": "Right"}]);
        let question = question(json!({"kind": "decision", "assignees": ["a@x"], "options": options}));
        assert_eq!(command(&question, " --data d"), "stepwell answer i --option l|r --as a@x --data d");
    }
}
