//! Presses in Slack, as Slack sends them to any host.

use super::{
    ground::{Ground, Said, asking, soon},
    races::{at_once, deed},
    slack_stand_in::Slack,
};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::time::{SystemTime, UNIX_EPOCH};

pub use super::slack_stand_in::TOKEN;
/// The secret by which Slack signs.
pub const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";

const ANA: &str = "ana@example.com";

/// A request of Slack: its body, and the headers that say that Slack sent it.
struct Signed {
    body: String,
    at: String,
    signature: String,
}

/// Signs a payload now.
fn signed(payload: &Value, secret: &str) -> Signed {
    let url = reqwest::Url::parse_with_params("http://127.0.0.1/", [("payload", payload.to_string())]).unwrap();
    let body = url.query().unwrap().to_owned();
    let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("v0:{at}:{body}").as_bytes());
    let hex: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    Signed { body, at, signature: format!("v0={hex}") }
}

fn sent(ground: &impl Ground, signed: &Signed) -> Said {
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("x-slack-request-timestamp", signed.at.as_str()),
        ("x-slack-signature", signed.signature.as_str()),
    ];
    ground.bare("POST", "/v1/hooks/slack", &headers, &signed.body)
}

/// The payload of a press of a button of a question.
fn press(slack: &Slack, user: &str, action: &str, question: &str, at: &str) -> Value {
    json!({"type": "block_actions", "user": {"id": user, "team_id": "T1"}, "team": {"id": "T1"}, "trigger_id": "12.34",
        "response_url": slack.response_url(user), "channel": {"id": "C1"},
        "container": {"type": "message", "message_ts": "1700000000.000001", "channel_id": "C1"},
        "actions": [{"type": "button", "action_id": action, "value": question, "action_ts": at}]})
}

fn approval(id: &str) -> Value {
    let people = [ANA, "bob@example.com"];
    asking(id, json!({"kind": "approval", "question": "Pay?", "assignees": people, "approval_threshold": 2}))
}

/// What Slack signed is an answer, and what it did not sign is none.
pub fn trust(ground: &impl Ground, slack: &Slack) {
    slack.member("UANA", ANA);
    ground.save(&approval("pressed"));
    let id = ground.start("pressed", &json!({}));
    let question = ground.asked(&id);
    let payload = press(slack, "UANA", "approve", &question, "1700000001.1");
    let mut changed = signed(&payload, SECRET);
    changed.body = changed.body.replace("approve", "reject");
    let unsigned = Signed { signature: String::new(), ..signed(&payload, SECRET) };
    for forged in [signed(&payload, "another secret"), changed, unsigned] {
        let (status, body) = sent(ground, &forged);
        assert!(status == 401 && body.contains("invalid_signature"), "{status} {body}");
    }
    assert_eq!(ground.question(&id)["responses"], json!([]));
    let (status, body) = sent(ground, &signed(&payload, SECRET));
    assert_eq!((status, body.as_str()), (200, "{}"));
    // Slack is told 200 once the answer is there.
    let responses = ground.question(&id)["responses"].clone();
    assert_eq!(responses.as_array().map(Vec::len), Some(1), "{responses}");
    assert_eq!((&responses[0]["by"], &responses[0]["via"]), (&json!(ANA), &json!("slack")));
}

/// The same payload three times, at once and once more later, is one answer.
pub fn three_times(ground: &impl Ground, slack: &Slack) {
    slack.member("UANA", ANA);
    ground.save(&approval("thrice"));
    for round in 0..ground.rounds() {
        let id = ground.start("thrice", &json!({}));
        let question = ground.asked(&id);
        let request = signed(&press(slack, "UANA", "approve", &question, &format!("1700000002.{round}")), SECRET);
        let request = &request;
        let told = at_once((0..3).map(|_| deed(move || sent(ground, request).0)).collect());
        // Slack sends again what is not answered in time, so that 503 loses nothing.
        assert!(told.iter().all(|status| [200, 503].contains(status)), "{told:?}");
        soon("it is taken", || (sent(ground, request).0 == 200).then_some(()));
        let kept = ground.question(&id);
        assert_eq!(
            (kept["responses"].as_array().map(Vec::len), &kept["status"]),
            (Some(1), &json!("pending")),
            "{kept}"
        );
    }
    let told = slack.told("UANA");
    assert!(told.iter().all(|text| text.contains("your answer is recorded")), "{told:?}");
}
