//! The example with two people, from the command of the README to the payment: nothing but a folder of mails between
//! the host and its people.

use super::{ground::Ground, pages, stage::Stage, until};
use crate::binary::root;
use serde_json::json;
use std::fs;

const MANAGER: &str = "manager@example.com";
const DIRECTOR: &str = "director@example.com";
const CFO: &str = "cfo@example.com";

const EXAMPLE: &str = "two-person-approval";

/// A host with the example saved, as the README says.
fn office() -> Stage {
    let stage = Stage::open("two");
    let example = root().join("examples").join(format!("{EXAMPLE}.json"));
    stage.cli(&["save", example.to_str().unwrap()]);
    stage
}

/// Waits until the host knows that both mails were taken: whoever is known to have been asked is told the outcome.
fn known_to_be_sent(office: &Stage, execution: &str) {
    until("both mails are known to be sent", || {
        let question = office.question(execution);
        let deliveries = question["deliveries"].as_array().unwrap();
        deliveries.len() == 2 && deliveries.iter().all(|one| one["status"] == "sent")
    });
}

#[test]
fn two_people_pay_by_the_links_in_their_mails() {
    let office = office();
    // When a payment is asked for,
    let id = office.start(EXAMPLE, &json!({"payee": "Ada", "amount": 1250, "purpose": "a difference engine"}));
    // then each of the two has a mail with a page of their own,
    known_to_be_sent(&office, &id);
    let manager = office.mail(MANAGER, "Approval needed").page();
    let director = office.mail(DIRECTOR, "Approval needed").page();
    assert_ne!(manager, director);
    let shown = pages::open(&office.dev, &manager).text();
    assert!(shown.contains("Pay 1250 to Ada?") && shown.contains("a difference engine"), "{shown}");
    // whose form gives one vote: the payment waits for the other.
    let answered = pages::answer(&office.dev, &manager, &[("choice", "approved"), ("comment", "in the budget")]);
    assert_eq!(answered.status, 303, "{}", answered.text());
    assert_eq!(office.question(&id)["status"], "pending");
    let answered = pages::answer(&office.dev, &director, &[("choice", "approved")]);
    assert_eq!(answered.status, 303, "{}", answered.text());
    // With both it is paid, and both are told.
    let execution = office.dev.until(&id, &["completed", "failed"]);
    let paid = json!({"status": "paid", "payee": "Ada", "amount": 1250, "approved_by": [MANAGER, DIRECTOR]});
    assert_eq!(execution["output"], paid, "{execution}");
    for who in [MANAGER, DIRECTOR] {
        let outcome = office.mail(who, "Decided: approved");
        assert!(outcome.subject.starts_with("Re: "), "{}", outcome.subject);
    }
    assert_eq!(pages::open(&office.dev, &manager).status, 410, "the page is over");
    let names: Vec<_> = fs::read_dir(office.outbox()).unwrap().collect();
    assert_eq!(names.len(), 4, "two questions and two outcomes: {names:?}");
}

#[test]
fn one_of_two_refuses_and_nothing_is_paid() {
    let office = office();
    let id = office.start(EXAMPLE, &json!({"payee": "Ada", "amount": 1250}));
    known_to_be_sent(&office, &id);
    let page = office.mail(DIRECTOR, "Approval needed").page();
    pages::answer(&office.dev, &page, &[("choice", "rejected"), ("comment", "not this month")]);
    let execution = office.dev.until(&id, &["completed", "failed"]);
    let refused = json!({"status": "refused", "payee": "Ada", "comment": "not this month"});
    assert_eq!(execution["output"], refused, "{execution}");
    office.mail(MANAGER, "Decided: rejected");
}

#[test]
fn where_two_are_too_slow_a_third_is_asked_besides() {
    let office = office();
    // Nobody answers within a second, nor within another one.
    let id = office.start(EXAMPLE, &json!({"payee": "Ada", "amount": 1250, "answer_within_seconds": 1}));
    office.mail(MANAGER, "Approval needed");
    office.mail(CFO, "Nobody decided in time: approval needed");
    let execution = office.dev.until(&id, &["completed", "failed"]);
    assert_eq!(execution["output"], json!({"status": "unanswered", "payee": "Ada"}), "{execution}");
    for who in [MANAGER, DIRECTOR, CFO] {
        office.mail(who, "Nobody decided in time: timeout");
    }
    let question = office.question(&id);
    assert_eq!((&question["status"], &question["decision"]), (&json!("timed_out"), &json!("timeout")), "{question}");
}
