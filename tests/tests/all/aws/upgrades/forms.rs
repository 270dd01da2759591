//! The form of what lies in a stack: for each place in rows, objects and messages the kinds of values that are there, and
//! whether one is always there. What a release writes may have no other form than what the one before it reads.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use stepwell_tests::aws_world::{Line, Lying};

/// Members whose text says what the object around them is: another text is another kind.
const TAGS: [&str; 7] = ["event", "is", "w", "type", "kind", "status", "purpose"];
/// Of these, how many say which members an object has.
const SHAPES: usize = 5;

/// A text of a stack that programs read, with the name of what it is.
pub(super) struct Read {
    pub what: String,
    pub json: Value,
}

/// All places, by their paths.
#[derive(Default)]
pub(super) struct Forms(BTreeMap<String, Form>);

#[derive(Default)]
struct Form {
    kinds: BTreeSet<String>,
    /// How often a value is there.
    times: usize,
    /// How often it is an object with these members.
    shapes: usize,
}

impl Forms {
    /// Takes in what lies in a stack.
    pub fn add(&mut self, lying: &Lying) {
        for Read { what, json } in lying.0.iter().flat_map(texts) {
            self.note(what, &json, "");
        }
    }

    fn note(&mut self, path: String, value: &Value, name: &str) {
        let form = self.0.entry(path.clone()).or_default();
        form.times += 1;
        form.kinds.insert(match value {
            Value::Null => "null".into(),
            Value::Bool(_) => "bool".into(),
            Value::Number(_) => "number".into(),
            Value::String(text) if TAGS.contains(&name) => format!("text {text}"),
            Value::String(_) => "text".into(),
            Value::Array(_) => "list".into(),
            Value::Object(_) => "fields".into(),
        });
        match value {
            Value::Array(all) => all.iter().for_each(|one| self.note(format!("{path}[]"), one, "")),
            Value::Object(fields) => {
                let tag = TAGS[..SHAPES].iter().find_map(|tag| fields.get(*tag)?.as_str());
                let around = match tag {
                    Some(tag) => format!("{path}<{tag}>"),
                    None => path,
                };
                self.0.entry(around.clone()).or_default().shapes += 1;
                fields.iter().for_each(|(name, one)| self.note(format!("{around}.{}", named(name)), one, name));
            }
            _ => {}
        }
    }

    /// Whether the member at a path is there wherever the object around it is.
    fn is_always(&self, path: &str) -> Option<bool> {
        let (around, name) = path.rsplit_once('.')?;
        let around = self.0.get(around)?;
        Some(name != "*" && self.0.get(path).is_some_and(|form| form.times == around.shapes))
    }

    /// What in the later forms a reader of these may not understand. `added` are places that were added since: a reader
    /// of these passes over them.
    pub fn broken_by(&self, later: &Self, added: &[&str]) -> Vec<String> {
        let mut broken = Vec::new();
        for (path, form) in later.0.iter().filter(|(_, form)| form.times > 0) {
            match self.0.get(path) {
                _ if added.iter().any(|added| path.starts_with(added)) => {}
                None => broken.push(format!("{path} is new")),
                Some(before) => {
                    let others: BTreeSet<_> = form.kinds.difference(&before.kinds).collect();
                    if !others.is_empty() {
                        broken.push(format!("{path} is {others:?} and was {:?}", before.kinds));
                    }
                }
            }
        }
        for path in self.0.keys().filter(|path| self.is_always(path) == Some(true)) {
            let around = path.rsplit_once('.').map_or("", |(around, _)| around);
            if later.0.contains_key(around) && later.is_always(path) != Some(true) {
                broken.push(format!("{path} is not always there, and was"));
            }
        }
        broken
    }
}

/// A member's name, or a star where it is an id.
fn named(name: &str) -> &str {
    let is_id = |c: char| c.is_ascii_hexdigit() || c == '-' || c == ':';
    if name.len() >= 32 && name.chars().filter(|c| is_id(*c)).count() > name.len() / 2 { "*" } else { name }
}

/// The texts of a line.
pub(super) fn texts(line: &Line) -> Vec<Read> {
    match line {
        Line::Item(row) => of_row(row),
        Line::Object { key, bytes } => {
            let packed = STANDARD.decode(bytes).unwrap();
            match key.rsplit('/').next().unwrap_or_default().split_once('-').map(|(kind, _)| kind) {
                Some("b") => of_body("x#/t#", &packed),
                Some("l") => of_packed("x#/t# lines", &packed),
                _ => Vec::new(),
            }
        }
        Line::Message { body, .. } => vec![Read { what: "message".into(), json: body.clone() }],
        Line::About { .. } | Line::Started(_) | Line::Pause { .. } | Line::Completed(_) => Vec::new(),
    }
}

fn of_row(row: &Value) -> Vec<Read> {
    let key = |name: &str| {
        let text = row[name]["S"].as_str().unwrap_or_default();
        let kinds = ["head", "lock", "i", "doc", "token"];
        match text.split_once('#') {
            Some((kind, _)) => format!("{kind}#"),
            None if kinds.contains(&text) => text.into(),
            None => "*".into(),
        }
    };
    let what = format!("{}/{}", key("pk"), key("sk"));
    let mut texts = match (what.as_str(), row["b"]["B"].as_str(), row["l"]["B"].as_str()) {
        ("x#/t#", body, lines) => {
            let decoded = |text: &str| STANDARD.decode(text).unwrap();
            let body = body.map_or_else(Vec::new, |body| of_body(&what, &decoded(body)));
            let lines = lines.map_or_else(Vec::new, |lines| of_packed("x#/t# lines", &decoded(lines)));
            body.into_iter().chain(lines).collect()
        }
        // A document is its author's.
        ("d#/doc", ..) => Vec::new(),
        (_, Some(body), _) => of_packed(&format!("{what} rows"), &STANDARD.decode(body).unwrap()),
        _ => Vec::new(),
    };
    texts.push(Read { what, json: row.clone() });
    texts
}

fn of_body(what: &str, packed: &[u8]) -> Vec<Read> {
    let text = String::from_utf8(::aws::store::inflate(packed).unwrap()).unwrap();
    let lines = text.splitn(2, '\n').zip(["turns", "state"]);
    lines.map(|(json, name)| read(&format!("{what} {name}"), json.as_bytes())).collect()
}

fn of_packed(what: &str, packed: &[u8]) -> Vec<Read> {
    vec![read(what, &::aws::store::inflate(packed).unwrap())]
}

fn read(what: &str, json: &[u8]) -> Read {
    let json = serde_json::from_slice(json).unwrap_or_else(|error| panic!("{what}: {error}"));
    Read { what: what.into(), json }
}

#[test]
fn what_is_renamed_retyped_left_out_or_not_declared_is_told() {
    let lying =
        |body: Value| Lying(vec![Line::Message { body, at: document::time::Time(0), deliveries: 0, clock: None }]);
    let forms = |bodies: &[Value]| {
        let mut forms = Forms::default();
        bodies.iter().for_each(|body| forms.add(&lying(body.clone())));
        forms
    };
    let json = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let before = forms(&[json(r#"{"v": 1, "w": "step", "n": 2}"#), json(r#"{"v": 1, "w": "step"}"#)]);
    let told = |later: &str, added: &[&str]| before.broken_by(&forms(&[json(later)]), added);
    assert!(told(r#"{"v": 1, "w": "step"}"#, &[]).is_empty());
    assert_eq!(told(r#"{"w": "step"}"#, &[]), ["message<step>.v is not always there, and was"]);
    assert_eq!(told(r#"{"v": "1", "w": "step"}"#, &[]), [r#"message<step>.v is {"text"} and was {"number"}"#]);
    assert_eq!(told(r#"{"v": 1, "w": "leap"}"#, &[]), ["message<leap>.v is new", "message<leap>.w is new"]);
    assert_eq!(told(r#"{"v": 1, "w": "step", "t": "x"}"#, &[]), ["message<step>.t is new"]);
    assert!(told(r#"{"v": 1, "w": "step", "t": "x"}"#, &["message<step>.t"]).is_empty());
}
