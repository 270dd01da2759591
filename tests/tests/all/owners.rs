//! Two owners on one host, from outside: what belongs to one does not exist for the other.

use crate::binary::{Answer, Dev, Folder};
use serde_json::{Value, json};

const SCOPES: [&str; 4] = ["read", "run", "respond", "admin"];

/// A token of an owner of its own: a local host makes none for others, so it is put into the database.
fn token(db: &rusqlite::Connection, owner: &str) -> String {
    let token = format!("token-of-{owner}");
    let sha256 = api::sha256_of_token(&token);
    let kept = json!({"sha256": sha256, "name": owner, "owner": owner, "subject": "someone@example.com",
        "scopes": SCOPES, "expires_at": null});
    db.execute("INSERT INTO tokens(sha256, body) VALUES (?1, ?2)", [sha256, kept.to_string()]).unwrap();
    format!("Bearer {token}")
}

struct Owner<'a> {
    dev: &'a Dev,
    token: String,
}

impl Owner<'_> {
    fn call(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.dev.try_call(method, path, &[("authorization", &self.token)], body).unwrap()
    }

    fn get(&self, path: &str) -> Value {
        let answer = self.call("GET", path, &Value::Null);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }
}

fn asking(id: &str) -> Value {
    let hook = json!({"id": "hook", "type": "webhook_trigger", "config": {"path": "p"}});
    json!({"id": id, "nodes": [{"id": "start", "type": "manual_trigger"}, hook, {"id": "ask", "type": "human", "config": {"kind": "approval", "question": "Pay?", "timeout_seconds": 3600}}],
        "edges": [{"from": "start", "to": "ask"}, {"from": "hook", "to": "ask"}]})
}

/// A body that the route would take.
fn body(method: &str, path: &str) -> Value {
    match path.rsplit('/').next() {
        _ if method == "GET" || method == "DELETE" => Value::Null,
        Some("resume") if path.starts_with("/v1/chat/") => json!({"session_id": "one", "value": "yes"}),
        _ if path.starts_with("/v1/chat/") => json!({"message": "Pay it"}),
        Some("executions") => json!({"input": {}}),
        Some("respond") => json!({"approved": true}),
        Some("reassign") => json!({"assignees": ["ben@example.com"]}),
        Some("whatif") => json!({"workflow": asking("mine")}),
        Some("resume") => json!({"approved": true}),
        Some("rollback" | "fork") => json!({"checkpoint_id": "1"}),
        Some("patch" | "workflow") => json!({"operations": []}),
        Some("backtrack") => json!({"node": "ask"}),
        Some("unstick") => json!({"action": "retry"}),
        _ if path.contains("/signals/") => json!({"data": 1}),
        _ if method == "PUT" => asking("mine"),
        _ => json!({}),
    }
}

#[test]
fn no_route_shows_or_changes_what_belongs_to_another_owner() {
    let folder = Folder::new("owners");
    Dev::start(&folder.data(), &[]).kill();
    let db = rusqlite::Connection::open(folder.data().join("stepwell.db")).unwrap();
    let tokens = [token(&db, "ann"), token(&db, "ben")];
    drop(db);
    let dev = Dev::start(&folder.data(), &[]);
    let [ann, ben] = tokens.map(|token| Owner { dev: &dev, token });

    assert_eq!(ann.call("POST", "/v1/workflows", &asking("mine")).status, 201);
    let start = ann.call("POST", "/v1/workflows/mine/executions?wait=20", &json!({"input": {}})).json();
    let execution = start["execution_id"].as_str().unwrap_or_else(|| panic!("{start}"));
    let interaction = start["pending_interactions"][0]["interaction_id"].as_str().unwrap();
    let before = ann.get(&format!("/v1/executions/{execution}"));

    let mut tried = 0;
    for (path, methods) in dev.get("/openapi.json")["paths"].as_object().unwrap() {
        let id = match path.as_str() {
            path if path.starts_with("/v1/executions/") => execution,
            path if path.starts_with("/v1/interactions/") => interaction,
            _ => "mine",
        };
        // A secret's or a group's name belongs to whoever stores one under it.
        if !path.contains('{') || ["/v1/secrets/{name}", "/v1/groups/{name}"].contains(&path.as_str()) {
            continue;
        }
        let url = path.replace("{id}", id).replace("{workflow_id}", id).replace("{name}", "go");
        let url = url.replace("{path}", "p").replace("{checkpoint}", "1");
        for method in methods.as_object().unwrap().keys().map(|method| method.to_uppercase()) {
            let answer = ben.call(&method, &url, &body(&method, path));
            assert_eq!((answer.status, &answer.json()["code"]), (404, &json!("not_found")), "{method} {url}");
            assert!(!answer.text().contains("Pay?"), "{method} {url}: {}", answer.text());
            tried += 1;
        }
    }
    assert!(tried >= 20, "only {tried} routes name a record");

    for list in ["workflows", "executions", "interactions"] {
        assert_eq!(ben.get(&format!("/v1/{list}"))["items"], json!([]), "{list}");
        assert_eq!(ann.get(&format!("/v1/{list}"))["items"].as_array().map(Vec::len), Some(1), "{list}");
    }
    assert_eq!(ben.get(&format!("/v1/interactions?execution_id={execution}"))["items"], json!([]));
    assert_eq!(ben.get(&format!("/v1/executions?parent={execution}"))["items"], json!([]));
    assert_eq!(ann.get(&format!("/v1/executions/{execution}")), before, "nothing of it changed");

    // The same name and the same key are another owner's own.
    assert_eq!(ben.call("POST", "/v1/workflows", &asking("mine")).status, 201);
    let keyed = |owner: &Owner<'_>| {
        let headers = [("authorization", owner.token.as_str()), ("idempotency-key", "one")];
        let answer = dev.try_call("POST", "/v1/workflows/mine/executions", &headers, &json!({"input": {}})).unwrap();
        answer.json()["execution_id"].as_str().unwrap().to_owned()
    };
    assert_ne!(keyed(&ann), keyed(&ben));
    assert_eq!(
        ann.call("POST", &format!("/v1/interactions/{interaction}/respond"), &json!({"approved": true})).status,
        200
    );
}
