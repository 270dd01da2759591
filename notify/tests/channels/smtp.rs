//! Mails through a real server, with TLS, passwords, refusals and silence.

use crate::{
    letters::{LINK, mail, question},
    receivers::receivers,
};
use engine::port::{Letter, Notifier};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use stepwell_core::interaction::delivery::{Notice, Told};
use stepwell_notify::{
    Channels, Given,
    email::{
        Email, Mailbox,
        smtp::{Server, Smtp},
    },
};

const LOGIN: &str = "flows:s3cret-pass%20word@";

/// Channels that send mails to one of the servers.
fn channels(scheme: &str, login: &str, server: &str, query: &str, trusting: bool) -> Channels {
    let url = format!("{scheme}://{login}localhost:{}{query}", receivers().port(server));
    let ca = receivers().authority.display().to_string();
    let read = |name: &str| match name {
        "STEPWELL_SMTP_URL" => Some(url.clone()),
        "STEPWELL_SMTP_CA" if trusting => Some(ca.clone()),
        "STEPWELL_MAIL_FROM" => Some("Flows <flows@example.org>".into()),
        _ => None,
    };
    Channels::read(read, Given::default()).unwrap()
}

fn plain() -> Channels {
    channels("smtp", "", "plain", "", false)
}

fn secure() -> Channels {
    channels("smtp", LOGIN, "starttls", "?tls=required", true)
}

fn letter(id: &str) -> Letter {
    Letter { id: id.into(), ..mail() }
}

/// The mail of that id, as its server read it.
fn arrived(id: &str) -> Value {
    receivers().wait_for(|got| header(got, "Message-ID").is_some_and(|known| known == format!("<{id}@example.org>")))
}

fn header(mail: &Value, name: &str) -> Option<String> {
    let all = mail["headers"].as_array()?.iter();
    let found: Vec<&str> = all.filter(|one| one[0] == name).filter_map(|one| one[1].as_str()).collect();
    assert!(found.len() < 2, "{name} occurs more than once");
    found.first().map(|value| (*value).to_owned())
}

fn failed(told: Told) -> String {
    match told {
        Told::Failed { error, after_seconds: None } => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_mail_arrives_over_starttls_from_whoever_knows_the_password() {
    let told = secure().send(&letter("secure-1")).await;
    assert_eq!(told, Told::Sent { reference: Some("<secure-1@example.org>".into()) });
    let got = arrived("secure-1");
    assert_eq!((&got["tls"], &got["user"], &got["hello"]), (&json!(true), &json!("flows"), &json!("example.org")));
    assert_eq!((&got["sender"], &got["receivers"]), (&json!("flows@example.org"), &json!(["ana@example.com"])));
    assert_eq!(header(&got, "From").as_deref(), Some("Flows <flows@example.org>"));
    assert_eq!(header(&got, "Subject").as_deref(), Some("Pay 1 200 € to Müller & Söhne?"));
    assert_eq!(header(&got, "Auto-Submitted").as_deref(), Some("auto-generated"));
    assert_eq!(header(&got, "X-Auto-Response-Suppress").as_deref(), Some("All"));
    for body in ["text", "html"] {
        assert!(got[body].as_str().unwrap().contains(LINK), "{}", got[body]);
    }
    assert!(got["html"].as_str().unwrap().contains("Müller &amp; Söhne"));
    assert_eq!((&got["defects"], &got["ascii"]), (&json!([]), &json!(true)));
    assert!(got["longest_line"].as_u64().unwrap() < 998, "RFC 5322");
}

#[tokio::test]
async fn a_mail_arrives_over_tls_from_the_start() {
    channels("smtps", LOGIN, "tls", "", true).send(&letter("tls-1")).await;
    assert_eq!(arrived("tls-1")["user"], "flows");
}

#[tokio::test]
async fn the_mails_of_a_question_are_one_thread() {
    let channels = plain();
    let Told::Sent { reference: Some(first) } = channels.send(&letter("thread-1")).await else { panic!("not sent") };
    let reminder = Letter { number: 2, notice: Notice::Reminder, reference: Some(first.clone()), ..letter("thread-2") };
    channels.send(&reminder).await;
    // The outcome comes from a host that does not know any more what the first mail was called.
    let over = question(json!({"status": "answered", "decision": "approved"}));
    let outcome = Letter { number: 3, notice: Notice::Outcome, interaction: Arc::new(over), ..letter("thread-3") };
    channels.send(&outcome).await;
    let [asked, reminded, told] = ["thread-1", "thread-2", "thread-3"].map(arrived);
    let thread = header(&asked, "References").unwrap();
    assert_eq!(header(&asked, "In-Reply-To"), None);
    assert_eq!(header(&reminded, "In-Reply-To"), Some(first.clone()));
    assert_eq!(header(&reminded, "References"), Some(format!("{thread} {first}")));
    assert_eq!(header(&told, "In-Reply-To"), Some(thread.clone()));
    assert_eq!(header(&told, "References"), Some(thread));
    let subject = header(&asked, "Subject").unwrap();
    assert_eq!(
        [header(&reminded, "Subject"), header(&told, "Subject")],
        [(); 2].map(|()| Some(format!("Re: {subject}")))
    );
}

#[tokio::test]
async fn no_question_adds_a_header_or_a_receiver() {
    let text = "Pay?\r\nBcc: eve@example.com\r\nContent-Type: text/html\r\n\r\n.\r\nRCPT TO:<eve@example.com>";
    let evil = Arc::new(question(json!({"question": text, "details": "a\r\n.\r\nQUIT"})));
    let evil = Letter {
        interaction: evil,
        number: 2,
        reference: Some("<a@b>\r\nBcc: eve@example.com".into()),
        workflow: "pay\r\nBcc: eve@example.com".into(),
        ..letter("evil-1")
    };
    plain().send(&evil).await;
    let got = arrived("evil-1");
    assert_eq!(got["receivers"], json!(["ana@example.com"]));
    assert_eq!(header(&got, "Bcc"), None);
    assert!(header(&got, "Content-Type").unwrap().starts_with("multipart/alternative"));
    assert!(header(&got, "Subject").unwrap().starts_with("Re: Pay? Bcc: eve@example.com Content-Type"));
    assert!(got["text"].as_str().unwrap().contains("\n.\n"), "a line of one dot ends nothing");
    for to in ["eve@example.com>\r\nRCPT TO:<bob@example.com", "ana@example.com, eve@example.com", "ana", "group:all"] {
        let told = plain().send(&Letter { to: to.into(), ..mail() }).await;
        assert!(matches!(&told, Told::Refused { error } if error.contains("no e-mail address")), "{told:?}");
    }
}

#[tokio::test]
async fn a_refusal_is_for_good_and_a_delay_is_not() {
    let to = |user: &str| Letter { to: format!("{user}@example.com"), ..mail() };
    let Told::Refused { error } = plain().send(&to("nobody")).await else { panic!("nobody is known") };
    assert!(error.contains("550") && error.contains("There is nobody here of that name"), "{error}");
    let error = failed(plain().send(&to("later")).await);
    assert!(error.contains("451") && error.contains("Come again later"), "{error}");
}

#[tokio::test]
async fn an_address_that_a_server_cannot_read_is_refused_for_good() {
    let told = plain().send(&Letter { to: "ümlaut@example.com".into(), ..mail() }).await;
    assert!(matches!(&told, Told::Refused { error } if error.contains("SMTPUTF8")), "{told:?}");
    // The next mail is taken all the same.
    assert!(matches!(plain().send(&letter("after-utf8")).await, Told::Sent { .. }));
    arrived("after-utf8");
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_gets_no_password() {
    let error = failed(channels("smtp", LOGIN, "starttls", "?tls=required", false).send(&mail()).await);
    assert!(error.contains("STEPWELL_SMTP_CA"), "{error}");
    // Nor does one that offers no TLS at all, as somebody between may make it seem.
    let error = failed(channels("smtp", LOGIN, "plain", "?tls=required", true).send(&letter("downgraded")).await);
    assert!(error.contains("STARTTLS"), "{error}");
    let downgraded = |got: &Value| header(got, "Message-ID").is_some_and(|id| id.contains("downgraded"));
    assert_eq!(receivers().so_far(downgraded), [json!(null); 0]);
}

#[tokio::test]
async fn a_wrong_password_is_told_and_not_repeated() {
    let error = failed(channels("smtp", "flows:wr0ng-word@", "starttls", "?tls=required", true).send(&mail()).await);
    assert!(error.contains("535") && error.contains("STEPWELL_SMTP_URL"), "{error}");
    assert!(!error.contains("wr0ng-word") && error.contains("[secret password]"), "{error}");
}

#[tokio::test]
async fn a_server_that_falls_silent_holds_nothing_up() {
    // Given a server that says nothing any more once it knows who the mail is for.
    let from: Mailbox = "flows@example.org".parse().unwrap();
    let server = Server::parse(&format!("smtp://localhost:{}", receivers().port("plain")), Vec::new()).unwrap();
    let smtp = Smtp::new(server, &from).giving_up_after(Duration::from_millis(500));
    // When the time of a try is over, then the try is.
    let letter = Letter { to: "stalled@example.com".into(), ..mail() };
    let error = failed(Email::new(Arc::new(smtp), from).send(&letter).await);
    assert!(error.contains("within 0.5 s"), "{error}");
}

#[tokio::test]
async fn where_nobody_listens_another_try_may_help() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let read = |name: &str| match name {
        "STEPWELL_SMTP_URL" => Some(format!("smtp://{closed}")),
        "STEPWELL_MAIL_FROM" => Some("flows@example.org".into()),
        _ => None,
    };
    let error = failed(Channels::read(read, Given::default()).unwrap().send(&mail()).await);
    assert!(error.contains(&closed.to_string()), "{error}");
}

#[tokio::test]
async fn a_connection_is_used_again_until_the_server_closes_it() {
    let channels = plain();
    for id in ["again-1", "again-2"] {
        channels.send(&letter(id)).await;
    }
    assert_eq!(arrived("again-1")["peer"], arrived("again-2")["peer"]);
    // A mail that is refused leaves nothing behind that the next one could take for its own answer.
    channels.send(&Letter { to: "nobody@example.com".into(), ..mail() }).await;
    assert!(matches!(channels.send(&letter("again-3")).await, Told::Sent { .. }));
    arrived("again-3");
    let hasty = self::channels("smtp", "", "hasty", "", false);
    hasty.send(&letter("hasty-1")).await;
    let first = arrived("hasty-1")["peer"].clone();
    receivers().wait_for(|got| got["closed"] == first);
    assert!(matches!(hasty.send(&letter("hasty-2")).await, Told::Sent { .. }));
    assert_ne!(arrived("hasty-2")["peer"], first);
}
