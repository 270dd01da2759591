//! What a million of each thing costs, by what DynamoDB Local says that calls took and by the messages that were sent, times
//! the price list. The table stands in docs/aws.md; `UPDATE_DOCUMENT=1` writes it anew.

use crate::docs::read;
use ::aws::{Aws, billing::prices};
use document::time::Time;
use engine::port::Host;
use serde_json::{Value, json};
use stepwell_core::{command::Command, execution::Status, id::ExecutionId, interaction::Answer};
use stepwell_tests::{
    aws_world::World,
    store_conformance::{command, kept, start, started},
};

const NOW: Time = Time(1_800_000_000_000);
/// What stands around the table in docs/aws.md.
const MARKS: [&str; 2] = ["<!-- counted by tests/tests/all/aws/cost.rs -->\n", "<!-- end -->"];

/// What something took.
#[derive(Clone, Copy, Debug, Default)]
struct Took {
    writes: f64,
    reads: f64,
    messages: f64,
}

impl Took {
    fn less(self, other: Self) -> Self {
        Self {
            writes: self.writes - other.writes,
            reads: self.reads - other.reads,
            messages: self.messages - other.messages,
        }
    }

    fn each(self, of: f64) -> Self {
        Self { writes: self.writes / of, reads: self.reads / of, messages: self.messages / of }
    }

    /// Dollars of a million, where a message takes so many requests of SQS.
    fn dollars(self, requests: f64) -> f64 {
        self.writes * prices::WRITE_UNITS
            + self.reads * prices::READ_UNITS
            + self.messages * requests * prices::QUEUE_REQUESTS
    }
}

/// One table, and what was used of it by processes that are gone.
struct Counted {
    world: World,
    api: Aws,
    gone: Took,
}

fn used(host: &Aws) -> Took {
    let totals = host.table().meter().totals();
    let writes = totals.writes.values().chain(totals.index_writes.values()).sum();
    Took { writes, reads: totals.reads.values().sum(), messages: 0.0 }
}

impl Counted {
    async fn new() -> Self {
        let world = World::new(Some(NOW)).await;
        let api = world.host(false, 1);
        Self { world, api, gone: Took::default() }
    }

    /// All that was used so far.
    fn so_far(&self) -> Took {
        let (api, gone) = (used(&self.api), self.gone);
        let messages = self.world.services.sent() as f64;
        Took { writes: api.writes + gone.writes, reads: api.reads + gone.reads, messages }
    }

    /// Does something in a new process, and counts what it took.
    async fn in_a_new_process<T>(&mut self, behind_message: bool, job: impl AsyncFnOnce(&World, &Aws) -> T) -> T {
        let host = self.world.host(behind_message, 1);
        self.world.begin(&host);
        let done = job(&self.world, &host).await;
        let took = used(&host);
        self.gone.writes += took.writes;
        self.gone.reads += took.reads;
        done
    }

    /// Handles messages, ten at a time and each time in a new process, until there are none that are due.
    async fn go_on(&mut self) {
        loop {
            let deliveries = self.world.services.take(10);
            if deliveries.is_empty() {
                return;
            }
            self.in_a_new_process(true, async |world, step| {
                let verdicts = engine::step::handle(step, &deliveries).await;
                world.services.obey(deliveries.iter().map(|one| one.receipt).zip(verdicts).collect());
            })
            .await;
        }
    }

    /// The same, and the messages that are held back.
    async fn go_on_to_the_last(&mut self) {
        self.go_on().await;
        while let Some(next) = self.world.services.next_visible() {
            self.world.services.advance(next);
            self.go_on().await;
        }
    }

    async fn begin(&mut self, document: &Value) -> ExecutionId {
        let workflow = kept(&self.api, document).await;
        start(&self.api, started(&self.api, &workflow, "counted", json!({"name": "a name"}))).await.id().clone()
    }

    /// What an execution of a document takes from its start to its end, which people bring about where it asks them. The
    /// document itself is written before.
    async fn run(&mut self, document: &Value) -> (ExecutionId, Took) {
        kept(&self.api, document).await;
        let before = self.so_far();
        let id = self.begin(document).await;
        self.go_on().await;
        let state = self.world.host(true, 1).journal().load(&id).await.unwrap().unwrap();
        if let Some(one) = state.interactions.first() {
            let answer = Answer { by: "ada@example.com".into(), approved: Some(true), ..Answer::default() };
            let answer = Command::Answer { interaction_id: one.interaction_id.clone(), answer: Box::new(answer) };
            self.in_a_new_process(false, async |_, callback| command(callback, &id, answer).await).await;
            self.go_on().await;
        }
        let state = self.world.host(true, 1).journal().load(&id).await.unwrap().unwrap();
        assert_eq!(state.status(), Status::Completed, "{:?}", state.error);
        (id, self.so_far().less(before))
    }

    /// What the removal of an execution takes.
    async fn remove(&mut self, id: &ExecutionId) -> Took {
        let before = self.so_far();
        self.in_a_new_process(true, async |_, supervisor| supervisor.journal().delete(id).await.unwrap()).await;
        self.so_far().less(before)
    }
}

fn workflow(id: &str, nodes: Vec<Value>) -> Value {
    let all: Vec<Value> = std::iter::once(json!({"id": "go", "type": "manual_trigger"})).chain(nodes).collect();
    let edges: Vec<Value> = all.windows(2).map(|two| json!({"from": two[0]["id"], "to": two[1]["id"]})).collect();
    json!({"id": id, "nodes": all, "edges": edges})
}

fn transform(n: usize) -> Value {
    let set = json!({"number": n, "greeting": format!("{{{{ input.name }}}}, step {n} of ten says hello")});
    json!({"id": format!("step-{n}"), "type": "transform", "config": {"set": set}})
}

fn row(what: &str, took: Took) -> String {
    let Took { writes, reads, messages } = took;
    let (alone, shared) = (took.dollars(3.0), took.dollars(1.2));
    format!("| {what} | {writes:.1} | {reads:.1} | {messages:.1} | {alone:.2} | {shared:.2} |\n")
}

/// Whether two rows say the same of the same. How often lists are read while children are under way varies from run to run
/// by a few hundredths.
fn alike((one, other): (&str, &str)) -> bool {
    let near = |(one, other): (&str, &str)| match (one.trim().parse::<f64>(), other.trim().parse::<f64>()) {
        (Ok(one), Ok(other)) => (one - other).abs() <= 0.15f64.max(other * 0.05),
        _ => one == other,
    };
    one.split('|').count() == other.split('|').count() && one.split('|').zip(other.split('|')).all(near)
}

/// What a chain of ten takes where the function goes on with the next step, up to the last message, which it did not wait for.
async fn inline() -> Took {
    let mut counted = Counted::new().await;
    counted.world.go_ahead(true);
    let chain = workflow("inline", (1..=10).map(transform).collect());
    kept(&counted.api, &chain).await;
    let before = counted.so_far();
    let id = counted.begin(&chain).await;
    counted.go_on_to_the_last().await;
    let state = counted.world.host(true, 1).journal().load(&id).await.unwrap().unwrap();
    assert_eq!((state.status(), state.seq), (Status::Completed, 11));
    counted.so_far().less(before)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_of_costs_is_what_was_counted() {
    let mut counted = Counted::new().await;
    let (_, beginning) = counted.run(&workflow("short", vec![])).await;
    let (chain, ten) = counted.run(&workflow("chain", (1..=10).map(transform).collect())).await;
    let removed = counted.remove(&chain).await;
    let inline = inline().await;
    let asks = json!({"id": "ask", "type": "human", "config": {"kind": "approval", "question": "Pay?",
        "assignees": ["ada@example.com"], "timeout_seconds": 259_200}});
    let (_, paused) = counted.run(&workflow("asks", vec![asks.clone()])).await;
    let mut by_states = asks;
    by_states["config"]["wait_by"] = json!("states");
    let (_, by_states) = counted.run(&workflow("states", vec![by_states])).await;
    let body =
        json!({"nodes": [{"id": "n", "type": "transform", "config": {"set": {"n": "{{ item }}"}}}], "edges": []});
    let items: Vec<u32> = (0..100).collect();
    let map = json!({"id": "m", "type": "map", "config": {"items": json!(items).to_string(), "body": body}});
    let (_, mapped) = counted.run(&workflow("map", vec![map])).await;
    let pause = paused.less(beginning);
    let rows = [
        row("starts, with the end", beginning),
        row("steps of a chain of ten, with start and end", ten.each(10.0)),
        row(
            "steps of it, with its removal",
            Took { writes: ten.writes + removed.writes, reads: ten.reads + removed.reads, ..ten }.each(10.0),
        ),
        row("steps of it, with `CONTINUE_INLINE`", inline.each(10.0)),
        row("removals of a chain of ten", removed),
        row("pauses for a person", pause),
        row("items of a `map` of a hundred", mapped.less(beginning).each(100.0)),
    ];
    let table = format!(
        "| a million | write units | read units | messages | dollars, each message alone | dollars, ten messages at a time |\n\
         |---|---|---|---|---|---|\n{}",
        rows.concat()
    );
    // A pause by Step Functions costs its transitions beside.
    let transitions = by_states.less(beginning).writes - pause.writes;
    assert!(transitions.abs() <= 4.0, "{by_states:?} {paused:?}");
    let docs = read("docs/aws.md");
    let (before, rest) = docs.split_once(MARKS[0]).expect("the table has a beginning");
    let (there, after) = rest.split_once(MARKS[1]).expect("and an end");
    if std::env::var("UPDATE_DOCUMENT").is_ok() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/aws.md");
        std::fs::write(path, format!("{before}{}{table}{}{after}", MARKS[0], MARKS[1])).unwrap();
        return;
    }
    let same = there.lines().count() == table.lines().count() && there.lines().zip(table.lines()).all(alike);
    assert!(same, "write it anew with UPDATE_DOCUMENT=1:\n{there}\n{table}");
    assert!(pause.dollars(3.0) < 20.0, "{pause:?}");
}
