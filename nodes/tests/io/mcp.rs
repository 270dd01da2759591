//! Requests to servers of the Model Context Protocol.

use crate::support::{Reply, Server, nodes, redirect, response, secret};
use document::{
    time::Time,
    work::{McpAsk, McpServer, McpTask},
};
use engine::port::Runner;
use serde_json::{Map, Value, json};
use std::time::{Duration, Instant};
use stepwell_core::task::{Failure, Outcome, Task, UsedSecret, Work};
use stepwell_nodes::{Commands, Config, Nodes};

/// The message of a request.
fn message(text: &str) -> Value {
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    serde_json::from_str(body).unwrap_or_default()
}

fn reply(message: &Value, result: Value) -> Reply {
    let body = json!({ "jsonrpc": "2.0", "id": message["id"], "result": result }).to_string();
    response(200, "content-type: application/json\r\n", &body)
}

/// A server of an older version, whose results to other requests than the handshake are `result`.
async fn server(result: impl Fn(&Value) -> Reply + Send + Sync + 'static) -> Server {
    Server::reading(move |text| {
        let message = message(text);
        match message["method"].as_str() {
            Some("server/discover") => {
                let error = json!({ "jsonrpc": "2.0", "id": message["id"],
                    "error": { "code": -32601, "message": "Method not found" } });
                response(200, "content-type: application/json\r\n", &error.to_string())
            }
            Some("initialize") => reply(
                &message,
                json!({ "protocolVersion": "2025-06-18", "capabilities": { "tools": {} },
                    "serverInfo": { "name": "test", "version": "1" } }),
            ),
            Some("tools/list" | "tools/call") => result(&message),
            Some(_) => response(202, "", ""),
            None => response(405, "", ""),
        }
    })
    .await
}

pub fn http(url: &str, headers: &[(&str, &str)]) -> McpServer {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    McpServer::Http { url: url.to_owned(), headers }
}

pub fn call(name: &str, arguments: Value) -> McpAsk {
    let arguments = arguments.as_object().cloned().unwrap_or_else(Map::new);
    McpAsk::CallTool { name: name.to_owned(), arguments }
}

pub async fn ask(nodes: &Nodes, server: McpServer, ask: McpAsk, secrets: Vec<UsedSecret>, seconds: f64) -> Outcome {
    let task = Task {
        owner: "acme".into(),
        idempotency_key: "key-1".into(),
        timeout_seconds: seconds,
        work: Work::Mcp(Box::new(McpTask { server, ask })),
        secrets,
    };
    nodes.run(&task, &|| Time(0)).await.outcome
}

#[track_caller]
pub fn output(outcome: Outcome) -> Value {
    match outcome {
        Outcome::Succeeded { port, output } if port == "success" => output,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
pub fn failed(outcome: Outcome, code: &str) -> Failure {
    match outcome {
        Outcome::Failed(failure) if failure.code == code => failure,
        other => panic!("{code} expected: {other:?}"),
    }
}

#[tokio::test]
async fn the_tools_of_all_pages_are_listed() {
    let tool = |name: &str| json!({ "name": name, "description": "d", "inputSchema": { "type": "object" } });
    let there = server(move |message| match message["params"]["cursor"].as_str() {
        None => reply(message, json!({ "tools": [tool("a")], "nextCursor": "2" })),
        Some(_) => reply(message, json!({ "tools": [tool("b")] })),
    })
    .await;
    let nodes = nodes("127.0.0.1");
    let listed = output(ask(&nodes, http(&there.url("/mcp"), &[]), McpAsk::ListTools, vec![], 10.0).await);
    let spec = |name: &str| json!({ "name": name, "description": "d", "parameters": { "type": "object" } });
    assert_eq!(listed, json!([spec("a"), spec("b")]));
}

#[tokio::test]
async fn a_list_without_an_end_is_given_up() {
    let there = server(|message| reply(message, json!({ "tools": [], "nextCursor": "more" }))).await;
    let outcome = ask(&nodes("127.0.0.1"), http(&there.url("/"), &[]), McpAsk::ListTools, vec![], 20.0).await;
    assert!(failed(outcome, "tool_failed").message.contains("pages"));
}

#[tokio::test]
async fn a_call_gives_the_structure_or_the_text_and_an_error_is_a_failure() {
    let there = server(|message| {
        let text = json!([{ "type": "text", "text": message["params"]["arguments"]["say"] }]);
        reply(
            message,
            match message["params"]["name"].as_str() {
                Some("structured") => json!({ "content": text, "structuredContent": { "n": 1 } }),
                Some("fails") => json!({ "content": text, "isError": true }),
                _ => json!({ "content": text }),
            },
        )
    })
    .await;
    let nodes = nodes("127.0.0.1");
    let asked =
        async |name| ask(&nodes, http(&there.url("/"), &[]), call(name, json!({ "say": "hi" })), vec![], 10.0).await;
    assert_eq!(output(asked("structured").await), json!({ "n": 1 }));
    assert_eq!(output(asked("text").await), json!("hi"));
    assert_eq!(failed(asked("fails").await, "tool_failed").message, "hi");
    let seen = there.seen();
    let called = seen.iter().find(|text| text.contains("tools/call")).unwrap().to_lowercase();
    assert!(called.contains("idempotency-key: key-1"), "{called}");
}

#[tokio::test]
async fn an_address_that_is_not_public_is_asked_nothing() {
    let there = server(|message| reply(message, json!({ "tools": [] }))).await;
    let nodes = nodes("");
    for url in
        [there.url("/"), format!("http://localhost:{}/", there.port), format!("http://2130706433:{}/", there.port)]
    {
        let outcome = ask(&nodes, http(&url, &[]), McpAsk::ListTools, vec![], 10.0).await;
        failed(outcome, "address_not_allowed");
    }
    assert_eq!(there.seen(), Vec::<String>::new());
    let allowed = nodes.allowing(&stepwell_nodes::AllowList::parse("127.0.0.1").unwrap());
    assert_eq!(output(ask(&allowed, http(&there.url("/"), &[]), McpAsk::ListTools, vec![], 10.0).await), json!([]));
    for url in ["file:///etc/passwd", "no url"] {
        failed(ask(&nodes, http(url, &[]), McpAsk::ListTools, vec![], 10.0).await, "invalid_url");
    }
}

#[tokio::test]
async fn a_redirect_leads_nowhere() {
    let inner = server(|message| reply(message, json!({ "tools": [] }))).await;
    let to = inner.url("/");
    let outer = Server::new(move |_| redirect(307, &to)).await;
    let outcome = ask(&nodes("127.0.0.1"), http(&outer.url("/"), &[]), McpAsk::ListTools, vec![], 10.0).await;
    assert!(matches!(outcome, Outcome::Failed(_)), "{outcome:?}");
    assert_eq!(inner.seen(), Vec::<String>::new());
}

#[tokio::test]
async fn secrets_go_to_their_hosts_alone_and_are_masked_in_what_comes_back() {
    const VALUE: &str = "s3cret-value-1";
    let there = server(|message| {
        let text = format!("you sent {VALUE}");
        match message["params"]["name"].as_str() {
            Some("fails") => reply(message, json!({ "content": [{ "type": "text", "text": text }], "isError": true })),
            _ => reply(message, json!({ "content": [{ "type": "text", "text": text }] })),
        }
    })
    .await;
    let (nodes, bearer) = (nodes("127.0.0.1"), format!("Bearer {VALUE}"));
    let asked = async |name: &str, hosts: &[&str]| {
        let server = http(&there.url("/"), &[("authorization", &bearer)]);
        ask(&nodes, server, call(name, json!({})), vec![secret("KEY", VALUE, hosts)], 10.0).await
    };
    let refused = failed(asked("a", &["api.example.com"]).await, "secret_not_allowed");
    assert!(!refused.message.contains(VALUE));
    assert_eq!(there.seen(), Vec::<String>::new(), "nothing was sent");
    assert_eq!(output(asked("a", &["127.0.0.1"]).await), "you sent [secret KEY]");
    assert_eq!(failed(asked("fails", &["127.0.0.1"]).await, "tool_failed").message, "you sent [secret KEY]");
    assert!(there.seen().iter().any(|text| text.contains(VALUE)));
}

#[tokio::test]
async fn an_answer_is_bounded_in_size_and_time() {
    let large =
        server(|message| reply(message, json!({ "content": [{ "type": "text", "text": "x".repeat(3 << 20) }] }))).await;
    let nodes = nodes("127.0.0.1");
    let outcome = ask(&nodes, http(&large.url("/"), &[]), call("a", json!({})), vec![], 10.0).await;
    failed(outcome, "response_too_large");
    let slow = server(|_| Reply::Hang(Vec::new())).await;
    let begun = Instant::now();
    let outcome = ask(&nodes, http(&slow.url("/"), &[]), call("a", json!({})), vec![], 0.5).await;
    assert!(matches!(&outcome, Outcome::Unknown(failure) if failure.code == "timeout"), "{outcome:?}");
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn how_certain_a_failure_is_follows_from_when_it_comes() {
    let nodes = nodes("127.0.0.1");
    let nobody = http("http://127.0.0.1:1/", &[]);
    let refused = failed(ask(&nodes, nobody, call("a", json!({})), vec![], 10.0).await, "connection_failed");
    assert!(refused.retryable);
    let breaks = server(|_| Reply::Bytes(Vec::new())).await;
    let outcome = ask(&nodes, http(&breaks.url("/"), &[]), call("a", json!({})), vec![], 10.0).await;
    assert!(matches!(&outcome, Outcome::Unknown(failure) if failure.code == "connection_broken"), "{outcome:?}");
    let busy = server(|_| response(503, "", "later")).await;
    let outcome = ask(&nodes, http(&busy.url("/"), &[]), call("a", json!({})), vec![], 10.0).await;
    assert!(failed(outcome, "tool_failed").retryable);
    let closed = Server::new(|_| response(401, "www-authenticate: Bearer\r\n", "")).await;
    let outcome = ask(&nodes, http(&closed.url("/"), &[]), call("a", json!({})), vec![], 10.0).await;
    assert!(failed(outcome, "tool_failed").message.contains("credentials"));
    let web = Server::new(|_| response(200, "content-type: text/html\r\n", "<html>")).await;
    failed(ask(&nodes, http(&web.url("/"), &[]), call("a", json!({})), vec![], 10.0).await, "tool_failed");
}

#[tokio::test]
async fn headers_of_the_protocol_are_its_own() {
    let nodes = nodes("127.0.0.1");
    for name in ["accept", "mcp-session-id", "content-type", "connection"] {
        let server = http("http://127.0.0.1:1/", &[(name, "x")]);
        failed(ask(&nodes, server, McpAsk::ListTools, vec![], 10.0).await, "invalid_header");
    }
}

/// A server as a shell script, which tells its environment, and starts a process of its own.
const SCRIPT: &str = r#"#!/bin/sh
env > "$1/environment"
sleep 300 &
echo $! > "$1/child"
while read -r line; do
  id=$(printf '%s' "$line" | sed 's/.*"id":\([0-9]*\).*/\1/')
  case "$line" in
    *'"server/discover"'*) printf '{"jsonrpc":"2.0","id":%s,"error":{"code":-32601,"message":"no"}}\n' "$id" ;;
    *'"initialize"'*) printf '{"jsonrpc":"2.0","id":%s,"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"}}}\n' "$id" ;;
    *'"hang"'*) sleep 300 ;;
    *'"tools/call"'*) printf '{"jsonrpc":"2.0","id":%s,"result":{"content":[{"type":"text","text":"from a process"}]}}\n' "$id" ;;
  esac
done
"#;

/// A folder of the test's own with the script.
fn script(name: &str) -> (std::path::PathBuf, String) {
    use std::os::unix::fs::PermissionsExt;
    let folder = std::env::temp_dir().join(format!("stepwell-mcp-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("server.sh");
    std::fs::write(&path, SCRIPT).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

/// Whether the process that the script started is gone, or is so soon: a signal takes a moment.
async fn is_gone(folder: &std::path::Path) -> bool {
    let id: i32 = std::fs::read_to_string(folder.join("child")).unwrap().trim().parse().unwrap();
    for _ in 0..500 {
        let state = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        if state.is_empty() || state.contains(") Z") {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}

#[tokio::test]
async fn a_process_is_started_where_the_operator_allows_it_alone_and_ends_with_the_attempt() {
    let (folder, path) = script("ends");
    let args = vec![folder.to_str().unwrap().to_owned()];
    let server = || McpServer::Stdio { command: path.clone(), args: args.clone() };
    let refused = ask(&nodes(""), server(), call("a", json!({})), vec![], 10.0).await;
    failed(refused, "command_not_allowed");
    assert!(!folder.join("environment").exists(), "nothing was started");
    let allowed = Nodes::new(Config { mcp_commands: Commands::parse(&path).unwrap(), ..Config::default() }).unwrap();
    let outcome = ask(&allowed, server(), call("a", json!({})), vec![], 10.0).await;
    assert_eq!(output(outcome), "from a process");
    let environment = std::fs::read_to_string(folder.join("environment")).unwrap();
    let names: Vec<&str> = environment.lines().filter_map(|line| line.split('=').next()).collect();
    // The shell sets these by itself.
    assert!(names.iter().all(|name| ["PWD", "SHLVL", "_", "OLDPWD"].contains(name)), "{environment}");
    assert!(is_gone(&folder).await, "what it started is gone too");
    let outcome = ask(&allowed, server(), call("hang", json!({})), vec![], 1.0).await;
    assert!(matches!(&outcome, Outcome::Unknown(failure) if failure.code == "timeout"), "{outcome:?}");
    assert!(is_gone(&folder).await, "and so it is after a timeout");
    let secrets = vec![secret("KEY", "s3cret-value-1", &["api.example.com"])];
    failed(ask(&allowed, server(), call("a", json!({})), secrets, 10.0).await, "secret_not_allowed");
    let _ = std::fs::remove_dir_all(folder);
}
