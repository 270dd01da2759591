//! Agents: what follows from what a model answers.

mod models;

use super::story::Story;
use crate::{
    agent::{Heard, ask},
    command::{Command, Control},
    effect::{Effect, Message, Work},
    error::Rejection,
    event::Event,
    execution::Status,
    reading::Reading,
    task::Outcome,
    view::{CallState, calls_under_way, tool_calls},
};
use document::{
    id::NodeId,
    work::{Message as Said, ModelCall},
};
use serde_json::{Value, json};

/// An agent with a tool `look` that it may use, and `pay`, of which a person must approve what is above 100.
fn agent(config: Value) -> Story {
    agent_with(json!({}), config)
}

/// The same, of which the node has more members.
fn agent_with(more: Value, config: Value) -> Story {
    let mut all = json!({"model": {"provider": "openai_compatible", "name": "m", "base_url": "http://127.0.0.1:1/v1"},
        "system_prompt": "You help {{ input.who }}."});
    all.as_object_mut().unwrap().extend(config.as_object().unwrap().clone());
    let look = json!({"id": "look", "type": "transform", "config": {"expression": "{'found': args.key, 'for': input.who}"},
        "tool": {"description": "Looks.", "max_calls": 2, "result_bytes": 40, "parameters":
            {"type": "object", "required": ["key"], "properties": {"key": {"type": "string"}}}}});
    let pay = json!({"id": "pay", "type": "code", "config": {"code": "return args.amount"},
        "tool": {"on_error": "fail", "require_approval": "args.amount > 100"}});
    let mut node = json!({"id": "a", "type": "agent", "config": all});
    node.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let nodes = json!([node, look, pay]);
    let edges = json!([{"from": "start", "to": "a"}, {"from": "look", "to": "a", "connection": "ai_tool"},
        {"from": "pay", "to": "a", "connection": "ai_tool"}]);
    Story::given(nodes, edges, json!({"who": "Ada"}))
}

impl Story {
    fn attempt(&self) -> u32 {
        self.state.node(&"a".into()).unwrap().attempt
    }

    fn reports(&mut self, output: Value) -> Result<(), Rejection> {
        let (activation, attempt) = (self.state.activation(&"a".into()), self.attempt());
        let outcome = Outcome::Succeeded { port: "success".into(), output: output.into() };
        self.when(Command::Report { activation, attempt, outcome, duration_ms: Some(5) })
    }

    /// When the model answers.
    fn says(&mut self, text: &str, calls: Value) -> Result<(), Rejection> {
        let usage = json!({"input_tokens": 10, "output_tokens": 5});
        let answer = json!({"text": text, "tool_calls": calls, "usage": usage, "model": "m", "stop_reason": "stop"});
        self.reports(json!({"answered": {"asked": {"messages": []}, "answer": answer}}))
    }

    /// When the executions of tool calls gave this, by the position of each call in the answer.
    fn tools_give(&mut self, given: Value) {
        let activation = self.state.activation(&"a".into());
        let kids = self.state.children[&activation.node].clone();
        let ends = (0..kids.count).map(|index| (index, None)).collect();
        self.when(Command::ChildrenEnded { activation, attempt: kids.attempt, reopened: 0, ends }).unwrap();
        let ended = given.as_array().unwrap().iter().map(
            |one| json!({"call": one[0], "status": one[1], "result": one[2], "error": one[3], "execution_id": "x"}),
        );
        self.reports(json!({"ended": ended.collect::<Vec<_>>()})).unwrap();
    }

    /// What the model is asked next.
    fn asked(&self) -> ModelCall {
        let ix = self.workflow.node_ix("a").unwrap();
        let asked = Reading::of(|reading| ask(&self.workflow, &self.state, ix, &NoSecrets, reading).unwrap().unwrap());
        asked.unwrap().0
    }

    /// Whether a message asks for the next call of the model.
    fn goes_on(&self) -> bool {
        let next = self.attempt();
        self.effects.iter().any(|effect| {
            matches!(effect, Effect::Send { message: Message { work: Work::Step { attempt, io: true, .. }, .. }, .. }
                if *attempt == next)
        })
    }
}

struct NoSecrets;

impl expression::Secrets for NoSecrets {
    fn secret(&self, _: &str) -> Option<String> {
        None
    }
}

fn call(id: &str, name: &str, arguments: Value) -> Value {
    json!({"id": id, "name": name, "arguments": arguments})
}

#[test]
fn a_model_is_asked_with_all_that_was_said_and_its_last_answer_ends_the_agent() {
    let mut story = agent(json!({"prompt": "Find {{ input.who }}"}));
    let first = story.asked();
    assert_eq!(first.system.as_deref(), Some("You help Ada."));
    assert_eq!(first.messages, [Said::User { content: "Find Ada".into() }]);
    let names: Vec<&str> = first.tools.iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!(names, ["look", "pay"]);
    story.says("I look.", json!([call("1", "look", json!({"key": "k"}))])).unwrap();
    assert!(matches!(story.events[0], Event::AgentAnswered(_)), "{:?}", story.events);
    assert!(story.effects.iter().any(|effect| matches!(effect, Effect::Send { message, .. }
        if matches!(message.work, Work::StartChildren { from: 0, to: 1, .. }))));
    story.is(Status::Waiting);
    story.tools_give(json!([[0, "succeeded", {"found": "k"}, null]]));
    assert!(story.goes_on(), "{:?}", story.effects);
    let second = story.asked();
    assert_eq!(second.messages.len(), 3);
    assert_eq!(
        second.messages[2],
        Said::Tool { id: "1".into(), name: "look".into(), content: r#"{"found":"k"}"#.into() }
    );
    story.says("Here it is.", json!([])).unwrap();
    story.is(Status::Completed);
    let output = story.output("a");
    assert_eq!((output["text"].as_str(), output["turns"].as_u64()), (Some("Here it is."), Some(2)));
    assert_eq!(output["usage"]["input_tokens"], 20);
    assert_eq!(output["tool_calls"][0]["result"], json!({"found": "k"}));
    assert_eq!(output["messages"].as_array().unwrap().len(), 3, "what was said, without what nobody recorded");
}

#[test]
fn calls_that_do_not_fit_are_told_to_the_model_and_never_run() {
    let mut story = agent(json!({}));
    story
        .says(
            "",
            json!([
                call("1", "drop_database", json!({})),
                call("2", "look", json!({"key": 5})),
                call("3", "look", json!("{"))
            ]),
        )
        .unwrap();
    assert!(story.goes_on());
    let told: Vec<String> = story
        .asked()
        .messages
        .into_iter()
        .filter_map(|message| match message {
            Said::Tool { content, .. } => Some(content),
            Said::System { .. } | Said::User { .. } | Said::Assistant { .. } => None,
        })
        .collect();
    assert!(told[0].contains("there is no tool drop_database: there are look, pay"), "{told:?}");
    assert!(told[1].contains("/key"), "{told:?}");
    assert!(told[2].contains("no JSON object"), "{told:?}");
    // The third call of a tool that may be called twice.
    let looks =
        |n: usize| json!((0..n).map(|at| call(&at.to_string(), "look", json!({"key": "k"}))).collect::<Vec<_>>());
    story.says("", looks(3)).unwrap();
    let kids = &story.state.children[&NodeId::from("a")];
    assert_eq!(kids.count, 2);
}

#[test]
fn a_person_is_asked_where_the_condition_holds_or_cannot_be_decided() {
    for (amount, approved) in [(json!(50), false), (json!(500), true), (json!("much"), true)] {
        let mut story = agent(json!({}));
        story.says("They asked for it.", json!([call("1", "pay", json!({"amount": amount}))])).unwrap();
        let planned = story.state.children[&NodeId::from("a")].items.value().unwrap()[0].clone();
        assert_eq!(planned["approved"].as_bool().unwrap_or(false), approved, "{amount}");
        assert_eq!(planned["reason"], "They asked for it.");
    }
}

#[test]
fn bounds_end_an_agent_with_codes_of_their_own() {
    let look = json!([call("1", "look", json!({"key": "k"}))]);
    let code = |story: &Story| story.state.error.as_ref().map(|error| error.code.clone());
    let mut story = agent(json!({"max_turns": 1}));
    story.says("", look.clone()).unwrap();
    story.tools_give(json!([[0, "succeeded", 1, null]]));
    assert_eq!(code(&story).as_deref(), Some("turn_limit"));
    let mut story = agent(json!({"max_tool_calls": 1}));
    story.says("", json!([call("1", "look", json!({"key": "k"})), call("2", "look", json!({"key": "k"}))])).unwrap();
    assert_eq!(code(&story).as_deref(), Some("tool_call_limit"));
    let mut story = agent(json!({"budget": {"tokens": 15}}));
    story.says("", look.clone()).unwrap();
    story.tools_give(json!([[0, "succeeded", 1, null]]));
    assert_eq!(code(&story).as_deref(), Some("budget_exceeded"));
    let mut story = agent(json!({}));
    story.says("", json!([call("1", "pay", json!({"amount": 5}))])).unwrap();
    story.tools_give(json!([[0, "failed", null, {"code": "code_error", "message": "boom"}]]));
    assert_eq!(code(&story).as_deref(), Some("tool_failed"), "{:?}", story.state.error);
}

#[test]
fn a_budget_in_money_ends_where_it_is_not_known_what_was_spent() {
    for (nano_usd, told) in [(json!(null), "not known"), (json!(2_000_000_000_u64), "2 US dollars are spent")] {
        let mut story = agent(json!({"budget": {"usd": 1}}));
        let usage = json!({"input_tokens": 10, "output_tokens": 5, "nano_usd": nano_usd});
        let answer = json!({"text": "", "tool_calls": [call("1", "look", json!({"key": "k"}))], "usage": usage,
            "model": "m", "stop_reason": "tool_calls"});
        story.reports(json!({"answered": {"asked": {"messages": []}, "answer": answer}})).unwrap();
        story.tools_give(json!([[0, "succeeded", 1, null]]));
        let error = story.state.error.clone().unwrap();
        assert!(error.code == "budget_exceeded" && error.message.contains(told), "{error:?}");
    }
}

#[test]
fn an_answer_that_does_not_fit_its_schema_is_asked_for_again_twice() {
    let schema =
        json!({"type": "object", "required": ["department"], "properties": {"department": {"enum": ["a", "b"]}}});
    let mut story = agent(json!({"output_schema": schema}));
    story.says("sales!", json!([])).unwrap();
    assert!(story.goes_on());
    story.says("```json\n{\"department\": \"a\"}\n```", json!([])).unwrap();
    assert_eq!(story.output("a")["data"], json!({"department": "a"}));
    let mut story = agent(json!({"output_schema": schema}));
    for _ in 0..3 {
        story.says("{\"department\": \"z\"}", json!([])).unwrap();
    }
    assert_eq!(story.state.error.as_ref().map(|error| error.code.as_str()), Some("invalid_output"));
}

#[test]
fn what_a_tool_gives_is_cut_for_the_model_and_kept_whole() {
    let mut story = agent(json!({}));
    story.says("", json!([call("1", "look", json!({"key": "k"}))])).unwrap();
    let long = "ü".repeat(100);
    story.tools_give(json!([[0, "succeeded", long, null]]));
    let Said::Tool { content, .. } = story.asked().messages.pop().unwrap() else { panic!("no result") };
    assert!(content.starts_with(&"ü".repeat(20)) && content.contains("200 bytes, of which these are the first 40"));
    story.says("done", json!([])).unwrap();
    assert_eq!(story.output("a")["tool_calls"][0]["result"], json!(long));
}

#[test]
fn tools_of_servers_keep_to_what_their_node_says_and_a_name_means_one_tool() {
    let model = json!({"provider": "openai_compatible", "name": "m", "base_url": "http://127.0.0.1:1/v1"});
    let server = |id: &str, bytes: u64| json!({"id": id, "type": "mcp", "config": {"url": "https://mcp.example/"}, "tool": {"result_bytes": bytes}});
    let nodes = json!([{"id": "a", "type": "agent", "config": {"model": model}}, server("s", 5), server("t", 9)]);
    let edges = json!([{"from": "start", "to": "a"}, {"from": "s", "to": "a", "connection": "ai_tool"},
        {"from": "t", "to": "a", "connection": "ai_tool"}]);
    let mut story = Story::given(nodes, edges, json!({}));
    let tools =
        |names: &[&str]| json!(names.iter().map(|name| json!({"name": name, "parameters": {}})).collect::<Vec<_>>());
    story.reports(json!({"opened": {"tools": {"s": tools(&["search"]), "t": tools(&["search", "fetch"])}}})).unwrap();
    let names: Vec<String> = story.asked().tools.into_iter().map(|tool| tool.name).collect();
    assert_eq!(names, ["search", "fetch"], "a provider takes no two tools of one name");
    for (name, node, kept) in [("search", "s", "12345"), ("fetch", "t", "123456789")] {
        story.says("", json!([call("1", name, json!({"q": 1}))])).unwrap();
        let planned = story.state.children[&NodeId::from("a")].items.value().unwrap()[0].clone();
        assert_eq!((planned["tool"].as_str(), planned["arguments"]["name"].as_str()), (Some(node), Some(name)));
        story.tools_give(json!([[0, "succeeded", "1234567890", null]]));
        let Some(Said::Tool { content, .. }) = story.asked().messages.pop() else { panic!("no result") };
        assert!(content.starts_with(&format!("{kept}\n[cut")), "{content}");
    }
}

#[test]
fn of_an_agent_that_is_a_tool_the_answer_counts() {
    let model = json!({"provider": "openai_compatible", "name": "m", "base_url": "http://127.0.0.1:1/v1"});
    let other = json!({"id": "research", "type": "agent", "config": {"model": model, "prompt": "{{ args.topic }}"}});
    let nodes = json!([{"id": "a", "type": "agent", "config": {"model": model}}, other]);
    let edges = json!([{"from": "start", "to": "a"}, {"from": "research", "to": "a", "connection": "ai_agent"}]);
    let mut story = Story::given(nodes, edges, json!({}));
    for (given, told) in [
        (json!({"text": "42", "data": null, "messages": [1, 2]}), "42"),
        (json!({"text": "…", "data": {"n": 42}, "messages": []}), r#"{"n":42}"#),
    ] {
        story.says("", json!([call("1", "research", json!({"topic": "life"}))])).unwrap();
        story.tools_give(json!([[0, "succeeded", given, null]]));
        let Some(Said::Tool { content, .. }) = story.asked().messages.pop() else { panic!("no result") };
        assert_eq!(content, told);
    }
}

#[test]
fn what_a_worker_reports_in_another_form_fails_the_agent() {
    let mut story = agent(json!({}));
    story.reports(json!({"text": "hello"})).unwrap();
    story.is(Status::Failed);
    let finished = Heard::finished(&json!({"text": "recorded"}));
    let mut story = agent(json!({}));
    story.reports(finished).unwrap();
    assert_eq!(story.output("a"), json!({"text": "recorded"}));
}

#[test]
fn calls_without_a_result_tell_what_they_wait_for() {
    let mut story = agent(json!({"parallel_tools": 1}));
    let look = |id: &str| call(id, "look", json!({"key": "k"}));
    story.says("", json!([call("0", "nothing", json!({})), look("1"), look("2")])).unwrap();
    let now = |story: &Story| Reading::of(|reading| calls_under_way(&story.state, &"a".into(), reading)).unwrap();
    let states: Vec<_> = now(&story).into_iter().map(|(at, one)| (at, one.state, one.execution_id.is_some())).collect();
    assert_eq!(states, [(1, CallState::Running, true), (2, CallState::Pending, false)], "the first was refused");
    let times = |story: &Story, tool: &str| {
        let told = Reading::of(|reading| tool_calls(&story.state, &story.workflow, &"a".into(), &tool.into(), reading));
        told.unwrap().map(|calls| (calls.asked, calls.not_run))
    };
    assert_eq!(
        (times(&story, "look"), times(&story, "pay"), times(&story, "start")),
        (Some((2, 0)), Some((0, 0)), None)
    );
    story.tools_give(json!([[1, "succeeded", 1, null], [2, "succeeded", 1, null]]));
    assert!(now(&story).is_empty());
    story.says("", json!([call("3", "look", json!({}))])).unwrap();
    assert_eq!(times(&story, "look"), Some((3, 1)), "one without its key is not run");
    assert_eq!(story.state.node(&"a".into()).unwrap().talk.as_ref().unwrap().turns[0].seq, 2);
}

#[test]
fn a_call_that_ended_is_told_as_such_while_others_are_open_and_after_the_end_of_its_agent() {
    let mut story = agent(json!({}));
    let pays = call("2", "pay", json!({"amount": 500}));
    story.says("", json!([call("1", "look", json!({"key": "k"})), pays])).unwrap();
    let now = |story: &Story| {
        let calls = Reading::of(|reading| calls_under_way(&story.state, &"a".into(), reading)).unwrap();
        calls.into_values().map(|one| (one.state, one.execution_id.is_some())).collect::<Vec<_>>()
    };
    let (activation, attempt) = (story.state.activation(&"a".into()), story.attempt());
    let ends = [(0, None)].into();
    story.when(Command::ChildrenEnded { activation, attempt, reopened: 0, ends }).unwrap();
    assert_eq!(now(&story), [(CallState::Ended, true), (CallState::Running, true)]);
    story.when(Command::Control { control: Control::Cancel, reason: None }).unwrap();
    assert_eq!(now(&story), [(CallState::Ended, true), (CallState::Cancelled, true)]);
}
