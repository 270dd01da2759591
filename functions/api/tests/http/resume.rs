//! Answers by resume, which a caller can give in more than one way.

use super::*;

/// A workflow whose step fails and asks a person what to do.
fn failing() -> Value {
    json!({
        "id": "failing",
        "nodes": [{"id": "start", "type": "manual_trigger"},
            {"id": "work", "type": "transform", "config": {"expression": "input.amount"}, "on_error": "ask_human"}],
        "edges": [{"from": "start", "to": "work"}]
    })
}

/// A workflow with one question of this kind, whose ports lead nowhere.
pub fn asking(kind: &str, more: Value) -> Value {
    let mut config = json!({"kind": kind, "question": "Well?", "timeout_seconds": 3600});
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({
        "id": kind,
        "nodes": [{"id": "start", "type": "manual_trigger"}, {"id": "ask", "type": "human", "config": config}],
        "edges": [{"from": "start", "to": "ask"}]
    })
}

impl World {
    /// Starts an execution and runs it until it waits for a person. Returns the path of its resume.
    pub async fn waiting(&self, document: Value) -> String {
        let id = self.started(document, json!({})).await;
        self.run().await;
        format!("/v1/executions/{id}/resume")
    }

    /// Sends a resume, and handles messages while it waits for what follows.
    pub async fn answered(&self, path: &str, body: Value) -> Answer {
        let (answer, ()) = futures::join!(self.post(path, body), async {
            tokio::task::yield_now().await;
            self.run().await;
        });
        answer
    }
}

#[tokio::test]
async fn an_answer_that_contradicts_itself_is_refused_and_changes_nothing() {
    let world = World::local();
    let options = json!({"options": [{"id": "red", "label": "Red"}, {"id": "blue", "label": "Blue"}]});
    let approve = world.waiting(asking("approval", json!({}))).await;
    let decide = world.waiting(asking("decision", options)).await;
    let input = world.waiting(asking("input", json!({}))).await;
    let ask = world.waiting(asking("ask", json!({}))).await;
    let port = "/output_port";
    for (path, body, pointer) in [
        (&approve, json!({"approved": true, "output_port": "rejected"}), port),
        (&approve, json!({"resume_data": {"approved": false}, "output_port": "approved"}), port),
        (&approve, json!({"approved": true, "resume_data": {"approved": false}}), "/resume_data/approved"),
        (&approve, json!({"approved": true, "output_port": "timeout"}), port),
        (&decide, json!({"output_port": "timeout"}), port),
        (&input, json!({"resume_data": 1, "output_port": "rejected"}), port),
        (&ask, json!({"resume_data": "so", "output_port": "timeout"}), port),
    ] {
        let problem = world.post(path, body.clone()).await.problem(422, "invalid_answer");
        assert_eq!(problem["errors"][0]["path"], pointer, "{body}");
    }
    for (path, body) in [
        (&approve, json!({"approved": true, "resume_data": {"approved": true}, "output_port": "approved"})),
        (&decide, json!({"approved": true, "resume_data": {"selected_option": "red"}, "output_port": "red"})),
        (&input, json!({"resume_data": {"comment": "data"}, "output_port": "answered"})),
        (&ask, json!({"resume_data": {"text": "so"}, "output_port": "answered"})),
    ] {
        assert_eq!(world.answered(path, body).await.of(200)["completed"], true, "{path}");
    }
}

#[tokio::test]
async fn of_a_failed_node_the_data_is_what_was_meant_as_such() {
    let world = World::local();
    for (body, output) in [
        (json!({"resume_data": {"selected_option": "skip", "data": {"amount": 1}}}), json!({"amount": 1})),
        (json!({"resume_data": {"option": "skip"}}), Value::Null),
        (json!({"resume_data": "skip"}), Value::Null),
        (
            json!({"output_port": "skip", "resume_data": {"amount": 2, "option": "x"}}),
            json!({"amount": 2, "option": "x"}),
        ),
        (json!({"output_port": "skip", "resume_data": "text"}), json!("text")),
        (json!({"output_port": "skip"}), Value::Null),
    ] {
        let path = world.waiting(failing()).await;
        assert_eq!(world.answered(&path, body.clone()).await.of(200)["completed"], true, "{body}");
        let execution = world.get(path.trim_end_matches("/resume")).await.of(200);
        assert_eq!(execution["output"], output, "{body}");
    }
}

#[tokio::test]
async fn whoever_may_answer_resumes_with_an_answer_and_whoever_may_run_without() {
    let world = World::with(|app| app);
    world.token("admin", "acme", &["read", "run", "respond", "admin"]).await;
    world.token("runner", "acme", &["run"]).await;
    world.token("responder", "acme", &["respond"]).await;
    let send = |token: &'static str, path: String, body: Value| {
        let world = &world;
        async move { world.with_headers("POST", &path, &[("authorization", &format!("Bearer {token}"))], body).await }
    };
    send("admin", "/v1/workflows".into(), asking("approval", json!({}))).await.of(201);
    let started = send("runner", "/v1/workflows/approval/executions".into(), json!({})).await.of(202);
    let path = format!("/v1/executions/{}", started["execution_id"].as_str().unwrap());
    send("runner", format!("{path}/pause"), json!({})).await.of(200);
    let resume = format!("{path}/resume");
    send("responder", resume.clone(), json!({})).await.problem(403, "missing_scope");
    send("runner", resume.clone(), json!({})).await.of(200);
    world.run().await;
    let yes = json!({"approved": true});
    send("runner", resume.clone(), yes.clone()).await.problem(403, "missing_scope");
    world.post(&resume, yes.clone()).await.problem(401, "unauthorized");
    let (answer, ()) = futures::join!(send("responder", resume, yes), async {
        tokio::task::yield_now().await;
        world.run().await;
    });
    assert_eq!(answer.of(200)["completed"], true);
}
