//! Several answers at once, and answers against what else ends a question: one of them wins, and everybody else is told
//! which, whatever way their answer took.

use super::{
    pages,
    stage::{Stage, asking},
};
use serde_json::{Value, json};
use std::{sync::Barrier, thread};

/// How often each race is run, at the same time.
const ROUNDS: usize = 20;

/// Does all of it at once, and returns what each came to, in order.
fn at_once<T: Send>(deeds: Vec<Box<dyn FnOnce() -> T + Send + '_>>) -> Vec<T> {
    let start = Barrier::new(deeds.len());
    thread::scope(|scope| {
        let started = deeds.into_iter().map(|deed| {
            scope.spawn(|| {
                start.wait();
                deed()
            })
        });
        let started: Vec<_> = started.collect();
        started.into_iter().map(|one| one.join().unwrap()).collect()
    })
}

fn deed<'a, T>(what: impl FnOnce() -> T + Send + 'a) -> Box<dyn FnOnce() -> T + Send + 'a> {
    Box::new(what)
}

fn yes() -> Value {
    json!({"approved": true})
}

fn approval(id: &str, more: Value) -> Value {
    let mut config = json!({"kind": "approval", "question": "Pay?"});
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    asking(id, config)
}

#[test]
fn of_two_hundred_answers_one_decides_and_the_others_are_told_which() {
    let stage = Stage::open("crowd");
    let crowd: Vec<String> = (0..200).map(|number| format!("p{number}@example.com")).collect();
    stage.save(&approval("crowd", json!({ "assignees": crowd })));
    let id = stage.start("crowd", &json!({}));
    let question = stage.asked(&id);
    let answer =
        |number: usize| stage.answer(&question, &crowd[number], &json!({"approved": number.is_multiple_of(2)}));
    let answer = &answer;
    let told = at_once((0..200).map(|number| deed(move || answer(number))).collect());
    let winners: Vec<usize> = (0..200).filter(|number| told[*number].0 == 200).collect();
    let [winner] = winners[..] else { panic!("{winners:?} decided: {told:?}") };
    let decision = if winner % 2 == 0 { "approved" } else { "rejected" };
    assert_eq!(told[winner].1["decision"], decision);
    for (number, (status, said)) in told.iter().enumerate().filter(|(number, _)| *number != winner) {
        assert_eq!(
            (*status, &said["code"], &said["decision"]),
            (409, &json!("already_decided"), &json!(decision)),
            "{number}"
        );
    }
    let kept = stage.question(&id);
    assert_eq!((kept["responses"].as_array().unwrap().len(), &kept["responses"][0]["by"]), (1, &json!(crowd[winner])));
    assert_eq!(stage.dev.until(&id, &["completed"])["output"], decision);
}

#[test]
fn at_the_threshold_the_last_missing_answer_decides_and_no_further_one_counts() {
    let stage = Stage::open("threshold");
    let people = ["ann@example.com", "bob@example.com", "cem@example.com"];
    stage.save(&approval("two-of-three", json!({"assignees": people, "approval_threshold": 2})));
    for _ in 0..ROUNDS {
        let id = stage.start("two-of-three", &json!({}));
        let question = &stage.asked(&id);
        let stage = &stage;
        let told = at_once(people.iter().map(|who| deed(move || stage.answer(question, who, &yes()))).collect());
        let mut ways: Vec<_> = told.iter().map(|(status, said)| (*status, said["decision"].clone())).collect();
        ways.sort_by_key(|(status, decision)| (*status, decision.is_string()));
        let decided = json!("approved");
        assert_eq!(ways, [(200, Value::Null), (200, decided.clone()), (409, decided)], "{told:?}");
        assert_eq!(stage.question(&id)["responses"].as_array().unwrap().len(), 2);
        stage.dev.until(&id, &["completed"]);
    }
}

#[test]
fn an_answer_and_the_deadline_do_not_both_decide() {
    let stage = Stage::open("deadline");
    stage.save(&approval("soon", json!({"timeout_seconds": 0.3})));
    let ids: Vec<String> = (0..ROUNDS).map(|_| stage.start("soon", &json!({}))).collect();
    let stage = &stage;
    let race = |id: &String| {
        let question = stage.question(id);
        let interaction = question["interaction_id"].as_str().unwrap();
        // A few answers about when the time is over; the first may come before, and the last does not.
        let mut told = Vec::new();
        while told.last().is_none_or(|(status, _)| *status == 422) {
            thread::sleep(std::time::Duration::from_millis(290));
            told.push(stage.dev.call("POST", &format!("/v1/interactions/{interaction}/respond"), &yes()));
        }
        (id.clone(), told.pop().unwrap())
    };
    let race = &race;
    let ran = at_once(ids.iter().map(|id| deed(move || race(id))).collect());
    for (id, (status, said)) in ran {
        let execution = stage.dev.until(&id, &["completed", "failed"]);
        let kept = stage.question(&id);
        if status == 200 {
            let won = (&kept["status"], &kept["decision"], &execution["output"]);
            assert_eq!(won, (&json!("answered"), &json!("approved"), &json!("approved")), "{said}");
        } else {
            let told = (status, &said["code"], &said["interaction_status"]);
            assert_eq!(told, (409, &json!("already_decided"), &json!("timed_out")), "{said}");
            let lost = (&kept["status"], &kept["responses"], &execution["error"]["code"]);
            assert_eq!(lost, (&json!("timed_out"), &json!([]), &json!("interaction_timeout")), "{said}");
        }
    }
}

#[test]
fn an_answer_and_a_cancel_do_not_both_end_a_question() {
    let stage = Stage::open("cancel");
    stage.save(&approval("cancelled", json!({})));
    for _ in 0..ROUNDS {
        let id = &stage.start("cancelled", &json!({}));
        let question = &stage.asked(id);
        let stage = &stage;
        let respond = format!("/v1/interactions/{question}/respond");
        let cancel = format!("/v1/executions/{id}/cancel");
        let ways = [(respond, yes()), (cancel, json!({}))];
        let told = at_once(ways.iter().map(|(path, body)| deed(move || stage.dev.call("POST", path, body))).collect());
        let execution = stage.dev.until(id, &["completed", "cancelled"]);
        let kept = stage.question(id);
        let (status, said) = &told[0];
        if *status == 200 {
            assert_eq!((&kept["status"], &kept["decision"]), (&json!("answered"), &json!("approved")), "{told:?}");
        } else {
            assert_eq!(
                (*status, &kept["status"], &kept["responses"]),
                (409, &json!("cancelled"), &json!([])),
                "{told:?}"
            );
            assert!(["already_decided", "invalid_status"].contains(&said["code"].as_str().unwrap()), "{said}");
            assert_eq!((told[1].0, &execution["status"]), (200, &json!("cancelled")));
        }
    }
}

#[test]
fn whoever_is_asked_no_more_and_whoever_is_asked_now_do_not_both_decide() {
    let stage = Stage::open("reassigned");
    const ANN: &str = "ann@example.com";
    const BOB: &str = "bob@example.com";
    stage.save(&approval(
        "handed-on",
        json!({"question": "Pay {{ input.n }}?", "assignees": [ANN], "channels": [{"type": "email"}]}),
    ));
    for round in 0..ROUNDS {
        let id = &stage.start("handed-on", &json!({"n": round}));
        let question = &stage.asked(id);
        let mine = |mail: &super::mails::Mail| mail.subject == format!("Pay {round}?");
        let page = &super::mails::mail_that(&stage.outbox(), "to Ann", mine).page();
        let hidden = &pages::hidden(&pages::open(&stage.dev, page).text());
        let stage = &stage;
        let by_link = deed(move || pages::submit(&stage.dev, page, hidden, &[("choice", "approved")]).status);
        let reassign = deed(move || {
            let body = json!({"assignees": [BOB]});
            stage.dev.call("POST", &format!("/v1/interactions/{question}/reassign"), &body).0
        });
        let by_api = deed(move || stage.answer(question, BOB, &json!({"approved": false})).0);
        let told = at_once(vec![by_link, reassign, by_api]);
        let [by_link, reassigned, by_api] = told[..] else { unreachable!() };
        // Ann decides, or is told that she is not asked any more or that Bob was first; Bob is not asked yet, decides, or
        // is told that Ann was first.
        assert!([303, 410].contains(&by_link) && [200, 403, 409].contains(&by_api), "{told:?}");
        assert!([200, 409].contains(&reassigned), "{told:?}");
        assert!(by_link != 303 || by_api != 200, "both decided: {told:?}");
        let kept = stage.question(id);
        let by: Vec<&str> =
            kept["responses"].as_array().unwrap().iter().map(|one| one["by"].as_str().unwrap()).collect();
        let expected: &[&str] = if by_link == 303 {
            &[ANN]
        } else if by_api == 200 {
            &[BOB]
        } else {
            &[]
        };
        assert_eq!(by, expected, "{told:?}");
        if expected.is_empty() {
            // Bob was too early. Now he is asked, and Ann's page says that she is not.
            assert_eq!(stage.answer(question, BOB, &yes()).0, 200);
        }
        assert_eq!(stage.dev.until(id, &["completed"])["output"], stage.question(id)["decision"]);
        assert_eq!(pages::open(&stage.dev, page).status, 410);
    }
}
