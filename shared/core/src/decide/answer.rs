//! A person's answer to an interaction: whether it fits the question, and whether it decides.

use super::{after_error, leave, turn::Deciding, typed};
use crate::{
    error::{Reason, Rejection},
    event::Event,
    id::{ExecutionId, InteractionId},
    interaction::{
        AfterError, Answer, Interaction, InteractionKind as Kind, REWIND, Response, receipt::shown_sha256,
        votes::needed_after,
    },
    limits,
    rollback::Rollback,
};
use document::{HumanKind, graph::NodeIx, validate::schema::Schema};
use serde_json::{Map, Value, json};

/// Counts or applies an answer. The first answer that reaches a threshold decides; every later one is rejected with
/// that decision.
pub(super) fn answer(turn: &mut Deciding<'_>, id: &InteractionId, answer: Answer) -> Result<(), Rejection> {
    let one = turn.state.interaction(id.as_str()).cloned();
    let one = one.ok_or_else(|| Rejection::Missing(format!("there is no interaction {id}")))?;
    if !one.is_open() {
        let message = format!("the interaction is over: {}", one.decision.as_deref().unwrap_or(one.status.as_str()));
        return Err(Rejection::Decided { status: one.status, decision: one.decision.clone(), message });
    }
    leave::may_answer(&turn.state, &one, &answer)?;
    let answer = plain(&one, answer);
    let ix = turn.current(&one.activation)?;
    let (decision, value) = fits(turn, &one, &answer)?;
    if one.on_error && after_error::replaces(turn, &decision, answer.data.as_ref()) {
        leave::may_replace(turn, &answer)?;
    }
    // The response keeps a hash of what was shown: it is the evidence of what the person decided on.
    let response = Response {
        by: answer.by.clone(),
        via: answer.via,
        entered_by: answer.entered_by.clone(),
        group: leave::group_by(&one, &answer.by, &answer.groups),
        named: answer.named,
        at: turn.now,
        decision: decision.clone(),
        answer: value.clone(),
        comment: answer.comment.clone(),
        data: beside(&one, &decision, &answer),
        shown_sha256: shown_sha256(&one),
    };
    // A vote below its threshold is only written down, and the node goes on waiting.
    let votes_needed = turn.node(ix).kind.human().map_or(0, |human| needed_after(&one, human, &response));
    if votes_needed > 0 {
        turn.record(Event::InteractionVoted { interaction_id: id.clone(), response: Box::new(response) });
        return Ok(());
    }
    turn.close_answered(&one, response);
    // The answer about a failed node says what becomes of the node. Any other answer becomes the node's output,
    // together with all responses, so that votes before the deciding one are kept.
    if one.on_error && decision == REWIND {
        if let Ok(rollback) = after_error::rewinding(turn, answer.data.as_ref()) {
            turn.ask_rollback(Rollback { reason: answer.comment, ..rollback });
        }
    } else if one.on_error {
        after_error::decided(turn, ix, AfterError::parse(&decision), answer.data);
    } else {
        let responses = turn.state.interaction(id.as_str()).map(|one| one.responses.clone()).unwrap_or_default();
        let responses: Vec<Value> = responses.iter().map(Response::as_output).collect();
        let mut output = json!({
            "decision": decision, "answer": value, "comment": answer.comment,
            "responses": responses, "automatic": false, "receipt": turn.receipt_of(id),
        });
        if one.kind == Kind::Authorization {
            given_to_tool(&answer).for_each(|(field, given)| output[field] = given);
        }
        let port = if is_in_words(turn, ix) { "answered" } else { &decision };
        turn.finish_with(ix, port, output);
    }
    turn.settle();
    Ok(())
}

/// The answer without a null in place of data that the question does not ask for: nothing was meant by it. Of an input null
/// is a value like others.
fn plain(one: &Interaction, answer: Answer) -> Answer {
    let data = answer.data.filter(|data| one.kind == Kind::Input || !data.is_null());
    Answer { data, ..answer }
}

/// Whether a node asks what a model said in words, of which no option names a port.
fn is_in_words(turn: &Deciding<'_>, ix: NodeIx) -> bool {
    matches!(turn.node(ix).kind.human().map(|human| &human.kind), Some(HumanKind::Ask(Some(_))))
}

/// What a person gave a tool, or in its place: it is part of the evidence.
fn given_to_tool(answer: &Answer) -> impl Iterator<Item = (&'static str, Value)> {
    let text = answer.text.clone().map(Value::String);
    [("arguments", answer.arguments.clone()), ("text", text)]
        .into_iter()
        .filter_map(|(field, given)| Some((field, given?)))
}

/// What came with an answer and is not part of it: it decides nothing, and is kept as the person sent it.
fn beside(one: &Interaction, decision: &str, answer: &Answer) -> Option<Value> {
    let unused = |name: &str, value: &Option<Value>, used: bool| {
        value.clone().filter(|_| !used).map(|value| (name.to_owned(), value))
    };
    let is_tool = one.kind == Kind::Authorization;
    let skips = one.on_error && (AfterError::parse(decision) == Some(AfterError::Skip) || decision == REWIND);
    let more: Map<String, Value> = [
        unused("content", &answer.content, one.kind == Kind::Review),
        unused("data", &answer.data, one.kind == Kind::Input || skips),
    ]
    .into_iter()
    .flatten()
    .chain(given_to_tool(answer).map(|(field, given)| (field.to_owned(), given)).filter(|_| is_tool))
    .collect();
    match answer.more.clone() {
        more_sent if more.is_empty() => more_sent,
        None => Some(Value::Object(more)),
        Some(Value::Object(sent)) => Some(Value::Object(more.into_iter().chain(sent).collect())),
        Some(other) => Some(Value::Object(more.into_iter().chain([("resume_data".to_owned(), other)]).collect())),
    }
}

/// The port that an answer votes for, and the value that it gives. An answer that does not fit is refused with every
/// reason at once, so that a person can correct all of them together. A field that the kind does not take is refused
/// rather than ignored, since the person meant something by it.
fn fits(turn: &Deciding<'_>, one: &Interaction, answer: &Answer) -> Result<(String, Value), Rejection> {
    // The fields that this kind of interaction takes; the first one is required.
    let allowed: &[&str] = match one.kind {
        Kind::Approval | Kind::Review => &["approved", "content"],
        Kind::Authorization => &["approved", "content", "tool", "arguments", "text"],
        Kind::Input => &["data"],
        Kind::Decision if one.on_error => &["option", "data"],
        Kind::Decision => &["option"],
        Kind::Ask => &["text"],
    };
    let given = [
        ("approved", answer.approved.is_some()),
        ("content", answer.content.is_some()),
        ("data", answer.data.is_some()),
        ("option", answer.option.is_some()),
        ("text", answer.text.is_some()),
        ("tool", answer.tool.is_some()),
        ("arguments", answer.arguments.is_some()),
    ];
    let mut reasons: Vec<Reason> = given
        .iter()
        .filter(|(field, given)| *given && !allowed.contains(field))
        .map(|(field, _)| reason("unexpected_field", field, format!("{} takes no `{field}`", a_kind(one))))
        .collect();
    reasons.extend(misnamed(one, answer));
    reasons.extend(instead(turn, one, answer));
    reasons.extend(overlong(answer));
    let fit = match one.kind {
        Kind::Approval | Kind::Authorization | Kind::Review => answer.approved.map(|approved| {
            let value = if one.kind == Kind::Review {
                answer.content.clone().or_else(|| one.content.clone()).unwrap_or(Value::Null)
            } else {
                Value::Bool(approved)
            };
            (if approved { "approved" } else { "rejected" }.to_owned(), value)
        }),
        Kind::Input => answer.data.as_ref().map(|data| {
            reasons.extend(misfits(turn, one, "data", data));
            ("answered".to_owned(), data.clone())
        }),
        Kind::Decision => answer.option.as_ref().map(|option| {
            reasons.extend(unchosen(turn, one, option, answer));
            (option.clone(), Value::String(option.clone()))
        }),
        Kind::Ask => answer
            .text
            .as_ref()
            .filter(|text| !text.trim().is_empty())
            .map(|text| ("answered".to_owned(), Value::String(text.clone()))),
    };
    if fit.is_none() {
        let message = format!("{} is answered with `{}`", a_kind(one), allowed[0]);
        reasons.push(reason("missing_field", allowed[0], message));
    }
    match fit {
        Some(fit) if reasons.is_empty() => Ok(fit),
        _ => Err(Rejection::Invalid { message: "the answer does not fit the question".into(), reasons }),
    }
}

/// Why what a person gives in a tool's place, or to it, is refused: the tool is not to be used, or would not take it.
fn instead(turn: &Deciding<'_>, one: &Interaction, answer: &Answer) -> Vec<Reason> {
    if one.kind != Kind::Authorization {
        return Vec::new();
    }
    let given = [("arguments", answer.arguments.is_some()), ("text", answer.text.is_some())];
    let given: Vec<&str> = given.into_iter().filter(|(_, given)| *given).map(|(field, _)| field).collect();
    let mut reasons = Vec::new();
    if let Some(field) = given.first().filter(|_| answer.approved == Some(false)) {
        reasons.push(reason("unexpected_field", field, format!("a tool that may not be used takes no `{field}`")));
    }
    if given.len() > 1 {
        let message = "a tool is used with `arguments`, or `text` stands in its place".into();
        reasons.push(reason("unexpected_field", "text", message));
    }
    if let Some(arguments) = &answer.arguments {
        reasons.extend(misfits(turn, one, "arguments", arguments));
    }
    reasons
}

/// Why texts of an answer are refused whatever is asked: they are longer than what is kept.
pub fn overlong(answer: &Answer) -> Vec<Reason> {
    let text = too_long("text", answer.text.as_ref().map_or(0, String::len), limits::ANSWER_TEXT_BYTES);
    let content = too_long("content", answer.content.as_ref().map_or(0, written), limits::ANSWER_TEXT_BYTES);
    let comment = too_long("comment", answer.comment.as_ref().map_or(0, String::len), limits::COMMENT_BYTES);
    [text, content, comment].into_iter().flatten().collect()
}

/// Bytes of content as people write it: a text as it is, anything else as JSON.
fn written(content: &Value) -> usize {
    content.as_str().map_or_else(|| content.to_string().len(), str::len)
}

fn too_long(field: &str, bytes: usize, most: usize) -> Option<Reason> {
    let message = || format!("it has {bytes} bytes, and {most} are kept: shorten it");
    (bytes > most).then(|| reason("too_long", field, message()))
}

/// Why an option cannot be chosen: there is none of that name, or it leads back to a node that cannot be gone back to.
fn unchosen(turn: &Deciding<'_>, one: &Interaction, option: &str, answer: &Answer) -> Option<Reason> {
    if !one.options.iter().any(|known| known.id == option) {
        let known: Vec<&str> = one.options.iter().map(|option| option.id.as_str()).collect();
        let message = format!("there is no option {option}: choose one of {}", known.join(", "));
        return Some(reason("unknown_option", "option", message));
    }
    let goes_back = one.on_error && option == REWIND;
    goes_back.then(|| after_error::rewinding(turn, answer.data.as_ref()).err()).flatten()
}

/// An interaction's kind with its article, such as `an approval`, for messages.
fn a_kind(one: &Interaction) -> String {
    let article = if one.kind.as_str().starts_with(['a', 'i']) { "an" } else { "a" };
    format!("{article} {}", one.kind)
}

/// Why the tool's name in the answer to an `authorization` is refused: it is not the name of the tool that was asked
/// about. An answer without a name is not refused.
fn misnamed(one: &Interaction, answer: &Answer) -> Option<Reason> {
    let (about, typed) = (one.authorization.as_ref()?, answer.tool.as_deref()?);
    let known = match &about.tool {
        Value::String(name) => name.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    (typed != known).then(|| reason("wrong_tool", "tool", format!("the tool is not called {typed}")))
}

/// Every place where a value that an answer gives as this field violates the schema or a rule of the question.
fn misfits(turn: &Deciding<'_>, one: &Interaction, field: &str, data: &Value) -> Vec<Reason> {
    let mut reasons = Vec::new();
    // The arguments of a tool are what a model gives it too, whose formats nobody asserts.
    let compiled = if one.kind == Kind::Input { Schema::of_form } else { Schema::compile };
    match one.schema.as_ref().map(compiled) {
        Some(Ok(schema)) => reasons.extend(
            schema
                .violations(data)
                .into_iter()
                .map(|one| reason("schema", &format!("{field}{}", one.path), one.message)),
        ),
        Some(Err(wrong)) => {
            reasons.push(reason("schema", field, format!("the schema cannot be checked: {}", wrong.message)));
        }
        None => {}
    }
    reasons.extend(typed::unmet((turn.workflow, &turn.state), one, data, &[], turn.reading));
    reasons
}

fn reason(code: &str, field: &str, message: String) -> Reason {
    Reason { code: code.into(), path: format!("/{field}"), message }
}

/// Records that an answer goes on to the descendant that asked for it.
pub(super) fn pass_on(
    turn: &mut Deciding<'_>,
    execution_id: ExecutionId,
    interaction_id: InteractionId,
) -> Result<(), Rejection> {
    turn.record(Event::AnswerPassedOn { execution_id, interaction_id });
    Ok(())
}
