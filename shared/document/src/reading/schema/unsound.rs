//! Why a value is no usable schema.

/// Why a value is no usable schema.
#[derive(Debug)]
pub struct Unsound {
    /// JSON Pointer to the faulty place within the value.
    pub pointer: String,
    /// What is wrong there, for people.
    pub message: String,
    /// What to do about it, as one sentence.
    pub hint: &'static str,
}

impl Unsound {
    pub(super) fn at(pointer: &str, message: String) -> Self {
        let hint = "Give a JSON Schema of draft 2020-12; only references into itself (`#/…`) are followed.";
        Self { pointer: pointer.to_owned(), message, hint }
    }

    pub(super) fn endless(pointer: &str) -> Self {
        let hint = "Let the reference lead to a schema that says something.";
        Self { pointer: pointer.to_owned(), message: "this only leads back to itself".into(), hint }
    }

    pub(super) fn costly(pointer: &str, why: String) -> Self {
        let hint = "Make it smaller: fewer references on one value, fewer alternatives, simpler patterns.";
        Self { pointer: pointer.to_owned(), message: format!("the schema is too expensive: {why}"), hint }
    }
}
