//! A rule of a form for people who fill it in: a simple comparison in words, with what the form calls its fields. Rules are
//! written for programs, and no form names its fields as they do.

use super::{
    field::{Field, Input, Kind, Text, plain},
    record::day,
};
use crate::words::beginning;
use serde_json::Value;

/// What stands between a sentence and what only whoever wrote the workflow needs to know of it.
pub const DETAIL: char = '\u{1f}';

/// Characters of a value that a sentence has room for.
const VALUE: usize = 60;

/// What a person is told of a rule that an answer does not meet. `is_beside_its_field` says whether that stands where the field
/// is named already. A rule that no sentence is made of follows it as it is written.
pub fn told(rule: &str, whole: &Field, is_beside_its_field: bool) -> String {
    let rule = rule.trim();
    let said = compared(rule, whole, is_beside_its_field).or_else(|| agreed(rule, whole, is_beside_its_field));
    said.unwrap_or_else(|| format!("This does not meet a rule of the workflow.{DETAIL}{rule}"))
}

/// One side of a comparison.
enum Side<'a> {
    /// A field of the form.
    Field(&'a Field),
    /// How long a text, or how many rows a list of the form has.
    Size(&'a Field),
    /// A value.
    Value(Value),
}

/// `answer.nights < 15` and the like.
fn compared(rule: &str, whole: &Field, is_beside_its_field: bool) -> Option<String> {
    let operators = ["<=", ">=", "==", "!=", "<", ">"];
    let (at, operator) = operators
        .iter()
        .filter_map(|one| Some((rule.find(one)?, *one)))
        .min_by_key(|(at, one)| (*at, 2 - one.len()))?;
    let (left, right) = (side(&rule[..at], whole)?, side(&rule[at + operator.len()..], whole)?);
    let (subject, operator, bound) = match (left, right) {
        (Side::Value(_), Side::Value(_)) => return None,
        (left @ Side::Value(_), right) => (right, turned(operator), left),
        (left, right) => (left, operator, right),
    };
    let (field, is_size) = match &subject {
        Side::Field(field) => (*field, false),
        Side::Size(field) => (*field, true),
        Side::Value(_) => return None,
    };
    let named = if is_beside_its_field { "It" } else { field.label.as_str() };
    let is_time = matches!(field.kind, Kind::Text(Text { input: Input::Date | Input::Moment, .. })) && !is_size;
    let bound = match bound {
        Side::Field(other) => other.label.clone(),
        Side::Size(_) => return None,
        Side::Value(value) if is_size => counted(field, &value)?,
        Side::Value(value) => in_words(field, &value),
    };
    let verb = if is_size { "have" } else { "be" };
    Some(match (operator, is_time) {
        ("<", true) => format!("{named} must be before {bound}."),
        ("<=", true) => format!("{named} must be {bound} or before."),
        (">", true) => format!("{named} must be after {bound}."),
        (">=", true) => format!("{named} must be {bound} or after."),
        ("<", false) => format!("{named} must {verb} less than {bound}."),
        ("<=", false) => format!("{named} must {verb} {bound} at most."),
        (">", false) => format!("{named} must {verb} more than {bound}."),
        (">=", false) => format!("{named} must {verb} {bound} or more."),
        ("==", _) => format!("{named} must {verb} {bound}."),
        _ => format!("{named} must not {verb} {bound}."),
    })
}

/// `answer.agreed` or `!answer.agreed`, of a field of yes and no.
fn agreed(rule: &str, whole: &Field, is_beside_its_field: bool) -> Option<String> {
    let (path, word) = rule.strip_prefix('!').map_or((rule, "Yes"), |path| (path, "No"));
    let field = field(path, whole).filter(|field| field.kind == Kind::Boolean)?;
    let named = if is_beside_its_field { "It" } else { field.label.as_str() };
    Some(format!("{named} must be {word}."))
}

fn side<'a>(text: &str, whole: &'a Field) -> Option<Side<'a>> {
    let text = text.trim();
    if let Some(inner) = text.strip_prefix("size(").and_then(|rest| rest.strip_suffix(')')) {
        return Some(Side::Size(field(inner, whole)?));
    }
    if let Some(field) = field(text, whole) {
        return Some(Side::Field(field));
    }
    let quoted =
        |quote: char| text.strip_prefix(quote)?.strip_suffix(quote).filter(|inner| !inner.contains([quote, '\\']));
    if let Some(inner) = quoted('\'').or_else(|| quoted('"')) {
        return Some(Side::Value(inner.into()));
    }
    let value = serde_json::from_str::<Value>(text).ok()?;
    matches!(value, Value::Number(_) | Value::Bool(_)).then_some(Side::Value(value))
}

/// The field that `answer.address.street` names.
fn field<'a>(path: &str, whole: &'a Field) -> Option<&'a Field> {
    let rest = path.trim().strip_prefix("answer.")?;
    let is_name = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    rest.split('.').all(is_name).then(|| whole.at(&format!("/{}", rest.replace('.', "/"))))?
}

fn turned(operator: &'static str) -> &'static str {
    match operator {
        "<" => ">",
        "<=" => ">=",
        ">" => "<",
        ">=" => "<=",
        same => same,
    }
}

/// A value as its field shows it.
fn in_words(field: &Field, value: &Value) -> String {
    let label =
        |choices: &[super::field::Choice]| choices.iter().find(|one| one.value == *value).map(|one| one.label.clone());
    let told = match (&field.kind, value) {
        (Kind::Choice(choices) | Kind::Several(choices), _) => label(choices),
        (Kind::Text(_), Value::String(text)) => day(text),
        _ => None,
    };
    beginning(&told.unwrap_or_else(|| plain(value)), VALUE)
}

/// So many of what a field holds: characters of a text, rows of a list.
fn counted(field: &Field, value: &Value) -> Option<String> {
    let word = match field.kind {
        Kind::Text(_) => "character",
        Kind::List(_) | Kind::Several(_) => "entr",
        Kind::Number(_) | Kind::Boolean | Kind::Choice(_) | Kind::Constant(_) | Kind::Object(_) | Kind::Json => {
            return None;
        }
    };
    let many = value.as_u64()?;
    Some(match (word, many) {
        ("entr", 1) => "1 entry".into(),
        ("entr", many) => format!("{many} entries"),
        (word, many) => crate::words::count(many, word),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::field_of;
    use serde_json::json;

    #[test]
    fn a_simple_comparison_is_said_with_the_names_of_the_form() {
        let schema = json!({"type": "object", "properties": {
            "nights": {"type": "integer"}, "from": {"type": "string", "format": "date", "title": "First day"},
            "to": {"type": "string", "format": "date", "title": "Last day"}, "ok": {"type": "boolean", "title": "I agree"},
            "stops": {"type": "array", "items": {"type": "string"}}, "name": {"type": "string"},
            "size": {"enum": ["S", "M"]}, "home": {"type": "object", "properties": {"town": {"type": "string"}}}}});
        let whole = field_of("data", &schema);
        for (rule, beside, sentence) in [
            ("answer.nights < 15", true, "It must be less than 15."),
            ("answer.nights < 15", false, "Nights must be less than 15."),
            ("15 >= answer.nights", false, "Nights must be 15 at most."),
            ("answer.nights>=3", true, "It must be 3 or more."),
            ("answer.nights != 0", true, "It must not be 0."),
            ("answer.to > answer.from", false, "Last day must be after First day."),
            ("answer.from >= '2026-01-05'", true, "It must be 5 January 2026 or after."),
            ("size(answer.stops) > 1", false, "Stops must have more than 1 entry."),
            ("size(answer.name) <= 20", true, "It must have 20 characters at most."),
            ("answer.size == 'M'", false, "Size must be M."),
            ("answer.home.town != \"Rome\"", false, "Town must not be Rome."),
            ("answer.ok", false, "I agree must be Yes."),
            ("!answer.ok", true, "It must be No."),
        ] {
            assert_eq!(told(rule, &whole, beside), sentence, "{rule}");
        }
        for rule in [
            "size(answer) > 2",
            "!has(answer.nights) || answer.nights < 3",
            "answer.nights < input.most",
            "answer.none < 3",
        ] {
            let said = told(rule, &whole, false);
            assert_eq!(said, format!("This does not meet a rule of the workflow.{DETAIL}{rule}"));
        }
    }
}
