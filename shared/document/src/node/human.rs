//! Reads the config of `human` nodes, in their six kinds (human in the loop, §1).

pub(crate) mod about;
pub(crate) mod channels;
mod check;
mod form;
mod group;
mod keys;
mod model;
mod named;
#[cfg(test)]
mod tests;
mod webhook;

pub use channels::{ChannelTemplate, Channels, WebhookTask, WebhookTemplate, is_address};
pub(crate) use group::groups_in;
pub use group::{GROUP, group_of, is_group_name};
pub use model::{Human, HumanKind, HumanOption, InWords, Level, OptionTemplate, TimeoutAction, WaitBy};
pub use webhook::{WEBHOOK_HEADERS, WEBHOOK_KEY_BYTES, WEBHOOK_KEY_MOST_BYTES, WEBHOOK_KEY_PREFIX};

use super::{
    node_type::{Mode, NodeType, Ports, Shape, unique},
    setting::Setting,
};
use crate::{
    limits,
    reading::{At, Cx, Fields, Place, object_of},
};
use expression::{Expr, Template};
use keys::{ACTIONS, COMMON, KINDS, WAITS, own, usual_question, words};
pub(crate) use named::people;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The ports of questions that are answered by data.
const ANSWERED: [&str; 3] = ["answered", "timeout", "error"];
/// The ports of questions that people vote on.
const VOTED: [&str; 4] = ["approved", "rejected", "timeout", "error"];

/// The type. Its ports depend on what is asked.
pub static TYPE: NodeType = NodeType {
    also: &["approval", "approve", "form", "ask", "review", "user_task", "manual", "input"],
    about: "Asks people, and waits for their answer.",
    config: about::config,
    ports: Ports::OfConfig { read: ports, has_default: |_| true },
    shape: Shape::Person,
    output: |config| Some(output(config)),
    ..NodeType::new("human", Mode::Wait)
};

/// The ports by the raw config; none where it does not tell the kind or the options.
fn ports(config: &Value) -> Option<Vec<String>> {
    let names = match config.get("kind")?.as_str()? {
        "approval" | "review" | "authorization" => VOTED.to_vec(),
        "input" | "ask" => ANSWERED.to_vec(),
        "decision" => {
            let options = config.get("options")?.as_array()?.iter();
            let ids: Option<Vec<&str>> = options.map(|one| one.as_str().or_else(|| one.get("id")?.as_str())).collect();
            return Some(unique(ids?.into_iter().chain(["timeout", "error"])));
        }
        _ => return None,
    };
    Some(unique(names.into_iter()))
}

/// The members of the output. Data to a schema without templates is described by that.
fn output(config: &Value) -> Value {
    let mut schema = object_of(&["decision", "answer", "comment", "responses", "automatic", "reason", "receipt"]);
    let asked = config.get("schema").filter(|_| config.get("kind").and_then(Value::as_str) == Some("input"));
    // References lead into the schema as a whole, of which this is a part then.
    if let Some(asked) = asked.filter(|asked| asked.is_object() && !asked.to_string().contains("\"$ref\"")) {
        schema["properties"]["answer"] = asked.clone();
    }
    schema
}

/// Reads the config of a `human` node.
pub(super) fn read(cx: &mut Cx<'_>, config: &Map<String, Value>, at: &At<'_>, place: Place<'_>) -> Option<Human> {
    let kind = config.get("kind").and_then(Value::as_str).unwrap_or_default();
    let known: Vec<&str> = COMMON.iter().chain(own(kind)).copied().collect();
    let f = Fields::new(cx, config, at, "invalid_config", &known);
    let kinds = words(&KINDS);
    if f.get("kind").is_none() {
        f.missing(cx, "kind", &format!("Give one of `{}`.", kinds.join("`, `")));
    }
    let word = f.word(cx, "kind", &kinds);
    let human_kind = match word.map(|ix| kinds[ix]) {
        Some("input") => Some(HumanKind::Input { schema: form::schema(cx, &f, place), rules: rules(cx, &f, place) }),
        Some("decision") => form::options(cx, &f, place).map(|options| HumanKind::Decision { options }),
        Some("review") => Some(HumanKind::Review { content: cx.template(&f, "content", place) }),
        Some("ask") => Some(HumanKind::Ask(None)),
        Some("authorization") => Some(HumanKind::Authorization {
            tool: cx.template(&f, "tool", place),
            arguments: cx.template(&f, "arguments", place),
            schema: form::schema(cx, &f, place),
            level: cx.setting(&f, "security_level", (), place).unwrap_or_else(|| Setting::of(Level::Medium)),
        }),
        Some(_) => Some(HumanKind::Approval),
        None => None,
    };
    let rest = rest(cx, &f, place, kind);
    rest.zip(human_kind).map(|(human, kind)| Human { kind, ..human })
}

/// Reads what all kinds have in common. The caller puts the kind itself in the place of `Approval`.
fn rest(cx: &mut Cx<'_>, f: &Fields<'_, '_>, place: Place<'_>, kind: &str) -> Option<Human> {
    let question = question(cx, f, place, kind);
    let assignees = people(cx, f, "assignees", place);
    let approval_threshold = threshold(cx, f, "approval_threshold", may_end(f, kind, "approved"), place);
    let rejects = may_end(f, kind, "rejected");
    let rejection_threshold = threshold(cx, f, "rejection_threshold", rejects, place);
    let seconds = (limits::LEAST_SECONDS, limits::EXECUTION_SECONDS);
    let timeout = cx.setting(f, "timeout_seconds", seconds, place);
    let timeout_action = match f.word(cx, "timeout_action", &words(&ACTIONS)).map(|ix| ACTIONS[ix].0) {
        Some("auto_approve") => TimeoutAction::AutoApprove,
        Some("auto_reject") => TimeoutAction::AutoReject,
        Some("fail") => TimeoutAction::Fail,
        Some("escalate") => TimeoutAction::Escalate,
        _ => TimeoutAction::Timeout,
    };
    let escalate_to = people(cx, f, "escalate_to", place);
    // A timeout that could never do what is asked of it is a mistake in the document.
    if timeout_action == TimeoutAction::Escalate && f.get("escalate_to").is_none() {
        f.wrong(cx, "timeout_action", "there is nobody to escalate to", "Give a list of people as `escalate_to`.");
    }
    if timeout_action == TimeoutAction::AutoReject && !rejects {
        let message = format!("a question of the kind `{kind}` has no port `rejected`");
        f.wrong(cx, "timeout_action", message, "Use `timeout` with an edge out of that port, or `fail`.");
    }
    let expires = (kind == "authorization").then_some(limits::AUTHORIZATION_SECONDS);
    if f.get("timeout_seconds").is_none() && expires.is_none() {
        for key in ["timeout_action", "escalate_to"].into_iter().filter(|key| f.get(key).is_some()).take(1) {
            f.wrong(cx, key, "nothing ever times out here", "Give `timeout_seconds` too, or remove this.");
        }
    }
    let details = cx.template(f, "details", place);
    let channels = channels::read(cx, f, place);
    let remind_every_seconds = cx.setting(f, "remind_every_seconds", (1.0, limits::EXECUTION_SECONDS), place);
    let condition = cx.expr(f, "condition", place);
    Some(Human {
        auto_approve_below: below(cx, f, place, condition.as_ref()),
        kind: HumanKind::Approval,
        question: question?,
        details,
        assignees,
        approval_threshold,
        rejection_threshold,
        allow_requester: cx.setting(f, "allow_requester", (), place).unwrap_or_else(|| Setting::of(true)),
        channels,
        timeout_seconds: timeout.or(expires.map(Setting::of)),
        timeout_action,
        escalate_to,
        remind_every_seconds,
        wait_by: match f.word(cx, "wait_by", &words(&WAITS)) {
            Some(1) => WaitBy::States,
            _ => WaitBy::Host,
        },
        condition,
    })
}

/// Whether an answer may take the port `approved` or `rejected`. That of a decision may where an option has that id.
fn may_end(f: &Fields<'_, '_>, kind: &str, port: &str) -> bool {
    match kind {
        "input" | "ask" => false,
        "decision" => {
            let id = |option: &Value| option.as_str().or_else(|| option.get("id")?.as_str()) == Some(port);
            f.get("options").and_then(Value::as_array).is_some_and(|options| options.iter().any(id))
        }
        _ => true,
    }
}

/// The question. Kinds that always ask the same have a default.
fn question(cx: &mut Cx<'_>, f: &Fields<'_, '_>, place: Place<'_>, kind: &str) -> Option<Template> {
    if f.get("question").is_some() {
        f.text(cx, "question")?;
        return cx.template(f, "question", place);
    }
    let Some(usual) = usual_question(kind) else {
        f.missing(cx, "question", "Say what the person is asked, such as `Pay {{ input.amount }}?`.");
        return None;
    };
    Template::compile(&Value::String(usual.into())).ok()
}

/// A threshold that the people named can reach; 1 where no answer counts towards it.
fn threshold(cx: &mut Cx<'_>, f: &Fields<'_, '_>, key: &'static str, counts: bool, place: Place<'_>) -> Setting<u64> {
    let one = Setting::of(1);
    let Some(given) = cx.setting(f, key, (1, limits::PEOPLE as u64), place) else { return one };
    if !counts {
        if given.literal() != Some(1) {
            let hint = "Remove it, or ask for an `approval`: yes and no are what is counted.";
            cx.warning("threshold_ignored", &f.at.key(key), "no answer to this is counted: the first decides", hint);
        }
        return one;
    }
    // What a template yields is compared with the people when the question is opened. How many a group has is known where
    // somebody answers, and not here.
    let Some(votes) = given.literal() else { return given };
    let Some(mut asked) = literal_people(f, "assignees") else { return given };
    // An escalation asks further people.
    if f.get("timeout_action").and_then(Value::as_str) == Some("escalate") && f.get("escalate_to").is_some() {
        let Some(more) = literal_people(f, "escalate_to") else { return given };
        asked.extend(more);
    }
    if votes > asked.len() as u64 {
        let message = format!("{votes} votes can never come from {} people", asked.len());
        f.wrong(cx, key, message, "Lower it, or name more people.");
    }
    given
}

/// The people of a list without templates, each once however the address is written; none where a template names them, or
/// where a group is among them.
fn literal_people(f: &Fields<'_, '_>, key: &str) -> Option<BTreeSet<String>> {
    let literal = |one: &Value| {
        let text = one.as_str().filter(|text| !text.contains("{{") && group_of(text).is_none())?;
        Some(text.trim().to_ascii_lowercase())
    };
    f.get(key)?.as_array()?.iter().map(literal).collect()
}

/// `auto_approve_below`: an expression, and the number below which its value is approved without asking. A number alone
/// is about the value that the condition compares with one.
fn below(
    cx: &mut Cx<'_>,
    f: &Fields<'_, '_>,
    place: Place<'_>,
    condition: Option<&Expr>,
) -> Option<(Expr, Setting<f64>)> {
    if let Some(bound) = f.get("auto_approve_below").and_then(Value::as_f64) {
        if let Some(value) = condition.and_then(compared) {
            let at = f.at.key("auto_approve_below");
            return cx.expr_at(&Value::String(value), &at, place).map(|value| (value, Setting::of(bound)));
        }
        let hint = "Say which value lies below it: {\"value\": \"amount\", \"below\": 1000}.";
        f.wrong(cx, "auto_approve_below", "the bound does not say of what", hint);
        return None;
    }
    let object = f.object(cx, "auto_approve_below")?;
    let at = f.at.key("auto_approve_below");
    let f = Fields::new(cx, object, &at, "invalid_config", &["value", "below"]);
    for key in ["value", "below"].into_iter().filter(|key| f.get(key).is_none()) {
        f.missing(cx, key, "Give {\"value\": \"amount\", \"below\": 1000}.");
    }
    let bound = cx.setting(&f, "below", (f64::MIN, f64::MAX), place);
    cx.expr(&f, "value", place).zip(bound)
}

/// The source of the one value that an expression compares with numbers; none where there is none, or several.
fn compared(condition: &Expr) -> Option<String> {
    let comparisons = condition.references().comparisons.iter();
    let mut paths = comparisons.filter(|(_, with, _)| with.is_number()).map(|(path, ..)| &path.segments);
    let one = paths.next()?;
    let (root, members) = one.split_first()?;
    let word = |name: &str| name.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_') && name != "in";
    let member = |name: &String| match word(name) {
        true => format!(".{name}"),
        false => format!("[{}]", Value::from(name.as_str())),
    };
    let source = members.iter().fold(root.clone(), |source, name| source + &member(name));
    paths.all(|other| other == one).then_some(source)
}

/// The `rules` of an `input`, which may name the person's `answer`.
fn rules(cx: &mut Cx<'_>, f: &Fields<'_, '_>, place: Place<'_>) -> Vec<Expr> {
    let Some(list) = f.list(cx, "rules", limits::RULES) else { return Vec::new() };
    let at = f.at.key("rules");
    let place = place.about_answer();
    list.iter().enumerate().filter_map(|(ix, rule)| cx.expr_at(rule, &at.item(ix), place)).collect()
}
