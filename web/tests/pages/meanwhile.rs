//! The page of a question that stays open while the question is decided somewhere else.

use crate::{
    browser::text,
    world::{ANN, BOB, World},
};
use serde_json::json;

const ME: &str = "zoe@example.com";

#[tokio::test]
async fn an_open_page_is_told_how_its_question_was_decided_in_another_place() {
    let world = World::new();
    let config = json!({"kind": "approval", "assignees": [ME, ANN, BOB], "allow_requester": true});
    let question = world.question(config).await;
    let visitor = world.visitor().await;
    let (inbox, link) = (format!("/inbox/{}", question.id), question.ann.clone());
    for page in [visitor.get(&inbox).await.of(200), world.get(&link).await.of(200)] {
        assert!(page.contains("data-asked") && page.contains("/assets/asked."), "it asks");
    }
    for path in [&inbox, &link] {
        let open = visitor.get(&format!("{path}/state")).await;
        assert_eq!((open.status, open.text.as_str()), (204, ""), "{path}");
        assert_eq!(open.headers["cache-control"], "no-store", "{path}");
    }
    let before = world.state(&question.execution).seq;
    world.answered(&question.bob, &[("choice", "approved")]).await;
    let after = world.state(&question.execution).seq;
    assert!(after > before);
    for path in [&inbox, &link] {
        let over = visitor.get(&format!("{path}/state")).await.of(200);
        let told = text(&over);
        assert!(told.contains("Decided: Approved, by bob@example.com, on 31 January 2026, 09:00 UTC."), "{told}");
        assert!(told.contains("What you have typed was not sent."), "{told}");
        assert!(!over.contains(&question.execution) && !over.contains("<main"), "it tells no more: {over}");
        // The rest of the page says the same: who has answered, and what can be asked no more.
        assert!(
            over.contains("<template data-instead=\"people\">") && told.contains("bob@example.com ✓ Approved"),
            "{over}"
        );
    }
    let over = world.get(&format!("{link}/state")).await.of(200);
    assert!(over.contains("<template data-instead=\"foot\"><p>You can close this page.</p></template>"), "{over}");
    let over = visitor.get(&format!("{inbox}/state")).await.of(200);
    assert!(
        over.contains("<template data-instead=\"reassign\"></template>") && over.contains("data-instead=\"state\""),
        "{over}"
    );
    let page = world.get(&link).await.of(410);
    assert!(text(&page).contains("Approved, by bob@example.com, on"), "{}", text(&page));
    assert_eq!(world.state(&question.execution).seq, after, "who asks decides nothing");
}

#[tokio::test]
async fn an_open_page_is_told_that_the_time_is_over_or_somebody_else_is_asked() {
    let world = World::new();
    let question = world.question(json!({"kind": "approval", "timeout_seconds": 60})).await;
    world.pass(std::time::Duration::from_secs(61));
    world.run().await;
    let told = text(&world.get(&format!("{}/state", question.ann)).await.of(200));
    assert!(told.contains("The time to answer ended before enough people had answered"), "{told}");
    let question = world.question(json!({"kind": "approval"})).await;
    let (visitor, path) = (world.visitor().await, format!("/inbox/{}", question.id));
    let sent = [("assignees", BOB), ("reason", "")];
    assert_eq!(visitor.send(&format!("{path}/reassign"), &sent).await.status, 303);
    let told = text(&world.get(&format!("{}/state", question.ann)).await.of(200));
    assert!(told.contains("this question was given to somebody else") && !told.contains(BOB), "{told}");
    assert_eq!(world.get(&format!("{}/state", question.bob)).await.status, 204, "Bob is still asked");
    // Ann has no more rights here than on the page itself, and nobody else has any.
    let ann = world.bearer("acme", ANN, &[api::Scope::Read, api::Scope::Respond]).await;
    assert!(text(&ann.get(&format!("{path}/state")).await.of(200)).contains("given to somebody else"));
    let stranger = world.bearer("other", ANN, api::Scope::ALL).await;
    assert_eq!(stranger.get(&format!("{path}/state")).await.status, 404);
    assert_eq!(world.get("/i/guessed/state").await.status, 404);
}
