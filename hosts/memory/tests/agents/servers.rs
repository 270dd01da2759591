//! Tools of a server of the Model Context Protocol: which of them a model gets to know, and by what name they are called.

use super::world::{World, agent, calls, says};
use serde_json::{Value, json};
use stepwell_core::{
    execution::{CallStatus, Status},
    interaction::Answer,
};

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

/// An agent whose server takes an `amount` of at most 900, after its model called `name` with each of the arguments.
async fn strict(tool: Value, name: &'static str, all: &[Value]) -> World {
    let server = json!({"id": "shop", "type": "mcp", "config": {"url": "https://mcp.example/strict"}, "tool": tool});
    let all: Vec<(&str, Value)> = all.iter().map(|one| (name, one.clone())).collect();
    let first = calls(&all);
    World::ran(&agent(json!({}), &[server]), move |number, _| if number == 0 { first.clone() } else { says("done") })
        .await
}

#[tokio::test]
async fn what_a_servers_tool_does_not_take_never_reaches_it_and_the_model_is_told_every_violation() {
    let world =
        strict(json!({}), "pay", &[json!({"amount": "much", "to": "ada"}), json!({}), json!({"amount": 5})]).await;
    world.is(Status::Completed);
    let told = world.told();
    assert!(told[0].starts_with("The call was not run: the arguments do not fit: "), "{told:?}");
    assert!(told[0].contains("/amount: ") && told[0].contains("to"), "{told:?}");
    assert!(told[1].contains("amount"), "{told:?}");
    assert_eq!(told[2], r#"{"called":"pay","with":{"amount":5}}"#);
    assert_eq!(world.host.all().len(), 2, "the agent's execution, and the one call that fits");
    // A schema that cannot be read here is the server's own matter.
    let world = strict(json!({}), "odd", &[json!({"any": 1})]).await;
    assert_eq!(world.told(), [r#"{"called":"odd","with":{"any":1}}"#]);
    world.holds().await;
}

#[tokio::test]
async fn a_person_is_asked_about_the_tool_of_a_server_by_its_name_and_its_arguments() {
    let over = json!({"require_approval": "args.amount > 100"});
    let yes = || Answer { approved: Some(true), ..Answer::default() };
    let asked = || async {
        let world = strict(over.clone(), "files_pay_", &[json!({"amount": 500})]).await;
        world.is(Status::WaitingHuman);
        world
    };
    let world = asked().await;
    let (_, one) = world.question();
    assert_eq!(one.question, "May the agent call files_pay_?");
    let shown = one.authorization.unwrap();
    assert_eq!((shown.tool, shown.arguments), (json!("files_pay_"), json!({"amount": 500})));
    assert!(world.answers(Answer { arguments: Some(json!({"amount": 901})), ..yes() }).await.is_err());
    world.answers(Answer { arguments: Some(json!({"amount": 7})), ..yes() }).await.unwrap();
    world.is(Status::Completed);
    assert!(world.told()[0].ends_with(r#"{"called":"files.pay!","with":{"amount":7}}"#), "{:?}", world.told());
    let edited = world.talk().turns[0].ended[&0].arguments.clone().expect("that they were changed is recorded");
    assert_eq!(edited.value(), Some(&json!({"amount": 7})));
    world.holds().await;

    let world = asked().await;
    world.answers(yes()).await.unwrap();
    assert_eq!(world.told(), [r#"{"called":"files.pay!","with":{"amount":500}}"#]);
    assert_eq!(world.talk().turns[0].ended[&0].arguments, None, "nobody changed them");

    let world = asked().await;
    world.answers(Answer { approved: Some(false), ..Answer::default() }).await.unwrap();
    assert_eq!((world.told().len(), status(&world)), (1, CallStatus::Rejected));
    // What is below the bound is no question.
    let world = strict(over, "pay", &[json!({"amount": 5})]).await;
    world.is(Status::Completed);
    assert_eq!(status(&world), CallStatus::Succeeded);
}

#[tokio::test]
async fn names_that_no_provider_takes_are_offered_as_others_and_mean_the_servers_own() {
    let (world, names) = offered(json!({"url": "https://mcp.example/strict"}), "files_pay_").await;
    assert_eq!(names, ["pay", "files_pay_", "odd"]);
    assert_eq!(status(&world), CallStatus::Refused, "an amount is wanted");
    let world = strict(json!({}), "files.pay!", &[json!({"amount": 5})]).await;
    assert_eq!(world.told(), ["The call was not run: there is no tool files.pay!: there are pay, files_pay_, odd"]);
    // A node names the tools as the server does.
    let config = json!({"url": "https://mcp.example/strict", "tools": ["files.pay!"]});
    assert_eq!(offered(config, "pay").await.1, ["files_pay_"]);
}

#[tokio::test]
async fn an_agent_without_tools_says_so_to_a_model_that_asks_for_one() {
    let world = World::ran(&agent(json!({}), &[]), |number, _| match number {
        0 => calls(&[("ask_human", json!({"question": "Which?"}))]),
        _ => says("done"),
    })
    .await;
    assert_eq!(world.told(), ["The call was not run: there is no tool ask_human: this agent has none"]);
}
