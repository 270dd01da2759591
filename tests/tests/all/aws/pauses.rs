//! Pauses through the real wait machine and the real binary of `callback` on MiniStack, with the state on DynamoDB
//! Local. `tests/aws/build.sh` builds the binary before.

use super::services::{clients, eventually, fresh, machine, queue};
use aws::{
    Aws, S3, SecretsManager, Services, Sqs, StepFunctions,
    billing::meter::Meter,
    clock,
    error::Patience,
    services::{clients::Clients, ports::Records},
    store::{Parts, Table, create},
};
use document::parse;
use engine::{drive::submit, port::Host};
use serde_json::{Value, json};
use std::{process, sync::Arc};
use stepwell_core::{
    command::{Command, Control},
    event::Started,
    execution::{Execution, Status},
    id::ExecutionId,
    interaction::{Answer, Interaction, InteractionStatus},
};

/// The stack of one test: a table, a bucket, a step queue, a wait machine, and the callback function.
struct Stack {
    clients: Clients,
    queue: String,
    machine: String,
    table: Arc<Table>,
    host: Aws,
}

/// The program of `callback` as Lambda takes it: a ZIP archive in base64.
fn package() -> String {
    let program = stepwell_tests::cloud::binary("callback");
    let script = "import base64, io, sys, zipfile\n\
        kept = io.BytesIO()\n\
        one = zipfile.ZipInfo('bootstrap')\n\
        one.external_attr = 0o755 << 16\n\
        one.compress_type = zipfile.ZIP_DEFLATED\n\
        with zipfile.ZipFile(kept, 'w') as file: file.writestr(one, open(sys.argv[1], 'rb').read(), compresslevel=1)\n\
        sys.stdout.write(base64.b64encode(kept.getvalue()).decode())";
    let packed = process::Command::new("python3").args(["-c", script]).arg(program).output().unwrap();
    assert!(packed.status.success(), "{}", String::from_utf8_lossy(&packed.stderr));
    String::from_utf8(packed.stdout).unwrap()
}

/// Creates the function `callback` with these environment variables. Returns its ARN.
async fn callback(environment: Value) -> String {
    let body = json!({
        "FunctionName": fresh("callback"), "Runtime": "provided.al2023", "Handler": "bootstrap", "Timeout": 30,
        "Role": "arn:aws:iam::000000000000:role/callback", "Code": { "ZipFile": package() },
        "Environment": { "Variables": environment },
    });
    let url = format!("{}/2015-03-31/functions", std::env::var("AWS_ENDPOINT_URL").unwrap());
    // Emulators do not check signatures, so this one only has the form of one.
    let authorization =
        "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=0";
    let request = stepwell_tests::http().post(url).header("authorization", authorization).body(body.to_string());
    let made: Value = serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap();
    made["FunctionArn"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned()
}

impl Stack {
    async fn new() -> Self {
        let clients = clients();
        let (name, bucket, queue) = (fresh("t"), fresh("b"), queue(&clients).await);
        create(&clients.dynamodb(), &name).await.unwrap();
        clients.s3().create_bucket().bucket(&bucket).send().await.unwrap();
        let function = callback(json!({
            "STEPWELL_TABLE": name, "STEPWELL_BUCKET": bucket, "STEPWELL_QUEUE_URL": queue, "STEPWELL_OWNER": "acme",
            "STEPWELL_SECRETS_PREFIX": "stepwell/test/",
            "STEPWELL_WAIT_MACHINE_ARN": "arn:aws:states:us-east-1:000000000000:stateMachine:unused",
            "AWS_ENDPOINT_URL": std::env::var("AWS_ENDPOINT_URL").unwrap(),
            "AWS_ENDPOINT_URL_DYNAMODB": std::env::var("AWS_ENDPOINT_URL_DYNAMODB").unwrap(),
        }))
        .await;
        let machine = machine(&clients, &queue, &function).await;
        let table = Arc::new(Table::new(Parts {
            client: clients.dynamodb(),
            name,
            blobs: Arc::new(S3::new(clients.s3(), bucket)),
            clock: Arc::new(clock),
            meter: Arc::new(Meter::default()),
            patience: Patience::default(),
            behind_message: true,
            parts: 2,
        }));
        let services = Services {
            queue: Arc::new(Sqs::new(clients.sqs(), queue.clone(), None, clock)),
            alarms: Arc::new(StepFunctions::new(clients.sfn(), machine.clone())),
            signer: None,
            credentials: Arc::new(SecretsManager::new(clients.secrets(), "stepwell/test/".into(), clock)),
            runner: None,
        };
        let host = Aws::new(table.clone(), services, Arc::new(clock));
        Self { clients, queue, machine, table, host }
    }

    /// Starts an execution that asks one question, and waits until the question's pause has begun.
    async fn asks(&self, mut config: Value) -> (ExecutionId, Arc<Interaction>) {
        config["wait_by"] = json!("states");
        let document = json!({
            "id": "w",
            "nodes": [{"id": "go", "type": "manual_trigger"}, {"id": "ask", "type": "approval", "config": config},
                {"id": "timeout", "type": "transform", "config": {"expression": "'nobody'"}}],
            "edges": [{"from": "go", "to": "ask"}, {"from": "ask", "to": "timeout", "port": "timeout"}],
        });
        let workflow = parse(&document).unwrap().workflow;
        self.host.catalogue().keep_workflow(&workflow).await.unwrap();
        let id = ExecutionId::from(fresh("e"));
        let started = Started::new(id.clone(), &workflow, json!({}), clock());
        submit(&self.host, &id, Command::Start(Box::new(started))).await.unwrap();
        let asked = eventually("the question is asked", async || {
            self.handle_messages().await;
            self.state(&id).await.interactions.last().cloned()
        })
        .await;
        eventually("the pause has begun", async || {
            self.table.get_token(&id, asked.interaction_id.as_str()).await.unwrap()
        })
        .await;
        (id, asked)
    }

    async fn state(&self, id: &ExecutionId) -> Arc<Execution> {
        self.host.journal().load(id).await.unwrap().unwrap()
    }

    async fn ask(&self, id: &ExecutionId, command: Command) {
        let submitted = submit(&self.host, id, command).await.unwrap().unwrap();
        assert_eq!(submitted.replies, [Ok(())]);
    }

    /// Receives the messages of the step queue, handles them as `step` does, and acknowledges them as Lambda does.
    async fn handle_messages(&self) {
        let call = self.clients.sqs().receive_message().queue_url(&self.queue).max_number_of_messages(10);
        let messages = call.wait_time_seconds(1).send().await.unwrap().messages.unwrap_or_default();
        let records = messages.iter().map(|one| json!({ "messageId": one.message_id, "body": one.body }));
        let event = json!({ "Records": records.collect::<Vec<_>>() });
        let settled = aws::runtime::step::handle_batch(&self.host, serde_json::from_value(event).unwrap()).await;
        let failed: Vec<_> = settled.response.batch_item_failures.iter().map(|one| &one.item_identifier).collect();
        assert!(failed.is_empty(), "{failed:?}");
        for one in messages {
            let call = self.clients.sqs().delete_message().queue_url(&self.queue);
            call.set_receipt_handle(one.receipt_handle).send().await.unwrap();
        }
    }

    /// Waits until the question's clock has ended. Returns its status.
    async fn clock_ended(&self, asked: &Interaction) -> String {
        let execution = self.machine.replacen(":stateMachine:", ":execution:", 1);
        let arn = format!("{execution}:{}", asked.interaction_id);
        eventually("the clock has ended", async || {
            let found = self.clients.sfn().describe_execution().execution_arn(&arn).send().await.unwrap();
            Some(found.status.as_str().to_owned()).filter(|status| status != "RUNNING")
        })
        .await
    }
}

/// The command by which Ada approves.
fn approval(asked: &Interaction) -> Command {
    let answer = Answer { by: "ada@example.com".into(), approved: Some(true), ..Answer::default() };
    Command::Answer { interaction_id: asked.interaction_id.clone(), answer: Box::new(answer) }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_ends_the_pause() {
    let stack = Stack::new().await;
    let (id, asked) = stack.asks(json!({"question": "Pay?"})).await;
    stack.ask(&id, approval(&asked)).await;
    assert_eq!(stack.state(&id).await.status(), Status::Completed);
    assert_eq!(stack.clock_ended(&asked).await, "SUCCEEDED");
    assert!(stack.table.pause_tokens(&id).await.unwrap().is_empty());
    // Delivering the effects once more does no harm.
    engine::supervise::look_after(&stack.host, document::time::Time(i64::MAX)).await.unwrap();
}

/// MiniStack lets alarms go off after the token was completed, and Step Functions ends them. Neither does harm.
#[tokio::test(flavor = "multi_thread")]
async fn an_alarm_after_the_answer_changes_nothing() {
    let stack = Stack::new().await;
    let (id, asked) = stack.asks(json!({"question": "Pay?", "timeout_seconds": 6})).await;
    stack.ask(&id, approval(&asked)).await;
    let before = stack.state(&id).await;
    assert_eq!(stack.clock_ended(&asked).await, "SUCCEEDED");
    stack.handle_messages().await;
    assert_eq!(stack.state(&id).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_question_has_its_clock_stopped() {
    let stack = Stack::new().await;
    let (id, asked) = stack.asks(json!({"question": "Pay?"})).await;
    stack.ask(&id, Command::Control { control: Control::Cancel, reason: None }).await;
    let ended = stack.clock_ended(&asked).await;
    assert!(["ABORTED", "SUCCEEDED"].contains(&ended.as_str()), "{ended}");
    assert!(stack.table.pause_tokens(&id).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_times_out_by_its_clock() {
    let stack = Stack::new().await;
    let (id, asked) = stack.asks(json!({"question": "Pay?", "timeout_seconds": 3})).await;
    let state = eventually("it times out", async || {
        stack.handle_messages().await;
        Some(stack.state(&id).await).filter(|state| state.end.is_some())
    })
    .await;
    assert_eq!(state.status(), Status::Completed);
    assert_eq!(state.interaction(asked.interaction_id.as_str()).unwrap().status, InteractionStatus::TimedOut);
    assert_eq!(stack.clock_ended(&asked).await, "SUCCEEDED");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_escalation_has_the_same_clock_and_its_second_alarm() {
    let stack = Stack::new().await;
    let config = json!({"question": "Pay?", "timeout_seconds": 3, "timeout_action": "escalate",
        "assignees": ["ada@example.com"], "escalate_to": ["bo@example.com"]});
    let (id, asked) = stack.asks(config).await;
    let question = async || stack.state(&id).await.interaction(asked.interaction_id.as_str()).unwrap().clone();
    eventually("it escalates", async || {
        stack.handle_messages().await;
        question().await.escalated.then_some(())
    })
    .await;
    assert_eq!(question().await.status, InteractionStatus::Pending);
    eventually("nobody answers", async || {
        stack.handle_messages().await;
        (question().await.status == InteractionStatus::TimedOut).then_some(())
    })
    .await;
    assert_eq!(stack.clock_ended(&asked).await, "SUCCEEDED");
    assert!(stack.table.pause_tokens(&id).await.unwrap().is_empty());
}
