//! What a link shows, to whom, and that looking at it changes nothing.

use crate::{
    browser::{addresses, tags, text},
    world::{ANN, BOB, World},
};
use axum::{body::Body, http::Request};
use engine::{link::Links, port::Host};
use serde_json::json;

#[tokio::test]
async fn the_page_says_what_is_asked_of_whom_by_whom_and_until_when() {
    let world = World::new();
    let asked = json!({"kind": "approval", "question": "Pay 5?", "details": "For **lunch**. <b onclick=x>raw</b>",
        "approval_threshold": 2, "rejection_threshold": 2, "timeout_seconds": 7200});
    let question = world.question(asked).await;
    world.answered(&question.bob, &[("choice", "approved"), ("comment", "fine by me")]).await;
    let page = world.get(&question.ann).await.of(200);
    let shown = text(&page);
    for part in [
        "Approval · pay",
        "Pay 5?",
        "Started by zoe@example.com",
        "Answer by 31 January 2026, 11:00 UTC (in 2 hours)",
        "ann@example.com (you) ○ No answer yet",
        "bob@example.com ✓ Approved just now fine by me",
        "1 of 2 approvals so far; 2 rejections end it.",
    ] {
        assert!(shown.contains(part), "{part} is not in: {shown}");
    }
    assert!(page.contains("<strong>lunch</strong>") && page.contains("&lt;b onclick=x&gt;raw&lt;/b&gt;"), "{page}");
    assert!(page.contains(r#"<time datetime="2026-01-31T11:00:00.000Z">"#));
}

#[tokio::test]
async fn what_helps_nobody_to_decide_stands_below_the_answer() {
    let world = World::new();
    let question = world.question(json!({"kind": "approval", "details": "For lunch.", "approval_threshold": 2})).await;
    let order = |page: &str| {
        let shown = text(page);
        let at = |part: &str| shown.find(part).unwrap_or_else(|| panic!("{part} is not in: {shown}"));
        [at("Started by"), at("For lunch."), at("Your answer"), at("Who is asked"), at("Step ask"), at("Asked 31")]
    };
    let alone = order(&world.get(&question.ann).await.of(200));
    assert!(alone.is_sorted(), "{alone:?}");
    // What somebody has answered is heeded by whoever answers next.
    world.answered(&question.bob, &[("choice", "approved")]).await;
    let [_, details, answer, people, step, _] = order(&world.get(&question.ann).await.of(200));
    assert!([details, people, answer, step].is_sorted(), "{details} {people} {answer} {step}");
}

#[tokio::test]
async fn a_record_keeps_all_that_was_asked() {
    let world = World::new();
    let details = "Invoice **2026-118**, due in two weeks.";
    let question = world.question(json!({"kind": "authorization", "tool": "pay", "details": details})).await;
    let record = world.answered(&question.ann, &[("choice", "approved")]).await;
    for page in [record, world.get(&question.ann).await.of(410), world.get(&question.bob).await.of(410)] {
        assert!(text(&page).contains("Invoice 2026-118, due in two weeks."), "{}", text(&page));
        assert!(text(&page).contains("What was asked about Tool pay"), "{}", text(&page));
    }
}

#[tokio::test]
async fn a_page_loads_nothing_from_elsewhere_and_gives_nothing_away() {
    let world = World::new();
    let question = world.question(json!({"kind": "approval"})).await;
    let answer = world.get(&question.ann).await;
    let policy = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; \
                  frame-ancestors 'none'; base-uri 'none'";
    for (name, value) in [
        ("content-security-policy", policy),
        ("content-type", "text/html; charset=utf-8"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
        ("x-robots-tag", "noindex, nofollow"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(answer.headers[name], value, "{name}");
    }
    assert!(!answer.text.contains("style=") && !tags(&answer.text).contains("style"));
    let loaded: Vec<String> = addresses(&answer.text).into_iter().filter(|one| one.starts_with("../assets/")).collect();
    assert_eq!(loaded.len(), 4, "{loaded:?}");
    for address in loaded {
        let asset = world.get(address.trim_start_matches("..")).await;
        assert_eq!(
            (asset.status, asset.headers["cache-control"].to_str().unwrap()),
            (200, "public, max-age=31536000, immutable")
        );
        assert_eq!(asset.headers["x-content-type-options"], "nosniff");
    }
    assert_eq!(world.get("/assets/style.0000000000000000.css").await.status, 404);
}

#[tokio::test]
async fn whoever_only_looks_decides_nothing() {
    let world = World::new();
    let question = world.question(json!({"kind": "approval"})).await;
    let before = world.state(&question.execution).seq;
    let page = world.get(&question.ann).await.of(200);
    let mut paths: Vec<String> = addresses(&page).iter().map(|one| one.replace("..", "")).collect();
    paths.extend(
        ["", "/answer", "/state", "?choice=approved", "/?choice=approved"]
            .map(|more| format!("{}{more}", question.ann)),
    );
    for agent in
        ["Slackbot-LinkExpanding 1.0", "Barracuda Sentinel", "Mozilla/5.0 (compatible; MSIE 10.0) SafeLinks", ""]
    {
        for method in ["GET", "HEAD"] {
            for path in &paths {
                let request = Request::builder().method(method).uri(path).header("user-agent", agent);
                let answer = world.send(request.body(Body::empty()).unwrap()).await;
                assert!(answer.status < 500, "{method} {path}");
                assert!(method == "GET" || answer.text.is_empty());
            }
        }
    }
    let head = Request::head(&question.ann).body(Body::empty()).unwrap();
    let head = world.send(head).await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    assert!(head.headers.contains_key("content-security-policy"));
    assert_eq!(world.state(&question.execution).seq, before);
}

#[tokio::test]
async fn nobody_guesses_a_link() {
    let world = World::new();
    let question = world.question(json!({"kind": "approval"})).await;
    let links = world.host.links().unwrap();
    let other_key = Links::new("", [8; 32]).token(&question.id.as_str().into(), ANN).unwrap();
    let no_question = links.token(&"018f2b6e-7a10-8c3d-9e4f-0123456789ab".into(), ANN).unwrap();
    let cut = question.ann.trim_start_matches("/i/")[1..].to_owned();
    for token in [&other_key, &no_question, &cut, "x", "%00", "..%2f..%2fv1"] {
        let page = world.get(&format!("/i/{token}")).await.of(404);
        assert!(text(&page).contains("This link is unknown"), "{token}");
    }
    let mut refused = 0;
    for number in 0..400 {
        let answer = world.get(&format!("/i/guess{number}")).await;
        if answer.status == 429 {
            assert!(answer.headers.contains_key("retry-after"));
            refused += 1;
        }
    }
    assert!(refused > 0, "guesses are counted");
    assert_eq!(world.get(&question.ann).await.status, 200, "and cost nobody's own link anything");
}

#[tokio::test]
async fn the_inbox_gives_a_link_to_its_own_person_alone() {
    let world = World::new();
    let question = world.question(json!({"kind": "approval", "assignees": ["zoe@example.com", BOB]})).await;
    let path = format!("/v1/interactions/{}", question.id);
    let own = world.host.links().unwrap().link(&question.id.as_str().into(), "zoe@example.com");
    assert_eq!(world.get(&path).await.json()["link"].as_str(), own.as_deref());
    let listed = world.get("/v1/interactions").await.json();
    assert_eq!(listed["items"][0]["link"].as_str(), own.as_deref());
    let execution = world.get(&format!("/v1/executions/{}", question.execution)).await.text;
    assert!(!execution.contains("/i/"), "who reads an execution gets nobody's link");
    world.answered(&question.bob, &[("choice", "approved")]).await;
    assert_eq!(world.get(&path).await.json().get("link"), None, "it is over");
    let question = world.question(json!({"kind": "approval"})).await;
    let path = format!("/v1/interactions/{}", question.id);
    assert_eq!(world.get(&path).await.json().get("link"), None, "others are asked");
}

#[tokio::test]
async fn every_reason_is_given_at_once_that_of_a_long_comment_too() {
    let world = World::new();
    let schema = json!({"type": "object", "required": ["amount"], "properties": {"amount": {"type": "number"}}});
    let question = world.question(json!({"kind": "input", "schema": schema})).await;
    let long = "x".repeat(40_000);
    let page = text(&world.fill(&question.ann, &[("comment", &long)]).await.of(422));
    assert!(page.contains("Fill this in.") && page.contains("Comment has 40000 bytes"), "{}", &page[..2_000]);
    let text_too = world.question(json!({"kind": "approval"})).await;
    let page = text(&world.fill(&text_too.ann, &[("comment", &long)]).await.of(422));
    assert!(page.contains("Choose one of the two buttons.") && page.contains("Comment has 40000 bytes"));
}
