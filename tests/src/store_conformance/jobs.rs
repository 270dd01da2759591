//! The properties of jobs over many executions.

use super::page;
use document::time::Time;
use engine::port::{Action, ExecutionFilter, Host, Job, JobId, JobStatus, StoreError};
use serde_json::json;
use stepwell_core::execution::Status;

/// A job of an owner that is not stored yet, made at a time and due then.
fn job(owner: &str, id: &str, at: Time) -> Job {
    let metadata = json!({"team": "blue"}).as_object().cloned().unwrap();
    let filter = ExecutionFilter {
        owner: owner.into(),
        workflow_id: Some("w".into()),
        statuses: vec![Status::Failed],
        until: Some(at),
        metadata,
        ..ExecutionFilter::default()
    };
    Job {
        id: id.into(),
        owner: owner.into(),
        action: Action::Retry,
        filter,
        reason: Some("it works again".into()),
        request_hash: Some("00".into()),
        status: JobStatus::Running,
        matched: 3,
        matched_more: true,
        done: 0,
        refused: 0,
        failed: 0,
        errors: Vec::new(),
        batch: (0..100).map(|n| format!("execution-{n}").into()).collect(),
        cursor: Some("c".into()),
        more: true,
        slice: 1,
        tries: 0,
        waits: None,
        due_at: Some(at),
        created_at: at,
        created_by: "ann@example.com".into(),
        updated_at: at,
        completed_at: None,
        cancelled_by: None,
        erased: std::collections::BTreeMap::new(),
        version: 0,
    }
}

/// The jobs of this property's owners that are due.
async fn due(host: &dyn Host, now: Time) -> Vec<String> {
    let found = host.jobs().due_jobs(now, 100).await.unwrap();
    found.into_iter().filter(|job| job.owner.starts_with("jobs-")).map(|job| job.id.to_string()).collect()
}

pub(super) async fn jobs_are_written_by_version(host: &dyn Host) {
    let t = host.now();
    let id = JobId::from("one");
    assert_eq!(host.jobs().job("jobs-a", &id).await.unwrap(), None);
    let first = host.jobs().put_job(job("jobs-a", "one", t)).await.unwrap();
    assert_eq!(first, Job { version: 1, ..job("jobs-a", "one", t) });
    assert_eq!(host.jobs().job("jobs-a", &id).await.unwrap(), Some(first.clone()), "all of it is kept");
    assert_eq!(host.jobs().job("jobs-b", &id).await.unwrap(), None, "it is another owner's");
    let again = host.jobs().put_job(job("jobs-a", "one", t)).await;
    assert_eq!(again, Err(StoreError::Conflict), "an id is taken once");
    let theirs = host.jobs().put_job(Job { matched: 7, ..job("jobs-b", "one", t) }).await.unwrap();
    // Of two who write the same version one comes second.
    let second = host.jobs().put_job(Job { done: 5, slice: 2, ..first.clone() }).await.unwrap();
    assert_eq!((second.version, second.done), (2, 5));
    assert_eq!(host.jobs().put_job(Job { done: 9, ..first }).await, Err(StoreError::Conflict));
    assert_eq!(host.jobs().job("jobs-a", &id).await.unwrap(), Some(second.clone()));
    assert_eq!(host.jobs().job("jobs-b", &id).await.unwrap(), Some(theirs.clone()));
    for one in [second, theirs] {
        let ended = Job { status: JobStatus::Completed, due_at: None, completed_at: Some(t), ..one };
        host.jobs().put_job(ended).await.unwrap();
    }
}

pub(super) async fn jobs_are_listed_and_due(host: &dyn Host) {
    let t = host.now();
    let at = |seconds: f64| t.after_seconds(seconds);
    for (owner, id, made, due_at) in
        [("jobs-c", "x", 1.0, 30.0), ("jobs-c", "y", 2.0, 10.0), ("jobs-c", "z", 3.0, 20.0), ("jobs-d", "w", 4.0, 10.5)]
    {
        let one = Job { due_at: Some(at(due_at)), ..job(owner, id, at(made)) };
        host.jobs().put_job(one).await.unwrap();
    }
    let first = host.jobs().jobs("jobs-c", &page(2, None)).await.unwrap();
    let ids = |page: &engine::port::Page<Job>| page.items.iter().map(|job| job.id.to_string()).collect::<Vec<_>>();
    assert_eq!(ids(&first), ["z", "y"], "newest first");
    let rest = host.jobs().jobs("jobs-c", &page(2, first.next_cursor)).await.unwrap();
    assert_eq!((ids(&rest), rest.next_cursor), (vec!["x".to_owned()], None));
    assert!(host.jobs().jobs("jobs-none", &page(2, None)).await.unwrap().items.is_empty());
    let bad = host.jobs().jobs("jobs-c", &page(2, Some("garbage".into()))).await;
    assert!(matches!(bad, Err(StoreError::Permanent(_))), "{bad:?}");
    assert!(due(host, at(9.0)).await.is_empty());
    assert_eq!(due(host, at(20.0)).await, ["y", "w", "z"], "the longest due first");
    // One that has ended is due no more, and one that was gone on with waits behind the others.
    let y = host.jobs().job("jobs-c", &"y".into()).await.unwrap().unwrap();
    host.jobs().put_job(Job { due_at: Some(at(25.0)), ..y }).await.unwrap();
    let w = host.jobs().job("jobs-d", &"w".into()).await.unwrap().unwrap();
    let ended = Job { status: JobStatus::Cancelled, due_at: None, completed_at: Some(t), ..w };
    host.jobs().put_job(ended).await.unwrap();
    assert_eq!(due(host, at(30.0)).await, ["z", "y", "x"]);
    host.jobs().forget_jobs(t).await.unwrap();
    assert!(host.jobs().job("jobs-d", &"w".into()).await.unwrap().is_some(), "it ended at that moment, not before it");
}
