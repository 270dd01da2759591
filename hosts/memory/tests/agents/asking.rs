//! Questions that a model puts in its own words.

use super::world::{World, agent, calls, says};
use serde_json::{Value, json};
use stepwell_core::{
    error::Rejection,
    execution::{CallStatus, Status},
    interaction::{Answer, InteractionKind},
};
use stepwell_memory::Memory;

/// An agent whose model asks a person this, and then comes to its end.
async fn asks(arguments: Value) -> World {
    asks_on(|host| host, arguments).await
}

async fn asks_on(on: impl FnOnce(Memory) -> Memory, arguments: Value) -> World {
    let world =
        World::started_on(on, &agent(json!({"built_in_tools": ["ask_human"]}), &[]), move |number, _| match number {
            0 => calls(&[("ask_human", arguments.clone())]),
            _ => says("done"),
        })
        .await;
    world.host.handle_due().await;
    world
}

fn option(name: &str) -> Answer {
    Answer { option: Some(name.into()), ..Answer::default() }
}

#[tokio::test]
async fn a_model_gives_options_and_is_told_which_was_chosen() {
    let world = asks(json!({"question": "Refund or replace?", "options": ["Refund", "Replace {{ input.who }}"]})).await;
    let (_, one) = world.question();
    assert_eq!((one.kind, one.question.as_str()), (InteractionKind::Decision, "Refund or replace?"));
    let shown: Vec<(&str, &str)> = one.options.iter().map(|one| (one.id.as_str(), one.label.as_str())).collect();
    let second = "Replace {{ input.who }}";
    assert_eq!(shown, [("Refund", "Refund"), (second, second)], "what a model says is no template");
    assert!(one.assignees.is_empty(), "anyone may answer");
    for wrong in [option("Nothing"), Answer { text: Some("Refund".into()), ..Answer::default() }] {
        assert!(matches!(world.answers(wrong).await, Err(Rejection::Invalid { .. })));
    }
    world.answers(option(second)).await.unwrap();
    world.is(Status::Completed);
    let call = &world.output()["tool_calls"][0];
    assert_eq!((&call["result"]["decision"], &call["result"]["answer"]), (&json!(second), &json!(second)));
    assert!(world.told()[0].contains(second), "{:?}", world.told());
    world.holds().await;
}

#[tokio::test]
async fn only_those_whom_the_model_names_may_answer() {
    for options in [json!(null), json!(["yes", "no"])] {
        let mut arguments = json!({"question": "May we?", "assignees": [" bob@example.com ", "Group: Desk"]});
        if options.is_array() {
            arguments["options"] = options.clone();
        }
        // The host knows nobody of the desk, and tokens of an issuer may.
        let world = asks_on(Memory::with_groups_of_tokens, arguments).await;
        assert_eq!(world.question().1.assignees, ["bob@example.com", "group:Desk"]);
        let answer = || match options.is_array() {
            true => option("yes"),
            false => Answer { text: Some("yes".into()), ..Answer::default() },
        };
        let refused = world.answers_as("eve@example.com", answer()).await;
        assert!(matches!(refused, Err(Rejection::Forbidden(_))), "{refused:?}");
        world.is(Status::WaitingHuman);
        let member = Answer { groups: vec!["desk".into()], ..answer() };
        world.answers_as("eve@example.com", member).await.unwrap();
        world.is(Status::Completed);
        world.holds().await;
    }
}

#[tokio::test]
async fn what_cannot_be_chosen_from_and_who_cannot_be_asked_is_told_to_the_model() {
    let many = |count: usize| (0..count).map(|number| number.to_string()).collect::<Vec<_>>();
    let long = "é".repeat(100);
    let wrong = [
        (json!({"options": []}), "/options: "),
        (json!({"options": many(201)}), "/options: "),
        (json!({"options": "yes, no"}), "/options: "),
        (json!({"options": ["yes", 5]}), "/options/1: "),
        (json!({"options": ["yes", {"id": "no"}]}), "/options/1: "),
        (json!({"options": ["yes", "yes"]}), "/options: "),
        (json!({"options": ["yes", ""]}), "/options/1: "),
        (json!({"options": ["yes", " "]}), "/options/1: an option is more than blanks"),
        (json!({"options": ["yes", "timeout"]}), "/options/1: no option can be called timeout"),
        (json!({"options": ["error"]}), "/options/0: no option can be called error"),
        (json!({"options": ["a\nb"]}), "/options/0: an option has at most 128 bytes, on one line"),
        (json!({"options": [long]}), "/options/0: an option has at most 128 bytes, on one line"),
        (json!({"assignees": []}), "/assignees: "),
        (json!({"assignees": "bob@example.com"}), "/assignees: "),
        (json!({"assignees": ["bob@example.com", 5]}), "/assignees/1: "),
        (json!({"assignees": [" "]}), "/assignees/0: this names nobody"),
        (json!({"assignees": ["bob@example.com", "notmail"]}), "/assignees/1: `notmail` is no e-mail address"),
        (json!({"assignees": ["group: "]}), "/assignees/0: `` cannot name a group"),
        (json!({"assignees": ["x".repeat(100_001)]}), "/assignees: they have 100001 bytes"),
        (json!({"channels": ["email"]}), "channels"),
        (json!({"question": 5}), "/question: "),
        (json!({"question": " \n"}), "/question: this is more than blanks"),
        (json!({"question": "x".repeat(16_385)}), "/question: it has 16385 bytes, and people are asked 16384 at most"),
    ];
    let asked: Vec<(&str, Value)> = wrong
        .iter()
        .map(|(more, _)| {
            let mut arguments = json!({"question": "Which?"});
            arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            ("ask_human", arguments)
        })
        .collect();
    let all = calls(&asked);
    let world = World::ran(&agent(json!({"built_in_tools": ["ask_human"]}), &[]), move |number, _| match number {
        0 => all.clone(),
        _ => says("done"),
    })
    .await;
    world.is(Status::Completed);
    assert!(world.host.all().len() == 1, "no call was run");
    for (told, (arguments, says)) in world.told().iter().zip(&wrong) {
        assert!(told.starts_with("The call was not run: the arguments do not fit: "), "{arguments}: {told}");
        assert!(told.contains(says), "{arguments}: {told}");
    }
    assert_eq!(world.told().len(), wrong.len());
    assert!(world.talk().turns[0].ended.values().all(|end| end.status == CallStatus::Refused));
}

#[tokio::test]
async fn nobody_is_asked_in_the_name_of_a_group_without_members() {
    for assignees in [json!(["group:nobody"]), json!(["bob@example.com", "Group: Nobody "])] {
        let at = assignees.as_array().unwrap().len() - 1;
        let world = asks(json!({"question": "May we?", "assignees": assignees})).await;
        world.is(Status::Completed);
        let told = &world.told()[0];
        let why = format!("the arguments do not fit: /assignees/{at}: nobody is in the group `");
        assert!(told.starts_with("The call was not run: ") && told.contains(&why), "{told}");
        assert_eq!(world.talk().turns[0].ended[&0].status, CallStatus::Refused);
        world.holds().await;
    }
}

#[tokio::test]
async fn as_many_options_as_a_document_may_give_can_be_chosen_from() {
    let options: Vec<String> = (0..200).map(|number| format!("{number:0128}")).collect();
    let world = asks(json!({"question": "Which?", "options": options})).await;
    assert_eq!(world.question().1.options.len(), 200);
    world.answers(option(&options[199])).await.unwrap();
    world.is(Status::Completed);
}

#[tokio::test]
async fn leave_is_asked_for_with_a_reason_and_for_a_tool() {
    let wrong = [
        (json!({"tool_name": "", "reason": "It is due."}), "/tool_name: "),
        (json!({"tool_name": "wire", "reason": ""}), "/reason: "),
        (json!({"tool_name": "wire", "reason": " "}), "/reason: this is more than blanks"),
        (json!({"tool_name": "x".repeat(257), "reason": "It is due."}), "/tool_name: it has 257 bytes"),
    ];
    let asked: Vec<(&str, Value)> = wrong.iter().map(|(one, _)| ("request_authorization", one.clone())).collect();
    let all = calls(&asked);
    let config = json!({"built_in_tools": ["request_authorization"]});
    let script = move |number: usize, _: &_| if number == 0 { all.clone() } else { says("done") };
    let world = World::ran(&agent(config, &[]), script).await;
    world.is(Status::Completed);
    assert_eq!(world.host.all().len(), 1, "nobody is asked");
    for (told, (arguments, says)) in world.told().iter().zip(&wrong) {
        assert!(told.contains(says), "{arguments}: {told}");
    }
}

#[tokio::test]
async fn a_model_reads_what_was_answered_and_not_by_whom_or_its_evidence() {
    let world = asks(json!({"question": "Which?", "assignees": ["ada@example.com"]})).await;
    world
        .answers(Answer { text: Some("The blue one.".into()), comment: Some("As ever.".into()), ..Answer::default() })
        .await
        .unwrap();
    world.is(Status::Completed);
    let told: Value = serde_json::from_str(&world.told()[0]).unwrap();
    assert_eq!(told, json!({"decision": "answered", "answer": "The blue one.", "comment": "As ever."}));
    let whole = &world.output()["tool_calls"][0]["result"];
    assert!(whole["receipt"].is_object() && whole["responses"][0]["by"] == "ada@example.com", "{whole:#}");
}
