//! The template as it is deployed: `infra/deploy-local.sh` deploys it with the real binaries to MiniStack, whose HTTP
//! API, function URLs, queues and state machines run the workflows. Only the table is elsewhere, on DynamoDB Local.

use super::services::{clients, eventually};
use serde_json::{Value, json};
use std::{fs, path::PathBuf, process::Command};
use stepwell_tests::{
    cloud::{binary, identity, mails},
    http,
};

/// Lets one deployment run at a time, since SAM keeps one bucket for all of them.
static DEPLOYING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// A deployed stack, and an API token for it.
struct Stack {
    name: &'static str,
    outputs: Value,
    token: String,
}

/// A copy of the folder that is deployed from, in which the functions are the binaries of the tests and the script that
/// would build them does nothing. The emulator has no CodeDeploy, so that aliases move to new versions at once.
fn staged(name: &str) -> PathBuf {
    let root = crate::docs::root();
    let stage = std::env::temp_dir().join(format!("stepwell-{name}-{}", std::process::id()));
    // Where processes have numbers of their own, one that failed before may have left it.
    let _ = fs::remove_dir_all(&stage);
    fs::create_dir_all(&stage).unwrap();
    let copied = Command::new("cp").args(["-r", "infra", "samconfig.toml"]).arg(&stage).current_dir(&root).status();
    assert!(copied.is_ok_and(|status| status.success()), "infra/ can be copied");
    std::os::unix::fs::symlink(root.join(".cache"), stage.join(".cache")).unwrap();
    fs::write(stage.join("infra/build.sh"), "#!/bin/sh\n").unwrap();
    let template = stage.join("infra/template.yaml");
    let text = fs::read_to_string(&template).unwrap();
    let at_once = text.replace("{ Enabled: !Ref GradualDeployment,", "{ Enabled: false,");
    assert_ne!(text, at_once, "the template deploys by CodeDeploy");
    fs::write(&template, at_once).unwrap();
    for function in ["trigger", "step", "callback", "status", "rollback", "supervisor"] {
        let folder = stage.join(format!("target/lambda/stepwell-{function}"));
        fs::create_dir_all(&folder).unwrap();
        std::os::unix::fs::symlink(binary(function), folder.join("bootstrap")).unwrap();
    }
    stage
}

impl Stack {
    /// Deploys a stack. `emulator` is the template's parameter `Emulator`: whether each function has a URL of its own
    /// in the place of the HTTP API. Where it has none, `more` are further parameters.
    async fn deployed(name: &'static str, emulator: bool, more: &[&str]) -> Self {
        let clients = clients();
        let deploying = DEPLOYING.lock().await;
        let stage = staged(name);
        let sam = stage.join(".cache/infra/sam/bin/sam");
        let run = |command: &mut Command| {
            let done = command.current_dir(&stage).env("SAM_CLI_TELEMETRY", "0").output().unwrap();
            let (said, told) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
            assert!(done.status.success(), "{command:?}: {said}\n{told}");
            said.into_owned()
        };
        let mut deploy = Command::new("infra/deploy-local.sh");
        deploy.args(["--stack-name", name]);
        if !emulator {
            let architecture = format!("Architecture={}", std::env::consts::ARCH.replace("aarch64", "arm64"));
            deploy.args(["--parameter-overrides", &architecture, "Emulator=false", "StepConcurrency=0"]);
            deploy.arg("MailFrom=flows@example.com").args(more);
        }
        run(&mut deploy);
        let listed = run(Command::new(sam).args(["list", "stack-outputs", "--stack-name", name, "--output", "json"]));
        drop(deploying);
        fs::remove_dir_all(&stage).unwrap();
        let listed: Vec<Value> = serde_json::from_str(&listed).unwrap_or_else(|error| panic!("{error}: {listed}"));
        let named = |one: &Value| Some((one["OutputKey"].as_str()?.to_owned(), one["OutputValue"].clone()));
        let outputs = Value::Object(listed.iter().filter_map(named).collect());
        aws::store::create(&clients.dynamodb(), outputs["TableName"].as_str().unwrap()).await.unwrap();
        let mut stack = Self { name, outputs, token: String::new() };
        let wanted =
            json!({"name": "first", "subject": "ada@example.com", "scopes": ["read", "run", "respond", "admin"]});
        let made = stack.invoke("trigger", &json!({ "create_token": wanted })).await;
        stack.token = made["token"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
        stack
    }

    async fn invoke(&self, function: &str, event: &Value) -> Value {
        let endpoint = std::env::var("AWS_ENDPOINT_URL").unwrap();
        let url = format!("{endpoint}/2015-03-31/functions/{}-{function}/invocations", self.name);
        http().post(url).body(event.to_string()).send().await.unwrap().json().await.unwrap()
    }

    /// Sends a request to the HTTP API or, where there is none, to the function URL in the output `url`. Streams go to
    /// a function URL in any case.
    async fn ask(&self, url: &str, method: &str, path: &str, body: Value) -> (u16, String) {
        // Reads and streams share the URL of the function `status`.
        let url_of = if url == "StatusUrl" { "StreamUrl" } else { url };
        let behind_gateway = self.outputs["ApiUrl"].as_str().filter(|_| url != "StreamUrl");
        let address = behind_gateway.or(self.outputs[url_of].as_str());
        let address = address.unwrap_or_else(|| panic!("no {url}: {}", self.outputs));
        let host = address.rsplit("//").next().unwrap_or_default().trim_end_matches('/');
        let endpoint = std::env::var("AWS_ENDPOINT_URL").unwrap();
        let request = http().request(method.parse().unwrap(), format!("{endpoint}{path}")).header("host", host);
        let request = request.bearer_auth(&self.token).header("content-type", "application/json");
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = request.body(body).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    async fn ok(&self, url: &str, method: &str, path: &str, body: Value) -> Value {
        let (status, text) = self.ask(url, method, path, body).await;
        assert!((200..300).contains(&status), "{method} {path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}: {text}"))
    }

    /// Waits until an execution has that status.
    async fn until(&self, id: &str, status: &str) -> Value {
        eventually(status, async || {
            let shown = self.ok("StatusUrl", "GET", &format!("/v1/executions/{id}"), Value::Null).await;
            (shown["status"] == status).then_some(shown)
        })
        .await
    }
}

/// A workflow with one node for each part of the stack that nodes use.
fn document() -> Value {
    json!({
        "id": "stack",
        "nodes": [
            {"id": "go", "type": "manual_trigger"},
            {"id": "double", "type": "transform", "config": {"expression": "input.n * 2"}},
            {"id": "delay", "type": "wait", "config": {"seconds": 1}},
            {"id": "code", "type": "code", "config": {"code": "return ctx.double.output + 1"}},
            {"id": "each", "type": "map", "config": {"items": "[1, 2, 3]",
                "body": {"nodes": [{"id": "plus", "type": "transform", "config": {"expression": "item + ctx.code.output"}}],
                    "edges": []}}},
            {"id": "ask", "type": "human", "config": {"kind": "approval", "question": "Fine?", "timeout_seconds": 600, "wait_by": "states",
                "assignees": ["ada@example.com"], "channels": [{"type": "email"}]}},
            {"id": "end", "type": "transform", "config": {"expression": "ctx.each.output"}}],
        "edges": [{"from": "go", "to": "double"}, {"from": "double", "to": "delay"}, {"from": "delay", "to": "code"},
            {"from": "code", "to": "each"}, {"from": "each", "to": "ask"},
            {"from": "ask", "to": "end", "port": "approved"}],
    })
}

/// Runs a workflow that asks a person, pauses it while it waits, answers, and resumes it.
async fn runs(stack: &Stack) {
    stack.ok("TriggerUrl", "POST", "/v1/workflows", document()).await;
    let start = json!({ "input": { "n": 5 } });
    let started = stack.ok("TriggerUrl", "POST", "/v1/workflows/stack/executions", start).await;
    let id = started["execution_id"].as_str().unwrap().to_owned();

    stack.until(&id, "waiting_human").await;
    let inbox = format!("/v1/interactions?execution_id={id}&status=pending");
    let question = eventually("it is asked", async || {
        let open = stack.ok("CallbackUrl", "GET", &inbox, Value::Null).await;
        open["items"][0]["interaction_id"].as_str().map(str::to_owned)
    })
    .await;
    stack.ok("RollbackUrl", "POST", &format!("/v1/executions/{id}/pause"), json!({})).await;
    let respond = format!("/v1/interactions/{question}/respond");
    stack.ok("CallbackUrl", "POST", &respond, json!({ "approved": true })).await;
    stack.until(&id, "paused").await;
    stack.ok("RollbackUrl", "POST", &format!("/v1/executions/{id}/resume"), json!({})).await;

    let shown = stack.until(&id, "completed").await;
    assert_eq!(shown["output"], json!([12, 13, 14]), "{shown}");
    assert_eq!(shown["started_by"], "ada@example.com");
    let (status, events) = stack.ask("StreamUrl", "GET", &format!("/v1/executions/{id}/events"), Value::Null).await;
    assert_eq!(status, 200);
    assert!(events.contains("event: execution_completed") && events.contains("event: end"), "{events}");
    let (status, _) = stack.ask("RollbackUrl", "POST", &format!("/v1/executions/{id}/cancel"), json!({})).await;
    assert_eq!(status, 409, "it has ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_template_runs_a_workflow_behind_its_http_api() {
    identity("example.com").await;
    let stack = Stack::deployed("gateway", false, &[]).await;
    runs(&stack).await;
    // People reach the stack where its API is.
    let link = format!("{}/i/", stack.outputs["ApiUrl"].as_str().unwrap());
    eventually("the question is mailed with a link", async || {
        let mails = mails("ada@example.com").await;
        mails.iter().any(|mail| mail.text.starts_with("Approval needed") && mail.text.contains(&link)).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_template_runs_a_workflow_on_an_emulator_without_http_apis() {
    runs(&Stack::deployed("emulated", true, &[]).await).await;
}

/// Everything is invoked by the aliases of the functions: by the HTTP API, the queues, the wait machine and the address of
/// event streams.
#[tokio::test(flavor = "multi_thread")]
async fn the_template_runs_a_workflow_by_the_aliases_of_its_functions() {
    identity("example.com").await;
    let stack = Stack::deployed("aliased", false, &["GradualDeployment=true"]).await;
    let endpoint = std::env::var("AWS_ENDPOINT_URL").unwrap();
    let url = format!("{endpoint}/2015-03-31/functions/aliased-step/aliases/live");
    let alias: Value = http().get(url).send().await.unwrap().json().await.unwrap();
    assert!(alias["FunctionVersion"].as_str().is_some_and(|version| version.parse::<u32>().is_ok()), "{alias}");
    runs(&stack).await;
}
