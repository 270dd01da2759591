//! An execution that failed in a node with children, and is retried: the children go on where they were.

use super::{
    ledger::{World, chain, charge},
    patches::patched,
};
use engine::{port::Journal as _, step};
use serde_json::{Value, json};
use stepwell_core::{
    command::{Command, Control},
    effect::Work,
    event::Event,
    execution::Status,
    id::{Activation, child_id},
    interaction::Answer,
    rollback::Rollback,
};

/// A `map` whose children charge `/p/ITEM` and then `/q/ITEM`.
fn each(at_once: u32, more: Value) -> Value {
    let pay = |name: &str| {
        json!({"id": name, "type": "http_request", "retry": {"max_attempts": 1},
            "config": {"url": format!("https://ledger.example/{name}/{{{{ item }}}}")},
            "compensate": {"type": "http_request", "config": {
                "url": format!("https://ledger.example/undo/{name}/{{{{ item }}}}")}}})
    };
    let mut node = json!({"id": "each", "type": "map", "config": {"items": "['v', 'w', 'x', 'y', 'z']",
        "max_concurrency": at_once, "body": {"nodes": [pay("p"), pay("q")], "edges": [{"from": "p", "to": "q"}]}}});
    let config = node["config"].as_object_mut().unwrap();
    config.extend(more.as_object().cloned().unwrap());
    node
}

fn activation() -> Activation {
    Activation { epoch: 0, node: "each".into(), visit: 1 }
}

/// How often each of the first children was retried.
async fn retried(world: &World, count: u32) -> Vec<u32> {
    let of = |index| world.host.state(&child_id(&world.id, &activation(), 1, index)).map_or(0, |child| child.retried);
    (0..count).map(of).collect()
}

fn times(world: &World, path: &str) -> usize {
    world.entries().iter().filter(|entry| *entry == path).count()
}

async fn paid_once(world: &World) {
    world.is(Status::Completed);
    for item in ["v", "w", "x", "y", "z"] {
        let paid = (times(world, &format!("/p/{item}")), times(world, &format!("/q/{item}")));
        assert_eq!(paid, (1, 1), "{item}: {:?}", world.entries());
    }
    let output = world.state().output.clone().unwrap();
    let bodies: Vec<String> =
        output.value().unwrap().as_array().unwrap().iter().map(|one| one["body"]["id"].to_string()).collect();
    assert_eq!(bodies, ["v", "w", "x", "y", "z"].map(|item| format!("\"id/q/{item}\"")));
    world.holds().await;
}

#[tokio::test]
async fn what_children_did_is_not_done_again() {
    for at_once in [1, 2, 5] {
        let world = World::started(&chain("again", &[each(at_once, json!({}))])).await;
        // Given a map that failed with its third child, while others had completed, ran, or had not begun,
        world.fails("/q/x", "no");
        world.host.handle_due().await;
        world.is(Status::Failed);
        // when it is retried once the cause is gone,
        world.works("/q/x");
        world.control(Control::Retry).await.unwrap();
        // then the child goes on with what failed, and nobody does anything twice.
        paid_once(&world).await;
        // All of it is undone once.
        world.back(Rollback::to(1)).await.unwrap();
        let undone = world.entries().into_iter().filter(|entry| entry.starts_with("/undo")).count();
        assert_eq!(undone, 10, "{:?}", world.entries());
        world.holds().await;
    }
}

#[tokio::test]
async fn it_fails_again_as_often_as_the_cause_stays() {
    let world = World::started(&chain("stays", &[each(1, json!({}))])).await;
    world.fails("/q/w", "no");
    world.host.handle_due().await;
    for times in 1..=3 {
        world.control(Control::Retry).await.unwrap();
        world.is(Status::Failed);
        assert_eq!(retried(&world, 3).await, [0, times, 0], "it was asked again, and the others were not");
        assert_eq!(world.state().error.as_ref().map(|error| error.code.as_str()), Some("map_failed"));
    }
    world.works("/q/w");
    world.control(Control::Retry).await.unwrap();
    paid_once(&world).await;
}

#[tokio::test]
async fn children_that_had_not_begun_are_tried_as_often_as_the_node_says() {
    let world = World::started(&chain("later", &[each(1, json!({}))])).await;
    world.fails("/p/v", "no");
    world.fails("/p/y", "no");
    world.host.handle_due().await;
    world.works("/p/v");
    world.control(Control::Retry).await.unwrap();
    world.is(Status::Failed);
    assert_eq!(retried(&world, 5).await, [1, 0, 0, 0, 0], "the fourth began with the retry, and failed once");
    world.works("/p/y");
    world.control(Control::Retry).await.unwrap();
    assert_eq!(retried(&world, 5).await, [1, 0, 0, 1, 0]);
    paid_once(&world).await;
}

#[tokio::test]
async fn failures_that_were_tolerated_are_taken_up_too_and_no_more_run_at_once_than_may() {
    let world = World::started(&chain("most", &[each(2, json!({"tolerated_failures": 2}))])).await;
    for item in ["v", "x", "y"] {
        world.fails(&format!("/p/{item}"), "no");
    }
    world.host.handle_due().await;
    world.is(Status::Failed);
    ["v", "x", "y"].iter().for_each(|item| world.works(&format!("/p/{item}")));
    // Two of the five may run at once, also of those that are taken up.
    let command = Command::Control { control: Control::Retry, reason: None };
    engine::drive::submit(&world.host, &world.id, command).await.unwrap();
    while let Some(delivery) = world.host.take() {
        step::handle(&world.host, std::slice::from_ref(&delivery)).await;
        world.host.ack(delivery.receipt);
        let below = world.host.all().into_iter().filter(|one| one.started.parent.is_some());
        let living = below.filter(|one| one.end.is_none()).count();
        assert!(living <= 2, "{living} run at once");
    }
    paid_once(&world).await;
}

#[tokio::test]
async fn the_word_of_an_end_from_before_counts_no_more() {
    let world = World::started(&chain("word", &[each(5, json!({}))])).await;
    world.fails("/p/x", "no");
    // Given the words of children that failed, of which copies are kept,
    let mut words = Vec::new();
    while let Some(delivery) = world.host.take() {
        step::handle(&world.host, std::slice::from_ref(&delivery)).await;
        if matches!(delivery.message.work, Work::ChildEnded { error: Some(_), .. }) {
            words.push(delivery.clone());
        }
        world.host.ack(delivery.receipt);
    }
    world.is(Status::Failed);
    assert!(!words.is_empty());
    world.works("/p/x");
    // when they come again at every moment of the retry,
    let command = Command::Control { control: Control::Retry, reason: None };
    engine::drive::submit(&world.host, &world.id, command).await.unwrap();
    for handled in 0.. {
        // Each copy that comes has the child told once more to go on.
        for word in words.iter().filter(|_| handled < 20) {
            step::handle(&world.host, std::slice::from_ref(word)).await;
        }
        let Some(delivery) = world.host.take() else { break };
        step::handle(&world.host, std::slice::from_ref(&delivery)).await;
        world.host.ack(delivery.receipt);
    }
    // then the node does not fail with them.
    paid_once(&world).await;
}

#[tokio::test]
async fn a_cancel_while_they_are_taken_up_carries_down_and_another_retry_goes_on() {
    let world = World::started(&chain("cancel", &[each(1, json!({"tolerated_failures": 2}))])).await;
    for item in ["v", "w", "x"] {
        world.fails(&format!("/q/{item}"), "no");
    }
    world.host.handle_due().await;
    world.is(Status::Failed);
    ["v", "w", "x"].iter().for_each(|item| world.works(&format!("/q/{item}")));
    for handled in 0..12 {
        let retry = Command::Control { control: Control::Retry, reason: None };
        engine::drive::submit(&world.host, &world.id, retry).await.unwrap();
        for _ in 0..handled {
            let Some(delivery) = world.host.take() else { break };
            step::handle(&world.host, std::slice::from_ref(&delivery)).await;
            world.host.ack(delivery.receipt);
        }
        if world.state().end.is_some() {
            break;
        }
        world.control(Control::Cancel).await.unwrap();
        world.is(Status::Cancelled);
        let below = world.host.all().into_iter().filter(|one| one.started.parent.is_some());
        assert_eq!(below.filter(|one| one.end.is_none()).count(), 0, "after {handled} messages");
    }
    if world.state().status() != Status::Completed {
        world.control(Control::Retry).await.unwrap();
    }
    paid_once(&world).await;
}

#[tokio::test]
async fn a_patched_body_counts_for_children_that_start_anew() {
    let world = World::started(&chain("repair", &[each(1, json!({}))])).await;
    world.fails("/q/v", "no");
    world.host.handle_due().await;
    world.is(Status::Failed);
    let body = |path: &str| format!("/nodes/1/config/body/nodes/1/config/{path}");
    let operations =
        json!([{"op": "replace", "path": body("url"), "value": "https://ledger.example/other/{{ item }}"}]);
    patched(&world, operations, false).await.unwrap();
    world.control(Control::Retry).await.unwrap();
    world.is(Status::Completed);
    assert_eq!(times(&world, "/other/v"), 1);
    assert_eq!(times(&world, "/p/v"), 2, "its children are others, which do all that the new body says");
    world.holds().await;
}

#[tokio::test]
async fn children_of_children_go_on_too_and_a_node_after_it_runs_once() {
    let inner = json!({"id": "inner", "type": "map", "config": {"items": "[item + '1', item + '2']", "max_concurrency": 1,
        "body": {"nodes": [{"id": "deep", "type": "http_request", "retry": {"max_attempts": 1},
            "config": {"url": "https://ledger.example/deep/{{ item }}"}}], "edges": []}}});
    let outer = json!({"id": "outer", "type": "map", "config": {"items": "['a', 'b']", "max_concurrency": 1,
        "body": {"nodes": [inner], "edges": []}}});
    let world = World::started(&chain("deep", &[charge("first"), outer, charge("last")])).await;
    world.fails("/deep/b1", "no");
    world.host.handle_due().await;
    world.is(Status::Failed);
    world.works("/deep/b1");
    world.control(Control::Retry).await.unwrap();
    world.is(Status::Completed);
    assert_eq!(world.entries(), ["/first", "/deep/a1", "/deep/a2", "/deep/b1", "/deep/b2", "/last"].map(String::from));
    world.holds().await;
    let turns = world.host.turns(&world.id, 0, 1_000).await.unwrap();
    let planned = |event: &Event| matches!(event, Event::ChildrenPlanned(_));
    assert_eq!(turns.iter().flat_map(|turn| &turn.events).filter(|event| planned(event)).count(), 1);
}

#[tokio::test]
async fn what_people_gave_up_goes_on_with_its_children_too() {
    let mut node = each(1, json!({}));
    node["on_error"] = json!("ask_human");
    let world = World::started(&chain("abort", &[node])).await;
    world.fails("/q/w", "no");
    world.host.handle_due().await;
    world.is(Status::WaitingHuman);
    for _ in 0..2 {
        let asked = world.state().open_interactions().next().unwrap().interaction_id.clone();
        let abort = Answer { by: "ada@example.com".into(), option: Some("abort".into()), ..Answer::default() };
        world.ask(Command::Answer { interaction_id: asked, answer: Box::new(abort) }).await.unwrap();
        world.is(Status::Failed);
        // While the cause stays, people are asked again.
        world.control(Control::Retry).await.unwrap();
        world.is(Status::WaitingHuman);
    }
    let asked = world.state().open_interactions().next().unwrap().interaction_id.clone();
    let abort = Answer { by: "ada@example.com".into(), option: Some("abort".into()), ..Answer::default() };
    world.ask(Command::Answer { interaction_id: asked, answer: Box::new(abort) }).await.unwrap();
    world.works("/q/w");
    world.control(Control::Retry).await.unwrap();
    paid_once(&world).await;
}

#[tokio::test]
async fn what_certainly_never_happened_is_not_undone_though_people_went_on_without_it() {
    for (how, undone) in [("no", vec!["/undo/id/a"]), ("lost", vec!["/undo/id/b", "/undo/id/a"])] {
        let mut node = charge("b");
        node["on_error"] = json!("ask_human");
        let world = World::started(&chain("skips", &[charge("a"), node])).await;
        world.fails("/b", how);
        world.host.handle_due().await;
        world.is(Status::WaitingHuman);
        let asked = world.state().open_interactions().next().unwrap().interaction_id.clone();
        let data = Some(json!({"body": {"id": "id/b"}}));
        let skip = Answer { by: "ada@example.com".into(), option: Some("skip".into()), data, ..Answer::default() };
        world.ask(Command::Answer { interaction_id: asked, answer: Box::new(skip) }).await.unwrap();
        world.is(Status::Completed);
        assert_eq!(world.would_undo(&Rollback::to(1)).await, undone, "{how}");
        world.works("/b");
        world.back(Rollback::to(1)).await.unwrap();
        let entries = world.entries();
        let refunds: Vec<_> = entries.iter().filter(|entry| entry.starts_with("/undo")).collect();
        assert_eq!(refunds, undone, "{how}");
    }
}

#[tokio::test]
async fn a_loop_goes_on_in_the_iteration_that_it_could_not_begin() {
    let looped = json!({"id": "lo", "type": "loop", "config": {"while": "loop.iteration < 5", "max_iterations": 3}});
    let mut document = chain("loops", &[looped, charge("after")]);
    let mut pay = charge("c");
    pay["config"]["url"] = json!("https://ledger.example/c{{ loop.iteration }}");
    document["nodes"].as_array_mut().unwrap().push(pay);
    let edges = document["edges"].as_array_mut().unwrap();
    edges[1]["port"] = json!("done");
    edges.extend([json!({"from": "lo", "to": "c", "port": "loop"}), json!({"from": "c", "to": "lo"})]);
    let world = World::ran(&document).await;
    world.is(Status::Failed);
    // While the cause stays nothing is done again.
    world.control(Control::Retry).await.unwrap();
    world.is(Status::Failed);
    let raised = json!([{"op": "replace", "path": "/nodes/1/config/max_iterations", "value": 9}]);
    patched(&world, raised, false).await.unwrap();
    world.control(Control::Retry).await.unwrap();
    world.is(Status::Completed);
    assert_eq!(world.entries(), ["/c0", "/c1", "/c2", "/c3", "/c4", "/after"].map(String::from));
    world.holds().await;
    // A loop whose list is wrong was not entered, and is once the list is right.
    let mut document = document.clone();
    document["id"] = json!("lists");
    document["nodes"][1]["config"] = json!({"for_each": "7"});
    let world = World::ran(&document).await;
    world.is(Status::Failed);
    patched(&world, json!([{"op": "replace", "path": "/nodes/1/config/for_each", "value": "[1, 2]"}]), false)
        .await
        .unwrap();
    world.control(Control::Retry).await.unwrap();
    world.is(Status::Completed);
    assert_eq!(world.entries(), ["/c0", "/c1", "/after"].map(String::from));
    world.holds().await;
}
