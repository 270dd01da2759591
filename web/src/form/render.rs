//! Shows the fields of a form: labels, what they are for, what is wrong with them, and what was typed so far.

use super::{
    faults::Faults,
    field::{Choice, Field, Input, Kind, List, Numeric, Text, plain},
    name::Name,
    pairs::Pairs,
    pattern::html_pattern,
};
use crate::limits;
use maud::{Markup, html};

/// What stands in a form that is shown.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    /// What was typed so far.
    pub pairs: &'a Pairs,
    /// What is wrong with it.
    pub faults: &'a Faults,
}

/// How the element of a field refers to what stands around it.
struct Marks {
    id: String,
    described: Option<String>,
    wrong: Option<&'static str>,
}

impl Shown<'_> {
    /// A field, with all below it. `needed` says whether whatever is around it must be there.
    pub fn field(self, field: &Field, name: &Name, needed: bool) -> Markup {
        let needed = needed && field.required;
        match &field.kind {
            Kind::Object(fields) => self.group(field, name, &self.members(fields, name, needed)),
            Kind::List(list) => self.group(field, name, &self.rows(field, list, name)),
            Kind::Several(choices) => self.group(field, name, &self.boxes(choices, name)),
            Kind::Choice(choices) if choices.len() <= limits::RADIOS => {
                let choices: Vec<_> = choices.iter().map(|one| (one.sent(), one.label.clone())).collect();
                self.group(field, name, &self.radios(field, &choices, name, needed))
            }
            Kind::Boolean => {
                let choices = [("true".to_owned(), "Yes".to_owned()), ("false".to_owned(), "No".to_owned())];
                self.group(field, name, &self.radios(field, &choices, name, needed))
            }
            Kind::Constant(value) if field.required => html! {
                div.field { p.label { bdi { (field.label) } } (describe(field, name)) p.fixed { bdi { (plain(value)) } } }
            },
            Kind::Constant(value) => self.group(field, name, &html! {
                label.choice {
                    input type="checkbox" name=(name.as_str()) value="on" checked[self.pairs.get(name.as_str()).is_some()];
                    bdi { (plain(value)) }
                }
            }),
            Kind::Text(_) | Kind::Number(_) | Kind::Choice(_) | Kind::Json => self.single(field, name, needed),
        }
    }

    /// The members of an object, without a frame around them.
    pub fn members(self, fields: &[Field], name: &Name, needed: bool) -> Markup {
        html! { @for field in fields { (self.field(field, &name.member(&field.key), needed)) } }
    }

    /// A field of one element.
    fn single(self, field: &Field, name: &Name, needed: bool) -> Markup {
        let typed = self.pairs.get(name.as_str()).unwrap_or_default();
        let needed = needed && !field.nullable;
        let marks = self.marks(field.description.is_some() || note(field).is_some(), name);
        html! {
            div.field.wrong[marks.wrong.is_some()] {
                label for=(marks.id) { bdi { (field.label) } (requirement(field.required)) }
                (describe(field, name))
                (faults_of(self.faults, name.as_str()))
                @match &field.kind {
                    Kind::Text(text) => (input_of_text(text, name, typed, needed, &marks)),
                    Kind::Number(number) => (input_of_number(number, name, typed, needed, &marks)),
                    Kind::Choice(choices) => (select(choices, name, typed, needed, &marks)),
                    _ => (area(name, typed, needed, &marks, true)),
                }
            }
        }
    }

    /// Several elements under one heading.
    fn group(self, field: &Field, name: &Name, inner: &Markup) -> Markup {
        let marks = self.marks(field.description.is_some() || note(field).is_some(), name);
        html! {
            fieldset.field.wrong[marks.wrong.is_some()] id=(marks.id) tabindex="-1" aria-describedby=[marks.described] {
                legend { bdi { (field.label) } (requirement(field.required)) }
                (describe(field, name))
                (faults_of(self.faults, name.as_str()))
                (inner)
            }
        }
    }

    fn radios(self, field: &Field, choices: &[(String, String)], name: &Name, needed: bool) -> Markup {
        let typed = self.pairs.get(name.as_str()).unwrap_or_default();
        html! {
            @for (sent, label) in choices {
                label.choice {
                    input type="radio" name=(name.as_str()) value=(sent) checked[sent == typed]
                        required[needed && !field.nullable];
                    bdi { (label) }
                }
            }
            @if !needed || field.nullable {
                label.choice.quiet {
                    input type="radio" name=(name.as_str()) value="" checked[typed.is_empty()];
                    "Not answered"
                }
            }
        }
    }

    fn boxes(self, choices: &[Choice], name: &Name) -> Markup {
        let chosen = |choice: &Choice| self.pairs.all(name.as_str()).any(|sent| sent == choice.sent());
        html! {
            @for choice in choices {
                label.choice {
                    input type="checkbox" name=(name.as_str()) value=(choice.sent()) checked[chosen(choice)];
                    bdi { (choice.label) }
                }
            }
        }
    }

    /// The rows of a list, with buttons that work without a script: each sends the form and gets it back with one row
    /// more or less.
    fn rows(self, field: &Field, list: &List, name: &Name) -> Markup {
        let rows = self.pairs.rows(name.as_str()).unwrap_or(1);
        let item = |number: usize| {
            let label = format!("{} {}", list.item.label, number + 1);
            Field { label, required: false, ..(*list.item).clone() }
        };
        html! {
            input type="hidden" name=(name.rows().as_str()) value=(rows);
            @for number in 0..rows {
                div.row {
                    (self.field(&item(number), &name.row(number), false))
                    button.quiet name="remove" value=(name.row(number).as_str()) formnovalidate
                        aria-label=(format!("Remove {} {} of {}", list.item.label, number + 1, field.label)) { "Remove" }
                }
            }
            @if rows < list.most.min(limits::ROWS) {
                button.quiet name="add" value=(name.as_str()) formnovalidate
                    aria-label=(format!("Add another to {}", field.label)) { "Add another" }
            }
        }
    }

    fn marks(self, hinted: bool, name: &Name) -> Marks {
        let id = name.id();
        let is_wrong = !self.faults.of(name.as_str()).is_empty();
        let parts = [is_wrong.then(|| format!("{id}-fault")), hinted.then(|| format!("{id}-hint"))];
        let described: Vec<String> = parts.into_iter().flatten().collect();
        let described = (!described.is_empty()).then(|| described.join(" "));
        Marks { id, described, wrong: is_wrong.then_some("true") }
    }
}

/// The faults of a field, which stand before its element.
pub fn faults_of(faults: &Faults, name: &str) -> Markup {
    let own = faults.of(name);
    html! {
        @if !own.is_empty() {
            div.fault id=(format!("{}-fault", super::name::id_of(name))) {
                @for message in own { p { span.unseen { "Error: " } (super::faults::shown(message)) } }
            }
        }
    }
}

/// A line under a label that says what a field is for.
pub fn hint_of(name: &str, text: &str) -> Markup {
    html! { p.hint id=(format!("{}-hint", super::name::id_of(name))) dir="auto" { (text) } }
}

/// Pairs of a form that nobody has filled in yet.
pub fn blank(field: &Field, name: &Name) -> Pairs {
    let mut pairs = Pairs::default();
    super::fill::fill(field, name, None, &mut pairs);
    pairs
}

fn describe(field: &Field, name: &Name) -> Markup {
    let parts: Vec<&str> = [field.description.as_deref(), note(field)].into_iter().flatten().collect();
    html! { @if !parts.is_empty() { (hint_of(name.as_str(), &parts.join(" "))) } }
}

/// What a person has to know to fill a field in, beside its description.
fn note(field: &Field) -> Option<&'static str> {
    match &field.kind {
        Kind::Json => Some("Written as JSON; texts stand in double quotes."),
        Kind::Text(Text { input: Input::Moment, .. }) => Some("In UTC."),
        Kind::Text(_) | Kind::Number(_) | Kind::Boolean | Kind::Choice(_) | Kind::Several(_) => None,
        Kind::Constant(_) | Kind::Object(_) | Kind::List(_) => None,
    }
}

fn requirement(required: bool) -> Markup {
    html! { @if required { " " span.mark { "required" } } @else { " " span.mark.optional { "optional" } } }
}

fn input_of_text(text: &Text, name: &Name, typed: &str, needed: bool, marks: &Marks) -> Markup {
    // A line cannot show line ends, and would lose them.
    if text.input == Input::Lines || typed.contains('\n') {
        return html! {
            textarea id=(marks.id) name=(name.as_str()) rows="5" dir="auto" required[needed] minlength=[text.least]
                maxlength=[text.most] aria-describedby=[&marks.described] aria-invalid=[marks.wrong] { "\n" (typed) }
        };
    }
    let kind = match text.input {
        Input::Line | Input::Lines => "text",
        Input::Email => "email",
        Input::Url => "url",
        Input::Date if typed.is_empty() || is_shaped(typed, "0000-00-00") => "date",
        Input::Moment if typed.is_empty() || local(typed).is_some() => "datetime-local",
        // What was typed before and a picker cannot show stays as it is.
        Input::Date | Input::Moment => "text",
    };
    let shown = if kind == "datetime-local" { local(typed).unwrap_or_default() } else { typed };
    let free = matches!(kind, "text" | "email" | "url");
    html! {
        input id=(marks.id) type=(kind) name=(name.as_str()) value=(shown) required[needed]
            step=[(kind == "datetime-local" && shown.len() > 16).then_some("1")]
            minlength=[text.least.filter(|_| free)] maxlength=[text.most.filter(|_| free)]
            pattern=[text.pattern.as_deref().filter(|_| free).and_then(html_pattern)] dir=[free.then_some("auto")]
            aria-describedby=[&marks.described] aria-invalid=[marks.wrong];
    }
}

/// A moment as the element `datetime-local` shows it; none where it would lose something, such as another offset.
fn local(typed: &str) -> Option<&str> {
    let bare = typed.strip_suffix('Z').unwrap_or(typed);
    let minutes = is_shaped(typed, "0000-00-00T00:00");
    (minutes || is_shaped(bare, "0000-00-00T00:00:00")).then_some(bare)
}

fn is_shaped(text: &str, shape: &str) -> bool {
    let fits = |(one, like): (u8, u8)| if like == b'0' { one.is_ascii_digit() } else { one == like };
    text.len() == shape.len() && text.bytes().zip(shape.bytes()).all(fits)
}

fn input_of_number(number: &Numeric, name: &Name, typed: &str, needed: bool, marks: &Marks) -> Markup {
    // A browser's own field for numbers shows nothing of what is none.
    let is_number = typed.is_empty() || typed.parse::<f64>().is_ok_and(f64::is_finite);
    let step =
        number.step.as_ref().map_or_else(|| if number.integer { "1" } else { "any" }.to_owned(), ToString::to_string);
    let mode = if number.integer { "numeric" } else { "decimal" };
    html! {
        @if is_number {
            input id=(marks.id) type="number" name=(name.as_str()) value=(typed) required[needed] step=(step)
                min=[number.least.as_ref()] max=[number.most.as_ref()] aria-describedby=[&marks.described]
                aria-invalid=[marks.wrong];
        } @else {
            input id=(marks.id) type="text" inputmode=(mode) name=(name.as_str()) value=(typed) required[needed]
                aria-describedby=[&marks.described] aria-invalid=[marks.wrong];
        }
    }
}

fn select(choices: &[Choice], name: &Name, typed: &str, needed: bool, marks: &Marks) -> Markup {
    html! {
        select id=(marks.id) name=(name.as_str()) required[needed] aria-describedby=[&marks.described]
            aria-invalid=[marks.wrong] {
            option value="" { "Choose…" }
            @for choice in choices {
                option value=(choice.sent()) selected[choice.sent() == typed] { (choice.label) }
            }
        }
    }
}

fn area(name: &Name, typed: &str, needed: bool, marks: &Marks, code: bool) -> Markup {
    html! {
        textarea.code[code] id=(marks.id) name=(name.as_str()) rows="8" spellcheck="false" required[needed]
            aria-describedby=[&marks.described] aria-invalid=[marks.wrong] { "\n" (typed) }
    }
}
