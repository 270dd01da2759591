//! Answers under a key, by the id of an execution, to what its descendants ask.

use super::*;
use document::canonical::{Canonical, sha256};
use engine::drive::submit;
use stepwell_core::{
    command::{Asked, Command},
    event::Request as Done,
    id::{ExecutionId, derive},
};

/// Asks about each of two items in a child, one after the other, by so many votes.
fn each(votes: u64) -> Value {
    let ask = json!({"id": "ok", "type": "human", "config": {"kind": "approval", "question": "Take {{ item }}?",
        "approval_threshold": votes, "timeout_seconds": 3600}});
    json!({"id": "each", "output": "size(ctx.all.output)", "nodes": [{"id": "start", "type": "manual_trigger"},
            {"id": "all", "type": "map",
                "config": {"items": "[1, 2]", "max_concurrency": 1, "body": {"nodes": [ask], "edges": []}}}],
        "edges": [{"from": "start", "to": "all"}]})
}

/// Starts a saved workflow as its only child.
fn around(inner: &str) -> Value {
    json!({"id": "outer", "nodes": [{"id": "start", "type": "manual_trigger"},
            {"id": "child", "type": "workflow", "config": {"workflow_id": inner}}],
        "edges": [{"from": "start", "to": "child"}]})
}

fn yes() -> Value {
    json!({"approved": true})
}

impl World {
    /// Sends a resume under a key, and handles messages until there is an answer.
    async fn under(&self, key: &str, path: &str, body: Value) -> Answer {
        let headers = [("idempotency-key", key)];
        self.meanwhile(self.with_headers("POST", path, &headers, body)).await
    }

    async fn questions(&self, resume: &str) -> Vec<String> {
        let shown = self.get(resume.trim_end_matches("/resume")).await.of(200);
        let open = shown["pending_interactions"].as_array().unwrap().iter();
        open.map(|one| one["question"].as_str().unwrap().to_owned()).collect()
    }

    async fn only_question(&self, resume: &str) -> (ExecutionId, String) {
        let shown = self.get(resume.trim_end_matches("/resume")).await.of(200);
        let one = &shown["pending_interactions"][0];
        (one["execution_id"].as_str().unwrap().into(), one["interaction_id"].as_str().unwrap().to_owned())
    }
}

#[tokio::test]
async fn an_answer_to_a_child_under_one_key_is_given_once_and_told_the_same_again() {
    let world = World::on_the_clock();
    let path = world.waiting(each(1)).await;
    let first = world.under("k", &path, yes()).await.of(200);
    assert_eq!((&first["status"], &first["paused_again"]), (&json!("waiting_human"), &json!(true)));
    assert_eq!(world.questions(&path).await, ["Take 2?"]);
    // The child that was asked has ended by now.
    assert_eq!(world.under("k", &path, yes()).await.of(200), first);
    assert_eq!(world.questions(&path).await, ["Take 2?"], "the next question is not answered by a repetition");
    world.under("k", &path, json!({"approved": false})).await.problem(422, "idempotency_key_reused");
    // Another key is another request, and both are told the same once all has ended.
    let second = world.under("l", &path, yes()).await.of(200);
    assert_eq!((&second["completed"], &second["paused_again"]), (&json!(true), &json!(false)));
    assert_eq!(world.under("k", &path, yes()).await.of(200), first);
    assert_eq!(world.under("l", &path, yes()).await.of(200), second);
    world.under("m", &path, yes()).await.problem(409, "no_open_interaction");
}

#[tokio::test]
async fn an_answer_two_levels_below_and_one_that_is_named_are_known_again_too() {
    let world = World::on_the_clock();
    world.post("/v1/workflows", each(1)).await.of(201);
    let path = world.waiting(around("each")).await;
    let named = json!({"approved": true, "interaction_id": world.only_question(&path).await.1});
    let first = world.under("k", &path, named.clone()).await.of(200);
    assert_eq!(world.questions(&path).await, ["Take 2?"]);
    let second = world.under("l", &path, yes()).await.of(200);
    assert_eq!(second["completed"], true);
    assert_eq!(world.under("k", &path, named).await.of(200), first);
    assert_eq!(world.under("l", &path, yes()).await.of(200), second);
}

#[tokio::test]
async fn a_vote_in_a_child_under_one_key_is_one_vote() {
    let world = World::on_the_clock();
    let path = world.waiting(each(2)).await;
    let vote = |who: &str| json!({"approved": true, "answer_as": who});
    let first = world.under("1", &path, vote("ann@example.com")).await.of(200);
    assert_eq!(first["status"], "waiting_human");
    assert_eq!(world.under("1", &path, vote("ann@example.com")).await.of(200), first);
    assert_eq!(world.questions(&path).await, ["Take 1?"]);
    world.under("2", &path, vote("bob@example.com")).await.of(200);
    assert_eq!(world.under("1", &path, vote("ann@example.com")).await.of(200), first);
    assert_eq!(world.questions(&path).await, ["Take 2?"]);
}

#[tokio::test]
async fn an_answer_that_the_child_refuses_has_not_used_its_key() {
    let world = World::on_the_clock();
    let path = world.waiting(each(1)).await;
    let before = world.get(path.trim_end_matches("/resume")).await.of(200);
    world.under("k", &path, json!({"resume_data": 1})).await.problem(422, "invalid_answer");
    world.under("k", &path, json!({"approved": true, "checkpoint": "1"})).await.problem(409, "moved_on");
    assert_eq!(world.get(path.trim_end_matches("/resume")).await.of(200), before, "nothing is recorded");
    world.under("k", &path, yes()).await.of(200);
    assert_eq!(world.questions(&path).await, ["Take 2?"]);
}

#[tokio::test]
async fn two_requests_at_once_under_one_key_answer_one_question_of_a_child() {
    let world = World::on_the_clock();
    let path = world.waiting(each(1)).await;
    let headers = [("idempotency-key", "k")];
    let send = || world.with_headers("POST", &path, &headers, yes());
    let (first, second) = world.meanwhile(async { futures::join!(send(), send()) }).await;
    assert_eq!(first.of(200), second.of(200));
    assert_eq!(world.questions(&path).await, ["Take 2?"]);
}

#[tokio::test]
async fn a_request_that_was_cut_off_before_the_child_was_asked_goes_to_the_same_question() {
    let world = World::on_the_clock();
    let path = world.waiting(each(1)).await;
    let (asking, question) = world.only_question(&path).await;
    // A process recorded where the answer goes, and died.
    let root = ExecutionId::from(path["/v1/executions/".len()..].trim_end_matches("/resume"));
    let key = derive(&["request", "ann@example.com", &format!("{path}\nk")]);
    let request = Some(Done { key, hash: sha256(&Canonical(&yes())) });
    let pass = Command::PassOn { execution_id: asking, interaction_id: question.as_str().into() };
    submit(&*world.host, &root, Asked { request, ..Asked::from(pass) }).await.unwrap();
    let told = world.under("k", &path, yes()).await.of(200);
    assert_eq!(told["interaction_id"], json!(question));
    assert_eq!(world.questions(&path).await, ["Take 2?"]);
    // Where somebody else answered meanwhile, it is not given to the next question either.
    let (asking, question) = world.only_question(&path).await;
    let key = derive(&["request", "ann@example.com", &format!("{path}\nl")]);
    let request = Some(Done { key, hash: sha256(&Canonical(&yes())) });
    let pass = Command::PassOn { execution_id: asking, interaction_id: question.as_str().into() };
    submit(&*world.host, &root, Asked { request, ..Asked::from(pass) }).await.unwrap();
    world.post(&format!("/v1/interactions/{question}/respond"), yes()).await.of(200);
    world.under("l", &path, yes()).await.problem(409, "already_decided");
}

#[tokio::test]
async fn the_history_says_that_an_answer_was_passed_on() {
    let world = World::on_the_clock();
    let path = world.waiting(each(1)).await;
    let (asking, _) = world.only_question(&path).await;
    world.under("k", &path, yes()).await.of(200);
    let history = world.get(&path.replace("/resume", "/history")).await.of(200).to_string();
    assert!(history.contains(&format!("Answer by ann@example.com passed on to execution {asking}.")), "{history}");
}
