//! What people are asked in descendants of an execution, as it shows by the execution's own id.

use super::*;

/// Asks about each item, in children.
fn asking_all(id: &str, items: &str) -> Value {
    let ask = json!({"id": "ok", "type": "human", "config": {"kind": "approval", "question": "Take {{ item }}?"}});
    json!({"id": id, "output": "size(ctx.all.output)",
        "nodes": [{"id": "start", "type": "manual_trigger"},
            {"id": "all", "type": "map", "config": {"items": items, "body": {"nodes": [ask], "edges": []}}}],
        "edges": [{"from": "start", "to": "all"}]})
}

/// Starts a saved workflow as its only child.
fn around(id: &str, inner: &str) -> Value {
    json!({"id": id, "nodes": [{"id": "start", "type": "manual_trigger"},
            {"id": "child", "type": "workflow", "config": {"workflow_id": inner}}],
        "edges": [{"from": "start", "to": "child"}]})
}

impl World {
    async fn shown(&self, id: &str) -> Value {
        self.get(&format!("/v1/executions/{id}")).await.of(200)
    }

    /// How many open questions the inbox has of an execution.
    async fn asked(&self, id: &str) -> usize {
        let inbox = self.get(&format!("/v1/interactions?status=pending&execution_id={id}")).await.of(200);
        inbox["items"].as_array().unwrap().len()
    }

    /// Resumes an execution, and handles messages until there is an answer.
    async fn resumed(&self, id: &str, body: Value) -> Answer {
        self.resumed_by(&format!("/v1/executions/{id}/resume"), body).await
    }

    /// The same by the path of its resume.
    pub async fn resumed_by(&self, path: &str, body: Value) -> Answer {
        self.meanwhile(self.post(path, body)).await
    }
}

#[tokio::test]
async fn a_question_two_levels_below_is_seen_and_answered_by_the_id_of_the_root() {
    let world = World::local();
    world.post("/v1/workflows", asking_all("inner", "[7]")).await.of(201);
    let root = world.started(around("outer", "inner"), json!({})).await;
    world.run().await;
    let shown = world.shown(&root).await;
    assert_eq!(
        (&shown["status"], &shown["message"]),
        (&json!("waiting_human"), &json!("Waits for a person at child."))
    );
    let questions = shown["pending_interactions"].as_array().unwrap();
    assert_eq!((questions.len(), &questions[0]["question"]), (1, &json!("Take 7?")));
    assert_ne!(questions[0]["execution_id"], root, "the execution that asks is named");
    assert_eq!(world.asked(&root).await, 1);
    let listed = world.get("/v1/executions?status=waiting_human").await.of(200);
    assert_eq!(listed["items"][0]["pending_interactions"].as_array().unwrap().len(), 1);
    // An empty body never answers.
    world.resumed(&root, json!({})).await.problem(409, "waits_for_an_answer");

    let resumed = world.resumed(&root, json!({"approved": true, "comment": "yes"})).await.of(200);
    assert_eq!(
        (&resumed["execution_id"], &resumed["status"], &resumed["completed"]),
        (&json!(root), &json!("completed"), &json!(true))
    );
    let shown = world.shown(&root).await;
    assert_eq!((&shown["output"], world.asked(&root).await), (&json!(1), 0));
}

#[tokio::test]
async fn of_several_questions_below_each_is_named_and_none_is_answered() {
    let world = World::local();
    let root = world.started(asking_all("many", "[1, 2, 3]"), json!({})).await;
    world.run().await;
    assert_eq!(world.asked(&root).await, 3);
    let refused = world.resumed(&root, json!({"approved": true})).await.problem(409, "several_open_interactions");
    let ids = refused["interactions"].as_array().unwrap().clone();
    assert_eq!(ids.len(), 3);
    // As soon as one is left, it is the one.
    world.pass(Duration::from_millis(1));
    for id in &ids[..2] {
        let path = format!("/v1/interactions/{}/respond", id.as_str().unwrap());
        world.post(&path, json!({"approved": true})).await.of(200);
    }
    world.run().await;
    assert_eq!(world.shown(&root).await["status"], "waiting_human");
    let resumed = world.resumed(&root, json!({"approved": false})).await.of(200);
    assert_eq!(resumed["status"], "completed");
    world.resumed(&root, json!({"approved": true})).await.problem(409, "no_open_interaction");
}

#[tokio::test]
async fn a_start_that_waits_returns_at_a_question_below_and_overlap_counts_it() {
    let world = World::local();
    let mut document = asking_all("asks", "[1]");
    document["settings"] = json!({"overlap": "skip_if_paused"});
    world.post("/v1/workflows", document).await.of(201);
    let path = "/v1/workflows/asks/executions";
    let awaited = format!("{path}?wait=20");
    let mut waiting = std::pin::pin!(world.post(&awaited, json!({})));
    let started = loop {
        world.run().await;
        if let Some(started) = futures::FutureExt::now_or_never(futures::future::poll_immediate(&mut waiting)).flatten()
        {
            break started.of(200);
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(started["status"], "waiting_human");
    let second = world.post(path, json!({})).await.of(202);
    assert_eq!(second["status"], "skipped");
    // Nobody is asked any more once the first has ended.
    world
        .post(&format!("/v1/executions/{}/cancel", started["execution_id"].as_str().unwrap()), json!({}))
        .await
        .of(200);
    world.run().await;
    assert_ne!(world.post(path, json!({})).await.of(202)["status"], "skipped");
}

#[tokio::test]
async fn a_parent_whose_child_was_answered_waits_for_what_the_child_does() {
    let world = World::local();
    let ask = json!({"id": "ok", "type": "human", "config": {"kind": "approval", "question": "Go?"}});
    let rest = json!({"id": "rest", "type": "wait", "config": {"seconds": 3600}});
    let body = json!({"nodes": [ask, rest], "edges": [{"from": "ok", "to": "rest", "port": "approved"}]});
    let document = json!({"id": "then", "nodes": [{"id": "start", "type": "manual_trigger"},
            {"id": "all", "type": "map", "config": {"items": "[1]", "body": body}}],
        "edges": [{"from": "start", "to": "all"}]});
    let root = world.started(document, json!({})).await;
    world.run().await;
    let question = world.shown(&root).await["pending_interactions"][0]["interaction_id"].clone();
    let path = format!("/v1/interactions/{}/respond", question.as_str().unwrap());
    world.post(&path, json!({"approved": true})).await.of(200);
    world.run().await;
    let shown = world.shown(&root).await;
    assert_eq!((&shown["status"], &shown["pending_interactions"]), (&json!("waiting"), &json!([])));
    assert_eq!(world.asked(&root).await, 0);
    let all = world.get(&format!("/v1/interactions?execution_id={root}")).await.of(200);
    assert_eq!(all["items"][0]["status"], "answered", "what is over is listed too");
}
