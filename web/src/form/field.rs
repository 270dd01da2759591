//! The fields of a form.

use serde_json::{Number, Value};

/// A field of a form, or a group of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The key of the value in its object; the name of the whole for the outermost one.
    pub key: String,
    /// What the field is called, for people.
    pub label: String,
    /// Whether the schema calls it so, and not only its key.
    pub titled: bool,
    /// What the field is for.
    pub description: Option<String>,
    /// Whether the object around it needs it.
    pub required: bool,
    /// Whether null may stand in place of a value.
    pub nullable: bool,
    /// What the field holds before anybody typed.
    pub default: Option<Value>,
    /// What it takes.
    pub kind: Kind,
}

impl Field {
    /// The field within this one whose value a JSON Pointer leads to; none where no field of its own is made for that.
    pub fn at(&self, pointer: &str) -> Option<&Self> {
        let Some(path) = pointer.strip_prefix('/') else { return Some(self).filter(|_| pointer.is_empty()) };
        let (first, rest) = path.split_at(path.find('/').unwrap_or(path.len()));
        let key = first.replace("~1", "/").replace("~0", "~");
        match &self.kind {
            Kind::Object(fields) => fields.iter().find(|field| field.key == key)?.at(rest),
            Kind::List(list) => list.item.at(rest),
            Kind::Text(_)
            | Kind::Number(_)
            | Kind::Boolean
            | Kind::Choice(_)
            | Kind::Several(_)
            | Kind::Constant(_)
            | Kind::Json => None,
        }
    }
}

/// What a field takes.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A text.
    Text(Text),
    /// A number.
    Number(Numeric),
    /// Yes or no.
    Boolean,
    /// One of these values.
    Choice(Vec<Choice>),
    /// Some of these values, each once.
    Several(Vec<Choice>),
    /// Always this value.
    Constant(Value),
    /// An object of fields.
    Object(Vec<Field>),
    /// A list.
    List(List),
    /// Anything that no field can be made for: it is written as JSON.
    Json,
}

/// How a text is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// A line.
    Line,
    /// Several lines.
    Lines,
    /// An address of e-mail.
    Email,
    /// An address of the web.
    Url,
    /// A day.
    Date,
    /// A day and a time of day, in UTC where no offset is given.
    Moment,
}

impl Input {
    /// The format of JSON Schema that the text must have, with what to say of one that has not.
    pub fn format(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Line | Self::Lines => None,
            Self::Email => Some(("email", "Write an e-mail address, such as ana@example.com.")),
            Self::Url => Some(("uri", "Write a whole web address, such as https://example.com/page.")),
            Self::Date => Some(("date", "Write a date as year, month and day, such as 2026-01-31.")),
            Self::Moment => Some(("date-time", "Write a date and a time, such as 2026-01-31T09:00.")),
        }
    }
}

/// A text and its bounds.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// How it is entered.
    pub input: Input,
    /// The regular expression that it must match, as the schema has it.
    pub pattern: Option<String>,
    /// Characters at least.
    pub least: Option<u64>,
    /// Characters at most.
    pub most: Option<u64>,
}

/// A number and its bounds, both of them included.
#[derive(Clone, Debug, PartialEq)]
pub struct Numeric {
    /// Whether it has no fraction.
    pub integer: bool,
    /// The least.
    pub least: Option<Number>,
    /// The greatest.
    pub most: Option<Number>,
    /// What it must be a multiple of.
    pub step: Option<Number>,
}

/// One of the values to choose from.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// The value.
    pub value: Value,
    /// What people read.
    pub label: String,
}

impl Choice {
    /// What a browser sends for the value: its JSON, so that `2` and `"2"` are told apart.
    pub fn sent(&self) -> String {
        self.value.to_string()
    }
}

/// A list of values of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct List {
    /// What each row takes.
    pub item: Box<Field>,
    /// Rows at least.
    pub least: usize,
    /// Rows at most.
    pub most: usize,
}

/// A value as people read it: a text without quotes, everything else as JSON.
pub fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "Yes".into(),
        Value::Bool(false) => "No".into(),
        Value::Null => "None".into(),
        Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}
