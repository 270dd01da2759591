//! What crashes leave behind on DynamoDB, and what becomes of it.

use document::{id::sha256_hex, time::Time};
use engine::{
    drive::submit,
    port::{ExecutionFilter, Host, Window},
    supervise::{SWEEP, look_after},
};
use futures::{StreamExt, stream};
use serde_json::json;
use stepwell_core::command::{Command, Control};
use stepwell_tests::{
    aws_world::{Fault, World},
    store_conformance::{ask, command, document, kept, start, started},
};

const NOW: Time = Time(1_800_000_000_000);
const NEVER: Time = Time(i64::MAX);

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_died_before_its_first_turn_begins_when_it_comes_again() {
    let world = World::new(Some(NOW)).await;
    let (host, supervisor) = (world.host(true, 1), world.host(true, 1));
    let workflow = kept(&host, &document("never-began")).await;
    world.wire.plan(None);
    start(&host, started(&host, &workflow, "rehearsal", json!({}))).await;
    let turn = world.wire.last("PutItem");
    let begin = started(&host, &workflow, "again", json!({}));
    let id = begin.execution_id.clone();
    world.wire.plan(Some((turn, Fault::ErrorBefore)));
    assert!(submit(&host, &id, Command::Start(Box::new(begin.clone()))).await.is_err());
    world.wire.plan(None);
    for minutes in [5.0, 10.0] {
        world.services.advance(NOW.after_seconds(minutes * 60.0));
        engine::supervise::look_after(&supervisor, NEVER).await.unwrap();
        assert_eq!(supervisor.journal().load(&id).await.unwrap(), None);
    }
    let begun = submit(&host, &id, Command::Start(Box::new(begin))).await.unwrap().unwrap();
    assert_eq!(begun.state.seq, 1);
    assert_eq!(world.host(true, 1).journal().load(&id).await.unwrap(), Some(begun.state));
    let filter = ExecutionFilter { owner: "again".into(), ..ExecutionFilter::default() };
    let page = host.index().executions(&filter, &Window { limit: 10, cursor: None }).await.unwrap();
    assert_eq!(page.items.iter().map(|head| head.id.clone()).collect::<Vec<_>>(), [id], "it has a head");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_looked_after_is_put_off() {
    let world = World::new(Some(NOW)).await;
    let (host, supervisor) = (world.host(true, 1), world.host(true, 1));
    let workflow = kept(&host, &document("put-off")).await;
    let id = start(&host, started(&host, &workflow, "late", json!({}))).await.id().clone();
    // The step's message is never handled, so after an hour the execution is overdue.
    let late = NOW.after_seconds(3_600.0);
    world.services.advance(late);
    assert_eq!(host.agenda().due(late, 10).await.unwrap(), std::slice::from_ref(&id));
    let short = late.after_seconds(19.0);
    assert_eq!(engine::supervise::look_after(&supervisor, short).await.unwrap(), 0, "it might lack the time");
    assert_eq!(host.agenda().due(late, 10).await.unwrap(), std::slice::from_ref(&id), "and keeps its place");
    // Behind the queries of the due index comes the load.
    world.wire.plan(Some((::aws::limits::DUE_SHARDS as u64 + 1, Fault::ErrorBefore)));
    assert_eq!(engine::supervise::look_after(&supervisor, NEVER).await.unwrap(), 1);
    world.wire.plan(None);
    assert!(host.agenda().due(late, 10).await.unwrap().is_empty(), "others have their turn");
    assert_eq!(host.agenda().due(late.after_seconds(600.0), 10).await.unwrap(), [id]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mark_that_the_supervisor_did_not_see_stays() {
    let world = World::new(Some(NOW)).await;
    let (request, supervisor) = (world.host(false, 1), world.host(true, 1));
    let workflow = kept(&request, &document("marks")).await;
    let id = start(&request, started(&request, &workflow, "marked", json!({}))).await.id().clone();
    ask(&request, &id).await;
    let control = |control| Command::Control { control, reason: None };
    command(&request, &id, control(Control::Pause)).await;
    world.wire.plan(None);
    command(&request, &id, control(Control::Resume)).await;
    let unmarks = world.wire.last("UpdateItem");
    command(&request, &id, control(Control::Pause)).await;
    let seen = supervisor.journal().load(&id).await.unwrap().unwrap();
    // A request marks and commits, and its mark stays, as where it dies before it delivers.
    world.wire.plan(Some((unmarks, Fault::ErrorBefore)));
    let _ = submit(&request, &id, control(Control::Resume)).await;
    assert_eq!(world.wire.injected(), 1);
    world.wire.plan(None);
    supervisor.agenda().looked_after(&seen, None).await.unwrap();
    assert_eq!(request.agenda().due(NOW.after_seconds(::aws::limits::MARK_SECONDS + 10.0), 10).await.unwrap(), [id]);
}

/// Starts so many executions that end at once, of which nothing is kept after a day.
async fn ended(host: &::aws::Aws, count: usize) {
    let document = json!({"id": "short", "settings": {"retention_days": 1},
        "nodes": [{"id": "go", "type": "manual_trigger"}], "edges": []});
    let workflow = kept(host, &document).await;
    let starts: Vec<_> = (0..count).map(|_| start(host, started(host, &workflow, "busy", json!({})))).collect();
    let states: Vec<_> = stream::iter(starts).buffer_unordered(16).collect().await;
    assert!(states.iter().all(|state| state.end.is_some()));
}

async fn retire(supervisor: &::aws::Aws, part: usize, of: usize) -> u64 {
    let tick = json!({"source": "stepwell.retention", "part": part, "of": of});
    ::aws::runtime::supervise::handle(supervisor, tick).await.unwrap()["removed"].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_number_of_expired_executions_hides_one_whose_message_was_lost() {
    let world = World::new(Some(NOW)).await;
    let (host, supervisor) = (world.host(true, 1), world.host(true, 1));
    // Given more executions past their retention than a sweep takes up, and one that is overdue for a shorter time.
    ended(&host, SWEEP + 1).await;
    let workflow = kept(&host, &document("lost")).await;
    let late = NOW.after_seconds(2.0 * 86_400.0);
    world.services.advance(late.after_seconds(-3_600.0));
    let lost = start(&host, started(&host, &workflow, "busy", json!({}))).await.id().clone();
    world.services.advance(late);
    // When the supervisor comes, then it sees the one that is alive, and nothing else.
    assert_eq!(host.agenda().due(late, SWEEP).await.unwrap(), std::slice::from_ref(&lost));
    assert_eq!(look_after(&supervisor, NEVER).await, Ok(1));
    world.wire.plan(None);
    // The others are removed in two parts, and nothing but the execution that is alive is left.
    let removed = [retire(&supervisor, 0, 2).await, retire(&supervisor, 1, 2).await];
    assert!(removed.iter().all(|part| *part > 0), "{removed:?}");
    assert_eq!(removed.iter().sum::<u64>(), SWEEP as u64 + 1);
    let calls = world.wire.calls();
    println!("{:?}", world.wire.kinds());
    assert!(calls <= 10 * (SWEEP as u64 + 1), "docs/aws.md counts 9 calls each, and some for the lists: {calls}");
    let filter = ExecutionFilter { owner: "busy".into(), ..ExecutionFilter::default() };
    let page = host.index().executions(&filter, &Window { limit: 200, cursor: None }).await.unwrap();
    assert_eq!(page.items.iter().map(|head| head.id.clone()).collect::<Vec<_>>(), [lost]);
    let wrong = json!({"source": "stepwell.retention", "part": 2, "of": 2});
    assert!(::aws::runtime::supervise::handle(&supervisor, wrong).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_an_earlier_release_kept_among_those_alive_is_removed_too() {
    let world = World::new(Some(NOW)).await;
    let (host, supervisor) = (world.host(true, 1), world.host(true, 1));
    ended(&host, 1).await;
    let late = NOW.after_seconds(2.0 * 86_400.0);
    let id = host.agenda().expired(late, 10).await.unwrap().remove(0);
    // Given a head as releases wrote it that had one list for both.
    let text = |text: &str| aws_sdk_dynamodb::types::AttributeValue::S(text.into());
    let update = world.dynamodb().update_item().table_name(world.table()).update_expression("SET d = :d");
    let update = update.key("pk", text(&format!("x#{id}"))).key("sk", text("head"));
    update.expression_attribute_values(":d", text("due#3")).send().await.unwrap();
    world.services.advance(late);
    assert_eq!(host.agenda().due(late, 10).await.unwrap(), std::slice::from_ref(&id));
    // When the supervisor finds it, then it goes to the other list, and is removed from there.
    assert_eq!(look_after(&supervisor, NEVER).await, Ok(1));
    assert_eq!(look_after(&supervisor, NEVER).await, Ok(0));
    assert_eq!(retire(&supervisor, 0, 1).await, 1);
    assert_eq!(supervisor.journal().load(&id).await.unwrap(), None);
    assert!(host.agenda().expired(late, 10).await.unwrap().is_empty());
}

/// Text that deflate shortens by half at best, another for each seed.
fn noise(bytes: usize, seed: u64) -> String {
    let hex = (0u64..).flat_map(|n| sha256_hex(format!("{seed} {n}").as_bytes()).into_bytes());
    hex.take(bytes).map(char::from).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_crash_of_a_start_leaves_values_behind_that_nobody_removes() {
    let world = World::new(Some(NOW)).await;
    let supervisor = world.host(true, 1);
    let workflow = kept(&supervisor, &document("large-start")).await;
    let begin = |host: &::aws::Aws| started(host, &workflow, "large", json!({ "text": noise(20_000, 1) }));
    // Given a start whose input lies in the bucket, and which makes so many calls.
    let host = world.host(false, 1);
    world.wire.plan(None);
    let id = start(&host, begin(&host)).await.id().clone();
    let calls = world.wire.calls();
    assert!(!world.services.objects().is_empty(), "the input is too large for the table");
    remove(&host, &id).await;
    let mut before_any_turn = 0;
    for (call, fault) in (1..=calls).flat_map(|call| [(call, Fault::CrashBefore), (call, Fault::CrashAfter)]) {
        // When its process dies at any of them,
        let host = world.host(false, 1);
        let begin = begin(&host);
        let id = begin.execution_id.clone();
        world.wire.plan(Some((call, fault)));
        tokio::select! {
            biased;
            done = submit(&host, &id, Command::Start(Box::new(begin))) => drop(done),
            () = world.wire.crash() => {}
        }
        assert_eq!(world.wire.injected(), 1, "call {call}");
        world.wire.plan(None);
        // then the supervisor clears away what never began, and its values with it; what began has them until it is gone.
        for _ in 0..4 {
            world.services.advance(world.services.now().after_seconds(3_600.0));
            look_after(&supervisor, NEVER).await.unwrap();
        }
        match supervisor.journal().load(&id).await.unwrap() {
            Some(_) => remove(&supervisor, &id).await,
            None => before_any_turn += 1,
        }
        assert_eq!(world.services.objects(), Vec::<String>::new(), "{fault:?} at call {call}");
    }
    assert!(before_any_turn > 2, "it died before its first turn {before_any_turn} times");
}

/// Ends an execution, and removes it.
async fn remove(host: &::aws::Aws, id: &stepwell_core::id::ExecutionId) {
    command(host, id, Command::Control { control: Control::Cancel, reason: None }).await;
    host.journal().delete(id).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_too_large_for_their_item_go_with_their_owner() {
    let world = World::new(Some(NOW)).await;
    let host = world.host(true, 1);
    let document = |seed: u64| {
        let trigger = |n: u64| {
            let pattern = json!({ "source": [noise(1_600, seed * 1_000 + n)] });
            json!({"id": format!("on{n}"), "type": "event_trigger", "config": {"pattern": pattern}})
        };
        let nodes: Vec<serde_json::Value> = (0..100).map(trigger).collect();
        json!({"id": "many", "edges": [], "nodes": nodes})
    };
    let rows = || world.services.objects().iter().filter(|key| key.starts_with("r/")).count();
    // Given two owners with the same listeners, of whom one has saved others since.
    for (owner, seed) in [("goes", 1), ("stays", 1), ("goes", 2)] {
        host.catalogue().save(owner, &stepwell_tests::sim::parsed(&document(seed)), None, NOW).await.unwrap();
    }
    assert_eq!(rows(), 3);
    // When one is erased, then its rows are gone, those of before too, and the other's are not.
    while host.catalogue().erase_workflows("goes").await.unwrap() > 0 {}
    assert_eq!(rows(), 1);
    assert_eq!(world.host(true, 1).catalogue().listeners("stays").await.unwrap().len(), 100);
}
