//! What is wrong with a form that was sent: about one field, or about the whole.

use super::{
    name::id_of,
    rule::DETAIL,
    told::{IT, told},
};
use crate::words::uncapital;
use maud::{Markup, html};

/// Every fault of a form, for people.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Faults {
    /// Faults of the whole form.
    pub whole: Vec<String>,
    /// Faults with the name of their field, in the order of the form.
    pub fields: Vec<(String, String)>,
}

impl Faults {
    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.whole.is_empty() && self.fields.is_empty()
    }

    /// Whether nothing is wrong with what was typed, and the form was refused all the same.
    pub fn is_refusal(&self) -> bool {
        self.fields.is_empty() && !self.whole.is_empty()
    }

    /// Adds a fault of a field, told as people read it.
    pub fn add(&mut self, name: &str, message: impl Into<String>) {
        self.fields.push((name.to_owned(), told(&message.into())));
    }

    /// Adds a fault of the whole form.
    pub fn add_whole(&mut self, message: impl Into<String>) {
        self.whole.push(message.into());
    }

    /// The faults of a field.
    pub fn of(&self, name: &str) -> Vec<&str> {
        self.fields.iter().filter(|(one, _)| one == name).map(|(_, message)| message.as_str()).collect()
    }

    /// The list of all faults, to which the browser goes, each of a field with a link to it. `label` says what the field of a
    /// name is called.
    pub fn summary(&self, label: impl Fn(&str) -> String) -> Markup {
        html! {
            @if !self.is_empty() {
                section.summary role="alert" aria-labelledby="summary-title" tabindex="-1" autofocus {
                    // What no field can cure is no matter of correcting.
                    h2 #summary-title { @if self.fields.is_empty() { "This was not done" } @else { "Please correct this" } }
                    ul {
                        @for message in &self.whole { li { (shown(message)) } }
                        @for (name, message) in &self.fields {
                            li { a href={ "#" (id_of(name)) } { (named(&label(name), message)) } }
                        }
                    }
                }
            }
        }
    }
}

/// A fault with what its field is called, as one sentence.
fn named(label: &str, message: &str) -> Markup {
    html! {
        bdi { (label) }
        @match message.strip_prefix(IT) {
            Some(rest) => { " " (shown(rest)) }
            None => { ": " (shown(&uncapital(message))) }
        }
    }
}

/// A fault as people read it. What is of use to whoever wrote the workflow alone stands small after it.
pub fn shown(message: &str) -> Markup {
    let (said, detail) = message.split_once(DETAIL).unwrap_or((message, ""));
    html! { bdi { (said) } @if !detail.is_empty() { " " small { code { bdi { (detail) } } } } }
}
