//! Tools that run saved workflows: what these take is what the model may give.

use super::world::{World, agent, calls, says};
use document::{parse, time::Time};
use engine::port::Catalogue as _;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use stepwell_core::{
    error::Rejection,
    event::Event,
    execution::{CallStatus, Status},
    interaction::Answer,
};

/// What the workflow takes in its first version.
fn takes() -> Value {
    json!({"type": "object", "required": ["email"], "additionalProperties": false,
        "properties": {"email": {"type": "string", "minLength": 3}}})
}

/// Saves a version of the workflow that is called.
async fn saves(world: &World, input_schema: Value) {
    let mut document = json!({"id": "lookup", "nodes": [
        {"id": "start", "type": "manual_trigger"},
        {"id": "find", "type": "transform", "config": {"expression": "'found ' + input.email"}}],
        "edges": [{"from": "start", "to": "find"}]});
    if !input_schema.is_null() {
        document["input_schema"] = input_schema;
    }
    let saved = parse(&document).unwrap().workflow;
    world.host.keep_workflow(&saved).await.unwrap();
    world.host.save("", &saved, None, Time(1)).await.unwrap();
}

type Offered = Arc<Mutex<Vec<Value>>>;

/// An agent with the workflow as its tool, whose model gives these arguments one after the other. What its tools took by
/// what it was told is noted for each answer.
async fn gives(config: Value, tool: Value, arguments: &[Value]) -> (World, Offered) {
    let node = json!({"id": "lookup_tool", "type": "workflow", "config": config, "tool": tool});
    let offered = Offered::default();
    let (seen, arguments) = (offered.clone(), arguments.to_vec());
    let world = World::started(&agent(json!({}), &[node]), move |number, call| {
        seen.lock().unwrap().push(call.tools[0].parameters.clone());
        arguments.get(number).map_or_else(|| says("done"), |given| calls(&[("lookup_tool", given.clone())]))
    })
    .await;
    (world, offered)
}

fn lookup() -> Value {
    json!({"workflow_id": "lookup"})
}

#[tokio::test]
async fn a_model_gives_what_the_workflow_takes_and_nothing_else_is_run() {
    let given = [json!({"email": 5}), json!({"email": "ada@example.com", "x": 1}), json!({"email": "ada@example.com"})];
    let (world, offered) = gives(lookup(), json!({}), &given).await;
    saves(&world, takes()).await;
    world.host.handle_due().await;
    world.is(Status::Completed);
    assert_eq!(*offered.lock().unwrap(), vec![takes(); 4]);
    let told = world.told();
    assert!(told[0].contains("the arguments do not fit: /email: "), "{told:?}");
    assert!(told[1].contains("the arguments do not fit: ") && told[1].contains('x'), "{told:?}");
    assert_eq!(told[2], "found ada@example.com");
    assert_eq!(world.host.all().len(), 3, "the agent's execution, one call, and what that ran");
    world.holds().await;
}

#[tokio::test]
async fn what_is_saved_meanwhile_changes_nothing_of_what_the_model_was_told() {
    let given = [json!({"email": "ada@example.com"}), json!({"mail": "ada@example.com"})];
    let (world, offered) = gives(lookup(), json!({}), &given).await;
    saves(&world, takes()).await;
    world.until_answered(1).await;
    let other = json!({"type": "object", "required": ["mail"], "properties": {"mail": {"type": "string"}}});
    saves(&world, other).await;
    world.host.handle_due().await;
    world.is(Status::Completed);
    assert_eq!(*offered.lock().unwrap(), vec![takes(); 3]);
    let told = world.told();
    assert!(told[0].contains("The tool failed"), "the new version takes no such input: {told:?}");
    assert!(told[1].contains("the arguments do not fit"), "it was not told of the new version: {told:?}");
    let opened = world.turns().await.into_iter().flat_map(|turn| turn.events).find_map(|event| match event {
        Event::AgentOpened(opened) => opened.tools,
        _ => None,
    });
    assert_eq!(opened.unwrap().value(), Some(&json!({"lookup_tool": {"parameters": takes()}})));
    // Gone back to its first answer, the agent knows what it knew then; from before that it looks again.
    let first = world.answered_in().await[0];
    world.back(first).await;
    world.is(Status::Completed);
    assert_eq!(offered.lock().unwrap().last(), Some(&takes()));
    world.back(1).await;
    world.is(Status::Completed);
    assert_eq!(offered.lock().unwrap().last().unwrap()["required"], json!(["mail"]));
    world.holds().await;
}

#[tokio::test]
async fn a_person_who_changes_the_arguments_gives_what_the_workflow_takes() {
    let given = [json!({"email": "ada@example.com"})];
    let (world, _) = gives(lookup(), json!({"require_approval": true}), &given).await;
    saves(&world, takes()).await;
    world.host.handle_due().await;
    assert_eq!(world.question().1.schema, Some(takes()));
    let changed =
        |email: Value| Answer { approved: Some(true), arguments: Some(json!({ "email": email })), ..Answer::default() };
    assert!(matches!(world.answers(changed(json!(5))).await, Err(Rejection::Invalid { .. })));
    world.answers(changed(json!("bob@example.com"))).await.unwrap();
    world.is(Status::Completed);
    assert!(world.told()[0].ends_with("\nfound bob@example.com"), "{:?}", world.told());
    world.holds().await;
}

#[tokio::test]
async fn where_no_schema_is_known_any_object_is_taken() {
    let any = json!({"type": "object"});
    let email = json!({"email": "ada@example.com"});
    let given = [email.clone()];
    let own = json!({"parameters": {"type": "object", "required": ["name"]}});
    let by_name = json!({"workflow_id": "lookup", "input": {"email": "{{ args.name }}"}});
    for (config, tool, schema, arguments, expected) in [
        // The workflow says nothing, or what no model could give.
        (lookup(), json!({}), Value::Null, email.clone(), any.clone()),
        (lookup(), json!({}), json!({"type": "string"}), email.clone(), any.clone()),
        (json!({"workflow_id": ["lookup"]}), json!({}), takes(), email.clone(), any.clone()),
        (by_name, own.clone(), takes(), json!({"name": "ada@example.com"}), own["parameters"].clone()),
        // What says nothing of its type takes objects too.
        (
            lookup(),
            json!({}),
            json!({"required": ["email"]}),
            email.clone(),
            json!({"required": ["email"], "type": "object"}),
        ),
    ] {
        let (world, offered) = gives(config.clone(), tool, &[arguments]).await;
        saves(&world, schema.clone()).await;
        world.host.handle_due().await;
        world.is(Status::Completed);
        assert_eq!(offered.lock().unwrap()[0], expected, "{config} {schema}");
        world.holds().await;
    }
    let (world, offered) = gives(lookup(), json!({}), &given).await;
    world.host.handle_due().await;
    world.is(Status::Completed);
    assert_eq!(offered.lock().unwrap()[0], any);
    assert_eq!(world.talk().turns[0].ended[&0].status, CallStatus::Failed);
    assert!(world.told()[0].contains("there is no workflow lookup"), "{:?}", world.told());
}
