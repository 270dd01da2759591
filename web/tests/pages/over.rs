//! Links that lead to no open question: each says why.

use crate::{
    browser::{encoded, filled, text, with},
    world::{ANN, World},
};
use axum::{body::Body, http::Request};
use engine::port::Host;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn a_decided_question_says_what_was_decided_by_whom_and_when() {
    let world = World::new();
    let question = world.question(json!({"kind": "approval"})).await;
    let late = filled(&world.get(&question.ann).await.of(200));
    world.answered(&question.bob, &[("choice", "rejected"), ("comment", "too much")]).await;
    let sent = with(&late, &[("choice", "approved")]);
    for page in [world.get(&question.ann).await.of(410), world.form(&question.ann, &sent).await.of(410)] {
        let shown = text(&page);
        for part in
            ["This question is decided", "Rejected, by bob@example.com, on 31 January 2026, 09:00 UTC", "too much"]
        {
            assert!(shown.contains(part), "{part} is not in: {shown}");
        }
        assert!(!page.contains("<form"));
    }
    assert_eq!(world.state(&question.execution).interactions.len(), 1);
    assert_eq!(world.output(&question).await["decision"], "rejected");
}

#[tokio::test]
async fn a_question_whose_time_is_over_says_so() {
    let world = World::new();
    let question =
        world.question(json!({"kind": "approval", "timeout_seconds": 60, "timeout_action": "auto_reject"})).await;
    world.pass(Duration::from_secs(61));
    world.run().await;
    let shown = text(&world.get(&question.ann).await.of(410));
    assert!(shown.contains("The time to answer is over") && shown.contains("No answer"), "{shown}");
}

#[tokio::test]
async fn a_question_that_its_deadline_decided_says_what_it_decided() {
    let options = json!([{"id": "left", "label": "To the left"}]);
    for (config, said) in [
        (json!({"kind": "approval", "timeout_action": "auto_approve"}), "so the deadline decided: Approved."),
        (json!({"kind": "approval", "timeout_action": "auto_reject"}), "so the deadline decided: Rejected."),
        (
            json!({"kind": "decision", "options": options, "timeout_action": "auto_approve"}),
            "so the deadline decided: To the left.",
        ),
        (json!({"kind": "ask", "timeout_action": "auto_approve"}), "so the workflow went on without."),
    ] {
        let world = World::new();
        let mut config = config;
        config["timeout_seconds"] = json!(60);
        let question = world.question(config).await;
        world.pass(Duration::from_secs(61));
        world.run().await;
        let shown = text(&world.get(&question.ann).await.of(410));
        assert!(
            shown.contains("Not enough people had answered by 31 January 2026, 09:01 UTC, ") && shown.contains(said),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn a_link_without_its_token_is_an_unknown_one() {
    let world = World::new();
    assert!(world.get("/i/").await.of(404).contains("This link is unknown"));
}

#[tokio::test]
async fn a_question_that_is_not_needed_any_more_says_so() {
    let world = World::new();
    let question = world.question(json!({"kind": "approval"})).await;
    let cancelled = world.ask("POST", &format!("/v1/executions/{}/cancel", question.execution), &json!({})).await;
    assert!(cancelled.status < 300, "{}", cancelled.text);
    world.run().await;
    let shown = text(&world.get(&question.ann).await.of(410));
    assert!(shown.contains("This question was withdrawn"), "{shown}");
}

#[tokio::test]
async fn somebody_who_is_not_asked_any_more_learns_that_and_nothing_else() {
    let world = World::new();
    let question = world.question(json!({"kind": "approval", "question": "A secret?"})).await;
    let token = world.host.links().unwrap().token(&question.id.as_str().into(), "carol@example.com").unwrap();
    for path in [format!("/i/{token}"), format!("/i/{token}/answer")] {
        let shown = text(&world.get(&path).await.of(410));
        assert!(shown.contains("You are not asked any more"), "{shown}");
        assert!(!shown.contains("secret") && !shown.contains(ANN), "{shown}");
    }
    let form_token = world.host.links().unwrap().form_token(&token);
    let pairs = [("form_token".to_owned(), form_token), ("choice".to_owned(), "approved".to_owned())];
    world.form(&format!("/i/{token}"), &pairs).await.of(410);
    assert!(world.state(&question.execution).open_interactions().next().unwrap().responses.is_empty());
}

#[tokio::test]
async fn a_form_that_did_not_come_from_the_page_is_not_taken() {
    let world = World::new();
    let question = world.question(json!({"kind": "approval"})).await;
    let before = world.state(&question.execution).seq;
    let own = with(&filled(&world.get(&question.ann).await.of(200)), &[("choice", "approved")]);
    let of_bob = filled(&world.get(&question.bob).await.of(200));
    let of_bob = of_bob.iter().find(|(name, _)| name == "form_token").unwrap().1.as_str();
    for token in ["", "x", of_bob] {
        let page = world.form(&question.ann, &with(&own, &[("form_token", token)])).await.of(403);
        assert!(text(&page).contains("Your answer was not taken"));
    }
    let without: Vec<_> = own.iter().filter(|(name, _)| name != "form_token").cloned().collect();
    world.form(&question.ann, &without).await.of(403);
    for kind in ["application/json", "text/plain", "multipart/form-data; boundary=x", ""] {
        let request = Request::post(&question.ann).header("content-type", kind).body(Body::from(encoded(&own)));
        world.send(request.unwrap()).await.of(415);
    }
    let long = "x".repeat(web::limits::FORM_BYTES);
    let page = world.form(&question.ann, &with(&own, &[("comment", &long)])).await.of(413);
    assert!(text(&page).contains("Your answer is too long"));
    assert_eq!(world.state(&question.execution).seq, before);
}
