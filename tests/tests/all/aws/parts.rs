//! Lists that are spread over parts: what was written with fewer parts, as by earlier releases, which had one, is found.

use ::aws::Aws;
use document::time::Time;
use engine::port::{ExecutionFilter, Host, InteractionFilter, Window};
use serde_json::json;
use std::collections::BTreeSet;
use stepwell_core::{
    command::{Command, Control},
    execution::Status,
    id::ExecutionId,
    interaction::InteractionStatus,
};
use stepwell_tests::{
    aws_world::World,
    store_conformance::{ask, command, document, kept, start, started},
};

const NOW: Time = Time(1_800_000_000_000);

/// All executions that a filter lets through, page by page.
async fn listed(host: &Aws, filter: &ExecutionFilter) -> Vec<ExecutionId> {
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let page = host.index().executions(filter, &Window { limit: 3, cursor }).await.unwrap();
        assert!(page.items.len() <= 3);
        found.extend(page.items.into_iter().map(|head| head.id));
        match page.next_cursor {
            Some(next) => cursor = Some(next),
            None => return found,
        }
    }
}

fn of(statuses: &[Status]) -> ExecutionFilter {
    ExecutionFilter { owner: "grown".into(), statuses: statuses.to_vec(), ..ExecutionFilter::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_listed_in_one_part_is_listed_where_there_are_more() {
    let world = World::new(Some(NOW)).await;
    // Given executions and questions by a release whose lists had one part, and some of it with four, in turns.
    let (earlier, now) = (world.host_of_parts(true, 1, 1), world.host_of_parts(true, 1, 4));
    let workflow = kept(&earlier, &document("grown")).await;
    let mut newest_first = Vec::new();
    // Which part an execution is in depends on its id: of fewer, all may be in two.
    let all: u32 = 32;
    for n in 0..all {
        world.services.advance(NOW.after_seconds(f64::from(n)));
        let host = if n % 2 == 0 { &earlier } else { &now };
        let id = start(host, started(host, &workflow, "grown", json!({}))).await.id().clone();
        ask(host, &id).await;
        newest_first.insert(0, id);
    }
    // Then lists have all of them, each once and in order, and questions too.
    assert_eq!(listed(&now, &of(&[])).await, newest_first);
    assert_eq!(listed(&now, &of(&[Status::WaitingHuman])).await, newest_first);
    let by_workflow = ExecutionFilter { workflow_id: Some("grown".into()), ..of(&[]) };
    assert_eq!(listed(&now, &by_workflow).await, newest_first);
    assert_eq!(now.index().count(&of(&[])).await.unwrap(), u64::from(all));
    let pending = InteractionFilter {
        owner: "grown".into(),
        status: Some(InteractionStatus::Pending),
        ..InteractionFilter::default()
    };
    let (mut asking, mut cursor) = (Vec::new(), None);
    loop {
        let page = now.index().interactions(&pending, &Window { limit: 4, cursor }).await.unwrap();
        asking.extend(page.items.into_iter().map(|(execution, _)| execution));
        match page.next_cursor {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    let oldest_first: Vec<_> = newest_first.iter().rev().cloned().collect();
    assert_eq!(asking, oldest_first, "the soonest deadline is that of the oldest");
    assert!(parts_of(&world, "e#grown#waiting_human").await.len() > 2, "rows are in several parts");
    // When those of the earlier release end, then each is in its new list alone, whichever part that is.
    for id in newest_first.iter().skip(1).step_by(2) {
        command(&now, id, Command::Control { control: Control::Cancel, reason: None }).await;
    }
    let cancelled: Vec<_> = newest_first.iter().skip(1).step_by(2).cloned().collect();
    assert_eq!(listed(&now, &of(&[Status::Cancelled])).await, cancelled);
    assert_eq!(listed(&now, &of(&[Status::WaitingHuman])).await.len(), all as usize / 2);
    assert_eq!(listed(&now, &of(&[])).await, newest_first);
}

#[tokio::test(flavor = "multi_thread")]
async fn children_of_an_earlier_release_go_with_their_parent() {
    let world = World::new(Some(NOW)).await;
    let (earlier, now) = (world.host_of_parts(true, 1, 1), world.host_of_parts(true, 1, 4));
    let body = json!({"nodes": [{"id": "go", "type": "transform", "config": {"set": {"n": 1}}}], "edges": []});
    let nodes = json!([{"id": "go", "type": "manual_trigger"}, {"id": "m", "type": "map", "config": {"items": "[1, 2, 3, 4, 5]", "body": body}}]);
    let document = json!({"id": "family", "nodes": nodes, "edges": [{"from": "go", "to": "m"}]});
    let workflow = kept(&earlier, &document).await;
    let id = start(&earlier, started(&earlier, &workflow, "grown", json!({}))).await.id().clone();
    // Given children of whom some were begun with one part and some ended with four.
    for round in 0.. {
        let deliveries = world.services.take(2);
        if deliveries.is_empty() {
            break;
        }
        let host = if round < 3 { &earlier } else { &now };
        let verdicts = engine::step::handle(host, &deliveries).await;
        world.services.obey(deliveries.iter().map(|one| one.receipt).zip(verdicts).collect());
    }
    let below = ExecutionFilter { parent: Some(id.clone()), ..of(&[]) };
    assert_eq!(listed(&now, &below).await.len(), 5);
    now.journal().delete(&id).await.unwrap();
    assert!(listed(&now, &below).await.is_empty() && listed(&now, &of(&[])).await.is_empty());
    assert!(parts_of(&world, &format!("c#{id}")).await.is_empty());
}

/// The parts of a list that have rows.
async fn parts_of(world: &World, list: &str) -> BTreeSet<String> {
    let scanned = world.dynamodb().scan().table_name(world.table()).send().await.unwrap();
    let keys = scanned.items().iter().filter_map(|item| item.get("l1")?.as_s().ok());
    keys.filter(|key| *key == list || key.ends_with(&format!("/{list}"))).cloned().collect()
}
