//! Bodies that are JSON and do not fit: the answer names the part that does not, in words for people.

use super::World;
use axum::{body::Body, http::Request};
use serde_json::Value;

/// What is sent where, and what the answer says: the code, the pointer, and the message.
const MISFITS: [(&str, &str, &str, &str, &str); 16] = [
    ("/pause", r#"{"reason": 1}"#, "invalid_field", "/reason", "`reason` must be a string, not a number"),
    ("/pause", r#"{"reason": {"why": 1}}"#, "invalid_field", "/reason", "`reason` must be a string, not an object"),
    ("/cancel", r#"{"reason": ["a"]}"#, "invalid_field", "/reason", "`reason` must be a string, not a list"),
    ("/cancel", r#"["a"]"#, "invalid_field", "", "the body must be an object, not a list"),
    ("/retry", r#""now""#, "invalid_field", "", "the body must be an object, not a string"),
    (
        "/resume",
        r#"{"approved": "yes"}"#,
        "invalid_field",
        "/approved",
        "`approved` must be true or false, not a string",
    ),
    (
        "/resume",
        r#"{"approved": 1.5}"#,
        "invalid_field",
        "/approved",
        "`approved` must be true or false, not a number with a fraction",
    ),
    (
        "/rollback",
        r#"{"checkpoint_id": 1, "dry_run": "yes"}"#,
        "invalid_field",
        "/dry_run",
        "`dry_run` must be true or false, not a string",
    ),
    ("/backtrack", r#"{"node": true}"#, "invalid_field", "/node", "`node` must be a string, not true or false"),
    (
        "/unstick",
        r#"{"action": "wait"}"#,
        "invalid_field",
        "/action",
        "`action` must be one of `retry`, `skip`, `mark_done`, `redrive`",
    ),
    ("/unstick", r#"{"action": null}"#, "invalid_field", "/action", "`action` must be a string"),
    ("/pause", r#"{"reason": "a", "reason": "b"}"#, "duplicate_key", "/reason", "the key `reason` stands twice"),
    ("/pause", r#"{"a/b~c": 1}"#, "unknown_field", "/a~1b~0c", "unknown field `a/b~c`"),
    ("/backtrack", r#"{}"#, "missing_field", "/node", "missing field `node`"),
    (
        "/v1/tokens",
        r#"{"name": "ci", "subject": "a@b.c", "scopes": ["read", 7]}"#,
        "invalid_field",
        "/scopes/1",
        "item 1 of `scopes` must be a string, not a number",
    ),
    (
        "/v1/tokens",
        r#"{"name": "ci", "subject": "a@b.c", "scopes": "read"}"#,
        "invalid_field",
        "/scopes",
        "`scopes` must be a list, not a string",
    ),
];

#[tokio::test]
async fn a_body_that_does_not_fit_is_told_by_its_place_and_for_people() {
    let world = World::local();
    for (path, body, code, pointer, message) in MISFITS {
        let path = if path.starts_with("/v1") { path.to_owned() } else { format!("/v1/executions/x{path}") };
        let request = Request::post(&path).header("content-type", "application/json").body(Body::from(body)).unwrap();
        let problem = world.send(request).await.problem(422, code);
        let error: &Value = &problem["errors"][0];
        assert_eq!((&error["path"], &error["code"]), (&pointer.into(), &code.into()), "{path} {body}: {problem}");
        assert!(error["message"].as_str().unwrap().contains(message), "{path} {body}: {problem}");
        assert_eq!(problem["detail"], error["message"], "{path} {body}: {problem}");
        assert!(!problem.to_string().contains("sequence") && !problem.to_string().contains("struct"), "{problem}");
    }
}

/// The codes and pointers of faults, in order.
type Faults<'a> = &'a [(&'a str, &'a str)];

#[tokio::test]
async fn all_faults_of_a_body_are_told_at_once() {
    let world = World::local();
    let all: [(&str, &str, Faults<'_>); 5] = [
        (
            "/v1/executions/x/resume",
            r#"{"approved": "x", "comment": 5, "bogus": 1}"#,
            &[("invalid_field", "/approved"), ("invalid_field", "/comment"), ("unknown_field", "/bogus")],
        ),
        (
            "/v1/tokens",
            r#"{"name": 1, "scopes": ["read", 7, 8], "subject": "a@b.c"}"#,
            &[("invalid_field", "/name"), ("invalid_field", "/scopes/1")],
        ),
        // What is missing is told where all else fits, and not because it was left out.
        ("/v1/tokens", r#"{"nam": "ci"}"#, &[("unknown_field", "/nam"), ("missing_field", "/name")]),
        ("/v1/executions/x/backtrack", r#"{"node": 1}"#, &[("invalid_field", "/node")]),
        (
            "/v1/executions/x/pause",
            r#"{"a/b": 1, "a~c": 2}"#,
            &[("unknown_field", "/a~1b"), ("unknown_field", "/a~0c")],
        ),
    ];
    for (path, body, faults) in all {
        let request = Request::post(path).header("content-type", "application/json").body(Body::from(body)).unwrap();
        let problem = world.send(request).await.problem(422, faults[0].0);
        let told = problem["errors"].as_array().unwrap().iter();
        let told: Vec<_> = told.map(|one| (one["code"].as_str().unwrap(), one["path"].as_str().unwrap())).collect();
        let same = |(one, other): (&(&str, &str), &(&str, &str))| one == other;
        assert!(told.len() == faults.len() && told.iter().zip(faults).all(same), "{body}: {problem:#}");
        assert_eq!(problem["detail"], problem["errors"][0]["message"]);
    }
}

/// A value may be a secret that was put into the wrong place.
#[tokio::test]
async fn a_value_that_does_not_fit_is_not_repeated() {
    let world = World::local();
    let body = Body::from(r#"{"value": ["hunter2"], "hosts": "hunter3"}"#);
    let request = Request::put("/v1/secrets/KEY").header("content-type", "application/json").body(body).unwrap();
    let problem = world.send(request).await.problem(422, "invalid_field");
    assert!(!problem.to_string().contains("hunter"), "{problem}");
}
