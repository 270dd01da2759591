//! The people whom a document names.

use super::group::{group_of, is_group_name};
use crate::{
    limits,
    reading::{Cx, Fields, Place},
};
use expression::Template;
use serde_json::Value;

/// A list of people, as text or templates, or one template that yields a list.
pub(crate) fn people(cx: &mut Cx<'_>, f: &Fields<'_, '_>, key: &str, place: Place<'_>) -> Option<Template> {
    match f.get(key)? {
        Value::String(_) => drop(f.text(cx, key)?),
        _ => {
            let list = f.list(cx, key, limits::PEOPLE)?;
            let named = |one: &Value| one.as_str().is_some_and(|text| !text.trim().is_empty());
            if list.is_empty() || !list.iter().all(named) {
                f.wrong(cx, key, format!("`{key}` names nobody"), "Give a list of e-mail addresses or names.");
                return None;
            }
            let texts = list.iter().filter_map(Value::as_str).filter(|text| !text.contains("{{"));
            if let Some(name) = texts.filter_map(group_of).find(|name| !is_group_name(name)) {
                let hint = "Write `group:finance`: 1 to 64 bytes without a comma or a control character.";
                f.wrong(cx, key, format!("`{name}` cannot name a group"), hint);
                return None;
            }
        }
    }
    cx.template(f, key, place)
}
