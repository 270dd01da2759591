//! Reads a form that a person sent as the answer to a question.

use super::{
    Found,
    inputs::{DATA, arguments, asks_for_tool, content, data_field, takes_arguments},
    words,
};
use crate::{
    form::{Faults, Field, Kind as FieldKind, Name, Pairs, Parsed, Reader, told_rule},
    words::sentence,
};
use api::{App, types::Fault};
use document::validate::schema::Schema;
use engine::drive::with_values;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    iter::successors,
};
use stepwell_core::{
    decide::{emptied, overlong, unmet},
    error::Reason,
    interaction::{Answer, Interaction, InteractionKind as Kind, REWIND},
    reading::Reading,
};

/// What a person sent.
pub enum Sent {
    /// An answer, with the names of its fields by the JSON Pointer in the answer.
    Answer(Box<Answer>, BTreeMap<String, String>),
    /// A form that is to have a row more or less: it comes back, and nothing is answered.
    Rows(Pairs),
    /// What cannot be read as an answer, and why.
    Wrong(Faults),
}

/// Reads the pairs of a form. Where some of it is wrong, what can be read is checked all the same, as the rules would check it,
/// so that a person learns of everything at once.
pub async fn read(app: &App, found: &Found, pairs: &Pairs) -> Sent {
    let one = &found.interaction;
    if let Some(rows) = pairs.other_rows() {
        return Sent::Rows(rows);
    }
    let (answer, Parsed { mut faults, names, .. }, unread) = typed(one, pairs);
    if faults.is_empty() {
        return Sent::Answer(Box::new(answer), names);
    }
    let mut reasons = overlong(&answer);
    if let Some(data) = answer.data.as_ref().filter(|_| one.kind == Kind::Input) {
        let broken =
            || Reading::of(|reading| unmet((&*found.workflow, &*found.execution), one, data, &unread, reading));
        // Where the store cannot bring what a rule reads, the rule is told of once everything else is right.
        reasons.extend(with_values(&*app.host, found.execution.id(), broken).await.unwrap_or_default());
    }
    let fault = |reason: Reason| Fault { path: reason.path, message: reason.message, ..Fault::default() };
    let more = refused(one, &reasons.into_iter().map(fault).collect::<Vec<_>>(), &names);
    faults.whole.extend(more.whole);
    faults.fields.extend(more.fields);
    Sent::Wrong(faults)
}

/// What was typed: the answer that it makes, what is wrong with it, and where in the data lies what could not be read.
fn typed(one: &Interaction, pairs: &Pairs) -> (Answer, Parsed, Vec<String>) {
    let mut reader = Reader::new(pairs);
    // Both are read elsewhere.
    let _ = (reader.one("form_token"), reader.one("seen"));
    let comment = reader.one("comment").filter(|text| !text.trim().is_empty()).map(str::to_owned);
    let mut answer = Answer { named: true, comment, ..Answer::default() };
    match one.kind {
        Kind::Approval | Kind::Review | Kind::Authorization => approval(one, &mut reader, &mut answer),
        Kind::Decision => decision(one, &mut reader, &mut answer),
        Kind::Ask => match reader.one("text").filter(|text| !text.trim().is_empty()) {
            Some(text) => answer.text = Some(text.to_owned()),
            None => reader.fault("text", "Write an answer."),
        },
        Kind::Input => {
            let (mut parsed, unread) = input(one, reader);
            answer.data.clone_from(&parsed.value);
            if answer.data.is_none() && parsed.faults.is_empty() {
                parsed.faults.add(DATA, "Fill this in.");
            }
            return (answer, parsed, unread);
        }
    }
    (answer, reader.done(), Vec::new())
}

fn approval(one: &Interaction, reader: &mut Reader<'_>, answer: &mut Answer) {
    answer.approved = match reader.one("choice") {
        Some("approved") => Some(true),
        Some("rejected") => Some(false),
        _ => {
            reader.fault("choice", "Choose one of the two buttons.");
            None
        }
    };
    if one.kind == Kind::Review {
        edited(one, reader, answer);
    }
    if takes_arguments(one) {
        instead(one, reader, answer);
    }
    if asks_for_tool(one) {
        let typed = reader.one("tool").map(str::trim).unwrap_or_default();
        let name = one.authorization.as_ref().map(words::tool).unwrap_or_default();
        // Who refuses need not name what is refused.
        if answer.approved == Some(true) {
            if typed != name.trim() {
                reader.fault("tool", "Type the name of the tool exactly as it is shown.");
            }
            answer.tool = Some(name);
        }
    }
}

/// The arguments of a tool, where the person changed them, or what the person gives in the tool's place.
fn instead(one: &Interaction, reader: &mut Reader<'_>, answer: &mut Answer) {
    answer.text = reader.one("text").filter(|text| !text.trim().is_empty()).map(str::to_owned);
    let Some(typed) = reader.one("arguments") else { return };
    if typed == content(arguments(one)).replace("\r\n", "\n").replace('\r', "\n") {
        return;
    }
    answer.arguments = reader.json("arguments");
    if typed.trim().is_empty() {
        reader.fault("arguments", "Write JSON here; `{}` stands for no arguments.");
    }
}

/// The content of a review, where the person changed it.
fn edited(one: &Interaction, reader: &mut Reader<'_>, answer: &mut Answer) {
    let Some(typed) = reader.one("content") else { return };
    let before = content(one.content.as_ref()).replace("\r\n", "\n").replace('\r', "\n");
    if typed == before {
        return;
    }
    if typed.trim().is_empty() {
        if let Some(reason) = emptied(one, answer.approved) {
            reader.fault("content", reason.message);
        }
        return;
    }
    let is_text = one.content.as_ref().is_none_or(|content| content.is_string() || content.is_null());
    answer.content = if is_text { Some(Value::String(typed.to_owned())) } else { reader.json("content") };
}

fn decision(one: &Interaction, reader: &mut Reader<'_>, answer: &mut Answer) {
    answer.option = reader.one("option").filter(|id| !id.is_empty()).map(str::to_owned);
    match &answer.option {
        None => reader.fault("option", "Choose one of the options."),
        Some(id) if !one.options.iter().any(|option| option.id == *id) => {
            reader.fault("option", "Choose one of the options.");
        }
        Some(_) => {}
    }
    if !one.on_error {
        return;
    }
    answer.data = reader.json("output");
    let back = reader.one("back").filter(|id| !id.is_empty()).map(|node| json!({"node": node}));
    if answer.option.as_deref() == Some(REWIND) {
        answer.data = back;
        if answer.data.is_none() {
            reader.fault("back", "Choose the node to go back to.");
        }
    }
}

/// The data of an input, and where in it lies what could not be read. Where something is wrong, the rest is checked by the schema.
fn input(one: &Interaction, reader: Reader<'_>) -> (Parsed, Vec<String>) {
    let (field, name) = (data_field(one), Name::root(DATA));
    let mut parsed = reader.value(&field, &name, "/data");
    let unread = unread(&parsed);
    if parsed.faults.is_empty() {
        return (parsed, unread);
    }
    let schema = one.schema.as_ref().and_then(|schema| Schema::of_form(schema).ok());
    let violations = schema.iter().flat_map(|schema| schema.violations(parsed.value.as_ref().unwrap_or(&Value::Null)));
    for violation in violations {
        let own = parsed.names.get(&format!("/data{}", violation.path)).cloned();
        // An object or a list with a fault in it lacks that part, which is no fault of its own.
        let inside = |name: &String| {
            let within = |fault: &String| fault == name || fault.starts_with(&format!("{name}."));
            !parsed.faults.fields.iter().any(|(fault, _)| within(fault))
        };
        if let Some(name) = own.filter(inside) {
            parsed.faults.add(&name, in_words(&field, &violation.path, violation.message));
        }
    }
    (parsed, unread)
}

/// JSON Pointers in the data to what could not be read. A row without a value has none of its own, and stands for its list.
fn unread(parsed: &Parsed) -> Vec<String> {
    let pointer = |name: &str| {
        let (pointer, _) = parsed.names.iter().find(|(_, one)| *one == name)?;
        pointer.strip_prefix("/data").map(str::to_owned)
    };
    let around = |name: &str| {
        let mut outwards = successors(Some(name), |name| name.rsplit_once('.').map(|(outer, _)| outer));
        outwards.find_map(pointer).unwrap_or_default()
    };
    parsed.faults.fields.iter().map(|(name, _)| around(name)).collect()
}

/// What is said of a text that has not the form of its pattern: what the schema says of the field, in the words of people.
/// Where it says nothing the pattern itself is told, as is everything else that is wrong.
fn in_words(whole: &Field, path: &str, message: String) -> String {
    let Some(field) = whole.at(path) else { return message };
    let FieldKind::Text(text) = &field.kind else { return message };
    if text.pattern.is_none() || !message.contains(" does not match ") {
        return message;
    }
    match (&field.description, field.titled) {
        (Some(description), _) => format!("It must have this form: {description}"),
        (None, true) => format!("It must have the form of “{}”.", field.label),
        (None, false) => message,
    }
}

/// What stands before a rule that an answer does not meet.
const RULE: &str = "the rule is not met: ";

/// What a person is told of a reason that may be a rule.
fn rule_in_words(message: &str, whole: &Field, is_beside_its_field: bool) -> String {
    message.strip_prefix(RULE).map_or_else(|| message.to_owned(), |rule| told_rule(rule, whole, is_beside_its_field))
}

/// The field that a rule is about, where it names one alone.
fn ruled<'a>(message: &str, names: &'a BTreeMap<String, String>) -> Option<&'a str> {
    let rule = message.strip_prefix(RULE)?;
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let named: BTreeSet<&str> =
        rule.split("answer.").skip(1).map(|rest| rest.split(|c| !is_word(c)).next().unwrap_or_default()).collect();
    let only = named.first().filter(|_| named.len() == 1)?;
    names.get(&format!("/data/{only}")).map(String::as_str)
}

/// The reasons for which the rules refuse an answer, each beside its field where it has one.
pub fn refused(one: &Interaction, errors: &[Fault], names: &BTreeMap<String, String>) -> Faults {
    let mut faults = Faults::default();
    let field = data_field(one);
    let whole_is_object = matches!(field.kind, FieldKind::Object(_));
    for error in errors {
        let name = match (error.path.as_str(), one.kind) {
            ("/approved", _) => Some("choice"),
            ("/option", _) => Some("option"),
            ("/text", _) => Some("text"),
            ("/content", _) => Some("content"),
            ("/tool", _) => Some("tool"),
            (path, Kind::Authorization) if path.starts_with("/arguments") => Some("arguments"),
            ("/comment", _) => Some("comment"),
            ("/data/node" | "/data/input", Kind::Decision) => Some("back"),
            // The output in place of a failed node's is one field, whatever part of it is wrong.
            (path, Kind::Decision) if path.starts_with("/data") => Some("output"),
            ("/data", _) if whole_is_object => None,
            (path, _) => names.get(path).map(String::as_str),
        };
        let name = name.or_else(|| ruled(&error.message, names));
        match name {
            Some("arguments") => {
                let place = error.path.strip_prefix("/arguments/").map(|rest| format!("{rest}: ")).unwrap_or_default();
                faults.add("arguments", format!("{place}{}", error.message));
            }
            Some(name) => {
                let place = error.path.strip_prefix("/data").filter(|_| one.kind == Kind::Input);
                let message = rule_in_words(&error.message, &field, true);
                faults.add(name, place.map_or(message.clone(), |place| in_words(&field, place, message)));
            }
            // What no field stands for says where it lies.
            None => match error.path.strip_prefix("/data").filter(|rest| !rest.is_empty()) {
                Some(rest) => faults.add_whole(format!("{rest}: {}", error.message)),
                None => faults.add_whole(sentence(&rule_in_words(&error.message, &field, false))),
            },
        }
    }
    faults
}
