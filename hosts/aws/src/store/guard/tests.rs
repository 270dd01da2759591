#![allow(clippy::unwrap_used)]
use super::*;
use crate::tests::{
    story::{Story, document},
    table::{Scripted, done, first, found, taken},
};
use engine::port::Catalogue;
use serde_json::json;
use std::sync::Arc;
use stepwell_core::command::{Command, Control};

const NOW: Time = Time(1_800_000_000_000);

/// Commits a start so many seconds after it took the lease. Returns the result, and the operations of the commit.
async fn started(seconds: f64) -> (Result<(), StoreError>, Vec<String>) {
    let mut document = document("wait", json!({"seconds": 9}));
    document["settings"] = json!({"max_concurrency": 1});
    let (scripted, story) = (Scripted::new(NOW, false), Story::begin(&document, false));
    scripted.script.then([done(), done(), done()]);
    scripted.table.keep_workflow(&story.workflow).await.unwrap();
    scripted.script.forget();
    let (owner, workflow) = (story.state.started.owner.as_str(), &story.workflow.id);
    scripted.script.then([done()]);
    let ticket = scripted.table.enter(owner, workflow).await.unwrap();
    scripted.wait(seconds);
    scripted.script.forget();
    // The answers to the puts of member and head; then to that of the turn or, where the commit is too late, to the
    // load that finds no execution and to the removal of the member.
    scripted.script.then([done(), done()]);
    match seconds < limits::LEASE_SECONDS / 2.0 {
        true => scripted.script.then([done()]),
        false => scripted.script.then([found(&[]), done()]),
    }
    let committed = scripted.table.commit(first(&story)).await;
    let asked = scripted.script.operations();
    scripted.script.then([done()]);
    scripted.table.leave(owner, workflow, &ticket).await.unwrap();
    assert!(!scripted.table.lease_is_over(&story.state), "it is given back");
    (committed, asked)
}

#[tokio::test]
async fn a_start_commits_while_it_has_the_lease() {
    let asked = ["TransactWriteItems", "PutItem", "PutItem"].map(str::to_owned).to_vec();
    assert_eq!(started(1.0).await, (Ok(()), asked));
}

#[tokio::test]
async fn a_start_that_took_longer_than_its_lease_commits_nothing() {
    for seconds in [8.5, 11.0] {
        let (refused, asked) = started(seconds).await;
        assert!(matches!(&refused, Err(StoreError::Transient(_))), "{refused:?}");
        assert_eq!(
            asked,
            ["TransactWriteItems", "PutItem", "Query", "DeleteItem"],
            "announced, and the member taken back"
        );
    }
}

#[tokio::test]
async fn a_start_under_a_limit_that_its_own_version_does_not_have_is_counted() {
    for (looked_around, writes) in [(true, 3), (false, 2)] {
        let (scripted, mut story) =
            (Scripted::new(NOW, false), Story::begin(&document("wait", json!({"seconds": 9})), false));
        Arc::make_mut(&mut story.state.started).looked_around = looked_around;
        scripted.script.then([done(), done(), done()]);
        scripted.table.keep_workflow(&story.workflow).await.unwrap();
        scripted.script.forget();
        scripted.script.then([done(), done(), done()]);
        scripted.table.commit(first(&story)).await.unwrap();
        assert_eq!(scripted.script.operations(), vec!["PutItem".to_owned(); writes], "{looked_around}");
    }
}

#[tokio::test]
async fn where_nobody_is_held_back_an_end_takes_no_lease() {
    let scripted = Scripted::new(NOW, false);
    scripted.script.then([found(&[])]);
    assert_eq!(scripted.table.next_in_line("o", &"w".into()).await, Ok(vec![]));
    assert_eq!(scripted.script.operations(), ["Query"]);
}

#[tokio::test]
async fn the_latest_version_says_how_many_of_those_held_back_go_on() {
    // The version that is latest, and how many of three go on.
    for (limit, expected) in [(json!(null), 3), (json!(2), 2)] {
        let scripted = Scripted::new(NOW, false);
        let mut latest = document("wait", json!({"seconds": 9}));
        if !limit.is_null() {
            latest["settings"] = json!({"max_concurrency": limit});
        }
        let story = Story::begin(&latest, false);
        scripted.script.then([done(), done(), done()]);
        scripted.table.keep_workflow(&story.workflow).await.unwrap();
        scripted.script.forget();
        let member =
            |id: &str| json!({"pk": {"S": "g#o#w"}, "sk": {"S": keys::member(NOW, &id.into())}, "h": {"N": "1"}});
        let members = ["e1", "e2", "e3"].map(member);
        let pointer = json!({"Item": {"pk": {"S": "w#o"}, "sk": {"S": "p#w"}, "v": {"N": "2"},
            "h": {"S": story.workflow.hash}, "at": {"N": "0"}}});
        // Who is first; what it runs; the latest version; the lease; all members, each looked up; the lease given back.
        scripted.script.then([found(&members[..1]), found(&[]), crate::tests::scripted::json(200, pointer), done()]);
        scripted.script.then([found(&members), found(&[]), found(&[]), found(&[]), done()]);
        let next = scripted.table.next_in_line("o", &"w".into()).await.unwrap();
        assert_eq!(next.len(), expected, "{:?}", scripted.script.operations());
    }
}

/// The members that the requests so far put and removed.
fn members(scripted: &Scripted) -> Vec<(String, bool)> {
    let of = |asked: crate::tests::scripted::Asked| {
        let body = asked.json();
        let item = if asked.operation == "PutItem" { &body["Item"] } else { &body["Key"] };
        let is_member = item["sk"]["S"].as_str()?.starts_with(keys::MEMBER);
        is_member.then(|| (asked.operation.clone(), !item["h"].is_null()))
    };
    scripted.script.asked().into_iter().filter_map(of).collect()
}

#[tokio::test]
async fn an_execution_that_is_reopened_counts_again_before_its_turn_and_after_it() {
    let mut document = document("wait", json!({"seconds": 9}));
    document["settings"] = json!({"max_concurrency": 1});
    // Given an execution under a limit that was cancelled, so that it does not count any more.
    let (scripted, mut story) = (Scripted::new(NOW, true), Story::begin(&document, false));
    scripted.script.then((0..40).map(|_| done()));
    scripted.table.keep_workflow(&story.workflow).await.unwrap();
    scripted.table.commit(first(&story)).await.unwrap();
    scripted.table.commit(story.next(control(Control::Cancel))).await.unwrap();
    scripted.script.forget();
    // When it is retried,
    scripted.script.then((0..40).map(|_| done()));
    scripted.table.commit(story.next(control(Control::Retry))).await.unwrap();
    // then it is a member before anybody sees its turn, and once more after it, since whoever looked meanwhile saw an
    // execution that had ended.
    let put = ("PutItem".to_owned(), false);
    assert_eq!(members(&scripted), [put.clone(), put.clone()]);
    scripted.script.forget();
    // And where the turn is not written since another one was first, the member goes unless that one reopened it too.
    scripted.script.then((0..40).map(|_| done()));
    scripted.table.commit(story.next(control(Control::Cancel))).await.unwrap();
    scripted.script.forget();
    scripted.script.then([done(), taken(&json!({"pk": {"S": "x#e1"}, "sk": {"S": "t#0000000005"}}))]);
    scripted.script.then((0..40).map(|_| done()));
    let refused = scripted.table.commit(story.next(control(Control::Retry))).await;
    assert_eq!(refused, Err(StoreError::Conflict));
    assert_eq!(members(&scripted), [put, ("DeleteItem".into(), false)]);
}

fn control(control: Control) -> Command {
    Command::Control { control, reason: None }
}
