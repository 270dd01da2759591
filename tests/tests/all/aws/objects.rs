//! Objects that one row of the table names: they are there as long as the row is, and gone soon after, whatever died in
//! between. Counted by what is left.

use ::aws::{
    Aws,
    limits::{DOCUMENT_DAYS, FENCE_SECONDS, OBJECT_DAYS},
    runtime::supervise,
};
use aws_sdk_dynamodb::types::AttributeValue;
use document::{Workflow, id::sha256_hex, parse, time::Time};
use engine::{
    bulk::begin::{JobRequest, begin},
    drive::submit,
    port::{Action, ExecutionFilter, Host},
};
use serde_json::{Value, json};
use std::sync::Arc;
use stepwell_core::{command::Command, event::Started};
use stepwell_tests::{
    aws_world::{Fault, World},
    store_conformance::{document, kept, start, started},
};

const NOW: Time = Time(1_800_000_000_000);
const DAY: f64 = 86_400.0;

/// Text that deflate shortens by half at best, another for each seed.
fn noise(bytes: usize, seed: u64) -> String {
    let hex = (0u64..).flat_map(|n| sha256_hex(format!("{seed} {n}").as_bytes()).into_bytes());
    hex.take(bytes).map(char::from).collect()
}

/// A workflow that is too large for its row, another for each seed.
fn large(seed: u64) -> Arc<Workflow> {
    let mut made = document("large");
    made["nodes"][1]["config"]["question"] = json!(noise(180_000, seed));
    parse(&made).unwrap().workflow
}

/// A workflow whose listeners are too many for their row, other ones for each seed.
fn listening(seed: u64) -> Arc<Workflow> {
    let trigger = |n: u64| {
        let pattern = json!({ "source": [noise(1_600, seed * 1_000 + n)] });
        json!({"id": format!("on{n}"), "type": "event_trigger", "config": {"pattern": pattern}})
    };
    let nodes: Vec<Value> = (0..100).map(trigger).collect();
    parse(&json!({"id": "many", "edges": [], "nodes": nodes})).unwrap().workflow
}

/// The items of the table as text, without stones.
async fn items(world: &World) -> Vec<String> {
    let scanned = world.wire.quietly(world.dynamodb().scan().table_name(world.table()).send()).await.unwrap();
    let standing = scanned.items().iter().filter(|item| !item.contains_key("gone"));
    standing.map(|item| format!("{item:?}")).collect()
}

async fn tick(supervisor: &Aws) {
    supervise::handle(supervisor, json!({"source": "aws.events"})).await.unwrap();
}

/// Lets days pass, and has the supervisor come a few times after them.
async fn pass(world: &World, supervisor: &Aws, days: f64) {
    for _ in 0..3 {
        world.services.advance(world.services.now().after_seconds(days / 3.0 * DAY));
        tick(supervisor).await;
    }
}

/// Does something in a process that dies at one of its calls.
async fn die_at(world: &World, plan: (u64, Fault), job: impl Future<Output = ()>) {
    world.wire.plan(Some(plan));
    tokio::select! { biased; () = job => {}, () = world.wire.crash() => {} }
    assert_eq!(world.wire.injected(), 1, "{plan:?}");
    world.wire.plan(None);
}

/// Every call of so many, with both ways to die at it.
fn deaths(calls: u64) -> impl Iterator<Item = (u64, Fault)> {
    (1..=calls).flat_map(|call| [(call, Fault::CrashBefore), (call, Fault::CrashAfter)])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_document_is_there_as_long_as_its_row_whenever_a_process_dies() {
    let world = World::new(Some(NOW)).await;
    let supervisor = world.host(true, 1);
    // Given a document that lies in the bucket, and is written and removed by so many calls.
    world.wire.plan(None);
    world.host(false, 1).catalogue().keep_workflow(&large(0)).await.unwrap();
    let writes = world.wire.calls();
    assert_eq!(world.services.objects().len(), 1);
    world.services.advance(NOW.after_seconds((DOCUMENT_DAYS + 1.0) * DAY));
    world.wire.plan(None);
    assert_eq!(supervisor.table().remove_unneeded_documents().await, Ok(1));
    let removal = world.wire.calls();
    assert!(writes >= 4 && removal >= 5, "{writes} and {removal}");
    assert_eq!((world.services.objects(), items(&world).await), (vec![], vec![]));
    let mut unnamed = 0;
    for (seed, plan) in (1..).zip(deaths(writes)) {
        // When its process dies at any of them,
        let host = world.host(false, 1);
        let written = large(seed);
        die_at(&world, plan, async { host.catalogue().keep_workflow(&written).await.unwrap() }).await;
        let lay = world.services.objects().len();
        world.services.advance(world.services.now().after_seconds(FENCE_SECONDS as f64 + 1.0));
        tick(&supervisor).await;
        // then the object is there where its row is, and gone where it is not.
        let reader = world.host(true, 1);
        let has = reader.catalogue().workflow(&written.hash).await.unwrap().is_some();
        assert_eq!(world.services.objects().len(), usize::from(has), "{plan:?}");
        unnamed += usize::from(lay == 1 && !has);
        // And nothing is left of it once nobody needs it.
        pass(&world, &supervisor, DOCUMENT_DAYS + 3.0).await;
        assert_eq!((world.services.objects(), items(&world).await), (vec![], vec![]), "{plan:?}");
    }
    assert!(unnamed >= 2, "a process died behind the object and before its row {unnamed} times");
    for (seed, plan) in (100..).zip(deaths(removal)) {
        world.host(false, 1).catalogue().keep_workflow(&large(seed)).await.unwrap();
        world.services.advance(world.services.now().after_seconds((DOCUMENT_DAYS + 1.0) * DAY));
        let dies = world.host(true, 1);
        die_at(&world, plan, async { drop(dies.table().remove_unneeded_documents().await) }).await;
        pass(&world, &supervisor, 3.0).await;
        assert_eq!((world.services.objects(), items(&world).await), (vec![], vec![]), "removed, {plan:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_document_stays_however_often_it_is_looked_at_and_one_of_an_earlier_release_goes_too() {
    let world = World::new(Some(NOW)).await;
    let supervisor = world.host(true, 1);
    let saved = large(1);
    supervisor.catalogue().save("acme", &saved, None, NOW).await.unwrap();
    for _ in 0..3 {
        pass(&world, &supervisor, OBJECT_DAYS + 1.0).await;
    }
    let reader = world.host(true, 1);
    assert!(reader.catalogue().workflow(&saved.hash).await.unwrap().is_some());
    // Given an object that an earlier release wrote, under the hash alone and without a note.
    let key = world.services.objects().remove(0);
    let old = format!("d/{}", saved.hash);
    world.services.rename(&key, &old);
    let text = |text: &str| AttributeValue::S(text.into());
    let row = world.dynamodb().update_item().table_name(world.table()).key("pk", text(&format!("d#{}", saved.hash)));
    let row = row.key("sk", text("doc")).update_expression("SET k = :k").expression_attribute_values(":k", text(&old));
    row.send().await.unwrap();
    let note = world.dynamodb().delete_item().table_name(world.table()).key("pk", text(&format!("d#{}", saved.hash)));
    note.key("sk", text(&format!("o#{key}"))).send().await.unwrap();
    let reader = world.host(true, 1);
    assert!(reader.catalogue().workflow(&saved.hash).await.unwrap().is_some());
    // When its owner lets go of it, then it goes.
    while supervisor.catalogue().erase_workflows("acme").await.unwrap() > 0 {}
    pass(&world, &supervisor, DOCUMENT_DAYS + 3.0).await;
    assert_eq!((world.services.objects(), items(&world).await), (vec![], vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_others_have_taken_the_place_of_go_also_where_a_save_died() {
    let world = World::new(Some(NOW)).await;
    let supervisor = world.host(true, 1);
    let save = async |host: &Aws, seed: u64| host.catalogue().save("acme", &listening(seed), None, NOW).await;
    let rows = || world.services.objects().iter().filter(|key| key.starts_with("r/")).count();
    save(&supervisor, 1).await.unwrap();
    world.wire.plan(None);
    save(&supervisor, 2).await.unwrap();
    let calls = world.wire.calls();
    assert_eq!(rows(), 2);
    pass(&world, &supervisor, OBJECT_DAYS + 3.0).await;
    assert_eq!(rows(), 1, "those of the first version are gone");
    for (seed, plan) in (3..).zip(deaths(calls)) {
        let host = world.host(false, 1);
        die_at(&world, plan, async { drop(save(&host, seed).await) }).await;
        pass(&world, &supervisor, OBJECT_DAYS + 3.0).await;
        assert_eq!(rows(), 1, "{plan:?}");
        assert_eq!(world.host(true, 1).catalogue().listeners("acme").await.unwrap().len(), 100);
    }
    while supervisor.catalogue().erase_workflows("acme").await.unwrap() > 0 {}
    let left: Vec<_> = items(&world).await.into_iter().filter(|item| !item.contains("S(\"d#")).collect();
    assert_eq!((rows(), left), (0, vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_large_job_has_put_goes_with_it() {
    let world = World::new(Some(NOW)).await;
    let supervisor = world.host(true, 1);
    let filter = ExecutionFilter { owner: "acme".into(), ..ExecutionFilter::default() };
    let request = JobRequest {
        action: Action::Cancel,
        filter,
        reason: Some(noise(180_000, 1)),
        by: "ann@example.com".into(),
        idempotency: None,
    };
    let job = begin(&supervisor, request).await.expect("it begins");
    assert_eq!(world.services.objects().len(), 1);
    // When it has ended, then the object of its last record is the only one that stays.
    pass(&world, &supervisor, OBJECT_DAYS + 3.0).await;
    assert_eq!(world.services.objects().len(), 1);
    assert!(supervisor.jobs().job("acme", &job.id).await.unwrap().is_some());
    // DynamoDB removes its row once its time is over, and the supervisor the object.
    let text = |text: &str| AttributeValue::S(text.into());
    let row = world.dynamodb().delete_item().table_name(world.table()).key("pk", text("j#acme"));
    row.key("sk", text(job.id.as_str())).send().await.unwrap();
    pass(&world, &supervisor, OBJECT_DAYS + 3.0).await;
    assert_eq!((world.services.objects(), items(&world).await), (vec![], vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_stays_for_ever_of_a_guarded_start_that_died() {
    let world = World::new(Some(NOW)).await;
    let supervisor = world.host(true, 1);
    let mut guarded = document("guarded");
    guarded["settings"]["max_concurrency"] = json!(5);
    let workflow = kept(&supervisor, &guarded).await;
    let started_by = |host: &Aws| Started { looked_around: true, ..started(host, &workflow, "acme", json!({})) };
    world.wire.plan(None);
    let host = world.host(false, 1);
    start(&host, started_by(&host)).await;
    let calls = world.wire.calls();
    for plan in deaths(calls) {
        let host = world.host(false, 1);
        let begin = started_by(&host);
        let id = begin.execution_id.clone();
        die_at(&world, plan, async { drop(submit(&host, &id, Command::Start(Box::new(begin))).await) }).await;
        for _ in 0..4 {
            world.services.advance(world.services.now().after_seconds(3_600.0));
            tick(&supervisor).await;
        }
        let began = supervisor.journal().load(&id).await.unwrap().is_some();
        let left: Vec<_> = items(&world).await.into_iter().filter(|item| item.contains(id.as_str())).collect();
        assert!(began || left.iter().all(|item| item.contains("\"ttl\"")), "{plan:?}: {left:?}");
    }
}
