#![allow(clippy::unwrap_used)]
use super::*;
use crate::{
    store::item::size,
    tests::{
        scripted::Asked,
        story::{Story, document},
        table::{Scripted, commit, done, found},
    },
};
use document::{parse, time::Time};
use engine::port::{Catalogue, Commit};
use serde_json::{Value, json};
use stepwell_core::{
    children::Family,
    command::{Command, Told},
    decide::decide,
    event::Started,
};

#[test]
fn a_question_fits_into_its_item_whoever_is_asked() {
    let story = Story::opened(&document("approval", json!({"question": "Pay?"})));
    let asking =
        |assignees: Vec<String>| item(&story.state, 0, &Interaction { assignees, ..story.question().clone() }, 4);
    let people = |item: &Item| item.get("a").and_then(|people| people.as_ss().ok()).cloned().unwrap_or_default();
    let many = asking((0..5_000).map(|n| format!("{n:0>300}@x.org")).collect());
    assert_eq!(people(&many).len(), engine::limits::PEOPLE);
    assert!(size(&many) < 400_000, "{}", size(&many));
    assert_eq!(people(&asking(vec![String::new(), "x".repeat(100_000)])), [" "], "it is not for everybody");
    assert!(people(&asking(vec![])).is_empty());
}

const NOW: Time = Time(1_800_000_000_000);

/// The commit of a start and of what is asked after it, all in one.
fn committed(workflow: &document::Workflow, started: Started, asked: &dyn Fn(&Execution) -> Vec<Command>) -> Commit {
    let begun = decide(workflow, None, Command::Start(Box::new(started)).into(), NOW).unwrap();
    let (mut state, mut turns) = (begun.state.clone(), Vec::from_iter(begun.turn.clone()));
    for at in 0.. {
        let Some(command) = asked(&state).into_iter().nth(at) else { break };
        let decided = decide(workflow, Some(&state), command.into(), NOW).unwrap();
        turns.extend(decided.turn);
        state = decided.state;
    }
    Commit { turns, state: Arc::new(state), effects: Vec::new(), ..commit(begun) }
}

/// The item of the commit that was written last.
fn written(asked: &[Asked]) -> Value {
    let puts = asked.iter().filter(|one| one.operation == "PutItem").map(|one| one.json()["Item"].clone());
    puts.rev().find(|item| item["sk"]["S"].as_str().is_some_and(|sort| sort.starts_with("t#"))).unwrap()
}

#[tokio::test]
async fn an_execution_has_the_open_questions_of_its_children_too() {
    let body = json!({"nodes": [{"id": "ok", "type": "human", "config": {"kind": "approval", "question": "Well?"}}],
        "edges": []});
    let workflow = parse(&document("map", json!({"items": "[1]", "body": body}))).unwrap().workflow;
    let scripted = Scripted::new(NOW, true);
    scripted.script.then((0..3).map(|_| done()));
    scripted.table.keep_workflow(&workflow).await.unwrap();
    scripted.script.forget();
    let open = |node: &str, state: &Execution| Command::Open { activation: state.activation(&node.into()) };
    let started = Started { owner: "o".into(), ..Started::new("root".into(), &workflow, json!({}), NOW) };
    let told = vec![Told { index: 0, asks: true, seq: 2 }];
    let root = committed(&workflow, started, &|state| {
        let activation = state.activation(&"n".into());
        vec![open("n", state), Command::ChildrenAsked { activation, attempt: 1, told: told.clone() }]
    });
    let activation = root.state.activation(&"n".into());
    let family = Family::of(&workflow, &root.state, &activation, 1).unwrap();
    let body = workflow.node("n").unwrap().kind.inline_body().unwrap();
    let child = committed(body, family.start_of_body(0, body, NOW).unwrap(), &|state| vec![open("ok", state)]);
    let asked = child.state.interactions[0].interaction_id.clone();
    let mut items = Vec::new();
    for one in [root.clone(), child.clone()] {
        scripted.script.then((0..3).map(|_| done()));
        scripted.table.commit(one).await.unwrap();
        items.push(written(&scripted.script.asked()));
        scripted.script.forget();
    }

    scripted.script.then(items.chunks(1).map(found));
    let filter = |status| InteractionFilter {
        owner: "o".into(),
        status: Some(status),
        execution_id: Some("root".into()),
        ..InteractionFilter::default()
    };
    let window = Window { limit: 10, cursor: None };
    let page = scripted.table.questions(&filter(InteractionStatus::Pending), &window).await.unwrap();
    assert_eq!(page.items, [(child.state.id().clone(), asked)]);
    assert_eq!(scripted.script.operations(), ["Query", "Query"], "one for each of both");
}
