//! An agent under simulation: a model that calls six tools, one of them behind an approval, on a host whose process dies at
//! each of its I/O points, and at random ones.

use crate::{moved::exported, whatif::replayed};
use document::work::ModelCall;
use engine::port::Delivers;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};
use stepwell_core::{
    event::Event,
    status::Status,
    task::{Outcome, Report, Task, Work},
};
use stepwell_tests::{
    generate::Case,
    sim::{Faults, Run, answered, delivers, root_id, says},
};

/// How many tools the agent has.
const TOOLS: usize = 6;

/// An agent with six tools, each of which books a place of its own. A person must approve the last.
pub fn case(system: &str) -> Case {
    let tool = |at: usize| {
        let mut node = json!({"id": format!("t{at}"), "type": "http_request",
            "config": {"method": "POST", "url": format!("https://sim.example/book/{at}/{{{{ args.amount }}}}")},
            "compensate": {"type": "http_request",
                "config": {"method": "POST", "url": format!("https://sim.example/undo/{at}/{{{{ args.amount }}}}")}},
            "tool": {"description": "Books.", "parameters": {"type": "object", "required": ["amount"],
                "properties": {"amount": {"type": "integer", "minimum": at}}}}});
        if at + 1 == TOOLS {
            node["tool"]["require_approval"] = json!("args.amount > 4");
        }
        node
    };
    let model = json!({"provider": "openai_compatible", "name": "m", "base_url": "https://model.example/v1"});
    let mut nodes = vec![
        json!({"id": "start", "type": "manual_trigger"}),
        json!({"id": "a", "type": "agent", "retry": {"initial_seconds": 1},
            "config": {"model": model, "system_prompt": system, "prompt": "Book for {{ input.who }}."}}),
    ];
    let mut edges = vec![json!({"from": "start", "to": "a"})];
    for at in 0..TOOLS {
        nodes.push(tool(at));
        edges.push(json!({"from": format!("t{at}"), "to": "a", "connection": "ai_tool"}));
    }
    let document = json!({"id": "books", "nodes": nodes, "edges": edges});
    Case { document, saved: Vec::new(), input: json!({"who": "Ada"}) }
}

/// What came to the model and to the tools.
#[derive(Default)]
struct Came {
    /// How many answers there were in each call of the model.
    model: Vec<usize>,
    /// The idempotency keys that came to each place.
    places: BTreeMap<String, BTreeSet<String>>,
}

/// A run of a case, with a record of what comes to the model and to the tools.
fn watched(case: &Case, seed: u64, faults: Faults, delivers: Delivers) -> (Run, Arc<Mutex<Came>>) {
    let run = Run::new(case, seed, faults, delivers);
    let came = Arc::new(Mutex::new(Came::default()));
    let seen = came.clone();
    let answers = move |task: &Task| {
        let mut seen = seen.lock().unwrap();
        let output = match &task.work {
            Work::Model(call) => {
                seen.model.push(answered(call));
                says(call)
            }
            Work::Http(http) => {
                seen.places.entry(http.url.clone()).or_default().insert(task.idempotency_key.clone());
                json!({"status": 200, "body": {"ok": true}})
            }
            other => panic!("nothing else is asked: {other:?}"),
        };
        Report { outcome: Outcome::Succeeded { port: "success".into(), output }, logs: Vec::new() }
    };
    run.host.world().answers = Some(Arc::new(answers));
    (run, came)
}

/// How many answers the journal has.
fn recorded(run: &Run) -> usize {
    let world = run.host.world();
    let events = world.journals[&root_id()].iter().flat_map(|turn| &turn.events);
    events.filter(|event| matches!(event, Event::AgentAnswered(_))).count()
}

/// Checks a run that has ended: each place was booked once, and the model was asked for each answer in order, again only
/// where the answer had not been recorded. Returns how often it was asked again.
fn checked(name: &str, came: &Came, answers: usize) -> usize {
    let places: Vec<&String> = came.places.keys().collect();
    assert_eq!(came.places.len(), TOOLS, "{name}: {places:?}");
    for (place, keys) in &came.places {
        assert_eq!(keys.len(), 1, "{name}: {place} was booked {} times", keys.len());
    }
    assert!(came.model.is_sorted(), "{name}: a recorded answer was asked for again: {:?}", came.model);
    let distinct: BTreeSet<usize> = came.model.iter().copied().collect();
    assert_eq!(distinct, (0..answers).collect::<BTreeSet<_>>(), "{name}");
    came.model.len() - answers
}

#[test]
fn no_answer_is_asked_for_again_and_nothing_booked_twice_at_whichever_point_the_process_dies() {
    for (system, answers) in [("You book.", TOOLS + 1), ("You book at once.", 2)] {
        for delivers in [Delivers::InCommit, Delivers::AfterCommit] {
            let (mut calm, came) = watched(&case(system), 0, Faults::default(), delivers);
            let fate = calm.finish().unwrap();
            assert_eq!((fate.status, fate.output["text"].as_str()), (Status::Completed, Some("done")), "{fate:?}");
            assert_eq!((checked("calm", &came.lock().unwrap(), answers), recorded(&calm)), (0, answers));
            let points = calm.host.world().calls;
            assert!(points > 40, "{points} points: the agent lost its point");
            let mut again = 0;
            for at in 1..=points {
                for after in [false, true] {
                    let name = format!("{system} {delivers:?} {at} {after}");
                    let faults = Faults { at_call: Some((at, after)), ..Faults::default() };
                    let (mut run, came) = watched(&case(system), 0, faults, delivers);
                    let ended = run.finish().unwrap_or_else(|error| panic!("{name}: {error}"));
                    assert_eq!(ended, fate, "{name}");
                    assert_eq!(run.host.world().faults_injected, 1, "{name}: the point never came");
                    assert_eq!(recorded(&run), answers, "{name}");
                    let repeated = checked(&name, &came.lock().unwrap(), answers);
                    assert!(repeated <= 1, "{name}: {repeated} calls were made again for one crash");
                    again += repeated;
                }
            }
            assert!(again > 0, "no crash hit a call whose answer was not recorded yet");
            println!("{points} points, {delivers:?}, {answers} answers, {again} calls made again");
        }
    }
}

#[test]
fn an_agent_comes_to_its_end_under_faults_of_every_kind() {
    let seeds = std::env::var("SIM_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(40).min(400);
    let mut faults = 0;
    for seed in 0..seeds {
        let (system, answers) = [("You book.", TOOLS + 1), ("You book at once.", 2)][(seed % 2) as usize];
        let (mut run, came) = watched(&case(system), seed, Faults::of(seed), delivers(seed % 3 == 0));
        let fate = run.finish().unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        assert_eq!(fate.status, Status::Completed, "seed {seed}: {fate:?}");
        assert_eq!(recorded(&run), answers, "seed {seed}");
        let came = came.lock().unwrap();
        assert!(came.places.values().all(|keys| keys.len() == 1) && came.places.len() == TOOLS, "seed {seed}");
        let calls: Vec<&Value> = fate.output["tool_calls"].as_array().unwrap().iter().collect();
        assert!(
            calls.len() == TOOLS && calls.iter().all(|call| call["status"] == "succeeded"),
            "seed {seed}: {calls:?}"
        );
        faults += run.host.world().faults_injected;
    }
    assert!(faults > 100, "only {faults} faults: the test lost its point");
}

#[test]
fn an_agent_goes_on_elsewhere_from_wherever_it_is() {
    let all = case("You book.");
    let whole = watched(&all, 1, Faults::default(), Delivers::InCommit).0.finish().unwrap();
    let mut moved = 0;
    for rounds in (0..400).step_by(3) {
        let (mut there, _) = watched(&all, 1, Faults::default(), Delivers::InCommit);
        if (0..rounds).any(|_| !there.advance().unwrap()) {
            break;
        }
        let before = recorded(&there);
        let pieces = exported(&mut there, 1, &mut |_| {});
        let faults = (1, Faults::default());
        let mut here = Run::arrived(std::slice::from_ref(&all.document), faults, Delivers::InCommit, &there, &pieces);
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = asked.clone();
        here.host.world().answers = Some(Arc::new(move |task: &Task| {
            let output = match &task.work {
                Work::Model(call) => {
                    seen.lock().unwrap().push(answered(call));
                    says(call)
                }
                _ => json!({"status": 200, "body": {"ok": true}}),
            };
            Report { outcome: Outcome::Succeeded { port: "success".into(), output }, logs: Vec::new() }
        }));
        let fate = here.finish().unwrap_or_else(|error| panic!("after {rounds} rounds: {error}"));
        assert_eq!(fate, whole, "after {rounds} rounds");
        let asked = asked.lock().unwrap();
        assert_eq!(*asked, (before..=TOOLS).collect::<Vec<_>>(), "what was answered there is not asked here");
        moved += 1;
    }
    assert!(moved > 10, "{moved} moves");
}

/// A recorded conversation reads nothing of a model: folding the journal gives the calls that are made next.
#[test]
fn the_transcript_of_a_journal_is_what_the_model_was_asked_with() {
    let (mut run, _) = watched(&case("You book."), 3, Faults::default(), Delivers::AfterCommit);
    let heard = Arc::new(Mutex::new(Vec::<Value>::new()));
    let seen = heard.clone();
    run.host.world().answers = Some(Arc::new(move |task: &Task| {
        let output = match &task.work {
            Work::Model(call) => {
                let call: &ModelCall = call;
                seen.lock().unwrap().push(json!(call.messages));
                says(call)
            }
            _ => json!({"status": 200, "body": {"ok": true}}),
        };
        Report { outcome: Outcome::Succeeded { port: "success".into(), output }, logs: Vec::new() }
    }));
    let fate = run.finish().unwrap();
    let heard = heard.lock().unwrap();
    for pair in heard.windows(2) {
        let (before, after) = (pair[0].as_array().unwrap(), pair[1].as_array().unwrap());
        assert_eq!(after[..before.len()], before[..], "what was said before is said again as it was");
        assert_eq!(after.len(), before.len() + 2, "an answer and a result are added");
    }
    let last = heard.last().unwrap().as_array().unwrap();
    let messages = fate.output["messages"].as_array().unwrap();
    assert_eq!(messages[..last.len()], last[..]);
    assert_eq!(messages.len(), last.len() + 1);
}

#[test]
fn a_what_if_asks_no_model_and_finds_nothing_that_differs() {
    let (mut run, came) = watched(&case("You book."), 5, Faults::default(), Delivers::InCommit);
    run.finish().unwrap();
    let before = came.lock().unwrap().model.len();
    let world = run.host.world();
    let mut recalled = 0;
    for (id, turns) in &world.journals {
        recalled += usize::from(replayed(&world, turns).unwrap_or_else(|why| panic!("{id}: {why}")));
    }
    assert!(recalled > 0, "{recalled} executions had something that was recorded");
    drop(world);
    assert_eq!(came.lock().unwrap().model.len(), before, "what was recorded is used");
}
