//! What a person fills in or chooses from: the schema of an `input` and the options of a `decision`. Both may hold
//! templates, which are rendered when the interaction is opened.

use super::model::OptionTemplate;
use crate::{
    limits,
    node::port::{BESIDE_OPTIONS, port},
    reading::{
        Cx, Fields, Place,
        schema::{self, Schema},
    },
};
use expression::Template;
use serde_json::{Map, Value};

/// Reads the schema of an `input`. Without templates it is compiled. With templates only the part that they cannot
/// change is checked; the rest is checked once it is rendered.
pub(super) fn schema(cx: &mut Cx<'_>, f: &Fields<'_, '_>, place: Place<'_>) -> Option<Template> {
    let source = f.get("schema")?;
    let template = cx.template(f, "schema", place)?;
    let at = f.at.key("schema");
    if template.is_constant() {
        schema::compile(cx, source, &at, "invalid_config");
    } else if let Some(Err(wrong)) = settled(source).as_ref().map(Schema::compile) {
        // A template further down may mend what is wrong here.
        let below = format!("{}/", wrong.pointer);
        if !template.expressions().iter().any(|(pointer, _)| pointer.starts_with(&below)) {
            cx.error("invalid_config", &at.below(&wrong.pointer), wrong.message, wrong.hint);
        }
    }
    Some(template)
}

/// The part of a schema that no template decides: without members that are templates, and without lists that hold one.
fn settled(value: &Value) -> Option<Value> {
    match value {
        Value::String(text) if text.contains("{{") => None,
        Value::Array(items) => items.iter().map(settled).collect::<Option<Vec<_>>>().map(Value::Array),
        Value::Object(members) => {
            let members = members.iter().filter_map(|(key, value)| Some((key.clone(), settled(value)?)));
            Some(Value::Object(members.collect()))
        }
        other => Some(other.clone()),
    }
}

/// Reads the options of a `decision`.
pub(super) fn options(cx: &mut Cx<'_>, f: &Fields<'_, '_>, place: Place<'_>) -> Option<Vec<OptionTemplate>> {
    if f.get("options").is_none_or(|options| options.as_array().is_some_and(Vec::is_empty)) {
        f.missing(cx, "options", "Give a list of {\"id\", \"label\"}, or of strings.");
        return None;
    }
    let list = f.list(cx, "options", limits::OPTIONS)?;
    let at = f.at.key("options");
    let mut options: Vec<OptionTemplate> = Vec::with_capacity(list.len());
    for (ix, value) in list.iter().enumerate() {
        let at = at.item(ix);
        // A string stands for an option with this id and label.
        let as_object = match value {
            Value::String(text) => Map::from_iter([("id".to_owned(), Value::String(text.clone()))]),
            Value::Object(object) => object.clone(),
            _ => {
                cx.error("invalid_config", &at, "an option is an object or a string", "Give {\"id\", \"label\"}.");
                continue;
            }
        };
        let f = Fields::new(cx, &as_object, &at, "invalid_config", &["id", "label"]);
        if f.get("id").is_none() {
            f.missing(cx, "id", "Give the name of the option's port.");
        }
        let Some(id) = port(cx, &f, "id") else { continue };
        // The id becomes a port, which edges name literally.
        if id.contains("{{") {
            let hint = "Give it an id of its own, and the template as its `label`.";
            let id_at = if value.is_string() { at } else { at.key("id") };
            cx.error("invalid_config", &id_at, "an option's id names its port: no template changes it", hint);
            continue;
        }
        if BESIDE_OPTIONS.contains(&id.as_str()) || options.iter().any(|option| option.id == id) {
            let message = format!("the port `{id}` is taken");
            cx.error(
                "invalid_config",
                &at,
                message,
                "Give every option an id of its own, other than `timeout` and `error`.",
            );
        }
        let label = match f.text(cx, "label") {
            Some(_) => cx.template(&f, "label", place),
            None => Template::compile(&Value::String(id.clone())).ok(),
        };
        options.extend(label.map(|label| OptionTemplate { id, label }));
    }
    Some(options)
}
