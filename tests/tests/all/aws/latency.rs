//! Where the time of a hop goes, from one step of a chain to the next, with the real program of `step` on the emulators: the
//! numbers are theirs and are printed, what is checked is how often the queue is waited for. `docs/aws.md` has both, and
//! the arithmetic for AWS.

use engine::port::Host;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use stepwell_core::execution::Status;
use stepwell_tests::cloud::Cloud;

/// Steps of the chain.
const STEPS: usize = 10;
/// Chains that are timed; the first one finds a new process.
const CHAINS: usize = 5;

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
}

/// Runs one chain, until it has completed.
async fn run(cloud: &mut Cloud) -> Timed {
    let (_, started) = cloud.request("POST", "/v1/executions", Some(&json!({"workflow": chain()}))).await;
    let id = started["execution_id"].as_str().unwrap_or_else(|| panic!("{started}")).into();
    let mut timed = Timed::default();
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
    timed
}

/// Milliseconds of one step of a chain.
fn each(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0 / STEPS as f64
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_waits_for_its_queue_once_where_steps_go_ahead() {
    for (name, inline, batches) in [("latency-queue", "false", STEPS), ("latency-inline", "true", 1)] {
        let mut cloud = Cloud::new(name).await;
        cloud.set("CONTINUE_INLINE", inline);
        cloud.set("STEPWELL_FUNCTION_SECONDS", "60");
        for number in 0..CHAINS {
            let Timed { batches: took, receiving, invoked, deleting } = run(&mut cloud).await;
            println!(
                "CONTINUE_INLINE={inline}, chain {number}: {took} batches; of a step {:.1} ms to receive, {:.1} ms of the \
                 function, {:.1} ms to delete",
                each(receiving),
                each(invoked),
                each(deleting)
            );
            assert_eq!(took, batches, "each batch is one wait for the queue");
        }
    }
}
