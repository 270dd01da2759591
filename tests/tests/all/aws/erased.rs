//! What is left in the table of an owner who was erased, and of documents and conversations that nobody needs any more.

use ::aws::{Aws, limits::DOCUMENT_DAYS, runtime::supervise};
use document::{parse, time::Time};
use engine::{
    bulk::begin::begin_erasure,
    port::{Host, JobStatus, Remembered, Secret},
};
use serde_json::json;
use stepwell_core::command::{Command, Control};
use stepwell_tests::{
    aws_world::{Fault, World},
    store_conformance::{ask, command, document, kept, start, started},
};

const NOW: Time = Time(1_800_000_000_000);
const DAY: f64 = 86_400.0;

/// The items of the table as text, without those that stand for a removed turn for an hour.
async fn items(world: &World) -> Vec<String> {
    let scanned = world.dynamodb().scan().table_name(world.table()).send().await.unwrap();
    let standing = scanned.items().iter().filter(|item| !item.contains_key("gone"));
    standing.map(|item| format!("{item:?}")).collect()
}

async fn tick(supervisor: &Aws) {
    supervise::handle(supervisor, json!({"source": "aws.events"})).await.unwrap();
}

/// Whether an item is a document.
fn is_document(item: &&String) -> bool {
    item.contains("S(\"d#")
}

/// Something of each kind for the owner `acme`, some of it under way.
async fn fill(world: &World, host: &Aws) {
    let saved = json!({"id": "saved", "nodes": [
        {"id": "go", "type": "schedule_trigger", "config": {"every_seconds": 60}},
        {"id": "on", "type": "event_trigger", "config": {"pattern": {"source": ["shop"]}}},
        {"id": "n", "type": "transform", "config": {"set": {"n": 1}}}],
        "edges": [{"from": "go", "to": "n"}, {"from": "on", "to": "n"}]});
    host.catalogue().save("acme", &parse(&saved).unwrap().workflow, None, NOW).await.unwrap();
    let asks = kept(host, &document("asks")).await;
    let id = start(host, started(host, &asks, "acme", json!({}))).await.id().clone();
    ask(host, &id).await;
    let body = json!({"nodes": [{"id": "ok", "type": "human", "config": {"kind": "approval", "question": "Well?"}}],
        "edges": []});
    let map = json!({"id": "m", "type": "map", "config": {"items": "[1, 2, 3]", "body": body}});
    let limited = json!({"id": "limited", "settings": {"max_concurrency": 1},
        "nodes": [{"id": "go", "type": "manual_trigger"}, map], "edges": [{"from": "go", "to": "m"}]});
    let limited = kept(host, &limited).await;
    for _ in 0..2 {
        start(host, started(host, &limited, "acme", json!({}))).await;
    }
    loop {
        let deliveries = world.services.take(10);
        if deliveries.is_empty() {
            break;
        }
        let verdicts = engine::step::handle(host, &deliveries).await;
        world.services.obey(deliveries.iter().map(|one| one.receipt).zip(verdicts).collect());
    }
    let secret = Secret { value: "s3cret value".into(), hosts: Secret::any_host(), for_inline: false };
    host.secrets().set_secret("acme", "key", secret).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_but_the_job_is_left_of_an_owner_also_where_the_supervisor_died_on_the_way() {
    for died_at in [0, 30, 90, 150] {
        let world = World::new(Some(NOW)).await;
        let (api, supervisor) = (world.host(false, 1), world.host(true, 1));
        fill(&world, &supervisor).await;
        assert!(items(&world).await.len() > 15);
        let job = begin_erasure(&api, "acme", None, "ann@example.com".into()).await.unwrap();
        if died_at > 0 {
            world.wire.plan(Some((died_at, Fault::CrashBefore)));
            tokio::select! { () = tick(&supervisor) => {}, () = world.wire.crash() => {} }
            world.wire.plan(None);
        }
        let supervisor = world.host(true, 1);
        for minute in 1..20 {
            world.services.advance(NOW.after_seconds(f64::from(minute) * 60.0));
            tick(&supervisor).await;
        }
        let job = api.jobs().job("acme", &job.id).await.unwrap().unwrap();
        assert_eq!((job.status, job.failed), (JobStatus::Completed, 0), "{job:?}");
        let left = items(&world).await;
        let others: Vec<_> = left.iter().filter(|item| !is_document(item) && !item.contains("S(\"j#acme")).collect();
        assert!(others.is_empty(), "died at {died_at}: {others:?}");
        assert!(
            !left.iter().filter(is_document).any(|item| item.contains("acme")),
            "documents name no owner: {left:?}"
        );
        // Nobody needs the documents once no execution that ever began could be there.
        world.services.advance(NOW.after_seconds((DOCUMENT_DAYS + 800.0) * DAY));
        tick(&supervisor).await;
        let left = items(&world).await;
        assert!(left.iter().all(|item| item.contains("S(\"j#acme")), "{left:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_stays_as_long_as_an_execution_or_a_saved_version_needs_it() {
    let world = World::new(Some(NOW)).await;
    let supervisor = world.host(true, 1);
    let of = |id: &str| {
        let mut made = document(id);
        made["settings"] = json!({"retention_days": 30, "timeout_seconds": 86_400});
        made
    };
    let saved = parse(&of("saved")).unwrap().workflow;
    supervisor.catalogue().save("acme", &saved, None, NOW).await.unwrap();
    let unused = kept(&supervisor, &of("unused")).await;
    let used = kept(&supervisor, &of("used")).await;
    let other = world.host(true, 1);
    kept(&other, &of("unused")).await;
    // Given an execution that begins when the document that it was kept for would nearly go, in a process that knows it.
    let later = NOW.after_seconds((DOCUMENT_DAYS - 1.0) * DAY);
    world.services.advance(later);
    let id = start(&supervisor, started(&supervisor, &used, "acme", json!({}))).await.id().clone();
    world.services.advance(NOW.after_seconds((DOCUMENT_DAYS + 1.0) * DAY));
    supervisor.table().remove_unneeded_documents().await.unwrap();
    let has = async |hash: &str| world.host(true, 1).catalogue().workflow(hash).await.unwrap().is_some();
    assert!(has(&saved.hash).await && has(&used.hash).await);
    assert!(!has(&unused.hash).await, "it was kept for a start that was never made");
    // A start of what has gone writes it again, by a process that has it in memory.
    let again = start(&other, started(&other, &unused, "acme", json!({}))).await.id().clone();
    assert!(has(&unused.hash).await);
    for id in [&id, &again] {
        command(&supervisor, id, Command::Control { control: Control::Cancel, reason: None }).await;
        supervisor.journal().delete(id).await.unwrap();
    }
    world.services.advance(later.after_seconds((DOCUMENT_DAYS + 40.0) * DAY));
    supervisor.table().remove_unneeded_documents().await.unwrap();
    assert!(has(&saved.hash).await && !has(&used.hash).await && !has(&unused.hash).await);
    // What another owner has saved stays where one lets go of it.
    supervisor.catalogue().save("other", &saved, None, NOW).await.unwrap();
    for owner in ["acme", "other"] {
        assert!(has(&saved.hash).await, "before {owner} lets go of it");
        while supervisor.catalogue().erase_workflows(owner).await.unwrap() > 0 {}
        world.services.advance(world.services.now().after_seconds((DOCUMENT_DAYS + 1.0) * DAY));
        supervisor.table().remove_unneeded_documents().await.unwrap();
    }
    assert!(!has(&saved.hash).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_agents_have_forgotten_goes() {
    let world = World::new(Some(NOW)).await;
    let supervisor = world.host(true, 1);
    let said = |id: &str, at: Time| Remembered {
        id: id.into(),
        at,
        by: None,
        messages: Vec::new(),
        until: at.after_seconds(DAY),
    };
    for key in ["goes", "stays"] {
        supervisor.memories().remember("acme", key, &said("1", NOW), NOW).await.unwrap();
    }
    let noon = NOW.after_seconds(DAY / 2.0);
    supervisor.memories().remember("acme", "stays", &said("2", noon), noon).await.unwrap();
    world.services.advance(NOW.after_seconds(DAY + 60.0));
    tick(&supervisor).await;
    let left = items(&world).await;
    assert!(left.iter().all(|item| !item.contains("goes")), "{left:?}");
    let recalled = supervisor.memories().recall("acme", "stays", 10, world.services.now()).await.unwrap();
    assert_eq!(recalled.len(), 2);
}
