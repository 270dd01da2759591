#![allow(clippy::unwrap_used)]
use super::*;
use crate::tests::{
    story::{Story, document},
    table::{Scripted, done, first, found},
};
use engine::port::Catalogue;
use serde_json::json;

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
    assert_eq!(started(1.0).await, (Ok(()), vec!["PutItem".to_owned(); 3]));
}

#[tokio::test]
async fn a_start_that_took_longer_than_its_lease_commits_nothing() {
    for seconds in [8.5, 11.0] {
        let (refused, asked) = started(seconds).await;
        assert!(matches!(&refused, Err(StoreError::Transient(_))), "{refused:?}");
        assert_eq!(asked, ["PutItem", "PutItem", "Query", "DeleteItem"], "announced, and the member taken back");
    }
}
