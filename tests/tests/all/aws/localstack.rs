//! The wait machine on LocalStack, which follows Amazon States Language more closely than MiniStack: it ends the other
//! branches of a Parallel state, and refuses what Step Functions refuses. LocalStack runs without Lambda here, so a
//! queue takes the place of the callback function; the rest of `infra/wait.asl.json` is used as it is. These tests are
//! run by `tests/aws/localstack.sh`.

use super::services::{clients, eventually, fresh, queue, receive};
use aws::{
    StepFunctions, clock,
    services::{clients::Clients, ports::Alarms},
};
use document::time::Time;
use serde_json::{Value, json};

/// A wait machine that opens questions by messages to a queue.
struct Machine {
    clients: Clients,
    arn: String,
    /// The address of the queue that takes what the callback function would be invoked with.
    opened: String,
    /// The address of the step queue.
    steps: String,
    alarms: StepFunctions,
}

impl Machine {
    async fn new() -> Self {
        let clients = clients();
        let (opened, steps) = (queue(&clients).await, queue(&clients).await);
        let mut definition: Value = serde_json::from_str(&crate::docs::read("infra/wait.asl.json")).unwrap();
        let open = &mut definition["States"]["Pause"]["Branches"][0]["States"]["Open"];
        let payload = open["Parameters"]["Payload"].take();
        assert!(payload["open"]["token.$"].is_string(), "the callback function gets a token: {payload}");
        open["Resource"] = "arn:aws:states:::sqs:sendMessage.waitForTaskToken".into();
        open["Parameters"] = json!({ "QueueUrl": opened, "MessageBody": payload });
        let definition = definition.to_string().replace("${Partition}", "aws").replace("${StepQueueUrl}", &steps);
        let call = clients.sfn().create_state_machine().name(fresh("wait")).definition(definition);
        let made = call.role_arn("arn:aws:iam::000000000000:role/wait").send().await.unwrap();
        let arn = made.state_machine_arn;
        let alarms = StepFunctions::new(clients.sfn(), arn.clone());
        Self { clients, arn, opened, steps, alarms }
    }

    /// Starts a question's clock. Returns the clock's name, and the task token with which it opens the question.
    async fn pause(&self, alarms: &[Time]) -> (String, String) {
        let name = fresh("question");
        let alarms: Vec<String> = alarms.iter().map(Time::to_string).collect();
        let input =
            json!({ "kind": "pause", "execution": "e", "interaction": name, "message": "look", "alarms": alarms });
        for _ in 0..2 {
            self.alarms.start(&name, &input).await.unwrap();
        }
        let (body, _) = receive(&self.clients, &self.opened, 20).await.expect("the question is opened");
        assert!(receive(&self.clients, &self.opened, 1).await.is_none(), "and once");
        let open = &serde_json::from_str::<Value>(&body).unwrap()["open"];
        assert_eq!((&open["execution"], &open["interaction"]), (&json!("e"), &json!(name)));
        (name, open["token"].as_str().unwrap().to_owned())
    }

    async fn ended(&self, name: &str) -> String {
        let arn = format!("{}:{name}", self.arn.replacen(":stateMachine:", ":execution:", 1));
        eventually("the clock has ended", async || {
            let found = self.clients.sfn().describe_execution().execution_arn(&arn).send().await.unwrap();
            Some(found.status.as_str().to_owned()).filter(|status| status != "RUNNING")
        })
        .await
    }

    async fn alarm(&self, wait: i32) -> Option<String> {
        receive(&self.clients, &self.steps, wait).await.map(|(body, _)| body)
    }
}

#[tokio::test]
async fn an_answer_ends_the_clock_and_its_alarms() {
    let machine = Machine::new().await;
    let (name, token) = machine.pause(&[clock().after_seconds(6.0), clock().after_seconds(7.0)]).await;
    machine.alarms.complete(&token, Ok(json!({}))).await.unwrap();
    assert_eq!(machine.ended(&name).await, "SUCCEEDED");
    assert_eq!(machine.alarm(10).await, None, "the alarms ended with it");
    machine.alarms.complete(&token, Ok(json!({}))).await.unwrap();
}

#[tokio::test]
async fn alarms_go_off_in_order_and_the_question_stays_open() {
    let machine = Machine::new().await;
    let (name, token) = machine.pause(&[clock().after_seconds(3.0), clock().after_seconds(6.0)]).await;
    for _ in 0..2 {
        assert_eq!(machine.alarm(20).await.as_deref(), Some("look"));
    }
    machine.alarms.complete(&token, Ok(json!({}))).await.unwrap();
    assert_eq!(machine.ended(&name).await, "SUCCEEDED");
}

#[tokio::test]
async fn a_question_without_a_deadline_waits_for_its_answer() {
    let machine = Machine::new().await;
    let (name, token) = machine.pause(&[]).await;
    machine.alarms.complete(&token, Ok(json!({}))).await.unwrap();
    assert_eq!(machine.ended(&name).await, "SUCCEEDED");
}

#[tokio::test]
async fn a_cancelled_question_is_stopped_and_says_nothing_more() {
    let machine = Machine::new().await;
    let (name, token) = machine.pause(&[clock().after_seconds(5.0)]).await;
    for _ in 0..2 {
        machine.alarms.stop(&name).await.unwrap();
    }
    // LocalStack says that a stopped execution failed, and Step Functions that it was aborted.
    let ended = machine.ended(&name).await;
    assert!(["ABORTED", "FAILED"].contains(&ended.as_str()), "{ended}");
    machine.alarms.complete(&token, Ok(json!({}))).await.unwrap();
    assert_eq!(machine.alarm(8).await, None);
}

/// Creates a queue whose messages go to the queue `dead_letters` after one delivery, where it names one. Returns the
/// new queue's address and ARN.
async fn queue_before(clients: &Clients, dead_letters: Option<&str>) -> (String, String) {
    let policy = |arn: &str| json!({ "deadLetterTargetArn": arn, "maxReceiveCount": 1 }).to_string();
    let made = clients.sqs().create_queue().queue_name(fresh("q"));
    let made = made.set_attributes(dead_letters.map(|arn| [("RedrivePolicy".into(), policy(arn))].into()));
    let url = made.send().await.unwrap().queue_url.unwrap();
    let asked = clients.sqs().get_queue_attributes().queue_url(&url).attribute_names("QueueArn".into());
    let arn = asked.send().await.unwrap().attributes.unwrap().into_values().next().unwrap();
    (url, arn)
}

#[tokio::test]
async fn what_is_buried_is_moved_back_to_the_step_queue() {
    // SQS moves messages back only from a queue that is another one's dead-letter queue. So the queue of dead letters
    // names the buried one as its own, as in infra/template.yaml.
    let clients = clients();
    let (buried, buried_arn) = queue_before(&clients, None).await;
    let (_, dead_arn) = queue_before(&clients, Some(&buried_arn)).await;
    let (steps, steps_arn) = queue_before(&clients, Some(&dead_arn)).await;
    clients.sqs().send_message().queue_url(&buried).message_body("a step").send().await.unwrap();
    let moving = clients.sqs().start_message_move_task().source_arn(&buried_arn).destination_arn(&steps_arn);
    moving.send().await.unwrap();
    assert_eq!(receive(&clients, &steps, 20).await.map(|(body, _)| body).as_deref(), Some("a step"));
    assert!(receive(&clients, &buried, 1).await.is_none());
}
