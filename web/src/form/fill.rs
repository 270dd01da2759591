//! Fills a form in with a value: the pairs that a browser would send of it.

use super::{
    field::{Field, Kind},
    name::Name,
    pairs::Pairs,
};
use serde_json::Value;

/// Adds the pairs of a value to a form; without a value those of the field's default. What the field cannot show is left
/// out.
pub fn fill(field: &Field, name: &Name, value: Option<&Value>, pairs: &mut Pairs) {
    let value = value.or(field.default.as_ref());
    match (&field.kind, value) {
        (Kind::Object(fields), value) => {
            for inner in fields {
                let own = value.and_then(|value| value.get(&inner.key));
                // A value that is given says what is absent; only without one the defaults of its parts count.
                if own.is_some() || value.is_none() {
                    fill(inner, &name.member(&inner.key), own, pairs);
                }
            }
        }
        (Kind::List(list), value) => {
            let items = value.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            let items = &items[..items.len().min(crate::limits::ROWS)];
            pairs.push(name.rows().as_str(), items.len().max(list.least).max(1).to_string());
            for (at, item) in items.iter().enumerate() {
                fill(&list.item, &name.row(at), Some(item), pairs);
            }
        }
        (Kind::Several(_), Some(Value::Array(chosen))) => {
            chosen.iter().for_each(|one| pairs.push(name.as_str(), one.to_string()));
        }
        (Kind::Constant(_), Some(_)) if !field.required => pairs.push(name.as_str(), "on"),
        (Kind::Text(_), Some(Value::String(text))) => pairs.push(name.as_str(), text.as_str()),
        (Kind::Number(_), Some(value @ Value::Number(_)))
        | (Kind::Boolean, Some(value @ Value::Bool(_)))
        | (Kind::Choice(_), Some(value)) => pairs.push(name.as_str(), value.to_string()),
        (Kind::Json, Some(value)) => pairs.push(name.as_str(), format!("{value:#}")),
        (Kind::Several(_) | Kind::Constant(_) | Kind::Text(_) | Kind::Number(_) | Kind::Boolean, _)
        | (Kind::Choice(_) | Kind::Json, None) => {}
    }
}
