//! Which question an answer is meant for that names none. The times are milliseconds of the hosts' clocks.

use super::story::Story;
use crate::{
    command::{Command, Told},
    effect::Purpose,
    execution::Execution,
    interaction::{Answer, Interaction},
    meant::{
        Unnamed,
        Unseen::{self, OnItsWay, OtherAnswer},
        tell_at, unseen,
    },
};
use document::time::Time;
use serde_json::{Value, json};

/// Milliseconds that are between two answers at most which were sent at once.
const AT_ONCE: i64 = 200;

fn ask(id: &str) -> Value {
    json!({"id": id, "type": "human", "config": {"kind": "approval", "question": "Well?", "timeout_seconds": 60}})
}

/// Two questions, one after the other, of which the first is open since 1000.
fn row() -> Story {
    let edges = json!([{"from": "start", "to": "one"}, {"from": "one", "to": "two"},
        {"from": "one", "to": "two", "port": "timeout"}]);
    let mut two = ask("two");
    two["join"] = json!("any");
    let mut story = Story::given(json!([ask("one"), two]), edges, Value::Null);
    story.opens("one", 1000);
    story
}

/// A map over three items, whose children told at 1000 that the first asks.
fn mapping() -> Story {
    let body = json!({"nodes": [ask("ok")], "edges": []});
    let all = json!({"id": "all", "type": "map", "timeout_seconds": 9, "on_error": "continue",
        "config": {"items": "[1, 2, 3]", "body": body}});
    let edges = json!([{"from": "start", "to": "all"}, {"from": "all", "to": "next", "port": "success"},
        {"from": "all", "to": "next", "port": "error"}]);
    let mut next = ask("next");
    next["join"] = json!("any");
    let mut story = Story::given(json!([all, next]), edges, Value::Null);
    story.opens("all", 900);
    story.tells(0, true, 3, 1000);
    story
}

impl Story {
    fn opens(&mut self, node: &str, at: i64) {
        self.now = Time(at);
        self.open(node);
    }

    fn is_answered(&mut self, at: i64) {
        self.now = Time(at);
        self.answer("bob@example.com", Answer { approved: Some(true), ..Answer::default() }).unwrap();
    }

    fn tells(&mut self, index: u32, asks: bool, seq: u64, at: i64) {
        self.now = Time(at);
        let activation = self.state.activation(&"all".into());
        self.when(Command::ChildrenAsked { activation, attempt: 1, told: vec![Told { index, asks, seq }] }).unwrap();
    }

    fn ends(&mut self, index: u32, at: i64) {
        self.now = Time(at);
        let activation = self.state.activation(&"all".into());
        self.when(Command::ChildrenEnded { activation, attempt: 1, reopened: 0, ends: vec![(index, None)] }).unwrap();
    }

    fn times_out(&mut self, node: &str, purpose: Purpose, at: i64) {
        self.now = Time(at);
        let activation = self.state.activation(&node.into());
        self.when(Command::Timer { activation, purpose }).unwrap();
    }

    /// Why an answer that came at this time to this execution alone is not meant for its newest question.
    fn unseen(&self, arrived: i64) -> Option<Unseen> {
        unseen(self.state.interactions.last().unwrap(), [&self.state], came(arrived))
    }
}

/// An answer of the one who answers everything here, which came at this time.
fn came(arrived: i64) -> Unnamed<'static> {
    Unnamed { by: "bob@example.com", arrived: Time(arrived) }
}

/// A question of a child that is open since this time, and the child.
fn child(opened: i64) -> (Execution, Interaction) {
    let mut story = Story::given(json!([ask("ok")]), json!([{"from": "start", "to": "ok"}]), Value::Null);
    story.opens("ok", opened);
    let question = (*story.state.interactions[0]).clone();
    (story.state, question)
}

#[test]
fn the_first_question_is_meant_by_whoever_comes_after_it() {
    let story = row();
    assert_eq!(story.unseen(1000), None);
    assert_eq!(story.unseen(999), Some(OnItsWay), "nobody has seen what opens later");
    assert_eq!(tell_at([&story.state]), None, "nobody waits");
}

#[test]
fn an_answer_that_came_at_once_with_another_is_not_meant_for_what_opened_because_of_it() {
    let mut story = row();
    story.is_answered(1100);
    story.opens("two", 1110);
    for arrived in [1000, 1090, 1105, 1110, 1100 + AT_ONCE - 1] {
        assert_eq!(story.unseen(arrived), Some(OtherAnswer), "{arrived}");
    }
    assert_eq!(story.unseen(1100 + AT_ONCE), None);
    // What opens late is not meant before, and is by whoever comes then: that one was not sent at once.
    let mut story = row();
    story.is_answered(1100);
    story.opens("two", 9000);
    assert_eq!((story.unseen(8999), story.unseen(9000)), (Some(OnItsWay), None));
}

#[test]
fn whoever_is_told_what_an_answer_led_to_answers_next_on_whichever_host() {
    let mut story = row();
    story.is_answered(1100);
    story.opens("two", 1110);
    let told = tell_at([&story.state]).unwrap().0;
    for skew in [-20, 0, 20] {
        assert_eq!(story.unseen(told + skew), None, "a clock that is {skew} ms off");
    }
    assert!(told - 1100 <= 250, "nobody waits for longer than a moment");
}

#[test]
fn a_question_that_was_there_before_the_other_was_answered_is_meant() {
    let nodes = json!([ask("one"), ask("two")]);
    let mut story =
        Story::given(nodes, json!([{"from": "start", "to": "one"}, {"from": "start", "to": "two"}]), Value::Null);
    story.opens("two", 1000);
    story.opens("one", 1001);
    story.is_answered(1100);
    let two = &story.state.interactions[0];
    assert_eq!(unseen(two, [&story.state], came(1101)), None, "both could be seen: the one that is left is meant");
}

#[test]
fn a_question_that_opened_because_another_timed_out_is_not_meant_by_an_answer_on_its_way() {
    let mut story = row();
    story.times_out("one", Purpose::Deadline, 61_000);
    story.opens("two", 61_005);
    assert_eq!(story.unseen(61_010), Some(OnItsWay));
    assert_eq!(story.unseen(61_000 + AT_ONCE), None);
}

#[test]
fn a_vote_that_does_not_decide_takes_the_question_from_nobody() {
    let mut one = ask("one");
    one["config"]["approval_threshold"] = json!(2);
    let mut story = Story::given(json!([one]), json!([{"from": "start", "to": "one"}]), Value::Null);
    story.opens("one", 1000);
    story.is_answered(1100);
    assert_eq!((story.unseen(1100), tell_at([&story.state])), (None, None));
}

#[test]
fn what_a_child_asks_once_its_sibling_was_answered_is_not_meant_at_once() {
    // The parent has been told, by a word or by the end of the child, and starts the next one.
    for by_end in [false, true] {
        let mut parent = mapping();
        match by_end {
            false => parent.tells(0, false, 5, 1120),
            true => parent.ends(0, 1120),
        }
        assert_eq!(parent.state.asked_below_until, Some(Time(1120)));
        let (sibling, question) = child(1150);
        let family = || [&parent.state, &sibling];
        assert_eq!(unseen(&question, family(), came(1160)), Some(OtherAnswer));
        assert_eq!(unseen(&question, family(), came(1120 + AT_ONCE)), None);
        assert!(tell_at(family()) > Some(Time(1120 + AT_ONCE)));
    }
    // The parent has not been told yet, and takes the first for one that asks: it is looked at.
    let parent = mapping();
    let (mut first, (sibling, question)) = (row(), child(1150));
    first.is_answered(1100);
    let family = [&parent.state, &first.state, &sibling];
    assert_eq!(unseen(&question, family, came(1160)), Some(OtherAnswer));
}

#[test]
fn a_childs_question_that_was_there_before_is_meant_once_it_is_the_last() {
    let mut parent = mapping();
    parent.tells(1, true, 3, 1001);
    let (sibling, question) = child(995);
    parent.tells(0, false, 5, 1120);
    assert_eq!(unseen(&question, [&parent.state, &sibling], came(1121)), None);
}

#[test]
fn what_the_parent_asks_once_nothing_is_asked_below_is_not_meant_at_once() {
    // The last child has ended, or the node gave its children up.
    let mut parent = mapping();
    parent.times_out("all", Purpose::Attempt, 10_000);
    parent.opens("next", 10_010);
    assert_eq!(parent.unseen(10_020), Some(OtherAnswer));
    assert_eq!(parent.unseen(10_000 + AT_ONCE), None);
    // Children that asked nobody take nothing from anybody.
    let mut parent = mapping();
    parent.tells(0, false, 5, 1010);
    (0..3).for_each(|index| parent.ends(index, 5_000));
    assert_eq!(parent.state.asked_below_until, Some(Time(1010)));
}

#[test]
fn a_clock_that_was_set_back_stops_no_answer() {
    let mut story = row();
    story.is_answered(1100 + 3_600_000);
    story.opens("two", 1110 + 3_600_000);
    assert_eq!(story.unseen(2000), None, "an hour before what is recorded");
}

#[test]
fn whoever_answered_the_other_by_its_name_means_the_next_and_nobody_else_does() {
    let mut story = row();
    let named = Answer { approved: Some(true), named: true, ..Answer::default() };
    story.now = Time(1100);
    story.answer("bob@example.com", named.clone()).unwrap();
    story.opens("two", 1110);
    assert_eq!(story.unseen(1120), None, "Bob knows that it was answered");
    assert_eq!(story.unseen(1109), Some(OnItsWay), "though not what opens later");
    let two = story.state.interactions.last().unwrap();
    let ann = Unnamed { by: "ann@example.com", arrived: Time(1120) };
    assert_eq!(unseen(two, [&story.state], ann), Some(OtherAnswer));
    // It is the one who sent the answer who knows, and outputs say nothing of requests.
    let mut story = row();
    story.now = Time(1100);
    let named = Answer { entered_by: Some("ann@example.com".into()), ..named };
    story.answer("bob@example.com", named).unwrap();
    story.opens("two", 1110);
    assert_eq!(story.unseen(1120), Some(OtherAnswer));
    assert_eq!(story.output("one")["responses"][0].get("named"), None);
    assert!(story.state.interactions[0].responses[0].named);
}
