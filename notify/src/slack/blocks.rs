//! The messages: a question with its buttons, a reminder, and how a question ended.

use super::{
    form,
    shown::shown,
    text::{cut_escaped, escape, label, moment, mrkdwn, names},
};
use crate::limits::{SLACK_BUTTONS, SLACK_LINE, SLACK_NOTIFICATION, SLACK_OPTIONS, SLACK_URL};
use engine::port::Letter;
use serde_json::{Value, json};
use stepwell_core::interaction::{
    Interaction, InteractionKind as Kind, InteractionStatus as Status, REWIND, Response, channel::Channel,
    delivery::Notice,
};

/// The name of the button that says yes.
pub(super) const APPROVE: &str = "approve";
/// The name of the button that says no.
pub(super) const REJECT: &str = "reject";
/// What the name of an option's button begins with; its position follows.
pub(super) const CHOOSE: &str = "choose.";
/// The name of the menu of options. The value of each is the question's id and its position.
pub(super) const MENU: &str = "menu";
/// The name of the button that opens the form.
pub(super) const FORM: &str = "form";
/// The name of the button that is a link.
pub(super) const LINK: &str = "link";

/// A message: its blocks, and the text that notifications show of it.
pub(super) struct Message {
    pub text: String,
    pub blocks: Vec<Value>,
}

/// Whether a letter goes to one person alone.
pub(super) fn is_direct(letter: &Letter) -> bool {
    !matches!(&letter.channel, Channel::Slack { channel: Some(_) })
}

/// The address where the question is answered: the person's own in a direct message, and in a channel, which several
/// people read, that of the inbox.
fn address(letter: &Letter) -> Option<&str> {
    let own = letter.link.as_deref().filter(|_| is_direct(letter));
    own.or(letter.inbox.as_deref()).filter(|url| url.len() <= SLACK_URL)
}

/// The message that asks.
pub(super) fn question(letter: &Letter) -> Message {
    let one = &*letter.interaction;
    let shown = shown(one);
    let (buttons, note) = buttons(letter, shown.whole);
    let mut blocks = shown.blocks;
    blocks.extend(note.map(|note| section(&note)));
    blocks.push(context(letter));
    if !buttons.is_empty() {
        blocks.push(json!({"type": "actions", "elements": buttons}));
    }
    let begins = match letter.notice {
        Notice::Escalated => "Nobody decided in time: ",
        Notice::Asked | Notice::Reminder | Notice::Reassigned | Notice::Again | Notice::Outcome => "",
    };
    Message { text: notification(begins, one), blocks }
}

/// The reply below the message that asks, which reminds of it.
pub(super) fn reminder(letter: &Letter) -> Message {
    let one = &*letter.interaction;
    let asked: Vec<&str> = one.assignees.iter().map(String::as_str).collect();
    let (begins, word) = match letter.notice {
        Notice::Escalated => {
            ("Nobody decided in time: ", format!("Nobody decided in time, so this now asks {}", names(&asked)))
        }
        Notice::Reassigned => ("Others are asked now: ", format!("This now asks {}", names(&asked))),
        Notice::Asked | Notice::Reminder | Notice::Again | Notice::Outcome => {
            ("Reminder: ", "This still waits for an answer".to_owned())
        }
    };
    let until = one.deadline.map(|at| format!(", until {}", moment(at))).unwrap_or_default();
    let mut blocks = vec![section(&format!("{word}{until}."))];
    blocks.extend(answered(one).map(|line| json!({"type": "context", "elements": [mrkdwn(&line)]})));
    if let Some(url) = address(letter) {
        blocks.push(json!({"type": "actions", "elements": [link(url)]}));
    }
    Message { text: notification(begins, one), blocks }
}

/// The message that asked, with how the question ended in place of its buttons.
pub(super) fn outcome(letter: &Letter) -> Message {
    let one = &*letter.interaction;
    let mut blocks = shown(one).blocks;
    blocks.push(section(&ended(one)));
    blocks.push(context(letter));
    Message { text: notification("Over: ", one), blocks }
}

/// The text that notifications show. It is in Slack's mark-up, so that it is escaped.
fn notification(begins: &str, one: &Interaction) -> String {
    let asked = if one.question.trim().is_empty() { one.kind.as_str() } else { &one.question };
    format!("{begins}{}", cut_escaped(asked, SLACK_NOTIFICATION))
}

fn section(text: &str) -> Value {
    json!({"type": "section", "text": mrkdwn(text)})
}

/// Who asks whom, until when, and who has answered.
fn context(letter: &Letter) -> Value {
    let one = &*letter.interaction;
    let mut parts = vec![format!("Workflow {}", cut_escaped(&letter.workflow, 200))];
    parts.extend(letter.requester.as_deref().map(|who| format!("started by {}", cut_escaped(who, 200))));
    if !one.assignees.is_empty() {
        let asked: Vec<&str> = one.assignees.iter().map(String::as_str).collect();
        parts.push(format!("asks {}", names(&asked)));
    }
    if let Some(deadline) = one.deadline.filter(|_| one.is_open()) {
        parts.push(format!("until {}", moment(deadline)));
    }
    parts.extend(answered(one).filter(|_| one.is_open()));
    json!({"type": "context", "elements": [mrkdwn(&parts.join(" · "))]})
}

/// Those whose answers count so far.
fn answered(one: &Interaction) -> Option<String> {
    let by: Vec<&str> = counted(one).iter().map(|response| response.by.as_str()).collect();
    (!by.is_empty()).then(|| format!("answered so far: {}", names(&by)))
}

/// The last response of each person, in the order of the first ones.
fn counted(one: &Interaction) -> Vec<&Response> {
    let mut last: Vec<&Response> = Vec::new();
    for response in &one.responses {
        match last.iter_mut().find(|earlier| earlier.by.eq_ignore_ascii_case(&response.by)) {
            Some(earlier) => *earlier = response,
            None => last.push(response),
        }
    }
    last
}

/// How a question ended, and by whom. What people answered beyond the port is for those who may read it in the inbox.
fn ended(one: &Interaction) -> String {
    let decision = one.decision.as_deref().map(|decision| {
        let option = one.options.iter().find(|option| option.id == decision);
        cut_escaped(option.map_or(decision, |option| &option.label), SLACK_LINE)
    });
    let by: Vec<&str> = counted(one)
        .into_iter()
        .filter(|response| Some(&response.decision) == one.decision.as_ref())
        .map(|response| response.by.as_str())
        .collect();
    let by = if by.is_empty() { String::new() } else { format!(" by {}", names(&by)) };
    let at = one.decided_at.map(|at| format!(", {}", moment(at))).unwrap_or_default();
    match (one.status, decision) {
        (Status::Answered, Some(decision)) => format!("*{}*{by}{at}", capital(&decision)),
        (Status::Answered, None) => format!("*Answered*{by}{at}"),
        (Status::TimedOut, Some(decision)) => format!("*Nobody decided in time*: {decision}{at}"),
        (Status::TimedOut, None) => format!("*Nobody decided in time*{at}"),
        (Status::Cancelled, _) => format!("*No longer needed*{at}"),
        (Status::Pending, _) => "*Still open*".to_owned(),
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// The buttons of a question, and a note where they leave something out.
fn buttons(letter: &Letter, whole: bool) -> (Vec<Value>, Option<String>) {
    let one = &*letter.interaction;
    let id = one.interaction_id.as_str();
    let open = address(letter).map(link);
    let elsewhere = |why: &str| {
        let how = match open {
            Some(_) => "open it to answer",
            None => "answer it in the inbox: `stepwell inbox`",
        };
        (open.iter().cloned().collect(), Some(format!("{why}: {how}.")))
    };
    if !whole {
        return elsewhere("This is only the beginning of what is asked");
    }
    let has_form = form::form(one).is_some();
    let form = |text: &str| button(FORM, text, id, None);
    let mut buttons = match one.kind {
        Kind::Authorization if form::needs_tool(one) => {
            if !is_direct(letter) || !has_form {
                return elsewhere("This cannot be decided from here");
            }
            vec![form("Type the tool's name…")]
        }
        Kind::Approval | Kind::Authorization | Kind::Review => {
            let mut both =
                vec![button(APPROVE, "Approve", id, Some("primary")), button(REJECT, "Reject", id, Some("danger"))];
            if has_form {
                both.push(form(if one.kind == Kind::Review { "Edit…" } else { "Comment…" }));
            }
            both
        }
        Kind::Decision => match choices(one) {
            Some(choices) => choices,
            None => return elsewhere("There are more options than Slack shows"),
        },
        Kind::Input | Kind::Ask if has_form => vec![form("Answer…")],
        Kind::Input | Kind::Ask => return elsewhere("This asks for more than a form of Slack can show"),
    };
    buttons.extend(open);
    let note = (one.on_error && one.options.iter().any(|option| option.id == REWIND))
        .then(|| "To go back to an earlier node, answer in the inbox.".to_owned());
    (buttons, note)
}

/// The options of a decision, as buttons or as a menu; none where they are too many for either.
fn choices(one: &Interaction) -> Option<Vec<Value>> {
    let id = one.interaction_id.as_str();
    // To go back takes the name of a node, which no button can ask for.
    let all = one.options.iter().enumerate();
    let all: Vec<_> = all.filter(|(_, option)| !(one.on_error && option.id == REWIND)).collect();
    if all.len() <= SLACK_BUTTONS {
        return Some(all.iter().map(|(at, it)| button(&format!("{CHOOSE}{at}"), &it.label, id, None)).collect());
    }
    let option =
        |(at, it): &(usize, &document::HumanOption)| json!({"text": label(&it.label), "value": format!("{id} {at}")});
    let options: Vec<Value> = all.iter().map(option).collect();
    let menu = json!({"type": "static_select", "action_id": MENU, "placeholder": label("Choose…"), "options": options});
    (options.len() <= SLACK_OPTIONS).then(|| vec![menu])
}

fn button(action: &str, text: &str, interaction: &str, style: Option<&str>) -> Value {
    let mut button = json!({"type": "button", "action_id": action, "text": label(text), "value": interaction});
    if let Some(style) = style {
        button["style"] = json!(style);
    }
    button
}

fn link(url: &str) -> Value {
    json!({"type": "button", "action_id": LINK, "text": label("Open"), "url": url})
}

/// The form of a question as a modal view; none where Slack cannot show all that is asked, or all that can be answered.
pub(super) fn view(question: &Interaction) -> Option<Value> {
    let (shown, form) = (shown(question), form::form(question)?);
    let mut blocks = shown.blocks;
    blocks.extend(form::inputs(&form));
    shown.whole.then(|| {
        json!({
            "type": "modal", "callback_id": FORM, "private_metadata": question.interaction_id.as_str(),
            "title": label("Answer"), "submit": label("Send"), "close": label("Cancel"), "blocks": blocks,
        })
    })
}

/// A line about a question that waits, with the question's address where there is one.
pub(super) fn line(question: &str, inbox: Option<&str>) -> String {
    let text = cut_escaped(&question.replace(['\n', '\r', '|'], " "), SLACK_NOTIFICATION);
    match inbox.filter(|url| !url.contains(['|', '>', '<'])) {
        Some(url) => format!("<{}|{text}>", escape(url)),
        None => text,
    }
}
