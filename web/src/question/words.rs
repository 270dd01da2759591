//! What pages call the kinds of questions and the decisions about them.

use crate::words::capital;
use serde_json::Value;
use stepwell_core::interaction::{Authorization, Interaction, InteractionKind as Kind, InteractionStatus, Response};

/// The kind of a question, as the head of its page.
pub fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Approval => "Approval",
        Kind::Input => "Request for information",
        Kind::Decision => "Decision",
        Kind::Review => "Review",
        Kind::Ask => "Question",
        Kind::Authorization => "Authorization",
    }
}

/// What documents ask about a tool where they say no question. Pages name the tool.
const USUAL: &str = "May this tool be used?";

/// The question; a sentence in its place where the document asks none.
pub fn question(one: &Interaction) -> String {
    asked(one.kind, &one.question, one.authorization.as_ref().map(|about| &about.tool))
}

/// The same by its parts; `tool` is what an authorization is about.
pub fn asked(kind: Kind, question: &str, tool: Option<&Value>) -> String {
    let is_usual = kind == Kind::Authorization && question.trim() == USUAL;
    if !question.trim().is_empty() && !is_usual {
        return question.to_owned();
    }
    match (kind, tool.map(name).filter(|name| !name.trim().is_empty())) {
        (Kind::Authorization, Some(tool)) => format!("May the tool {tool} be used?"),
        (Kind::Authorization, None) => USUAL.into(),
        (Kind::Review, _) => "Is this content right?".into(),
        (Kind::Approval, _) => "Do you approve?".into(),
        (Kind::Input, _) => "Please fill this in".into(),
        (Kind::Decision, _) => "What should happen?".into(),
        (Kind::Ask, _) => "Please answer".into(),
    }
}

/// The name of the tool of an authorization, as a person types it.
pub fn tool(about: &Authorization) -> String {
    name(&about.tool)
}

fn name(tool: &Value) -> String {
    match tool {
        Value::Null => String::new(),
        Value::String(name) => name.clone(),
        other => other.to_string(),
    }
}

/// A decision in a word or two: an option by its label.
pub fn decision(one: &Interaction, port: &str) -> String {
    let option = one.options.iter().find(|option| option.id == port);
    option.map_or_else(|| word(one.kind, port).to_owned(), |option| option.label.clone())
}

/// A decision by the word of the button that makes it.
pub fn word(kind: Kind, port: &str) -> &str {
    match (kind, port) {
        (Kind::Authorization, "approved") => "allowed",
        (Kind::Authorization, "rejected") => "refused",
        (_, port) => port,
    }
}

/// Whether the answer to a question is what somebody wrote, and no decision.
pub fn is_free(kind: Kind) -> bool {
    matches!(kind, Kind::Input | Kind::Ask)
}

/// The people whose last answers made the decision, in the order in which they first answered.
pub fn deciders(one: &Interaction) -> Vec<&str> {
    let mut people: Vec<&str> = Vec::new();
    for response in &one.responses {
        if !people.iter().any(|person| person.eq_ignore_ascii_case(&response.by)) {
            people.push(&response.by);
        }
    }
    let last = |person: &str| one.responses.iter().rev().find(|response| response.by.eq_ignore_ascii_case(person));
    let decided = |person: &&str| last(person).is_some_and(|last| one.decision.as_deref() == Some(&last.decision));
    people.into_iter().filter(decided).collect()
}

/// What the deadline of a question decided; none where people did, and where all that came of it is that nobody answered.
pub fn by_deadline(one: &Interaction) -> Option<String> {
    let decides = one.status == InteractionStatus::TimedOut && !is_free(one.kind);
    let port = one.decision.as_deref().filter(|port| decides && one.ports().contains(port))?;
    Some(capital(&decision(one, port)))
}

/// How a decision looks: a sign, and the class of its colour.
pub fn sign(port: &str) -> (&'static str, &'static str) {
    match port {
        "rejected" => ("✕", "bad"),
        _ => ("✓", "good"),
    }
}

/// What a person gave a tool in place of its arguments, or of its result: what it is, and the value.
pub fn given_to_tool<'a>(one: &Interaction, response: &'a Response) -> Vec<(&'static str, &'a Value)> {
    let given = |field: &str| response.data.as_ref().filter(|_| one.kind == Kind::Authorization)?.get(field);
    let is_used = response.decision == "approved";
    let told = if is_used { "Used with these arguments" } else { "With these arguments" };
    let arguments = given("arguments").map(|arguments| (told, arguments));
    let text = given("text").filter(|text| text.is_string()).map(|text| ("In the tool's place", text));
    arguments.into_iter().chain(text).collect()
}

/// What the content of a review is that an answer comes with; none where that is all that it is about.
pub fn content(one: &Interaction, response: &Response) -> Option<&'static str> {
    if one.kind != Kind::Review || response.answer.is_null() {
        return None;
    }
    let is_changed = one.content.as_ref().is_some_and(|content| *content != response.answer);
    Some(match (response.decision.as_str(), is_changed) {
        ("approved", true) => "The content as you approved it, changed by you",
        ("approved", false) => "The content that you approved",
        (_, true) => "The content, as you changed it",
        (_, false) => "The content that you rejected",
    })
}
