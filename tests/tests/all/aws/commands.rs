//! Any command at any moment on DynamoDB: what the store in memory keeps, the table keeps too.

use stepwell_tests::{
    aws_world::World,
    model::{BEGIN, InMemory, OnTable, Script, agrees, hold},
};

/// Seeds: so many as DynamoDB Local answers in half a minute.
const SEEDS: u64 = 60;

#[tokio::test(flavor = "multi_thread")]
async fn the_table_keeps_what_memory_keeps() {
    let plays = async |script: &Script| {
        let world = World::new(Some(BEGIN)).await;
        agrees(&mut OnTable::new(&world), &mut InMemory::empty(), script).await
    };
    for seed in Script::seeds(SEEDS) {
        hold(&Script::of(seed), "the table", plays).await;
    }
}
