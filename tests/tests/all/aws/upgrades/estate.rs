//! What a stack keeps beside executions: a saved workflow with its schedule and its listener, a token, a group, a job, a
//! conversation. It is read as it was written, and the supervisor goes on with it.

use super::{NOW, folder};
use crate::docs::root;
use document::work::Message;
use engine::{
    bulk::begin::{JobRequest, begin},
    port::{Action, ExecutionFilter, Group, Host, JobStatus, Remembered, Token, Window},
    scope::Scope,
};
use serde_json::json;
use std::{fs, path::Path};
use stepwell_tests::{
    aws_world::{Lying, World},
    sim::parsed,
};

const OWNER: &str = "estate";
const FILE: &str = "estate.jsonl";
const ALL: Window = Window { limit: 200, cursor: None };

/// Writes the rows of such a stack.
pub(super) async fn write() {
    let world = World::new(Some(NOW)).await;
    let host = world.host(false, 1);
    let document = json!({"id": "saved", "edges": [], "nodes": [
        {"id": "each", "type": "schedule_trigger", "config": {"every_seconds": 3_600}},
        {"id": "on", "type": "event_trigger", "config": {"pattern": {"source": ["aws.s3"]}}}]});
    host.catalogue().save(OWNER, &parsed(&document), None, NOW).await.unwrap();
    let token = Token {
        sha256: api::sha256_of_token("TOKEN"),
        name: "mine".into(),
        owner: OWNER.into(),
        subject: "ada@example.com".into(),
        scopes: Scope::ALL.to_vec(),
        expires_at: None,
        created_at: Some(NOW),
    };
    host.tokens().add_token(token).await.unwrap();
    let group = Group { name: "finance".into(), members: vec!["ada@example.com".into(), "bo@example.com".into()] };
    host.groups().set_group(OWNER, group).await.unwrap();
    let messages = vec![Message::User { content: "hello".into() }];
    let said = Remembered { id: "1".into(), at: NOW, by: None, messages, until: NOW.after_seconds(86_400.0) };
    host.memories().remember(OWNER, "talk", &said, NOW).await.unwrap();
    let filter = ExecutionFilter { owner: OWNER.into(), ..ExecutionFilter::default() };
    let by = "ada@example.com".into();
    begin(&host, JobRequest { action: Action::Cancel, filter, reason: None, by, idempotency: None }).await.unwrap();
    fs::write(folder().join(FILE), world.lying().await.to_text()).unwrap();
}

/// The folders of golden rows that have such a stack.
fn folders() -> Vec<std::path::PathBuf> {
    let folders = fs::read_dir(root().join("tests/golden")).unwrap().map(|entry| entry.unwrap().path());
    folders.map(|folder| folder.join(FILE)).filter(|path| path.is_file()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_beside_executions_is_read_as_it_was_written() {
    let paths = folders();
    assert!(!paths.is_empty(), "there is no golden estate");
    for path in paths {
        reads(&path).await;
    }
}

async fn reads(path: &Path) {
    let world = World::new(Some(NOW)).await;
    world.lay(&Lying::of(&fs::read_to_string(path).unwrap())).await;
    let host = world.host(true, 1);
    let saved = host.catalogue().saved(OWNER, "saved", None).await.unwrap().unwrap();
    assert_eq!((saved.version, saved.saved_at, saved.document["nodes"][0]["id"].as_str()), (1, NOW, Some("each")));
    assert_eq!(host.catalogue().listeners(OWNER).await.unwrap()[0].node.as_str(), "on");
    let due = host.schedules().due_schedules(NOW.after_seconds(3_600.0), 10).await.unwrap();
    assert_eq!(
        due.iter().map(|one| (one.node.as_str(), one.next_at)).collect::<Vec<_>>(),
        [("each", NOW.after_seconds(3_600.0))]
    );
    let token = host.tokens().token(&api::sha256_of_token("TOKEN")).await.unwrap().unwrap();
    assert_eq!((token.owner.as_str(), token.scopes), (OWNER, Scope::ALL.to_vec()));
    assert_eq!(host.tokens().tokens(OWNER, &ALL).await.unwrap().items.len(), 1);
    assert_eq!(host.groups().groups_of(OWNER, "bo@example.com").await.unwrap(), ["finance"]);
    let said = host.memories().recall(OWNER, "talk", 10, NOW).await.unwrap();
    assert_eq!(said[0].messages, [Message::User { content: "hello".into() }]);
    // The schedule starts its execution, and the job comes to its end.
    world.services.advance(NOW.after_seconds(3_660.0));
    let tick = json!({"source": "aws.events"});
    let done = ::aws::runtime::supervise::handle(&host, tick).await.unwrap();
    assert_eq!(done["scheduled"], 1, "{done}");
    let jobs = host.jobs().jobs(OWNER, &ALL).await.unwrap().items;
    assert_eq!(jobs.iter().map(|job| job.status).collect::<Vec<_>>(), [JobStatus::Completed]);
    let filter = ExecutionFilter { owner: OWNER.into(), ..ExecutionFilter::default() };
    assert_eq!(host.index().executions(&filter, &ALL).await.unwrap().items.len(), 1);
}
