//! Journals of earlier releases still fold to the same state, and go on to the same end.
//!
//! `UPDATE_GOLDEN=1` writes the journals of this release anew; that is for a new format, under a new folder. `v1` knows
//! neither retry nor rollback, `v2` no patch and no import, `v3` does.

use crate::{docs::root, moved::exported};
use document::id::NodeId;
use engine::port::Delivers;
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs, path::PathBuf, sync::Arc};
use stepwell_core::{
    command::Control,
    event::Turn,
    execution::{Execution, LoopState, NodeState, Status},
    id::ExecutionId,
    rollback::Rollback,
};
use stepwell_tests::{
    generate::Case,
    sim::{Faults, Run, root_id},
};

fn folder() -> PathBuf {
    root().join("tests/golden/v3")
}

/// A flow through every kind of node that an execution can stop at.
pub(crate) fn case() -> Case {
    let edge = |from: &str, to: &str| json!({ "from": from, "to": to });
    let http =
        |path: &str| json!({ "method": "POST", "url": format!("https://sim.example/{path}"), "body": { "v": 3 } });
    let undo = |path: &str| json!({ "type": "http_request", "config": http(path) });
    let body = json!({
        "nodes": [
            { "id": "book", "type": "http_request", "config": http("book"), "compensate": undo("unbook") },
            { "id": "double", "type": "transform", "config": { "set": { "v": "{{ item * 2 + input.a }}" } } },
        ],
        "edges": [edge("book", "double")],
    });
    let nodes = json!([
        { "id": "start", "type": "manual_trigger" },
        { "id": "fetch", "type": "http_request", "config": http("flaky/1"), "compensate": undo("unfetch") },
        { "id": "refused", "type": "http_request", "config": http("refused"), "on_error": "continue" },
        { "id": "each", "type": "loop", "config": { "for_each": "input.list" } },
        { "id": "add", "type": "transform", "config": { "set": { "v": "{{ item + loop.iteration }}" } } },
        { "id": "enough", "type": "branch",
          "config": { "rules": [{ "when": "output.v > 2", "port": "yes" }], "default": "no" } },
        { "id": "stop", "type": "break", "config": { "output": "{{ ctx.add.output.v }}" } },
        { "id": "all", "type": "map", "config": { "items": "[1, 2, 3]", "body": body, "max_concurrency": 1 } },
        { "id": "ask", "type": "human", "config": { "kind": "approval", "question": "yes?" } },
        { "id": "pause", "type": "wait", "config": { "seconds": 60 } },
        { "id": "signal", "type": "wait", "config": { "event": "go" } },
        { "id": "skipped", "type": "transform", "config": { "expression": "null" } },
        { "id": "nothing", "type": "transform", "config": { "expression": "null" } },
        { "id": "join", "type": "transform", "config": { "set": { "v": "{{ ctx.all.output[0].v }}" } } },
    ]);
    let edges = json!([
        edge("start", "fetch"), edge("start", "refused"), edge("fetch", "each"),
        { "from": "each", "to": "add", "port": "loop" }, edge("add", "enough"),
        { "from": "enough", "to": "stop", "port": "yes" }, { "from": "enough", "to": "each", "port": "no" },
        edge("each", "all"), edge("all", "ask"), { "from": "ask", "to": "pause", "port": "approved" },
        { "from": "ask", "to": "skipped", "port": "rejected" }, edge("pause", "signal"), edge("signal", "nothing"),
        edge("nothing", "join"), edge("skipped", "join"), edge("refused", "join"),
    ]);
    let document = json!({ "id": "golden", "nodes": nodes, "edges": edges });
    Case { document, saved: Vec::new(), input: json!({ "a": 1, "list": [0, 1, 2, 3] }) }
}

/// What every release must make of a journal; fields that a later one adds to its state are its own affair.
fn essence(state: &Execution) -> Value {
    let node = |(id, node): (&NodeId, &Arc<NodeState>)| {
        let kept = json!([node.visit, node.phase, node.port, node.output, node.error, node.attempt]);
        (id.to_string(), kept)
    };
    let nodes: BTreeMap<String, Value> = state.nodes.iter().map(node).collect();
    // Which visit entered a loop is noted since these were kept.
    let noted =
        |(id, looped): (&NodeId, &Arc<LoopState>)| (id.to_string(), LoopState { visit: 0, ..(**looped).clone() });
    let loops: BTreeMap<String, LoopState> = state.loops.iter().map(noted).collect();
    json!({
        "seq": state.seq, "status": state.status(), "output": state.output, "error": state.error,
        "nodes": nodes, "edges": state.edges, "loops": loops, "children": state.children,
        "interactions": state.interactions, "signals": state.signals,
    })
}

fn snapshot(run: &Run, expected: &Value) -> String {
    snapshot_of(&case(), run, expected)
}

fn snapshot_of(case: &Case, run: &Run, expected: &Value) -> String {
    let world = run.host.world();
    let states: BTreeMap<String, Value> =
        world.journals.keys().map(|id| (id.to_string(), essence(&world.fold(id).unwrap()))).collect();
    // Those that patches made, in the order of their hashes.
    let first = world.workflow_of(&root_id()).unwrap();
    let others: BTreeMap<&String, &Value> = world
        .workflows
        .values()
        .filter(|workflow| workflow.hash != first.hash)
        .map(|workflow| (&workflow.hash, &*workflow.document))
        .collect();
    let others: Vec<&Value> = others.into_values().collect();
    let golden = json!({
        "document": case.document, "others": others, "journals": world.journals, "states": states,
        "expected": expected,
    });
    format!("{golden}\n")
}

fn keep(name: &str, run: &Run, expected: &Value) {
    fs::create_dir_all(folder()).unwrap();
    fs::write(folder().join(format!("{name}.json")), snapshot(run, expected)).unwrap();
}

fn begun(rounds: usize) -> Run {
    let mut run = Run::new(&case(), 1, Faults::default(), Delivers::InCommit);
    for _ in 0..rounds {
        run.advance().unwrap();
    }
    run
}

/// How many rounds pass until an execution has a status for the first time.
fn rounds_until(status: Status) -> usize {
    let mut run = begun(0);
    (0..).find(|_| run.host.state(&root_id()).unwrap().status() == status || !run.advance().unwrap()).unwrap()
}

fn ends(mut run: Run) -> Value {
    let fate = run.finish().unwrap();
    json!({ "status": fate.status, "output": fate.output })
}

/// A journal at every status that a run comes through, and some more on the way.
fn write() {
    let calm = Run::new(&case(), 1, Faults::default(), Delivers::InCommit).finish().unwrap();
    let expected = json!({ "status": calm.status, "output": calm.output });
    fs::create_dir_all(folder()).unwrap();
    let (mut seen, mut last) = (BTreeMap::<String, usize>::new(), String::new());
    for rounds in 0.. {
        let mut run = Run::new(&case(), 1, Faults::default(), Delivers::InCommit);
        let moved = (0..rounds).all(|_| run.advance().unwrap());
        let status = run.host.state(&root_id()).unwrap().status();
        let text = snapshot(&run, &expected);
        if !moved {
            break;
        }
        if text == last {
            continue;
        }
        last.clone_from(&text);
        let count = seen.entry(status.to_string()).or_default();
        *count += 1;
        if *count <= 2 || (*count).is_multiple_of(8) {
            fs::write(folder().join(format!("{status}-{count}.json")), text).unwrap();
        }
        if *count == 2 && !status.is_terminal() {
            run.ask(Control::Pause);
            while run.advance().unwrap() {}
            fs::write(folder().join(format!("paused-in-{status}.json")), snapshot(&run, &expected)).unwrap();
        }
    }
}

/// Journals of executions that go back, and of one that was cancelled and taken up again.
fn write_reopened() {
    let calm = Run::new(&case(), 1, Faults::default(), Delivers::InCommit).finish().unwrap();
    let expected = json!({ "status": calm.status, "output": calm.output });
    let keep = |name: &str, run: &Run| keep(name, run, &expected);
    let mut run = Run::new(&case(), 1, Faults::default(), Delivers::InCommit);
    run.finish().unwrap();
    run.back_to(&root_id(), &Rollback::to(1));
    keep("rolling_back-1", &run);
    for _ in 0..3 {
        run.advance().unwrap();
    }
    keep("rolling_back-2", &run);
    while run.host.state(&root_id()).unwrap().rolling.is_some() {
        run.advance().unwrap();
    }
    keep("rolled_back", &run);
    for _ in 0..12 {
        run.advance().unwrap();
    }
    run.ask(Control::Cancel);
    while run.advance().unwrap() {}
    run.ask(Control::Retry);
    keep("retried", &run);
    run.finish().unwrap();
    keep("completed-at-last", &run);
}

/// Journals of executions that were patched: while a person is asked, and once more behind a pause.
fn write_patched() {
    let behind = |of: &str, id: &str| {
        let node = json!({"id": id, "type": "transform", "config": {"expression": format!("ctx.{of}.output.v")}});
        json!([{"op": "add", "path": "/nodes/-", "value": node},
            {"op": "add", "path": "/edges/-", "value": {"from": of, "to": id}}])
    };
    let patched = || {
        let mut run = begun(rounds_until(Status::WaitingHuman));
        run.patch(&root_id(), &behind("join", "extra"));
        assert!(run.host.state(&root_id()).unwrap().patched.is_some());
        run
    };
    let expected = ends(patched());
    keep("patched-1", &patched(), &expected);
    let twice = || {
        let mut run = patched();
        run.advance().unwrap();
        run.ask(Control::Pause);
        run.patch(&root_id(), &json!([{"op": "replace", "path": "/nodes/13/name", "value": "All"}]));
        run
    };
    keep("patched-and-paused", &twice(), &expected);
    let mut run = twice();
    run.ask(Control::Resume);
    run.finish().unwrap();
    keep("patched-completed", &run, &expected);
}

/// Journals of executions that came from another host: with children on their way, and with a question that is open.
fn write_imported() {
    let expected = ends(begun(0));
    for (name, rounds) in [
        ("imported-running", rounds_until(Status::WaitingHuman) - 6),
        ("imported-waiting_human", rounds_until(Status::WaitingHuman)),
    ] {
        let mut there = begun(rounds);
        let all = exported(&mut there, 1, &mut |_| {});
        let documents = [case().document];
        let mut here = Run::arrived(&documents, (1, Faults::default()), Delivers::InCommit, &there, &all);
        assert!(here.host.state(&root_id()).unwrap().arrived);
        keep(name, &here, &expected);
        for _ in 0..4 {
            here.advance().unwrap();
        }
        keep(&format!("{name}-on"), &here, &expected);
    }
}

/// Journals of an agent: while its tools run, behind some answers, while a person is asked, and at its end.
fn write_agents() {
    let case = crate::agents::case("You book.");
    let begun = || Run::new(&case, 1, Faults::default(), Delivers::InCommit);
    let expected = ends(begun());
    let status = |run: &Run| run.host.state(&root_id()).unwrap().status();
    let asked = |run: &Run| status(run) == Status::WaitingHuman;
    let mut before_the_question = 0;
    let mut run = begun();
    while !asked(&run) && run.advance().unwrap() {
        before_the_question += 1;
    }
    for (name, rounds) in [
        ("agent-1", before_the_question / 3),
        ("agent-2", before_the_question * 2 / 3),
        ("agent-asks", before_the_question),
        ("agent-completed", 1_000),
    ] {
        let mut run = begun();
        let moved = (0..rounds).take_while(|_| run.advance().unwrap()).count();
        assert!(moved > 0, "{name}");
        let text = snapshot_of(&case, &run, &expected);
        fs::write(folder().join(format!("{name}.json")), text).unwrap();
    }
}

#[test]
fn journals_of_every_release_fold_and_go_on() {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        write();
        write_reopened();
        write_patched();
        write_imported();
        write_agents();
    }
    let paths = crate::docs::files(&root().join("tests/golden"), ".json");
    assert!(paths.len() >= 8, "only {} golden journals were found", paths.len());
    for path in paths {
        let name = path.display();
        let golden: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let journals: BTreeMap<ExecutionId, Vec<Turn>> = serde_json::from_value(golden["journals"].clone()).unwrap();
        let others = golden["others"].as_array().cloned().unwrap_or_default();
        let documents: Vec<Value> = [golden["document"].clone()].into_iter().chain(others).collect();
        let mut run = Run::take_up(&documents, journals);
        for (id, state) in golden["states"].as_object().unwrap() {
            let folded = run.host.state(&id.as_str().into()).unwrap();
            assert_eq!(&essence(&folded), state, "{name}: {id} folds to another state");
        }
        run.ask(Control::Resume);
        let fate = run.finish().unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(json!({ "status": fate.status, "output": fate.output }), golden["expected"], "{name}");
    }
}
