//! Several answers at once, and answers against what else ends a question: one of them wins, and everybody else is told
//! which, whatever way their answer took. Each race is a script for any host; `races_here.rs` runs them on the embedded
//! one, and `aws/races.rs` on AWS's emulators.

use super::{
    ground::{Ground, asking},
    pages,
};
use serde_json::{Value, json};
use std::{sync::Barrier, thread};

/// Does all of it at once, and returns what each came to, in order.
pub fn at_once<T: Send>(deeds: Vec<Box<dyn FnOnce() -> T + Send + '_>>) -> Vec<T> {
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

pub fn deed<'a, T>(what: impl FnOnce() -> T + Send + 'a) -> Box<dyn FnOnce() -> T + Send + 'a> {
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

/// Of two hundred answers one decides, and the others are told which.
pub fn crowd(stage: &impl Ground) {
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
    assert_eq!(stage.ends(&id, &["completed"])["output"], decision);
}

/// At the threshold the last missing answer decides, and no further one counts.
pub fn threshold(stage: &impl Ground) {
    let people = ["ann@example.com", "bob@example.com", "cem@example.com"];
    stage.save(&approval("two-of-three", json!({"assignees": people, "approval_threshold": 2})));
    for _ in 0..stage.rounds() {
        let id = stage.start("two-of-three", &json!({}));
        let question = &stage.asked(&id);
        let told = at_once(people.iter().map(|who| deed(move || stage.answer(question, who, &yes()))).collect());
        let mut ways: Vec<_> = told.iter().map(|(status, said)| (*status, said["decision"].clone())).collect();
        ways.sort_by_key(|(status, decision)| (*status, decision.is_string()));
        let decided = json!("approved");
        assert_eq!(ways, [(200, Value::Null), (200, decided.clone()), (409, decided)], "{told:?}");
        assert_eq!(stage.question(&id)["responses"].as_array().unwrap().len(), 2);
        stage.ends(&id, &["completed"]);
    }
}

/// An answer and the deadline do not both decide.
pub fn deadline(stage: &impl Ground) {
    stage.save(&approval("soon", json!({"timeout_seconds": stage.deadline()})));
    let ids: Vec<String> = (0..stage.rounds()).map(|_| stage.start("soon", &json!({}))).collect();
    // The answers come about when the time is over, each a little later than the one before.
    let race = |(round, id): (usize, &String)| {
        let question = stage.question(id);
        let early = 0.04 * (1.0 - 2.0 * round as f64 / stage.rounds() as f64);
        thread::sleep(std::time::Duration::from_secs_f64(stage.deadline() - early));
        let path = format!("/v1/interactions/{}/respond", question["interaction_id"].as_str().unwrap());
        (id.clone(), stage.call("POST", &path, &yes()))
    };
    let race = &race;
    let ran = at_once(ids.iter().enumerate().map(|one| deed(move || race(one))).collect());
    for (id, (status, said)) in ran {
        let execution = stage.ends(&id, &["completed", "failed"]);
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

/// An answer and a cancel do not both end a question.
pub fn cancel(stage: &impl Ground) {
    stage.save(&approval("cancelled", json!({})));
    for _ in 0..stage.rounds() {
        let id = &stage.start("cancelled", &json!({}));
        let question = &stage.asked(id);
        let respond = format!("/v1/interactions/{question}/respond");
        let cancel = format!("/v1/executions/{id}/cancel");
        let ways = [(respond, yes()), (cancel, json!({}))];
        let told = at_once(ways.iter().map(|(path, body)| deed(move || stage.call("POST", path, body))).collect());
        let execution = stage.ends(id, &["completed", "cancelled"]);
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

/// Whoever is asked no more and whoever is asked now do not both decide.
pub fn reassigned(stage: &impl Ground) {
    const ANN: &str = "ann@example.com";
    const BOB: &str = "bob@example.com";
    stage.save(&approval(
        "handed-on",
        json!({"question": "Hand on {{ input.n }}?", "assignees": [ANN], "channels": [{"type": "email"}]}),
    ));
    for round in 0..stage.rounds() {
        let id = &stage.start("handed-on", &json!({"n": round}));
        let question = &stage.asked(id);
        let page = &stage.page_of(ANN, &format!("Hand on {round}?"));
        let hidden = &pages::hidden(&stage.open(page).1);
        let by_link = deed(move || stage.submit(page, hidden, &[("choice", "approved")]));
        let reassign = deed(move || {
            let body = json!({"assignees": [BOB]});
            stage.call("POST", &format!("/v1/interactions/{question}/reassign"), &body).0
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
        assert_eq!(stage.ends(id, &["completed"])["output"], stage.question(id)["decision"]);
        assert_eq!(stage.open(page).0, 410);
    }
}
