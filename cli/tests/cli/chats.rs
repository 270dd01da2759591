//! `stepwell chat`: a conversation by lines, with the example and the model that comes with it.

use crate::{
    example_agents::{Model, example},
    provider::{Provider, in_pieces},
    support::{Home, Told},
};
use serde_json::{Value, json};

/// A home in which the example is saved, for a model on its port.
fn assistant(model: &Model) -> Home {
    let home = Home::new();
    let text = std::fs::read_to_string(example("chat-assistant.json")).unwrap();
    let file = home.file("chat.json", text.replace("127.0.0.1:4010", &format!("127.0.0.1:{}", model.port)));
    home.run(&["save", &file]).exits(0);
    home
}

fn says(home: &Home, model: &Model, more: &[&str], lines: &str) -> Told {
    let allowed = format!("127.0.0.1:{}", model.port);
    home.say(&[&["chat", "chat-assistant", "--http-allow", &allowed], more].concat(), lines)
}

#[test]
fn a_conversation_remembers_and_asks_before_it_pays() {
    let model = Model::start();
    let home = assistant(&model);
    let told = says(&home, &model, &["--session", "s"], "What of O-2?\n\nPay it back, please.\nyes\n").exits(0);
    assert_eq!(told.out, "Order O-2 is lost. It cost 250.\n250 was paid back.\n", "{told:?}");
    assert!(told.err.contains("May the agent call pay_back?") && told.err.contains("calls order_state"), "{told:?}");
    assert!(told.err.contains("chat chat-assistant --session s"), "{told:?}");
    assert_eq!(model.refunds(), json!([{"order_id": "O-2", "amount": 250}]));
    // The session goes on in another process; a new one knows nothing.
    let told = says(&home, &model, &["--session", "s"], "Where is it now?\n").exits(0);
    assert_eq!(told.out, "Order O-2 is lost. It cost 250.\n");
    let told = says(&home, &model, &[], "Where is it now?\n").exits(0);
    assert_eq!(told.out, "Which order is it about? Its number begins with O-.\n");
}

#[test]
fn an_answer_that_is_not_understood_is_asked_for_again_and_the_next_line_is_read() {
    let model = Model::start();
    let home = assistant(&model);
    let told = says(&home, &model, &["--session", "s"], "What of O-2?\nPay it back, please.\nmaybe\nyes\n").exits(0);
    assert!(told.out.ends_with("250 was paid back.\n"), "{told:?}");
    assert_eq!(told.err.matches("May the agent call pay_back?").count(), 2, "it is asked again: {told:?}");
    // Where no line answers it, the question stays open, and it is said how to go on.
    let told = says(&home, &model, &["--session", "t"], "What of O-2?\nPay it back, please.\nmaybe\n").exits(1);
    assert!(told.err.contains("chat chat-assistant --session t"), "{told:?}");
    // Whoever goes on is asked first, and answers by the first line.
    let told = says(&home, &model, &["--session", "t"], "yes\n").exits(0);
    assert!(told.err.contains("May the agent call pay_back?"), "{told:?}");
    assert_eq!(told.out, "250 was paid back.\n");
}

#[test]
fn a_dangerous_tool_is_let_loose_by_its_name_alone() {
    let model = Model::start();
    let home = Home::new();
    let text = std::fs::read_to_string(example("chat-assistant.json")).unwrap();
    let mut document: Value =
        serde_json::from_str(&text.replace("127.0.0.1:4010", &format!("127.0.0.1:{}", model.port))).unwrap();
    let pay_back = document["nodes"].as_array_mut().unwrap().iter_mut().find(|node| node["id"] == "pay_back").unwrap();
    pay_back["tool"]["require_approval"] = json!({"security_level": "high"});
    let file = home.file("chat.json", document);
    home.run(&["save", &file]).exits(0);
    let begins = "What of O-2?\nPay it back, please.\n";
    // Neither a yes nor another name decides anything, and neither goes out as a message.
    let told = says(&home, &model, &["--session", "s"], &format!("{begins}yes\npay\n")).exits(1);
    assert_eq!(told.err.matches("that is not pay_back: nothing is decided yet").count(), 2, "{told:?}");
    for part in ["security level: high", "type pay_back to allow it, n to refuse"] {
        assert!(told.err.contains(part), "{told:?}");
    }
    assert_eq!(model.refunds(), json!([]));
    let told = says(&home, &model, &["--session", "t"], &format!("{begins}yes\npay_back\n")).exits(0);
    assert!(told.out.ends_with("250 was paid back.\n"), "{told:?}");
    assert_eq!(model.refunds(), json!([{"order_id": "O-2", "amount": 250}]));
    says(&home, &model, &["--session", "u"], &format!("{begins}no\n"));
    assert_eq!(model.refunds(), json!([{"order_id": "O-2", "amount": 250}]), "what is refused does not run");
}

#[test]
fn programs_are_told_each_piece_as_the_model_gives_it() {
    let model = Model::start();
    let home = assistant(&model);
    let told = says(&home, &model, &["--json"], "What of O-1?\n").exits(0);
    let events: Vec<Value> = told.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |name: &'static str| {
        events.iter().filter(move |event| event["event"] == name).map(|event| event["data"].clone())
    };
    let pieces: Vec<String> = of("delta").map(|data| data["text"].as_str().unwrap().to_owned()).collect();
    assert!(pieces.len() > 3, "it came word by word: {pieces:?}");
    let whole = of("message").next().unwrap()["text"].clone();
    assert_eq!(
        (json!(pieces.concat()), whole),
        (json!("Order O-1 is damaged. It cost 40."), json!("Order O-1 is damaged. It cost 40."))
    );
    assert_eq!(events.last().unwrap()["data"]["status"], "completed");
}

#[test]
fn what_fails_and_what_is_no_chat_exits_with_1() {
    let model = Model::start();
    let home = assistant(&model);
    let told = home.say(&["chat", "chat-assistant"], "What of O-1?\n").exits(1);
    assert!(told.out.is_empty() && told.err.contains("STEPWELL_HTTP_ALLOW"), "{told:?}");
    let told = home.say(&["chat", "nothing"], "Hello\n").exits(1);
    assert!(told.err.contains("there is no workflow nothing") && told.err.contains("stepwell workflows"), "{told:?}");
    // A file is no saved workflow, and what is saved is no chat unless it begins as one.
    let file =
        home.file("greet.json", json!({"id": "greet", "nodes": [{"id": "go", "type": "manual_trigger"}], "edges": []}));
    let told = home.say(&["chat", &file], "Hello\n").exits(1);
    assert!(told.err.contains("`stepwell save FILE`"), "{told:?}");
    home.run(&["save", &file]).exits(0);
    let told = home.say(&["chat", "greet"], "Hello\n").exits(1);
    assert!(told.err.contains("chat_trigger") && told.err.contains("`stepwell start`"), "{told:?}");
    let told = home.say(&["chat", "chat-assistant", "--session", "a b"], "Hello\n").exits(1);
    assert_eq!(told.err.matches("this names no session").count(), 1, "it is said once: {told:?}");
}

const MODEL_KEY: &str = "sk-of-the-model-0123456789";
const SHOP_KEY: &str = "shop-key-abcdefghij";

/// What stands in for a model that tells all that it knows in pieces of so many characters, and for a shop whose answers
/// repeat the key that they were asked with.
fn gossip(characters: usize) -> Provider {
    Provider::answering(move |_, request| {
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let header = head.lines().find_map(|line| line.strip_prefix("authorization: ")).unwrap_or_default();
        if head.starts_with("GET /orders") {
            return ("application/json", json!({"owner": "Ada", "asked_with": header}).to_string());
        }
        let asked: Value = serde_json::from_str(body).unwrap();
        let messages = asked["messages"].as_array().unwrap();
        let known = messages.iter().find(|message| message["role"] == "tool");
        let text = format!("I was asked by {header}. ");
        let (text, call) = match known {
            None => (text, Some(("orders", json!({"note": header})))),
            Some(result) => (format!("{text}The shop says {}.", result["content"]), None),
        };
        match asked["stream"].as_bool() {
            Some(true) => in_pieces(&text, characters, call.as_ref().map(|(name, arguments)| (*name, arguments))),
            _ => {
                let calls = call.map(|(name, arguments)| {
                    json!([{"id": "1", "type": "function", "function": {"name": name, "arguments": arguments.to_string()}}])
                });
                let reason = if calls.is_some() { "tool_calls" } else { "stop" };
                let message = json!({"role": "assistant", "content": text, "tool_calls": calls});
                let usage = json!({"prompt_tokens": 7, "completion_tokens": 3});
                let body = json!({"choices": [{"message": message, "finish_reason": reason}], "usage": usage});
                ("application/json", body.to_string())
            }
        }
    })
}

/// A home with a chat over it, in which both keys are secrets, and a file with the same that is no chat.
fn gossiping(provider: &Provider) -> (Home, String) {
    let home = Home::new();
    let mut model = provider.model("openai");
    model["api_key"] = json!("{{ secrets.MODEL }}");
    let url = format!("http://127.0.0.1:{}/orders", provider.port);
    let mut document = json!({"id": "gossip", "nodes": [
        {"id": "said", "type": "chat_trigger"},
        {"id": "agent", "type": "agent", "config": {"model": model, "prompt": "{{ output.message }}"}},
        {"id": "orders", "type": "http_request",
            "config": {"url": url, "headers": {"authorization": "Bearer {{ secrets.SHOP }}"}}, "tool": {}}],
        "edges": [{"from": "said", "to": "agent"}, {"from": "orders", "to": "agent", "connection": "ai_tool"}]});
    let file = home.file("gossip.json", &document);
    home.run(&["save", &file]).exits(0);
    document["id"] = json!("alone");
    document["nodes"][0]["type"] = json!("manual_trigger");
    let alone = home.file("alone.json", document);
    home.say(&["secret", "set", "MODEL", "--host", "127.0.0.1"], MODEL_KEY).exits(0);
    home.say(&["secret", "set", "SHOP", "--host", "127.0.0.1"], SHOP_KEY).exits(0);
    (home, alone)
}

/// The answers of the model as the journal has them.
fn answers(home: &Home, id: &str) -> Vec<Value> {
    let history = home.run(&["history", id, "--json"]).exits(0).json();
    let turns = history["history"].as_array().unwrap().clone();
    let events = turns.iter().flat_map(|turn| turn["events"].as_array().unwrap().clone());
    events.filter(|event| event["type"] == "agent_answered").map(|event| event["answer"].clone()).collect()
}

#[test]
fn no_secret_is_told_in_pieces_wherever_they_are_cut() {
    for characters in [1, 200] {
        let provider = gossip(characters);
        let (home, file) = gossiping(&provider);
        let told = home.say(&["chat", "gossip", "--json", "--http-allow", &provider.allowed()], "Hello\n").exits(0);
        assert!(provider.came().iter().any(|asked| asked.contains(SHOP_KEY)), "the shop was asked with its key");
        let events: Vec<Value> = told.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let named = |name: &'static str| events.iter().filter(move |event| event["event"] == name);
        assert!(!told.out.contains(MODEL_KEY) && !told.err.contains(MODEL_KEY), "{told:?}");
        // Pieces are not hidden by being cut: together they have neither key. What the model makes up is its own.
        let pieces: String = named("delta").map(|event| event["data"]["text"].as_str().unwrap()).collect();
        assert!(!pieces.contains(MODEL_KEY) && pieces.contains("I was asked by Bearer [secret MODEL]. "), "{pieces}");
        assert!(pieces.contains("[secret SHOP]"), "what the shop repeats is masked: {pieces}");
        let result = &named("tool_result").next().unwrap()["data"];
        assert_eq!(result["result"]["body"]["asked_with"], "Bearer [secret SHOP]", "{result}");
        let message = named("message").next().unwrap()["data"]["text"].as_str().unwrap();
        assert!(pieces.ends_with(message), "{message}");
        assert!(characters > 7 || named("delta").count() > 10, "it came in pieces: {pieces}");
        // What was told in pieces is recorded as what is told to nobody.
        let heard = answers(&home, events[0]["data"]["execution_id"].as_str().unwrap());
        let allowed = provider.allowed();
        let args = ["run", &file, "--json", "--http-allow", &allowed, "--input", "{\"message\": \"Hello\"}"];
        let alone = home.run(&args).exits(0);
        let silent = answers(&home, alone.json()["execution_id"].as_str().unwrap());
        assert!(heard.len() == 2 && heard == silent, "{heard:#?} {silent:#?}");
    }
}
