//! What a million of each thing costs, by what DynamoDB Local says that calls took and by the messages that were sent, times
//! the price list, and what the units are made of. Both tables stand in docs/aws.md; `UPDATE_DOCUMENT=1` writes them anew.

use crate::docs::read;
use ::aws::{
    Aws,
    billing::{meter::Purpose, prices},
};
use document::time::Time;
use engine::port::Host;
use serde_json::{Value, json};
use stepwell_core::{command::Command, execution::Status, id::ExecutionId, interaction::Answer};
use stepwell_tests::{
    aws_world::World,
    store_conformance::{command, kept, start, started},
};

const NOW: Time = Time(1_800_000_000_000);
/// What stands around the tables in docs/aws.md.
const MARKS: [(&str, &str); 2] = [
    ("<!-- counted by tests/tests/all/aws/cost.rs -->\n", "<!-- end -->"),
    ("<!-- what that is made of, counted there -->\n", "<!-- end of it -->"),
];

/// What something took: write units by what they were for, read units, and messages.
#[derive(Clone, Copy, Debug, Default)]
struct Took {
    turns: f64,
    heads: f64,
    indexes: f64,
    others: f64,
    reads: f64,
    messages: f64,
}

impl Took {
    fn of(host: &Aws) -> Self {
        let totals = host.table().meter().totals();
        let writes = |wanted: Purpose| totals.writes.get(&wanted).copied().unwrap_or_default();
        Self {
            turns: writes(Purpose::Turn),
            heads: writes(Purpose::Head),
            indexes: totals.index_writes.values().sum(),
            others: writes(Purpose::Other),
            reads: totals.reads.values().sum(),
            messages: 0.0,
        }
    }

    fn both(self, other: Self, each: impl Fn(f64, f64) -> f64) -> Self {
        Self {
            turns: each(self.turns, other.turns),
            heads: each(self.heads, other.heads),
            indexes: each(self.indexes, other.indexes),
            others: each(self.others, other.others),
            reads: each(self.reads, other.reads),
            messages: each(self.messages, other.messages),
        }
    }

    fn plus(self, other: Self) -> Self {
        self.both(other, |one, other| one + other)
    }

    fn less(self, other: Self) -> Self {
        self.both(other, |one, other| one - other)
    }

    fn each(self, of: f64) -> Self {
        self.both(self, |one, _| one / of)
    }

    fn writes(self) -> f64 {
        self.turns + self.heads + self.indexes + self.others
    }

    /// Dollars of a million, where a message takes so many requests of SQS.
    fn dollars(self, requests: f64) -> f64 {
        self.writes() * prices::WRITE_UNITS
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

impl Counted {
    async fn new() -> Self {
        let world = World::new(Some(NOW)).await;
        let api = world.host(false, 1);
        Self { world, api, gone: Took::default() }
    }

    /// All that was used so far.
    fn so_far(&self) -> Took {
        Took { messages: self.world.services.sent() as f64, ..Took::of(&self.api).plus(self.gone) }
    }

    /// Does something in a new process, and counts what it took.
    async fn in_a_new_process<T>(&mut self, behind_message: bool, job: impl AsyncFnOnce(&World, &Aws) -> T) -> T {
        let host = self.world.host(behind_message, 1);
        self.world.begin(&host);
        let done = job(&self.world, &host).await;
        self.gone = self.gone.plus(Took::of(&host));
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

/// A `map` of a hundred items, each of which one node of the body takes.
fn map(id: &str, node: &Value) -> Value {
    let items: Vec<u32> = (0..100).collect();
    let body = json!({"nodes": [node], "edges": []});
    workflow(id, vec![json!({"id": "m", "type": "map", "config": {"items": json!(items).to_string(), "body": body}})])
}

fn costs((what, took): &(&str, Took)) -> String {
    let Took { reads, messages, .. } = took;
    let (writes, alone, shared) = (took.writes(), took.dollars(3.0), took.dollars(1.2));
    format!("| {what} | {writes:.1} | {reads:.1} | {messages:.1} | {alone:.2} | {shared:.2} |\n")
}

fn made_of((what, took): &(&str, Took)) -> String {
    let Took { turns, heads, indexes, others, .. } = took;
    format!("| {what} | {turns:.1} | {heads:.1} | {indexes:.1} | {others:.1} |\n")
}

/// Both tables, of the same rows.
fn tables(rows: &[(&str, Took)]) -> [String; 2] {
    let costs: String = rows.iter().map(costs).collect();
    let made_of: String = rows.iter().map(made_of).collect();
    [
        format!(
            "| a million | write units | read units | messages | dollars, each message alone | dollars, ten messages at a time |\n\
             |---|---|---|---|---|---|\n{costs}"
        ),
        format!(
            "| write units of | turns | heads | indexes, for lists and what is due | others |\n|---|---|---|---|---|\n{made_of}"
        ),
    ]
}

/// Whether two rows say the same of the same. How often lists are read while children are under way varies from run to run
/// by a few hundredths, and by a few tenths on a machine that has more to do: which messages come together differs then.
fn alike((one, other): (&str, &str)) -> bool {
    let near = |(one, other): (&str, &str)| match (one.trim().parse::<f64>(), other.trim().parse::<f64>()) {
        (Ok(one), Ok(other)) => (one - other).abs() <= 0.15f64.max(other * 0.1),
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
    let computes = json!({"id": "n", "type": "transform", "config": {"set": {"n": "{{ item }}"}}});
    let (_, computed) = counted.run(&map("map", &computes)).await;
    let calls = json!({"id": "n", "type": "http_request", "config": {"url": "https://example.com/item-{{ item }}"}});
    let (_, called) = counted.run(&map("calls", &calls)).await;
    let pause = paused.less(beginning);
    let items = |took: Took| took.less(beginning).each(100.0);
    let rows = [
        ("starts, with the end", beginning),
        ("steps of a chain of ten, with start and end", ten.each(10.0)),
        ("steps of it, with its removal", ten.plus(removed).each(10.0)),
        ("steps of it, with `CONTINUE_INLINE`", inline.each(10.0)),
        ("removals of a chain of ten", removed),
        ("pauses for a person", pause),
        ("items of a `map` of a hundred, each shaped by one node", items(computed)),
        ("items of it, each taken by one call of a service", items(called)),
    ];
    println!("{}", tables(&rows).concat());
    // A pause by Step Functions costs its transitions beside.
    let transitions = by_states.less(beginning).writes() - pause.writes();
    assert!(transitions.abs() <= 4.0, "{by_states:?} {paused:?}");
    compare(tables(&rows));
    assert!(pause.dollars(3.0) < 20.0, "{pause:?}");
    assert!(items(computed).dollars(3.0) < 2.5, "{:?}", items(computed));
}

/// Holds the tables against those in docs/aws.md, or writes them there.
fn compare(tables: [String; 2]) {
    for ((from, to), table) in MARKS.into_iter().zip(tables) {
        let docs = read("docs/aws.md");
        let (before, rest) = docs.split_once(from).expect("the table has a beginning");
        let (there, after) = rest.split_once(to).expect("and an end");
        if std::env::var("UPDATE_DOCUMENT").is_ok() {
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/aws.md");
            std::fs::write(path, format!("{before}{from}{table}{to}{after}")).unwrap();
            continue;
        }
        let same = there.lines().count() == table.lines().count() && there.lines().zip(table.lines()).all(alike);
        assert!(same, "write it anew with UPDATE_DOCUMENT=1:\n{there}\n{table}");
    }
}
