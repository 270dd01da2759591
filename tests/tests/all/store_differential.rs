//! The store in memory and the one in SQLite, given the same random commands, keep the same state and answer the same.

use document::Workflow;
use engine::{
    drive::submit,
    port::{ExecutionFilter, Host, InteractionFilter, Window},
};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use stepwell_core::{
    command::{Asked, Command, Control},
    event::Started,
    execution::{Execution, Phase, Status},
    id::ExecutionId,
    interaction::{Answer, InteractionStatus},
    payload::Payload,
    task::{Failure, Outcome},
};
use stepwell_tests::{rng::Rng, store_conformance::kept};

pub const SEEDS: u64 = 20;
const OPERATIONS: usize = 150;

#[tokio::test(flavor = "multi_thread")]
async fn memory_and_sqlite_agree() {
    for seed in 0..SEEDS {
        let path = std::env::temp_dir().join(format!("stepwell-agree-{seed}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        let nodes = nodes::Nodes::new(nodes::Config::default()).expect("nodes");
        let sqlite = Arc::new(local::Local::open(&path, nodes).expect("the folder opens"));
        let memory = Arc::new(memory::Memory::on_the_clock());
        agree(seed, &*memory, &*sqlite).await;
        sqlite.shutdown(Duration::ZERO).await;
        let _ = std::fs::remove_dir_all(path);
    }
}

pub async fn agree(seed: u64, memory: &dyn Host, sqlite: &dyn Host) {
    let mut rng = Rng::new(seed, 7);
    let workflow = kept(memory, &document()).await;
    kept(sqlite, &document()).await;
    let mut ids: Vec<ExecutionId> = Vec::new();
    for step in 0..OPERATIONS {
        let (id, command) = draw(&mut rng, memory, &workflow, &mut ids).await;
        let mut replies = Vec::new();
        for host in [memory, sqlite] {
            let asked = vec![Asked::by(command.clone(), Some("a@b.c".into()))];
            let done = submit(host, &id, asked).await.expect("the store works").expect("it exists");
            replies.push((done.replies, timeless(&json!(*done.state))));
        }
        assert_eq!(replies[0], replies[1], "seed {seed}, operation {step}: {command:?}");
        if step % 10 == 9 {
            assert_eq!(seen(memory, &ids).await, seen(sqlite, &ids).await, "seed {seed}, operation {step}");
        }
    }
}

fn document() -> Value {
    json!({
        "id": "agree",
        "nodes": [
            { "id": "go", "type": "manual_trigger" },
            { "id": "each", "type": "loop", "config": { "for_each": "[1, 2]" } },
            { "id": "work", "type": "http_request", "config": { "url": "http://x.test" } },
            { "id": "ask", "type": "human", "config": { "kind": "approval", "question": "Go on?", "timeout_seconds": 9 } },
            { "id": "wait", "type": "wait", "config": { "event": "paid", "timeout_seconds": 3600 } },
            { "id": "end", "type": "transform", "config": { "set": { "done": true } } }
        ],
        "edges": [
            { "from": "go", "to": "each" }, { "from": "go", "to": "wait" },
            { "from": "each", "to": "work", "port": "loop" }, { "from": "work", "to": "each" },
            { "from": "each", "to": "ask", "port": "done" }, { "from": "ask", "to": "end", "port": "approved" },
            { "from": "wait", "to": "end" }
        ]
    })
}

/// A command that may or may not fit the state it meets.
async fn draw(
    rng: &mut Rng,
    host: &dyn Host,
    workflow: &Workflow,
    ids: &mut Vec<ExecutionId>,
) -> (ExecutionId, Command) {
    if ids.is_empty() || rng.percent(8) {
        let id = host.new_id();
        let mut started = Started::new(id.clone(), workflow, json!({ "n": ids.len() }), host.now());
        started.owner = (*rng.pick(&["ann", "bob"])).into();
        started.metadata.insert("team".into(), (*rng.pick(&["red", "blue"])).into());
        ids.push(id.clone());
        return (id, Command::Start(Box::new(started)));
    }
    let id = rng.pick(ids).clone();
    let state = host.journal().load(&id).await.expect("the store works").expect("it exists");
    let control = |control| Command::Control { control, reason: None };
    let command = match rng.below(12) {
        0 => control(Control::Pause),
        1 | 2 => control(Control::Resume),
        3 if rng.percent(20) => control(Control::Cancel),
        3 if state.end.is_some() => control(Control::Retry),
        4 => Command::Signal { name: "paid".into(), data: Payload::new(json!({ "at": rng.below(9) })) },
        5 | 6 => answer(rng, &state),
        _ => next(rng, &state),
    };
    (id, command)
}

fn answer(rng: &mut Rng, state: &Execution) -> Command {
    let interaction_id = state.interactions.last().map_or("none".into(), |one| one.interaction_id.clone());
    let approved = rng.percent(90).then_some(true);
    let answer = Answer { by: "a@b.c".into(), approved, ..Answer::default() };
    Command::Answer { interaction_id, answer: Box::new(answer) }
}

/// What a worker would do with one of the nodes that are due, or a report that comes too late.
fn next(rng: &mut Rng, state: &Execution) -> Command {
    let due: Vec<_> = state.nodes.iter().filter(|(_, node)| matches!(node.phase, Phase::Due { .. })).collect();
    let all: Vec<_> = state.nodes.iter().collect();
    let Some((id, node)) = (if due.is_empty() { all.first() } else { Some(rng.pick(&due)) }) else {
        return Command::Timeout;
    };
    let activation = state.activation(id);
    if matches!(id.as_str(), "ask" | "wait" | "each") {
        return Command::Open { activation };
    }
    let outcome = if rng.percent(75) {
        Outcome::Succeeded { port: "success".into(), output: json!({ "n": rng.below(9) }).into() }
    } else {
        Outcome::Unknown(Failure::new("timeout", "too slow").retryable())
    };
    Command::Report { activation, attempt: node.attempt, outcome, duration_ms: Some(1) }
}

/// What lists, histories and states show, but for the clock.
async fn seen(host: &dyn Host, ids: &[ExecutionId]) -> Value {
    let window = Window { limit: 200, cursor: None };
    let mut shown = Vec::new();
    for owner in ["ann", "bob", "eve"] {
        for statuses in
            [vec![], vec![Status::WaitingHuman], vec![Status::Failed, Status::Cancelled], vec![Status::Paused]]
        {
            for metadata in [json!({}), json!({ "team": "red" })] {
                let metadata = metadata.as_object().cloned().unwrap_or_default();
                let filter =
                    ExecutionFilter { owner: owner.into(), statuses: statuses.clone(), metadata, ..Default::default() };
                let page = host.index().executions(&filter, &window).await.expect("the store works");
                assert_eq!(page.items.len() as u64, host.index().count(&filter).await.expect("the store works"));
                let rows: Vec<_> = page.items.iter().map(|head| json!([head.id, head.status])).collect();
                shown.push(json!(rows));
            }
        }
        let [open, answered, late] =
            [InteractionStatus::Pending, InteractionStatus::Answered, InteractionStatus::TimedOut];
        for status in [None, Some(open), Some(answered), Some(late)] {
            let filter = InteractionFilter { owner: owner.into(), status, ..Default::default() };
            let page = host.index().interactions(&filter, &window).await.expect("the store works");
            let mut rows: Vec<String> = page.items.iter().map(|(id, one)| format!("{id} {one}")).collect();
            rows.sort();
            shown.push(json!(rows));
        }
    }
    for id in ids {
        let state = host.journal().load(id).await.expect("the store works");
        let turns = host.journal().turns(id, 0, 1_000).await.expect("the store works");
        let late = host.journal().turns(id, turns.len() as u64 / 2, 3).await.expect("the store works");
        shown.push(timeless(&json!([state.as_deref(), turns, late])));
    }
    json!(shown)
}

/// Without what the clock wrote: the hosts read it one after the other.
fn timeless(value: &Value) -> Value {
    const CLOCK: &[&str] = &[
        "at",
        "activated_at",
        "completed_at",
        "created_at",
        "deadline",
        "decided_at",
        "due_at",
        "extended",
        "finished_at",
        "retry_at",
        "since",
        "started_at",
        "until",
        // Receipts tell times, and each host signs by its own key, or not at all.
        "receipt",
        "seal",
        "updated_at",
        "rested_ms",
    ];
    match value {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(key, _)| !CLOCK.contains(&key.as_str()));
            Value::Object(kept.map(|(key, value)| (key.clone(), timeless(value))).collect())
        }
        Value::Array(items) => items.iter().map(timeless).collect(),
        other => other.clone(),
    }
}

#[test]
fn only_the_clock_is_left_out() {
    let value = json!({ "at": 1, "seq": 2, "nodes": [{ "until": 3, "visit": 4 }] });
    assert_eq!(timeless(&value), json!({ "seq": 2, "nodes": [{ "visit": 4 }] }));
}
