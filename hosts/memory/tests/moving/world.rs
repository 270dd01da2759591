//! Two hosts, and what travels between them.

use document::{parse, time::Time};
use engine::{
    drive::submit,
    moving::{self, Importer, Outcome, Piece, Refusal, Taken},
    port::{Catalogue as _, Clock as _, ExecutionFilter, Index as _, Journal as _, Window},
};
use serde_json::{Value, json};
use std::sync::Arc;
use stepwell_core::{
    command::{Command, Control},
    error::Rejection,
    event::{Event, Started, Turn},
    execution::{Execution, Status},
    id::ExecutionId,
    interaction::{Answer, Via},
    invariant,
    task::{Failure, LogLevel, LogLine, Outcome as Ran, Report},
};
use stepwell_memory::Memory;

/// A host whose requests succeed, but for those to a path with `no` in it.
pub fn host() -> Memory {
    Memory::new(Time(1_769_850_000_000)).with_runner(|task| {
        let stepwell_core::task::Work::Http(http) = &task.work else { panic!("only requests") };
        let outcome = match http.url.contains("/no") {
            true => Ran::Failed(Failure::new("refused", "it refuses")),
            false => {
                let bytes = http.url.split_once("/large/").and_then(|(_, bytes)| bytes.parse().ok()).unwrap_or(0);
                let output = json!({"body": {"asked": &http.url, "text": "x".repeat(bytes)}});
                Ran::Succeeded { port: "success".into(), output }
            }
        };
        let count = http.url.split_once("/says/").and_then(|(_, count)| count.parse().ok()).unwrap_or(0);
        let line = |number| LogLine { at: said_at(number), level: LogLevel::Info, message: format!("{number:0>4096}") };
        Report { outcome, logs: (0..count).map(line).collect() }
    })
}

/// When a node wrote its line of a number: before its outcome was recorded.
fn said_at(number: i64) -> Time {
    Time(1_769_849_999_000 + number)
}

/// A node that writes so many lines of 4 KiB.
pub fn says(id: &str, lines: usize) -> Value {
    json!({"id": id, "type": "http_request", "config": {"url": format!("https://example.com/says/{lines}")}})
}

/// The texts of all lines that an execution has.
pub async fn lines(host: &Memory, id: &ExecutionId) -> Vec<String> {
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let page = host.logs(id, &Window { limit: 200, cursor }).await.unwrap();
        all.extend(page.items.into_iter().map(|log| log.line.message.trim_start_matches('0').to_owned()));
        cursor = page.next_cursor;
        if cursor.is_none() {
            return all;
        }
    }
}

/// Nodes one after the other, behind the trigger.
pub fn chain(id: &str, nodes: &[Value]) -> Value {
    let mut all = vec![json!({"id": "start", "type": "manual_trigger"})];
    all.extend(nodes.iter().cloned());
    let names: Vec<&str> = all.iter().map(|node| node["id"].as_str().unwrap()).collect();
    let edge = |pair: &[&str]| match pair[0].starts_with("ask") {
        true => json!({"from": pair[0], "to": pair[1], "port": "approved"}),
        false => json!({"from": pair[0], "to": pair[1]}),
    };
    let edges: Vec<Value> = names.windows(2).map(edge).collect();
    json!({"id": id, "nodes": all, "edges": edges})
}

/// A node that asks for a yes.
pub fn asks(id: &str) -> Value {
    json!({"id": id, "type": "human", "config": {"kind": "approval", "question": "Go on?", "timeout_seconds": 3600}})
}

/// A node that sends a request, which is undone by another.
pub fn requests(id: &str, path: &str) -> Value {
    json!({"id": id, "type": "http_request", "retry": {"max_attempts": 1},
        "config": {"url": format!("https://example.com/{path}")},
        "compensate": {"type": "http_request", "config": {"url": "https://example.com/undo"}}})
}

/// A node that asks for a value of so many bytes.
pub fn makes(id: &str, bytes: usize) -> Value {
    json!({"id": id, "type": "http_request", "config": {"url": format!("https://example.com/large/{bytes}")}})
}

/// Starts a document, and lets run what can.
pub async fn ran(host: &Memory, document: &Value) -> ExecutionId {
    let workflow = parse(document).unwrap_or_else(|issues| panic!("{issues:#?}")).workflow;
    host.keep_workflow(&workflow).await.unwrap();
    let id = host.new_id();
    let started = Started { owner: "there".into(), ..Started::new(id.clone(), &workflow, json!({"n": 7}), host.now()) };
    submit(host, &id, Command::Start(Box::new(started))).await.unwrap();
    host.handle_due().await;
    id
}

pub async fn turns(host: &Memory, id: &ExecutionId) -> Vec<Turn> {
    host.turns(id, 0, 1_000_000).await.unwrap()
}

/// The children of an execution, from the first on.
pub async fn children(host: &Memory, id: &ExecutionId) -> Vec<ExecutionId> {
    let state = host.state(id).unwrap();
    let filter =
        ExecutionFilter { owner: state.started.owner.clone(), parent: Some(id.clone()), ..ExecutionFilter::default() };
    let page = host.executions(&filter, &Window { limit: 200, cursor: None }).await.unwrap();
    let mut found: Vec<ExecutionId> = page.items.into_iter().map(|head| head.id).collect();
    found.reverse();
    found
}

/// The pieces of an execution by itself.
pub async fn pieces_of(host: &Memory, id: &ExecutionId, room: usize) -> Vec<Piece> {
    let of = host.state(id).unwrap().seq;
    let (mut found, mut after) = (Vec::new(), 0);
    while after < of {
        let piece = moving::export(host, id, after, of, room).await.unwrap();
        after = piece.to();
        found.push(piece);
    }
    found
}

/// All pieces of an execution and its descendants in the order in which they are imported.
pub async fn exported(host: &Memory, root: &ExecutionId, room: usize) -> Vec<Piece> {
    let mut open = std::collections::VecDeque::from([root.clone()]);
    let (mut pieces, mut ends) = (Vec::new(), Vec::new());
    while let Some(id) = open.pop_front() {
        let own = pieces_of(host, &id, room).await;
        let of = own.last().unwrap().of;
        let end = json!({"execution_id": id, "of": of, "after": of, "complete": true});
        ends.push(serde_json::from_value::<Piece>(end).unwrap());
        pieces.extend(own);
        open.extend(children(host, &id).await);
    }
    pieces.extend(ends);
    pieces
}

pub const ANN: Importer<'static> = Importer { owner: "here", by: "ann@example.com" };

/// Sends one piece.
pub async fn sent(host: &Memory, piece: &Piece) -> Result<Outcome, Refusal> {
    moving::import(host, &ANN, piece, false).await.unwrap()
}

/// Sends all pieces. True where any of them added something.
pub async fn imported(host: &Memory, pieces: &[Piece]) -> bool {
    let mut added = false;
    for piece in pieces {
        // As they travel: as text.
        let text = serde_json::to_string(piece).unwrap();
        let outcome = sent(host, &serde_json::from_str(&text).unwrap()).await.unwrap();
        added |= outcome.taken == Taken::Added;
    }
    added
}

/// Asks something of an execution, and lets run what follows.
pub async fn ask(host: &Memory, id: &ExecutionId, command: Command) -> Result<(), Rejection> {
    let mut done = submit(host, id, command).await.unwrap().unwrap();
    done.replies.pop().unwrap()?;
    host.handle_due().await;
    Ok(())
}

pub async fn control(host: &Memory, id: &ExecutionId, control: Control) -> Result<(), Rejection> {
    ask(host, id, Command::Control { control, reason: None }).await
}

/// Answers the open question of an execution with yes.
pub async fn yes(host: &Memory, id: &ExecutionId) -> Result<(), Rejection> {
    let state = host.state(id).unwrap();
    let question = state.open_interactions().next().expect("nobody is asked").interaction_id.clone();
    let answer: Answer = Answer { by: "bob@example.com".into(), via: Via::Api, ..answer() };
    ask(host, id, Command::Answer { interaction_id: question, answer: Box::new(answer) }).await
}

fn answer() -> Answer {
    Answer { approved: Some(true), ..Answer::default() }
}

/// What an execution has come to, but for times and for what each host says of its own.
pub fn end(state: &Execution) -> End {
    let output = state.output.as_ref().and_then(|output| output.value().cloned());
    let error = state.error.as_ref().map(|error| error.message.clone());
    let visits = state.nodes.iter().map(|(id, node)| (id.to_string(), node.visit)).collect();
    End { status: state.status(), output, error, visits }
}

/// What two hosts must agree about.
#[derive(Debug, PartialEq)]
pub struct End {
    status: Status,
    output: Option<Value>,
    error: Option<String>,
    visits: Vec<(String, u32)>,
}

/// Checks the invariants of every execution of a host.
pub async fn hold(host: &Memory) {
    for state in host.all() {
        let workflow = engine::drive::workflow_of(host, &state).await.unwrap();
        let broken = invariant::check(&workflow, &turns(host, state.id()).await, &state);
        assert!(broken.is_empty(), "{broken:#?}");
    }
}

/// The same past, but for what a host says of its own of the start, and for the word that all of it came.
pub async fn same_past(there: &Memory, here: &Memory, id: &ExecutionId) {
    let (there, here) = (turns(there, id).await, turns(here, id).await);
    assert!(here.len() > there.len());
    for (there, here) in there.iter().zip(&here).skip(1) {
        assert_eq!(there, here);
    }
    assert_eq!(here[there.len()].events, [Event::ExecutionImported]);
    assert_eq!(here[there.len()].by.as_deref(), Some(ANN.by));
}

pub fn state(host: &Memory, id: &ExecutionId) -> Arc<Execution> {
    host.state(id).unwrap()
}
