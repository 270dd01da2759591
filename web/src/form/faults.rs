//! What is wrong with a form that was sent: about one field, or about the whole.

use super::name::id_of;
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Every fault of a form, for people.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Faults {
    /// Faults of the whole form.
    pub whole: Vec<String>,
    /// Faults by the name of their field.
    pub fields: BTreeMap<String, Vec<String>>,
}

impl Faults {
    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.whole.is_empty() && self.fields.is_empty()
    }

    /// Adds a fault of a field.
    pub fn add(&mut self, name: &str, message: impl Into<String>) {
        self.fields.entry(name.to_owned()).or_default().push(message.into());
    }

    /// Adds a fault of the whole form.
    pub fn add_whole(&mut self, message: impl Into<String>) {
        self.whole.push(message.into());
    }

    /// The faults of a field.
    pub fn of(&self, name: &str) -> &[String] {
        self.fields.get(name).map_or(&[], Vec::as_slice)
    }

    /// The list of all faults at the head of a page, each of a field with a link to it. `label` says what the field of a
    /// name is called.
    pub fn summary(&self, label: impl Fn(&str) -> String) -> Markup {
        html! {
            @if !self.is_empty() {
                section.summary role="alert" aria-labelledby="summary-title" tabindex="-1" {
                    h2 #summary-title { "Please correct this" }
                    ul {
                        @for message in &self.whole { li { bdi { (message) } } }
                        @for (name, messages) in &self.fields {
                            @for message in messages {
                                li { a href={ "#" (id_of(name)) } { bdi { (label(name)) } ": " bdi { (message) } } }
                            }
                        }
                    }
                }
            }
        }
    }
}
