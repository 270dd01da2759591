//! Reads an event pattern, collecting every fault instead of stopping at the first.

use super::{
    leaf::{Compare, Matcher, Text},
    matching::{Field, Pattern},
};
use crate::{
    limits,
    reading::{join, kind_of, suggest},
};
use core::net::IpAddr;
use serde_json::{Map, Value};

/// One thing that is wrong with a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// JSON Pointer (RFC 6901) to the faulty place within the pattern.
    pub path: String,
    /// What is wrong, for people.
    pub message: String,
    /// How to put it right, for people.
    pub hint: String,
}

const OPERATORS: [&str; 8] =
    ["prefix", "suffix", "equals-ignore-case", "wildcard", "anything-but", "numeric", "exists", "cidr"];
const LISTED: &str = "Give a list of what matches, such as `[\"aws.s3\"]`.";

struct Reader {
    faults: Vec<Fault>,
}

impl Pattern {
    /// Reads a pattern from its JSON.
    ///
    /// # Errors
    /// Every fault of the pattern, for people.
    pub fn read(pattern: &Value) -> Result<Self, Vec<Fault>> {
        let mut reader = Reader { faults: Vec::new() };
        if pattern.to_string().len() > limits::PATTERN_BYTES {
            let hint = format!("Keep it within {} bytes, as EventBridge does.", limits::PATTERN_BYTES);
            reader.wrong("", "the pattern is too long", hint);
            return Err(reader.faults);
        }
        let read = match pattern {
            Value::Object(fields) => reader.pattern(fields, ""),
            other => {
                reader.wrong("", format!("the pattern is {}", kind_of(other)), "Give an object.");
                None
            }
        };
        match read {
            Some(pattern) if reader.faults.is_empty() => Ok(pattern),
            _ => Err(reader.faults),
        }
    }
}

impl Reader {
    fn wrong(&mut self, path: &str, message: impl Into<String>, hint: impl Into<String>) {
        self.faults.push(Fault { path: path.into(), message: message.into(), hint: hint.into() });
    }

    fn pattern(&mut self, object: &Map<String, Value>, path: &str) -> Option<Pattern> {
        if object.is_empty() {
            self.wrong(path, "nothing is named here", "Name at least one field, such as `\"source\": [\"aws.s3\"]`.");
            return None;
        }
        let mut pattern = Pattern { fields: Vec::new(), groups: Vec::new() };
        for (name, value) in object {
            let below = join(path, name);
            match value {
                Value::Array(items) if name == "$or" => pattern.groups.push(self.group(items, &below)),
                Value::Object(fields) => {
                    let field = self.pattern(fields, &below).map(Field::Below);
                    pattern.fields.extend(field.map(|field| (name.clone(), field)));
                }
                Value::Array(items) if !items.is_empty() => {
                    let matchers = items.iter().enumerate();
                    let matchers = matchers.filter_map(|(at, item)| self.matcher(item, &format!("{below}/{at}")));
                    pattern.fields.push((name.clone(), Field::OneOf(matchers.collect())));
                }
                Value::Array(_) => self.wrong(&below, "this list is empty, so nothing matches", LISTED),
                other => self.wrong(&below, format!("`{name}` is {}", kind_of(other)), LISTED),
            }
        }
        Some(pattern)
    }

    fn group(&mut self, items: &[Value], path: &str) -> Vec<Pattern> {
        if items.len() < 2 {
            self.wrong(path, "`$or` has fewer than two patterns", "Give two, or name the fields without `$or`.");
        }
        let mut group = Vec::new();
        for (at, item) in items.iter().enumerate() {
            let below = format!("{path}/{at}");
            match item {
                Value::Object(fields) => group.extend(self.pattern(fields, &below)),
                other => {
                    self.wrong(&below, format!("this is {}", kind_of(other)), "In `$or`, give patterns: objects.");
                }
            }
        }
        group
    }

    fn matcher(&mut self, item: &Value, path: &str) -> Option<Matcher> {
        let object = match item {
            Value::Object(object) => object,
            Value::Array(_) => {
                self.wrong(path, "this is a list within a list", LISTED);
                return None;
            }
            scalar => return Some(Matcher::Equals(scalar.clone())),
        };
        let (name, value) = self.operator(object, path)?;
        let below = join(path, name);
        match name {
            "anything-but" => self.anything_but(value, &below),
            "numeric" => self.numeric(value, &below),
            "exists" => match value {
                Value::Bool(wanted) => Some(Matcher::Exists(*wanted)),
                other => self.mistyped(other, &below, "Give `true` or `false`."),
            },
            "cidr" => self.cidr(value, &below),
            _ => self.text(name, value, &below).map(Matcher::Text),
        }
    }

    /// The name and the value of an operator: the only member of its object.
    fn operator<'v>(&mut self, object: &'v Map<String, Value>, path: &str) -> Option<(&'v str, &'v Value)> {
        let mut members = object.iter();
        let (Some((name, value)), None) = (members.next(), members.next()) else {
            self.wrong(path, format!("here are {} operators", object.len()), "Give one per object of the list.");
            return None;
        };
        if !OPERATORS.contains(&name.as_str()) {
            let hint = suggest::hint(name, OPERATORS.iter().copied());
            self.wrong(&join(path, name), format!("`{name}` is no operator of event patterns"), hint);
            return None;
        }
        Some((name, value))
    }

    /// Notes that a value is of the wrong type. Gives none, so that callers can return it as it is.
    fn mistyped<T>(&mut self, value: &Value, path: &str, hint: &str) -> Option<T> {
        self.wrong(path, format!("this is {}", kind_of(value)), hint);
        None
    }

    /// Reads an operator on text, by its name.
    fn text(&mut self, name: &str, value: &Value, path: &str) -> Option<Text> {
        match (name, value) {
            ("prefix", Value::String(text)) => Some(Text::Prefix(text.clone())),
            ("suffix", Value::String(text)) => Some(Text::Suffix(text.clone())),
            ("equals-ignore-case", Value::String(text)) => Some(Text::Folded(text.to_lowercase())),
            ("wildcard", Value::String(text)) => self.wildcard(text, path).map(Text::Wildcard),
            ("prefix" | "suffix", Value::Object(object)) => match object.get("equals-ignore-case") {
                Some(Value::String(text)) if object.len() == 1 => match name {
                    "prefix" => Some(Text::FoldedPrefix(text.to_lowercase())),
                    _ => Some(Text::FoldedSuffix(text.to_lowercase())),
                },
                _ => self.mistyped(value, path, "Give a text, or `{\"equals-ignore-case\": text}`."),
            },
            _ => self.mistyped(value, path, "Give a text."),
        }
    }

    /// Splits a wildcard such as `a*b` at its stars. `\*` and `\\` stand for a star and a backslash.
    fn wildcard(&mut self, text: &str, path: &str) -> Option<Vec<String>> {
        let mut parts = vec![String::new()];
        let mut characters = text.chars();
        let wrong = loop {
            match characters.next() {
                None if text.len() > limits::WILDCARD_BYTES => break "this wildcard is too long",
                None => return Some(parts),
                Some('*') if parts.len() > 1 && parts.last().is_some_and(String::is_empty) => {
                    break "two stars stand side by side";
                }
                Some('*') => parts.push(String::new()),
                Some('\\') => match (characters.next(), parts.last_mut()) {
                    (Some(c @ ('*' | '\\')), Some(part)) => part.push(c),
                    _ => break "a backslash escapes nothing",
                },
                Some(c) => parts.last_mut().into_iter().for_each(|part| part.push(c)),
            }
        };
        let hint = format!("One `*` is any text, `\\*` a star; at most {} bytes.", limits::WILDCARD_BYTES);
        self.wrong(path, wrong, hint);
        None
    }

    /// Reads the value of `anything-but`: an operator on text, a value, or a list of values of one type.
    fn anything_but(&mut self, value: &Value, path: &str) -> Option<Matcher> {
        let listed = |value: &Value| match value {
            Value::Array(items) => items.clone(),
            other => vec![other.clone()],
        };
        if let Value::Object(object) = value {
            let (name, inner) = self.operator(object, path)?;
            let below = join(path, name);
            if !matches!(name, "prefix" | "suffix" | "equals-ignore-case" | "wildcard") {
                let hint = "Give values, or one of `prefix`, `suffix`, `equals-ignore-case` and `wildcard`.";
                self.wrong(&below, format!("`anything-but` takes no `{name}`"), hint);
                return None;
            }
            let texts: Vec<Text> = listed(inner).iter().filter_map(|one| self.text(name, one, &below)).collect();
            return Some(Matcher::NoText(texts)).filter(|_| self.filled(&listed(inner), &below));
        }
        let values = listed(value);
        let uniform = values.iter().all(Value::is_string) || values.iter().all(Value::is_number);
        if values.len() > 1 && !uniform || values.iter().any(|one| one.is_array() || one.is_object()) {
            return self.mistyped(value, path, "Give a value, or a list of strings or of numbers.");
        }
        self.filled(&values, path).then_some(Matcher::NoneOf(values))
    }

    /// Whether a list has items; an empty one is noted as a fault.
    fn filled(&mut self, values: &[Value], path: &str) -> bool {
        if values.is_empty() {
            self.wrong(path, "this list is empty", "Name what is not to match.");
        }
        !values.is_empty()
    }

    /// Reads the value of `numeric`: one comparison, or two that bound a range which is not empty.
    fn numeric(&mut self, value: &Value, path: &str) -> Option<Matcher> {
        const HINT: &str =
            "Give `[\"<\", 10]`, or `[\">\", 0, \"<=\", 5]`; the operators are `=`, `<`, `<=`, `>`, `>=`.";
        let Value::Array(items) = value else { return self.mistyped(value, path, HINT) };
        let mut bounds = Vec::new();
        for pair in items.chunks(2) {
            let compare = match pair[0].as_str() {
                Some("=") => Some(Compare::Equal),
                Some("<") => Some(Compare::Less),
                Some("<=") => Some(Compare::AtMost),
                Some(">") => Some(Compare::More),
                Some(">=") => Some(Compare::AtLeast),
                _ => None,
            };
            bounds.extend(compare.zip(pair.get(1).and_then(Value::as_f64)));
        }
        let is_range = |pair: &[(Compare, f64)]| {
            use Compare::{AtLeast, AtMost, Less, More};
            let upward = matches!((pair[0].0, pair[1].0), (More | AtLeast, Less | AtMost));
            let downward = matches!((pair[0].0, pair[1].0), (Less | AtMost, More | AtLeast));
            upward && pair[0].1 < pair[1].1 || downward && pair[1].1 < pair[0].1
        };
        // A pair that is no comparison is missing from `bounds`.
        let whole = bounds.len() * 2 == items.len();
        let good = whole && (bounds.len() == 1 || bounds.len() == 2 && is_range(&bounds));
        if !good {
            self.wrong(path, "this is no comparison of numbers", HINT);
        }
        good.then_some(Matcher::Numeric(bounds))
    }

    fn cidr(&mut self, value: &Value, path: &str) -> Option<Matcher> {
        let parts = value.as_str().and_then(|text| text.split_once('/'));
        let network = parts.and_then(|(address, bits)| Some((address.parse().ok()?, bits.parse().ok()?)));
        let within = |(address, bits): &(IpAddr, u32)| *bits <= if address.is_ipv4() { 32 } else { 128 };
        match network.filter(within) {
            Some((address, bits)) => Some(Matcher::Cidr(address, bits)),
            None => {
                self.wrong(path, "this is no range of IP addresses", "Give one such as `10.0.0.0/8`.");
                None
            }
        }
    }
}
