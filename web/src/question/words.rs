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

/// The question; a sentence in its place where the document asks none.
pub fn question(one: &Interaction) -> String {
    if !one.question.trim().is_empty() {
        return one.question.clone();
    }
    match (one.kind, &one.authorization) {
        (Kind::Authorization, Some(about)) => format!("May the tool {} be used?", tool(about)),
        (Kind::Review, _) => "Is this content right?".into(),
        (Kind::Approval | Kind::Authorization, _) => "Do you approve?".into(),
        (Kind::Input, _) => "Please fill this in".into(),
        (Kind::Decision, _) => "What should happen?".into(),
        (Kind::Ask, _) => "Please answer".into(),
    }
}

/// The name of the tool of an authorization, as a person types it.
pub fn tool(about: &Authorization) -> String {
    match &about.tool {
        Value::Null => String::new(),
        Value::String(name) => name.clone(),
        other => other.to_string(),
    }
}

/// A decision in a word or two: an option by its label.
pub fn decision(one: &Interaction, port: &str) -> String {
    let option = one.options.iter().find(|option| option.id == port);
    option.map_or_else(|| port.to_owned(), |option| option.label.clone())
}

/// What the deadline of a question decided; none where people did, and where all that came of it is that nobody answered.
pub fn by_deadline(one: &Interaction) -> Option<String> {
    let decides = one.status == InteractionStatus::TimedOut && !matches!(one.kind, Kind::Input | Kind::Ask);
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
    let arguments = given("arguments").map(|arguments| ("Used with these arguments", arguments));
    let text = given("text").filter(|text| text.is_string()).map(|text| ("In the tool's place", text));
    arguments.into_iter().chain(text).collect()
}

/// The value of an answer, where the decision does not say it already.
pub fn answer<'a>(one: &Interaction, value: &'a Value) -> Option<&'a Value> {
    match one.kind {
        Kind::Approval | Kind::Authorization | Kind::Decision => None,
        Kind::Input | Kind::Review | Kind::Ask => Some(value).filter(|value| !value.is_null()),
    }
}
