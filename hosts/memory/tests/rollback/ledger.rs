//! A ledger that nodes charge and refund, and executions that run over it.

use document::{Workflow, id::NodeId, parse, time::Time};
use engine::{
    drive::submit,
    past::RanBy,
    port::{Catalogue as _, Delivery, Journal as _},
    rollback::{Refused, WouldUndo, preview, roll_back},
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};
use stepwell_core::{
    command::{Command, Control},
    event::{Event, Started},
    execution::{Execution, Status},
    id::{Activation, ExecutionId},
    invariant,
    rollback::Rollback,
    task::{Failure, Outcome, Report, Task, Work},
};
use stepwell_memory::Memory;

/// What is booked. A request that comes again under its key is booked once.
#[derive(Default)]
pub struct Ledger {
    /// The paths of charges and refunds, in order.
    pub entries: Vec<String>,
    /// The keys of what is booked.
    booked: BTreeSet<String>,
    /// Paths that fail, and how: `no` for certain; `busy` so too, and may be tried again; `lost` is booked, and nobody hears of it.
    pub failing: BTreeMap<String, &'static str>,
}

impl Ledger {
    fn answers(&mut self, task: &Task) -> Outcome {
        let Work::Http(http) = &task.work else { panic!("only requests") };
        let path = http.url.trim_start_matches("https://ledger.example").to_owned();
        let fails = self.failing.get(&path).copied();
        if fails == Some("no") {
            return Outcome::Failed(Failure::new("refused", "the ledger refuses"));
        }
        if fails == Some("busy") {
            let busy = Failure::new("busy", "the ledger has no time");
            return Outcome::Failed(Failure { retryable: true, ..busy });
        }
        if self.booked.insert(task.idempotency_key.clone()) {
            self.entries.push(path.clone());
        }
        if fails.is_some() {
            return Outcome::Unknown(Failure::new("timeout", "the ledger did not answer"));
        }
        Outcome::Succeeded { port: "success".into(), output: json!({"body": {"id": format!("id{path}")}}) }
    }
}

/// A host over a ledger, and one execution.
pub struct World {
    pub host: Memory,
    pub ledger: Arc<Mutex<Ledger>>,
    pub workflow: Arc<Workflow>,
    pub id: ExecutionId,
}

/// A node that charges `/name`, and refunds `/undo/id/name`.
pub fn charge(name: &str) -> Value {
    json!({"id": name, "type": "http_request", "retry": {"max_attempts": 1},
        "config": {"method": "POST", "url": format!("https://ledger.example/{name}")},
        "compensate": {"type": "http_request", "retry": {"max_attempts": 2, "initial_seconds": 1, "jitter": false},
            "config": {"method": "POST", "url": "https://ledger.example/undo/{{ has(output.body) ? output.body.id : '?' }}"}}})
}

/// Nodes one after the other, behind the trigger.
pub fn chain(id: &str, nodes: &[Value]) -> Value {
    let mut all = vec![json!({"id": "start", "type": "manual_trigger"})];
    all.extend(nodes.iter().cloned());
    let names: Vec<&str> = all.iter().map(|node| node["id"].as_str().unwrap()).collect();
    let edges: Vec<Value> = names.windows(2).map(|pair| json!({"from": pair[0], "to": pair[1]})).collect();
    json!({"id": id, "nodes": all, "edges": edges})
}

/// What a worker reports that begun a charge before the execution went back.
pub fn late(activation: Activation) -> Command {
    let output = json!({"body": {"id": "late"}}).into();
    let outcome = stepwell_core::task::Outcome::Succeeded { port: "success".into(), output };
    Command::Report { activation, attempt: 1, outcome, duration_ms: None }
}

impl World {
    /// Starts a document on an empty ledger; nothing runs yet.
    pub async fn started(document: &Value) -> Self {
        let ledger = Arc::new(Mutex::new(Ledger::default()));
        let asked = ledger.clone();
        let host = Memory::new(Time(1_000))
            .with_runner(move |task| Report { outcome: asked.lock().unwrap().answers(task), logs: Vec::new() });
        let workflow = parse(document).unwrap_or_else(|issues| panic!("{issues:#?}")).workflow;
        host.keep_workflow(&workflow).await.unwrap();
        let id = ExecutionId::from("e");
        let started = Started::new(id.clone(), &workflow, json!({"n": 7}), Time(1_000));
        submit(&host, &id, Command::Start(Box::new(started))).await.unwrap();
        Self { host, ledger, workflow, id }
    }

    /// The same, run as far as it goes.
    pub async fn ran(document: &Value) -> Self {
        let world = Self::started(document).await;
        world.host.handle_due().await;
        world
    }

    pub fn state(&self) -> Arc<Execution> {
        self.host.state(&self.id).unwrap()
    }

    pub fn is(&self, status: Status) {
        assert_eq!(self.state().status(), status, "{:#?}", self.state().error);
    }

    pub fn entries(&self) -> Vec<String> {
        self.ledger.lock().unwrap().entries.clone()
    }

    pub fn fails(&self, path: &str, how: &'static str) {
        self.ledger.lock().unwrap().failing.insert(path.into(), how);
    }

    pub fn works(&self, path: &str) {
        self.ledger.lock().unwrap().failing.remove(path);
    }

    /// Has a worker begin the first attempt of a node, and not report it yet.
    pub async fn begun(&self, node: &str) -> (Activation, Delivery) {
        let node = NodeId::from(node);
        while self.state().node(&node).is_none() {
            let delivery = self.host.take().unwrap();
            engine::step::handle(&self.host, std::slice::from_ref(&delivery)).await;
            self.host.ack(delivery.receipt);
        }
        let activation = self.state().activation(&node);
        let deadline = self.state().updated_at.after_seconds(90.0);
        let intend = Command::Intend { activation: activation.clone(), attempt: 1, deadline };
        submit(&self.host, &self.id, intend).await.unwrap();
        (activation, self.host.take().unwrap())
    }

    /// Goes back, and lets everything run that follows.
    pub async fn back(&self, rollback: Rollback) -> Result<(), Refused> {
        let done = roll_back(&self.host, &self.id, rollback, Some("ada@example.com".into()), None).await.unwrap();
        done?;
        self.host.handle_due().await;
        Ok(())
    }

    /// The requests that a rollback would send to undo things, in order, those within children among them.
    pub async fn would_undo(&self, rollback: &Rollback) -> Vec<String> {
        fn requests(all: &[WouldUndo]) -> Vec<String> {
            let url = |one: &WouldUndo| one.config.as_ref()?["url"].as_str().map(str::to_owned);
            let of = |one: &WouldUndo| match &one.within {
                Some(within) => requests(within),
                None => url(one).into_iter().collect(),
            };
            all.iter().flat_map(of).collect()
        }
        let shown = preview(&self.host, &self.id, rollback).await.unwrap().unwrap();
        let paths = requests(&shown.would_compensate).into_iter();
        paths.map(|url| url.trim_start_matches("https://ledger.example").to_owned()).collect()
    }

    pub async fn ask(&self, command: Command) -> Result<(), stepwell_core::error::Rejection> {
        let mut done = submit(&self.host, &self.id, command).await.unwrap().unwrap();
        done.replies.pop().unwrap()?;
        self.host.handle_due().await;
        Ok(())
    }

    pub async fn control(&self, control: Control) -> Result<(), stepwell_core::error::Rejection> {
        self.ask(Command::Control { control, reason: None }).await
    }

    /// The same, and nothing of what follows runs yet.
    pub async fn control_only(&self, control: Control) {
        let asked = Command::Control { control, reason: None };
        submit(&self.host, &self.id, asked).await.unwrap().unwrap().replies.pop().unwrap().unwrap();
    }

    /// Lets time pass, and what is due by then run.
    pub async fn after(&self, seconds: f64) {
        let until = self.state().updated_at.after_seconds(seconds);
        while let Some(at) = self.host.next_due().filter(|at| *at <= until) {
            self.host.advance(at);
            self.host.handle_due().await;
        }
        self.host.advance(until);
        self.host.handle_due().await;
    }

    /// The number of the turn that finished a node.
    pub async fn finished(&self, node: &str) -> u64 {
        let node = NodeId::from(node);
        let of = |event: &Event| matches!(event, Event::NodeSucceeded { node: one, .. } if *one == node);
        let turns = self.host.turns(&self.id, 0, 10_000).await.unwrap();
        turns.iter().rev().find(|turn| turn.events.iter().any(of)).unwrap().seq
    }

    /// Checks the invariants of the execution model on the whole journal.
    pub async fn holds(&self) {
        let turns = self.host.turns(&self.id, 0, 1_000_000).await.unwrap();
        let state = self.state();
        let ran_by = RanBy::of(&self.host, &state.started, &turns).await.unwrap();
        let broken = invariant::check(ran_by.documents(), &turns, &state);
        assert!(broken.is_empty(), "{broken:#?}");
    }
}
