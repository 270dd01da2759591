//! Makes what a stack needs on MiniStack, an emulator of AWS, in the protocols of its services. It checks no signature.

use crate::http;
use serde_json::{Value, json};
use std::{fs, path::Path, process::Command};

/// The account of everything on the emulator.
const ACCOUNT: &str = "000000000000";

fn endpoint() -> String {
    std::env::var("AWS_ENDPOINT_URL").unwrap_or_else(|_| {
        panic!("AWS_ENDPOINT_URL is not set: run tests/aws/functions.sh, which starts the emulators")
    })
}

/// Adds the header by which the emulator tells the service and the region; the signature in it is none.
fn signed(request: reqwest::RequestBuilder, service: &str) -> reqwest::RequestBuilder {
    let credential = format!("Credential=test/20260101/us-east-1/{service}/aws4_request");
    request.header("authorization", format!("AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=0"))
}

/// Makes one call of a service with a JSON protocol, and returns the answer. Panics with what the emulator says where
/// it refuses the call.
pub async fn call(service: &str, target: &str, body: Value) -> Value {
    let request = signed(http().post(endpoint()), service)
        .header("x-amz-target", target)
        .header("content-type", "application/x-amz-json-1.0")
        .body(body.to_string());
    let response = request.send().await.unwrap_or_else(|error| panic!("{target}: {error}"));
    let (status, text) = (response.status(), response.text().await.unwrap_or_default());
    assert!(status.is_success(), "{target} {body}: {status} {text}");
    serde_json::from_str(&text).unwrap_or_default()
}

/// Makes a queue, and returns its URL.
pub async fn queue(name: &str, attributes: &Value) -> String {
    let made = call("sqs", "AmazonSQS.CreateQueue", json!({ "QueueName": name, "Attributes": attributes })).await;
    made["QueueUrl"].as_str().unwrap_or_else(|| panic!("{name}: {made}")).to_owned()
}

/// The ARN of the queue with this URL.
pub fn queue_arn(url: &str) -> String {
    format!("arn:aws:sqs:us-east-1:{ACCOUNT}:{}", url.rsplit('/').next().unwrap_or_default())
}

/// Makes a bucket.
pub async fn bucket(name: &str) {
    let made = signed(http().put(format!("{}/{name}", endpoint())), "s3").send().await;
    let status = made.unwrap_or_else(|error| panic!("{name}: {error}")).status();
    assert!(status.is_success(), "the bucket {name}: {status}");
}

/// Lets SES send from the addresses of a domain.
pub async fn identity(domain: &str) {
    let url = format!("{}/v2/email/identities", endpoint());
    let asked = signed(http().post(url), "ses").json(&json!({ "EmailIdentity": domain }));
    let status = asked.send().await.unwrap_or_else(|error| panic!("{domain}: {error}")).status();
    assert!(status.is_success(), "the identity {domain}: {status}");
}

/// Makes a configuration set, by which mails can go.
pub async fn configuration_set(name: &str) {
    let url = format!("{}/v2/email/configuration-sets", endpoint());
    let asked = signed(http().post(url), "ses").json(&json!({ "ConfigurationSetName": name }));
    let status = asked.send().await.unwrap_or_else(|error| panic!("{name}: {error}")).status();
    assert!(status.is_success(), "the configuration set {name}: {status}");
}

/// A mail that SES was handed.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The subject.
    pub subject: String,
    /// The body as text.
    pub text: String,
}

/// The mails to an address that SES was handed so far, oldest first.
pub async fn mails(to: &str) -> Vec<Mail> {
    let url = format!("{}/_ministack/ses/messages", endpoint());
    let answer = http().get(url).send().await.unwrap_or_else(|error| panic!("the mails: {error}"));
    let all: Value = answer.json().await.unwrap_or_default();
    let all =
        all["messages"].as_object().into_iter().flatten().flat_map(|(_, mails)| mails.as_array().into_iter().flatten());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let theirs = all.filter(|mail| mail["To"] == json!([to]));
    theirs.map(|mail| Mail { subject: text(&mail["Subject"]), text: text(&mail["BodyText"]) }).collect()
}

/// Makes the wait state machine of infra/ over a queue and the function that opens pauses, and returns its ARN.
pub async fn wait_machine(name: &str, queue: &str, callback: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/wait.asl.json");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let definition = text
        .replace("${Partition}", "aws")
        .replace("${StepQueueUrl}", queue)
        .replace("${CallbackFunctionArn}", &format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:{callback}"));
    assert!(!definition.contains("${"), "infra/wait.asl.json names something that no test gives");
    let role = format!("arn:aws:iam::{ACCOUNT}:role/wait");
    let machine = json!({ "name": name, "definition": definition, "roleArn": role });
    let made = call("states", "AWSStepFunctions.CreateStateMachine", machine).await;
    made["stateMachineArn"].as_str().unwrap_or_else(|| panic!("{name}: {made}")).to_owned()
}

/// Makes a function on the emulator's own Lambda, for the emulator's Step Functions to invoke.
pub async fn function(name: &str, program: &Path, environment: &[(&'static str, String)]) {
    let folder = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let (bootstrap, zip) = (folder.join("bootstrap"), folder.join("function.zip"));
    fs::copy(program, &bootstrap).expect("a copy of the program");
    let packed = Command::new("python3").args(["-m", "zipfile", "-c"]).arg(&zip).arg(&bootstrap).status();
    assert!(packed.is_ok_and(|status| status.success()), "python3 makes a zip file");
    let code = base64(&fs::read(&zip).expect("the zip file"));
    let _ = fs::remove_dir_all(&folder);
    // The function reaches the emulators at the same addresses as this process.
    let inherited = ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_REGION"];
    let inherited = inherited.iter().filter_map(|name| Some((*name, std::env::var(name).ok()?)));
    let variables: serde_json::Map<String, Value> =
        inherited.chain(environment.iter().cloned()).map(|(name, value)| (name.to_owned(), value.into())).collect();
    let body = json!({
        "FunctionName": name, "Runtime": "provided.al2023", "Handler": "bootstrap", "Timeout": 60,
        "Architectures": ["x86_64"], "Role": format!("arn:aws:iam::{ACCOUNT}:role/{name}"),
        "Code": { "ZipFile": code }, "Environment": { "Variables": variables },
    });
    let url = format!("{}/2015-03-31/functions", endpoint());
    let request = signed(http().post(url), "lambda").header("content-type", "application/json");
    let response = request.body(body.to_string()).send().await.unwrap_or_else(|error| panic!("{name}: {error}"));
    let (status, text) = (response.status(), response.text().await.unwrap_or_default());
    assert!(status.is_success(), "the function {name}: {status} {text}");
}

fn base64(bytes: &[u8]) -> String {
    use ::base64::Engine;
    ::base64::engine::general_purpose::STANDARD.encode(bytes)
}
