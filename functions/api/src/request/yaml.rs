//! Reads documents from YAML 1.2, for the API and for the command line alike. Plain scalars mean what its core schema says, but for numbers that stand for ids:
//! these stay as they are written.

use crate::limits;
use document::json::twice;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use serde_saphyr::{Error, Location, MessageFormatter as _, Spanned, UserMessageFormatter};
use std::fmt;

/// Why a text is no YAML, and the line and column, from 1, where that shows; none where the parser does not say.
pub type Malformed = (String, Option<(usize, usize)>);

/// A value with its place in the text, as is each value below it.
pub enum Tree {
    /// The entries of a map, in order.
    Map(Vec<(String, Spanned<Tree>)>),
    /// The items of a list.
    List(Vec<Spanned<Tree>>),
    /// A value that has none below it.
    Scalar(Value),
}

/// Reads the document that a text holds.
///
/// # Errors
/// [`Malformed`], also where a key stands twice, aliases multiply what the text holds, or lists nest too deep.
pub fn read(text: &str) -> Result<Value, Malformed> {
    with_room(|| parsed(text).map(|tree| value(text, tree, Place::Flow)))
}

/// The values of a text with their places.
///
/// # Errors
/// As for [`read`].
pub fn parse(text: &str) -> Result<Spanned<Tree>, Malformed> {
    with_room(|| parsed(text))
}

/// Reads on a stack that holds the deepest text that the bound lets through, whatever stack the caller has left and however
/// the parser was compiled: it calls itself for each level, and without optimization such a call takes tens of kilobytes.
fn with_room<T: Send>(read: impl FnOnce() -> Result<T, Malformed> + Send) -> Result<T, Malformed> {
    let none = |why: &str| Err((format!("it cannot be read now: {why}"), None));
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(limits::YAML_STACK_BYTES).spawn_scoped(scope, read);
        match thread.map(|thread| thread.join()) {
            Ok(Ok(read)) => read,
            Ok(Err(_)) => none("its parser gave up"),
            Err(error) => none(&error.to_string()),
        }
    })
}

fn parsed(text: &str) -> Result<Spanned<Tree>, Malformed> {
    // Only `true` and `false` are booleans; `no` is a word.
    let options = serde_saphyr::options! {
        strict_booleans: true,
        // A node that many others repeat, such as a `retry`, is no attack; what all aliases stand for together is bounded.
        budget: serde_saphyr::budget! { enforce_alias_anchor_ratio: false, max_depth: limits::NESTING },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: limits::YAML_REPLAYED },
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let at = error.location().map(|at| {
            let [line, column] = [at.line(), at.column()].map(|number| usize::try_from(number).unwrap_or(1));
            (line, column)
        });
        let message = match error.without_snippet() {
            Error::DuplicateMappingKey { key: Some(key), .. } => twice(key),
            other => told(&UserMessageFormatter.format_message(other)),
        };
        (message, at)
    })
}

/// What the parser says, in its first line. Of its bounds it says what they are set to, which helps nobody.
fn told(message: &str) -> String {
    let is_bound = ["too large or too complex", "recursion limit"].iter().any(|part| message.contains(part));
    if is_bound { TOO_MUCH.into() } else { message.lines().next().unwrap_or_default().into() }
}

/// What is said of a text that passes the parser's bounds.
const TOO_MUCH: &str = "it has too many values, nests too deep, or its aliases stand for too much";

/// What stands at a place of a document, as far as ids stand there or below.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// A flow, or the id of one that is saved: the whole document, and the body of a `map`.
    Flow,
    Node,
    Config,
    Edge,
    Id,
    Other,
}

impl Place {
    fn below(self, key: &str) -> Self {
        match (self, key) {
            (Self::Flow | Self::Node, "id") | (Self::Edge, "from" | "to" | "source" | "target") => Self::Id,
            (Self::Config, "workflow_id") => Self::Id,
            (Self::Flow, "nodes") => Self::Node,
            (Self::Flow, "edges") => Self::Edge,
            (Self::Node, "config" | "data" | "parameters") => Self::Config,
            (Self::Config, "body") => Self::Flow,
            _ => Self::Other,
        }
    }
}

/// The JSON of a value. The items of a list stand where the list does.
fn value(text: &str, tree: Spanned<Tree>, place: Place) -> Value {
    match tree.value {
        Tree::Map(entries) => {
            let below = |(key, tree): (String, Spanned<Tree>)| {
                let value = value(text, tree, place.below(&key));
                (key, value)
            };
            Value::Object(entries.into_iter().map(below).collect::<Map<_, _>>())
        }
        Tree::List(items) => items.into_iter().map(|item| value(text, item, place)).collect(),
        Tree::Scalar(Value::Number(number)) => match written(text, &tree.defined) {
            Some(written) if matches!(place, Place::Id | Place::Flow) => Value::String(written.to_owned()),
            Some(written) => core(written),
            None => Value::Number(number),
        },
        Tree::Scalar(other) => other,
    }
}

/// A number as the text has it; none where the parser does not say where that is.
fn written<'t>(text: &'t str, at: &Location) -> Option<&'t str> {
    let span = at.span();
    let [start, length] = [span.byte_offset()?, span.byte_len()?].map(usize::try_from);
    let start = start.ok()?;
    let written = text.get(start..start.checked_add(length.ok()?)?)?.trim();
    written.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')).then_some(written)
}

/// What a plain scalar that looks like a number means by the core schema (YAML 1.2, §10.3.2): `012` is twelve, and
/// `1_000` a word. An integer of more than 64 bits is a double, as in JSON.
fn core(written: &str) -> Value {
    let digits = written.strip_prefix(['+', '-']).unwrap_or(written);
    let of_radix = |prefix: &str, radix| {
        let digits = written.strip_prefix(prefix).filter(|rest| !rest.starts_with('+'))?;
        u64::from_str_radix(digits, radix).ok().map(Value::from)
    };
    let integer = || {
        let all = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let whole = || written.parse::<i64>().map(Value::from).or_else(|_| written.parse::<u64>().map(Value::from));
        all.then(whole)?.ok()
    };
    let float = || {
        let plain = written.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
        plain.then(|| written.parse::<f64>().ok())?.filter(|float| float.is_finite()).map(Value::from)
    };
    let found = integer().or_else(|| of_radix("0o", 8)).or_else(|| of_radix("0x", 16)).or_else(float);
    found.unwrap_or_else(|| Value::String(written.to_owned()))
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Shape)
    }
}

/// Builds a `Tree` from what the YAML reader meets.
struct Shape;

impl<'de> Visitor<'de> for Shape {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("YAML")
    }
    fn visit_bool<E>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Scalar(value.into()))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Tree, E> {
        Ok(Tree::Scalar(value.into()))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Tree, E> {
        Ok(Tree::Scalar(value.into()))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Tree, E> {
        Ok(Tree::Scalar(value.into()))
    }
    fn visit_str<E>(self, value: &str) -> Result<Tree, E> {
        Ok(Tree::Scalar(value.into()))
    }
    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Scalar(Value::Null))
    }
    fn visit_none<E>(self) -> Result<Tree, E> {
        Ok(Tree::Scalar(Value::Null))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Tree, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element()? {
            all.push(item);
        }
        Ok(Tree::List(all))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Tree, A::Error> {
        let mut all = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            all.push(entry);
        }
        Ok(Tree::Map(all))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn yaml_reads_as_json_does() {
        let document = read("id: a\nnodes:\n  - {id: t, type: manual_trigger}\n").unwrap();
        assert_eq!(document, json!({"id": "a", "nodes": [{"id": "t", "type": "manual_trigger"}]}));
        assert_eq!(read("port: no").unwrap()["port"], "no");
        let (_, at) = read("a: [1, 2").unwrap_err();
        assert!(at.is_some());
    }

    #[test]
    fn plain_scalars_mean_what_the_core_schema_says() {
        for (written, meant) in [
            ("012", json!(12)),
            ("-012", json!(-12)),
            ("+12", json!(12)),
            ("00", json!(0)),
            ("0o14", json!(12)),
            ("0x1F", json!(31)),
            ("0b11", json!("0b11")),
            ("1_000", json!("1_000")),
            ("1.50", json!(1.5)),
            ("01.5", json!(1.5)),
            (".5", json!(0.5)),
            ("1e3", json!(1000.0)),
            ("7615917337495251231", json!(7_615_917_337_495_251_231_i64)),
            ("18446744073709551615", json!(u64::MAX)),
            ("'012'", json!("012")),
            ("\"012\"", json!("012")),
            ("!!str 012", json!("012")),
            ("2026-01-31", json!("2026-01-31")),
            ("1.2.3", json!("1.2.3")),
            ("yes", json!("yes")),
            ("~", json!(null)),
            ("", json!(null)),
        ] {
            for text in
                [format!("é: {written}\n"), format!("é: {written} # a remark\nb: 1\n"), format!("é:\n- {written}")]
            {
                let read = read(&text).unwrap();
                let found = read["é"].as_array().map_or(&read["é"], |list| &list[0]);
                assert_eq!(found, &meant, "{text}");
            }
        }
        assert_eq!(
            read("{a: 012, b: [007, 8], c: &x 09, d: *x}").unwrap(),
            json!({"a": 12, "b": [7, 8], "c": 9, "d": 9})
        );
        assert!(read("a: .inf").is_err() && read("a: 1e999").is_err(), "JSON has no such number");
    }

    #[test]
    fn ids_keep_what_was_written() {
        let text = "id: 010\nnodes:\n  - {id: 1.10, type: manual_trigger}\n  - id: 0x1F\n    type: map\n    config:\n      \
                    items: '[1]'\n      body: {nodes: [{id: 02, type: transform, config: {set: {id: 012, body: 03}}}]}\n  \
                    - {id: w, type: workflow, config: {workflow_id: [01, 02]}}\n  - {id: m, type: map, config: {body: 07}}\n\
                    edges:\n  - {from: 1.10, to: 0x1F}\n";
        let document = read(text).unwrap();
        assert_eq!((&document["id"], &document["nodes"][0]["id"]), (&json!("010"), &json!("1.10")));
        let body = &document["nodes"][1]["config"]["body"]["nodes"][0];
        assert_eq!((&body["id"], &body["config"]["set"]), (&json!("02"), &json!({"id": 12, "body": 3})));
        assert_eq!(document["nodes"][2]["config"]["workflow_id"], json!(["01", "02"]));
        assert_eq!(document["nodes"][3]["config"]["body"], json!("07"));
        assert_eq!(document["edges"][0], json!({"from": "1.10", "to": "0x1F"}));
    }

    #[test]
    fn a_key_that_stands_twice_is_named_where_it_stands_again() {
        let text = "id: a\nnodes:\n  - id: b\n    type: x\n    id: c\n";
        let (message, at) = read(text).unwrap_err();
        assert_eq!((message.as_str(), at.unwrap().0), ("the key `id` stands twice in the same object", 5));
    }

    /// Ten levels of ten aliases each are 10¹⁰ values in 400 bytes.
    #[test]
    fn aliases_that_multiply_and_lists_that_nest_too_deep_are_refused() {
        let level = |ix: usize| format!("a{ix}: &a{ix} [{}]\n", vec![format!("*a{}", ix + 1); 10].join(", "));
        let bomb: String = "a10: &a10 [x]\n".to_owned() + &(0..10).rev().map(level).collect::<String>();
        assert_eq!(read(&bomb).unwrap_err().0, TOO_MUCH);
        let deep = |levels: usize| read(&["[".repeat(levels), "]".repeat(levels)].concat());
        assert_eq!(deep(100_000).unwrap_err().0, TOO_MUCH);
        assert!(deep(100).is_ok(), "as deep as JSON");
    }

    /// Without optimization the parser needs more stack for a level than a thread of a test has for a hundred of them.
    #[test]
    fn how_deep_a_text_may_nest_does_not_depend_on_the_stack_of_its_reader() {
        let deep = |levels: usize| read(&["[".repeat(levels), "]".repeat(levels)].concat()).map(drop);
        let small = std::thread::Builder::new().stack_size(48 << 10);
        let (fits, refused) = small.spawn(move || (deep(100), deep(100_000))).unwrap().join().unwrap();
        assert_eq!((fits, refused.unwrap_err().0), (Ok(()), TOO_MUCH.to_owned()));
    }

    #[test]
    fn a_part_that_many_nodes_repeat_is_read() {
        let nodes: String = (0..500).map(|ix| format!("  - {{id: n{ix}, retry: *retry}}\n")).collect();
        let text = format!("metadata: &retry {{max_attempts: 3, backoff: 2.0, jitter: false}}\nnodes:\n{nodes}");
        let document = read(&text).unwrap();
        assert_eq!(document["nodes"][499]["retry"]["max_attempts"], 3);
    }
}
