//! A conversation of two hundred answers: what a turn writes does not grow with what was said before it.

use super::world::{World, agent, calls, charges, says};
use serde_json::json;
use stepwell_core::execution::Status;

#[tokio::test]
async fn the_journal_of_two_hundred_answers_grows_by_what_is_said() {
    let config = json!({"max_turns": 200, "max_tool_calls": 1000});
    let world = World::ran(&agent(config, &[charges("pay", json!({}))]), |number, _| match number {
        0..199 => calls(&[("pay", json!({"amount": 1_000 + number, "note": "x".repeat(200)}))]),
        _ => says("done"),
    })
    .await;
    world.is(Status::Completed);
    assert_eq!(world.talk().turns.len(), 200);
    let turns = world.turns().await;
    let bytes: Vec<usize> = turns.iter().map(|turn| serde_json::to_string(turn).unwrap().len()).collect();
    // Every answer makes as many turns. The last turn has the output, which is the whole conversation once.
    let all = &bytes[..bytes.len() - 1];
    let (early, late) = (&all[all.len() / 10..all.len() / 5], &all[all.len() - all.len() / 10..]);
    let mean = |some: &[usize]| some.iter().sum::<usize>() / some.len();
    let (early_mean, late_mean) = (mean(early), mean(late));
    println!(
        "{} turns, {early_mean} bytes each early, {late_mean} late, {} at most",
        turns.len(),
        all.iter().max().unwrap()
    );
    assert!(late_mean < early_mean + early_mean / 10, "{early_mean} bytes a turn early, {late_mean} late");
    let most = |some: &[usize]| some.iter().max().copied().unwrap();
    assert!(most(late) < most(early) + most(early) / 10, "{} {}", most(early), most(late));
    assert_eq!(world.entries().len(), 199);
    assert_eq!(world.numbers(), (0..200).collect::<Vec<_>>());
}
