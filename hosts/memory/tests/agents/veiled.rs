//! Values of secrets that reach an agent by another way than its prompt, or in another form: its model is told the name of each,
//! and so is the journal.

use super::world::{World, agent, calls, says};
use document::{parse, time::Time};
use engine::port::{Catalogue as _, Journal as _, Secret, Secrets as _};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use stepwell_core::execution::{CallStatus, Status};

const VALUE: &str = "pw/with+odd=\"0<é";

async fn keeps(world: &World, name: &str, value: &str) {
    let owner = world.state().started.owner.clone();
    let secret = Secret { value: value.into(), hosts: Vec::new(), for_inline: false };
    world.host.set_secret(&owner, name, secret).await.unwrap();
}

/// All that an execution recorded after its start, and all that its model was sent last.
async fn kept(world: &World, id: &str) -> (String, String) {
    let turns = world.host.turns(&id.into(), 0, 1_000).await.unwrap();
    let events: Vec<_> = turns.iter().skip(1).flat_map(|turn| &turn.events).collect();
    (serde_json::to_string(&events).unwrap(), json!(world.last_asked().1).to_string())
}

fn keyed(mut document: Value) -> Value {
    document["nodes"][1]["config"]["model"]["api_key"] = json!("{{ secrets.KEY }}");
    document
}

/// The forms in which a value comes along, each with what no text may have.
fn forms() -> Vec<(String, String)> {
    let bytes = || VALUE.bytes();
    let hex: String = bytes().map(|byte| format!("{byte:02x}")).collect();
    let all: String = bytes().map(|byte| format!("%{byte:02X}")).collect();
    let usual: String = VALUE
        .chars()
        .map(|c| match c {
            'a'..='z' | '0'..='9' => c.to_string(),
            other => other.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect(),
        })
        .collect();
    let units: String = VALUE.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    let html: String = VALUE.chars().map(|c| format!("&#{};", u32::from(c))).collect();
    let mut forms: Vec<(String, String)> =
        [hex, all, usual, units, html].into_iter().map(|form| (form.clone(), form)).collect();
    forms.push((VALUE.replace('"', "&quot;").replace('<', "&lt;"), "with+odd".into()));
    // Base64 of the value, and of the value behind `a`, `ann:` and `user:`. What the value alone decides is gone.
    let at_each_alignment = [
        "cHcvd2l0aCtvZGQ9IjA8w6k=",
        "YXB3L3dpdGgrb2RkPSIwPMOp",
        "YW5uOnB3L3dpdGgrb2RkPSIwPMOp",
        "dXNlcjpwdy93aXRoK29kZD0iMDzDqQ==",
    ];
    forms.extend(at_each_alignment.map(|whole| (whole.to_owned(), whole[8..20].to_owned())));
    forms
}

#[tokio::test]
async fn what_is_encoded_is_masked_in_what_a_model_is_asked_and_in_what_its_tools_give() {
    let look = json!({"id": "look", "type": "transform",
        "config": {"expression": "{'found': input.who, 'at ' + input.who: [input.who]}"}, "tool": {"description": "Looks."}});
    let document = keyed(agent(json!({"prompt": "Fetch {{ input.who }} now"}), &[look]));
    let world = World::started(&document, |_, asked| match asked.messages.len() {
        1 => calls(&[("look", json!({}))]),
        _ => says("found"),
    })
    .await;
    keeps(&world, "KEY", VALUE).await;
    for (at, (form, hidden)) in forms().into_iter().enumerate() {
        let id = format!("f{at}");
        world.starts(&id, json!({ "who": form })).await;
        world.host.handle_due().await;
        let (recorded, asked) = kept(&world, &id).await;
        let hidden = json!(hidden).to_string();
        let hidden = hidden.trim_matches('"');
        assert!(asked.matches("[secret KEY]").count() >= 4, "{form}: {asked}");
        assert!(!asked.contains(hidden) && !recorded.contains(hidden), "{form}: {asked} {recorded}");
    }
}

#[tokio::test]
async fn what_an_agent_remembers_from_before_a_secret_was_one_is_recorded_as_its_model_reads_it() {
    let memory = json!({"id": "m", "type": "memory", "config": {"key": "all"}});
    let document = keyed(agent(json!({"prompt": "I am {{ input.who }}."}), &[memory]));
    let world = World::started(&document, |_, _| says("Hello.")).await;
    keeps(&world, "KEY", "the key of before").await;
    world.starts("f", json!({"who": "the one with sk-98765"})).await;
    world.host.handle_due().await;
    keeps(&world, "KEY", "sk-98765").await;
    world.starts("g", json!({"who": "Ada"})).await;
    world.host.handle_due().await;
    let (recorded, asked) = kept(&world, "g").await;
    assert!(asked.contains("the one with [secret KEY]"), "{asked}");
    assert!(recorded.contains("the one with [secret KEY]") && !recorded.contains("98765"), "{recorded}");
    let state = world.host.state(&"g".into()).unwrap();
    assert_eq!(state.status(), Status::Completed);
    assert!(!serde_json::to_string(&*state).unwrap().contains("98765"));
}

#[tokio::test]
async fn what_tools_are_said_to_do_and_to_take_is_masked_too() {
    let saved = json!({"id": "lookup", "input_schema": {"type": "object",
        "properties": {"email": {"type": "string", "description": "As sk-98765 has it."}, "sk-98765": {"type": "string"}}},
        "nodes": [{"id": "start", "type": "manual_trigger"}, {"id": "t", "type": "transform", "config": {"expression": "1"}}],
        "edges": [{"from": "start", "to": "t"}]});
    let tools = [
        json!({"id": "call", "type": "workflow", "config": {"workflow_id": "lookup"}, "tool": {}}),
        json!({"id": "look", "type": "transform", "config": {"expression": "1"}, "tool": {"description": "Uses sk-98765.",
            "parameters": {"type": "object", "properties": {"k": {"const": "sk-98765"}}}}}),
    ];
    let shape = json!({"type": "object", "properties": {"k": {"type": "string", "description": "sk-98765"}}});
    let document = keyed(agent(json!({"output_schema": shape}), &tools));
    let offered = Arc::new(Mutex::new(String::new()));
    let seen = offered.clone();
    let world = World::started(&document, move |_, call| {
        *seen.lock().unwrap() = format!("{} {:?}", json!(call.tools), call.output_schema);
        says("{}")
    })
    .await;
    let saved = parse(&saved).unwrap().workflow;
    world.host.keep_workflow(&saved).await.unwrap();
    world.host.save("", &saved, None, Time(1)).await.unwrap();
    keeps(&world, "KEY", "sk-98765").await;
    world.host.handle_due().await;
    let offered = offered.lock().unwrap().clone();
    assert!(!offered.contains("98765") && offered.matches("[secret KEY]").count() == 5, "{offered}");
    let (recorded, _) = kept(&world, "e").await;
    assert!(!recorded.contains("98765"), "{recorded}");
    world.is(Status::Completed);
}

#[tokio::test]
async fn a_question_that_a_tool_asks_of_an_empty_group_is_refused_where_the_model_says_whom() {
    let asks = |assignees: Value| {
        json!({"id": "ask", "type": "human", "config": {"kind": "approval", "question": "May it?", "assignees": assignees,
            "timeout_seconds": 60}, "tool": {"parameters": {"type": "object"}}})
    };
    let given = |who: Value| {
        move |number: usize, _: &_| match number {
            0 => calls(&[("ask", json!({ "who": who }))]),
            _ => says("done"),
        }
    };
    for (assignees, who) in [
        (json!("{{ args.who }}"), json!(["bob@example.com", "group:nobody"])),
        (json!(["group:{{ args.who }}"]), json!("nobody")),
    ] {
        let world = World::ran(&agent(json!({}), &[asks(assignees)]), given(who)).await;
        world.is(Status::Completed);
        let told = &world.told()[0];
        assert!(told.contains("/assignees: nobody is in the group `nobody`"), "{told}");
        assert_eq!(world.talk().turns[0].ended[&0].status, CallStatus::Refused);
        assert_eq!(world.host.all().len(), 1, "no call was run");
    }
    // Whoever the document names is no matter of the model, and people are asked as it says.
    for (assignees, who) in
        [(json!(["group:nobody"]), json!("x")), (json!("{{ args.who }}"), json!(["bob@example.com"]))]
    {
        let world = World::ran(&agent(json!({}), &[asks(assignees)]), given(who)).await;
        world.is(Status::WaitingHuman);
        assert_eq!(world.host.all().len(), 2);
    }
}
