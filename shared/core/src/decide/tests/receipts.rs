//! Receipts: what they say, and that nothing in them can be changed without being noticed.

use super::story::Story;
use crate::{
    command::{Actor, Command, Control},
    documents::Documents,
    effect::Purpose,
    error::Rejection,
    event::{Event, Turn},
    evolve::{apply, fold},
    interaction::{
        Answer, Via,
        evidence::Seal,
        proof::{self, Flaw, Signed},
        receipt,
    },
    limits,
    reading::Reading,
};
use document::{id::sha256_hex, jcs, time::Time};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::Arc;

fn asking(config: Value) -> Story {
    let edges = json!([
        { "from": "start", "to": "ask" },
        { "from": "ask", "to": "yes", "port": "approved" },
        { "from": "ask", "to": "no", "port": "rejected" },
    ]);
    let end = |id: &str| json!({ "id": id, "type": "transform", "config": { "set": { "said": id } } });
    let nodes = json!([{ "id": "ask", "type": "human", "config": config }, end("yes"), end("no")]);
    let mut story = Story::given(nodes, edges, json!({}));
    story.open("ask");
    story
}

/// Stands in for a signature: a hash that only the test makes.
fn mark(bytes: &[u8]) -> String {
    sha256_hex(&[b"the test's secret", bytes].concat())
}

/// The check of that signature.
fn is_marked(signed: &Signed<'_>) -> Result<(), Flaw> {
    let right = signed.key_id == "k1" && signed.signature == mark(signed.bytes);
    if right { Ok(()) } else { Err(Flaw::new("wrong_signature", "the signature is another one")) }
}

fn codes(text: &str) -> Vec<&'static str> {
    match proof::check(text, is_marked) {
        Ok(_) => Vec::new(),
        Err(flaws) => flaws.into_iter().map(|flaw| flaw.code).collect(),
    }
}

/// The receipt of the only question of a story, in its envelope.
fn signed(story: &Story) -> Value {
    let receipt = receipt::receipt(&story.state.interactions[0], &story.state).unwrap();
    let text = jcs::text(&receipt);
    let (sha256, signature) = (sha256_hex(text.as_bytes()), mark(text.as_bytes()));
    json!({"receipt": receipt, "sha256": sha256, "algorithm": "Ed25519", "key_id": "k1", "signature": signature})
}

fn yes() -> Answer {
    Answer { approved: Some(true), comment: Some("fine".into()), via: Via::Link, ..Answer::default() }
}

fn one_vote() -> Story {
    let mut story = asking(json!({
        "kind": "review", "question": "Publish?", "details": "Line one.\nLine \"two\".", "approval_threshold": 2,
        "content": {"title": "Ünï", "pages": 1.5, "big": 9_007_199_254_740_993_u64},
        "assignees": ["bob@example.com", "eve@example.com"],
    }));
    story.answer("bob@example.com", yes()).unwrap();
    assert_eq!(receipt::receipt(&story.state.interactions[0], &story.state), None, "nothing is decided yet");
    story
}

fn two_votes() -> Story {
    let mut story = one_vote();
    story.now = Time(60_000);
    story.answer("eve@example.com", yes()).unwrap();
    story
}

#[test]
fn a_receipt_says_what_was_shown_who_answered_and_what_came_of_it() {
    let story = two_votes();
    let whole = signed(&story);
    let receipt = &whole["receipt"];
    assert_eq!((&receipt["shown"]["question"], &receipt["decision"]), (&json!("Publish?"), &json!("approved")));
    assert_eq!((&receipt["approval_threshold"], &receipt["rejection_threshold"]), (&json!(2), &json!(1)));
    assert_eq!(receipt["shown"]["content"]["big"], "9007199254740993", "no double holds it");
    assert_eq!(receipt["decided_at"], "1970-01-01T00:01:00.000Z");
    assert_eq!(receipt["workflow_hash"], story.state.workflow_hash());
    let people: Vec<&Value> = receipt["responses"].as_array().unwrap().iter().map(|one| &one["by"]).collect();
    assert_eq!(people, ["bob@example.com", "eve@example.com"]);
    assert_eq!(receipt["responses"][0]["via"], "link");
    let reference = json!({"interaction_id": receipt["interaction_id"], "sha256": whole["sha256"]});
    assert_eq!(story.output("ask")["receipt"], reference);
    assert_eq!(codes(&whole.to_string()), [""; 0]);
}

#[test]
fn a_deadline_has_a_receipt_and_a_cancelled_question_none() {
    let late = |action: &str| {
        let mut story =
            asking(json!({ "kind": "approval", "question": "Pay?", "timeout_seconds": 10, "timeout_action": action }));
        let activation = story.state.activation(&"ask".into());
        story.now = Time(10_000);
        story.when(Command::Timer { activation, purpose: Purpose::Deadline }).unwrap();
        signed(&story)["receipt"].clone()
    };
    let receipt = late("auto_reject");
    assert_eq!((&receipt["status"], &receipt["automatic"]), (&json!("timed_out"), &json!(true)));
    assert_eq!(receipt["reason"], "nobody answered in time: auto_reject");
    let receipt = late("fail");
    assert_eq!((&receipt["decision"], &receipt["automatic"]), (&Value::Null, &json!(false)));
    assert_eq!(receipt["reason"], "nobody answered in time");
    let mut story = asking(json!({ "kind": "approval", "question": "Pay?" }));
    story.when(Command::Control { control: Control::Cancel, reason: None }).unwrap();
    assert_eq!(receipt::receipt(&story.state.interactions[0], &story.state), None);
}

/// A question to the members of a group, which was put to others, has escalated, and was decided by two.
fn handed_on() -> Story {
    let mut story = asking(json!({
        "kind": "approval", "question": "Pay?", "approval_threshold": 2, "timeout_seconds": 10,
        "timeout_action": "escalate", "escalate_to": ["cfo@example.com"],
        "assignees": ["group:fin", "bob@example.com"],
    }));
    let member = Answer { groups: vec!["FIN".into()], ..yes() };
    story.answer("ann@example.com", member).unwrap();
    story.now = Time(5_000);
    let actor = Actor { subject: "ops@example.com".into(), runs: true, ..Actor::default() };
    let (interaction_id, assignees) = (story.question(), vec!["dan@example.com".into()]);
    let reason = Some("they are away".into());
    story.when(Command::Reassign { interaction_id, actor, assignees, reason }).unwrap();
    story.now = Time(10_000);
    let activation = story.state.activation(&"ask".into());
    story.when(Command::Timer { activation, purpose: Purpose::Deadline }).unwrap();
    story.answer("cfo@example.com", yes()).unwrap();
    story
}

#[test]
fn a_receipt_says_who_was_asked_before_and_by_which_group_somebody_answered() {
    let whole = signed(&handed_on());
    let receipt = &whole["receipt"];
    let reassigned = json!([{"at": "1970-01-01T00:00:05.000Z", "by": "ops@example.com", "reason": "they are away",
        "from": ["group:fin", "bob@example.com"], "to": ["dan@example.com"]}]);
    assert_eq!(receipt["reassigned"], reassigned);
    let escalation = json!({"at": "1970-01-01T00:00:10.000Z", "to": ["cfo@example.com"]});
    assert_eq!((&receipt["escalation"], &receipt["escalated"]), (&escalation, &json!(true)));
    assert_eq!(receipt["assignees"], json!(["dan@example.com", "cfo@example.com"]));
    assert_eq!(receipt["responses"][0]["group"], "group:fin");
    assert_eq!(receipt["responses"][1].get("group"), None, "who is asked by name needs no group");
    assert_eq!(codes(&whole.to_string()), [""; 0]);
}

#[test]
fn a_receipt_of_what_an_earlier_release_recorded_is_made_as_it_was() {
    // Its journal knows neither who put the question to others, nor at its end that it had escalated.
    let mut story = asking(json!({"kind": "approval", "question": "Pay?", "assignees": ["ann@example.com"]}));
    let id = story.question();
    for event in [
        json!({"type": "interaction_reassigned", "interaction_id": id, "assignees": ["bob@example.com"], "tells": true}),
        json!({"type": "interaction_escalated", "interaction_id": id, "assignees": ["bob@example.com"], "deadline": null}),
    ] {
        let event: Event = serde_json::from_value(event).unwrap();
        let folded = Reading::of(|reading| apply(&story.workflow, &mut story.state, &event, story.now, reading));
        assert!(folded.is_ok_and(|folded| folded.is_some()));
    }
    story.answer("bob@example.com", yes()).unwrap();
    Arc::make_mut(&mut story.state.interactions[0]).evidence.as_mut().unwrap().escalated_at = None;
    let receipt = signed(&story)["receipt"].clone();
    for field in ["reassigned", "escalation", "also_started_by"] {
        assert_eq!(receipt.get(field), None, "{field}");
    }
    assert_eq!(receipt["responses"][0].get("group"), None);
    assert_eq!((&receipt["escalated"], &receipt["assignees"]), (&json!(true), &json!(["bob@example.com"])));
}

#[test]
fn a_question_is_not_put_to_others_without_end() {
    let mut story = asking(json!({"kind": "approval", "question": "Pay?", "assignees": ["ann@example.com"]}));
    let interaction_id = story.question();
    let actor = Actor { subject: "ops@example.com".into(), runs: true, ..Actor::default() };
    let mut put = |name: String| {
        let (interaction_id, actor) = (interaction_id.clone(), actor.clone());
        story.when(Command::Reassign { interaction_id, actor, assignees: vec![name], reason: None })
    };
    for number in 0..limits::REASSIGNMENTS {
        put(format!("p{number}@example.com")).unwrap();
    }
    let Err(Rejection::Invalid { reasons, .. }) = put("one-more@example.com".into()) else { panic!("it was put") };
    assert_eq!(reasons[0].code, "too_many_people");
}

#[test]
fn a_signature_is_kept_in_the_journal_and_in_the_state_alike() {
    let mut story = one_vote();
    let before = story.state.clone();
    story.answer("eve@example.com", yes()).unwrap();
    let events = story.events.clone();
    let mut turns = [Turn { seq: story.state.seq, at: story.now, by: None, request: None, events }];
    let found = receipt::unsealed(&turns, &story.state);
    assert_eq!(found.len(), 1);
    let seal = Seal { key_id: "k1".into(), signature: "c2ln".into() };
    receipt::seal(&mut turns, &mut story.state, &found[0].0, &seal);
    let folded = fold(Documents::new(&story.workflow, &[]), Some(before), &turns).unwrap();
    assert_eq!(folded.interactions, story.state.interactions);
    assert_eq!(folded.interactions[0].evidence.as_ref().unwrap().seal, Some(seal));
    assert_eq!(receipt::unsealed(&turns, &story.state), [], "what is signed stays as it is");
    assert_eq!(receipt::receipt(&folded.interactions[0], &folded).unwrap(), found[0].1, "the receipt does not change");
}

#[test]
fn each_flaw_is_named() {
    let whole = signed(&two_votes());
    let with = |pointer: &str, value: Value| {
        let mut changed = whole.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        codes(&changed.to_string())
    };
    let added = |at: &str| {
        let mut changed = whole.clone();
        changed.pointer_mut(at).unwrap().as_object_mut().unwrap().insert("more".into(), json!(1));
        codes(&changed.to_string())
    };
    assert_eq!(with("/receipt/decision", json!("rejected")), ["wrong_hash", "wrong_signature"]);
    let question = json!("Burn it?");
    let all = ["wrong_hash", "wrong_signature", "shown_differs", "shown_differs", "shown_differs"];
    assert_eq!(with("/receipt/shown/question", question), all);
    assert_eq!(with("/key_id", json!("k2")), ["wrong_signature"]);
    assert_eq!(with("/signature", Value::Null), ["unsigned"]);
    assert_eq!(with("/algorithm", json!("none")), ["unknown_algorithm"]);
    assert_eq!(with("/receipt/version", json!(2)), ["unknown_version", "wrong_hash", "wrong_signature"]);
    assert_eq!(added(""), ["unexpected_field"]);
    assert_eq!(added("/receipt"), ["wrong_hash", "wrong_signature"]);
    let twice = whole.to_string().replacen("\"version\":1", "\"version\":1,\"version\":1", 1);
    assert_eq!(codes(&twice), ["unreadable"]);
    for wrong in ["", "[]", "{}", "{\"receipt\":1}"] {
        assert!(codes(wrong).contains(&"unreadable"), "{wrong}");
    }
}

#[test]
fn spaces_order_and_notation_make_no_difference() {
    let whole = signed(&two_votes());
    assert_eq!(codes(&serde_json::to_string_pretty(&whole).unwrap()), [""; 0]);
    assert_eq!(codes(&jcs::text(&whole)), [""; 0]);
    assert_eq!(codes(&whole.to_string().replacen("\"pages\":1.5", "\"pages\":15.0e-1", 1)), [""; 0]);
}

proptest! {
    /// Whatever single byte is changed, the receipt fails, unless it still says the same in other letters.
    #[test]
    fn no_byte_can_be_changed_unnoticed(at in 0_usize..4_000, byte in 0x20_u8..0x7f) {
        let whole = signed(&two_votes());
        let mut bytes = whole.to_string().into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        let Ok(changed) = String::from_utf8(bytes) else { return Ok(()) };
        let same = jcs::read(&changed).is_ok_and(|value| jcs::text(&value) == jcs::text(&whole));
        prop_assert_eq!(codes(&changed).is_empty(), same, "{}", changed);
    }
}
