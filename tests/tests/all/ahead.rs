//! Going ahead: a handler goes on with the step that follows, and each step's own message finds it recorded.

use document::time::Time;
use engine::{
    drive::submit,
    limits::STEPS_AHEAD,
    port::{Delivers, Delivery, Verdict},
    step::handle,
};
use futures::{executor::block_on, task::noop_waker};
use serde_json::{Value, json};
use std::{future::Future as _, task::Context};
use stepwell_core::{
    command::{Command, Control},
    effect::Work,
    execution::Status,
};
use stepwell_tests::{
    generate::Case,
    sim::{Faults, Run, SimHost, root_id},
};

fn transform(id: &str) -> Value {
    json!({"id": id, "type": "transform", "config": {"set": {"done": id}}})
}

/// Nodes behind a trigger, one after the other.
fn chain(nodes: Vec<Value>) -> Value {
    let all: Vec<Value> = std::iter::once(json!({"id": "go", "type": "manual_trigger"})).chain(nodes).collect();
    let edges: Vec<Value> = all.windows(2).map(|two| json!({"from": two[0]["id"], "to": two[1]["id"]})).collect();
    json!({"id": "chain", "nodes": all, "edges": edges})
}

fn run(document: Value) -> Run {
    let case = Case { document, saved: Vec::new(), input: json!({}) };
    Run::new(&case, 0, Faults::default(), Delivers::AfterCommit).going_ahead(true)
}

/// Everything that is on the queue and due.
fn due(host: &SimHost) -> Vec<Delivery> {
    let world = host.world();
    let due = world.queue.iter().filter(|queued| queued.visible_at <= world.now);
    let delivery = |receipt, message| Delivery { receipt, message, deliveries: 1, trace: None };
    due.map(|queued| delivery(queued.receipt, queued.message.clone())).collect()
}

fn turns(host: &SimHost) -> usize {
    host.world().journals[&root_id()].len()
}

#[test]
fn a_chain_is_done_over_one_message_and_the_others_find_it_done() {
    let ten = || chain((1..=10).map(|n| transform(&format!("step-{n}"))).collect());
    let mut patient = run(ten()).going_ahead(false);
    let expected = patient.finish().unwrap();
    let mut run = run(ten());
    assert_eq!(block_on(handle(&run.host, &due(&run.host))), [Verdict::Acknowledge]);
    assert_eq!(run.host.state(&root_id()).unwrap().status(), Status::Completed);
    assert_eq!(turns(&run.host), turns(&patient.host), "the journal is the same");
    let held: Vec<(Time, Work)> =
        run.host.world().queue.iter().skip(1).map(|it| (it.visible_at, it.message.work.clone())).collect();
    assert_eq!(held.len(), 9, "each further step has a message: {held:?}");
    let now = run.host.time();
    assert!(held.iter().all(|(at, _)| *at > now.after_seconds(59.0)), "they come once the process is over: {held:?}");
    assert_eq!(run.finish().unwrap(), expected);
    assert_eq!(turns(&run.host), turns(&patient.host), "and change nothing then");
}

#[test]
fn a_loop_takes_its_place_in_the_queue_again() {
    let document = json!({"id": "long", "nodes": [
            {"id": "go", "type": "manual_trigger"},
            {"id": "loop", "type": "loop", "config": {"while": "loop.iteration < 100", "max_iterations": 200}},
            transform("inner"), transform("after")],
        "edges": [{"from": "go", "to": "loop"}, {"from": "loop", "to": "inner", "port": "loop"},
            {"from": "inner", "to": "loop"}, {"from": "loop", "to": "after", "port": "done"}]});
    let mut run = run(document);
    let before = turns(&run.host);
    block_on(handle(&run.host, &due(&run.host)));
    assert_eq!(turns(&run.host) - before, 1 + STEPS_AHEAD as usize, "the one that came, and those that followed");
    let next = due(&run.host);
    assert_eq!(
        next.len(),
        2,
        "the message that began, which nobody took off the queue here, and that of the next step"
    );
    assert_eq!(run.finish().unwrap().status, Status::Completed);
}

#[test]
fn branches_have_their_own_messages() {
    let document = json!({"id": "forked", "nodes": [
            {"id": "go", "type": "manual_trigger"}, transform("first"), transform("left"), transform("right")],
        "edges": [{"from": "go", "to": "first"}, {"from": "first", "to": "left"}, {"from": "first", "to": "right"}]});
    let run = run(document);
    block_on(handle(&run.host, &due(&run.host)));
    assert_eq!(due(&run.host).len(), 1 + 2, "both are due at once");
}

#[test]
fn a_node_that_may_need_more_time_than_is_left_waits_for_its_message() {
    let call = json!({"id": "call", "type": "http_request", "timeout_seconds": 61,
        "config": {"method": "GET", "url": "https://example.com/"}});
    let long = run(chain(vec![transform("first"), call.clone()]));
    block_on(handle(&long.host, &due(&long.host)));
    assert_eq!(due(&long.host).len(), 2, "a process has a minute in the simulation");
    let mut short = call;
    short["timeout_seconds"] = json!(60);
    let short = run(chain(vec![transform("first"), short]));
    block_on(handle(&short.host, &due(&short.host)));
    assert_eq!(turns(&short.host), 3, "its start, the first step and the call");
}

/// A pause or a cancel that is recorded while a process goes ahead counts as one that comes while a step runs.
#[test]
fn a_pause_and_a_cancel_stop_whoever_goes_ahead() {
    for control in [Control::Pause, Control::Cancel] {
        let mut run = run(chain((1..=10).map(|n| transform(&format!("step-{n}"))).collect()));
        let batch = due(&run.host);
        let mut handling = Box::pin(handle(&run.host, &batch));
        // The handler goes on until it has recorded two steps; then somebody is quicker than its next one.
        while turns(&run.host) < 3 {
            assert!(handling.as_mut().poll(&mut Context::from_waker(&noop_waker())).is_pending(), "it is over");
        }
        let asked = Command::Control { control, reason: None };
        block_on(submit(&run.host, &root_id(), asked)).unwrap();
        let stopped_at = turns(&run.host);
        block_on(handling);
        let state = run.host.state(&root_id()).unwrap();
        assert!(turns(&run.host) <= stopped_at + 1, "a step that had begun may still be recorded, and none after it");
        if control == Control::Pause {
            assert_eq!(state.status(), Status::Paused);
            run.ask(Control::Resume);
            assert_eq!(run.finish().unwrap().status, Status::Completed);
        } else {
            assert_eq!(state.status(), Status::Cancelled);
        }
    }
}
