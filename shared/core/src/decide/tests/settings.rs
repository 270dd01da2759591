//! Numbers and other values of a config that templates yield: the same bounds, and kept as they were rendered.

use super::story::Story;
use crate::{
    effect::{Effect, Work},
    event::Event,
    execution::Status,
    interaction::Answer,
};
use document::time::Time;
use serde_json::{Value, json};

/// Given a node `it` of a type, which is opened.
fn opened(kind: &str, config: Value, input: Value) -> Story {
    let mut nodes = json!([{ "id": "it", "type": kind, "config": config }]);
    let mut edges = json!([{ "from": "start", "to": "it" }]);
    if kind == "loop" {
        nodes = json!([nodes[0], { "id": "body", "type": "transform", "config": { "set": {} } }]);
        edges = json!([edges[0], { "from": "it", "to": "body", "port": "loop" }, { "from": "body", "to": "it" }]);
    }
    let mut story = Story::given(nodes, edges, input);
    story.open("it");
    story
}

fn code(story: &Story) -> &str {
    let node = story.state.node(&"it".into()).unwrap();
    node.error.as_ref().map_or("", |error| error.code.as_str())
}

/// Then the node failed with a code, and the message names the key.
#[track_caller]
fn refused(story: &Story, wanted: &str, key: &str) {
    story.is(Status::Failed);
    assert_eq!(code(story), wanted);
    let message = &story.state.error.as_ref().unwrap().message;
    assert!(message.contains(key), "{message}");
}

fn ask(more: Value, input: Value) -> Story {
    let mut config = json!({ "kind": "approval", "question": "?" });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    opened("human", config, input)
}

fn yes() -> Answer {
    Answer { approved: Some(true), ..Answer::default() }
}

#[test]
fn a_loop_is_bounded_by_what_its_template_yielded_when_it_was_entered() {
    let config = json!({ "for_each": "[1, 2, 3]", "max_iterations": "{{ input.most }}" });
    let story = opened("loop", config.clone(), json!({ "most": 2 }));
    assert_eq!(code(&story), "loop_limit_exceeded");
    let story = opened("loop", config.clone(), json!({ "most": 3 }));
    assert!(matches!(&story.events[0], Event::LoopEntered { bound: Some(3), .. }), "{:#?}", story.events);
    // A `while` is bounded in each iteration by the same number, also in what was read back from the store.
    let endless = json!({ "while": "true", "max_iterations": "{{ input.most }}" });
    let mut story = opened("loop", endless, json!({ "most": 1 }));
    story.state = serde_json::from_value(serde_json::to_value(&story.state).unwrap()).unwrap();
    story.succeed("body", json!({})).unwrap();
    story.is(Status::Failed);
    assert_eq!(code(&story), "loop_limit_exceeded");
    for (most, wanted) in
        [(json!(0), "invalid_config"), (json!("3"), "invalid_config"), (Value::Null, "invalid_config")]
    {
        refused(&opened("loop", config.clone(), json!({ "most": most })), wanted, "max_iterations");
    }
    refused(&opened("loop", config, json!({})), "template_error", "input.most");
}

#[test]
fn a_map_runs_as_many_and_tolerates_as_many_as_its_templates_say() {
    let body = json!({ "nodes": [{ "id": "x", "type": "transform", "config": { "set": {} } }], "edges": [] });
    let config = json!({ "items": "[1, 2, 3, 4]", "body": body, "max_concurrency": "{{ input.at_once }}",
        "tolerated_failures": "{{ input.may_fail }}" });
    let mut story = opened("map", config.clone(), json!({ "at_once": 2, "may_fail": 1 }));
    let started = |story: &Story| {
        let started = story.effects.iter().find_map(|effect| match effect {
            Effect::Send { message, .. } => match &message.work {
                Work::StartChildren { from, to, .. } => Some((*from, *to)),
                _ => None,
            },
            _ => None,
        });
        started.unwrap()
    };
    assert_eq!(started(&story), (0, 2));
    let end = |story: &mut Story, index: u32, error: Option<&str>| {
        let activation = story.state.activation(&"it".into());
        let ends = vec![(index, error.map(str::to_owned))];
        story.when(crate::command::Command::ChildrenEnded { activation, attempt: 1, reopened: 0, ends }).unwrap();
    };
    end(&mut story, 0, Some("no"));
    story.is(Status::Waiting);
    end(&mut story, 1, Some("no"));
    assert_eq!(code(&story), "map_failed");
    refused(
        &opened("map", config.clone(), json!({ "at_once": 0, "may_fail": 1 })),
        "invalid_config",
        "max_concurrency",
    );
    let story = opened("map", config, json!({ "at_once": 1, "may_fail": -1 }));
    refused(&story, "invalid_config", "tolerated_failures");
}

#[test]
fn a_list_of_workflows_stops_or_goes_on_as_its_template_says() {
    let config = json!({ "workflow_id": ["a", "b"], "mode": "parallel", "stop_on_failure": "{{ input.stop }}" });
    for (stop, failed) in [(true, true), (false, false)] {
        let mut story = opened("workflow", config.clone(), json!({ "stop": stop }));
        let activation = story.state.activation(&"it".into());
        let ends = vec![(0, Some("no".to_owned()))];
        story.when(crate::command::Command::ChildrenEnded { activation, attempt: 1, reopened: 0, ends }).unwrap();
        assert_eq!(story.state.status() == Status::Failed, failed, "{stop}");
    }
    refused(&opened("workflow", config, json!({ "stop": "yes" })), "invalid_config", "stop_on_failure");
}

#[test]
fn a_wait_for_an_event_ends_when_its_template_says() {
    let config = json!({ "event": "paid", "timeout_seconds": "{{ input.seconds }}" });
    let story = opened("wait", config.clone(), json!({ "seconds": 90 }));
    assert!(matches!(&story.events[0], Event::WaitStarted { until: Some(Time(90_000)), .. }), "{:#?}", story.events);
    refused(&opened("wait", config, json!({ "seconds": -1 })), "invalid_config", "timeout_seconds");
}

#[test]
fn a_question_keeps_the_thresholds_that_its_templates_yielded() {
    let people = json!(["a@x.example", "b@x.example"]);
    let config = json!({ "assignees": people, "approval_threshold": "{{ input.votes }}" });
    let mut story = ask(config.clone(), json!({ "votes": 2 }));
    story.answer("a@x.example", yes()).unwrap();
    story.is(Status::WaitingHuman);
    story.answer("b@x.example", yes()).unwrap();
    story.is(Status::Completed);
    refused(&ask(config.clone(), json!({ "votes": 0 })), "invalid_config", "approval_threshold");
    refused(&ask(config.clone(), json!({ "votes": 1.5 })), "invalid_config", "approval_threshold");
    refused(&ask(config, json!({ "votes": 3 })), "too_few_people", "3 votes");
    let config = json!({ "assignees": people, "rejection_threshold": "{{ input.votes }}" });
    let mut story = ask(config, json!({ "votes": 2 }));
    story.answer("a@x.example", Answer { approved: Some(false), ..Answer::default() }).unwrap();
    story.is(Status::WaitingHuman);
}

#[test]
fn a_question_takes_time_and_people_as_its_templates_say() {
    let story = ask(json!({ "timeout_seconds": "{{ input.seconds }}" }), json!({ "seconds": 60 }));
    assert_eq!(story.state.interactions[0].deadline, Some(Time(60_000)));
    refused(
        &ask(json!({ "timeout_seconds": "{{ input.seconds }}" }), json!({ "seconds": 0 })),
        "invalid_config",
        "timeout",
    );
    let config = json!({ "allow_requester": "{{ input.may }}" });
    let mut story = ask(config.clone(), json!({ "may": false }));
    assert!(story.answer("ada@example.com", yes()).is_err(), "the requester is kept out");
    let mut story = ask(config.clone(), json!({ "may": true }));
    story.answer("ada@example.com", yes()).unwrap();
    refused(&ask(config, json!({ "may": "no" })), "invalid_config", "allow_requester");
    let tool = |level: &str| {
        let config = json!({ "kind": "authorization", "tool": "rm", "security_level": "{{ input.level }}" });
        opened("human", config, json!({ "level": level }))
    };
    let high = tool("high").state.interactions[0].authorization.clone().unwrap();
    assert_eq!(high.security_level.as_str(), "high");
    refused(&tool("extreme"), "invalid_config", "security_level");
}

#[test]
fn a_bound_that_a_template_yields_approves_below_it_and_asks_where_it_cannot_be_told() {
    let config = json!({ "auto_approve_below": { "value": "amount", "below": "{{ input.limit }}" } });
    ask(config.clone(), json!({ "amount": 5, "limit": 10 })).is(Status::Completed);
    ask(config.clone(), json!({ "amount": 15, "limit": 10 })).is(Status::WaitingHuman);
    let story = ask(config, json!({ "amount": 5, "limit": "ten" }));
    story.is(Status::WaitingHuman);
    assert_eq!(story.state.warnings.len(), 1);
}

#[test]
fn what_the_document_says_is_not_recorded_again() {
    let story = opened("loop", json!({ "for_each": "[]", "max_iterations": 7 }), json!({}));
    assert!(!serde_json::to_string(&story.events).unwrap().contains("bound"));
    let story = ask(json!({ "assignees": ["a@x.example"], "approval_threshold": 1 }), json!({}));
    assert!(!serde_json::to_string(&story.events).unwrap().contains("threshold"));
}
