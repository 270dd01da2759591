//! Votes by links: one each, changed while the question is open, counted once.

use crate::{
    browser::{filled, text, with},
    world::{ANN, BOB, World},
};
use engine::port::{Group, Host};
use serde_json::json;

#[tokio::test]
async fn a_vote_is_confirmed_changed_and_completed() {
    let world = World::new();
    let question = world.question(json!({"kind": "approval", "approval_threshold": 2, "rejection_threshold": 2})).await;
    let page = world.answered(&question.ann, &[("choice", "rejected"), ("comment", "hm")]).await;
    let shown = text(&page);
    for part in [
        "Your answer is recorded",
        "The question is still open: 2 more approvals or 1 more rejection decides it.",
        "✕ Rejected",
        "hm",
        "Change your answer",
    ] {
        assert!(shown.contains(part), "{part} is not in: {shown}");
    }
    let again = world.get(&question.ann).await.of(200);
    assert!(text(&again).contains("You answered rejected just now") && again.contains(">\nhm</textarea>"), "{again}");
    world.answered(&question.ann, &[("choice", "approved"), ("comment", "")]).await;
    let page = world.answered(&question.bob, &[("choice", "approved")]).await;
    assert!(text(&page).contains("The question is decided: approved. Nothing more is needed from you."), "{page}");
    let output = world.output(&question).await;
    let votes: Vec<_> =
        output["responses"].as_array().unwrap().iter().filter_map(|vote| vote["decision"].as_str()).collect();
    assert_eq!((output["decision"].as_str(), votes), (Some("approved"), vec!["rejected", "approved", "approved"]));
    assert!(output["responses"].as_array().unwrap().iter().all(|vote| vote["via"] == "link"));
    let over = text(&world.get(&question.ann).await.of(410));
    assert!(over.contains("Approved, by you and bob@example.com, on"), "who decided it together: {over}");
    // A reload of what was recorded is a page like any other, and the link itself is over.
    assert_eq!(world.get(&format!("{}/answer", question.bob)).await.status, 200);
    assert_eq!(world.get(&question.bob).await.status, 410);
}

#[tokio::test]
async fn two_clicks_are_one_answer() {
    let world = World::new();
    let question = world.question(json!({"kind": "approval", "approval_threshold": 2})).await;
    let sent = with(&filled(&world.get(&question.ann).await.of(200)), &[("choice", "approved")]);
    for _ in 0..3 {
        world.form(&question.ann, &sent).await.of(303);
    }
    let state = world.state(&question.execution);
    assert_eq!(state.open_interactions().next().unwrap().responses.len(), 1);
    // The same answer given anew from a new page is one more.
    world.answered(&question.ann, &[("choice", "approved")]).await;
    assert_eq!(world.state(&question.execution).open_interactions().next().unwrap().responses.len(), 2);
    let question = world.question(json!({"kind": "approval"})).await;
    let sent = with(&filled(&world.get(&question.ann).await.of(200)), &[("choice", "approved")]);
    for _ in 0..2 {
        world.form(&question.ann, &sent).await.of(303);
    }
}

#[tokio::test]
async fn whoever_started_it_may_read_and_not_decide() {
    let world = World::new();
    let asked = json!({"kind": "approval", "assignees": ["zoe@example.com", ANN], "allow_requester": false});
    let question = world.question(asked).await;
    let links = engine::port::Host::links(&*world.host).unwrap();
    let path = format!("/i/{}", links.token(&question.id.as_str().into(), "zoe@example.com").unwrap());
    let page = world.get(&path).await.of(200);
    assert!(text(&page).contains("somebody else has to decide it") && !page.contains("<form"));
    let pairs = [
        ("form_token".to_owned(), links.form_token(path.trim_start_matches("/i/"))),
        ("choice".to_owned(), "approved".to_owned()),
    ];
    world.form(&path, &pairs).await.of(403);
    assert!(world.state(&question.execution).open_interactions().next().unwrap().responses.is_empty());
}

#[tokio::test]
async fn nobody_has_answered_who_has_not() {
    let world = World::new();
    let question = world.question(json!({"kind": "approval"})).await;
    let answer = world.get(&format!("{}/answer", question.ann)).await;
    assert_eq!(
        (answer.status, format!("/i/{}", answer.headers["location"].to_str().unwrap().trim_start_matches("../"))),
        (303, question.ann)
    );
}

#[tokio::test]
async fn whoever_comes_by_a_link_is_told_the_group_and_not_who_is_in_it() {
    let world = World::new();
    let members = [ANN, BOB, "eve@example.com"].map(str::to_owned).to_vec();
    world.host.groups().set_group("acme", Group { name: "finance".into(), members }).await.unwrap();
    let asked = json!({"kind": "approval", "assignees": ["group:finance"], "approval_threshold": 2});
    let question = world.question(asked).await;
    let shown = text(&world.get(&question.ann).await.of(200));
    for part in ["group:finance", "Any of its members", &format!("{ANN} (you)"), "0 of 2 approvals so far"] {
        assert!(shown.contains(part), "{part} is not in: {shown}");
    }
    assert!(!shown.contains(BOB) && !shown.contains("eve@"), "{shown}");
    // Whoever has answered is told to all who are asked.
    world.answered(&question.bob, &[("choice", "approved")]).await;
    let shown = text(&world.get(&question.ann).await.of(200));
    assert!(shown.contains(BOB) && !shown.contains("eve@"), "{shown}");
    // Whoever is signed in may read the owner's groups, and so sees them here.
    let shown = text(&world.get(&format!("/inbox/{}", question.id)).await.of(200));
    assert!(shown.contains("eve@example.com"), "{shown}");
}
