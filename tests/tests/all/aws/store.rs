//! The store on DynamoDB Local: the conformance tests of every store, and what only several processes can show.

use crate::store_differential::{SEEDS, agree};
use ::aws::{Aws, services::ports::Records};
use document::time::Time;
use engine::{
    drive::submit,
    port::{Clock, Commit, ExecutionFilter, Host, StoreError, Window},
};
use serde_json::json;
use std::{sync::Arc, time::Duration};
use stepwell_core::{
    command::{Command, Control},
    event::{Parent, Started},
    execution::{Execution, Status},
    id::ExecutionId,
};
use stepwell_tests::{
    aws_world::{Fault, World},
    store_conformance::{ask, command, document, kept, run, start, started},
};

const NOW: Time = Time(1_800_000_000_000);

#[tokio::test(flavor = "multi_thread")]
async fn dynamodb_conforms_where_messages_stand_behind_commits() {
    run(Arc::new(World::new(None).await.host(true, 3))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dynamodb_conforms_where_requests_do() {
    run(Arc::new(World::new(None).await.host(false, 3))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_and_dynamodb_agree() {
    // Each seed creates a table of its own, which takes time, so there are few.
    for seed in 0..SEEDS.min(8) {
        let memory = memory::Memory::on_the_clock();
        let host = World::new(None).await.host(seed % 2 == 0, 3);
        agree(seed, &memory, &host).await;
    }
}

fn pause() -> Command {
    Command::Control { control: Control::Pause, reason: None }
}

fn resume() -> Command {
    Command::Control { control: Control::Resume, reason: None }
}

async fn started_by(host: &Aws, name: &str) -> (ExecutionId, Arc<Execution>) {
    let workflow = kept(host, &document(name)).await;
    let state = start(host, started(host, &workflow, "several", json!({}))).await;
    (state.id().clone(), state)
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_know_less_catch_up_and_lose() {
    let world = World::new(Some(NOW)).await;
    let (one, other) = (world.host(true, 1), world.host(true, 1));
    let (id, _) = started_by(&one, "catch-up").await;
    for _ in 0..20 {
        for host in [&one, &other] {
            let before = host.journal().load(&id).await.unwrap().unwrap();
            let toggled = if before.paused { resume() } else { pause() };
            let after = command(host, &id, toggled).await;
            assert_eq!(after.seq, before.seq + 1);
        }
    }
    // One is forty turns behind, more than it would fold onto what it knows.
    let behind = one.journal().load(&id).await.unwrap().unwrap();
    for turn in 0..40 {
        command(&other, &id, if turn % 2 == 0 { pause() } else { resume() }).await;
    }
    let turns = other.journal().turns(&id, behind.seq, 1).await.unwrap();
    let commit = Commit {
        before: None,
        turns,
        state: Arc::new(Execution { seq: behind.seq + 1, ..(*behind).clone() }),
        effects: vec![],
        logs: Arc::default(),
        blobs: vec![],
        acks: vec![],
        due: None,
    };
    assert_eq!(one.journal().commit(commit).await, Err(StoreError::Conflict));
    let caught_up = one.journal().load(&id).await.unwrap().unwrap();
    assert_eq!(Some(&caught_up), other.journal().load(&id).await.unwrap().as_ref());
    assert_eq!(
        Some(&caught_up),
        world.host(true, 1).journal().load(&id).await.unwrap().as_ref(),
        "as one that knows nothing"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn many_processes_at_once_leave_no_number_out() {
    let world = Arc::new(World::new(Some(NOW)).await);
    let first = world.host(true, 5);
    let (id, _) = started_by(&first, "at-once").await;
    let signal = |n: usize| Command::Signal { name: "s".into(), data: json!({ "n": n }).into() };
    let jobs = (0..8).map(|n| {
        let (world, id) = (world.clone(), id.clone());
        tokio::spawn(async move {
            let host = world.host(n % 2 == 0, 5);
            for turn in 0..5 {
                submit(&host, &id, signal(n * 5 + turn)).await.unwrap().unwrap();
            }
        })
    });
    for job in jobs.collect::<Vec<_>>() {
        job.await.unwrap();
    }
    let turns = first.journal().turns(&id, 0, 1_000).await.unwrap();
    assert_eq!(turns.iter().map(|turn| turn.seq).collect::<Vec<_>>(), (1..=41).collect::<Vec<_>>());
    let state = world.host(true, 1).journal().load(&id).await.unwrap().unwrap();
    assert_eq!((state.seq, state.signals.len()), (41, 40));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_removed_stays_removed_whoever_was_about_to_commit() {
    let world = World::new(Some(NOW)).await;
    let (one, other) = (world.host(true, 1), world.host(false, 1));
    let (id, _) = started_by(&one, "removed").await;
    ask(&one, &id).await;
    let state = one.journal().load(&id).await.unwrap().unwrap();
    command(&other, &id, Command::Control { control: Control::Cancel, reason: None }).await;
    other.journal().delete(&id).await.unwrap();
    // It has not noticed: its state is the one before the end.
    for number in [state.seq, state.seq + 1, state.seq + 2] {
        let mut turn = stepwell_core::event::Turn { seq: number, at: NOW, by: None, request: None, events: vec![] };
        turn.events.push(stepwell_core::event::Event::ExecutionPaused(Default::default()));
        let late = Arc::new(Execution { seq: number, ..(*state).clone() });
        let commit = Commit {
            before: None,
            turns: vec![turn],
            state: late,
            effects: vec![],
            logs: Arc::default(),
            blobs: vec![],
            acks: vec![],
            due: None,
        };
        assert_eq!(one.journal().commit(commit).await, Err(StoreError::Conflict), "{number}");
    }
    assert_eq!(submit(&one, &id, pause()).await.unwrap().map(|_| ()), None);
    assert_eq!(world.host(true, 1).journal().load(&id).await.unwrap(), None);
    // The same id cannot begin again at once, and can later.
    let workflow = kept(&one, &document("removed")).await;
    let mut again = started(&one, &workflow, "several", json!({"again": true}));
    again.execution_id = id.clone();
    let start = |again: &stepwell_core::event::Started| Command::Start(Box::new(again.clone()));
    let refused = submit(&one, &id, start(&again)).await;
    assert!(matches!(&refused, Err(StoreError::Permanent(told)) if told.contains("removed")), "{refused:?}");
    world.services.advance(NOW.after_seconds(4_000.0));
    assert_eq!(submit(&one, &id, start(&again)).await.unwrap().unwrap().state.seq, 1);
    assert_eq!(other.journal().load(&id).await.unwrap().unwrap().started.input.value(), Some(&json!({"again": true})));
}

#[tokio::test(flavor = "multi_thread")]
async fn values_that_are_large_are_fetched_when_they_are_read() {
    let world = World::new(Some(NOW)).await;
    let host = world.host(true, 1);
    let workflow = kept(&host, &document("lean")).await;
    let input = json!({"text": "x".repeat(::aws::limits::INLINE_BYTES + 1)});
    let id = start(&host, started(&host, &workflow, "lean", input.clone())).await.id().clone();
    let lean = world.host(true, 1).journal().load_lean(&id).await.unwrap().unwrap();
    assert!(lean.started.input.missing().is_some());
    let whole = world.host(true, 1).journal().load(&id).await.unwrap().unwrap();
    assert_eq!(whole.started.input.value(), Some(&input));
    let turns = world.host(true, 1).journal().turns(&id, 0, 1).await.unwrap();
    assert!(turns[0].payloads().iter().all(|payload| payload.missing().is_none()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_that_looks_around_admits_in_order_also_past_what_a_crash_left() {
    let world = World::new(Some(NOW)).await;
    let host = world.host(false, 1);
    let mut document = document("guarded");
    document["settings"]["max_concurrency"] = json!(1);
    let workflow = kept(&host, &document).await;
    let id = workflow.id.clone();
    // An execution that became a member and never began counts until its start cannot come any more.
    let ghost = started(&host, &workflow, "guard", json!({}));
    world
        .wire
        .plan(Some((calls_until_turn(&world, &host, &ghost).await, stepwell_tests::aws_world::Fault::ErrorBefore)));
    assert!(submit(&host, &ghost.execution_id, Command::Start(Box::new(ghost.clone()))).await.is_err());
    world.wire.plan(None);
    assert_eq!(host.admission().held("guard", &id).await.unwrap(), (None, 1), "it may begin yet");
    world.services.advance(NOW.after_seconds(::aws::limits::BEGIN_SECONDS + 1.0));
    assert_eq!(host.admission().held("guard", &id).await.unwrap(), (None, 0));
    let first = start(&host, started(&host, &workflow, "guard", json!({}))).await;
    let mut held = vec![];
    for _ in 0..2 {
        let begin = stepwell_core::event::Started { held: true, ..started(&host, &workflow, "guard", json!({})) };
        held.push(start(&host, begin).await.id().clone());
    }
    assert!(host.admission().another("guard", &id, &[Status::Pending]).await.unwrap());
    assert!(!host.admission().another("guard", &id, &[Status::Paused]).await.unwrap());
    assert_eq!(host.table().admissible(&first).await.unwrap(), Vec::<ExecutionId>::new());
    command(&host, first.id(), Command::Control { control: Control::Cancel, reason: None }).await;
    let sent: Vec<_> = world.services.take(10).into_iter().map(|it| it.message.execution).collect();
    assert!(sent.contains(&held[0]) && !sent.contains(&held[1]), "{sent:?}");
    command(&host, &held[0], Command::Admit).await;
    assert_eq!(host.admission().held("guard", &id).await.unwrap(), (Some(held[1].clone()), 1));
}

/// The clock stands still in this test, so that a lease that is waited for never ends.
#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_is_held_back_does_not_wait_for_its_own_lease() {
    let world = World::new(Some(NOW)).await;
    let host = world.host(true, 1);
    let mut document = document("own-lease");
    document["settings"]["max_concurrency"] = json!(1);
    let workflow = kept(&host, &document).await;
    let id = workflow.id.clone();
    let ticket = host.admission().enter("guard", &id).await.unwrap();
    let begin = stepwell_core::event::Started { held: true, ..started(&host, &workflow, "guard", json!({})) };
    let held = tokio::time::timeout(Duration::from_secs(5), start(&host, begin)).await.unwrap();
    let sent: Vec<_> = world.services.take(10).into_iter().map(|it| it.message.execution).collect();
    assert_eq!(sent, [held.id().clone()], "nothing is under way: it is let in");
    assert!(
        tokio::time::timeout(Duration::from_millis(300), world.host(true, 1).admission().enter("guard", &id))
            .await
            .is_err()
    );
    host.admission().leave("guard", &id, &ticket).await.unwrap();
    world.host(true, 1).admission().enter("guard", &id).await.unwrap();
}

/// What a child reads of its parent's large values lies with the parent, also while the child is not written yet.
#[tokio::test(flavor = "multi_thread")]
async fn children_compute_at_their_start_with_large_values_of_their_parent() {
    let world = World::new(Some(NOW)).await;
    let api = world.host(false, 1);
    let config = json!({"expression": "size(input.large) + size(ctx.made.output.large) + item"});
    let body = json!({"nodes": [{"id": "n", "type": "transform", "config": config}], "edges": []});
    let nodes = json!([
        {"id": "go", "type": "manual_trigger"},
        {"id": "made", "type": "transform", "config": {"expression": "{'large': input.large + '!'}"}},
        {"id": "m", "type": "map", "config": {"items": "[1, 2, 3]", "body": body}}
    ]);
    let edges = json!([{"from": "go", "to": "made"}, {"from": "made", "to": "m"}]);
    let workflow = kept(&api, &json!({"id": "large", "nodes": nodes, "edges": edges})).await;
    let large = "x".repeat(50_000);
    let id = start(&api, started(&api, &workflow, "several", json!({"large": large}))).await.id().clone();
    loop {
        let deliveries = world.services.take(10);
        if deliveries.is_empty() {
            break;
        }
        let verdicts = engine::step::handle(&world.host(true, 1), &deliveries).await;
        world.services.obey(deliveries.iter().map(|one| one.receipt).zip(verdicts).collect());
    }
    let state = world.host(true, 1).journal().load(&id).await.unwrap().unwrap();
    assert_eq!(state.status(), Status::Completed, "{:?}", state.error);
    assert_eq!(state.output.as_ref().unwrap().value(), Some(&json!([100_002, 100_003, 100_004])));
}

/// The head of a start stands before its first turn. Where the process dies in between, the next one may find another
/// document, by which the execution goes on: then somebody must look after it, whatever the first head said.
#[tokio::test(flavor = "multi_thread")]
async fn a_start_is_looked_after_whatever_head_an_earlier_try_of_it_has_left() {
    let world = World::new(Some(NOW)).await;
    let host = world.host(true, 1);
    let (above, state) = started_by(&host, "above").await;
    let over =
        kept(&host, &json!({"id": "over", "nodes": [{"id": "go", "type": "manual_trigger"}], "edges": []})).await;
    let asks = kept(&host, &document("asks")).await;
    let (activation, attempt, index, depth) = (state.activation(&"ask".into()), 1, 0, 1);
    let parent = Parent { execution_id: above.clone(), activation, attempt, index, depth };
    let first = Started { parent: Some(parent.clone()), ..started(&host, &over, "several", json!({})) };
    let id = first.execution_id.clone();
    let begin = async |started: Started| submit(&host, &id, Command::Start(Box::new(started))).await;
    let begun = async || {
        let children = ExecutionFilter { owner: "several".into(), parent: Some(above.clone()), ..Default::default() };
        let page = host.index().executions(&children, &Window { limit: 9, cursor: None }).await.unwrap();
        let due = host.agenda().due(NOW.after_seconds(1e6), 9).await.unwrap().contains(&id);
        (page.items.into_iter().map(|it| it.status).collect::<Vec<_>>(), due)
    };
    // Given a start that is over at once, whose turn is not written,
    world.wire.plan(Some((2, Fault::ErrorBefore)));
    assert!(matches!(begin(first.clone()).await, Err(StoreError::Transient(_))));
    assert_eq!(begun().await, (vec![Status::Completed], false));
    // when the next one goes on, then it is shown and looked after as it is.
    let second = Started { execution_id: id.clone(), ..started(&host, &asks, "several", json!({})) };
    begin(Started { parent: Some(parent), ..second }).await.unwrap();
    assert_eq!(begun().await, (vec![Status::Running], true));
    // And one that would be over at once, and comes too late, leaves it so.
    begin(first).await.unwrap();
    assert_eq!(begun().await, (vec![Status::Running], true));
}

/// The number of the call that writes the first turn of a start.
async fn calls_until_turn(world: &World, host: &Aws, like: &stepwell_core::event::Started) -> u64 {
    let mut other = like.clone();
    other.execution_id = host.new_id();
    other.owner = "rehearsal".into();
    world.wire.plan(None);
    submit(host, &other.execution_id.clone(), Command::Start(Box::new(other))).await.unwrap();
    let puts = world.wire.kinds();
    assert_eq!(puts.get("PutItem"), Some(&3), "member, head and turn: {puts:?}");
    3
}

#[tokio::test(flavor = "multi_thread")]
async fn one_at_a_time_has_the_guard() {
    let world = Arc::new(World::new(None).await);
    let (host, id) = (world.host(false, 1), "lease".into());
    let ticket = host.admission().enter("o", &id).await.unwrap();
    let other = world.host(false, 1);
    let waits = tokio::time::timeout(Duration::from_millis(300), other.admission().enter("o", &id)).await;
    assert!(waits.is_err(), "another has it");
    host.admission().leave("o", &id, "not the ticket").await.unwrap();
    assert!(tokio::time::timeout(Duration::from_millis(300), other.admission().enter("o", &id)).await.is_err());
    host.admission().leave("o", &id, &ticket).await.unwrap();
    other.admission().enter("o", &id).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_ahead_takes_a_lease_and_starts_nothing_beside_its_holder() {
    let world = World::new(Some(NOW)).await;
    let behind = world.host(false, 1);
    world.set_clocks(120.0, 0.0);
    let ahead = world.host(false, 1);
    let mut document = document("one-at-a-time");
    document["settings"]["overlap"] = json!("skip_if_active");
    let workflow = kept(&behind, &document).await;
    let id = workflow.id.clone();
    let like = |host: &Aws| stepwell_core::event::Started {
        looked_around: true,
        ..started(host, &workflow, "guard", json!({}))
    };
    let begin = async |host: &Aws| {
        let begun = like(host);
        submit(host, &begun.execution_id.clone(), Command::Start(Box::new(begun))).await
    };
    let alive = [Status::Pending, Status::Running, Status::WaitingHuman];
    // Given one that has the lease, has looked around and not yet begun, when another takes the lease for one that is over,
    behind.admission().enter("guard", &id).await.unwrap();
    let ticket = ahead.admission().enter("guard", &id).await.unwrap();
    assert!(!ahead.admission().another("guard", &id, &alive).await.unwrap());
    // then the first one begins nothing, and the other does.
    let late = begin(&behind).await;
    assert!(matches!(&late, Err(StoreError::Transient(_))), "{late:?}");
    begin(&ahead).await.unwrap().unwrap();
    ahead.admission().leave("guard", &id, &ticket).await.unwrap();
    assert!(behind.admission().another("guard", &id, &alive).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_ends_by_itself() {
    let world = World::new(Some(NOW)).await;
    let (host, id) = (world.host(false, 1), "lease".into());
    host.admission().enter("o", &id).await.unwrap();
    world.services.advance(NOW.after_seconds(11.0));
    host.admission().enter("o", &id).await.unwrap();
}

/// A long journal is read from its end.
#[tokio::test(flavor = "multi_thread")]
async fn long_journals_cost_little_to_load() {
    let world = World::new(Some(NOW)).await;
    let host = world.host(true, 1);
    let workflow = kept(&host, &document("long")).await;
    let id = start(&host, started(&host, &workflow, "long", json!({}))).await.id().clone();
    for n in 0..300u64 {
        let control = if n % 2 == 0 { Control::Pause } else { Control::Resume };
        // The reason makes each turn long, since it hardly deflates, but it is no part of the state.
        let reason = (0..8).map(|part| document::id::sha256_hex(&(n * 8 + part).to_le_bytes())).collect::<String>();
        command(&host, &id, Command::Control { control, reason: Some(reason) }).await;
    }
    let cold = world.host(true, 1);
    let state = cold.journal().load(&id).await.unwrap().unwrap();
    assert_eq!(state, host.journal().load(&id).await.unwrap().unwrap());
    let read = cold.table().meter().totals().reads[&::aws::billing::meter::Purpose::Load];
    assert!(read <= 3.0, "{read} read units for the end of {} turns", state.seq);
}
