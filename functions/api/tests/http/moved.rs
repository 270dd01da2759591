//! Answers that name no question, and come when another one is open than the one that was meant. The clock is the tests'
//! own where nothing else is said.

use super::*;
use engine::drive::submit;
use stepwell_core::{
    command::Command,
    interaction::Answer as Answered,
    limits::{ANSWERS_AT_ONCE, CLOCKS_APART},
};

fn ask(id: &str) -> Value {
    json!({"id": id, "type": "human", "config": {"kind": "approval", "question": format!("{id}?"), "timeout_seconds": 60}})
}

/// Asks `one?` and then `two?`, also where nobody answers the first.
fn row() -> Value {
    let mut two = ask("two");
    two["join"] = json!("any");
    json!({"id": "row", "nodes": [{"id": "start", "type": "manual_trigger"}, ask("one"), two],
        "edges": [{"from": "start", "to": "one"}, {"from": "one", "to": "two"},
            {"from": "one", "to": "two", "port": "timeout"}]})
}

/// Asks about each item in a child, one after the other, and then itself.
fn one_by_one() -> Value {
    let body = json!({"nodes": [ask("ok")], "edges": []});
    json!({"id": "each", "nodes": [{"id": "start", "type": "manual_trigger"}, ask("last"),
            {"id": "all", "type": "map", "config": {"items": "[1, 2]", "max_concurrency": 1, "body": body}}],
        "edges": [{"from": "start", "to": "all"}, {"from": "all", "to": "last"}]})
}

/// Nothing but the wait after a reply passes real time here.
const MOMENT: Duration = Duration::from_millis(5);

impl World {
    /// The questions that are open, in the execution and below it.
    async fn asks(&self, resume: &str) -> Vec<Value> {
        let execution = self.get(resume.trim_end_matches("/resume")).await.of(200);
        execution["pending_interactions"].as_array().unwrap().clone()
    }

    /// Another person answers a question by its id.
    async fn respond(&self, question: &Value) {
        let id = |name: &str| question[name].as_str().unwrap();
        let answer =
            Answered { by: "bob@example.com".into(), named: true, approved: Some(true), ..Answered::default() };
        let command = Command::Answer { interaction_id: id("interaction_id").into(), answer: Box::new(answer) };
        let done = submit(&*self.host, &id("execution_id").into(), command).await.unwrap().unwrap();
        assert_eq!(done.replies, [Ok(())]);
    }

    /// Another person answers the only open question by its id, and lets what follows happen a moment later.
    async fn moves_on(&self, resume: &str) {
        let open = self.asks(resume).await;
        self.respond(&open[0]).await;
        self.pass(MOMENT);
        self.run().await;
    }
}

fn yes() -> Value {
    json!({"approved": true})
}

#[tokio::test]
async fn an_answer_is_not_taken_for_what_opened_since_another_answer_by_any_route() {
    let world = World::local();
    let path = world.waiting(row()).await;
    world.moves_on(&path).await;
    let open = world.asks(&path).await;
    assert_eq!((open.len(), &open[0]["node"]), (1, &json!("two")));
    let refused = world.post(&path, yes()).await.problem(409, "moved_on");
    assert_eq!(refused["interactions"], json!([open[0]["interaction_id"]]));
    assert_eq!(
        refused["detail"],
        "another answer came at the same time, and this question opened because of it: look at it, and name it with \
         `interaction_id`"
    );
    // Whoever comes later, or has seen the checkpoint, means it.
    let checkpoint = world.get(path.trim_end_matches("/resume")).await.of(200)["checkpoint"].clone();
    let told = world.answered(&path, json!({"approved": true, "checkpoint": checkpoint})).await.of(200);
    assert_eq!(told["completed"], true);
    let path = world.waiting(row()).await;
    world.moves_on(&path).await;
    world.pass(ANSWERS_AT_ONCE);
    assert_eq!(world.answered(&path, yes()).await.of(200)["completed"], true);
}

#[tokio::test]
async fn an_answer_is_not_taken_for_what_opened_since_the_question_timed_out() {
    let world = World::local();
    let path = world.waiting(row()).await;
    world.pass(Duration::from_secs(60));
    world.run().await;
    assert_eq!(world.asks(&path).await[0]["node"], "two");
    let refused = world.post(&path, yes()).await.problem(409, "moved_on");
    assert!(
        refused["detail"].as_str().unwrap().starts_with("this question opened only when the answer was on its way")
    );
    world.pass(ANSWERS_AT_ONCE);
    assert_eq!(world.answered(&path, yes()).await.of(200)["completed"], true);
}

#[tokio::test]
async fn an_answer_is_not_taken_for_the_question_of_the_next_child_nor_of_the_parent_after_it() {
    let world = World::local();
    let path = world.waiting(one_by_one()).await;
    for next in ["ok", "last"] {
        world.pass(ANSWERS_AT_ONCE);
        let before = world.asks(&path).await;
        world.moves_on(&path).await;
        let open = world.asks(&path).await;
        assert_eq!((open.len(), &open[0]["node"]), (1, &json!(next)));
        assert_ne!(open[0]["interaction_id"], before[0]["interaction_id"]);
        let refused = world.post(&path, yes()).await.problem(409, "moved_on");
        assert_eq!(refused["interactions"], json!([open[0]["interaction_id"]]));
        // Whoever names the child itself can have meant nothing but what that one asks.
        if next == "ok" {
            let child = format!("/v1/executions/{}/resume", open[0]["execution_id"].as_str().unwrap());
            let other = json!({"output_port": "timeout"});
            world.post(&child, other).await.problem(422, "invalid_answer");
        }
    }
    world.pass(ANSWERS_AT_ONCE);
    assert_eq!(world.answered(&path, yes()).await.of(200)["completed"], true);
}

#[tokio::test]
async fn of_two_questions_the_one_that_is_left_is_meant() {
    let world = World::local();
    let both = json!({"id": "both", "nodes": [{"id": "start", "type": "manual_trigger"}, ask("a"), ask("b")],
        "edges": [{"from": "start", "to": "a"}, {"from": "start", "to": "b"}]});
    let path = world.waiting(both).await;
    world.pass(MOMENT);
    world.respond(&world.asks(&path).await[0]).await;
    assert_eq!(world.answered(&path, yes()).await.of(200)["completed"], true);
}

#[tokio::test]
async fn whoever_answers_one_question_after_the_other_is_never_refused() {
    let world = World::on_the_clock();
    for document in [row(), one_by_one()] {
        let path = world.waiting(document).await;
        let mut told = Value::Null;
        while told["completed"] != true {
            let began = std::time::Instant::now();
            told = world.resumed_by(&path, yes()).await.of(200);
            let took = began.elapsed();
            let waits = told["completed"] != true;
            assert_eq!(took >= ANSWERS_AT_ONCE, waits, "{took:?}: only who is told of a question waits for it");
        }
        assert_eq!(world.asks(&path).await.len(), 0);
    }
}

#[tokio::test]
async fn whoever_named_the_question_before_need_not_name_the_next() {
    let world = World::on_the_clock();
    for document in [row(), one_by_one()] {
        let path = world.waiting(document).await;
        let one = world.asks(&path).await[0]["interaction_id"].clone();
        world.resumed_by(&path, json!({"approved": true, "interaction_id": one})).await.of(200);
        assert_eq!(world.resumed_by(&path, yes()).await.of(200)["resumed"], "interaction");
    }
}

#[tokio::test]
async fn whoever_answered_a_question_by_its_id_need_not_name_the_next() {
    let world = World::local();
    let path = world.waiting(row()).await;
    let one = world.asks(&path).await[0]["interaction_id"].clone();
    world.post(&format!("/v1/interactions/{}/respond", one.as_str().unwrap()), yes()).await.of(200);
    world.run().await;
    assert_eq!(world.answered(&path, yes()).await.of(200)["completed"], true);
}

#[tokio::test]
async fn a_repetition_of_the_answer_before_is_told_apart_too() {
    let world = World::on_the_clock();
    let path = world.waiting(row()).await;
    let headers = [("idempotency-key", "k")];
    let send = || world.with_headers("POST", &path, &headers, yes());
    // The client gives up on the first request, asks again, and then answers what it is told of.
    let mut first = Box::pin(send());
    while world.asks(&path).await.iter().any(|one| one["node"] == "one") {
        assert!(futures::poll!(&mut first).is_pending());
    }
    world.run().await;
    drop(first);
    assert_eq!(send().await.of(200)["paused_again"], true);
    assert_eq!(world.answered(&path, yes()).await.of(200)["completed"], true);
}

#[tokio::test]
async fn two_processes_on_one_store_take_one_of_two_answers_at_once() {
    let world = World::on_the_clock();
    let app = App::new(world.host.clone()).with_local_user("acme", "ann@example.com");
    let other = World { host: world.host.clone(), service: api::service(Arc::new(app), api::routes()) };
    for _ in 0..5 {
        let path = world.waiting(row()).await;
        let (first, late) = futures::join!(world.resumed_by(&path, yes()), async {
            while world.asks(&path).await.iter().all(|one| one["node"] != "two") {
                tokio::task::yield_now().await;
            }
            other.post(&path, yes()).await
        });
        first.of(200);
        late.problem(409, "moved_on");
        assert_eq!(world.asks(&path).await[0]["node"], "two");
    }
    assert!(CLOCKS_APART < ANSWERS_AT_ONCE);
}
