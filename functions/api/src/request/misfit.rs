//! A body that is JSON and does not fit: which parts of it, and what is wrong with them, in words for people. Serde tells it
//! in words for programmers of Rust.

use crate::{Problem, limits, types::Fault};
use document::json::{TWICE, twice};
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::{Segment, Track};

/// The problem of a body that does not fit `T`, for the reason that serde gives, with all its faults: serde tells one, so
/// the body is read again without what does not fit.
pub fn misfit<T: DeserializeOwned>(bytes: &[u8], error: &serde_json::Error) -> Problem {
    let position = format!(" (line {}, column {})", error.line(), error.column());
    let mut problem = one::<T>(bytes, error, &position);
    // Reading a large one again and again would take too long.
    if bytes.len() > limits::ASIDE_BYTES {
        return problem;
    }
    let Ok(Value::Object(mut rest)) = serde_json::from_slice(bytes) else { return problem };
    while problem.errors().len() < limits::MISFITS {
        // What is missing cannot be left out, and would hide what else is.
        let Some(field) = problem.errors().last().and_then(|fault| first_part(&fault.path)) else { break };
        if rest.shift_remove(&field).is_none() {
            break;
        }
        let Ok(bytes) = serde_json::to_vec(&rest) else { break };
        let Err(error) = serde_json::from_slice::<T>(&bytes) else { break };
        let further = one::<T>(&bytes, &error, "");
        // It is missing since it was left out.
        let told =
            |fault: &Fault| problem.errors().iter().any(|other| first_part(&other.path) == first_part(&fault.path));
        if further.errors().iter().any(told) {
            break;
        }
        problem = problem.with_errors(further.errors().to_vec());
    }
    problem
}

/// The name of the field of the body in which a part stands; none for the body itself.
fn first_part(pointer: &str) -> Option<String> {
    let field = pointer.strip_prefix('/')?.split('/').next()?;
    Some(field.replace("~1", "/").replace("~0", "~"))
}

/// One fault of a body. It is read once more to find the place.
fn one<T: DeserializeOwned>(bytes: &[u8], error: &serde_json::Error, position: &str) -> Problem {
    let mut track = Track::new();
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    // The outcome is known: it is the error that is told.
    let _ = T::deserialize(serde_path_to_error::Deserializer::new(&mut reader, &mut track));
    let place = Place::of(track);
    let message = error.to_string();
    // Serde's text ends with the position.
    let message = message.split(" at line ").next().unwrap_or(&message);
    if message.ends_with(TWICE) {
        return Problem::field("duplicate_key", &place.pointer, message, &format!("keep one of the two{position}"));
    }
    if let Some(field) = message.strip_prefix("duplicate field `") {
        let field = field.trim_end_matches('`');
        let hint = format!("keep one of the two{position}");
        return Problem::field("duplicate_key", &place.within(field), twice(field), &hint);
    }
    if message.starts_with("unknown field") {
        return Problem::field("unknown_field", &place.pointer, message, "leave this field out, or correct its name");
    }
    if message.starts_with("missing field") {
        let field = message.split('`').nth(1).unwrap_or_default();
        return Problem::field("missing_field", &place.within(field), message, "add this field");
    }
    let told = told(message).map_or_else(|| message.to_owned(), |told| format!("{} {told}", place.name));
    Problem::field("invalid_field", &place.pointer, told, &format!("see the types at /openapi.json{position}"))
}

/// A part of a body.
struct Place {
    /// Its JSON Pointer (RFC 6901).
    pointer: String,
    /// What people call it.
    name: String,
}

impl Place {
    /// The part that was read last.
    fn of(track: Track) -> Self {
        let path = track.path();
        let mut place = Self { pointer: String::new(), name: "the body".into() };
        for segment in &path {
            match segment {
                Segment::Map { key } => (place.pointer, place.name) = (place.within(key), format!("`{key}`")),
                Segment::Seq { index } => {
                    (place.pointer, place.name) =
                        (place.within(&index.to_string()), format!("item {index} of {}", place.name));
                }
                // A variant is no part of the text, and what is unknown has no name.
                Segment::Enum { .. } | Segment::Unknown => {}
            }
        }
        place
    }

    /// The pointer to a part of this part.
    fn within(&self, name: &str) -> String {
        format!("{}/{}", self.pointer, name.replace('~', "~0").replace('/', "~1"))
    }
}

/// What serde says of a value, in words for people that follow the name of the value; none where it says it in words of
/// ours. The value itself is left out, since it may be a secret.
fn told(message: &str) -> Option<String> {
    // It is one of several words, which are strings.
    if message == "expected value" {
        return Some("must be a string".into());
    }
    if let Some(words) = message.strip_prefix("unknown variant `") {
        let (_, expected) = words.split_once("`, expected ")?;
        return Some(format!("must be {expected}"));
    }
    let (found, expected) = message
        .strip_prefix("invalid type: ")
        .or(message.strip_prefix("invalid value: "))?
        .rsplit_once(", expected ")?;
    let expected = expected_of(expected);
    let found = found_of(found);
    Some(if expected.contains(found) {
        format!("must be {expected}")
    } else {
        format!("must be {expected}, not {found}")
    })
}

/// What serde expects, by the words of its implementations of types.
fn expected_of(words: &str) -> &str {
    match words {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number that is not negative",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "f32" | "f64" => "a number",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a map" => "an object",
        _ if words.starts_with("struct ") => "an object",
        "a borrowed string" => "a string",
        other => other,
    }
}

/// What serde found, by the words of its `Unexpected`.
fn found_of(words: &str) -> &'static str {
    let kinds = [
        ("boolean", "true or false"),
        ("integer", "a number"),
        ("floating point", "a number with a fraction"),
        ("string", "a string"),
        ("null", "null"),
        ("sequence", "a list"),
        ("map", "an object"),
    ];
    kinds.iter().find(|(kind, _)| words.starts_with(kind)).map_or("this", |(_, told)| told)
}
