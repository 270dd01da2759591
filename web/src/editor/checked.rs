//! Shows what the checks say of a text. The page and the part of it that the module swaps in are made here alike.

use super::{check::Checked, problem::Problem};
use crate::{
    look::coded,
    words::{capital, count, ended},
};
use maud::{Markup, html};

/// Problems and picture.
pub fn checked(checked: &Checked) -> Markup {
    html! {
        (problems(&checked.problems, &said(checked), checked.more))
        section.panel.picture-of aria-labelledby="picture" {
            h2 #picture { "Picture" }
            p.hint.stale-note hidden { "Of the text as it was before its errors." }
            @match &checked.picture {
                Some(picture) => (picture),
                None => p.empty data-no-picture {
                    @if checked.is_empty { "The picture shows here as soon as there is a document." }
                    @else { "The document has no picture until its errors are corrected." }
                },
            }
        }
    }
}

/// Problems, each with the way to its line; `said` is what they come to, and `more` how many others there are.
pub fn problems(problems: &[Problem], said: &Markup, more: usize) -> Markup {
    html! {
        section.panel.problems aria-labelledby="problems" {
            h2 #problems { "Problems" }
            p.said role="status" { (said) }
            @if !problems.is_empty() { ol { @for problem in problems { (one(problem)) } } }
            @if more > 0 { p.hint { "And " (more) " more: correct some of these first." } }
        }
    }
}

/// The same in a few words; nothing where nothing is written.
pub fn in_short(checked: &Checked) -> String {
    if checked.problems.is_empty() {
        return if checked.is_empty { String::new() } else { "✓ Valid".into() };
    }
    let errors = checked.problems.iter().filter(|problem| problem.is_error).count() as u64;
    let warnings = checked.problems.len() as u64 - errors;
    let told = [(errors, "error"), (warnings, "warning")].into_iter().filter(|(many, _)| *many > 0);
    told.map(|(many, word)| count(many, word)).collect::<Vec<_>>().join(", ")
}

/// How many problems there are, in words.
fn said(checked: &Checked) -> Markup {
    let errors = checked.problems.iter().filter(|problem| problem.is_error).count() as u64;
    let warnings = checked.problems.len() as u64 - errors;
    html! {
        @match (checked.is_empty, errors, warnings) {
            (true, _, _) => span.empty { "Nothing is written yet." },
            (false, 0, 0) => span.state.good { span aria-hidden="true" { "✓" } "No problems" },
            (false, 0, warnings) => span.state.good { span aria-hidden="true" { "✓" } "Valid, with " (count(warnings, "warning")) },
            (false, errors, 0) => span.state.bad { span aria-hidden="true" { "✕" } (count(errors, "error")) },
            (false, errors, warnings) => span.state.bad {
                span aria-hidden="true" { "✕" } (count(errors, "error")) ", " (count(warnings, "warning"))
            },
        }
    }
}

fn one(problem: &Problem) -> Markup {
    let (class, word) = if problem.is_error { ("error", "Error") } else { ("warning", "Warning") };
    // A message that begins with the node needs no other word for it.
    let node = problem.node.as_ref().filter(|_| !problem.message.starts_with("node "));
    html! {
        li.(class) data-line=[problem.at.as_ref().map(|at| at.line)] {
            p {
                strong.kind { (word) }
                @if let Some(at) = &problem.at { " in " a href="#text" data-goto=(at.line) { "line " (at.line) } }
                @if let Some(node) = node { ", node " code { bdi { (node) } } }
                ": " bdi { (coded(&ended(&problem.message))) }
            }
            @if let Some(at) = &problem.at { @if !at.excerpt.is_empty() { code.excerpt { (at.excerpt) } } }
            @if let Some(hint) = &problem.hint { p.hint dir="auto" { (coded(&capital(hint))) } }
        }
    }
}
