//! Letters to begin with.

use document::time::Time;
use engine::port::{Letter, Webhook};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};
use stepwell_core::{
    effect::Delivering,
    interaction::{Interaction, channel::Channel, delivery::Notice},
};

/// The id of every question here.
pub const QUESTION: &str = "018f2b6e-7a10-8c3d-9e4f-0123456789ab";
/// The link in every letter here.
pub const LINK: &str = "https://flows.example.com/i/AbCdEfGh";

/// This machine's time: receivers refuse what is old.
pub fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Time(i64::try_from(since.as_millis()).unwrap())
}

/// A question with some of its fields set otherwise.
pub fn question(fields: Value) -> Interaction {
    let mut all = json!({
        "interaction_id": QUESTION, "activation": {"node": "approve", "visit": 1}, "kind": "approval",
        "question": "Pay 1 200 € to Müller & Söhne?", "assignees": ["ana@example.com", "bob@example.com"],
        "created_at": 1_800_000_000_000_i64,
    });
    all.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    serde_json::from_value(all).unwrap()
}

/// The first mail to Ana.
pub fn mail() -> Letter {
    Letter {
        id: "6f1c2a34-0000-8000-8000-000000000001".into(),
        delivering: Delivering { interaction: QUESTION.into(), delivery: 0, number: 1, attempt: 1 },
        owner: "local".into(),
        notice: Notice::Asked,
        number: 1,
        channel: Channel::Email { to: Vec::new() },
        to: "ana@example.com".into(),
        link: Some(LINK.into()),
        inbox: Some(format!("https://flows.example.com/inbox/{QUESTION}")),
        reference: None,
        interaction: Arc::new(question(json!({}))),
        execution: "0190aaaa-0000-7000-8000-000000000000".into(),
        workflow: "pay".into(),
        requester: Some("carol@example.com".into()),
        webhook: None,
        now: now(),
    }
}

/// The first request to a URL.
pub fn webhook(url: &str) -> Letter {
    let webhook = Webhook {
        url: url.into(),
        headers: BTreeMap::new(),
        secret: None,
        body: None,
        secrets: Vec::new(),
        allow: None,
    };
    Letter {
        id: "6f1c2a34-0000-8000-8000-000000000002".into(),
        channel: Channel::Webhook { name: Some("ops".into()) },
        to: "ops".into(),
        link: None,
        webhook: Some(webhook),
        ..mail()
    }
}
