//! What people are offered is what the rules accept.

use super::story::Story;
use crate::{
    command::{Command, Control},
    decide::admitted::{Ask, admitted, ways_out},
    error::Rejection,
    event::{Imported, Patched, Unstick},
    execution::Status,
    rollback::{After, Plan, Point, Rollback, Rolling},
};
use serde_json::{Value, json};
use std::sync::Arc;

fn control(control: Control) -> Command {
    Command::Control { control, reason: None }
}

/// What asks for it; none for a fork, which is the start of another execution.
fn command(ask: Ask, story: &Story) -> Option<Command> {
    let seq = story.state.seq;
    let point = Some(Box::new(Point::of(&story.state, None)));
    let patched = || Patched { hash: story.state.workflow_hash().to_owned(), ..Patched::default() };
    Some(match ask {
        Ask::Pause => control(Control::Pause),
        Ask::Resume => control(Control::Resume),
        Ask::Cancel => control(Control::Cancel),
        Ask::Retry => control(Control::Retry),
        Ask::Unstick => Command::Unstick { action: Unstick::Retry, node: None, output: None, reason: None },
        Ask::RollBack => Command::RollBack {
            rollback: Box::new(Rollback::to(seq)),
            plan: Arc::new(Plan { point, undo: Vec::new(), signals: Vec::new(), carried: None }),
            seq,
        },
        Ask::Patch => Command::Patch { patched: Box::new(patched()), seq },
        Ask::Fork => return None,
    })
}

fn given(kind: Value) -> Story {
    let mut node = json!({ "id": "one" });
    node.as_object_mut().unwrap().extend(kind.as_object().unwrap().clone());
    Story::given(json!([node]), json!([{ "from": "start", "to": "one" }]), json!({}))
}

fn get() -> Value {
    json!({ "type": "http_request", "config": { "url": "https://example.com" } })
}

fn after(kind: Value, act: impl FnOnce(&mut Story)) -> Story {
    let mut story = given(kind);
    act(&mut story);
    story
}

fn buried(story: &mut Story) {
    let (about, at) = ("attempt 1 of node one".into(), (Some("one".into()), Some(1)));
    story.when(Command::DeadLetter { about, at, error: "no luck".into() }).unwrap();
}

fn rolling(asked: Rollback) -> Arc<Rolling> {
    let (ended, intended, due) = (Vec::new(), None, None);
    Arc::new(Rolling { ended, intended, due, ..Rolling::asked(asked) })
}

/// The execution goes back, and what it did is not undone yet.
fn goes_back(story: &mut Story) {
    story.state.rolling = Some(rolling(Rollback::to(1)));
}

/// An execution in each status, by each way that makes a difference.
fn stories() -> Vec<Story> {
    let ask =
        || json!({ "type": "human", "config": { "kind": "approval", "question": "Well?", "timeout_seconds": 60 } });
    let waits = json!({ "type": "wait", "config": { "seconds": 3600 } });
    let mut skipped = given(get());
    skipped.state.end = Some(Status::Skipped);
    vec![
        given(get()),
        after(ask(), |story| story.open("one")),
        after(waits, |story| story.open("one")),
        after(get(), |story| story.when(control(Control::Pause)).unwrap()),
        after(get(), buried),
        after(get(), |story| story.succeed("one", json!(1)).unwrap()),
        after(get(), |story| story.fail("one", "broken")),
        after(get(), |story| story.when(control(Control::Cancel)).unwrap()),
        after(get(), |story| story.state.held = true),
        after(get(), goes_back),
        after(get(), |story| Arc::make_mut(&mut story.state.started).imported = Some(Imported { turns: 9 })),
        skipped,
    ]
}

#[test]
fn each_status_is_looked_at() {
    let mut seen: Vec<Status> = stories().iter().map(|story| story.state.status()).collect();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen, Status::ALL);
}

#[test]
fn what_is_offered_is_accepted_and_what_is_not_is_refused_or_changes_no_status() {
    for at in 0..stories().len() {
        for ask in Ask::ALL {
            let mut story = stories().swap_remove(at);
            let status = story.state.status();
            let is_offered = admitted(&story.state).contains(ask);
            let Some(command) = command(*ask, &story) else { continue };
            let answered = story.when(command);
            if is_offered {
                assert_eq!(answered, Ok(()), "{ask} while {status}");
            } else if answered.is_ok() && (*ask, status) != (Ask::RollBack, Status::RollingBack) {
                // Such as a second pause. A rollback may be turned to another checkpoint, which is not worth a button.
                assert_eq!(story.state.status(), status, "{ask} is not offered while {status}, and does something");
            }
        }
    }
}

#[test]
fn each_status_has_its_controls() {
    let offered = |status: Status| {
        let is = |story: &Story| story.state.status() == status && !story.state.arrives();
        let story = stories().into_iter().find(is).unwrap();
        admitted(&story.state).iter().map(|ask| ask.as_str()).collect::<Vec<_>>().join(" ")
    };
    for moving in [Status::Pending, Status::Running, Status::Waiting, Status::WaitingHuman] {
        assert_eq!(offered(moving), "pause cancel rollback fork patch");
    }
    assert_eq!(offered(Status::Paused), "resume cancel rollback fork patch");
    assert_eq!(offered(Status::RollingBack), "pause cancel");
    assert_eq!(offered(Status::Stuck), "unstick cancel rollback fork patch");
    for ended in [Status::Failed, Status::Cancelled] {
        assert_eq!(offered(ended), "retry rollback fork patch");
    }
    assert_eq!(offered(Status::Completed), "rollback fork");
    assert_eq!(offered(Status::Skipped), "");
}

#[test]
fn the_ways_out_are_those_for_which_there_is_something_left_to_do() {
    let mut stuck = after(get(), goes_back);
    assert_eq!(ways_out(&stuck.state), [], "it is not stuck");
    buried(&mut stuck);
    assert_eq!(ways_out(&stuck.state), Unstick::ALL);
    // Of a compensation that failed no message is left to be sent again.
    stuck.state.stuck.as_mut().unwrap().code = "compensation_failed".into();
    assert_eq!(ways_out(&stuck.state), [Unstick::Retry, Unstick::Skip, Unstick::MarkDone]);
}

#[test]
fn what_a_status_alone_does_not_say_is_known_too() {
    // A child that is undone for its parent ends when that is done.
    let mut child = given(get());
    let asked = Rollback { after: After::Cancel { epoch: 1 }, ..Rollback::to(0) };
    child.state.rolling = Some(rolling(asked));
    assert_eq!(admitted(&child.state), []);
    for asked in [Control::Pause, Control::Resume, Control::Cancel] {
        assert!(matches!(child.when(control(asked)), Err(Rejection::Status { .. })), "{asked:?}");
    }
    // It stands still with its parent.
    child.when(Command::StandStill { still: true, reason: None }).unwrap();
    child.is(Status::Paused);
    assert_eq!(admitted(&child.state), [Ask::RollBack, Ask::Fork]);
    // One that is stuck on its way back takes no other document.
    let mut stuck = after(get(), goes_back);
    buried(&mut stuck);
    assert_eq!(admitted(&stuck.state), [Ask::Unstick, Ask::Cancel, Ask::RollBack, Ask::Fork]);
    // What is not here whole can only be given up.
    let arriving = stories().into_iter().find(|story| story.state.arrives()).unwrap();
    assert_eq!(admitted(&arriving.state), [Ask::Cancel]);
}
