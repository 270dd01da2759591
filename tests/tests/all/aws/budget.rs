//! What a step costs, by the units that DynamoDB reports: one write unit, one read unit and one message, without a scan
//! or a transaction. The units of heads are counted apart.

use ::aws::{
    Aws,
    billing::{
        meter::{Meter, Purpose, Spent},
        prices,
    },
};
use document::time::Time;
use engine::port::Host;
use serde_json::{Value, json};
use std::sync::Arc;
use stepwell_core::{execution::Status, id::ExecutionId};
use stepwell_tests::{
    aws_world::World,
    store_conformance::{kept, start, started},
};

const NOW: Time = Time(1_800_000_000_000);

/// What an execution used, summed over all processes.
#[derive(Debug, Default)]
struct Used {
    commits: f64,
    turn_writes: f64,
    turn_index_writes: f64,
    load_reads: f64,
    all_writes: f64,
    loads: u64,
}

impl Used {
    fn add(&mut self, meter: &Meter) {
        let totals = meter.totals();
        self.turn_writes += totals.writes.get(&Purpose::Turn).copied().unwrap_or_default();
        self.turn_index_writes += totals.index_writes.get(&Purpose::Turn).copied().unwrap_or_default();
        self.load_reads += totals.reads.get(&Purpose::Load).copied().unwrap_or_default();
        let of = |purpose: &&Purpose| matches!(purpose, Purpose::Turn | Purpose::Head);
        self.all_writes += totals.writes.iter().filter(|(purpose, _)| of(purpose)).map(|(_, units)| units).sum::<f64>();
        self.all_writes +=
            totals.index_writes.iter().filter(|(purpose, _)| of(purpose)).map(|(_, units)| units).sum::<f64>();
        self.loads += totals.calls.get("Query").copied().unwrap_or_default();
    }
}

/// Runs an execution of a document to its end, `batch` messages at a time. Where `cold` is true, a new process with
/// nothing in memory handles each batch.
async fn run(world: &World, document: &Value, batch: usize, cold: bool) -> (ExecutionId, Used) {
    let api = world.host(false, 1);
    let workflow = kept(&api, document).await;
    let mut used = Used::default();
    let mut step = world.host(true, 1);
    world.wire.plan(None);
    let id = start(&api, started(&api, &workflow, "budget", json!({"name": "a name"}))).await.id().clone();
    used.add(api.table().meter());
    loop {
        let deliveries = world.services.take(batch);
        if deliveries.is_empty() {
            break;
        }
        world.services.advance(world.services.now().after_seconds(0.037));
        let receipts: Vec<_> = deliveries.iter().map(|delivery| delivery.receipt).collect();
        let verdicts = engine::step::handle(&step, &deliveries).await;
        world.services.obey(receipts.into_iter().zip(verdicts).collect());
        used.commits += 1.0;
        if cold {
            used.add(step.table().meter());
            step = world.host(true, 1);
        }
    }
    used.add(step.table().meter());
    (id, used)
}

/// Checks that steps make no calls but the listed ones. `GetItem` reads the document, once per process.
fn no_detours(world: &World) {
    let kinds = world.wire.kinds();
    for kind in kinds.keys() {
        let allowed = ["GetItem", "PutItem", "Query", "SendMessageBatch", "UpdateItem"];
        assert!(allowed.contains(&kind.as_str()), "{kind} is no call of a step: {kinds:?}");
    }
}

/// Checks that the API shows what was counted, and its price by the price list.
async fn cost_is_what_was_counted(world: &World, id: &ExecutionId, used: &Used) {
    let reader: Aws = world.host(false, 1);
    let app = Arc::new(reader);
    let state = app.journal().load(id).await.unwrap().unwrap();
    assert_eq!(state.status(), Status::Completed);
    let host: Arc<dyn Host> = app;
    let shown = api::executions::read::execution(&api::App::new(host), &state).await.unwrap();
    let cost = json!(shown.cost);
    assert_eq!(cost["turns"], json!(state.seq));
    assert_eq!(cost["write_units"], json!(used.all_writes), "{used:?}");
    assert_eq!(cost["read_units"], json!(used.load_reads), "{used:?}");
    assert_eq!(cost["messages"], json!(world.services.sent()));
    let dollars = (used.all_writes * prices::WRITE_UNITS
        + used.load_reads * prices::READ_UNITS
        + world.services.sent() as f64 * prices::MESSAGES)
        / 1e6;
    assert!((cost["usd"].as_f64().unwrap() - dollars).abs() < 1e-12, "{cost} and not {dollars}");
}

fn chain() -> Value {
    let step = |n: usize| {
        let set = json!({"number": n, "greeting": format!("{{{{ input.name }}}}, step {n} of ten says hello")});
        json!({"id": format!("step-{n}"), "type": "transform", "config": {"set": set}})
    };
    let nodes = std::iter::once(json!({"id": "go", "type": "manual_trigger"})).chain((1..=10).map(step));
    let name = |n: usize| if n == 0 { "go".to_owned() } else { format!("step-{n}") };
    let edges = (0..10).map(|n| json!({"from": name(n), "to": name(n + 1)}));
    json!({"id": "chain", "nodes": nodes.collect::<Vec<_>>(), "edges": edges.collect::<Vec<_>>()})
}

fn fan_out() -> Value {
    let branch = |n: usize| json!({"id": format!("b{n}"), "type": "transform", "config": {"set": {"n": n}}});
    let mut nodes = vec![json!({"id": "go", "type": "manual_trigger"})];
    nodes.extend((0..100).map(branch));
    nodes.push(json!({"id": "join", "type": "transform", "join": "all", "config": {"set": {"done": true}}}));
    let edges = (0..100).flat_map(|n| {
        let name = format!("b{n}");
        [json!({"from": "go", "to": name}), json!({"from": name, "to": "join"})]
    });
    json!({"id": "fan", "nodes": nodes, "edges": edges.collect::<Vec<_>>()})
}

#[tokio::test]
async fn a_step_of_a_chain_costs_one_write_one_read_and_one_message() {
    for cold in [false, true] {
        let world = World::new(Some(NOW)).await;
        let (id, used) = run(&world, &chain(), 10, cold).await;
        println!("a chain of ten, cold {cold}: {used:?}");
        assert_eq!(used.commits, 10.0);
        assert_eq!((used.turn_writes, used.turn_index_writes), (11.0, 0.0), "one for the start, one a step");
        assert!(used.load_reads <= 10.0, "{used:?}");
        assert_eq!(world.services.sent(), 10);
        no_detours(&world);
        cost_is_what_was_counted(&world, &id, &used).await;
    }
}

#[tokio::test]
async fn a_step_of_a_fan_out_costs_no_more() {
    for cold in [false, true] {
        let world = World::new(Some(NOW)).await;
        let (id, used) = run(&world, &fan_out(), 10, cold).await;
        println!("a fan-out of a hundred, cold {cold}: {used:?}");
        assert!(used.turn_writes <= 102.0 && used.turn_index_writes == 0.0, "{used:?}");
        assert!(used.load_reads <= 102.0, "{used:?}");
        assert_eq!(world.services.sent(), 101);
        no_detours(&world);
        cost_is_what_was_counted(&world, &id, &used).await;
    }
}

#[test]
fn the_price_list_prices_everything() {
    let one = |spent: Spent| (spent.dollars() * 1e6 * 1e6).round() / 1e6;
    let listed = |price: f64| (price * 1e6).round() / 1e6;
    assert_eq!(one(Spent { writes: 1.0, ..Spent::default() }), listed(prices::WRITE_UNITS));
    assert_eq!(one(Spent { head_writes: 1.0, ..Spent::default() }), listed(prices::WRITE_UNITS));
    assert_eq!(one(Spent { reads: 1.0, ..Spent::default() }), listed(prices::READ_UNITS));
    assert_eq!(one(Spent { head_reads: 1.0, ..Spent::default() }), listed(prices::READ_UNITS));
    assert_eq!(one(Spent { messages: 1, ..Spent::default() }), listed(prices::MESSAGES));
    assert_eq!(one(Spent { objects: 1, ..Spent::default() }), listed(prices::OBJECTS));
    assert_eq!(one(Spent { transitions: 1, ..Spent::default() }), listed(prices::TRANSITIONS));
}
