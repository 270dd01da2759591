//! What mails say, by kind of question and of message.

use crate::letters::{LINK, QUESTION, mail, question};
use document::time::Time;
use engine::port::Letter;
use serde_json::{Value, json};
use std::sync::Arc;
use stepwell_core::interaction::delivery::Notice;
use stepwell_notify::email::{Mail, compose};

fn at(text: &str) -> Time {
    Time::parse(text).unwrap()
}

fn about(fields: Value) -> Letter {
    Letter { interaction: Arc::new(question(fields)), now: at("2026-11-21T10:00:00Z"), ..mail() }
}

fn written(letter: &Letter) -> Mail {
    compose(letter, &"Flows <flows@example.org>".parse().unwrap()).unwrap()
}

/// Both bodies hold these texts, in this order.
fn says(mail: &Mail, texts: &[&str]) {
    for body in [&mail.text, &mail.html.replace("&amp;", "&").replace("&quot;", "\"")] {
        let mut rest = body.as_str();
        for text in texts {
            let found = rest.find(text).unwrap_or_else(|| panic!("`{text}` is not in its place in {body}"));
            rest = &rest[found + text.len()..];
        }
    }
}

#[test]
fn a_mail_in_text_reads_as_a_whole() {
    let mail = written(&about(json!({
        "details": "For *November*.", "deadline": at("2026-11-22T09:30:00Z").0,
        "responses": [{"by": "bob@example.com", "via": "api", "at": 0, "decision": "approved", "answer": true,
                       "comment": "fine by me", "shown_sha256": "00"}],
    })));
    let expected = format!(
        "Approval needed\n\nPay 1 200 € to Müller & Söhne?\n\nRequested by: carol@example.com\n\
         Asked: ana@example.com, bob@example.com\nAnswer by: 2026-11-22 09:30 UTC, in 23 hours\n\n\
         For *November*.\n\nAnswers:\n- bob@example.com: approved – “fine by me”\n\nReview and decide:\n{LINK}\n\n\
         Nothing is decided until you confirm it on the page. The link is yours alone, so please do not forward this \
         mail.\n\n-- \nSent by Stepwell for the workflow pay, execution 0190aaaa-0000-7000-8000-000000000000.\n"
    );
    assert_eq!(mail.text, expected);
    assert!(mail.html.contains("<em>November</em>"), "details are Markdown");
}

#[test]
fn each_kind_shows_what_it_asks_about() {
    let schema = json!({"type": "object", "required": ["amount"], "properties": {
        "amount": {"title": "Amount in €", "type": "number"}, "note": {"description": "for the books"}}});
    let tool = |level: &str| json!({"tool": "db.drop", "arguments": {"table": "a<b>"}, "security_level": level});
    let options = json!([{"id": "l", "label": "Left & right"}, {"id": "r", "label": "Neither"}]);
    for (fields, texts) in [
        (
            json!({"kind": "input", "schema": schema}),
            &[
                "Information needed",
                "What is asked for",
                "Amount in €",
                "note (optional): for the books",
                "Fill in the form",
            ][..],
        ),
        (
            json!({"kind": "decision", "options": options}),
            &["Decision needed", "Options", "Left & right", "Neither", "Choose an option"],
        ),
        (
            json!({"kind": "review", "content": "Dear all,\nall is well."}),
            &["Review needed", "To be reviewed", "Dear all,", "all is well.", "Read and decide"],
        ),
        (json!({"kind": "ask"}), &["Answer needed", "Write an answer"]),
        (
            json!({"kind": "authorization", "authorization": tool("medium")}),
            &["Permission needed", "Tool", "db.drop", "Arguments", "\"table\": \"a", "Review and decide"],
        ),
        (json!({"kind": "authorization", "authorization": tool("high")}), &["db.drop", "type the tool's name"]),
    ] {
        let mail = written(&about(fields));
        says(&mail, texts);
        assert!(!mail.html.contains("a<b>"), "{}", mail.html);
        assert_eq!(mail.html.matches("href=").count(), 1, "one button");
    }
}

#[test]
fn each_notice_says_why_it_comes() {
    for (notice, headline) in [
        (Notice::Reminder, "Reminder: approval needed"),
        (Notice::Escalated, "Nobody decided in time: approval needed"),
        (Notice::Reassigned, "Others are asked now: approval needed"),
        (Notice::Again, "Sent again: approval needed"),
    ] {
        says(&written(&Letter { notice, number: 2, ..about(json!({})) }), &[headline, LINK]);
    }
    let response = |by: &str, decision: &str, comment: Value| json!({"by": by, "via": "link", "at": 0, "decision": decision, "answer": true, "comment": comment, "shown_sha256": ""});
    let responses = json!([
        response("Ana@example.com", "approved", Value::Null),
        response("ana@example.com", "rejected", json!("too much")),
        response("bob@example.com", "rejected", Value::Null)
    ]);
    let options = json!([{"id": "l", "label": "Left"}]);
    for (fields, texts) in [
        (
            json!({"status": "answered", "decision": "rejected", "responses": responses}),
            &["Decided: rejected", "Answers", "ana@example.com: rejected – “too much”", "bob@example.com: rejected"][..],
        ),
        (json!({"kind": "decision", "options": options, "status": "answered", "decision": "l"}), &["Decided: Left"]),
        (json!({"status": "timed_out"}), &["Nobody decided in time"]),
        (json!({"status": "timed_out", "decision": "approved"}), &["Nobody decided in time: approved"]),
        (json!({"status": "cancelled"}), &["No longer needed"]),
        (json!({}), &["No longer asked of you"]),
    ] {
        let mail = written(&Letter { notice: Notice::Outcome, number: 3, ..about(fields) });
        says(&mail, texts);
        assert!(!mail.html.contains("href=") && !mail.text.contains(LINK), "nothing is left to decide");
        assert!(!mail.text.contains("Ana@example.com: approved"), "a later answer took its place");
    }
}

#[test]
fn who_has_no_link_of_their_own_is_led_to_the_inbox() {
    let copy = written(&Letter { link: None, ..about(json!({})) });
    says(&copy, &[&format!("https://flows.example.com/inbox/{QUESTION}"), "where you sign in"]);
    says(&copy, &["Review and decide"]);
    let nowhere = Letter { link: None, inbox: None, ..about(json!({})) };
    let mail = written(&nowhere);
    says(&mail, &[&format!("stepwell answer {QUESTION}")]);
    assert!(!mail.html.contains("href="));
}

#[test]
fn what_people_write_is_shown_and_never_run() {
    let evil = "<script>alert(1)</script><img src=x onerror=alert(1)>";
    let mail = written(&Letter {
        requester: Some(evil.into()),
        workflow: evil.into(),
        link: Some("https://flows.example.com/\"><script>".into()),
        ..about(json!({"kind": "decision", "question": evil, "details": evil, "options": [{"id": "a", "label": evil}],
            "responses": [{"by": evil, "via": "api", "at": 0, "decision": "a", "comment": evil, "shown_sha256": ""}]}))
    });
    for tag in ["<script", "<img"] {
        assert!(!mail.html.contains(tag), "{}", mail.html);
    }
    assert_eq!(mail.html.matches("&lt;script&gt;alert(1)").count(), 8);
}

#[test]
fn a_mail_has_its_bounds_whatever_is_asked() {
    let long = "long ".repeat(20_000);
    let options: Vec<Value> = (0..200).map(|n| json!({"id": format!("o{n}"), "label": long})).collect();
    let answers: Vec<Value> = (0..200)
        .map(|n| json!({"by": format!("{n}@example.com"), "via": "api", "at": 0, "decision": "a", "comment": long, "shown_sha256": ""}))
        .collect();
    let people: Vec<String> = (0..1_000).map(|n| format!("{n}@example.com")).collect();
    let all = json!({"question": long, "details": long, "options": options, "responses": answers, "assignees": people,
                     "content": long, "schema": {"properties": {"a": {"title": long}}},
                     "authorization": {"tool": long, "arguments": long, "security_level": "high"}});
    for kind in ["approval", "input", "decision", "review", "ask", "authorization"] {
        let mut fields = all.clone();
        fields["kind"] = json!(kind);
        let mail = written(&about(fields));
        assert!(mail.subject.chars().count() <= 120);
        assert!(mail.html.len() < 102_000 && mail.text.len() < 102_000, "{kind}: {} bytes", mail.html.len());
    }
}

#[test]
fn a_copy_and_a_personal_mail_differ_and_a_repeat_does_not() {
    let letter = about(json!({}));
    let (first, again) = (written(&letter), written(&letter));
    assert_eq!(first.to_bytes().unwrap(), again.to_bytes().unwrap());
    let copy = written(&Letter { id: "6f1c2a34-0000-8000-8000-00000000000f".into(), link: None, ..letter.clone() });
    assert_ne!(first.message_id, copy.message_id, "the later one would be taken for a repeat");
    assert_eq!(first.references, copy.references, "one thread");
    let other = written(&Letter { to: "bob@example.com".into(), ..letter });
    assert_ne!(first.references, other.references, "each person has a thread");
}

#[test]
fn a_sender_beyond_ascii_names_no_message() {
    let mail = compose(&about(json!({})), &"Zoë <flows@münchen.example>".parse().unwrap()).unwrap();
    assert!(mail.message_id.is_ascii() && mail.references[0].is_ascii(), "{mail:?}");
    let bytes = String::from_utf8(mail.to_bytes().unwrap()).unwrap();
    let from = bytes.lines().find(|line| line.starts_with("From:")).unwrap();
    assert!(from.contains("=?utf-8?") && from.contains("<flows@"), "{from}");
}
