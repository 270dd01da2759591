//! Asks a question of the person at the terminal, or of the lines that are piped in, and sends the answer to the API.

use super::{editor::Editor, form::Draft, lines::Lines, sight::Sight, signals::Signals};
use crate::{
    Failure,
    client::{Client, escaped},
    commands::{KEPT_OUT, is_kept_out, on_behalf_of},
    failure::reason,
    output,
    tool_name::{ToolName, Typed, yes_or_no},
};
use api::types::{AnswerBody, Choice, Interaction};
use serde_json::{Value, json};
use stepwell_core::interaction::{AfterError, InteractionKind, REWIND};

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
    /// The user's editor, where a person types and the environment names one.
    pub editor: Option<Editor>,
    /// What was given so far.
    pub draft: Draft,
}

/// What was heard, or why nothing will be.
pub type Heard<T> = Result<T, Asked>;

impl Asking<'_> {
    /// Asks until an answer is taken or none can be. An answer that does not fit is asked for again.
    pub async fn ask(mut self) -> Result<Asked, Failure> {
        self.show();
        if self.client.is_own() && is_kept_out(self.question) {
            eprintln!("  {}", output::dim(KEPT_OUT));
            return Ok(Asked::Nobody);
        }
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
                        for error in failure.errors() {
                            eprintln!("  {} {}", output::red("✗"), output::clean(&reason(error)));
                        }
                        self.draft.refused(self.question.schema.as_ref(), failure.errors());
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
        eprintln!("{} {}", output::cyan("?"), output::quoted_lines(&self.question.question));
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
        let person = on_behalf_of(self.question).filter(|_| self.client.is_own() && !is_kept_out(self.question));
        if let Some(person) = person {
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
            InteractionKind::Ask => {
                Ok(AnswerBody { text: Some(self.text("answer", "").await?), ..AnswerBody::default() })
            }
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
                let Some(content) = self.edited(rest).await? else { continue };
                let edited = AnswerBody { content: Some(content), ..verdict(true) };
                return self.commented(edited, String::new()).await;
            }
            match yes_or_no(word) {
                Some(approved) => return self.commented(verdict(approved), rest.trim().to_owned()).await,
                None => eprintln!("  answer y, n or e"),
            }
        }
    }

    /// The content of a review as the person edits it: in the line, in the editor, or in a line that is asked for. None
    /// where the editor gave nothing new.
    async fn edited(&mut self, rest: &str) -> Heard<Option<Value>> {
        let read = |text: String| serde_json::from_str(&text).unwrap_or(Value::String(text));
        if !rest.is_empty() {
            return Ok(Some(read(rest.to_owned())));
        }
        let Some(editor) = &self.editor else {
            return self.line("new content, JSON or text").await.map(|text| Some(read(text)));
        };
        let content = self.question.content.clone().unwrap_or_default();
        let text = content.as_str().map(str::to_owned);
        let is_text = text.is_some() || content.is_null();
        let shown = text.unwrap_or_else(|| match &content {
            Value::Null => String::new(),
            other => serde_json::to_string_pretty(other).unwrap_or_default(),
        });
        let edited = match editor.edit(&shown, if is_text { ".md" } else { ".json" }).await {
            Ok(edited) if edited == shown => Err("nothing was changed".to_owned()),
            Ok(edited) if is_text => Ok(Value::String(edited)),
            Ok(edited) => serde_json::from_str(&edited).map_err(|error| format!("this is not JSON: {error}")),
            Err(why) => Err(why),
        };
        Ok(edited.inspect_err(|why| eprintln!("  {why}")).ok())
    }

    /// Asks for a text. A person may write a long one in the editor, which begins with the text from `before`.
    pub(super) async fn text(&mut self, prompt: &str, before: &str) -> Heard<String> {
        let offer = self.editor.as_ref().map(|editor| format!(" [{EDIT} opens {}]", output::clean(editor.name())));
        let prompt = format!("{prompt}{}", offer.unwrap_or_default());
        loop {
            let line = self.line(&prompt).await?;
            match &self.editor {
                Some(editor) if line == EDIT => match editor.edit(before, ".md").await {
                    Ok(text) => return Ok(text),
                    Err(why) => eprintln!("  {why}"),
                },
                Some(_) | None => return Ok(line),
            }
        }
    }

    /// Asks whether a tool may run. A dangerous one is approved only by typing its name.
    async fn authorization(&mut self) -> Heard<AnswerBody> {
        let Some(tool) = ToolName::asked(self.question.authorization.as_ref()) else {
            return self.approval().await;
        };
        loop {
            let answer = match tool.read(&self.line(&tool.prompt()).await?) {
                Typed::Allowed => AnswerBody { tool: Some(tool.name), ..verdict(true) },
                Typed::Refused => verdict(false),
                Typed::Neither => continue,
            };
            return self.commented(answer, String::new()).await;
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
            let lower = line.to_lowercase();
            let by_number = line.parse::<usize>().ok().and_then(|number| options.get(number.checked_sub(1)?));
            let named = |option: &&Choice| option.id == line || label(option).to_lowercase() == lower;
            match options.iter().find(named).or(by_number) {
                // The question is about a node that failed: to skip it takes an output in its place.
                Some(option) if option.id == AfterError::Skip.as_str() && self.question.on_error => {
                    let output = self.line("its output as JSON; nothing for null").await?;
                    match serde_json::from_str::<Value>(if output.is_empty() { "null" } else { &output }) {
                        Ok(output) => return Ok(AnswerBody { data: Some(output), ..chosen(option) }),
                        Err(error) => eprintln!("  this is not JSON: {error}"),
                    }
                }
                Some(option) if option.id == REWIND && self.question.on_error => {
                    let node = self.line("the node to go back to").await?;
                    return Ok(AnswerBody { data: Some(json!({"node": node})), ..chosen(option) });
                }
                Some(option) => return Ok(chosen(option)),
                None => eprintln!("  choose one of 1 to {}", options.len()),
            }
        }
    }

    /// Waits for a line. Ends early where a signal comes or the question is over.
    pub(super) async fn line(&mut self, prompt: &str) -> Heard<String> {
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

/// The line that opens the editor. It is none that anybody answers a question with.
const EDIT: &str = "\\e";

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
