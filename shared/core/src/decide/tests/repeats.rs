//! Requests that come twice, and callers who have seen an older checkpoint.

use super::story::Story;
use crate::{
    command::{Asked, Command, Control},
    decide::decide,
    error::Rejection,
    event::Request,
    execution::Execution,
    interaction::Answer,
    limits,
};
use serde_json::{Value, json};

/// Two questions, one after the other, of which the first is asked.
fn row() -> Story {
    let ask = |id: &str| json!({ "id": id, "type": "human", "config": { "kind": "approval", "question": "Well?" } });
    let edges = json!([{ "from": "start", "to": "one" }, { "from": "one", "to": "two" }]);
    let mut story = Story::given(json!([ask("one"), ask("two")]), edges, Value::Null);
    story.open("one");
    story
}

/// A workflow that waits for events that do not come in this order.
fn waiting() -> Story {
    let nodes = json!([{ "id": "wait", "type": "wait", "config": { "event": "last" } }]);
    Story::given(nodes, json!([{ "from": "start", "to": "wait" }]), Value::Null)
}

fn signal(n: usize) -> Command {
    Command::Signal { name: "go".into(), data: json!(n).into() }
}

impl Story {
    fn yes(&self) -> Command {
        let answer = Answer { by: "bob@example.com".into(), approved: Some(true), ..Answer::default() };
        Command::Answer { interaction_id: self.question(), answer: Box::new(answer) }
    }

    /// When a command is asked by a request of this key and body.
    fn request(&mut self, command: Command, key: &str, hash: &str) -> Result<(), Rejection> {
        let request = Some(Request { key: key.into(), hash: hash.into() });
        self.ask(Asked { request, ..Asked::from(command) })
    }

    fn ask(&mut self, asked: Asked) -> Result<(), Rejection> {
        self.state = decide(&self.workflow, Some(&self.state), asked, self.now)?.state;
        Ok(())
    }
}

#[test]
fn a_request_that_comes_again_does_nothing_and_names_its_turn() {
    let mut story = row();
    let yes = story.yes();
    story.request(yes.clone(), "k", "h").unwrap();
    let did_it = story.state.seq;
    story.open("two");
    let before = story.state.clone();
    assert_eq!(story.request(yes.clone(), "k", "h"), Err(Rejection::Repeated(did_it)));
    // Even the answer to the next question is the repetition of the first one, as long as it bears its key.
    let next = story.yes();
    assert_eq!(story.request(next.clone(), "k", "h"), Err(Rejection::Repeated(did_it)));
    assert_eq!(story.request(next.clone(), "k", "other"), Err(Rejection::KeyReused));
    assert_eq!(story.state, before);
    story.request(next, "another", "h").unwrap();
}

#[test]
fn a_request_that_was_refused_has_not_used_its_key() {
    let mut story = row();
    let nobody = Command::Answer { interaction_id: story.question(), answer: Box::default() };
    assert!(matches!(story.request(nobody, "k", "h"), Err(Rejection::Forbidden(_))));
    let yes = story.yes();
    story.request(yes, "k", "h").unwrap();
}

#[test]
fn the_latest_requests_are_remembered_up_to_the_bound() {
    let mut story = waiting();
    for n in 0..=limits::KEPT_REQUESTS {
        story.request(signal(n), &n.to_string(), "h").unwrap();
    }
    assert_eq!(story.state.requests.len(), limits::KEPT_REQUESTS);
    let kept = story.state.signals.len();
    assert!(matches!(story.request(signal(1), "1", "h"), Err(Rejection::Repeated(_))));
    assert_eq!(story.state.signals.len(), kept);
    story.request(signal(0), "0", "h").unwrap();
    assert_eq!(story.state.signals.len(), kept + 1, "the oldest one is forgotten");
}

#[test]
fn an_answer_that_is_passed_on_is_known_by_its_request_and_changes_nothing_else() {
    let mut story = waiting();
    let before = story.state.clone();
    let pass = Command::PassOn { execution_id: "child".into(), interaction_id: "question".into() };
    story.request(pass.clone(), "k", "h").unwrap();
    assert_eq!(story.state.seq, before.seq + 1);
    assert_eq!(story.request(pass.clone(), "k", "h"), Err(Rejection::Repeated(story.state.seq)));
    assert_eq!(story.request(pass.clone(), "k", "other"), Err(Rejection::KeyReused));
    let seq = story.state.seq;
    assert_eq!(Execution { seq, requests: story.state.requests.clone(), ..before }, story.state);
    // Nobody is asked below an execution that has ended.
    story.when(Command::Control { control: Control::Cancel, reason: None }).unwrap();
    assert!(matches!(story.request(pass, "l", "h"), Err(Rejection::Status { .. })));
}

#[test]
fn a_command_on_a_checkpoint_that_is_past_is_refused() {
    let mut story = row();
    let seen = story.state.seq;
    let asked = |story: &Story| Asked { checkpoint: Some(seen), ..Asked::from(story.yes()) };
    story.request(signal(1), "k", "h").unwrap();
    let late = asked(&story);
    assert_eq!(story.ask(late), Err(Rejection::MovedOn(seen + 1)));
    let now = Asked { checkpoint: Some(seen + 1), ..asked(&story) };
    story.ask(now).unwrap();
}

#[test]
fn what_comes_with_an_answer_is_kept_with_it() {
    let mut story = row();
    let more = Some(json!({ "ticket": 7 }));
    let answer = Answer { approved: Some(true), content: Some(json!("as it is")), more, ..Answer::default() };
    story.answer("bob@example.com", answer).unwrap();
    let kept = json!({ "ticket": 7, "content": "as it is" });
    assert_eq!(story.state.interactions[0].responses[0].data, Some(kept.clone()));
    assert_eq!(story.output("one")["responses"][0]["data"], kept);
}
