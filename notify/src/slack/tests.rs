//! Stories of messages as blocks.
#![allow(clippy::unwrap_used)]

use super::blocks;
use crate::limits::{SLACK_BUTTONS, SLACK_LABEL, SLACK_TEXT};
use document::time::Time;
use engine::port::Letter;
use serde_json::{Value, json};
use std::sync::Arc;
use stepwell_core::{
    effect::Delivering,
    interaction::{Interaction, channel::Channel, delivery::Notice},
};

const ID: &str = "018f2b6e-7a10-8c3d-9e4f-0123456789ab";
const OWN: &str = "https://flows.example.com/i/TOKEN";
const INBOX: &str = "https://flows.example.com/inbox/1";

/// A question of a kind, with these fields besides.
pub(super) fn question(kind: &str, more: Value) -> Interaction {
    let activation = json!({"node": "ask", "visit": 1});
    let mut one = json!({"interaction_id": ID, "activation": activation, "kind": kind, "question": "Pay 5?",
        "assignees": ["ana@example.com"], "created_at": 0});
    one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(one).unwrap()
}

fn letter(channel: Option<&str>, one: Interaction) -> Letter {
    Letter {
        id: "1".into(),
        delivering: Delivering { interaction: ID.into(), delivery: 0, number: 1, attempt: 1 },
        owner: "acme".into(),
        notice: Notice::Asked,
        number: 1,
        channel: Channel::Slack { channel: channel.map(str::to_owned) },
        to: "ana@example.com".into(),
        link: Some(OWN.into()),
        inbox: Some(INBOX.into()),
        reference: None,
        interaction: Arc::new(one),
        execution: "e-1".into(),
        workflow: "pay".into(),
        requester: Some("rob@example.com".into()),
        webhook: None,
        now: Time(0),
    }
}

/// The names of the buttons of a message, each with its label.
fn buttons(message: &[Value]) -> Vec<(String, String)> {
    let elements = message
        .iter()
        .filter(|block| block["type"] == "actions")
        .flat_map(|block| block["elements"].as_array().cloned().unwrap_or_default());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    elements.map(|it| (text(&it["action_id"]), text(&it["text"]["text"]))).collect()
}

fn names(message: &[Value]) -> Vec<String> {
    buttons(message).into_iter().map(|(name, _)| name).collect()
}

#[test]
fn each_kind_has_the_buttons_that_answer_it() {
    let schema = json!({"schema": {"type": "object", "properties": {"n": {"type": "integer"}}}});
    let options = |count: usize| {
        let all: Vec<Value> =
            (0..count).map(|at| json!({"id": format!("o{at}"), "label": format!("Option {at}")})).collect();
        json!({"options": all})
    };
    let tool =
        |level: &str| json!({"authorization": {"tool": "drop_table", "arguments": {"t": 1}, "security_level": level}});
    for (kind, more, direct, in_channel) in [
        ("approval", json!({}), vec!["approve", "reject", "form", "link"], vec!["approve", "reject", "form", "link"]),
        (
            "review",
            json!({"content": "text"}),
            vec!["approve", "reject", "form", "link"],
            vec!["approve", "reject", "form", "link"],
        ),
        ("decision", options(2), vec!["choose.0", "choose.1", "link"], vec!["choose.0", "choose.1", "link"]),
        ("decision", options(SLACK_BUTTONS + 1), vec!["menu", "link"], vec!["menu", "link"]),
        ("decision", options(101), vec!["link"], vec!["link"]),
        ("input", schema, vec!["form", "link"], vec!["form", "link"]),
        ("input", json!({"schema": {"anyOf": [{}, {}]}}), vec!["link"], vec!["link"]),
        ("ask", json!({}), vec!["form", "link"], vec!["form", "link"]),
        (
            "authorization",
            tool("medium"),
            vec!["approve", "reject", "form", "link"],
            vec!["approve", "reject", "form", "link"],
        ),
        // The dangerous are not decided where others look on, and never by one press.
        ("authorization", tool("high"), vec!["form", "link"], vec!["link"]),
    ] {
        let one = question(kind, more);
        assert_eq!(names(&blocks::question(&letter(None, one.clone())).blocks), direct, "{kind}");
        assert_eq!(names(&blocks::question(&letter(Some("#pay"), one)).blocks), in_channel, "{kind}");
    }
}

#[test]
fn a_message_to_a_channel_never_has_a_personal_link_and_a_direct_one_has_it() {
    let sent = |channel| json!(blocks::question(&letter(channel, question("approval", json!({})))).blocks).to_string();
    assert!(sent(Some("#pay")).contains(INBOX) && !sent(Some("#pay")).contains("/i/"));
    assert!(sent(None).contains(OWN));
    let reminded =
        |channel| json!(blocks::reminder(&letter(channel, question("approval", json!({})))).blocks).to_string();
    assert!(!reminded(Some("#pay")).contains("/i/") && reminded(None).contains(OWN));
}

#[test]
fn hostile_text_mentions_nobody_wherever_it_stands() {
    let hostile = "<!channel> <@U1> <https://evil.example|bank> & <script>";
    let more = json!({"question": hostile, "details": hostile, "assignees": [hostile], "content": hostile,
        "authorization": {"tool": hostile, "arguments": hostile, "security_level": "medium"}});
    let mut letter = letter(Some("#pay"), question("review", more));
    letter.workflow = hostile.into();
    letter.requester = Some(hostile.into());
    for message in [blocks::question(&letter), blocks::reminder(&letter), blocks::outcome(&letter)] {
        assert!(!message.text.contains(['<', '>']), "{}", message.text);
        formatted(&json!(message.blocks), &mut |text| {
            let dates = text.replace("<!date^", "");
            assert!(!dates.contains("<!") && !dates.contains("<@") && !dates.contains("<http"), "{text}");
        });
    }
}

/// Calls back with each text that Slack formats.
fn formatted(value: &Value, found: &mut impl FnMut(&str)) {
    if value["type"] == "mrkdwn" {
        assert_eq!(value["verbatim"], true);
        found(value["text"].as_str().unwrap());
    }
    match value {
        Value::Array(all) => all.iter().for_each(|one| formatted(one, found)),
        Value::Object(all) => all.values().for_each(|one| formatted(one, found)),
        _ => {}
    }
}

#[test]
fn who_was_not_shown_all_cannot_decide_by_a_press() {
    for more in [
        json!({"question": "x".repeat(SLACK_TEXT + 1)}),
        json!({"details": "&".repeat(SLACK_TEXT)}),
        json!({"content": "😀".repeat(SLACK_TEXT)}),
    ] {
        let one = question("review", more);
        let message = blocks::question(&letter(None, one.clone()));
        assert_eq!(names(&message.blocks), ["link"]);
        let text = json!(message.blocks).to_string();
        assert!(text.contains('…') && text.contains("only the beginning"), "{text}");
        assert!(blocks::view(&one).is_none());
    }
}

#[test]
fn what_slack_bounds_is_within_its_bounds() {
    let long = "ö".repeat(5_000);
    let options: Vec<Value> = (0..3).map(|at| json!({"id": format!("o{at}"), "label": long.clone()})).collect();
    let people: Vec<String> = (0..500).map(|at| format!("{at}@example.com")).collect();
    let more = json!({"question": long, "details": long, "options": options, "assignees": people});
    let message = blocks::question(&letter(None, question("decision", more)));
    assert!(message.blocks.len() <= 50);
    formatted(&json!(message.blocks), &mut |text| assert!(text.encode_utf16().count() <= SLACK_TEXT));
    assert!(buttons(&message.blocks).iter().all(|(_, label)| label.encode_utf16().count() <= SLACK_LABEL));
}

#[test]
fn an_outcome_says_what_was_decided_by_whom_and_has_no_buttons() {
    let response =
        |by: &str, decision: &str| json!({"by": by, "via": "slack", "at": 0, "decision": decision, "shown_sha256": ""});
    for (status, decision, says) in [
        ("answered", json!("approved"), "*Approved* by ana@example.com, bob@example.com, "),
        ("timed_out", Value::Null, "*Nobody decided in time*"),
        ("cancelled", Value::Null, "*No longer needed*"),
    ] {
        let responses = [
            response("ana@example.com", "rejected"),
            response("bob@example.com", "approved"),
            response("ANA@example.com", "approved"),
        ];
        let one = question(
            "approval",
            json!({"status": status, "decision": decision, "decided_at": 1000, "responses": responses}),
        );
        let message = blocks::outcome(&letter(Some("#pay"), one));
        let text = json!(message.blocks).to_string();
        assert_eq!(names(&message.blocks), Vec::<String>::new());
        assert!(text.to_lowercase().contains(&says.to_lowercase()), "{text}");
    }
}
