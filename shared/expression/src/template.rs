//! Templates: JSON whose strings may hold `{{ expr }}`.

use super::{
    Scope,
    compiled::Expr,
    convert::Room,
    error::{ExprError, Fault, Syntax},
    value::Val,
};
use crate::limits;
use serde_json::{Map, Value};
use std::sync::Arc;

/// A compiled template; cheap to clone.
#[derive(Clone, Debug)]
pub struct Template(Arc<Compiled>);

#[derive(Debug)]
struct Compiled {
    source: Value,
    part: Part,
}

#[derive(Debug)]
enum Part {
    Constant(Value),
    /// A string that is one template alone: yields the value with its type.
    Whole(Expr),
    Mixed(Vec<Piece>),
    Array(Vec<Part>),
    Object(Vec<(String, Part)>),
}

#[derive(Debug)]
enum Piece {
    Literal(String),
    Expr(Expr),
}

/// Errors with the JSON Pointers of their strings.
type Errors = Vec<(String, ExprError)>;

impl Template {
    /// Compiles all strings of a value; the errors are `invalid_cel`, each with its JSON Pointer within the value.
    pub fn compile(value: &Value) -> Result<Template, Errors> {
        let mut errors = Vec::new();
        let part = compile(value, &mut String::new(), 0, &mut errors);
        if errors.is_empty() { Ok(Template(Arc::new(Compiled { source: value.clone(), part }))) } else { Err(errors) }
    }

    /// Renders it. A string that is one template alone gives the value with its type; in other strings values are
    /// put in as text: strings as they are, all others as compact JSON.
    ///
    /// Errors are `template_error`, or `expression_limit` past the bounds of an evaluation or
    /// [`limits::OUTCOME_BYTES`] in all.
    pub fn render(&self, scope: &Scope<'_>) -> Result<Value, ExprError> {
        render(&self.0.part, scope, &mut Room::new(), 0)
    }

    /// Its expressions, each with the JSON Pointer of its string.
    pub fn expressions(&self) -> Vec<(String, &Expr)> {
        let mut found = Vec::new();
        expressions(&self.0.part, &mut String::new(), &mut found);
        found
    }

    /// The value it was compiled from.
    pub fn source(&self) -> &Value {
        &self.0.source
    }

    /// Whether it holds no expression at all.
    pub fn is_constant(&self) -> bool {
        matches!(self.0.part, Part::Constant(_))
    }
}

fn compile(value: &Value, pointer: &mut String, depth: usize, errors: &mut Errors) -> Part {
    if depth > limits::JSON_DEPTH {
        let message = format!("the template nests more than {} levels deep", limits::JSON_DEPTH);
        errors.push((pointer.clone(), ExprError { code: "invalid_cel", message }));
        return Part::Constant(Value::Null);
    }
    let part = match value {
        Value::String(text) if text.contains("{{") => {
            return pieces(text).unwrap_or_else(|error| {
                errors.push((pointer.clone(), error));
                Part::Constant(Value::Null)
            });
        }
        Value::Array(items) => {
            let items = items.iter().enumerate();
            Part::Array(
                items
                    .map(|(i, item)| within(pointer, &i.to_string(), |p| compile(item, p, depth + 1, errors)))
                    .collect(),
            )
        }
        Value::Object(entries) => {
            let entries = entries.iter();
            Part::Object(
                entries
                    .map(|(key, value)| (key.clone(), within(pointer, key, |p| compile(value, p, depth + 1, errors))))
                    .collect(),
            )
        }
        other => Part::Constant(other.clone()),
    };
    let constant = match &part {
        Part::Array(parts) => parts.iter().all(|part| matches!(part, Part::Constant(_))),
        Part::Object(parts) => parts.iter().all(|(_, part)| matches!(part, Part::Constant(_))),
        _ => false,
    };
    if constant { Part::Constant(value.clone()) } else { part }
}

/// Does something with the pointer of a child (RFC 6901).
fn within<T>(pointer: &mut String, key: &str, act: impl FnOnce(&mut String) -> T) -> T {
    let length = pointer.len();
    pointer.push('/');
    pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
    let result = act(pointer);
    pointer.truncate(length);
    result
}

/// Splits a string at its templates.
fn pieces(text: &str) -> Result<Part, ExprError> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find("{{") {
        if open > 0 {
            pieces.push(Piece::Literal(rest[..open].to_owned()));
        }
        let inner = &rest[open + 2..];
        let close = close(inner).ok_or_else(|| {
            Syntax::at(text.len() - rest.len() + open, "this {{ is never closed; write {{ '{{' }} for the text itself")
                .into_error(text)
        })?;
        pieces.push(Piece::Expr(Expr::compile(&inner[..close])?));
        rest = &inner[close + 2..];
    }
    if let ([Piece::Expr(expr)], "") = (pieces.as_slice(), rest) {
        return Ok(Part::Whole(expr.clone()));
    }
    if !rest.is_empty() {
        pieces.push(Piece::Literal(rest.to_owned()));
    }
    Ok(Part::Mixed(pieces))
}

/// Where `}}` closes a template: not within its strings, and not where the braces of its maps close.
fn close(inner: &str) -> Option<usize> {
    let bytes = inner.as_bytes();
    let (mut at, mut depth) = (0, 0_usize);
    while at < bytes.len() {
        match bytes[at] {
            quote @ (b'\'' | b'"') => {
                let raw = at > 0 && matches!(bytes[at - 1], b'r' | b'R');
                at += 1;
                while at < bytes.len() && bytes[at] != quote {
                    at += if bytes[at] == b'\\' && !raw { 2 } else { 1 };
                }
            }
            b'{' => depth += 1,
            b'}' if depth > 0 => depth -= 1,
            b'}' if bytes.get(at + 1) == Some(&b'}') => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

fn render(part: &Part, scope: &Scope<'_>, room: &mut Room, depth: usize) -> Result<Value, ExprError> {
    let constant = |fault: Fault| fault.into_error("the template", "template_error");
    match part {
        Part::Constant(value) => {
            room.measure(value, depth).map_err(constant)?;
            Ok(value.clone())
        }
        Part::Whole(expr) => {
            let value = expr.value(scope).and_then(|value| room.json(&value, depth));
            value.map_err(|fault| expr.failed(fault, "template_error"))
        }
        Part::Mixed(pieces) => {
            let mut out = String::new();
            for piece in pieces {
                match piece {
                    Piece::Literal(text) => {
                        room.take(text.len()).map_err(constant)?;
                        out.push_str(text);
                    }
                    Piece::Expr(expr) => {
                        let put = expr.value(scope).and_then(|value| put(&value, room, &mut out));
                        put.map_err(|fault| expr.failed(fault, "template_error"))?;
                    }
                }
            }
            Ok(Value::String(out))
        }
        Part::Array(parts) => {
            let items: Result<_, _> = parts.iter().map(|part| render(part, scope, room, depth + 1)).collect();
            Ok(Value::Array(items?))
        }
        Part::Object(parts) => {
            let mut map = Map::new();
            for (key, part) in parts {
                room.take(key.len()).map_err(constant)?;
                map.insert(key.clone(), render(part, scope, room, depth + 1)?);
            }
            Ok(Value::Object(map))
        }
    }
}

/// Puts a value into a text.
fn put(value: &Val<'_>, room: &mut Room, out: &mut String) -> Result<(), Fault> {
    if let Val::Text(text) = value {
        room.take(text.len())?;
        out.push_str(text);
        return Ok(());
    }
    match room.json(value, 0)? {
        Value::String(text) => out.push_str(&text),
        other => out.push_str(&other.to_string()),
    }
    Ok(())
}

fn expressions<'t>(part: &'t Part, pointer: &mut String, found: &mut Vec<(String, &'t Expr)>) {
    match part {
        Part::Constant(_) => {}
        Part::Whole(expr) => found.push((pointer.clone(), expr)),
        Part::Mixed(pieces) => found.extend(pieces.iter().filter_map(|piece| match piece {
            Piece::Expr(expr) => Some((pointer.clone(), expr)),
            Piece::Literal(_) => None,
        })),
        Part::Array(parts) => {
            for (i, part) in parts.iter().enumerate() {
                within(pointer, &i.to_string(), |p| expressions(part, p, found));
            }
        }
        Part::Object(parts) => {
            for (key, part) in parts {
                within(pointer, key, |p| expressions(part, p, found));
            }
        }
    }
}
