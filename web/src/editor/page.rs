//! The page of the editor.

use super::{
    check::Checked,
    checked::{checked, in_short},
    draft::Draft,
    examples::{EXAMPLES, Example},
};
use crate::{
    assets::{EDITOR, ZOOM},
    desk::part,
    form::{Faults, faults_of, hint_of, id_of},
    layout::{Place, View, answered, token},
    session::{Visit, nonce},
    workflows::may,
};
use api::Scope;
use axum::{http::StatusCode, response::Response};
use maud::{Markup, html};

/// What the page shows.
pub struct Shown<'a> {
    /// The text and what belongs to it.
    pub draft: &'a Draft,
    /// What the checks say of it.
    pub checked: &'a Checked,
    /// What is wrong with what was asked for.
    pub faults: Faults,
    /// The example that the text comes from.
    pub example: Option<&'a Example>,
    /// The version of another writer that a save would follow, which has to be confirmed.
    pub other: Option<u64>,
}

/// The page.
pub fn page(visit: &Visit, status: StatusCode, shown: &Shown<'_>) -> Response {
    let of = shown.draft.of.as_ref();
    let title = of.map_or_else(|| "New workflow".to_owned(), |base| format!("Edit {}", base.id));
    let is_new = of.is_none();
    let body = html! {
        div.page-head {
            h1 { @match of { None => "New workflow", Some(base) => { "Edit " bdi { (base.id) } } } }
            @if let Some(base) = of {
                p.kicker { "From version " (base.version) ". " a href={ (visit.up) "workflows/" (part(&base.id)) } { "To the workflow" } }
            }
        }
        @if !may(visit, Scope::Run) && !may(visit, Scope::Admin) {
            // Said before anything is written for nothing.
            p.verdict.wait { span { "You can have a document checked here. To run it takes the scope " code { "run" } ", and to save it " code { "admin" } "." } }
        }
        (shown.faults.summary(label))
        @if let Some(other) = shown.other { (overtaken(visit, shown.draft, other)) }
        @if is_new { (examples(visit, shown)) }
        div.editor data-editor data-check={ (visit.up) "new/check" } {
            (form(visit, shown))
            div #checked { (checked(shown.checked)) }
        }
    };
    answered(visit, status, View { place: Place::Workflows, title: &title, scripts: &[&EDITOR, &ZOOM], body })
}

fn label(name: &str) -> String {
    match name {
        "input" => "Input of a run".into(),
        _ => "Document".into(),
    }
}

/// The examples: open where nothing is written yet, else folded. A script folds them as soon as something is.
fn examples(visit: &Visit, shown: &Shown<'_>) -> Markup {
    let cards = html! {
        ul.examples {
            @for one in &EXAMPLES {
                li {
                    a href={ (visit.up) "new?example=" (one.id) }
                        aria-current=[shown.example.is_some_and(|own| own.id == one.id).then_some("true")] {
                        strong { (one.title) } span { (one.about) }
                    }
                }
            }
        }
    };
    html! {
        details.panel.folded data-examples open[shown.checked.is_empty] {
            summary { h2 { @if shown.checked.is_empty { "Start from an example" } @else { "Start from another example" } } }
            (cards)
        }
    }
}

fn form(visit: &Visit, shown: &Shown<'_>) -> Markup {
    let draft = shown.draft;
    let faults = &shown.faults;
    let (text_wrong, input_wrong) = (!faults.of("text").is_empty(), !faults.of("input").is_empty());
    let (text_id, input_id) = (id_of("text"), id_of("input"));
    let described = |id: &str, wrong: bool| if wrong { format!("{id}-fault {id}-hint") } else { format!("{id}-hint") };
    html! {
        form.panel #editor-form method="post" accept-charset="utf-8" {
            (token(visit))
            @if let Some(base) = &draft.of { input type="hidden" name="version" value=(base.version); }
            @if let Some(key) = nonce() { input type="hidden" name="key" value=(key); }
            div.field.wrong[text_wrong] id=(text_id) tabindex="-1" {
                div.text-head {
                    label for="text" { "Document" }
                    // Where the problems stand below the text, this leads to them.
                    a.to-problems href="#problems" data-problems { (in_short(shown.checked)) }
                    div.actions {
                        button.small name="do" value="check" { "Check" }
                        // While somebody else's version is in the way, the one button that saves stands where that is said.
                        @if may(visit, Scope::Admin) && shown.other.is_none() { button.small name="do" value="save" { "Save" } }
                        @if may(visit, Scope::Run) { button.small.main name="do" value="run" { "Run it once" } }
                    }
                }
                (faults_of(faults, "text"))
                div.frame {
                    div.gutter aria-hidden="true" {}
                    textarea #text.code name="text" rows="24" wrap="off" spellcheck="false" autocapitalize="off" autocomplete="off"
                        aria-describedby=(described(&text_id, text_wrong)) aria-invalid=[text_wrong.then_some("true")] { "\n" (draft.text) }
                }
                div.text-foot {
                    p.hint id={ (text_id) "-hint" } { "JSON or YAML." }
                    label.tabs data-keys hidden { input #tabs type="checkbox" aria-describedby="way-out"; " Tab indents" }
                    p.hint.way-out #way-out data-keys hidden { "Press Esc, then Tab, to leave the text." }
                }
            }
            @if may(visit, Scope::Run) {
                div.field.wrong[input_wrong] {
                    label for=(input_id) { "Input of a run" }
                    (hint_of("input", "JSON. “Run it once” runs the text as it stands here, without saving it."))
                    (faults_of(faults, "input"))
                    textarea.code id=(input_id) name="input" rows="4" spellcheck="false" autocapitalize="off"
                        aria-describedby=(described(&input_id, input_wrong)) aria-invalid=[input_wrong.then_some("true")] { "\n" (draft.input) }
                }
            }
        }
    }
}

/// What is said where somebody else saved meanwhile, or where a new document has the id of a saved workflow. The button that
/// saves all the same belongs to the editor's form.
fn overtaken(visit: &Visit, draft: &Draft, other: u64) -> Markup {
    html! {
        section.panel.overtaken role="alert" {
            @match &draft.of {
                Some(base) => {
                    h2 { "Somebody saved version " (other) " meanwhile" }
                    p {
                        "Your text comes from version " (base.version) ". "
                        a href={ (visit.up) "workflows/" (part(&base.id)) "/difference?from=" (base.version) "&to=" (other) } {
                            "See what changed"
                        }
                        " before you save yours. Nothing was saved, and your text stands below."
                    }
                },
                None => {
                    h2 { "There is a workflow with this id already" }
                    p { "Give the document another id, or save it as the next version of that workflow. Nothing was saved yet." }
                },
            }
            div.actions { button type="submit" form="editor-form" name="over" value=(other) { "Save it as version " (other + 1) } }
        }
    }
}
