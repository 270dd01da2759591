//! Tools of a server of the Model Context Protocol: which of them a model gets to know, and by what name they are called.

use super::world::{World, agent, calls, says};
use serde_json::{Value, json};
use stepwell_core::execution::{CallStatus, Status};

/// Which tools the model was offered in its first call.
async fn offered(config: Value, name: &'static str) -> (World, Vec<String>) {
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let mut server = json!({"id": "shop", "type": "mcp", "config": {"url": "https://mcp.example/"}});
    server["config"].as_object_mut().unwrap().extend(config.as_object().unwrap().clone());
    let offered = seen.clone();
    let world = World::ran(&agent(json!({}), &[server]), move |number, call| {
        *offered.lock().unwrap() = call.tools.iter().map(|tool| tool.name.clone()).collect();
        match number {
            0 => calls(&[(name, json!({"q": "wells"}))]),
            _ => says("done"),
        }
    })
    .await;
    world.is(Status::Completed);
    let names = seen.lock().unwrap().clone();
    (world, names)
}

fn status(world: &World) -> CallStatus {
    world.talk().turns[0].ended[&0].status
}

#[tokio::test]
async fn a_servers_tool_is_called_by_its_own_name_and_its_node_is_none() {
    let (world, names) = offered(json!({}), "search").await;
    assert_eq!(names, ["search", "drop"]);
    assert_eq!(world.told(), [r#"{"called":"search","with":{"q":"wells"}}"#]);
    let (world, _) = offered(json!({}), "shop").await;
    assert_eq!(status(&world), CallStatus::Refused, "the node stands for its tools, and is no tool itself");
}

#[tokio::test]
async fn only_the_tools_that_a_node_names_are_offered_and_run() {
    let (world, names) = offered(json!({"tools": ["search"]}), "drop").await;
    assert_eq!((names, status(&world)), (vec!["search".to_owned()], CallStatus::Refused));
    assert!(world.told()[0].contains("there is no tool drop"), "{:?}", world.told());
}
