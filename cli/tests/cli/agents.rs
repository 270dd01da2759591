//! Tests of agents at the terminal, over a server of this machine that speaks OpenAI's protocol.

use crate::support::Home;
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

/// A server whose model gives these answers one after the other, each `(text, tool calls)`, and its address.
fn model(answers: Vec<(&'static str, Value)>) -> String {
    model_that_hears(answers).0
}

/// The same, with what it was asked.
fn model_that_hears(answers: Vec<(&'static str, Value)>) -> (String, Arc<Mutex<Vec<String>>>) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hears = heard.clone();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for (mut stream, (text, calls)) in listener.incoming().flatten().zip(answers) {
            hears.lock().unwrap().push(read(&stream));
            let message = json!({"role": "assistant", "content": text, "tool_calls": calls});
            let body = json!({"model": "m", "choices": [{"message": message, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 10, "completion_tokens": 5}})
            .to_string();
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n";
            let _ = write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len());
        }
    });
    (address, heard)
}

/// Reads a request, and returns its body.
fn read(stream: &TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let mut bytes = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(length) = line.to_lowercase().strip_prefix("content-length:") {
            bytes = length.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; bytes];
    reader.read_exact(&mut body).unwrap();
    String::from_utf8(body).unwrap()
}

fn call(id: &str, name: &str, arguments: &Value) -> Value {
    json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments.to_string()}})
}

fn support(address: &str) -> Value {
    let amount = json!({"type": "object", "required": ["amount"], "properties": {"amount": {"type": "integer"}}});
    json!({"id": "support", "nodes": [
        {"id": "start", "type": "manual_trigger"},
        {"id": "triage", "type": "agent", "config": {"system_prompt": "You help.", "prompt": "What now?",
            "model": {"provider": "openai_compatible", "name": "m", "base_url": format!("http://{address}/v1")}}},
        {"id": "look", "type": "transform", "config": {"expression": "{'found': args.key}"}, "tool": {}},
        {"id": "pay", "type": "transform", "config": {"expression": "{'paid': args.amount}"},
            "tool": {"require_approval": true, "parameters": amount}}],
        "edges": [{"from": "start", "to": "triage"}, {"from": "look", "to": "triage", "connection": "ai_tool"},
            {"from": "pay", "to": "triage", "connection": "ai_tool"}]})
}

#[test]
fn an_agent_is_shown_as_a_conversation_and_its_tool_is_used_with_other_arguments() {
    let home = Home::new();
    let calls = json!([call("1", "look", &json!({"key": "k"})), call("2", "pay", &json!({"amount": 500}))]);
    let address = model(vec![("I look and pay.", calls), ("All done.", Value::Null)]);
    let file = home.file("support.json", support(&address));
    let run = home.run(&["run", &file, "--no-input", "--json", "--http-allow", &address]).exits(3).json();
    let id = run["execution_id"].as_str().unwrap();
    let shown = home.run(&["show", id]).exits(0).out;
    for told in [
        "agent triage: 1 answer, 10 tokens read, 5 written",
        "      system  You help.",
        "        user  What now?",
        "       model  I look and pay.",
        "       calls  look {\"key\":\"k\"}",
        "       calls  pay {\"amount\":500}",
        "waiting_human by ",
        "tool of triage, called once",
        "May the agent call pay?",
    ] {
        assert!(shown.contains(told), "{told}: {shown}");
    }
    home.run(&["answer", id, "--approve", "--arguments", "{\"amount\": 300}"]).exits(0);
    home.run(&["run", &file, "--resume", id, "--http-allow", &address]).exits(0);
    let shown = home.run(&["show", id]).exits(0).out;
    for told in
        ["agent triage: 2 answers, 20 tokens read, 10 written", "succeeded by ", ": {\"paid\":300}", "model  All done."]
    {
        assert!(shown.contains(told), "{told}: {shown}");
    }
}

/// The process that asks again is another one than the one that asked first: it has of the answer what is stored.
#[test]
fn what_is_kept_by_its_hash_is_told_to_the_model_again_and_shown_to_nobody() {
    let home = Home::new();
    let calls = json!([call("1", "look", &json!({"key": "k"})), call("2", "pay", &json!({"amount": 500}))]);
    let (address, heard) = model_that_hears(vec![("I look and pay.", calls), ("All done.", Value::Null)]);
    let mut document = support(&address);
    document["settings"] = json!({"redact": ["prompts"]});
    document["nodes"][3]["tool"]["require_approval"] = json!(false);
    document["nodes"][2] = json!({"id": "look", "type": "human", "tool": {},
        "config": {"kind": "approval", "question": "Well?"}});
    let file = home.file("support.json", document);
    let run = home.run(&["run", &file, "--no-input", "--json", "--http-allow", &address]).exits(3).json();
    let id = run["execution_id"].as_str().unwrap();
    home.run(&["answer", id, "--approve"]).exits(0);
    home.run(&["run", &file, "--resume", id, "--http-allow", &address]).exits(0);
    let asked = heard.lock().unwrap().clone();
    assert!(asked.len() == 2 && asked[1].contains("What now?") && asked[1].contains("I look and pay."), "{asked:#?}");
    let shown = [home.run(&["show", id]).exits(0).out, home.run(&["history", id, "--json"]).exits(0).out];
    for (shown, told) in shown.iter().zip(["pay {\"amount\":500}", "\"sealed\":true"]) {
        assert!(shown.contains(told), "{told}: {shown}");
        for said in ["What now?", "You help.", "I look and pay."] {
            assert!(!shown.contains(said), "{said}: {shown}");
        }
    }
}
