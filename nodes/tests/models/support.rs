//! Short ways to ask a model.

use crate::stand_in::StandIn;
use document::{
    time::Time,
    work::{Message, ModelAnswer, ModelCall, ModelChoice, Provider},
};
use engine::{pieces::Pieces, port::Runner};
use std::sync::OnceLock;
use stepwell_core::task::{Failure, Outcome, Task, UsedSecret, Work};
use stepwell_nodes::{AllowList, AwsRole, Config, Nodes};

/// The key of every call, which nothing that is recorded may hold.
pub const KEY: &str = "sk-s3cret-0123456789";

/// The server, which ends with the process.
pub fn server() -> &'static StandIn {
    static SERVER: OnceLock<StandIn> = OnceLock::new();
    SERVER.get_or_init(|| StandIn::start(&["tests/models/fixtures/calls.json"]))
}

/// The idempotency key of every task.
pub const TASK: &str = "exec.1.agent.1";

/// The places of the server.
pub fn here() -> String {
    let port = server().port();
    format!("127.0.0.1:{port},localhost:{port}")
}

/// Nodes that may reach the server, as a role at AWS.
pub fn nodes() -> Nodes {
    nodes_of(&here(), role())
}

/// The same, with other places, and heard there.
pub fn heard_nodes(allow: &str, pieces: Pieces) -> Nodes {
    Nodes::new(Config { pieces, ..config(allow, role()) }).unwrap()
}

/// The variables of a role at AWS.
fn role() -> impl Fn(&str) -> Option<String> {
    let endpoint = server().base_url("bedrock");
    move |name| match name {
        "AWS_REGION" => Some("eu-central-1".into()),
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME" => Some(endpoint.clone()),
        "AWS_ACCESS_KEY_ID" => Some("AKIDEXAMPLE".into()),
        "AWS_SECRET_ACCESS_KEY" => Some("wJalrXUtnFEMI".into()),
        "AWS_SESSION_TOKEN" => Some("the-session".into()),
        _ => None,
    }
}

pub fn nodes_of(allow: &str, environment: impl Fn(&str) -> Option<String>) -> Nodes {
    Nodes::new(config(allow, environment)).unwrap()
}

fn config(allow: &str, environment: impl Fn(&str) -> Option<String>) -> Config {
    let http_allow = AllowList::parse(allow).unwrap();
    Config { http_allow, aws_role: AwsRole::read(environment), ..Config::default() }
}

/// A model of the server. All but Bedrock's, which signs, have the key.
pub fn choice(provider: Provider) -> ModelChoice {
    choice_at(provider, Some(server().base_url(provider.as_str())))
}

pub fn choice_at(provider: Provider, base_url: Option<String>) -> ModelChoice {
    let api_key = (provider != Provider::Bedrock).then(|| KEY.to_owned());
    ModelChoice {
        place: 0,
        provider,
        name: "vendor.model-v1:0".into(),
        base_url,
        api_key,
        temperature: None,
        top_p: None,
        max_output_tokens: None,
        stop: Vec::new(),
    }
}

pub fn user(text: &str) -> Message {
    Message::User { content: text.into() }
}

pub fn call(models: Vec<ModelChoice>, messages: Vec<Message>) -> ModelCall {
    ModelCall { models, is_patient: false, system: None, messages, tools: Vec::new(), output_schema: None }
}

/// The key as a secret that may go to the server.
pub fn key() -> UsedSecret {
    secret("MODEL_KEY", KEY, &["127.0.0.1"])
}

pub fn secret(name: &str, value: &str, hosts: &[&str]) -> UsedSecret {
    UsedSecret { name: name.into(), value: value.into(), hosts: hosts.iter().map(|it| (*it).to_owned()).collect() }
}

pub async fn run(nodes: &Nodes, call: ModelCall, secrets: Vec<UsedSecret>, seconds: f64) -> Outcome {
    let task = Task {
        owner: "ann".into(),
        idempotency_key: TASK.into(),
        timeout_seconds: seconds,
        work: Work::Model(Box::new(call)),
        secrets,
    };
    // A signature is dated: this is a moment of 2026.
    nodes.run(&task, &|| Time(1_790_000_000_000)).await.outcome
}

/// The outcome of a call over one provider.
pub async fn outcome(provider: Provider, text: &str) -> Outcome {
    run(&nodes(), call(vec![choice(provider)], vec![user(text)]), vec![key()], 10.0).await
}

pub fn answer(outcome: Outcome) -> ModelAnswer {
    match outcome {
        Outcome::Succeeded { port, output } if port == "success" => serde_json::from_value(output).unwrap(),
        other => panic!("{other:?}"),
    }
}

pub fn failed(outcome: Outcome) -> Failure {
    assert!(!format!("{outcome:?}").contains(KEY), "{outcome:?}");
    match outcome {
        Outcome::Failed(failure) => failure,
        other => panic!("{other:?}"),
    }
}
