//! What is refused is said where it was asked for, with what may be done instead, and nothing that was typed is lost.

use crate::{
    browser::{attribute, filled, text, with},
    execution::booking,
    world::{ANN, BOB, World},
};
use engine::{
    bulk::begin::{JobRequest, begin},
    port::{Action, ExecutionFilter},
};
use serde_json::json;
use std::time::Duration;

/// That a page says what was refused below one thing and above another.
#[track_caller]
fn stands_between(page: &str, above: &str, below: &str) {
    let at = |what: &str| page.find(what).unwrap_or_else(|| panic!("no {what}: {}", text(page)));
    let said = at("This was not done");
    assert!(at(above) < said && said < page.rfind(below).unwrap(), "{}", text(page));
    assert_eq!(page.matches("This was not done").count(), 1);
}

/// Sends the form of a page that was loaded before.
async fn late(
    world: &World,
    path: &str,
    page: &crate::world::Answer,
    changed: &[(&str, &str)],
) -> crate::world::Answer {
    let pairs = with(&filled(&page.text), changed);
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    world.form_as(path, &page.cookie().unwrap(), &pairs).await
}

#[tokio::test]
async fn what_is_asked_of_an_execution_that_is_rolled_back_is_refused_beside_the_button() {
    let world = World::new();
    let id = world.start(&booking(), &json!({})).await;
    let base = format!("/executions/{id}");
    let paths = ["rollback?to=2", "patch", "backtrack?node=reserve"].map(|act| format!("{base}/{act}"));
    let mut pages = Vec::new();
    for path in &paths {
        pages.push(world.get(path).await);
    }
    // Somebody else is first, and the host has not begun with it: nobody waits for that here.
    let asked = json!({"checkpoint_id": "1"});
    let address = format!("/v1{base}/rollback");
    let asked = world.ask("POST", &address, &asked);
    let _ = tokio::time::timeout(Duration::from_millis(50), asked).await;
    assert_eq!(world.state(&id).status().as_str(), "rolling_back");

    let mut sent = filled(&pages[0].text);
    sent.retain(|(name, _)| name != "compensate");
    let cookie = pages[0].cookie().unwrap();
    let sent = with(&sent, &[("reason", "the other seat & more")]);
    let sent: Vec<(&str, &str)> = sent.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let page = world.form_as(&paths[0], &cookie, &sent).await.of(409);
    stands_between(&page, "name=\"reason\"", "Another checkpoint");
    assert_eq!(attribute(&page, "reason", "value").as_deref(), Some("the other seat & more"));
    assert_eq!(attribute(&page, "compensate", "checked"), None, "what was not ticked stays so");
    let told = text(&page);
    assert!(
        told.contains("By now: Rolling back to checkpoint 1") && told.contains("What you can do instead"),
        "{told}"
    );
    assert!(page.contains(&format!("/executions/{id}/cancel\"")), "it leads to what can be done");

    let document = filled(&pages[1].text).into_iter().find(|(name, _)| name == "document").unwrap().1;
    let document = document.replace("\"paid\"", "\"settled\"");
    let changed = [("document", document.as_str()), ("description", "as agreed"), ("act", "confirm")];
    let page = late(&world, &paths[1], &pages[1], &changed).await.of(409);
    stands_between(&page, "name=\"description\"", "Check only");
    assert_eq!(attribute(&page, "description", "value").as_deref(), Some("as agreed"));
    assert!(filled(&page).iter().any(|(name, value)| name == "document" && value.contains("settled")));

    let changed = [("input", "{\"seat\": \"1B\"}"), ("act", "confirm")];
    let page = late(&world, &paths[2], &pages[2], &changed).await.of(409);
    stands_between(&page, "name=\"input\"", "Go back and run it again");
    assert!(filled(&page).iter().any(|(_, value)| value.contains("1B")));
}

#[tokio::test]
async fn a_control_that_comes_too_late_says_so_beside_its_button() {
    let world = World::new();
    let id = world.start(&booking(), &json!({})).await;
    let path = format!("/executions/{id}/pause");
    let page = world.get(&path).await;
    world.click(&format!("/executions/{id}/cancel"), &[]).await;
    world.run().await;
    let refused = late(&world, &path, &page, &[("reason", "lunch")]).await.of(409);
    assert!(!refused.contains("name=\"reason\"") && text(&refused).contains("lunch"), "{}", text(&refused));
    assert!(text(&refused).contains("What you can do instead: Retry, "), "{}", text(&refused));
    // What is wrong with what was typed is corrected here, and says nothing of the execution.
    let path = format!("/executions/{id}/fork?to=2");
    let wrong = world.click(&path, &[("input", "{\"who\": "), ("act", "confirm")]).await.of(422);
    stands_between(&wrong, "name=\"document\"", "Another checkpoint");
    assert!(!text(&wrong).contains("By now:"), "{}", text(&wrong));
}

#[tokio::test]
async fn what_somebody_else_unstuck_leaves_what_was_typed_to_be_read() {
    let world = World::new();
    let mut document = booking();
    document["nodes"][1]["compensate"]["config"]["set"]["freed"] = json!("{{ output.seat.of.nobody }}");
    let id = world.start(&document, &json!({})).await;
    world.click(&format!("/executions/{id}/rollback?to=1"), &[]).await;
    world.run().await;
    let path = format!("/executions/{id}/unstick");
    let page = world.get(&path).await;
    world.click(&path, &[("action", "skip")]).await;
    world.run().await;
    let refused = late(&world, &path, &page, &[("action", "retry"), ("reason", "freed by hand")]).await.of(409);
    let told = text(&refused);
    assert!(told.contains("freed by hand") && told.contains("This was not done"), "{told}");
}

#[tokio::test]
async fn a_job_too_many_keeps_its_reason_and_the_end_of_one_that_has_ended_is_refused_on_its_page() {
    let world = World::new();
    world.failing("fetch").await;
    let visitor = world.visitor().await;
    let asked = [("action", "retry"), ("status", "failed"), ("reason", "the prices are back")];
    let made = visitor.send("/executions/bulk", &asked).await;
    let job = made.location().trim_start_matches("..").to_owned();
    let ended = visitor.send(&format!("{job}/cancel"), &[]).await.of(409);
    assert!(text(&ended).contains("This was not done") && text(&ended).contains("Retried 1"), "{}", text(&ended));
    assert!(!ended.contains("data-rows"), "what was refused stays to be read");
    world.failing("fetch").await;
    world.question(json!({"kind": "approval"})).await;
    // Nobody goes on with them here.
    for _ in 0..engine::limits::JOBS_RUNNING {
        let filter = ExecutionFilter { owner: "acme".into(), ..ExecutionFilter::default() };
        let request = JobRequest { action: Action::Cancel, filter, reason: None, by: ANN.into(), idempotency: None };
        begin(&*world.host, request).await.unwrap();
    }
    let refused = visitor.send("/executions/bulk", &asked).await.of(409);
    stands_between(&refused, "name=\"reason\"", "Back to the list");
    assert_eq!(attribute(&refused, "reason", "value").as_deref(), Some("the prices are back"));
    assert!(text(&refused).contains("10 jobs are running: wait until one ends, or cancel one"), "{}", text(&refused));
}

#[tokio::test]
async fn others_who_cannot_be_asked_are_told_beside_their_field() {
    let world = World::new();
    let question = world.question(json!({"kind": "approval", "assignees": [ANN, BOB]})).await;
    let visitor = world.visitor().await;
    let path = format!("/inbox/{}/reassign", question.id);
    let refused = visitor.send(&path, &[("assignees", "group:"), ("reason", "on leave")]).await.of(422);
    stands_between(&refused, "group:</textarea>", "Ask them instead");
    assert_eq!(attribute(&refused, "reason", "value").as_deref(), Some("on leave"));
    assert!(refused.contains("<details class=\"panel\" data-part=\"reassign\" open>"), "the form is in sight");
    // The page lies one folder lower than the question's own, and the answer still goes to the question.
    assert!(refused.contains(&format!("action=\"../../inbox/{}\"", question.id)), "{refused}");
    assert!(!refused.contains("data-rows") && !refused.contains("/assets/asked."));
}

#[tokio::test]
async fn a_token_or_a_workflow_that_is_gone_is_told_on_the_page_that_asked() {
    let world = World::new();
    let visitor = world.visitor().await;
    let gone = visitor.send("/operations/tokens/none/revoke", &[]).await;
    let page = gone.text.clone();
    assert!(gone.status == 404 && page.contains("This was not done"), "{} {}", gone.status, text(&page));
}
