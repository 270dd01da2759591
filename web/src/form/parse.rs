//! Reads what a browser sent of a form as the value that it stands for. Texts become what the schema says; what cannot
//! is a fault of its field.

use super::{
    faults::Faults,
    field::{Choice, Field, Input, Kind, Numeric},
    name::{Name, below},
    pairs::Pairs,
};
use document::{
    json::{Unique, nesting},
    validate::schema::Schema,
};
use serde_json::{Map, Number, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A form that was read.
#[derive(Debug, Default)]
pub struct Parsed {
    /// The value; none where nothing was entered. Parts that have a fault are missing in it.
    pub value: Option<Value>,
    /// What could not be read.
    pub faults: Faults,
    /// The names of fields by the JSON Pointer of their value. Rows that were left blank have none.
    pub names: BTreeMap<String, String>,
}

/// Reads the fields of one form. It keeps account of the names that it knows, so that nothing that was sent is ignored.
pub struct Reader<'a> {
    pairs: &'a Pairs,
    once: BTreeSet<String>,
    often: BTreeSet<String>,
    faults: Faults,
    names: BTreeMap<String, String>,
}

/// What a field gave.
enum Got {
    /// Nothing was entered.
    Nothing,
    /// A value that nobody entered: a constant.
    Implied(Value),
    /// A value.
    Value(Value),
    /// What cannot be read: the fault is noted.
    Wrong,
}

impl<'a> Reader<'a> {
    /// A reader of these pairs.
    pub fn new(pairs: &'a Pairs) -> Self {
        Self { pairs, once: BTreeSet::new(), often: BTreeSet::new(), faults: Faults::default(), names: BTreeMap::new() }
    }

    /// The value of a field that has no schema.
    pub fn one(&mut self, name: &str) -> Option<&'a str> {
        self.once.insert(name.to_owned());
        let found = self.pairs.iter().find(|(one, _)| *one == name);
        found.map(|(_, value)| value)
    }

    /// Notes a fault of a field.
    pub fn fault(&mut self, name: &str, message: impl Into<String>) {
        self.faults.add(name, message);
    }

    /// The value of a text area of JSON; none where it is empty, or where it cannot be read and the fault is noted.
    pub fn json(&mut self, name: &str) -> Option<Value> {
        match self.json_at(name) {
            Got::Value(value) | Got::Implied(value) => Some(value),
            Got::Nothing | Got::Wrong => None,
        }
    }

    /// The value of a form's outermost field, and all that is wrong so far.
    pub fn value(mut self, field: &Field, name: &Name, pointer: &str) -> Parsed {
        let value = match self.field(field, name, pointer) {
            Got::Value(value) | Got::Implied(value) => Some(value),
            Got::Nothing | Got::Wrong => None,
        };
        Parsed { value, ..self.done() }
    }

    /// Ends the reading: names that nobody asked for, and values that were sent twice, are faults of the form.
    pub fn done(mut self) -> Parsed {
        let mut seen = BTreeSet::new();
        for (name, _) in self.pairs.iter() {
            if self.often.contains(name) {
                continue;
            }
            if !self.once.contains(name) {
                self.faults
                    .add_whole(format!("The form has no field {name}: load the page again and send its own form."));
            } else if !seen.insert(name) {
                self.faults.add_whole(format!("The field {name} was sent twice: load the page again."));
            }
        }
        self.faults.whole.dedup();
        Parsed { value: None, faults: self.faults, names: self.names }
    }

    fn field(&mut self, field: &Field, name: &Name, pointer: &str) -> Got {
        self.names.insert(pointer.to_owned(), name.as_str().to_owned());
        match &field.kind {
            Kind::Object(fields) => self.object(field, fields, name, pointer),
            Kind::List(list) => self.list(field, &list.item, name, pointer),
            Kind::Several(choices) => self.several(field, choices, name),
            Kind::Constant(value) if field.required => Got::Implied(value.clone()),
            Kind::Constant(value) => match self.one(name.as_str()) {
                None => Got::Nothing,
                Some(_) => Got::Value(value.clone()),
            },
            Kind::Json => match self.json_at(name.as_str()) {
                Got::Nothing => self.nothing(field, name),
                got => got,
            },
            Kind::Text(_) | Kind::Number(_) | Kind::Boolean | Kind::Choice(_) => self.single(field, name),
        }
    }

    /// A field with one value, which is read from one text.
    fn single(&mut self, field: &Field, name: &Name) -> Got {
        let text = self.one(name.as_str()).unwrap_or_default();
        if text.is_empty() {
            return self.nothing(field, name);
        }
        let read = match &field.kind {
            Kind::Text(about) => formatted(about.input, text),
            Kind::Number(about) => number(about, text).map(Value::Number),
            Kind::Boolean => match text {
                "true" => Ok(Value::Bool(true)),
                "false" => Ok(Value::Bool(false)),
                _ => Err("Choose yes or no.".into()),
            },
            Kind::Choice(choices) => chosen(choices, text),
            Kind::Several(_) | Kind::Constant(_) | Kind::Object(_) | Kind::List(_) | Kind::Json => Ok(Value::Null),
        };
        match read {
            Ok(value) => Got::Value(value),
            Err(message) => self.wrong(name, message),
        }
    }

    fn nothing(&mut self, field: &Field, name: &Name) -> Got {
        match (field.required, field.nullable) {
            (false, _) => Got::Nothing,
            (true, true) => Got::Implied(Value::Null),
            (true, false) => {
                let choose = matches!(field.kind, Kind::Boolean | Kind::Choice(_));
                self.wrong(name, if choose { "Choose one." } else { "Fill this in." })
            }
        }
    }

    fn wrong(&mut self, name: &Name, message: impl Into<String>) -> Got {
        self.faults.add(name.as_str(), message);
        Got::Wrong
    }

    /// An object that need not be there is absent where nothing was entered in it, whatever its parts would need.
    fn object(&mut self, field: &Field, fields: &[Field], name: &Name, pointer: &str) -> Got {
        let before = self.faults.clone();
        let (mut members, mut entered) = (Map::new(), false);
        for inner in fields {
            match self.field(inner, &name.member(&inner.key), &below(pointer, &inner.key)) {
                Got::Nothing => {}
                Got::Implied(value) => {
                    members.insert(inner.key.clone(), value);
                }
                Got::Value(value) => {
                    entered = true;
                    members.insert(inner.key.clone(), value);
                }
                // A field that was left blank is no reason to take the object for entered.
                Got::Wrong => entered |= self.is_entered(inner, &name.member(&inner.key)),
            }
        }
        match (entered, field.required, field.nullable) {
            (true, ..) => Got::Value(Value::Object(members)),
            (false, true, false) => Got::Implied(Value::Object(members)),
            (false, required, _) => {
                self.faults = before;
                if required { Got::Implied(Value::Null) } else { Got::Nothing }
            }
        }
    }

    /// Whether anything was entered in a field or below it.
    fn is_entered(&self, field: &Field, name: &Name) -> bool {
        let inside = format!("{}.", name.as_str());
        let is_group = matches!(field.kind, Kind::Object(_) | Kind::List(_));
        self.pairs.iter().any(|(one, value)| {
            let own = one == name.as_str() || (is_group && one.starts_with(&inside) && !one.ends_with(".%rows"));
            own && !value.is_empty()
        })
    }

    /// The rows in which something was entered.
    fn list(&mut self, field: &Field, item: &Field, name: &Name, pointer: &str) -> Got {
        self.once.insert(name.rows().as_str().to_owned());
        let (mut items, mut wrong) = (Vec::new(), false);
        for row in 0..self.pairs.rows(name.as_str()).unwrap_or_default() {
            match self.field(item, &name.row(row), &format!("{pointer}/{}", items.len())) {
                Got::Value(value) => items.push(value),
                Got::Nothing | Got::Implied(_) => {}
                Got::Wrong => wrong = true,
            }
        }
        match (items.is_empty(), field.required, field.nullable) {
            (true, ..) if wrong => Got::Wrong,
            (true, false, _) => Got::Nothing,
            (true, true, true) => Got::Implied(Value::Null),
            (true, true, false) => Got::Implied(Value::Array(items)),
            (false, ..) => Got::Value(Value::Array(items)),
        }
    }

    fn several(&mut self, field: &Field, choices: &[Choice], name: &Name) -> Got {
        self.often.insert(name.as_str().to_owned());
        let read: Result<Vec<Value>, String> =
            self.pairs.all(name.as_str()).map(|sent| chosen(choices, sent)).collect();
        match read {
            Err(message) => self.wrong(name, message),
            Ok(values) if !values.is_empty() => Got::Value(Value::Array(values)),
            Ok(_) if !field.required => Got::Nothing,
            Ok(_) if field.nullable => Got::Implied(Value::Null),
            Ok(values) => Got::Implied(Value::Array(values)),
        }
    }

    fn json_at(&mut self, name: &str) -> Got {
        let text = self.one(name).unwrap_or_default().trim();
        if text.is_empty() {
            return Got::Nothing;
        }
        let deepest = engine::limits::JSON_DEPTH;
        let message = if nesting(text.as_bytes()) > deepest {
            format!("This JSON nests too deep: {deepest} levels at most.")
        } else {
            match serde_json::from_str::<Unique>(text) {
                Ok(Unique(value)) => return Got::Value(value),
                Err(error) => format!("This is no JSON: {error}. Texts stand in double quotes."),
            }
        };
        self.faults.add(name, message);
        Got::Wrong
    }
}

/// The value that a browser sent of a choice.
fn chosen(choices: &[Choice], sent: &str) -> Result<Value, String> {
    let found = choices.iter().find(|choice| choice.sent() == sent);
    found.map(|choice| choice.value.clone()).ok_or_else(|| "Choose one of the options.".to_owned())
}

/// A text in the format that its field asks for.
fn formatted(input: Input, text: &str) -> Result<Value, String> {
    let Some((format, wrong)) = input.format() else { return Ok(text.into()) };
    let text = text.trim();
    let text = if input == Input::Moment { with_offset(text) } else { text.to_owned() };
    // The rules assert formats too; the form says what was mistyped in words of its own.
    let value = Value::String(text);
    match Schema::of_form(&json!({ "format": format })) {
        Ok(schema) if !schema.violations(&value).is_empty() => Err(wrong.to_owned()),
        _ => Ok(value),
    }
}

/// A moment as JSON Schema wants it. Browsers send `2026-01-31T09:00`, which counts as UTC.
fn with_offset(text: &str) -> String {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    match shape.as_str() {
        "0000-00-00T00:00" => format!("{text}:00Z"),
        "0000-00-00T00:00:00" => format!("{text}Z"),
        _ => text.to_owned(),
    }
}

/// A number as people and browsers write it, which may have zeros before it or no digit before the point.
fn number(about: &Numeric, text: &str) -> Result<Number, String> {
    let text = text.trim();
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    let exact = || serde_json::from_str::<Number>(text).ok();
    let whole = || text.parse::<i64>().ok().map(Number::from);
    let float = || text.parse::<f64>().ok().and_then(Number::from_f64);
    let read = plain.then(|| exact().or_else(whole).or_else(float)).flatten();
    match read {
        None if about.integer => Err("Write a whole number, such as 12.".into()),
        None => Err("Write a number, such as 12 or 12.5.".into()),
        Some(number) if about.integer && number.as_f64().is_some_and(|float| float.fract() != 0.0) => {
            Err("Write a whole number, such as 12.".into())
        }
        Some(number) => Ok(number),
    }
}
