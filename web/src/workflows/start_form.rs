//! The form by which a workflow is started: the fields of its input's schema, with what is read of them.

use crate::form::{
    Faults, Field, Kind, Name, Pairs, Parsed, Reader, Shown, blank, faults_of, field_of, hint_of, id_of, label_of,
};
use api::types::{Fault, StartBody};
use maud::{Markup, html};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The name of the input's whole value.
const INPUT: &str = "input";
/// The name of the metadata.
const METADATA: &str = "metadata";

/// What was sent.
pub enum Read {
    /// What the execution starts with, with the names of the fields by the JSON Pointer of their value.
    Body(Box<StartBody>, BTreeMap<String, String>),
    /// A form that is to have a row more or less.
    Rows(Pairs),
    /// What cannot be read.
    Wrong(Faults),
}

/// The field of the input; without a schema anything, as JSON.
pub fn field(document: &Value) -> Field {
    let schema = document.get("input_schema");
    let mut field = field_of(INPUT, schema.unwrap_or(&Value::Bool(true)));
    if schema.is_none_or(|schema| schema.get("title").is_none()) {
        field.label = "Input".into();
    }
    // `{}` stands for nothing.
    field.required = schema.is_some() && !matches!(field.kind, Kind::Json);
    field
}

/// What the form holds before anybody typed.
pub fn start(field: &Field) -> Pairs {
    blank(field, &Name::root(INPUT))
}

/// Reads what was sent. `version` is that of the page where the form asks for an older one.
pub fn read(field: &Field, pairs: &Pairs) -> Read {
    if let Some(rows) = pairs.other_rows() {
        return Read::Rows(rows);
    }
    let mut reader = Reader::new(pairs);
    let _ = reader.one("key");
    let version = reader.one("version").unwrap_or_default();
    let version = (!version.is_empty()).then(|| version.parse::<u64>());
    let metadata: Option<Map<String, Value>> = match reader.json(METADATA) {
        None => None,
        Some(Value::Object(members)) => Some(members),
        Some(_) => {
            reader.fault(METADATA, "Write an object, such as {\"team\": \"north\"}.");
            None
        }
    };
    let Parsed { value, mut faults, names } = reader.value(field, &Name::root(INPUT), "/input");
    let version = match version {
        None => None,
        Some(Ok(version)) => Some(version),
        Some(Err(_)) => {
            faults.add_whole("The form names no version: load the page again.");
            None
        }
    };
    if faults.is_empty() {
        Read::Body(Box::new(StartBody { input: value, version, metadata }), names)
    } else {
        Read::Wrong(faults)
    }
}

/// The reasons for which the API refuses the input, each beside its field where it has one.
pub fn refused(field: &Field, errors: &[Fault], names: &BTreeMap<String, String>) -> Faults {
    let mut faults = Faults::default();
    let is_object = matches!(field.kind, Kind::Object(_));
    for error in errors {
        // Of an input that does not fit its schema the API names the place within the input.
        let place = (error.code == "invalid_input").then_some(error.path.as_str());
        let whole = place == Some("") && is_object;
        let name = place.filter(|_| !whole).and_then(|place| names.get(&format!("/input{place}")));
        match (name, place.filter(|place| !place.is_empty())) {
            (Some(name), _) => faults.add(name, error.message.clone()),
            // What no field stands for says where it lies.
            (None, Some(place)) if is_object => faults.add_whole(format!("{place}: {}", error.message)),
            (None, Some(place)) => faults.add(INPUT, format!("{place}: {}", error.message)),
            (None, None) => faults.add_whole(error.message.clone()),
        }
    }
    faults
}

/// What a field is called, for the list of what is wrong.
pub fn label(field: &Field, name: &str) -> String {
    if name == METADATA {
        return "Metadata".into();
    }
    label_of(field, &Name::root(INPUT), name)
}

/// The fields.
pub fn fields(field: &Field, shown: Shown<'_>) -> Markup {
    let name = Name::root(INPUT);
    let metadata = shown.pairs.get(METADATA).unwrap_or_default();
    let is_wrong = !shown.faults.of(METADATA).is_empty();
    let id = id_of(METADATA);
    let described = if is_wrong { format!("{id}-fault {id}-hint") } else { format!("{id}-hint") };
    html! {
        @match &field.kind {
            Kind::Object(fields) => {
                @if let Some(about) = &field.description { p.hint dir="auto" { (about) } }
                (shown.members(fields, &name, true))
            },
            Kind::Json | Kind::Text(_) | Kind::Number(_) | Kind::Boolean | Kind::Choice(_) | Kind::Several(_)
            | Kind::Constant(_) | Kind::List(_) => (shown.field(field, &name, true)),
        }
        details.more open[is_wrong || !metadata.trim().is_empty()] {
            summary { "Metadata" }
            div.field.wrong[is_wrong] {
                label for=(id) { "Metadata " span.mark.optional { "optional" } }
                (hint_of(METADATA, "An object in JSON, by which lists of executions can be filtered."))
                (faults_of(shown.faults, METADATA))
                textarea.code id=(id) name=(METADATA) rows="3" spellcheck="false" aria-describedby=(described)
                    aria-invalid=[is_wrong.then_some("true")] { "\n" (metadata) }
            }
        }
    }
}
