//! Agents on AWS, over a model that nobody here wrote: their journals are those of the embedded host, also where a function is
//! killed on the way, and what is said at once in one session is answered in turn.

use super::examples::{Host, Mortal, PATIENCE, ok};
use crate::binary::{Dev, Folder, Own};
use serde_json::{Map, Value, json};
use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Instant,
};
use stepwell_tests::{cloud::Cloud, stand_in::StandIn};

fn stand_in() -> StandIn {
    StandIn::start(&["tests/models/fixtures/refund.json"])
}

/// An agent with a memory, a tool that asks a server, one that computes, and one that pays, which a person must approve.
fn refunds(model: &StandIn, ledger: &Own) -> Value {
    let text = |name: &str| json!({"type": "object", "required": [name], "properties": {name: {"type": "string"}}});
    let choice =
        json!({"provider": "openai", "name": "m", "base_url": model.base_url("openai"), "api_key": "k-of-test"});
    json!({"id": "refunds", "nodes": [{"id": "start", "type": "manual_trigger"},
        {"id": "agent", "type": "agent", "retry": {"max_attempts": 5, "initial_seconds": 0.1},
            "config": {"model": choice, "system_prompt": "You pay back.", "prompt": "{{ input.message }}"}},
        {"id": "kept", "type": "memory", "config": {"key": "{{ input.session }}"}},
        {"id": "find_order", "type": "http_request", "config": {"url": ledger.url("/orders/{{ args.order_id }}")},
            "tool": {"parameters": text("order_id")}},
        {"id": "find_customer", "type": "transform", "config": {"expression": "'Ada, ' + args.email"},
            "tool": {"parameters": text("email")}},
        {"id": "pay", "type": "http_request", "delivery": "at_least_once", "retry": {"max_attempts": 5, "initial_seconds": 0.1},
            "config": {"method": "POST", "url": ledger.url("/pay/{{ args.order_id }}/{{ args.amount }}")},
            "tool": {"require_approval": "args.amount > 100"}}],
        "edges": [{"from": "start", "to": "agent"}, {"from": "kept", "to": "agent", "connection": "ai_memory"},
            {"from": "find_order", "to": "agent", "connection": "ai_tool"},
            {"from": "find_customer", "to": "agent", "connection": "ai_tool"},
            {"from": "pay", "to": "agent", "connection": "ai_tool"}]})
}

/// Runs it on a host, lets less be paid than the model wants, and returns the journals of the execution and of its calls.
async fn journals(host: &mut impl Host, document: &Value, session: &str) -> Vec<Vec<Value>> {
    ok(host, "POST", "/v1/workflows", Some(document)).await;
    let input = json!({"message": "O-2 never came", "session": session});
    let started = ok(host, "POST", "/v1/workflows/refunds/executions", Some(&json!({ "input": input }))).await;
    let id = started["execution_id"].as_str().unwrap().to_owned();
    let until = Instant::now() + PATIENCE;
    loop {
        host.go_on().await;
        assert!(Instant::now() < until, "it does not end");
        let shown = ok(host, "GET", &format!("/v1/executions/{id}"), None).await;
        if shown["status"] == "completed" {
            let calls = shown["output"]["tool_calls"].as_array().unwrap();
            let all: Vec<String> =
                calls.iter().filter_map(|call| call["execution_id"].as_str()).map(Into::into).collect();
            assert_eq!((calls.len(), all.len()), (4, 3), "one call does not fit, and runs nowhere: {shown:#}");
            let mut journals = Vec::new();
            for one in [id.clone()].iter().chain(&all) {
                journals.push(journal(host, one, &id).await);
            }
            return journals;
        }
        assert!(shown["status"] != "failed", "{shown:#}");
        let open = ok(host, "GET", &format!("/v1/interactions?execution_id={id}&status=pending"), None).await;
        if let Some(question) = open["items"][0]["interaction_id"].as_str() {
            let answer = json!({"approved": true, "arguments": {"order_id": "O-2", "amount": 125}});
            // Where the function that asked was killed, its question can be answered once its message has come again.
            let _ = host.request("POST", &format!("/v1/interactions/{question}/respond"), Some(&answer)).await;
        }
    }
}

/// All events of an execution in their order, without what differs from run to run.
async fn journal(host: &mut impl Host, id: &str, root: &str) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = ok(host, "GET", &format!("/v1/executions/{id}/history?limit=200{cursor}"), None).await;
        let events = page["history"].as_array().unwrap().iter().flat_map(|turn| turn["events"].as_array().unwrap());
        all.extend(events.map(|event| plain(event, root)));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return in_order(all),
        }
    }
}

/// Calls that run at once end in any order, each by itself or several in one turn: their ends are put together in order.
fn in_order(all: Vec<Value>) -> Vec<Value> {
    let mut told: Vec<Value> = Vec::new();
    for event in all {
        let ends = |one: &Value| one["type"] == "children_ended";
        match told.last_mut().filter(|last| ends(last) && ends(&event)) {
            Some(last) => {
                for how in ["completed", "failed"] {
                    let both = [&last[how], &event[how]].into_iter().filter_map(Value::as_array).flatten();
                    let mut both: Vec<u64> = both.filter_map(Value::as_u64).collect();
                    both.sort_unstable();
                    if !both.is_empty() {
                        last[how] = json!(both);
                    }
                }
            }
            None => told.push(event),
        }
    }
    for event in &mut told {
        if let Some(ended) = event.get_mut("completed").and_then(Value::as_array_mut) {
            ended.sort_by_key(Value::as_u64);
        }
    }
    told
}

/// What people, times and ids are called on any host. Other members say on which host an execution was, or how long things
/// took.
fn plain(value: &Value, root: &str) -> Value {
    const ELSEWHERE: [&str; 8] =
        ["owner", "by", "answered_by", "decided_by", "started_by", "duration_ms", "receipt", "seal"];
    match value {
        Value::String(text) if document::time::Time::parse(text).is_some() => json!("a time"),
        // Ids of calls and questions derive from that of the execution.
        Value::String(text) if uuid::Uuid::parse_str(text).is_ok() => json!("an id"),
        Value::String(text) => json!(text.replace(root, "root")),
        Value::Array(items) => items.iter().map(|item| plain(item, root)).collect(),
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(name, _)| !ELSEWHERE.contains(&name.as_str()));
            Value::Object(kept.map(|(name, value)| (name.clone(), plain(value, root))).collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

/// How often the model was asked, by how many answers it had given before.
fn asked(model: &StandIn) -> Vec<usize> {
    let said = |request: &Value| {
        let messages = request["body"]["messages"].as_array().unwrap();
        messages.iter().filter(|message| message["role"] == "assistant").count()
    };
    model.asked("O-2 never came").iter().map(said).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_agent_has_the_same_journal_on_sqlite_and_on_aws() {
    let (model, ledger) = (stand_in(), Own::start());
    let allowed = format!("127.0.0.1:{},{}", model.port(), ledger.allowed());
    let document = refunds(&model, &ledger);
    let folder = Folder::new("conversations");
    let mut embedded = Dev::start(&folder.data(), &["--http-allow", &allowed]);
    let mut cloud = Cloud::new("conversations").await;
    cloud.set("STEPWELL_HTTP_ALLOW", &allowed);
    let mut stack = Mortal { cloud, dies_at: None, batches: 0 };
    let expected = journals(&mut embedded, &document, "s").await;
    let kinds: BTreeSet<&str> = expected[0].iter().filter_map(|event| event["type"].as_str()).collect();
    for kind in ["agent_opened", "agent_answered", "agent_tool_ended", "children_planned", "execution_completed"] {
        assert!(kinds.contains(kind), "{kind}: {kinds:?}");
    }
    assert_eq!(asked(&model), [0, 1, 2]);
    let found = journals(&mut stack, &document, "s").await;
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(&expected) {
        pretty(found, expected);
    }
    assert_eq!(asked(&model), [0, 1, 2, 0, 1, 2]);
    let paid = |ledger: &Own| ledger.came().iter().filter(|seen| seen.path == "/pay/O-2/125").count();
    assert_eq!(paid(&ledger), 2, "once on each host, as a person let it");
    // Killed in the middle of each of its first batches, it still has that journal: what was answered is not asked again.
    for at in 0..3 {
        let before = model.asked("O-2 never came").len();
        stack.dies_at = Some(stack.batches + at);
        let found = journals(&mut stack, &document, &format!("killed-{at}")).await;
        for (found, expected) in found.iter().zip(&expected) {
            let (found, expected) =
                (format!("{found:#?}").replace(&format!("killed-{at}"), "s"), format!("{expected:#?}"));
            assert_eq!(found, expected, "killed in batch {at}");
        }
        let numbers = asked(&model)[before..].to_vec();
        assert!(numbers.is_sorted() && numbers.len() <= 4, "killed in batch {at}: {numbers:?}");
    }
}

#[track_caller]
fn pretty(found: &[Value], expected: &[Value]) {
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found, expected, "{found:#} in the place of {expected:#}");
    }
    assert_eq!(found.len(), expected.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_messages_that_are_sent_at_once_are_answered_one_after_the_other() {
    let model = stand_in();
    let mut cloud = Cloud::new("chat-at-once").await;
    cloud.set("STEPWELL_HTTP_ALLOW", &format!("127.0.0.1:{}", model.port()));
    let choice =
        json!({"provider": "anthropic", "name": "m", "base_url": model.base_url("anthropic"), "api_key": "k-of-test"});
    let document = json!({"id": "help", "settings": {"overlap": "queue"}, "nodes": [{"id": "said", "type": "chat_trigger"},
            {"id": "agent", "type": "agent", "config": {"model": choice, "prompt": "{{ output.message }}"}},
            {"id": "kept", "type": "memory", "config": {"key": "{{ input.session_id }}"}}],
        "edges": [{"from": "said", "to": "agent"}, {"from": "kept", "to": "agent", "connection": "ai_memory"}]});
    let (status, saved) = cloud.request("POST", "/v1/workflows", Some(&document)).await;
    assert_eq!(status, 201, "{saved}");
    let (fleet, over) = (cloud.fleet(2), Arc::new(AtomicBool::new(false)));
    let ends = over.clone();
    let works = tokio::spawn(async move {
        while !ends.load(Relaxed) {
            cloud.step().await;
        }
        cloud
    });
    let says = async |text: &str| {
        let headers = json!({"authorization": "Bearer TOKEN", "content-type": "application/json"});
        let body = json!({"message": text, "session_id": "s"}).to_string();
        let (status, text) = fleet.send("POST", "/v1/chat/help", headers, Some(body)).await;
        (status, serde_json::from_str::<Value>(&text).unwrap())
    };
    let (one, two) = futures::join!(says("the first question"), says("the second question"));
    over.store(true, Relaxed);
    let mut cloud = works.await.unwrap();
    for ((status, answer), text) in [(&one, "the first answer"), (&two, "the second answer")] {
        assert_eq!((*status, &answer["status"], &answer["text"]), (200, &json!("completed"), &json!(text)), "{answer}");
    }
    // Whichever came second was asked with what was said of the first, and so began after it had ended.
    let (_, shown) = cloud.request("GET", "/v1/chat/help/s", None).await;
    let order: Vec<&str> =
        shown["items"].as_array().unwrap().iter().map(|one| one["message"].as_str().unwrap()).collect();
    assert_eq!(order.iter().collect::<BTreeSet<_>>().len(), 2, "{shown}");
    let last = model.asked(order[1]);
    assert_eq!((last.len(), model.asked(order[0]).len()), (1, 2), "{shown}");
    let messages = last[0]["body"]["messages"].as_array().unwrap();
    let said: Vec<&str> = messages.iter().filter_map(|message| message["content"].as_str()).collect();
    let answer = if order[0] == "the first question" { "the first answer" } else { "the second answer" };
    assert_eq!(said, [order[0], answer, order[1]], "{messages:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_of_a_model_that_is_longer_than_the_function_is_refused_when_it_is_saved() {
    let (model, ledger) = (stand_in(), Own::start());
    let mut cloud = Cloud::new("too-long-calls").await;
    cloud.set("STEPWELL_STEP_SECONDS", "60");
    let mut document = refunds(&model, &ledger);
    document["nodes"][1]["timeout_seconds"] = json!(55.5);
    let (status, refused) = cloud.request("POST", "/v1/workflows", Some(&document)).await;
    assert_eq!((status, &refused["code"]), (422, &json!("invalid_workflow")), "{refused}");
    let error = &refused["errors"][0];
    assert_eq!((&error["code"], &error["path"]), (&json!("timeout_too_long"), &json!("/nodes/1/timeout_seconds")));
    assert!(error["message"].as_str().unwrap().contains("55 s at most, and this one may take 55.5 s"), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("FunctionTimeout"), "{error}");
    document["nodes"][1]["timeout_seconds"] = json!(55);
    let (status, saved) = cloud.request("POST", "/v1/workflows", Some(&document)).await;
    assert_eq!(status, 201, "{saved}");
}
