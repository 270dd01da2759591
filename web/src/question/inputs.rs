//! The form of a question, by its kind.

use super::{Found, words};
use crate::form::{
    Faults, Field, Kind as FieldKind, Name, Pairs, Shown, blank, faults_of, field_of, fill, hint_of, id_of, label_of,
};
use document::Node;
use maud::{Markup, html};
use serde_json::Value;
use stepwell_core::{
    interaction::{AfterError, Interaction, InteractionKind as Kind, REWIND, Response, SecurityLevel},
    rollback::to_node,
};

/// The name of an input's whole value.
pub const DATA: &str = "data";

/// The field of an input's data; without a schema anything, as JSON.
pub fn data_field(one: &Interaction) -> Field {
    let anything = Value::Bool(true);
    let mut field = field_of(DATA, one.schema.as_ref().unwrap_or(&anything));
    if one.schema.as_ref().is_none_or(|schema| schema.get("title").is_none()) {
        field.label = "Your answer".into();
    }
    field
}

/// Whether a person has to type the name of the tool to approve.
pub fn asks_for_tool(one: &Interaction) -> bool {
    one.authorization.as_ref().is_some_and(|about| about.security_level == SecurityLevel::High)
}

/// Whether a person may have the tool used with other arguments, or answer in its place: a question with a schema says which
/// arguments the tool takes, and that what asks heeds them.
pub fn takes_arguments(one: &Interaction) -> bool {
    one.kind == Kind::Authorization && one.schema.is_some()
}

/// The arguments that a tool would be used with.
pub fn arguments(one: &Interaction) -> Option<&Value> {
    one.authorization.as_ref().map(|about| &about.arguments)
}

/// What the form holds when it is first shown: what this person answered before, or what the question comes with.
pub fn start(found: &Found) -> Pairs {
    let one = &found.interaction;
    let mine = found.mine().0;
    let mut pairs = Pairs::default();
    match one.kind {
        Kind::Approval => {}
        Kind::Authorization => {
            if takes_arguments(one) {
                let given = |field: &str| mine.and_then(|mine| mine.data.as_ref()?.get(field));
                pairs.push("arguments", content(given("arguments").or(arguments(one))));
                pairs.push("text", given("text").and_then(Value::as_str).unwrap_or_default());
            }
        }
        Kind::Review => pairs.push("content", content(mine.map(|mine| &mine.answer).or(one.content.as_ref()))),
        Kind::Decision => {
            if let Some(mine) = mine {
                pairs.push("option", mine.decision.as_str());
            }
        }
        Kind::Ask => pairs.push("text", mine.and_then(|mine| mine.answer.as_str()).unwrap_or_default()),
        Kind::Input => {
            let (field, name) = (data_field(one), Name::root(DATA));
            match mine {
                None => pairs = blank(&field, &name),
                Some(mine) => fill(&field, &name, Some(&mine.answer), &mut pairs),
            }
        }
    }
    pairs.push("comment", mine.and_then(|mine: &Response| mine.comment.as_deref()).unwrap_or_default());
    pairs
}

/// The content of a review as it is edited: a text as it is, anything else as JSON.
pub fn content(content: Option<&Value>) -> String {
    match content {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => format!("{other:#}"),
    }
}

/// What a field is called, for the list of what is wrong.
pub fn label(one: &Interaction, name: &str) -> String {
    match name {
        "choice" => "Your answer".into(),
        "arguments" => "Arguments".into(),
        "comment" => "Comment".into(),
        "content" => "Content".into(),
        "option" => "Your choice".into(),
        "output" => "Output in its place".into(),
        "back" => "Node to go back to".into(),
        "text" if one.kind == Kind::Authorization => "Answer in its place".into(),
        "text" => "Answer".into(),
        "tool" => "Name of the tool".into(),
        _ => label_of(&data_field(one), &Name::root(DATA), name),
    }
}

/// What the page of a form adds to it.
#[derive(Default)]
pub struct Around {
    /// What stands before the fields, such as what the page sends along.
    pub more: Option<Markup>,
    /// Where the form is sent to; none where that is the address of its page.
    pub action: Option<String>,
    /// How many questions the answer is for, where it is not for one alone: what belongs to one, such as the content of a
    /// review, is left as it is then.
    pub several: Option<usize>,
}

/// The whole form.
pub fn form(found: &Found, shown: Shown<'_>, around: &Around) -> Markup {
    let one = &found.interaction;
    html! {
        form method="post" action=[around.action.as_deref()] accept-charset="utf-8" {
            // The Enter key presses the first button of a form: this one decides nothing by itself.
            button.unseen type="submit" tabindex="-1" aria-hidden="true" { "Send" }
            input type="hidden" name="form_token" value=(found.form_token);
            input type="hidden" name="seen" value=(found.mine().1);
            @if let Some(more) = &around.more { (more) }
            @match one.kind {
                Kind::Approval => (approve(shown, ["Approve", "Reject"], around)),
                Kind::Review => {
                    @if around.several.is_none() { (review(one, shown)) }
                    (approve(shown, ["Approve", "Reject"], around))
                },
                Kind::Authorization => {
                    @if asks_for_tool(one) { (tool(one, shown)) }
                    @if takes_arguments(one) && around.several.is_none() { (instead(one, shown)) }
                    (approve(shown, ["Allow", "Refuse"], around))
                },
                Kind::Decision => {
                    (options(one, shown)) @if one.on_error { (after_failure(found, shown)) } (send(shown, "Send the decision", around))
                },
                Kind::Ask => { (text(shown)) (send(shown, "Send the answer", around)) },
                Kind::Input => { (data(one, shown)) (send(shown, "Send the answer", around)) },
            }
        }
    }
}

fn approve(shown: Shown<'_>, [yes, no]: [&str; 2], around: &Around) -> Markup {
    let many = around.several.map(|many| format!(" {many}")).unwrap_or_default();
    html! {
        (comment(shown))
        (refusal(shown))
        fieldset.field id=(id_of("choice")) tabindex="-1" {
            legend.unseen { "Your answer" }
            (faults_of(shown.faults, "choice"))
            div.actions {
                button.main name="choice" value="approved" { (yes) (many) }
                // A rejection needs nothing of what an approval needs.
                button name="choice" value="rejected" formnovalidate { (no) (many) }
            }
        }
    }
}

fn send(shown: Shown<'_>, word: &str, around: &Around) -> Markup {
    let many = around.several.map(|many| format!(" to {many}")).unwrap_or_default();
    html! { (comment(shown)) (refusal(shown)) div.actions { button.main { (word) (many) } } }
}

fn comment(shown: Shown<'_>) -> Markup {
    area(shown, "comment", "Comment", "optional", &html! {}, Size::Lines(2))
}

/// What a text area holds, and how many lines of it are in sight.
#[derive(Clone, Copy)]
enum Size {
    Lines(u32),
    Code(u32),
}

/// A text area with its label.
fn area(shown: Shown<'_>, name: &str, label: &str, mark: &str, hint: &Markup, size: Size) -> Markup {
    let (rows, is_code) = match size {
        Size::Lines(rows) => (rows, false),
        Size::Code(rows) => (rows, true),
    };
    let (id, is_wrong) = (id_of(name), !shown.faults.of(name).is_empty());
    let hinted = !hint.0.is_empty();
    let parts = [is_wrong.then(|| format!("{id}-fault")), hinted.then(|| format!("{id}-hint"))];
    let described = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    html! {
        div.field.wrong[is_wrong] {
            label for=(id) { (label) @if !mark.is_empty() { " " span.mark { (mark) } } }
            (hint)
            (faults_of(shown.faults, name))
            textarea.code[is_code] id=(id) name=(name) rows=(rows) dir="auto" required[mark == "required"]
                spellcheck=[is_code.then_some("false")]
                aria-describedby=[Some(&described).filter(|all| !all.is_empty())]
                aria-invalid=[is_wrong.then_some("true")] { "\n" (shown.pairs.get(name).unwrap_or_default()) }
        }
    }
}

fn text(shown: Shown<'_>) -> Markup {
    area(shown, "text", "Answer", "required", &html! {}, Size::Lines(6))
}

fn review(one: &Interaction, shown: Shown<'_>) -> Markup {
    let is_text = one.content.as_ref().is_none_or(|content| content.is_string() || content.is_null());
    let hint = if is_text {
        "Change it where it is not right: what stands here is what you approve."
    } else {
        "Change it where it is not right: what stands here is what you approve. It is JSON; texts stand in double quotes."
    };
    let lines = shown.pairs.get("content").unwrap_or_default().lines().count();
    // What was empty already may be approved as it is.
    let mark = if content(one.content.as_ref()).trim().is_empty() { "optional" } else { "required" };
    let rows = u32::try_from(lines).unwrap_or(24).clamp(6, 24);
    let size = if is_text { Size::Lines(rows) } else { Size::Code(rows) };
    area(shown, "content", "Content", mark, &hint_of("content", hint), size)
}

fn tool(one: &Interaction, shown: Shown<'_>) -> Markup {
    let name = one.authorization.as_ref().map(words::tool).unwrap_or_default();
    let (id, is_wrong) = (id_of("tool"), !shown.faults.of("tool").is_empty());
    let described = if is_wrong { format!("{id}-fault {id}-hint") } else { format!("{id}-hint") };
    html! {
        div.field.wrong[is_wrong] {
            label for=(id) { "Name of the tool " span.mark { "required to allow it" } }
            p.hint id={ (id) "-hint" } { "To allow it, type its name: " code { bdi { (name) } } }
            (faults_of(shown.faults, "tool"))
            input id=(id) type="text" name="tool" value=(shown.pairs.get("tool").unwrap_or_default()) required
                autocomplete="off" autocapitalize="off" spellcheck="false" aria-describedby=(described)
                aria-invalid=[is_wrong.then_some("true")];
        }
    }
}

/// What the tool is used with, or what stands in its place. It is open where somebody has changed it.
fn instead(one: &Interaction, shown: Shown<'_>) -> Markup {
    let typed = |name: &str| shown.pairs.get(name).unwrap_or_default();
    let is_changed = !typed("text").is_empty() || typed("arguments") != content(arguments(one));
    let is_wrong = ["arguments", "text"].iter().any(|name| !shown.faults.of(name).is_empty());
    let lines = u32::try_from(typed("arguments").lines().count()).unwrap_or(24).clamp(3, 24);
    html! {
        details.more open[is_changed || is_wrong] {
            summary { "Change the arguments, or answer in its place" }
            (area(shown, "arguments", "Arguments", "", &hint_of("arguments",
                "JSON. When you allow it, the tool is used with what stands here."), Size::Code(lines)))
            (area(shown, "text", "Answer in its place", "optional", &hint_of("text",
                "If you write something here and allow it, your text is the result, and the tool is not used."), Size::Lines(3)))
        }
    }
}

fn options(one: &Interaction, shown: Shown<'_>) -> Markup {
    let chosen = shown.pairs.get("option").unwrap_or_default();
    let id = id_of("option");
    let is_wrong = !shown.faults.of("option").is_empty();
    html! {
        fieldset.field.wrong[is_wrong] id=(id) tabindex="-1" aria-describedby=[is_wrong.then(|| format!("{id}-fault"))] {
            legend { "Your choice " span.mark { "required" } }
            (faults_of(shown.faults, "option"))
            @for option in &one.options {
                label.choice {
                    input type="radio" name="option" value=(option.id) checked[option.id == chosen] required;
                    bdi { (option.label) }
                }
            }
        }
    }
}

/// What two of the choices about a failed node need besides, each named by the choice that it is for.
fn after_failure(found: &Found, shown: Shown<'_>) -> Markup {
    let one = &found.interaction;
    let label = |id: &str| one.options.iter().find(|option| option.id == id).map(|option| option.label.clone());
    let for_choice = |label: &str, more: &str| html! { p.hint { "For “" bdi { (label) } "” alone. " (more) } };
    let (id, is_wrong) = (id_of("back"), !shown.faults.of("back").is_empty());
    html! {
        @if let Some(label) = label(REWIND) {
            div.field.wrong[is_wrong] {
                label for=(id) { "Node to go back to " span.mark { "optional" } }
                (for_choice(&label, ""))
                (faults_of(shown.faults, "back"))
                select id=(id) name="back" aria-invalid=[is_wrong.then_some("true")] {
                    option value="" { "None" }
                    @for node in earlier(found) {
                        option value=(node.id) selected[shown.pairs.get("back") == Some(node.id.as_str())] { (node.name) }
                    }
                }
            }
        }
        @if let Some(label) = label(AfterError::Skip.as_str()) {
            (area(shown, "output", "Output in its place", "optional",
                &for_choice(&label, "JSON that the nodes after it see; nothing stands for null."), Size::Code(3)))
        }
    }
}

/// The nodes that the execution can go back to from a question about another.
fn earlier(found: &Found) -> impl Iterator<Item = &Node> {
    let failed = &found.interaction.activation.node;
    let reached = |node: &&Node| to_node(&found.workflow, &found.execution, &node.id, None).is_ok();
    found.workflow.nodes.iter().filter(move |node| node.id != *failed).filter(reached)
}

fn data(one: &Interaction, shown: Shown<'_>) -> Markup {
    let (field, name) = (data_field(one), Name::root(DATA));
    html! {
        @match &field.kind {
            // The page has the heading of the whole already.
            FieldKind::Object(fields) => {
                @if let Some(about) = &field.description { p.hint dir="auto" { (about) } }
                (shown.members(fields, &name, true))
            },
            _ => (shown.field(&field, &name, true)),
        }
    }
}

/// What is wrong with the fields of the form, for the head of its page. A refusal of the whole stands beside the buttons.
pub fn summary(one: &Interaction, faults: &Faults) -> Markup {
    html! { @if !faults.is_refusal() { (faults.summary(|name| label(one, name))) } }
}

/// Why the form was refused as a whole.
fn refusal(shown: Shown<'_>) -> Markup {
    html! { @if shown.faults.is_refusal() { (shown.faults.summary(str::to_owned)) } }
}
