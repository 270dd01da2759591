//! The stack of infra/template.yaml in small: the functions' real programs under Lambda's protocol, the table on
//! DynamoDB Local, queues, bucket and wait state machine on MiniStack, and what event source mappings of SQS do.

mod emulator;
mod fleet;
mod mapping;
mod recorder;

pub use emulator::{Mail, call, configuration_set, identity, mails, queue_arn};
pub use fleet::Fleet;
pub use mapping::Mapping;
pub use recorder::{Recorder, Took};

use crate::{
    aws_world::{LIST_PARTS, World},
    lambda::Function,
};
use engine::{
    port::{Host, Token},
    scope::Scope,
};
use serde_json::{Value, json};
use std::{collections::HashMap, path::PathBuf, time::Duration};

/// The owner of everything that the tests start.
pub const OWNER: &str = "acme";
/// Seconds for which a message that was handed to a function is hidden. After a crash the tests wait so long for it.
const VISIBILITY: &str = "3";
/// Where people reach the stack, by the links that they are sent.
pub const PUBLIC_URL: &str = "https://flows.example.com";
/// Further ticks of the supervisor that may follow one which failed.
const TICKS: usize = 4;
/// Deliveries after which a message is a dead letter, as in infra/template.yaml.
const DELIVERIES: &str = "5";

/// A stack, with the processes of its functions.
pub struct Cloud {
    /// The table, and hosts over it by which a test can look into it.
    pub world: World,
    /// The step queue, mapped to the function `step`.
    pub steps: Mapping,
    /// The dead-letter queue, mapped to the function `supervisor`.
    pub dead: Mapping,
    /// The URL of the queue of buried messages: dead letters that were recorded with their executions.
    pub buried: String,
    /// The environment that all functions get.
    environment: Vec<(&'static str, String)>,
    functions: HashMap<&'static str, Function>,
    recorder: Option<Recorder>,
}

/// The folder with the programs that ship, where tests are to run those.
const SHIPPED: &str = "STEPWELL_SHIPPED";

/// The path of a function's program, which tests/aws/build.sh builds with the profile of these tests, or infra/build.sh as it
/// ships. Panics where it is not there.
pub fn binary(function: &str) -> PathBuf {
    if let Some(folder) = std::env::var_os(SHIPPED).filter(|folder| !folder.is_empty()) {
        let path = PathBuf::from(folder).join(format!("stepwell-{function}/bootstrap"));
        assert!(path.is_file(), "{} is not there: run infra/build.sh x86_64", path.display());
        return path;
    }
    let deps = std::env::current_exe().expect("a test knows where it is");
    let folder = deps.ancestors().nth(2).expect("a test lies in a folder of its profile's");
    let path = folder.join(format!("stepwell-{function}"));
    assert!(path.is_file(), "{} is not there: run tests/aws/build.sh", path.display());
    path
}

impl Cloud {
    /// A new stack. `name` tells what it makes on the emulator from that of other stacks of the same run.
    pub async fn new(name: &str) -> Self {
        Self::recorded(name, None).await
    }

    /// The same, with a recorder of the calls that its functions make to AWS.
    pub async fn recorded(name: &str, recorder: Option<Recorder>) -> Self {
        let world = World::new(None).await;
        let (steps, dead) = (format!("steps-{name}"), format!("dead-{name}"));
        let dead = emulator::queue(&dead, &json!({ "VisibilityTimeout": VISIBILITY })).await;
        let redrive = json!({ "deadLetterTargetArn": queue_arn(&dead), "maxReceiveCount": DELIVERIES }).to_string();
        let steps =
            emulator::queue(&steps, &json!({ "VisibilityTimeout": VISIBILITY, "RedrivePolicy": redrive })).await;
        let buried = emulator::queue(&format!("buried-{name}"), &json!({})).await;
        let bucket = format!("values-{name}");
        emulator::bucket(&bucket).await;
        emulator::identity("example.com").await;
        let callback = format!("callback-{name}");
        let machine = emulator::wait_machine(&format!("wait-{name}"), &steps, &callback).await;
        let environment = vec![
            ("STEPWELL_TABLE", world.table().to_owned()),
            ("STEPWELL_BUCKET", bucket),
            ("STEPWELL_QUEUE_URL", steps.clone()),
            ("STEPWELL_BURIED_QUEUE_URL", buried.clone()),
            ("STEPWELL_WAIT_MACHINE_ARN", machine),
            ("STEPWELL_SECRETS_PREFIX", format!("stepwell/{name}/")),
            ("STEPWELL_OWNER", OWNER.to_owned()),
            // Tests read the table themselves, with as many parts.
            ("STEPWELL_LIST_PARTS", LIST_PARTS.to_string()),
            ("STEPWELL_PUBLIC_URL", PUBLIC_URL.to_owned()),
            ("STEPWELL_MAIL_FROM", "Flows <flows@example.com>".to_owned()),
        ];
        // The wait state machine runs on the emulator, so the emulator runs the function that it invokes.
        let mut of_callback = environment.clone();
        if let Some(recorder) = &recorder {
            of_callback.extend(recorder.environment("callback").await);
        }
        emulator::function(&callback, &binary("callback"), &of_callback).await;
        token(&world, "TOKEN", "ada@example.com").await;
        let (steps, dead) = (Mapping::new("step", steps), Mapping::new("supervisor", dead));
        Self { world, steps, dead, buried, environment, functions: HashMap::new(), recorder }
    }

    /// Sets a variable for the processes of functions that are started from now on.
    pub fn set(&mut self, name: &'static str, value: &str) {
        self.environment.push((name, value.to_owned()));
    }

    /// Processes of functions that take up to `most` requests at once, of this stack as it is set up by now.
    pub fn fleet(&self, most: usize) -> Fleet {
        Fleet::new(self.environment.clone(), most)
    }

    /// Keeps a token by which a person may do everything.
    pub async fn token(&self, text: &str, subject: &str) {
        token(&self.world, text, subject).await;
    }

    /// What the name of every secret of the stack begins with.
    pub fn secrets_prefix(&self) -> &str {
        let prefix = self.environment.iter().find(|(name, _)| *name == "STEPWELL_SECRETS_PREFIX");
        prefix.map_or("", |(_, prefix)| prefix)
    }

    /// The ARN of the wait machine.
    pub fn machine(&self) -> &str {
        let machine = self.environment.iter().find(|(name, _)| *name == "STEPWELL_WAIT_MACHINE_ARN");
        machine.map_or("", |(_, arn)| arn)
    }

    /// The process of a function, which is started where there is none.
    pub async fn function(&mut self, name: &'static str) -> &mut Function {
        if !self.functions.contains_key(name) {
            let mut environment = self.environment.clone();
            if let Some(recorder) = &self.recorder {
                environment.extend(recorder.environment(name).await);
            }
            let process = Function::start(&binary(name), &[], &environment).await;
            self.functions.insert(name, process);
        }
        self.functions.get_mut(name).expect("it was started")
    }

    /// Ends the process of a function. The next one has no memory of what it did.
    pub fn restart(&mut self, name: &'static str) {
        self.functions.remove(name);
    }

    /// Hands an event to a function, and returns its answer.
    ///
    /// # Errors
    /// The text of the error that the function returns.
    pub async fn invoke(&mut self, name: &'static str, event: &Value) -> Result<Value, String> {
        let reply = self.function(name).await.invoke(&event.to_string()).await;
        let (is_answer, text) = (reply.is_answer, reply.rest().await);
        if !is_answer {
            return Err(text);
        }
        serde_json::from_str(&text).map_err(|error| format!("{error}: {text}"))
    }

    /// Hands one batch of the step queue to its function. Returns how many messages it had.
    pub async fn step(&mut self) -> usize {
        let Some(batch) = self.steps.receive().await else { return 0 };
        let answer = self.invoke("step", &batch.event).await;
        self.steps.settle(&batch, answer).await;
        batch.len()
    }

    /// Hands one batch of the step queue to its function, and kills the process after that time. Returns how many
    /// messages the batch had.
    pub async fn step_and_die(&mut self, after: Duration) -> usize {
        let Some(batch) = self.steps.receive().await else { return 0 };
        self.function("step").await;
        if let Some(process) = self.functions.remove("step") {
            process.killed_in(&batch.event.to_string(), after).await;
        }
        batch.len()
    }

    /// Invokes the supervisor as the schedule does each minute, and then with a batch of dead letters, if there are
    /// any.
    pub async fn supervise(&mut self) {
        let tick = json!({"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}});
        // One that fails, as where the table is slow to answer, is followed by that of the next minute.
        let mut told = self.invoke("supervisor", &tick).await;
        for _ in 0..TICKS {
            if told.is_ok() {
                break;
            }
            told = self.invoke("supervisor", &tick).await;
        }
        told.expect("the supervisor answers");
        if let Some(batch) = self.dead.receive().await {
            let answer = self.invoke("supervisor", &batch.event).await;
            self.dead.settle(&batch, answer).await;
        }
    }

    /// Invokes the supervisor as the schedule does, and kills the process after that time.
    pub async fn supervise_and_die(&mut self, after: Duration) {
        let tick = json!({"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}});
        self.function("supervisor").await;
        if let Some(process) = self.functions.remove("supervisor") {
            process.killed_in(&tick.to_string(), after).await;
        }
    }

    /// Sends a request in the way of API Gateway: as an event of an HTTP API, to the function that serves the route by
    /// the template. Returns status and body.
    pub async fn request(&mut self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let headers = json!({"authorization": "Bearer TOKEN", "content-type": "application/json"});
        let (status, answer) = self.send(method, path, headers, body.map(Value::to_string)).await;
        let body = answer["body"].as_str().unwrap_or_default();
        (status, serde_json::from_str(body).unwrap_or_default())
    }

    /// Reads a path through the function URL of `status`, which streams. Returns what came: status and headers, then the
    /// body.
    pub async fn stream(&mut self, path: &str) -> String {
        let mut event = request_event("GET", path, json!({"authorization": "Bearer TOKEN"}), None);
        event["requestContext"]["domainName"] = "abc.lambda-url.us-east-1.on.aws".into();
        let reply = self.function("status").await.invoke(&event.to_string()).await;
        reply.rest().await
    }

    /// Sends a request like [`Self::request`] with these headers, of which the names are in lower case, and this body.
    /// Returns the status and the whole answer of the function.
    pub async fn send(&mut self, method: &str, path: &str, headers: Value, body: Option<String>) -> (u16, Value) {
        let event = request_event(method, path, headers, body);
        let name = serving(method, path.split('?').next().unwrap_or_default());
        let answer = self.invoke(name, &event).await.unwrap_or_else(|error| panic!("{path}: {error}"));
        let status = answer["statusCode"].as_u64().unwrap_or_default();
        (u16::try_from(status).unwrap_or_default(), answer)
    }
}

async fn token(world: &World, text: &str, subject: &str) {
    let token = Token {
        sha256: api::sha256_of_token(text),
        name: format!("of {subject}"),
        owner: OWNER.into(),
        subject: subject.into(),
        scopes: Scope::ALL.to_vec(),
        expires_at: None,
        created_at: None,
    };
    world.host(false, 3).tokens().add_token(token).await.expect("the table takes a token");
}

/// A request as API Gateway hands it to a function.
fn request_event(method: &str, path: &str, mut headers: Value, body: Option<String>) -> Value {
    headers["host"] = "api.example.com".into();
    // The gateway hands cookies on by themselves.
    let cookies = headers.as_object_mut().and_then(|headers| headers.remove("cookie"));
    let cookies: Vec<Value> = cookies.into_iter().collect();
    let (raw, query) = path.split_once('?').unwrap_or((path, ""));
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": raw, "rawQueryString": query,
        "headers": headers, "cookies": cookies,
        "requestContext": {
            "accountId": "123456789012", "apiId": "api", "domainName": "api.example.com", "domainPrefix": "api",
            "http": {"method": method, "path": raw, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "test"},
            "requestId": "request", "routeKey": "$default", "stage": "$default",
            "time": "21/Nov/2026:12:00:00 +0000", "timeEpoch": 1_795_262_400_000_u64,
        },
        "body": body, "isBase64Encoded": false,
    })
}

/// The function that serves a route, as infra/template.yaml says.
fn serving(method: &str, path: &str) -> &'static str {
    let controls =
        ["/pause", "/resume", "/cancel", "/retry", "/rollback", "/backtrack", "/fork", "/unstick", "/patch", "/import"];
    let is_control = controls.iter().any(|name| path.ends_with(name));
    match method {
        _ if path.starts_with("/v1/interactions") || path == "/v1/keys" || path.contains("/signals/") => "callback",
        _ if path.starts_with("/i/") || path.starts_with("/assets/") || path == "/v1/hooks/slack" => "callback",
        _ if path.starts_with("/inbox") || path == "/mcp" => "callback",
        _ if path.starts_with("/v1/chat/") || path.starts_with("/chat/") => "callback",
        "POST" if path == "/v1/workflows/draft" => "step",
        "POST" if path.starts_with("/executions/") || path.starts_with("/jobs/") => "rollback",
        "GET" if path.starts_with("/executions/") && is_control => "rollback",
        _ if ["/executions", "/jobs", "/sign-", "/overview"].iter().any(|page| path.starts_with(page)) => "status",
        _ if path == "/" => "status",
        "GET" if path.starts_with("/v1/executions") || path.starts_with("/v1/jobs") => "status",
        "POST" if path == "/v1/executions/bulk" || path.starts_with("/v1/jobs/") => "rollback",
        "DELETE" | "PATCH" if path.starts_with("/v1/executions") || path == "/v1/owner" => "rollback",
        "POST" if path.starts_with("/v1/executions/") && is_control => "rollback",
        _ => "trigger",
    }
}
