//! `schedule_trigger` on the embedded host.

use crate::{
    reopened::control,
    world::{World, eventually},
};
use document::time::Time;
use engine::port::Clock;
use local::server::{OWNER, keep_schedules};
use serde_json::{Value, json};
use std::time::Duration;
use stepwell_core::command::Control;

fn scheduled(id: &str, config: Value) -> Value {
    json!({"id": id,
        "nodes": [{"id": "go", "type": "manual_trigger"}, {"id": "tick", "type": "schedule_trigger", "config": config},
            {"id": "note", "type": "transform", "config": {"set": {"at": "{{ input.scheduled_at }}"}}}],
        "edges": [{"from": "go", "to": "note"}, {"from": "tick", "to": "note"}]})
}

/// Inputs of a workflow's executions, the oldest first.
async fn started(world: &World, workflow: &str) -> Vec<String> {
    let page = world.get(&format!("/v1/executions?workflow_id={workflow}&limit=200")).await;
    let items = page["items"].as_array().unwrap().iter().rev();
    items.map(|one| one["input"]["scheduled_at"].as_str().unwrap_or_else(|| panic!("{one}")).to_owned()).collect()
}

async fn next_at(world: &World) -> Vec<Time> {
    let rows = world.host.database().schedules(OWNER).await.unwrap();
    rows.into_iter().map(|row| row.next_at).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_starts_executions_and_saving_or_deleting_plans_anew_at_once() {
    let world = World::new("schedule").await;
    keep_schedules(&world.host);
    world.save(&scheduled("tick", json!({"every_seconds": 3600}))).await;
    let far = next_at(&world).await;
    assert!(far.len() == 1 && far[0] > world.host.now() + Duration::from_secs(3_590), "{far:?}");

    world.save(&scheduled("tick", json!({"cron": "* * * * * *", "timezone": "Asia/Tokyo"}))).await;
    eventually("three starts", async || started(&world, "tick").await.len() >= 3).await;
    let times: Vec<Time> = started(&world, "tick").await.iter().map(|text| Time::parse(text).unwrap()).collect();
    assert!(times.windows(2).all(|two| two[1].0 - two[0].0 == 1_000 && two[0].0 % 1_000 == 0), "{times:?}");
    let page = world.get("/v1/executions?workflow_id=tick&limit=1").await;
    let id = page["items"][0]["execution_id"].as_str().unwrap().into();
    let state = world.ended(&id).await;
    assert_eq!(
        state.output.as_ref().unwrap().value().unwrap()["at"],
        state.started.input.value().unwrap()["scheduled_at"]
    );
    assert_eq!((state.started.trigger.as_ref().unwrap().as_str(), state.started.workflow_version), ("tick", 2));

    let (status, _) = world.call("DELETE", "/v1/workflows/tick", None).await;
    assert_eq!((status.as_u16(), next_at(&world).await.len()), (204, 0));
    let count = started(&world, "tick").await.len();
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    assert!(started(&world, "tick").await.len() <= count + 1, "at most what was under way");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_cannot_be_read_keeps_no_other_schedule_waiting() {
    let world = World::new("unreadable").await;
    for id in ["broken", "sound"] {
        world.save(&scheduled(id, json!({"every_seconds": 3600, "missed": "run_once"}))).await;
    }
    let sql = "UPDATE schedules SET next_at = 2;
        UPDATE schedules SET schedule = '{', next_at = 1 WHERE workflow_id = 'broken'";
    let world = world.restarted(sql).await;
    keep_schedules(&world.host);
    eventually("the other starts", async || started(&world, "sound").await.len() == 1).await;
    assert_eq!(
        world.rows("schedules WHERE workflow_id = 'broken' AND error IS NOT NULL AND next_at > 1"),
        1,
        "it is kept"
    );
    assert_eq!(world.host.database().schedules(OWNER).await.unwrap().len(), 1, "what can be read is shown");
    world.save(&scheduled("broken", json!({"cron": "* * * * * *"}))).await;
    eventually("saving repairs it", async || !started(&world, "broken").await.is_empty()).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn saving_again_does_not_put_the_same_times_off() {
    let world = World::new("resaved").await;
    world.save(&scheduled("tick", json!({"every_seconds": 3600}))).await;
    let before = next_at(&world).await;
    let mut other = scheduled("tick", json!({"every_seconds": 3600, "missed": "run_once"}));
    other["description"] = "another version".into();
    tokio::time::sleep(Duration::from_millis(5)).await;
    world.save(&other).await;
    assert_eq!(next_at(&world).await, before);
    assert!(world.host.database().schedules(OWNER).await.unwrap()[0].schedule.as_ref().unwrap().run_missed_once);
    world.save(&scheduled("tick", json!({"every_seconds": 1800}))).await;
    assert!(next_at(&world).await < before);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_missed_while_the_host_was_down_runs_once_or_not_at_all() {
    let world = World::new("missed").await;
    world.save(&scheduled("once", json!({"every_seconds": 3600, "missed": "run_once"}))).await;
    world.save(&scheduled("skip", json!({"every_seconds": 3600}))).await;
    let long_ago = Time(world.host.now().0 - 9_000_000);
    let sql = format!("UPDATE schedules SET next_at = {}", long_ago.0);
    let mut world = world.reopened(&sql).await;
    // The second time as after a crash between a start and its row's moving on.
    for _ in 0..2 {
        local::server::start(&world.host).await.unwrap();
        keep_schedules(&world.host);
        eventually("both planned", async || next_at(&world).await.iter().all(|at| *at > world.host.now())).await;
        assert_eq!(started(&world, "once").await, [long_ago.to_string()]);
        assert_eq!(started(&world, "skip").await.len(), 0);
        assert!(next_at(&world).await.iter().all(|at| (at.0 - long_ago.0) % 3_600_000 == 0), "the phase is kept");
        world = world.reopened(&sql).await;
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_the_input_schema_refuses_is_noted_and_harms_nobody() {
    let world = World::new("refused").await;
    let mut picky = scheduled("picky", json!({"every_seconds": 1}));
    picky["input_schema"] = json!({"type": "object", "required": ["amount"]});
    world.save(&picky).await;
    world.save(&scheduled("plain", json!({"every_seconds": 1}))).await;
    keep_schedules(&world.host);
    eventually("the other starts", async || started(&world, "plain").await.len() >= 2).await;
    assert_eq!(started(&world, "picky").await.len(), 0);
    let rows = world.host.database().schedules(OWNER).await.unwrap();
    let why = rows.iter().find_map(|row| row.error.clone()).unwrap();
    assert!(why.contains("amount"), "{why}");
    assert!(world.host.metrics().unstarted.load(std::sync::atomic::Ordering::Relaxed) >= 1);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_that_looks_for_others_finds_one_that_was_reopened() {
    // Given a workflow that runs once at a time, whose execution was cancelled and taken up again,
    let world = World::new("schedule-overlap").await;
    let mut document = scheduled("alone", json!({"every_seconds": 3600, "missed": "run_once"}));
    document["settings"] = json!({"overlap": "skip_if_active"});
    document["nodes"][2] = json!({"id": "note", "type": "wait", "config": {"event": "never"}});
    world.save(&document).await;
    let first = world.start("alone", json!({})).await;
    control(&*world.host, &first, Control::Cancel).await;
    let world = due(world).await;
    // (a schedule starts beside what has ended)
    eventually("it starts", async || in_status(&world, "waiting").await == 1).await;
    let beside = world.get("/v1/executions?workflow_id=alone&status=waiting").await;
    control(&*world.host, &beside["items"][0]["execution_id"].as_str().unwrap().into(), Control::Cancel).await;
    control(&*world.host, &first, Control::Retry).await;
    // when its time comes again,
    let world = due(world).await;
    // then that start is skipped because of the one that was reopened.
    eventually("it is skipped", async || in_status(&world, "skipped").await == 1).await;
    assert_eq!((in_status(&world, "waiting").await, in_status(&world, "cancelled").await), (1, 1));
    world.end().await;
}

/// The same world after a restart, whose schedules came due while it was down.
async fn due(world: World) -> World {
    let soon = world.host.now().0 - 1_000;
    let world = world.reopened(&format!("UPDATE schedules SET next_at = {soon}")).await;
    local::server::start(&world.host).await.unwrap();
    keep_schedules(&world.host);
    world
}

/// How many executions of the workflow that runs once at a time have a status.
async fn in_status(world: &World, status: &str) -> usize {
    let page = world.get(&format!("/v1/executions?workflow_id=alone&status={status}")).await;
    page["items"].as_array().unwrap().len()
}
