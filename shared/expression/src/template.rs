//! Templates: JSON whose strings may hold `{{ expression }}`.

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
///
/// ```
/// use serde_json::json;
/// use stepwell_expression::Template;
///
/// let template = Template::compile(&json!({
///     "to": "{{ input.customer }}",
///     "lines": ["Order {{ input.id }}: {{ total }} EUR", "Thank you."]
/// }))
/// .map_err(|errors| format!("{errors:?}"))?;
///
/// let expressions = template.expressions();
/// let found: Vec<(&str, &str)> = expressions.iter().map(|(at, expr)| (at.as_str(), expr.source())).collect();
/// assert_eq!(found, [("/to", "input.customer"), ("/lines/0", "input.id"), ("/lines/0", "total")]);
///
/// let errors = Template::compile(&json!({ "a": ["{{ 1 + }}"] })).unwrap_err();
/// assert_eq!(errors[0].0, "/a/0", "where the string stands");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Template(Arc<Compiled>);

#[derive(Debug)]
struct Compiled {
    source: Value,
    part: Part,
}

/// A value of the template: what a string, a list or an object of the source was compiled to.
#[derive(Debug)]
enum Part {
    /// JSON without any expression in it.
    Constant(Value),
    /// A string that is one `{{ expression }}` alone, which yields the value with its type.
    Whole(Expr),
    /// A string of text, expressions and secrets, which yields text. One secret alone is text too.
    Mixed(Vec<Piece>),
    Array(Vec<Part>),
    Object(Vec<(String, Part)>),
}

#[derive(Debug)]
enum Piece {
    Literal(String),
    Expr(Expr),
    /// A place for a secret: `{{ secrets.NAME }}` and nothing else between the braces. The evaluator never sees it.
    Secret(Expr, String),
}

/// A place for a secret in a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hole<'t> {
    /// The JSON Pointer of the string that holds it.
    pub pointer: String,
    /// The name of the secret.
    pub name: &'t str,
    /// The text of the string before the place, with [`Hole::VALUE`] for each value that is not known yet.
    pub before: String,
}

impl Hole<'_> {
    /// Stands for the value of an expression or of another secret: Unicode's object replacement character.
    pub const VALUE: char = '\u{fffc}';
}

/// Gives the secret of a name for its place, which is behind the given text of the same string.
type Placing<'p> = &'p dyn Fn(&str, &str) -> Result<String, ExprError>;

/// Errors, each with the JSON Pointer (RFC 6901) of the string it is about.
type Errors = Vec<(String, ExprError)>;

impl Template {
    /// Compiles all strings of a value.
    ///
    /// # Errors
    /// Every `invalid_cel`, each with the JSON Pointer of its string within the value.
    pub fn compile(value: &Value) -> Result<Template, Errors> {
        let mut errors = Vec::new();
        let part = compile(value, &mut String::new(), 0, &mut errors);
        if errors.is_empty() { Ok(Template(Arc::new(Compiled { source: value.clone(), part }))) } else { Err(errors) }
    }

    /// Evaluates the expressions and puts their values in their places. A string that is one `{{ expression }}` alone
    /// becomes the value with its type. In other strings values become text: strings as they are, times as in
    /// [`Expr::eval`], all others as compact JSON.
    ///
    /// # Errors
    /// `template_error`, `secret_not_allowed` where the template has a place for a secret, or `expression_limit` where
    /// an evaluation passes its bounds or the result has more than [`limits::OUTCOME_BYTES`] or nests deeper than
    /// [`limits::JSON_DEPTH`].
    pub fn render(&self, scope: &Scope<'_>) -> Result<Value, ExprError> {
        self.render_with(scope, &|_, _| {
            Err(ExprError { code: "secret_not_allowed", message: "no secret may be placed here".into() })
        })
    }

    /// Like [`Self::render`], with secrets in their places. `place` is asked for each of them, by its name and the text
    /// that was rendered before it in the same string.
    ///
    /// # Errors
    /// Those of [`Self::render`] and of `place`.
    pub fn render_with(&self, scope: &Scope<'_>, place: Placing<'_>) -> Result<Value, ExprError> {
        render(&self.0.part, &Filling { scope, place }, &mut Room::new(), 0)
    }

    /// The expressions of the template, each with the JSON Pointer of the string that holds it.
    pub fn expressions(&self) -> Vec<(String, &Expr)> {
        let mut found = Vec::new();
        expressions(&self.0.part, &mut String::new(), &mut found);
        found
    }

    /// The places of secrets in the template, in the order of the source.
    pub fn secrets(&self) -> Vec<Hole<'_>> {
        let mut found = Vec::new();
        holes(&self.0.part, &mut String::new(), &mut found);
        found
    }

    /// The JSON that the template was compiled from.
    pub fn source(&self) -> &Value {
        &self.0.source
    }

    /// Whether the template is a string of one expression alone, which yields a value of any type.
    pub fn is_whole(&self) -> bool {
        matches!(self.0.part, Part::Whole(_))
    }

    /// Whether the template holds no expression and no secret, so that every rendering is the source itself.
    pub fn is_constant(&self) -> bool {
        matches!(self.0.part, Part::Constant(_))
    }
}

/// Compiles the value at `pointer`. A part that cannot be compiled adds to `errors`, and what stands in for it is never
/// rendered.
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
    // A list or an object without expressions is one constant, which rendering copies as a whole.
    let constant = match &part {
        Part::Array(parts) => parts.iter().all(|part| matches!(part, Part::Constant(_))),
        Part::Object(parts) => parts.iter().all(|(_, part)| matches!(part, Part::Constant(_))),
        _ => false,
    };
    if constant { Part::Constant(value.clone()) } else { part }
}

/// Calls `act` with the pointer of a child (RFC 6901), and takes the child's part off the pointer again afterwards.
fn within<T>(pointer: &mut String, key: &str, act: impl FnOnce(&mut String) -> T) -> T {
    let length = pointer.len();
    pointer.push('/');
    pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
    let result = act(pointer);
    pointer.truncate(length);
    result
}

/// Splits a string into text and expressions.
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
        let expr = Expr::compile(&inner[..close])?;
        let secret = expr.secret().map(str::to_owned);
        pieces.push(match secret {
            Some(name) => Piece::Secret(expr, name),
            None => Piece::Expr(expr),
        });
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

/// The byte offset of the `}}` that closes an expression. Braces within string literals do not count, nor do those that
/// close an object of the expression.
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

/// What a template is rendered with.
struct Filling<'a> {
    scope: &'a Scope<'a>,
    place: Placing<'a>,
}

/// Renders a part that stands `depth` levels below the top. One room for the whole template bounds the result.
fn render(part: &Part, with: &Filling<'_>, room: &mut Room, depth: usize) -> Result<Value, ExprError> {
    let scope = with.scope;
    // No expression is at fault where text and constants alone take too much room.
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
                    Piece::Secret(expr, name) => {
                        let secret = (with.place)(name, &out)?;
                        room.take(secret.len()).map_err(|fault| expr.failed(fault, "template_error"))?;
                        out.push_str(&secret);
                    }
                }
            }
            Ok(Value::String(out))
        }
        Part::Array(parts) => {
            room.list().map_err(constant)?;
            let mut items = Vec::with_capacity(parts.len());
            for part in parts {
                items.push(render(part, with, room, depth + 1)?);
            }
            Ok(Value::Array(items))
        }
        Part::Object(parts) => {
            room.object(parts.iter().map(|(key, _)| key.as_str())).map_err(constant)?;
            let mut map = Map::with_capacity(parts.len());
            for (key, part) in parts {
                map.insert(key.clone(), render(part, with, room, depth + 1)?);
            }
            Ok(Value::Object(map))
        }
    }
}

/// Appends a value to a text. What becomes a JSON string, such as a time, is appended without quotes.
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

/// Collects the expressions of the part at `pointer`, in the order of the source.
fn expressions<'t>(part: &'t Part, pointer: &mut String, found: &mut Vec<(String, &'t Expr)>) {
    match part {
        Part::Constant(_) => {}
        Part::Whole(expr) => found.push((pointer.clone(), expr)),
        Part::Mixed(pieces) => found.extend(pieces.iter().filter_map(|piece| match piece {
            Piece::Expr(expr) => Some((pointer.clone(), expr)),
            Piece::Literal(_) | Piece::Secret(..) => None,
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

/// Collects the places of secrets in the part at `pointer`.
fn holes<'t>(part: &'t Part, pointer: &mut String, found: &mut Vec<Hole<'t>>) {
    match part {
        Part::Constant(_) | Part::Whole(_) => {}
        Part::Mixed(pieces) => {
            let mut before = String::new();
            for piece in pieces {
                match piece {
                    Piece::Literal(text) => {
                        before.push_str(text);
                        continue;
                    }
                    Piece::Expr(_) => {}
                    Piece::Secret(_, name) => {
                        found.push(Hole { pointer: pointer.clone(), name, before: before.clone() });
                    }
                }
                before.push(Hole::VALUE);
            }
        }
        Part::Array(parts) => {
            for (i, part) in parts.iter().enumerate() {
                within(pointer, &i.to_string(), |p| holes(part, p, found));
            }
        }
        Part::Object(parts) => {
            for (key, part) in parts {
                within(pointer, key, |p| holes(part, p, found));
            }
        }
    }
}
