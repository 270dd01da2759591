//! Who may do what: every route of the OpenAPI document for every kind of caller, with the exact status. A route that the
//! document has and the table has not fails the test.

mod routes;

use crate::{
    World,
    issuer::{Key, Server, claims, verifier},
};
use axum::{body::Body, http::Request};
use engine::port::{Clock, Group, Host, Token};
use routes::{
    Needs::{self, Asked, Changes, Concerned, Nothing, Own, Scope},
    READ, ROUTES, Row,
};
use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::Arc};
use tower::ServiceExt;

/// Who calls.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Who {
    Nobody,
    OtherOwner,
    Assignee,
    GroupMember,
    Requester,
    Admin,
    ExpiredToken,
    TooLittleScope,
    Jwt,
    JwtOfAnotherIssuer,
    ExpiredJwt,
    AlgNone,
    Hs256WithPublicKey,
}

const EVERYBODY: [Who; 13] = [
    Who::Nobody,
    Who::OtherOwner,
    Who::Assignee,
    Who::GroupMember,
    Who::Requester,
    Who::Admin,
    Who::ExpiredToken,
    Who::TooLittleScope,
    Who::Jwt,
    Who::JwtOfAnotherIssuer,
    Who::ExpiredJwt,
    Who::AlgNone,
    Who::Hs256WithPublicKey,
];

impl Who {
    /// The scopes of the caller's token; none where the token proves nothing.
    fn scopes(self) -> Option<&'static [&'static str]> {
        match self {
            Self::OtherOwner | Self::Admin | Self::Jwt => Some(&["read", "run", "respond", "admin"]),
            Self::Assignee | Self::GroupMember => Some(&["read", "respond"]),
            Self::Requester => Some(&["read", "run", "respond"]),
            Self::TooLittleScope => Some(&[]),
            Self::Nobody | Self::ExpiredToken | Self::JwtOfAnotherIssuer | Self::ExpiredJwt => None,
            Self::AlgNone | Self::Hs256WithPublicKey => None,
        }
    }

    fn is_asked(self) -> bool {
        matches!(self, Self::Assignee | Self::GroupMember | Self::Jwt)
    }

    /// The status that a route has for the caller.
    fn expected(self, (_, _, needs, may, other): Row) -> u16 {
        let Some(scopes) = self.scopes() else { return if needs == Nothing { may } else { 401 } };
        let scope = match needs {
            Nothing => return may,
            Scope(scope) | Own(scope) => scope,
            Asked | Concerned => "respond",
            Changes => "run",
        };
        match self {
            _ if matches!(needs, Own(_)) && scopes.contains(&"admin") && self != Self::OtherOwner => may,
            Self::Admin if needs == Concerned => may,
            Self::Requester if matches!(needs, Concerned | Changes) => 403,
            _ if !scopes.contains(&scope) => 403,
            Self::OtherOwner => other,
            // Among those who may answer is nobody else, not the requester, and not whoever may do everything else.
            _ if needs == Asked && !self.is_asked() => 403,
            _ => may,
        }
    }
}

fn document() -> Value {
    json!({"id": "pay", "nodes": [
            {"id": "start", "type": "manual_trigger"},
            {"id": "hook", "type": "webhook_trigger", "config": {"path": "p"}},
            {"id": "bare", "type": "webhook_trigger", "config": {}},
            {"id": "ask", "type": "human", "config": {"kind": "approval", "question": "Pay?", "timeout_seconds": 3600,
                "assignees": ["assignee@example.com", "group:finance", "requester@example.com"],
                "allow_requester": false}},
            {"id": "paid", "type": "transform", "config": {"expression": "1"}}],
        "edges": [{"from": "start", "to": "ask"}, {"from": "hook", "to": "ask"}, {"from": "bare", "to": "ask"},
            {"from": "ask", "to": "paid", "port": "approved"}]})
}

/// A body that the route takes.
fn body(method: &str, route: &str) -> Value {
    match (method, route.rsplit('/').next().unwrap_or_default()) {
        // Nobody erases an owner by mistake.
        ("DELETE", "owner") => json!({"confirm": "nobody"}),
        ("GET" | "DELETE", _) => Value::Null,
        (_, "respond") if route == "/v1/interactions/respond" => json!({"interaction_ids": ["none"], "approved": true}),
        (_, "resume") if route.starts_with("/v1/chat/") => json!({"session_id": "s", "value": "yes"}),
        (_, "respond" | "resume") => json!({"approved": true}),
        (_, "reassign") => json!({"assignees": ["new@example.com"]}),
        ("POST", "executions") if route == "/v1/executions" => json!({"workflow": document()}),
        ("POST", _) if route == "/v1/chat/{workflow_id}" => json!({"message": "Hello"}),
        (_, "draft") => json!({"intent": "Greet whoever is named."}),
        (_, "whatif") => json!({"workflow": document()}),
        (_, "rollback") => json!({"checkpoint_id": "1"}),
        (_, "fork") => json!({"checkpoint_id": "1"}),
        (_, "backtrack") => json!({"node": "ask"}),
        (_, "unstick") => json!({"action": "retry"}),
        (_, "patch" | "workflow") => {
            json!({"operations": [{"op": "replace", "path": "/nodes/4/config/expression", "value": "2"}]})
        }
        (_, "bulk") => json!({"action": "cancel", "filter": {"workflow_id": "pay"}, "dry_run": true}),
        (_, "import") => json!({}),
        (_, "tokens") => json!({"name": "new", "subject": "new@example.com", "scopes": ["read"]}),
        _ if route == "/v1/secrets/{name}" => json!({"value": "v4lue", "hosts": ["api.example"]}),
        _ if route == "/v1/groups/{name}" => json!({"members": ["someone@example.com"]}),
        _ if route.contains("/signals/") => json!({"data": 1}),
        ("POST", "validate") | ("PUT", _) => document(),
        ("POST", "workflows") => {
            let mut other = document();
            other["id"] = json!("another");
            other
        }
        _ => json!({}),
    }
}

/// A world with one of everything that belongs to `acme`, and what each caller shows.
struct Stage {
    world: World,
    key: Key,
    execution: String,
    interaction: String,
    job: String,
    token: String,
}

impl Stage {
    async fn set() -> Self {
        let (server, key) = (Arc::new(Server::default()), Key::new("one"));
        server.publish(&[key.jwk()]);
        let jwt = verifier(&server, &[]);
        let world = World::with(|app| api::App { document: Some(api::DOCUMENT), ..app.with_jwt(jwt) });
        for (name, owner, who) in [
            ("other", "rival", Who::OtherOwner),
            ("assignee", "acme", Who::Assignee),
            ("member", "acme", Who::GroupMember),
            ("requester", "acme", Who::Requester),
            ("admin", "acme", Who::Admin),
        ] {
            world.token(name, owner, who.scopes().unwrap()).await;
        }
        world
            .host
            .groups()
            .set_group("acme", Group { name: "finance".into(), members: vec!["member@example.com".into()] })
            .await
            .unwrap();
        let call = async |token: &str, method: &str, path: &str, body: Value| {
            world.with_headers(method, path, &[("authorization", &format!("Bearer {token}"))], body).await
        };
        call("admin", "POST", "/v1/workflows", document()).await.of(201);
        call("admin", "PUT", "/v1/secrets/name", json!({"value": "v4lue", "hosts": []})).await.of(200);
        call("admin", "PUT", "/v1/groups/name", json!({"members": []})).await.of(200);
        let made = json!({"name": "x", "subject": "x@example.com", "scopes": ["read"]});
        let token = call("admin", "POST", "/v1/tokens", made).await.of(201)["id"].as_str().unwrap().to_owned();
        let none = json!({"action": "cancel", "filter": {"workflow_id": "none"}});
        let job =
            call("admin", "POST", "/v1/executions/bulk", none).await.of(202)["job_id"].as_str().unwrap().to_owned();
        let started = call("requester", "POST", "/v1/workflows/pay/executions", json!({})).await.of(202);
        let execution = started["execution_id"].as_str().unwrap().to_owned();
        world.run().await;
        let seen = call("requester", "GET", &format!("/v1/executions/{execution}"), json!({})).await.of(200);
        let interaction = seen["pending_interactions"][0]["interaction_id"].as_str().unwrap().to_owned();
        Self { world, key, execution, interaction, job, token }
    }

    /// The bearer token of a caller at a route; none for nobody.
    async fn bearer(&self, who: Who, needs: Needs) -> Option<String> {
        let with_groups = |mut claims: Value| {
            claims["groups"] = json!(["finance"]);
            claims
        };
        let good = with_groups(claims("jo"));
        Some(match who {
            Who::Nobody => return None,
            Who::OtherOwner => "other".into(),
            Who::Assignee => "assignee".into(),
            Who::GroupMember => "member".into(),
            Who::Requester => "requester".into(),
            Who::Admin => "admin".into(),
            Who::ExpiredToken => {
                let token = Token {
                    sha256: api::sha256_of_token("expired"),
                    name: "expired".into(),
                    owner: "acme".into(),
                    subject: "assignee@example.com".into(),
                    scopes: api::Scope::ALL.to_vec(),
                    expires_at: Some(self.world.host.now()),
                    created_at: None,
                };
                self.world.host.tokens().add_token(token).await.unwrap();
                "expired".into()
            }
            Who::TooLittleScope => {
                // All scopes but the one that the route asks for, of somebody who is asked.
                let scope = match needs {
                    Scope(scope) | Own(scope) => scope,
                    Asked | Concerned => "respond",
                    Changes => "run",
                    Nothing => "",
                };
                let also = match needs {
                    Concerned => "run",
                    Own(_) => "admin",
                    Nothing | Scope(_) | Asked | Changes => scope,
                };
                let lacks = |one: &str| one == scope || one == also;
                let others: Vec<&str> =
                    ["read", "run", "respond", "admin"].into_iter().filter(|one| !lacks(one)).collect();
                self.world.token("too-little", "acme", &others).await;
                "too-little".into()
            }
            Who::Jwt => self.key.token(&good),
            Who::JwtOfAnotherIssuer => self.key.token(&with(good, "iss", json!("https://elsewhere.example"))),
            Who::ExpiredJwt => self.key.token(&with(good.clone(), "exp", json!(good["iat"].as_i64().unwrap() - 600))),
            Who::AlgNone => self.key.unsigned(&good),
            Who::Hs256WithPublicKey => self.key.by_public_text(&good, &self.key.point()),
        })
    }

    /// The status of a request.
    async fn status(&self, method: &str, route: &str, bearer: Option<String>) -> u16 {
        let id = match route {
            route if route.starts_with("/v1/executions/") => &self.execution,
            route if route.starts_with("/v1/interactions/") => &self.interaction,
            route if route.starts_with("/v1/jobs/") => &self.job,
            route if route.starts_with("/v1/tokens/") => &self.token,
            _ => "pay",
        };
        let path = route.replace("{id}", id).replace("{workflow_id}", "pay").replace("{path}", "p");
        let path = path
            .replace("{session_id}", "s")
            .replace("{name}", "name")
            .replace("{key}", "key")
            .replace("{checkpoint}", "1");
        let mut request = Request::builder().method(method).uri(path);
        let body = body(method, route);
        if !body.is_null() {
            request = request.header("content-type", "application/json");
        }
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        if let Some(bearer) = bearer {
            request = request.header("authorization", format!("Bearer {bearer}"));
        }
        // The body of a stream ends with its execution, and is not waited for.
        let answering = self.world.service.clone().oneshot(request.body(body).unwrap());
        self.world.meanwhile(answering).await.unwrap().status().as_u16()
    }
}

/// Claims of which one is another.
fn with(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims
}

#[test]
fn the_table_has_every_route_of_the_document() {
    let document: Value = serde_json::from_str(api::DOCUMENT).unwrap();
    let mut served = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            served.insert((method.to_uppercase(), path.clone()));
            let row = ROUTES.iter().find(|row| row.0.eq_ignore_ascii_case(method) && row.1 == path);
            // What asks for a token says so, but webhooks, which take a signature in its place.
            let open = row.is_some_and(|row| row.2 == Nothing) || path.starts_with("/v1/triggers/");
            assert_eq!(operation.get("security").is_none(), open, "{method} {path}");
        }
    }
    let table: BTreeSet<_> = ROUTES.iter().map(|row| (row.0.to_owned(), row.1.to_owned())).collect();
    assert_eq!(table, served);
}

#[tokio::test]
async fn every_route_opens_to_those_it_is_for_and_to_nobody_else() {
    let mut wrong = Vec::new();
    for row in ROUTES {
        for who in EVERYBODY {
            let stage = Stage::set().await;
            let (method, route, needs, ..) = row;
            let bearer = stage.bearer(who, needs).await;
            let (status, expected) = (stage.status(method, route, bearer).await, who.expected(row));
            if status != expected {
                wrong.push(format!("{method} {route} for {who:?}: {status} in place of {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A caller without a token is told how to send one, and one with a bad token that it is bad (RFC 6750, §3).
#[tokio::test]
async fn a_401_says_whether_a_token_was_missing_or_wrong() {
    let stage = Stage::set().await;
    for who in EVERYBODY.into_iter().filter(|who| who.scopes().is_none()) {
        let bearer = stage.bearer(who, READ).await.map(|token| format!("Bearer {token}"));
        let headers: Vec<(&str, &str)> = bearer.iter().map(|bearer| ("authorization", bearer.as_str())).collect();
        let answer = stage.world.with_headers("GET", "/v1/executions", &headers, json!({})).await;
        let challenge = answer.headers["www-authenticate"].to_str().unwrap().to_owned();
        assert_eq!(challenge.contains("invalid_token"), who != Who::Nobody, "{who:?}: {challenge}");
        answer.problem(401, "unauthorized");
    }
}
