#![allow(clippy::unwrap_used)]
use super::*;
use crate::tests::{
    story::{Story, document},
    table::{Scripted, commit, done, first, found, taken},
};
use engine::port::{Agenda, Catalogue, Commit, Journal};
use serde_json::{Value, json};
use std::sync::atomic::Ordering::Relaxed;
use stepwell_core::{
    command::{Command, Control},
    decide::decide,
};

const NOW: Time = Time(1_800_000_000_000);

fn mark(at: Time) -> String {
    unique(at).simple().to_string()
}

#[test]
fn a_mark_says_when_it_was_made() {
    assert_eq!(made_at(&mark(NOW)), NOW);
    assert_eq!(made_at(&mark(Time(1_800_000_000_999))), Time(1_800_000_000_999));
    assert_ne!(mark(NOW), mark(NOW));
    assert_eq!(made_at("of another release"), Time(0));
}

#[test]
fn a_mark_is_young_as_long_as_something_may_be_committed_behind_it() {
    let head = |marks: &[&String]| {
        let marks = marks.iter().map(|mark| (*mark).clone()).collect();
        Item::from([("p".into(), AttributeValue::Ss(marks))])
    };
    let (old, young) = (mark(NOW), mark(NOW.after_seconds(60.0)));
    let now = NOW.after_seconds(limits::MARK_SECONDS);
    let both = Marks::of(&head(&[&old, &young]), now);
    assert_eq!((both.old, both.young), (vec![old], vec![young]));
    assert_eq!(both.old_at, Some(now.after_seconds(60.0)));
    let ahead = Marks::of(&head(&[&mark(now.after_seconds(3_600.0))]), now);
    assert_eq!((ahead.young.len(), ahead.old_at), (1, Some(now.after_seconds(limits::MARK_SECONDS))));
}

/// An execution with one turn: the table, the execution's story, and the item of the turn.
async fn started(behind_message: bool) -> (Scripted, Story, Value) {
    let (scripted, story) =
        (Scripted::new(NOW, behind_message), Story::begin(&document("wait", json!({"seconds": 9})), false));
    scripted.script.then([done(), done()]);
    scripted.table.keep_workflow(&story.workflow).await.unwrap();
    scripted.script.then([done(), done()]);
    scripted.table.commit(first(&story)).await.unwrap();
    let turn = scripted.last().json()["Item"].clone();
    (scripted, story, turn)
}

fn pause(story: &Story) -> Commit {
    let pause = Command::Control { control: Control::Pause, reason: None };
    commit(decide(&story.workflow, Some(&story.state), pause.into(), story.now).unwrap())
}

#[tokio::test]
async fn a_request_that_dawdles_behind_its_mark_commits_nothing() {
    let (scripted, story, _) = started(false).await;
    let before = scripted.script.asked().len();
    // Each call takes 30 s, which is longer than a request may take from its mark to its turn.
    let now = scripted.now.clone();
    scripted.script.slow(move || {
        now.fetch_add(30_000, Relaxed);
    });
    scripted.script.then([done(), done(), done()]);
    let refused = scripted.table.commit(pause(&story)).await;
    assert!(matches!(&refused, Err(StoreError::Transient(_))), "{refused:?}");
    let asked = scripted.script.asked().split_off(before);
    let updates: Vec<_> =
        asked.iter().map(|one| one.json()["UpdateExpression"].as_str().unwrap_or("none").to_owned()).collect();
    assert_eq!(updates, ["SET d = :d, ds = :ds ADD p :p", "DELETE p :own"], "marked, and the mark withdrawn");
}

#[tokio::test]
async fn a_request_that_is_quick_commits() {
    let (scripted, story, _) = started(false).await;
    scripted.script.then([done(), done(), done()]);
    scripted.table.commit(pause(&story)).await.unwrap();
}

/// Looks after an execution in the state of its first turn while its head has these marks; where `newer`, the table has
/// another turn by then. Returns the operations that DynamoDB was asked for, and the last request.
async fn looked_after(marks: &[String], newer: bool) -> (Vec<String>, Value) {
    let (scripted, story, mut turn) = started(true).await;
    if newer {
        scripted.script.then([done(), done(), done()]);
        scripted.table.commit(pause(&story)).await.unwrap();
        let mut puts = scripted.script.asked().into_iter().filter(|one| one.operation == "PutItem");
        turn = puts.next_back().unwrap().json()["Item"].clone();
    }
    scripted.script.forget();
    let any_old = marks.iter().any(|mark| made_at(mark) < NOW);
    scripted.script.then([taken(&json!({"sq": {"N": "1"}, "p": {"SS": marks}}))]);
    scripted.script.then(any_old.then(|| found(&[turn])));
    scripted.script.then([done()]);
    scripted.table.looked_after(&story.state, None).await.unwrap();
    let asked = scripted.script.asked();
    (asked.iter().map(|one| one.operation.clone()).collect(), asked.last().unwrap().json())
}

/// A time whose marks are old.
fn past() -> Time {
    NOW.after_seconds(-limits::MARK_SECONDS - 1.0)
}

#[tokio::test]
async fn the_supervisor_takes_off_old_marks_and_leaves_young_ones() {
    let (old, young) = (mark(past()), mark(NOW));
    let ds = |update: &Value| update["ExpressionAttributeValues"][":ds"]["S"].as_str().map(ToOwned::to_owned);
    let young_is_old = Some(keys::time(NOW.after_seconds(limits::MARK_SECONDS)));

    let (asked, update) = looked_after(std::slice::from_ref(&young), false).await;
    assert_eq!(asked, ["UpdateItem", "UpdateItem"]);
    assert!(!update["UpdateExpression"].as_str().unwrap().contains(" p"), "{update}");
    assert_eq!(ds(&update), young_is_old);

    let (asked, update) = looked_after(&[old.clone(), young], false).await;
    assert_eq!(asked, ["UpdateItem", "Query", "UpdateItem"]);
    assert!(update["UpdateExpression"].as_str().unwrap().ends_with("DELETE p :old"), "{update}");
    assert_eq!(update["ExpressionAttributeValues"][":old"], json!({"SS": [&old]}));
    assert_eq!(ds(&update), young_is_old);

    let (_, update) = looked_after(&[old], false).await;
    assert!(update["UpdateExpression"].as_str().unwrap().ends_with("REMOVE d, ds, p"), "{update}");
    assert!(update["ConditionExpression"].as_str().unwrap().contains("p = :seen"), "{update}");
}

#[tokio::test]
async fn a_mark_stays_whose_turn_the_supervisor_has_not_seen() {
    let (asked, _) = looked_after(&[mark(past())], true).await;
    assert_eq!(asked, ["UpdateItem", "Query"]);
}

#[tokio::test]
async fn what_is_put_off_is_due_later_where_it_is_due_still() {
    let scripted = Scripted::new(NOW, true);
    scripted.script.then([done()]);
    scripted.table.put_off(&"e1".into(), NOW.after_seconds(180.0)).await.unwrap();
    let update = scripted.last().json();
    assert_eq!(
        (&update["UpdateExpression"], &update["ConditionExpression"]),
        (&json!("SET ds = :ds"), &json!("ds <= :now"))
    );
    assert_eq!(update["ExpressionAttributeValues"][":ds"]["S"], json!(keys::time(NOW.after_seconds(180.0))));
}
