//! What typed connections hand to a node: the latest output of a node before it, under the connection's name.

use super::story::Story;
use crate::{agent::ask, evolve::input_of, execution::Status, reading::Reading};
use document::work::Message;
use serde_json::{Value, json};

/// Transforms one behind the other, each with an expression, and edges besides.
fn chain(nodes: &[(&str, &str)], edges: Value, input: Value) -> Story {
    let ids: Vec<&str> = std::iter::once("start").chain(nodes.iter().map(|(id, _)| *id)).collect();
    let main = ids.windows(2).map(|pair| json!({"from": pair[0], "to": pair[1]}));
    let edges: Vec<Value> = main.chain(edges.as_array().unwrap().iter().cloned()).collect();
    let nodes: Vec<Value> = nodes
        .iter()
        .map(|(id, expression)| json!({"id": id, "type": "transform", "config": {"expression": expression}}))
        .collect();
    let mut story = Story::given(json!(nodes), json!(edges), input);
    story.runs_by_itself();
    story
}

fn edge(from: &str, connection: &str) -> Value {
    json!({"from": from, "to": "use", "connection": connection})
}

fn input(story: &Story, node: &str) -> Value {
    let ix = story.workflow.graph.index[node];
    let input = Reading::of(|reading| input_of(&story.workflow, &story.state, ix, reading)).unwrap();
    input.value().unwrap().clone()
}

#[test]
fn a_node_is_given_what_came_and_what_it_is_handed() {
    let story = chain(
        &[("load", "['a', 'b']"), ("other", "{'n': 1}"), ("use", "ai_document")],
        json!([edge("load", "ai_document"), edge("start", "ai_retriever")]),
        json!({"who": "Ada"}),
    );
    assert_eq!(input(&story, "use"), json!({"n": 1, "ai_document": ["a", "b"], "ai_retriever": {"who": "Ada"}}));
    assert_eq!(story.output("use"), json!(["a", "b"]));
    story.is(Status::Completed);
}

#[test]
fn what_came_and_is_no_object_stands_under_the_node_that_gave_it() {
    for (came, gives) in [("'text'", json!("text")), ("[1]", json!([1])), ("null", Value::Null)] {
        let story =
            chain(&[("load", "7"), ("other", came), ("use", "1")], json!([edge("load", "ai_document")]), json!({}));
        assert_eq!(input(&story, "use"), json!({"other": gives, "ai_document": 7}));
    }
}

#[test]
fn several_of_one_connection_come_as_a_list_in_the_order_of_the_document() {
    let several = json!([edge("b", "ai_document"), edge("a", "ai_document"), edge("a", "ai_chain")]);
    let story = chain(&[("a", "1"), ("b", "{}"), ("use", "1")], several, json!({}));
    assert_eq!(input(&story, "use"), json!({"ai_document": [{}, 1], "ai_chain": 1}));
}

#[test]
fn what_was_skipped_hands_nothing_on() {
    let nodes = json!([
        {"id": "choose", "type": "branch", "config": {"rules": [{"when": "input.yes", "port": "yes"}], "default": "no"}},
        {"id": "load", "type": "transform", "config": {"expression": "'loaded'"}},
        {"id": "use", "type": "transform", "config": {"expression": "has(output.ai_document) ? output.ai_document : 'none'"}}]);
    let main = json!([{"from": "start", "to": "choose"}, {"from": "choose", "to": "load", "port": "yes"},
        {"from": "choose", "to": "use", "port": "no"}, {"from": "load", "to": "use"}]);
    for (yes, one, several) in
        [(true, json!("loaded"), json!(["loaded", {"yes": true}])), (false, json!("none"), json!([{"yes": false}]))]
    {
        for (data, given) in [
            (json!([edge("load", "ai_document")]), &one),
            (json!([edge("load", "ai_document"), edge("start", "ai_document")]), &several),
        ] {
            let edges: Vec<Value> = main.as_array().unwrap().iter().chain(data.as_array().unwrap()).cloned().collect();
            let mut story = Story::given(nodes.clone(), json!(edges), json!({"yes": yes}));
            story.runs_by_itself();
            assert_eq!(story.output("use"), *given, "{data}");
        }
    }
}

#[test]
fn each_iteration_is_handed_what_it_made_itself() {
    let nodes = json!([
        {"id": "l", "type": "loop", "config": {"for_each": "[1, 2, 3]"}},
        {"id": "load", "type": "transform", "config": {"expression": "item * 10"}},
        {"id": "use", "type": "transform", "config": {"expression": "ai_document"}},
        {"id": "after", "type": "transform", "config": {"expression": "output.items"}}]);
    let edges = json!([{"from": "start", "to": "l"}, {"from": "l", "to": "load", "port": "loop"},
        {"from": "load", "to": "use"}, {"from": "use", "to": "l"}, {"from": "l", "to": "after"},
        {"from": "load", "to": "use", "connection": "ai_document"}]);
    let mut story = Story::given(nodes, edges, json!({}));
    story.runs_by_itself();
    assert_eq!(story.output("after"), json!([10, 20, 30]));
}

/// An agent behind `load` and `other`, which hand it what they put out.
fn agent(config: Value) -> Story {
    let model = json!({"provider": "openai_compatible", "name": "m", "base_url": "http://127.0.0.1:1/v1"});
    let mut all = json!({"model": model});
    all.as_object_mut().unwrap().extend(config.as_object().unwrap().clone());
    let nodes = json!([
        {"id": "load", "type": "transform", "config": {"expression": "{'page': 1}"}},
        {"id": "other", "type": "transform", "config": {"expression": "{'message': 'Hello'}"}},
        {"id": "use", "type": "agent", "config": all}]);
    let edges = json!([{"from": "start", "to": "load"}, {"from": "load", "to": "other"}, {"from": "other", "to": "use"},
        edge("other", "ai_retriever"), edge("load", "ai_document"), edge("start", "ai_document")]);
    let mut story = Story::given(nodes, edges, json!({"who": "Ada"}));
    story.runs_by_itself();
    story
}

struct NoSecrets;

impl expression::Secrets for NoSecrets {
    fn secret(&self, _: &str) -> Option<String> {
        None
    }
}

fn asked(story: &Story) -> Vec<(bool, String)> {
    let ix = story.workflow.node_ix("use").unwrap();
    let asked = Reading::of(|reading| ask(&story.workflow, &story.state, ix, &NoSecrets, reading).unwrap().unwrap());
    let said = |message: Message| match message {
        Message::User { content } => (true, content),
        Message::System { content } | Message::Assistant { content, .. } | Message::Tool { content, .. } => {
            (false, content)
        }
    };
    asked.unwrap().0.messages.into_iter().map(said).collect()
}

#[test]
fn an_agent_reads_what_it_is_handed_before_what_it_is_asked() {
    let context = "Data for what follows, as JSON, a line each:\n{\"ai_retriever\":{\"message\":\"Hello\"}}\n\
        {\"ai_document\":{\"page\":1}}\n{\"ai_document\":{\"who\":\"Ada\"}}";
    let user = |text: &str| (true, text.to_owned());
    assert_eq!(asked(&agent(json!({}))), [user(context), user("Hello")], "the question is what came alone");
    let prompt = json!({"prompt": "Page {{ output.ai_document[0].page }}, {{ output.message }}"});
    assert_eq!(asked(&agent(prompt)), [user(context), user("Page 1, Hello")]);
    let few = json!({"messages": [{"role": "user", "content": "1?"}, {"role": "assistant", "content": "2."},
        {"role": "user", "content": "And now?"}]});
    assert_eq!(asked(&agent(few)), [user("1?"), (false, "2.".to_owned()), user(context), user("And now?")]);
    let none = json!({"messages": [{"role": "system", "content": "Summarize."}]});
    assert_eq!(asked(&agent(none)), [(false, "Summarize.".to_owned()), user(context)]);
}
