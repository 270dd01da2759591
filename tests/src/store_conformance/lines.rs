//! Executions that are held back: by a limit, in their order, and by others of their line, of which one after the other is
//! under way.

use super::{command, control, document, kept, start, started};
use document::Workflow;
use engine::port::Host;
use serde_json::json;
use stepwell_core::{
    command::{Command, Control},
    event::{InLine, Started},
    id::ExecutionId,
};

/// Checks every property.
pub async fn run(host: &dyn Host) {
    held_executions_come_in_order(host).await;
    one_of_a_line_is_under_way(host).await;
    places_count_and_not_moments(host).await;
    a_limit_counts_those_of_lines_and_others(host).await;
}

fn at(line: &str, number: u64) -> InLine {
    InLine { line: line.into(), number }
}

/// Starts the execution of a place in a line.
async fn stands(host: &dyn Host, workflow: &Workflow, (line, number): (&str, u64), held: bool) -> ExecutionId {
    let own = started(host, workflow, "lines", json!({}));
    let begin = Started { held, looked_around: true, in_line: Some(at(line, number)), ..own };
    start(host, begin).await.id().clone()
}

async fn held_executions_come_in_order(host: &dyn Host) {
    let mut document = document("held");
    // Hosts may count the executions only of workflows that bound how many run at once.
    document["settings"]["max_concurrency"] = json!(1);
    let workflow = kept(host, &document).await;
    let id = workflow.id.clone();
    assert_eq!(host.admission().held("holder", &id).await.unwrap(), (None, 0));
    start(host, started(host, &workflow, "holder", json!({}))).await;
    let mut held = vec![];
    for _ in 0..2 {
        let begin = Started { held: true, ..started(host, &workflow, "holder", json!({})) };
        held.push(start(host, begin).await.id().clone());
    }
    assert_eq!(host.admission().held("holder", &id).await.unwrap(), (Some(held[0].clone()), 1));
    assert_eq!(host.admission().held("somebody", &id).await.unwrap(), (None, 0));
    command(host, &held[0], Command::Admit).await;
    assert_eq!(host.admission().held("holder", &id).await.unwrap(), (Some(held[1].clone()), 2));
}

async fn one_of_a_line_is_under_way(host: &dyn Host) {
    let workflow = kept(host, &document("lined")).await;
    let id = workflow.id.clone();
    let first = stands(host, &workflow, ("s", 1), false).await;
    let ahead = async |place: InLine| host.admission().ahead("lines", &id, &place).await.unwrap();
    assert_eq!((ahead(at("s", 2)).await, ahead(at("t", 1)).await), (1, 0));
    assert_eq!(host.admission().ahead("somebody", &id, &at("s", 2)).await.unwrap(), 0);
    let second = stands(host, &workflow, ("s", 2), true).await;
    let third = stands(host, &workflow, ("s", 3), true).await;
    stands(host, &workflow, ("t", 1), false).await;
    assert_eq!((ahead(at("s", 4)).await, ahead(at("s", 2)).await), (3, 1));
    let held = async || host.admission().held("lines", &id).await.unwrap();
    assert_eq!(held().await, (None, 2), "the first keeps both back");
    // One that is cancelled while it waits lets nobody pass.
    command(host, &second, control(Control::Cancel)).await;
    host.outbox().let_in("lines", &id).await.unwrap();
    assert_eq!((held().await, ahead(at("s", 4)).await), ((None, 2), 2));
    command(host, &first, control(Control::Cancel)).await;
    assert!(!command(host, &third, Command::Admit).await.held);
    assert_eq!((held().await, ahead(at("s", 4)).await), ((None, 2), 1));
    // One that is reopened stands in line again, behind the one that is under way.
    assert!(command(host, &second, control(Control::Retry)).await.held);
    assert_eq!((held().await, ahead(at("s", 2)).await), ((None, 2), 1));
}

async fn places_count_and_not_moments(host: &dyn Host) {
    let workflow = kept(host, &document("places")).await;
    let id = workflow.id.clone();
    let first = stands(host, &workflow, ("s", 1), false).await;
    stands(host, &workflow, ("s", 3), true).await;
    let second = stands(host, &workflow, ("s", 2), true).await;
    command(host, &first, control(Control::Cancel)).await;
    command(host, &second, Command::Admit).await;
    assert_eq!(host.admission().held("lines", &id).await.unwrap(), (None, 1), "the third still waits");
}

async fn a_limit_counts_those_of_lines_and_others(host: &dyn Host) {
    let mut document = document("lines-and-limit");
    document["settings"]["max_concurrency"] = json!(1);
    let workflow = kept(host, &document).await;
    let id = workflow.id.clone();
    let first = stands(host, &workflow, ("s", 1), false).await;
    stands(host, &workflow, ("s", 2), true).await;
    let own = Started { held: true, looked_around: true, ..started(host, &workflow, "lines", json!({})) };
    let other = start(host, own).await.id().clone();
    let held = async || host.admission().held("lines", &id).await.unwrap();
    // The line holds the second back, and the limit the other: only the end of the first makes room for either.
    assert_eq!(held().await, (Some(other), 1));
    command(host, &first, control(Control::Cancel)).await;
    host.outbox().let_in("lines", &id).await.unwrap();
    let (next, under_way) = held().await;
    // Some hosts count who was let in at once, others when it moves.
    assert!(under_way <= 1 && next.is_some(), "{next:?} {under_way}");
}
