//! What a resume says to a question: its fields, which callers of several systems fill in differently, become an answer.
//! Whatever a field decides nothing with is kept beside the answer.

use crate::{Answered, Problem, types::ResumeBody};
use serde_json::{Map, Value};
use stepwell_core::{
    error::{Reason, Rejection},
    interaction::{Answer, Interaction, InteractionKind as Kind},
};

/// Makes an answer of the fields of a resume. The kind of the question says what `resume_data` holds: the answer
/// itself, or an object with the parts of one.
///
/// # Errors
/// 422 where two fields contradict each other, or `output_port` is none of the question's ports.
pub(crate) fn said(question: &Interaction, body: ResumeBody) -> Answered<Answer> {
    let ResumeBody { approved, resume_data, output_port, comment, reason, .. } = body;
    let port = port(question, output_port)?;
    let mut parts = Parts::of(resume_data, [comment, reason]);
    // Questions without a vote pass over `approved: true`, which adds nothing to an answer. They keep `false`, which
    // the rules refuse.
    let mut answer = Answer { approved: approved.filter(|yes| !yes), ..Answer::default() };
    match question.kind {
        Kind::Input => answer.data = parts.all(),
        Kind::Decision => {
            // After an error, `resume_data` beside a port is the data of that choice, such as the output to go on with,
            // unless it names an option itself.
            if question.on_error && port.is_some() && !parts.has_text("selected_option") {
                answer.data = parts.all();
                answer.option = port;
            } else {
                answer.option = choice(port, &mut parts);
                answer.data = if question.on_error { parts.take("data") } else { None };
            }
        }
        Kind::Ask => answer.text = parts.take_text("text").or_else(|| parts.take_plain()),
        Kind::Approval | Kind::Review | Kind::Authorization => {
            answer.approved = vote(approved, port, &mut parts)?;
            answer.content = if question.kind == Kind::Review { parts.take("content") } else { None };
        }
    }
    (answer.comment, answer.more) = parts.rest();
    Ok(answer)
}

/// The port that is named. A question that is answered by data has one way on, which clients also call `approved`.
///
/// # Errors
/// 422 `unknown_port` where no answer to the question takes it.
fn port(question: &Interaction, named: Option<String>) -> Answered<Option<String>> {
    let Some(port) = named else { return Ok(None) };
    let ports = question.ports();
    let goes_on = matches!(question.kind, Kind::Input | Kind::Ask) && port == "approved";
    if goes_on || ports.contains(&port.as_str()) {
        return Ok(Some(port));
    }
    let message = format!("nobody can take the port {port}: choose one of {}", ports.join(", "));
    Err(misfit("unknown_port", "/output_port", message))
}

/// The option that is chosen: the port, where one is named. Another one in the data is kept there.
fn choice(port: Option<String>, parts: &mut Parts) -> Option<String> {
    let key = ["selected_option", "option"].into_iter().find(|key| parts.has_text(key));
    let named = match key {
        Some(key) => parts.take_text(key),
        None => parts.take_plain(),
    };
    match (port, named) {
        (Some(port), Some(named)) if port != named => {
            parts.fields.insert(key.unwrap_or("selected_option").into(), Value::String(named));
            Some(port)
        }
        (port, named) => port.or(named),
    }
}

/// The vote, which may be given in three places. Those that are given must agree.
///
/// # Errors
/// 422 `contradiction` where they do not.
fn vote(approved: Option<bool>, port: Option<String>, parts: &mut Parts) -> Answered<Option<bool>> {
    let by_port = port.map(|port| port == "approved");
    let by_data = parts.take("approved").filter(|vote| !vote.is_null());
    let differs = |vote: bool| by_data.as_ref().is_some_and(|other| *other != vote);
    if by_port.is_some_and(|vote| differs(vote) || approved.is_some_and(|other| other != vote)) {
        return Err(contradicts("/output_port"));
    }
    if approved.is_some_and(differs) {
        return Err(contradicts("/resume_data/approved"));
    }
    Ok(approved.or(by_port).or_else(|| by_data.as_ref().and_then(Value::as_bool)))
}

/// What is left of a resume's fields while an answer is made of them.
struct Parts {
    /// The fields of `resume_data`, where it is an object.
    fields: Map<String, Value>,
    /// Any other `resume_data`.
    plain: Option<Value>,
    /// Whether there was an object, which may have been empty.
    is_object: bool,
    comments: Vec<String>,
}

impl Parts {
    fn of(resume_data: Option<Value>, comments: [Option<String>; 2]) -> Self {
        let is_object = resume_data.as_ref().is_some_and(Value::is_object);
        let (fields, plain) = match resume_data {
            Some(Value::Object(fields)) => (fields, None),
            other => (Map::new(), other),
        };
        Self { fields, plain, is_object, comments: comments.into_iter().flatten().collect() }
    }

    fn has_text(&self, key: &str) -> bool {
        self.fields.get(key).is_some_and(Value::is_string)
    }

    fn take(&mut self, key: &str) -> Option<Value> {
        self.fields.remove(key)
    }

    fn take_text(&mut self, key: &str) -> Option<String> {
        match self.fields.remove(key) {
            Some(Value::String(text)) => Some(text),
            Some(other) => {
                self.fields.insert(key.into(), other);
                None
            }
            None => None,
        }
    }

    /// The whole `resume_data`, where it is a text.
    fn take_plain(&mut self) -> Option<String> {
        match self.plain.take() {
            Some(Value::String(text)) => Some(text),
            other => {
                self.plain = other;
                None
            }
        }
    }

    /// The whole `resume_data`, whose fields are then the user's, even those called `text` or `comment`.
    fn all(&mut self) -> Option<Value> {
        let fields = std::mem::take(&mut self.fields);
        self.plain.take().or(self.is_object.then_some(Value::Object(fields)))
    }

    /// The comment, each part on lines of its own, and what the question did not ask for.
    fn rest(mut self) -> (Option<String>, Option<Value>) {
        for key in ["comment", "reason", "reasoning"] {
            let text = self.take_text(key);
            self.comments.extend(text);
        }
        let mut comments: Vec<String> = Vec::new();
        for text in self.comments {
            if !text.trim().is_empty() && !comments.contains(&text) {
                comments.push(text);
            }
        }
        let more = if self.fields.is_empty() { self.plain } else { Some(Value::Object(self.fields)) };
        ((!comments.is_empty()).then(|| comments.join("\n")), more.filter(|more| !more.is_null()))
    }
}

/// 422 about a field that says something else than another one does.
fn contradicts(path: &str) -> Problem {
    misfit("contradiction", path, "this contradicts what another field says".into())
}

/// A 422 of the same shape as that of an answer that does not fit its question, so that callers read both alike.
fn misfit(code: &str, path: &str, message: String) -> Problem {
    let reasons = vec![Reason { code: code.into(), path: path.into(), message }];
    Rejection::Invalid { message: "the answer does not fit the question".into(), reasons }.into()
}
