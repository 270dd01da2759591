//! Tests of agents at the terminal, over a server of this machine that speaks OpenAI's protocol.

use crate::support::Home;
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
};

/// A server whose model gives these answers one after the other, each `(text, tool calls)`, and its address.
fn model(answers: Vec<(&'static str, Value)>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for (mut stream, (text, calls)) in listener.incoming().flatten().zip(answers) {
            read(&stream);
            let message = json!({"role": "assistant", "content": text, "tool_calls": calls});
            let body = json!({"model": "m", "choices": [{"message": message, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 10, "completion_tokens": 5}})
            .to_string();
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n";
            let _ = write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len());
        }
    });
    address
}

/// Reads a request with its body.
fn read(stream: &TcpStream) {
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
    reader.read_exact(&mut vec![0; bytes]).unwrap();
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
