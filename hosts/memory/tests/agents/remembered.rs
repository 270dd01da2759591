//! What agents remember of conversations.

use super::world::{World, agent, says};
use document::time::Time;
use engine::port::Memories as _;
use serde_json::{Value, json};
use stepwell_core::{
    command::Control,
    effect::{Message, Work},
    execution::Status,
};

fn remembers(more: Value) -> Value {
    let mut config = json!({"key": "{{ input.who }}"});
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    agent(json!({"prompt": "I am {{ input.who }}."}), &[json!({"id": "m", "type": "memory", "config": config})])
}

async fn kept(world: &World, key: &str) -> Vec<Value> {
    let found = world.host.recall(&world.state().started.owner, key, 1_000, Time(2_000)).await.unwrap();
    found.iter().flat_map(|one| &one.messages).map(|message| serde_json::to_value(message).unwrap()).collect()
}

#[tokio::test]
async fn what_was_said_is_added_once_and_read_by_the_next_agent_of_the_key() {
    let world = World::ran(&remembers(json!({})), |_, _| says("Hello.")).await;
    world.is(Status::Completed);
    let said = json!([{"role": "user", "content": "I am Ada."}, {"role": "assistant", "content": "Hello."}]);
    assert_eq!(json!(kept(&world, "Ada").await), said);
    // Another of the same key reads it, one of another key does not.
    world.starts("f", json!({"who": "Ada"})).await;
    world.host.handle_due().await;
    let (_, messages) = world.last_asked();
    assert_eq!(json!(messages[..2]), said);
    assert_eq!(messages.len(), 3, "what is remembered, and the question");
    world.starts("g", json!({"who": "Bob"})).await;
    world.host.handle_due().await;
    assert_eq!(world.last_asked().1.len(), 1);
    assert_eq!((kept(&world, "Ada").await.len(), kept(&world, "Bob").await.len()), (4, 2));
    world.holds().await;
}

/// Two agents on one key, of which the second follows the first at once.
fn in_a_row() -> Value {
    let mut document = remembers(json!({}));
    let mut second = document["nodes"][1].clone();
    second["id"] = json!("b");
    document["nodes"].as_array_mut().unwrap().push(second);
    let edges = [json!({"from": "a", "to": "b"}), json!({"from": "m", "to": "b", "connection": "ai_memory"})];
    document["edges"].as_array_mut().unwrap().extend(edges);
    document
}

#[tokio::test]
async fn an_agent_that_follows_at_once_reads_what_was_said_before() {
    let world = World::ran(&in_a_row(), |_, _| says("Hello.")).await;
    world.is(Status::Completed);
    assert_eq!(world.last_asked().1.len(), 3, "what the first one said, and the question");
    assert_eq!(kept(&world, "Ada").await.len(), 4);
    world.holds().await;
}

#[tokio::test]
async fn what_is_added_again_is_there_once_and_a_failed_agent_adds_nothing() {
    let world = World::ran(&remembers(json!({})), |_, _| says("Hello.")).await;
    // An earlier release left it to a message, which may still come.
    let (activation, seq) = (world.state().activation(&"a".into()), world.talk().ended_seq);
    let word = Message { execution: world.id.clone(), work: Work::Remember { activation, seq } };
    world.host.send(word, None);
    world.host.handle_due().await;
    assert_eq!(kept(&world, "Ada").await.len(), 2);
    let world = World::started(&remembers(json!({})), |_, _| says("Hello.")).await;
    world.came.lock().unwrap().fails = Some(stepwell_core::task::Failure::new("invalid_request", "no"));
    world.host.handle_due().await;
    world.is(Status::Failed);
    assert_eq!(kept(&world, "Ada").await.len(), 0);
    // Retried, it reads its memory no second time, and adds what was said.
    world.came.lock().unwrap().fails = None;
    world.control(Control::Retry).await;
    world.host.handle_due().await;
    world.is(Status::Completed);
    assert_eq!(kept(&world, "Ada").await.len(), 2);
}

#[tokio::test]
async fn a_visit_that_is_undone_and_made_again_adds_again_as_another_visit() {
    let world = World::ran(&remembers(json!({})), |_, _| says("Hello.")).await;
    world.back(1).await;
    world.is(Status::Completed);
    assert_eq!(kept(&world, "Ada").await.len(), 4, "each visit that succeeded is in the conversation");
    assert_eq!(world.last_asked().1.len(), 3, "the second visit read what the first one said");
    world.holds().await;
}

#[tokio::test]
async fn a_window_and_a_bound_on_tokens_cut_what_is_read_and_not_what_is_kept() {
    let world = World::ran(&remembers(json!({"window": 3})), |_, _| says("Hello.")).await;
    for id in ["f", "g", "h"] {
        world.starts(id, json!({"who": "Ada"})).await;
        world.host.handle_due().await;
    }
    assert_eq!(world.last_asked().1.len(), 4, "three remembered, and the question");
    assert_eq!(kept(&world, "Ada").await.len(), 8);
    let world = World::ran(&remembers(json!({"max_tokens": 15})), |_, _| says("Hello.")).await;
    world.starts("f", json!({"who": "Ada"})).await;
    world.host.handle_due().await;
    let (_, messages) = world.last_asked();
    assert_eq!(messages.len(), 2, "60 bytes hold the last message alone: {messages:?}");
}

#[tokio::test]
async fn two_agents_on_one_key_are_in_the_order_in_which_they_ended() {
    let wait = json!({"id": "rest", "type": "wait", "config": {"seconds": 30}});
    let mut document = remembers(json!({}));
    document["nodes"].as_array_mut().unwrap().push(wait);
    document["edges"].as_array_mut().unwrap().push(json!({"from": "rest", "to": "a", "connection": "ai_tool"}));
    let world = World::started(&document, |number, call| {
        let slow = json!(call.messages).to_string().contains("slow");
        match number {
            0 if !slow && call.messages.len() == 1 => super::world::calls(&[("rest", json!({}))]),
            _ => says(if slow { "second" } else { "first" }),
        }
    })
    .await;
    world.host.handle_due().await;
    world.is(Status::Waiting);
    // The other begins later and ends before.
    world.starts("f", json!({"who": "Ada", "quick": true})).await;
    world.host.handle_due().await;
    world.after(60.0).await;
    let texts: Vec<Value> = kept(&world, "Ada").await;
    assert_eq!(texts.len(), 4);
    world.is(Status::Completed);
    world.holds().await;
}

#[tokio::test]
async fn a_key_that_is_no_text_fails_the_agent() {
    let mut document = remembers(json!({}));
    document["nodes"][2]["config"]["key"] = json!("{{ input.list }}");
    let world = World::ran(&document, |_, _| says("Hello.")).await;
    world.is(Status::Failed);
    assert!(world.numbers().is_empty());
}
