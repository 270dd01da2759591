//! Erasing an owner: everything of one goes, and nothing of another.

use super::{ask, document, kept, start, started};
use document::{parse, time::Time};
use engine::{
    bulk::{begin::begin_erasure, drive::go_on},
    port::{
        ExecutionFilter, Group, Host, InteractionFilter, Job, JobStatus, Remembered, Secret, StoreError, Token, Window,
    },
    scope::Scope,
};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use stepwell_core::id::ExecutionId;

/// What is kept of an owner: executions, workflows, tokens, secrets, groups, conversations, jobs, questions.
#[derive(Debug, PartialEq)]
struct Kept([usize; 8]);

fn all() -> Window {
    Window { limit: 200, cursor: None }
}

async fn what_is_kept(host: &dyn Host, owner: &str) -> Kept {
    let executions = ExecutionFilter { owner: owner.into(), ..ExecutionFilter::default() };
    let questions = InteractionFilter { owner: owner.into(), ..InteractionFilter::default() };
    Kept([
        host.index().executions(&executions, &all()).await.unwrap().items.len(),
        host.catalogue().list(owner, &all()).await.unwrap().items.len(),
        host.tokens().tokens(owner, &all()).await.unwrap().items.len(),
        host.secrets().secret_names(owner, &all()).await.unwrap().items.len(),
        host.groups().groups(owner, &all()).await.unwrap().items.len(),
        host.memories().conversations(owner, None, &all(), Time(i64::MIN)).await.unwrap().items.len(),
        host.jobs().jobs(owner, &all()).await.unwrap().items.len(),
        host.index().interactions(&questions, &all()).await.unwrap().items.len(),
    ])
}

/// A workflow of this name with a schedule, in its `version`.
fn scheduled(id: &str, version: u64) -> Value {
    json!({"id": id, "name": format!("version {version}"), "nodes": [
        {"id": "go", "type": "schedule_trigger", "config": {"every_seconds": 86_400}},
        {"id": "n", "type": "transform", "config": {"set": {"n": version}}}], "edges": [{"from": "go", "to": "n"}]})
}

/// Keeps something of everything for an owner. Returns an execution that waits for a person.
async fn fill(host: &dyn Host, owner: &str) -> ExecutionId {
    for version in 1..=2 {
        let workflow = parse(&scheduled("both-have-it", version)).unwrap().workflow;
        host.catalogue().save(owner, &workflow, None, host.now()).await.unwrap();
    }
    let workflow = kept(host, &document("erased")).await;
    let waits = start(host, started(host, &workflow, owner, json!({}))).await.id().clone();
    ask(host, &waits).await;
    let ended =
        kept(host, &json!({"id": "short", "nodes": [{"id": "go", "type": "manual_trigger"}], "edges": []})).await;
    assert!(start(host, started(host, &ended, owner, json!({}))).await.end.is_some());
    for subject in ["ann@example.com", "ben@example.com"] {
        let token = Token {
            sha256: document::id::sha256_hex(format!("{owner} {subject}").as_bytes()),
            name: "one".into(),
            owner: owner.into(),
            subject: subject.into(),
            scopes: vec![Scope::Admin],
            expires_at: None,
            created_at: Some(host.now()),
        };
        host.tokens().add_token(token).await.unwrap();
    }
    let secret = Secret { value: "s3cret value".into(), hosts: Secret::any_host(), for_inline: false };
    host.secrets().set_secret(owner, "key", secret).await.unwrap();
    host.groups().set_group(owner, Group { name: "Finance".into(), members: vec!["cy".into()] }).await.unwrap();
    let said = |seconds: f64| Remembered {
        id: "1".into(),
        at: host.now(),
        by: None,
        messages: Vec::new(),
        until: host.now().after_seconds(seconds),
    };
    host.memories().remember(owner, "lasts", &said(3_600.0), host.now()).await.unwrap();
    waits
}

/// Goes on with a job until it has ended, beside whoever else does.
async fn until_over(host: &dyn Host, mut job: Job) -> Job {
    for _ in 0..600 {
        if job.is_over() {
            return job;
        }
        match go_on(host, job.clone(), host.now() + Duration::from_secs(5)).await {
            Ok(_) | Err(StoreError::Conflict) => {}
            Err(error) => panic!("{error}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        job = host.jobs().job(&job.owner, &job.id).await.unwrap().unwrap();
    }
    panic!("it does not end: {job:?}")
}

pub(super) async fn an_owner_is_erased_and_no_other(host: &dyn Host) {
    let (gone, stays) = ("erased-owner", "other-owner");
    let waits = fill(host, gone).await;
    fill(host, stays).await;
    let before = what_is_kept(host, stays).await;
    assert_eq!(what_is_kept(host, gone).await, before);
    assert_eq!(before.0[..5], [2, 1, 2, 1, 1]);
    let job = begin_erasure(host, gone, Some("the contract ended".into()), "ann@example.com".into()).await.unwrap();
    let again = begin_erasure(host, gone, None, "ann@example.com".into()).await.unwrap();
    let job = until_over(host, job).await;
    assert!(again.is_over() || again.id == job.id, "asked twice is asked once");
    assert_eq!((job.status, job.failed, job.refused), (JobStatus::Completed, 0, 0), "{job:?}");
    assert!(job.done >= 2, "{job:?}");
    assert_eq!((job.erased["tokens"], job.erased["secrets"], job.erased["groups"]), (1, 1, 1), "{job:?}");
    assert!(job.erased["workflow_versions"] >= 2 && job.erased["memories"] >= 1, "{job:?}");
    // The job and the token of the person who asked are left, and nothing of another owner is missing.
    assert_eq!(what_is_kept(host, gone).await, Kept([0, 0, 1, 0, 0, 0, 1, 0]));
    assert_eq!(host.journal().load(&waits).await.unwrap(), None);
    assert_eq!(host.catalogue().saved(gone, "both-have-it", Some(1)).await.unwrap(), None, "no version is left");
    let far = host.now().after_seconds(86_400.0 * 400.0);
    let due = host.schedules().due_schedules(far, 1_000).await.unwrap();
    assert!(due.iter().all(|one| one.owner != gone) && due.iter().any(|one| one.owner == stays));
    assert_eq!(what_is_kept(host, stays).await, before);
    let saved = host.catalogue().saved(stays, "both-have-it", Some(2)).await.unwrap();
    assert!(saved.is_some_and(|saved| saved.document["name"] == "version 2"), "its document is there");
    let _: Arc<_> = host.journal().load(&waits_of(host, stays).await).await.unwrap().unwrap();
}

/// An execution of an owner that waits for a person.
async fn waits_of(host: &dyn Host, owner: &str) -> ExecutionId {
    let filter = InteractionFilter { owner: owner.into(), ..InteractionFilter::default() };
    host.index().interactions(&filter, &all()).await.unwrap().items.remove(0).0
}
