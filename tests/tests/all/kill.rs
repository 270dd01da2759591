//! `kill -9` of `stepwell dev` at fifty moments under load; every execution that was accepted ends as it should.

use crate::binary::{Dev, Folder, Own, SOON};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashSet},
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

const KILLS: u32 = 50;
/// Between a start and its kill, in milliseconds.
const LIVES: (u64, u64) = (5, 300);
const CLIENTS: u64 = 3;
/// Enough load that both cores work, and little enough that the rest is done within a minute.
const STARTS_PER_LIFE: u64 = 40;

/// xorshift64*: the moments are chosen anew each time, and can be chosen again by the seed that is printed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) % below
    }
}

fn seed() -> u64 {
    let given = std::env::var("STEPWELL_SEED").ok().and_then(|text| text.parse().ok());
    let clock = || std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64 | 1;
    given.unwrap_or_else(clock)
}

/// An execution that was accepted, and what it must come to.
struct Accepted {
    id: String,
    kind: &'static str,
    output: Value,
}

fn nodes(rest: &[Value]) -> Vec<Value> {
    [&[json!({"id": "start", "type": "manual_trigger"})], rest].concat()
}

fn set(id: &str, expression: &str) -> Value {
    json!({"id": id, "type": "transform", "config": {"expression": expression}})
}

/// The workflows of the load, by name.
fn workflows(own: &Own) -> Vec<Value> {
    let edge = |from: &str, to: &str| json!({"from": from, "to": to});
    let line = |id: &str, rest: &[Value]| {
        let nodes = nodes(rest);
        let edges: Vec<_> =
            nodes.windows(2).map(|two| edge(two[0]["id"].as_str().unwrap(), two[1]["id"].as_str().unwrap())).collect();
        json!({"id": id, "nodes": nodes, "edges": edges})
    };
    let parts: Vec<_> = (0..8).map(|part| set(&format!("p{part}"), &format!("input.n + {part}"))).collect();
    let sum = (0..8).map(|part| format!("ctx.p{part}.output")).collect::<Vec<_>>().join(" + ");
    let names: Vec<_> = (0..8).map(|part| format!("p{part}")).collect();
    let fan: Vec<_> = names.iter().flat_map(|part| [edge("start", part), edge(part, "sum")]).collect();
    let step = |n: usize| set(&format!("s{n}"), if n == 0 { "input.n + 1" } else { "output + 1" });
    let body = json!({"nodes": [set("double", "item * 2")], "edges": []});
    vec![
        line("chain", &(0..6).map(step).collect::<Vec<_>>()),
        json!({"id": "fan", "nodes": nodes(&[&parts[..], &[set("sum", &sum)]].concat()), "edges": fan}),
        json!({"id": "loop", "output": "ctx.each.output.items", "nodes": nodes(&[
            json!({"id": "each", "type": "loop", "config": {"for_each": "[1, 2, 3, 4]"}}), set("add", "item + input.n")]),
            "edges": [edge("start", "each"), {"from": "each", "to": "add", "port": "loop"}, edge("add", "each")]}),
        line(
            "map",
            &[json!({"id": "each", "type": "map",
            "config": {"items": "[input.n, 1, 2, 3, 4, 5]", "body": body}})],
        ),
        line("wait", &[json!({"id": "nap", "type": "wait", "config": {"seconds": 0.3}}), set("after", "input.n")]),
        line("code", &[json!({"id": "js", "type": "code", "config": {"code": "return input.n * 2"}})]),
        line(
            "http",
            &[
                json!({"id": "get", "type": "http_request",
            "config": {"url": own.url("/n/{{ input.n }}")}, "retry": {"max_attempts": 5, "initial_seconds": 0.1}}),
                set("path", "output.body.path"),
            ],
        ),
        json!({"id": "human", "nodes": nodes(&[
            json!({"id": "ask", "type": "human", "config": {"kind": "approval", "question": "{{ input.n }}?"}}),
            set("after", "{'n': input.n, 'said': output.decision}")]),
            "edges": [edge("start", "ask"), {"from": "ask", "to": "after", "port": "approved"}]}),
    ]
}

const KINDS: [&str; 8] = ["chain", "fan", "loop", "map", "wait", "code", "http", "human"];

fn expected(kind: &str, n: u64) -> Value {
    match kind {
        "chain" => json!(n + 6),
        "fan" => json!(8 * n + 28),
        "loop" => json!([n + 1, n + 2, n + 3, n + 4]),
        "map" => json!([2 * n, 2, 4, 6, 8, 10]),
        "wait" => json!(n),
        "code" => json!(2 * n),
        "http" => json!(format!("/n/{n}")),
        _ => json!({"n": n, "said": "approved"}),
    }
}

/// Starts executions until the server is gone; each start is kept only once its 202 has come whole.
fn load(dev: &Dev, numbers: &AtomicU64, accepted: &Mutex<Vec<Accepted>>) {
    for _ in 0..STARTS_PER_LIFE {
        let n = numbers.fetch_add(1, Ordering::Relaxed);
        let kind = KINDS[n as usize % KINDS.len()];
        let path = format!("/v1/workflows/{kind}/executions");
        let key = n.to_string();
        let sent = dev.try_call("POST", &path, &[("idempotency-key", &key)], &json!({"input": {"n": n}}));
        let Ok(answer) = sent else { return };
        assert_eq!(answer.status, 202, "{}", answer.text());
        let id = answer.json()["execution_id"].as_str().unwrap().to_owned();
        accepted.lock().unwrap().push(Accepted { id, kind, output: expected(kind, n) });
    }
}

/// Says yes to whatever is asked, until the server is gone or the test is over. Who was told 200 is kept.
fn say_yes(dev: &Dev, over: &AtomicBool, decided: &Mutex<HashSet<String>>) {
    while !over.load(Ordering::Relaxed) {
        let Ok(open) = dev.try_call("GET", "/v1/interactions?status=pending&limit=20", &[], &Value::Null) else {
            return;
        };
        for one in open.json()["items"].as_array().unwrap() {
            let id = one["interaction_id"].as_str().unwrap();
            let path = format!("/v1/interactions/{id}/respond");
            let Ok(answer) = dev.try_call("POST", &path, &[], &json!({"approved": true})) else { return };
            assert!(matches!(answer.status, 200 | 409), "{}", answer.text());
            if answer.status == 200 {
                assert!(decided.lock().unwrap().insert(id.to_owned()), "{id} was decided and asked again");
            }
        }
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn nothing_that_was_accepted_is_lost() {
    let seed = seed();
    println!("STEPWELL_SEED={seed}");
    let mut dice = Dice(seed);
    let (folder, own) = (Folder::new("kill"), Own::start());
    let (data, allow) = (folder.data(), own.allowed());
    let args = ["--http-allow", allow.as_str()];
    let first = Dev::start(&data, &args);
    for workflow in workflows(&own) {
        let (status, body) = first.call("POST", "/v1/workflows", &workflow);
        assert_eq!(status, 201, "{body}");
    }
    first.kill();
    let (numbers, accepted, decided) = (AtomicU64::new(0), Mutex::<Vec<Accepted>>::default(), Mutex::default());
    // On a busy machine a life may be over before much is accepted, so there are more of them then.
    let is_enough = |kills| kills >= KILLS && accepted.lock().unwrap().len() > KILLS as usize;
    for _ in (0..4 * KILLS).take_while(|kills| !is_enough(*kills)) {
        let life = Duration::from_millis(LIVES.0 + dice.roll(LIVES.1 - LIVES.0));
        let over = AtomicBool::new(false);
        let dev = Dev::start(&data, &args);
        thread::scope(|scope| {
            for _ in 0..CLIENTS {
                scope.spawn(|| load(&dev, &numbers, &accepted));
            }
            scope.spawn(|| say_yes(&dev, &over, &decided));
            thread::sleep(life);
            dev.kill_now();
            over.store(true, Ordering::Relaxed);
        });
    }
    let accepted = accepted.into_inner().unwrap();
    assert!(accepted.len() > KILLS as usize, "too little was accepted: {}", accepted.len());
    let (over, dev) = (AtomicBool::new(false), Dev::start(&data, &args));
    thread::scope(|scope| {
        scope.spawn(|| say_yes(&dev, &over, &decided));
        let ended = all_end(&dev, &accepted);
        over.store(true, Ordering::Relaxed);
        ended.unwrap();
    });
    let children = accepted.iter().map(|one| journal_holds(&dev, &one.id)).collect::<Vec<_>>();
    println!("{} executions, {} kills", children.len(), KILLS);
    one_key_each(&own, &accepted);
    dev.kill();
    let database = rusqlite::Connection::open(data.join("stepwell.db")).unwrap();
    let sound: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
}

/// Waits until every one is completed with its output. An error is the first that is not.
fn all_end(dev: &Dev, accepted: &[Accepted]) -> Result<(), String> {
    let deadline = Instant::now() + SOON;
    for one in accepted {
        loop {
            let execution = dev.get(&format!("/v1/executions/{}", one.id));
            if execution["status"] == "completed" && execution["output"] == one.output {
                break;
            }
            let over = ["completed", "failed", "cancelled", "stuck"].iter().any(|end| execution["status"] == *end);
            if over || Instant::now() > deadline {
                return Err(format!("{} should be {}: {execution}", one.kind, one.output));
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
    Ok(())
}

/// The journal is without a gap, no activation finishes twice, the stream replays it, and so for its children.
fn journal_holds(dev: &Dev, id: &str) {
    let mut events = Vec::new();
    let mut cursor = String::new();
    let mut number = 0;
    let total = loop {
        let page = dev.get(&format!("/v1/executions/{id}/history?limit=3{cursor}"));
        for turn in page["history"].as_array().unwrap() {
            number += 1;
            assert_eq!(turn["checkpoint"], number.to_string(), "{page}");
            let of_turn = turn["events"].as_array().unwrap().iter().enumerate();
            events.extend(of_turn.map(|(at, event)| (format!("{number}.{at}"), event.clone())));
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break page["total"].as_u64().unwrap(),
        }
    };
    assert_eq!(total, number);
    let mut finished = BTreeMap::new();
    for (_, event) in &events {
        if matches!(event["type"].as_str().unwrap(), "node_succeeded" | "node_failed") {
            *finished.entry(format!("{}/{}", event["node"], event["visit"])).or_insert(0) += 1;
        }
    }
    assert!(finished.values().all(|times| *times == 1), "{id}: {finished:?}");
    assert_eq!(
        streamed(dev, id),
        events.iter().map(|(at, event)| (at.clone(), event["type"].clone())).collect::<Vec<_>>()
    );
    for child in dev.get(&format!("/v1/executions?parent={id}&limit=200"))["items"].as_array().unwrap() {
        assert_eq!(child["status"], "completed", "{child}");
        journal_holds(dev, child["execution_id"].as_str().unwrap());
    }
}

/// Positions and types of the event stream, which ends by itself.
fn streamed(dev: &Dev, id: &str) -> Vec<(String, Value)> {
    let answer = dev.try_call("GET", &format!("/v1/executions/{id}/events"), &[], &Value::Null).unwrap();
    let text = answer.text();
    let field = |block: &str, name: &str| {
        block.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned())
    };
    let blocks: Vec<_> = text.split("\n\n").filter(|block| !block.trim().is_empty()).collect();
    assert_eq!(blocks.last().and_then(|last| field(last, "event:")).as_deref(), Some("end"), "{text}");
    blocks.iter().filter_map(|block| Some((field(block, "id:")?, json!(field(block, "event:")?)))).collect()
}

/// However often a request was sent, it bore one idempotency key.
fn one_key_each(own: &Own, accepted: &[Accepted]) {
    let mut keys: BTreeMap<String, HashSet<String>> = BTreeMap::new();
    for seen in own.came() {
        let head = seen.head.to_lowercase();
        let key = head.lines().find_map(|line| line.strip_prefix("idempotency-key: ")).unwrap().to_owned();
        keys.entry(seen.path).or_default().insert(key);
    }
    assert!(keys.values().all(|keys| keys.len() == 1), "{keys:?}");
    let asked = accepted.iter().filter(|one| one.kind == "http");
    assert!(asked.map(|one| one.output.as_str().unwrap()).all(|path| keys.contains_key(path)));
}
