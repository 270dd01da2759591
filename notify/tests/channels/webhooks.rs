//! Webhooks to a real receiver, which checks them with the library that Standard Webhooks publish.

use crate::{
    letters::{QUESTION, question, webhook},
    receivers::receivers,
};
use engine::port::{Letter, Notifier};
use nodes::AllowList;
use serde_json::{Value, json};
use std::sync::Arc;
use stepwell_core::{
    interaction::delivery::{Notice, Told},
    task::UsedSecret,
};
use stepwell_notify::{Channels, Given};

/// The keys that the receiver knows as `host` and `own`.
const HOST: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OWN: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

fn channels(key: Option<&'static str>) -> Channels {
    let allow = AllowList::parse(&format!("127.0.0.1:{}", receivers().port("webhooks"))).unwrap();
    let read = move |name: &str| (name == "STEPWELL_WEBHOOK_SECRET").then_some(key?.to_owned());
    Channels::read(read, Given { allow, ..Given::default() }).unwrap()
}

fn letter(path: &str) -> Letter {
    webhook(&format!("http://127.0.0.1:{}{path}", receivers().port("webhooks")))
}

/// The letter with what its webhook sends set otherwise.
fn with(mut letter: Letter, set: impl FnOnce(&mut engine::port::Webhook)) -> Letter {
    set(letter.webhook.as_mut().unwrap());
    letter
}

/// A stored credential that may go to one host.
fn secret(value: &str, host: &str) -> UsedSecret {
    UsedSecret { name: "KEY".into(), value: value.into(), hosts: vec![host.into()] }
}

fn arrived(path: &str) -> Value {
    receivers().wait_for(|got| got["path"] == path)
}

const SENT: Told = Told::Sent { reference: None };

#[tokio::test]
async fn a_request_is_signed_by_the_key_of_the_host_or_by_its_own() {
    assert_eq!(channels(Some(HOST)).send(&letter("/host")).await, SENT);
    assert_eq!(arrived("/host")["verified"], json!({"host": true, "own": false}));
    let own = with(letter("/own"), |webhook| webhook.secret = Some(OWN.into()));
    assert_eq!(channels(Some(HOST)).send(&own).await, SENT);
    assert_eq!(arrived("/own")["verified"], json!({"host": false, "own": true}));
    // Without any key it is sent all the same, and says who it is.
    assert_eq!(channels(None).send(&letter("/none")).await, SENT);
    let got = arrived("/none");
    assert_eq!(got["headers"].get("webhook-signature"), None);
    assert_eq!(got["headers"]["webhook-id"], json!(letter("").id));
    let wrong = with(letter("/wrong"), |webhook| webhook.secret = Some("whsec_s3cret".into()));
    let Told::Refused { error } = channels(None).send(&wrong).await else { panic!("a wrong key signs nothing") };
    assert!(error.contains("openssl rand") && !error.contains("s3cret"), "{error}");
}

#[tokio::test]
async fn the_usual_body_tells_all_of_the_question_but_no_link() {
    let answered = question(json!({
        "status": "answered", "decision": "approved", "deadline": 1_800_000_000_000_i64,
        "responses": [{"by": "ana@example.com", "via": "link", "at": 1_800_000_000_000_i64, "decision": "approved",
                       "answer": true, "comment": "fine", "shown_sha256": "00"}],
    }));
    let over = Letter { notice: Notice::Outcome, interaction: Arc::new(answered), ..letter("/usual") };
    channels(Some(HOST)).send(&over).await;
    let got = arrived("/usual");
    assert_eq!(got["headers"]["content-type"], "application/json");
    let body: Value = serde_json::from_str(got["body"].as_str().unwrap()).unwrap();
    assert_eq!((&body["type"], &body["timestamp"]), (&json!("interaction.outcome"), &json!(over.now.to_string())));
    let expected = json!({
        "interaction_id": QUESTION, "execution_id": over.execution, "workflow_id": "pay", "node": "approve",
        "kind": "approval", "question": "Pay 1 200 € to Müller & Söhne?", "details": null,
        "assignees": ["ana@example.com", "bob@example.com"], "options": [], "deadline": "2027-01-15T08:00:00.000Z",
        "status": "answered", "decision": "approved",
        "responses": [{"by": "ana@example.com", "via": "link", "entered_by": null, "at": "2027-01-15T08:00:00.000Z",
                       "decision": "approved", "answer": true, "comment": "fine", "shown_sha256": "00"}],
        "url": format!("https://flows.example.com/inbox/{QUESTION}"),
    });
    assert_eq!(body["data"], expected);
}

#[tokio::test]
async fn a_document_makes_the_body_and_the_headers() {
    let json = with(letter("/json"), |webhook| {
        webhook.body = Some(json!({"text": "Pay?"}));
        webhook.headers.insert("Authorization".into(), "Bearer t".into());
    });
    channels(Some(HOST)).send(&json).await;
    let got = arrived("/json");
    assert_eq!((&got["body"], &got["headers"]["authorization"]), (&json!("{\"text\":\"Pay?\"}"), &json!("Bearer t")));
    assert_eq!(got["verified"]["host"], true, "what is signed is what is sent");
    let text = with(letter("/text"), |webhook| webhook.body = Some(json!("Pay?")));
    channels(None).send(&text).await;
    let got = arrived("/text");
    assert_eq!((&got["body"], &got["headers"]["content-type"]), (&json!("Pay?"), &json!("text/plain; charset=utf-8")));
    let forged = with(letter("/forged"), |webhook| {
        webhook.headers.insert("Webhook-Id".into(), "another".into());
    });
    let Told::Refused { error } = channels(None).send(&forged).await else { panic!("the id is the host's") };
    assert!(error.contains("leave it out"), "{error}");
}

#[tokio::test]
async fn the_status_says_whether_another_try_may_help() {
    let channels = channels(None);
    for (status, again) in
        [(400, false), (404, false), (410, false), (408, true), (425, true), (500, true), (302, true)]
    {
        let told = channels.send(&letter(&format!("/as/{status}"))).await;
        match told {
            Told::Failed { error, after_seconds: None } if again => assert!(error.contains(&status.to_string())),
            Told::Refused { error } if !again => assert!(error.contains(&status.to_string())),
            other => panic!("{status}: {other:?}"),
        }
    }
    for status in [429, 503] {
        let told = channels.send(&letter(&format!("/as/{status}"))).await;
        assert!(matches!(told, Told::Failed { after_seconds: Some(7.0), .. }), "{told:?}");
    }
    assert_eq!(channels.send(&letter("/as/204")).await, SENT);
    assert_eq!(receivers().so_far(|got| got["path"] == "/redirected"), [json!(null); 0], "no redirect is followed");
}

#[tokio::test]
async fn what_is_not_public_is_not_reached() {
    let port = receivers().port("webhooks");
    let channels = Channels::read(|_| None, Given::default()).unwrap();
    for host in ["127.0.0.1", "localhost", "2130706433", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254"] {
        let told = channels.send(&webhook(&format!("http://{host}:{port}/private"))).await;
        assert!(matches!(&told, Told::Refused { error } if error.contains("not on the public internet")), "{told:?}");
    }
    let told = channels.send(&webhook("file:///etc/passwd")).await;
    assert!(matches!(&told, Told::Refused { error } if error.contains("neither http nor https")), "{told:?}");
    assert_eq!(receivers().so_far(|got| got["path"] == "/private"), [json!(null); 0]);
}

#[tokio::test]
async fn no_error_holds_a_credential() {
    // Given a server that repeats what it is sent, and a URL that is a credential itself.
    let told = |path: &'static str| async move {
        let with_secrets = with(letter(path), |webhook| {
            webhook.headers.insert("Authorization".into(), "Bearer t0p-s3cret".into());
            webhook.secrets = vec![secret("t0p-s3cret", "*"), secret("k3y-in-path", "*")];
        });
        channels(None).send(&with_secrets).await
    };
    let Told::Refused { error } = told("/as/400/k3y-in-path").await else { panic!("400 is a refusal") };
    assert!(error.contains("you sent Bearer [secret KEY]"), "{error}");
    let nowhere = with(webhook("http://127.0.0.1:1/k3y-in-path"), |one| one.secrets = vec![secret("k3y-in-path", "*")]);
    let (Told::Failed { error, .. } | Told::Refused { error }) = channels(None).send(&nowhere).await else {
        panic!("nobody listens there")
    };
    assert!(!error.contains("k3y"), "{error}");
}

#[tokio::test]
async fn a_credential_goes_to_no_host_but_its_own() {
    let to = |host: &'static str, path: &'static str| {
        with(letter(path), |webhook| {
            webhook.headers.insert("Authorization".into(), "Bearer t0p-s3cret".into());
            webhook.secrets = vec![secret("t0p-s3cret", host)];
        })
    };
    let Told::Refused { error } = channels(None).send(&to("api.example.com", "/stolen")).await else {
        panic!("whoever writes a document could read every secret")
    };
    assert!(error.contains("KEY may not be sent to 127.0.0.1") && !error.contains("t0p"), "{error}");
    assert_eq!(channels(None).send(&to("127.0.0.1", "/allowed")).await, SENT);
    assert_eq!(arrived("/allowed")["headers"]["authorization"], "Bearer t0p-s3cret");
}

#[tokio::test]
async fn an_execution_reaches_what_was_said_for_it_and_no_other_does() {
    let channels = Channels::read(|_| None, Given::default()).unwrap();
    let port = receivers().port("webhooks");
    let said = |list: &str| with(letter("/said"), |webhook| webhook.allow = Some(list.to_owned()));
    for list in [None, Some("127.0.0.1:1"), Some("no list at all, nor a place"), None] {
        let told = match list {
            Some(list) => channels.send(&said(list)).await,
            None => channels.send(&letter("/said")).await,
        };
        assert!(matches!(&told, Told::Refused { error } if error.contains("not on the public internet")), "{told:?}");
    }
    for _ in 0..2 {
        assert_eq!(channels.send(&said(&format!("127.0.0.1:{port}"))).await, SENT);
    }
    arrived("/said");
    let other = channels.send(&letter("/said")).await;
    assert!(matches!(other, Told::Refused { .. }), "{other:?}");
}
