//! Where the time of a hop goes, from one step of a chain to the next, with the real program of `step` on the emulators: the
//! numbers are theirs and are printed, what is checked is how often the queue is waited for and what is called. `docs/aws.md`
//! has both, and the arithmetic for AWS.

use engine::port::Host;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};
use stepwell_core::execution::Status;
use stepwell_tests::cloud::{Cloud, Recorder, Took};

/// Steps of the chain.
const STEPS: usize = 10;
/// Chains that are timed, behind a first one that finds a new process.
const CHAINS: usize = 5;
/// The calls that a hop is made of, as the table names them.
const CALLS: [(&str, &str); 3] = [
    ("dynamodb:Query", "loading the state"),
    ("dynamodb:PutItem", "the turn"),
    ("sqs:SendMessage", "the next message"),
];

fn chain() -> Value {
    let step = |n: usize| json!({"id": format!("step-{n}"), "type": "transform", "config": {"set": {"n": n}}});
    let nodes: Vec<Value> =
        std::iter::once(json!({"id": "go", "type": "manual_trigger"})).chain((1..=STEPS).map(step)).collect();
    let edges: Vec<Value> = nodes.windows(2).map(|two| json!({"from": two[0]["id"], "to": two[1]["id"]})).collect();
    json!({"id": "chain", "nodes": nodes, "edges": edges})
}

/// The time of a chain from its first message to its end.
#[derive(Debug, Default)]
struct Timed {
    batches: usize,
    receiving: Duration,
    invoked: Duration,
    deleting: Duration,
    /// What the function called meanwhile.
    calls: BTreeMap<String, Took>,
}

impl Timed {
    /// Milliseconds of one hop, by what they went to.
    fn hop(&self) -> Vec<(&'static str, f64)> {
        let each = |time: Duration| time.as_secs_f64() * 1_000.0 / STEPS as f64;
        let of = |action: &str| self.calls.get(action).map_or(Duration::ZERO, |took| took.time);
        let all: Duration = self.calls.values().map(|took| took.time).sum();
        let named: Duration = CALLS.iter().map(|(action, _)| of(action)).sum();
        let mut hop = vec![("receiving the message", each(self.receiving))];
        hop.extend(CALLS.map(|(action, name)| (name, each(of(action)))));
        hop.push(("heads and what else is called", each(all - named)));
        hop.push(("the node, the rules, the runtime", each(self.invoked.saturating_sub(all))));
        hop.push(("deleting the message", each(self.deleting)));
        hop.push(("in all", each(self.receiving + self.invoked + self.deleting)));
        hop
    }
}

/// Runs one chain, until it has completed.
async fn run(cloud: &mut Cloud, recorder: &Recorder) -> Timed {
    let (_, started) = cloud.request("POST", "/v1/executions", Some(&json!({"workflow": chain()}))).await;
    let id = started["execution_id"].as_str().unwrap_or_else(|| panic!("{started}")).into();
    let mut timed = Timed::default();
    recorder.took("step");
    while cloud.world.host(true, 3).journal().load(&id).await.unwrap().unwrap().status() != Status::Completed {
        let began = Instant::now();
        let Some(batch) = cloud.steps.receive().await else { continue };
        timed.receiving += began.elapsed();
        let began = Instant::now();
        let answer = cloud.invoke("step", &batch.event).await;
        timed.invoked += began.elapsed();
        let began = Instant::now();
        cloud.steps.settle(&batch, answer).await;
        timed.deleting += began.elapsed();
        timed.batches += 1;
    }
    timed.calls = recorder.took("step");
    timed
}

/// Of each part of a hop the median over all chains.
fn medians(hops: &[Vec<(&'static str, f64)>]) -> Vec<(&'static str, f64)> {
    let part = |at: usize| {
        let mut all: Vec<f64> = hops.iter().map(|hop| hop[at].1).collect();
        all.sort_by(f64::total_cmp);
        (hops[0][at].0, all[all.len() / 2])
    };
    (0..hops[0].len()).map(part).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_waits_for_its_queue_once_where_steps_go_ahead() {
    let mut columns = Vec::new();
    for (name, inline, batches) in [("latency-queue", "false", STEPS), ("latency-inline", "true", 1)] {
        let recorder = Recorder::default();
        let mut cloud = Cloud::recorded(name, Some(recorder.clone())).await;
        cloud.set("CONTINUE_INLINE", inline);
        cloud.set("STEPWELL_FUNCTION_SECONDS", "60");
        run(&mut cloud, &recorder).await;
        let mut hops = Vec::new();
        for _ in 0..CHAINS {
            let timed = run(&mut cloud, &recorder).await;
            let calls = |action: &str| timed.calls.get(action).map_or(0, |took| took.calls as usize);
            assert_eq!(timed.batches, batches, "each batch is one wait for the queue");
            assert_eq!(calls("dynamodb:Query"), batches, "a state is loaded once for each batch: {:?}", timed.calls);
            hops.push(timed.hop());
        }
        columns.push(medians(&hops));
    }
    println!("| milliseconds of a hop | by its message | at once |\n|---|---|---|");
    for ((part, by_message), (_, at_once)) in columns[0].iter().zip(&columns[1]) {
        println!("| {part} | {by_message:.1} | {at_once:.1} |");
    }
}
