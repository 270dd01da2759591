//! What a stack makes of the quotas of AWS, by simulation: the real handlers over DynamoDB Local, with a clock that the test
//! moves and token buckets for what DynamoDB takes. All rates are a hundredth of AWS's, so that a run takes seconds.

use ::aws::Aws;
use document::time::Time;
use engine::{
    drive::submit,
    port::{ExecutionFilter, Host, Verdict},
};
use futures::{StreamExt, stream};
use serde_json::json;
use stepwell_core::{command::Command, event::Started, execution::Status};
use stepwell_tests::{
    aws_world::{Quotas, World},
    store_conformance::{kept, started},
};

const NOW: Time = Time(1_800_000_000_000);
/// A hundredth of what DynamoDB gives: 1,000 write units a second for a partition, 40,000 for a table.
const QUOTAS: Quotas = Quotas { partition: 10.0, table: 400.0 };
/// More than any run of this test needs.
const PLENTY: Quotas = Quotas { partition: 1e6, table: 1e6 };
/// Seconds for which a batch of ten messages keeps one of the invocations that run at once.
const BATCH_SECONDS: f64 = 0.25;
/// Seconds after which a caller whose start was refused tries again.
const AGAIN: usize = 4;

/// What is asked of a stack, and what it has.
struct Load {
    /// Executions started each second, for `SECONDS`.
    offered: usize,
    parts: usize,
    quotas: Quotas,
    /// Invocations of `step` at once.
    concurrency: usize,
}

const SECONDS: usize = 3;

/// What came of it.
#[derive(Debug)]
struct Outcome {
    /// Executions that ended each second, from the first start until four fifths had ended. The last ones wait for a while
    /// after each refusal, and tell nothing of what goes through.
    each_second: f64,
    throttled: u64,
    /// How often the message that was handed out most often was.
    deliveries: u32,
}

/// Tries a start. Whether it succeeded: a caller that was refused comes again with the same key.
async fn begins(api: &Aws, start: &Started) -> bool {
    submit(api, &start.execution_id, Command::Start(Box::new(start.clone()))).await.is_ok()
}

/// Handles one batch as Lambda does, with what it does of messages that come again: four times as long with each failure.
/// Returns how often one of them was handed out at most, and how many were acknowledged.
async fn batch(world: &World, step: &Aws) -> Option<(u32, usize)> {
    let deliveries = world.services.take(10);
    let most = deliveries.iter().map(|one| one.deliveries).max()?;
    let verdicts = engine::step::handle(step, &deliveries).await;
    let longer = |(delivery, verdict): (&engine::port::Delivery, Verdict)| {
        let verdict = match verdict {
            Verdict::Return { after_seconds, why } => {
                let after_seconds = after_seconds * 4f64.powi(delivery.deliveries as i32 - 1);
                Verdict::Return { after_seconds, why }
            }
            Verdict::Acknowledge => Verdict::Acknowledge,
        };
        (delivery.receipt, verdict)
    };
    let done = verdicts.iter().filter(|verdict| **verdict == Verdict::Acknowledge).count();
    world.services.obey(deliveries.iter().zip(verdicts).map(longer).collect());
    Some((most, done))
}

async fn run(load: &Load) -> Outcome {
    let world = World::new(Some(NOW)).await;
    let api = world.host_of_parts(false, 1, load.parts);
    let step = world.host_of_parts(true, 1, load.parts);
    let set = |id: &str| json!({"id": id, "type": "transform", "config": {"set": {"n": 1}}});
    let document = json!({"id": "busy", "nodes": [{"id": "go", "type": "manual_trigger"}, set("a"), set("b")],
        "edges": [{"from": "go", "to": "a"}, {"from": "a", "to": "b"}]});
    let workflow = kept(&api, &document).await;
    world.limit(load.quotas);
    let total = load.offered * SECONDS;
    let mut starts: Vec<Started> = (0..total).map(|_| started(&api, &workflow, "one", json!({}))).collect();
    let (mut waiting, mut most): (Vec<(usize, Started)>, _) = (Vec::new(), 0);
    let (mut done, mut most_ended) = (0, None);
    let mut tick = 0;
    loop {
        let arrived = ((tick + 1) as f64 * BATCH_SECONDS * load.offered as f64) as usize;
        let left = total.saturating_sub(arrived);
        waiting.extend(starts.split_off(left.min(starts.len())).into_iter().map(|start| (tick, start)));
        let (due, later): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|(at, _)| *at <= tick);
        let tried = due.into_iter().map(|(_, start)| {
            let api = &api;
            async move { if begins(api, &start).await { None } else { Some((tick + AGAIN, start)) } }
        });
        let tried: Vec<_> = tried.collect();
        waiting = later;
        waiting
            .extend(stream::iter(tried).buffer_unordered(8).filter_map(std::future::ready).collect::<Vec<_>>().await);
        let batches: Vec<_> = (0..load.concurrency).map(|_| batch(&world, &step)).collect();
        let handled: Vec<_> = stream::iter(batches).buffer_unordered(8).collect().await;
        tick += 1;
        for (deliveries, acknowledged) in handled.into_iter().flatten() {
            most = most.max(deliveries);
            done += acknowledged;
        }
        // Each has two messages.
        if done * 5 >= 2 * total * 4 {
            most_ended.get_or_insert(tick);
        }
        world.services.advance(NOW.after_seconds(tick as f64 * BATCH_SECONDS));
        if waiting.is_empty() && starts.is_empty() && world.services.next_visible().is_none() {
            break;
        }
        assert!(tick < 4_000, "{} starts wait, of {total}", waiting.len() + starts.len());
    }
    let throttled = world.wire.throttled();
    world.limit(PLENTY);
    let ended =
        ExecutionFilter { owner: "one".into(), statuses: vec![Status::Completed], ..ExecutionFilter::default() };
    assert_eq!(step.index().count(&ended).await.unwrap(), total as u64, "every one has ended, and lists say so");
    let seconds = most_ended.unwrap_or(tick) as f64 * BATCH_SECONDS;
    Outcome { each_second: 0.8 * total as f64 / seconds, throttled, deliveries: most }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_owner_starts_more_a_second_with_more_parts_of_lists() {
    let run = async |parts: usize| {
        let outcome = run(&Load { offered: 40, parts, quotas: QUOTAS, concurrency: 40 }).await;
        println!("{parts} parts: {outcome:?}");
        outcome
    };
    let (one, four, sixteen) = (run(1).await, run(4).await, run(16).await);
    // An execution writes two units to its owner's list of those that run, and two to its workflow's: ten a second make 5.
    assert!(one.throttled > 0 && (3.0..7.0).contains(&one.each_second), "the list is what bounds it: {one:?}");
    assert!(four.each_second > 2.2 * one.each_second, "{four:?} {one:?}");
    assert!(sixteen.each_second > 1.2 * four.each_second, "{sixteen:?} {four:?}");
    let most = [&one, &four, &sixteen].map(|outcome| outcome.deliveries);
    assert!(most.iter().all(|deliveries| *deliveries <= 5), "none becomes a dead letter: {most:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn beyond_the_quotas_a_stack_does_as_much_as_at_them() {
    let mut before = 0.0;
    for offered in [15, 45, 90] {
        let outcome = run(&Load { offered, parts: 4, quotas: QUOTAS, concurrency: 40 }).await;
        println!("{offered} a second offered: {outcome:?}");
        assert!(outcome.each_second > 0.75 * before, "{outcome:?} where it was {before} a second");
        assert!(outcome.deliveries <= 5, "none becomes a dead letter: {outcome:?}");
        before = outcome.each_second.max(before);
    }
    assert!(before > 9.0, "{before}");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_invocations_at_once_do_more() {
    let run = async |concurrency: usize| {
        let outcome = run(&Load { offered: 60, parts: 4, quotas: PLENTY, concurrency }).await;
        println!("{concurrency} at once: {outcome:?}");
        outcome.each_second
    };
    let (one, four) = (run(1).await, run(4).await);
    assert!(four > 2.0 * one, "{four} {one}");
}
