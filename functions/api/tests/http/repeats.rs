//! Answers and signals that come twice, and answers to questions that are past.

use super::{resume::asking, *};
use api::types;

/// A workflow that asks `one?` and then `two?`, each an approval that two people give where `votes` says so.
fn row(votes: u64) -> Value {
    let ask = |id: &str| {
        let config = json!({"kind": "approval", "question": format!("{id}?"), "approval_threshold": votes,
            "timeout_seconds": 3600});
        json!({"id": id, "type": "human", "config": config})
    };
    json!({"id": "row", "nodes": [{"id": "start", "type": "manual_trigger"}, ask("one"), ask("two")],
        "edges": [{"from": "start", "to": "one"}, {"from": "one", "to": "two"}]})
}

impl World {
    async fn keyed(&self, path: &str, key: &str, body: Value) -> Answer {
        let headers = [("idempotency-key", key)];
        let (answer, ()) = futures::join!(self.with_headers("POST", path, &headers, body), async {
            tokio::task::yield_now().await;
            self.run().await;
        });
        answer
    }

    /// The questions of an execution that are open: node and id.
    async fn open(&self, resume: &str) -> Vec<(String, String)> {
        let execution = self.get(resume.trim_end_matches("/resume")).await.of(200);
        let text = |one: &Value, name: &str| one[name].as_str().unwrap().to_owned();
        let open = execution["pending_interactions"].as_array().unwrap().iter();
        open.map(|one| (text(one, "node"), text(one, "interaction_id"))).collect()
    }
}

#[tokio::test]
async fn a_resume_under_one_key_answers_one_question_and_says_the_same_again() {
    let world = World::on_the_clock();
    let path = world.waiting(row(1)).await;
    let first = world.keyed(&path, "k", json!({"approved": true})).await;
    let told: types::Resumed = shaped(&first.of(200));
    assert_eq!((told.status.as_str(), told.paused_again), ("waiting_human", true));
    let again = world.keyed(&path, "k", json!({"approved": true})).await;
    assert_eq!(again.of(200), serde_json::to_value(&told).unwrap());
    assert_eq!(world.open(&path).await[0].0, "two");
    world.keyed(&path, "k", json!({"approved": false})).await.problem(422, "idempotency_key_reused");
    world.keyed(&path, "", json!({"approved": true})).await.problem(422, "invalid_idempotency_key");
    // Another key is another request. What the first one was told does not change by it.
    assert_eq!(world.keyed(&path, "l", json!({"approved": true})).await.of(200)["completed"], true);
    let again = world.keyed(&path, "k", json!({"approved": true})).await;
    assert_eq!(again.of(200), serde_json::to_value(&told).unwrap());
}

#[tokio::test]
async fn two_resumes_at_once_answer_one_question() {
    let world = World::local();
    for key in [None, Some("k")] {
        let path = world.waiting(row(1)).await;
        let headers: Vec<_> = key.iter().map(|key| ("idempotency-key", *key)).collect();
        let send = || world.with_headers("POST", &path, &headers, json!({"approved": true}));
        let (first, second, ()) = futures::join!(send(), send(), async {
            tokio::task::yield_now().await;
            world.run().await;
        });
        let first = first.of(200);
        match key {
            None => assert_eq!(second.status, StatusCode::CONFLICT),
            Some(_) => assert_eq!(second.of(200), first),
        }
        assert_eq!(world.open(&path).await[0].0, "two");
    }
}

#[tokio::test]
async fn a_resume_that_comes_while_another_is_answered_does_not_hit_what_opened_because_of_it() {
    let world = World::on_the_clock();
    let path = world.waiting(row(1)).await;
    // The first one is not told yet what follows when the second question opens.
    let mut first = Box::pin(world.post(&path, json!({"approved": true})));
    while world.open(&path).await.iter().any(|(node, _)| node == "one") {
        assert!(futures::poll!(&mut first).is_pending());
    }
    world.run().await;
    let (node, id) = world.open(&path).await.remove(0);
    assert_eq!(node, "two");
    let problem = world.post(&path, json!({"approved": true})).await.problem(409, "moved_on");
    assert_eq!(problem["interactions"], json!([id]));
    first.await.of(200);
    // Whoever names it, or comes later, means it.
    assert_eq!(world.answered(&path, json!({"approved": true})).await.of(200)["completed"], true);
}

#[tokio::test]
async fn a_resume_names_its_question_and_the_checkpoint_it_has_seen() {
    let world = World::local();
    let path = world.waiting(row(1)).await;
    let execution = path.trim_end_matches("/resume");
    let seen = world.get(execution).await.of(200)["checkpoint"].clone();
    let (_, one) = world.open(&path).await.remove(0);
    let yes = json!({"approved": true, "interaction_id": one, "checkpoint": seen});
    let told = world.answered(&path, yes.clone()).await.of(200);
    assert_eq!((&told["resumed"], &told["interaction_id"]), (&json!("interaction"), &json!(one)));
    // Both are past now, alone and together.
    let problem = world.post(&path, yes).await.problem(409, "moved_on");
    assert_eq!(problem["checkpoint"], world.get(execution).await.of(200)["checkpoint"]);
    world.post(&path, json!({"approved": true, "checkpoint": seen})).await.problem(409, "moved_on");
    world.post(&path, json!({"approved": true, "interaction_id": one})).await.problem(409, "already_decided");
    world.post(&path, json!({"approved": true, "interaction_id": "none"})).await.problem(404, "not_found");
    world.post(&path, json!({"approved": true, "checkpoint": "x"})).await.problem(422, "invalid_field");
    let (_, two) = world.open(&path).await.remove(0);
    // A question that is named without an answer is not answered, and a reason alone is no answer.
    world.pass(stepwell_core::limits::ANSWERS_AT_ONCE);
    for body in [json!({"interaction_id": two}), json!({"reason": "so"})] {
        assert_eq!(world.post(&path, body).await.problem(422, "invalid_answer")["errors"][0]["code"], "missing_field");
    }
    let now: u64 = world.get(execution).await.of(200)["checkpoint"].as_str().unwrap().parse().unwrap();
    assert_eq!(world.answered(&path, json!({"approved": true, "checkpoint": now})).await.of(200)["completed"], true);
}

#[tokio::test]
async fn of_several_questions_the_one_that_is_named_is_answered() {
    let world = World::local();
    let ask = |id: &str| json!({"id": id, "type": "human", "config": {"kind": "ask", "question": "Well?"}});
    let both = json!({"id": "both", "nodes": [{"id": "start", "type": "manual_trigger"}, ask("a"), ask("b")],
        "edges": [{"from": "start", "to": "a"}, {"from": "start", "to": "b"}]});
    let path = world.waiting(both).await;
    world.post(&path, json!({"resume_data": "x"})).await.problem(409, "several_open_interactions");
    let open = world.open(&path).await;
    let (node, id) = open.last().unwrap();
    world.answered(&path, json!({"resume_data": "x", "interaction_id": id})).await.of(200);
    assert!(world.open(&path).await.iter().all(|(left, _)| left != node));
}

#[tokio::test]
async fn an_answer_under_one_key_is_one_vote_and_says_the_same_again() {
    let world = World::local();
    let path = world.waiting(row(2)).await;
    let respond = format!("/v1/interactions/{}/respond", world.open(&path).await[0].1);
    let vote = |by: &str| json!({"approved": true, "answer_as": by});
    let first = world.keyed(&respond, "1", vote("ann@example.com")).await.of(200);
    assert_eq!(first, json!({"status": "pending", "decision": null, "responses_needed": 1}));
    world.keyed(&respond, "2", vote("bob@example.com")).await.of(200);
    // Decided by now, and yet: whoever was told of a vote is told of it again.
    assert_eq!(world.keyed(&respond, "1", vote("ann@example.com")).await.of(200), first);
    world.keyed(&respond, "1", vote("bob@example.com")).await.problem(422, "idempotency_key_reused");
    world.keyed(&respond, "3", vote("ann@example.com")).await.problem(409, "already_decided");
    let interaction = world.get(respond.trim_end_matches("/respond")).await.of(200);
    assert_eq!(interaction["responses"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn one_callers_key_is_not_anothers() {
    let world = World::with(|app| app);
    for who in ["ann", "bob"] {
        world.token(who, "acme", &["read", "run", "respond", "admin"]).await;
    }
    let send = |who: &str, path: String, body: Value| {
        let headers = [("authorization".to_owned(), format!("Bearer {who}")), ("idempotency-key".into(), "1".into())];
        let world = &world;
        async move {
            let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            world.with_headers("POST", &path, &headers, body).await
        }
    };
    send("ann", "/v1/workflows".into(), row(2)).await.of(201);
    let started = send("ann", "/v1/workflows/row/executions".into(), json!({})).await.of(202);
    world.run().await;
    let id = started["execution_id"].as_str().unwrap().into();
    let asked = world.host.journal().load(&id).await.unwrap().unwrap().interactions[0].interaction_id.clone();
    let respond = format!("/v1/interactions/{asked}/respond");
    send("ann", respond.clone(), json!({"approved": true})).await.of(200);
    assert_eq!(send("bob", respond, json!({"approved": true})).await.of(200)["decision"], "approved");
}

#[tokio::test]
async fn a_signal_under_one_key_is_one_event() {
    let world = World::local();
    let path = world.waiting(asking("approval", json!({}))).await;
    let execution = path.trim_end_matches("/resume").to_owned();
    let go = format!("{execution}/signals/go");
    let first = world.keyed(&go, "k", json!({"data": {"a": 1, "b": 2}})).await.of(200);
    let before = world.get(&execution).await.of(200)["checkpoint"].clone();
    world.keyed(&go, "l", json!({"data": 2})).await.of(200);
    assert_eq!(world.keyed(&go, "k", json!({"data": {"b": 2, "a": 1}})).await.of(200), first);
    assert_eq!(first["checkpoint"], before);
    world.keyed(&go, "k", json!({"data": 2})).await.problem(422, "idempotency_key_reused");
    // The key belongs to the event of that name.
    world.keyed(&format!("{execution}/signals/stop"), "k", json!({"data": 2})).await.of(200);
    let kept = world.host.journal().load(&execution[15..].into()).await.unwrap().unwrap().signals.len();
    assert_eq!(kept, 3);
}

#[tokio::test]
async fn a_resume_says_whether_it_ended_a_pause_or_answered_and_ends_no_later_pause() {
    let world = World::local();
    let path = world.waiting(row(1)).await;
    let pause = path.replace("/resume", "/pause");
    world.post(&pause, json!({})).await.of(200);
    let first = world.keyed(&path, "k", json!({"reason": "go on"})).await.of(200);
    let shown: types::WentOn = shaped(&first);
    assert_eq!((shown.resumed, shown.execution.status.as_str()), (Some(types::Ended::Paused), "waiting_human"));
    // Paused again: the repetition of the first resume is no second one.
    world.post(&pause, json!({})).await.of(200);
    assert_eq!(world.keyed(&path, "k", json!({"reason": "go on"})).await.of(200), first);
    assert_eq!(world.get(path.trim_end_matches("/resume")).await.of(200)["status"], "paused");
    // Paused and asking: an answer answers, and the pause goes on.
    let told = world.answered(&path, json!({"approved": true})).await.of(200);
    assert_eq!((&told["resumed"], &told["status"]), (&json!("interaction"), &json!("paused")));
    assert_eq!(world.post(&path, json!({})).await.of(200)["resumed"], "paused");
    world.run().await;
}
