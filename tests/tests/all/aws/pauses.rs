//! Pauses through the wait machine of infra/, on an emulator that executes Amazon States Language: an answer, a timeout,
//! an escalation and a cancel; and a caller that waits for an execution's end.

use serde_json::{Value, json};
use shared::{id::ExecutionId, port::Store};
use std::time::{Duration, Instant};
use stepwell_tests::cloud::{Cloud, call};

const PATIENCE: Duration = Duration::from_secs(60);

/// Asks one person; `more` is added to the question's config.
fn document(id: &str, more: &Value) -> Value {
    let mut config = json!({"kind": "approval", "question": "May it?"});
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({
        "id": id,
        "nodes": [{"id": "go", "type": "manual_trigger"}, {"id": "ask", "type": "human", "config": config}],
        "edges": [{"from": "go", "to": "ask"}],
    })
}

struct Story {
    cloud: Cloud,
    id: String,
}

impl Story {
    /// Starts an execution and goes on until it asks.
    async fn begin(name: &str, more: Value) -> (Self, Value) {
        let mut cloud = Cloud::new(name).await;
        let body = json!({ "workflow": document(name, &more) });
        let (status, started) = cloud.request("POST", "/v1/executions", Some(&body)).await;
        assert_eq!(status, 202, "{started}");
        let id = started["execution_id"].as_str().unwrap().to_owned();
        let mut story = Self { cloud, id };
        story.until("waiting_human").await;
        let path = format!("/v1/interactions?execution_id={}", story.id);
        let (_, asked) = story.cloud.request("GET", &path, None).await;
        (story, asked["items"][0].clone())
    }

    /// Goes on until the execution is in a status.
    async fn until(&mut self, status: &str) -> Value {
        let until = Instant::now() + PATIENCE;
        loop {
            if self.cloud.step().await == 0 {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            let (_, execution) = self.cloud.request("GET", &format!("/v1/executions/{}", self.id), None).await;
            if execution["status"] == status {
                return execution;
            }
            assert!(Instant::now() < until, "never {status}: {execution}");
        }
    }

    async fn machine(&self, interaction: &str) -> Value {
        let machine = self.cloud.machine().replace(":stateMachine:", ":execution:");
        let name = json!({ "executionArn": format!("{machine}:{interaction}") });
        call("states", "AWSStepFunctions.DescribeExecution", name).await
    }

    /// The task token of a pause, once the wait machine handed it over.
    async fn token(&self, interaction: &str) -> Option<String> {
        let table = self.cloud.world.host(false, 3).table;
        table.pause_token(&ExecutionId::from(self.id.as_str()), &interaction.into()).await.unwrap()
    }

    async fn opened(&self, interaction: &str) {
        let until = Instant::now() + PATIENCE;
        while self.token(interaction).await.is_none() {
            assert!(Instant::now() < until, "the wait machine never opened it: {}", self.machine(interaction).await);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn machine_is(&self, interaction: &str, status: &str) {
        let until = Instant::now() + PATIENCE;
        loop {
            let machine = self.machine(interaction).await;
            if machine["status"] == status {
                return;
            }
            assert!(Instant::now() < until, "never {status}: {machine}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

fn id_of(question: &Value) -> String {
    question["interaction_id"].as_str().unwrap_or_else(|| panic!("{question}")).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_completes_the_pause() {
    let (mut story, question) = Story::begin("answer", json!({})).await;
    let interaction = id_of(&question);
    story.opened(&interaction).await;
    assert_eq!(story.machine(&interaction).await["status"], "RUNNING");
    let path = format!("/v1/interactions/{interaction}/respond");
    let (status, answered) = story.cloud.request("POST", &path, Some(&json!({"approved": true}))).await;
    assert_eq!(status, 200, "{answered}");
    let execution = story.until("completed").await;
    assert_eq!(execution["output"]["decision"], "approved");
    assert_eq!(story.token(&interaction).await, None, "its token was used");
    story.machine_is(&interaction, "SUCCEEDED").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timeout_comes_from_the_machine() {
    let (mut story, question) =
        Story::begin("timeout", json!({"timeout_seconds": 3, "timeout_action": "auto_reject"})).await;
    let interaction = id_of(&question);
    story.opened(&interaction).await;
    let execution = story.until("completed").await;
    assert_eq!(
        (&execution["output"]["decision"], &execution["output"]["automatic"]),
        (&json!("rejected"), &json!(true))
    );
    assert_eq!(story.token(&interaction).await, None);
    story.machine_is(&interaction, "SUCCEEDED").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_escalation_asks_others_and_times_out_later() {
    let asked = json!({"timeout_seconds": 3, "timeout_action": "escalate", "assignees": ["ann@example.com"],
        "escalate_to": ["boss@example.com"]});
    let (mut story, question) = Story::begin("escalate", asked).await;
    let interaction = id_of(&question);
    story.opened(&interaction).await;
    let until = Instant::now() + PATIENCE;
    loop {
        story.cloud.step().await;
        let state =
            story.cloud.world.host(false, 3).load(&ExecutionId::from(story.id.as_str())).await.unwrap().unwrap();
        let one = state.interaction(&interaction).unwrap();
        if one.escalated {
            assert_eq!(one.assignees, ["ann@example.com", "boss@example.com"]);
            assert!(one.is_open());
            break;
        }
        assert!(Instant::now() < until, "it never escalates");
    }
    let execution = story.until("failed").await;
    assert_eq!(execution["error"]["code"], "interaction_timeout", "{execution}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_stops_the_machine() {
    let (mut story, question) = Story::begin("cancel", json!({})).await;
    let interaction = id_of(&question);
    story.opened(&interaction).await;
    let path = format!("/v1/executions/{}/cancel", story.id);
    let (status, cancelled) = story.cloud.request("POST", &path, Some(&json!({}))).await;
    assert_eq!((status, &cancelled["status"]), (200, &json!("cancelled")), "{cancelled}");
    assert_eq!(story.token(&interaction).await, None);
    let machine = story.machine(&interaction).await;
    assert_ne!(machine["status"], "RUNNING", "{machine}");
}
