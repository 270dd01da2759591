//! `kill -9` of `stepwell dev` fifty times while agents ask a model and pay, over a stand-in and a ledger behind HTTP, with new
//! agents at each start: no answer that was recorded is asked for again, and nothing is paid twice.

use crate::binary::{Dev, Folder, Own, SOON};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    thread,
    time::{Duration, Instant},
};
use stepwell_tests::rng::Rng;

const KILLS: usize = 50;
/// Executions that begin in each life of the process.
const BEGIN: usize = 3;
/// Between a start and its kill, in milliseconds.
const LIVES: (usize, usize) = (20, 300);
/// Answers of the model that ask for two payments each, before the last one.
const ROUNDS: usize = 3;

/// What the model says: two payments at once in each of the first answers. Which answer that is shows in what was said.
pub fn says(request: &[u8]) -> Value {
    let (execution, number) = asked(request);
    let calls: Vec<Value> = ["a", "b"]
        .iter()
        .map(|which| {
            let arguments = json!({"name": format!("{execution}-{number}-{which}")}).to_string();
            json!({"id": which, "type": "function", "function": {"name": "pay", "arguments": arguments}})
        })
        .collect();
    let (content, calls, reason) = match number < ROUNDS {
        true => (Value::Null, json!(calls), "tool_calls"),
        false => (json!("Paid."), Value::Null, "stop"),
    };
    let message = json!({"role": "assistant", "content": content, "tool_calls": calls});
    json!({"choices": [{"message": message, "finish_reason": reason}], "usage": {"prompt_tokens": 1, "completion_tokens": 1}})
}

/// The execution that asks, and how many answers it has had.
fn asked(request: &[u8]) -> (String, usize) {
    let request: Value = serde_json::from_slice(request).unwrap_or_default();
    let messages = request["messages"].as_array().cloned().unwrap_or_default();
    let said = messages.iter().filter(|message| message["role"] == "assistant").count();
    let prompt =
        messages.iter().find(|message| message["role"] == "user").and_then(|message| message["content"].as_str());
    (prompt.unwrap_or_default().rsplit(' ').next().unwrap_or_default().to_owned(), said)
}

fn agents(own: &Own) -> Value {
    let retry = json!({"max_attempts": 9, "initial_seconds": 0.05});
    json!({"id": "agents", "nodes": [{"id": "start", "type": "manual_trigger"},
        {"id": "agent", "type": "agent", "retry": retry, "config": {"prompt": "Pay for {{ execution.id }}",
            "model": {"provider": "openai_compatible", "name": "m", "base_url": own.url("/v1")}}},
        {"id": "pay", "type": "http_request", "delivery": "at_least_once", "retry": retry,
            "config": {"method": "POST", "url": own.url("/charge/{{ args.name }}")},
            "tool": {"parameters": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}}}],
        "edges": [{"from": "start", "to": "agent"}, {"from": "pay", "to": "agent", "connection": "ai_tool"}]})
}

#[test]
fn no_recorded_answer_is_asked_for_again_and_nothing_paid_twice_however_often_the_process_dies() {
    let (folder, own) = (Folder::new("kill-agents"), Own::start());
    let (data, allow) = (folder.data(), own.allowed());
    let args = ["--http-allow", allow.as_str()];
    let (mut rng, mut begun) = (Rng::new(16, 1), Vec::new());
    for life in 0..=KILLS {
        let dev = Dev::start(&data, &args);
        if life == 0 {
            let (status, body) = dev.call("POST", "/v1/workflows", &agents(&own));
            assert_eq!(status, 201, "{body}");
        }
        for _ in 0..BEGIN {
            let (status, body) = dev.call("POST", "/v1/workflows/agents/executions", &json!({"input": {}}));
            assert_eq!(status, 202, "{body}");
            begun.push(body["execution_id"].as_str().unwrap().to_owned());
        }
        if life < KILLS {
            thread::sleep(Duration::from_millis(rng.between(LIVES.0, LIVES.1) as u64));
            dev.kill_now();
            continue;
        }
        let deadline = Instant::now() + SOON;
        for id in &begun {
            loop {
                let execution = dev.get(&format!("/v1/executions/{id}"));
                if execution["status"] == "completed" {
                    break;
                }
                let goes_on = ["pending", "running", "waiting"].iter().any(|status| execution["status"] == *status);
                assert!(goes_on && Instant::now() < deadline, "{execution}");
                thread::sleep(Duration::from_millis(20));
            }
        }
        dev.kill();
    }
    nothing_twice(&own, &begun);
}

/// Looks at what came to the model and to the ledger.
#[track_caller]
fn nothing_twice(own: &Own, begun: &[String]) {
    let mut answers: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for seen in own.came() {
        match seen.path.strip_prefix("/charge/") {
            Some(name) => {
                let head = seen.head.to_lowercase();
                let key = head.lines().find_map(|line| line.strip_prefix("idempotency-key: ")).unwrap().to_owned();
                keys.entry(name.to_owned()).or_default().insert(key);
            }
            None => {
                let (execution, number) = asked(&seen.body);
                answers.entry(execution).or_default().push(number);
            }
        }
    }
    let mut again = 0;
    for id in begun {
        // Whoever asks for an answer has recorded those before it, and so asks for none of them any more.
        let numbers = &answers[id];
        assert!(numbers.is_sorted(), "{id}: {numbers:?}");
        assert_eq!((numbers[0], numbers[numbers.len() - 1]), (0, ROUNDS), "{id}: {numbers:?}");
        again += numbers.len() - (ROUNDS + 1);
        for number in 0..ROUNDS {
            for which in ["a", "b"] {
                let name = format!("{id}-{number}-{which}");
                assert_eq!(keys.get(&name).map_or(0, BTreeSet::len), 1, "{name}");
            }
        }
    }
    assert_eq!(keys.len(), begun.len() * ROUNDS * 2, "nothing else was paid");
    println!("{} agents; {again} calls were cut off before their answers were recorded, and made again", begun.len());
}
