//! The list of executions, what is asked of many, and jobs.

use crate::{
    browser::text,
    visitor::main,
    world::{ANN, World},
};
use serde_json::json;
use stepwell_core::execution::Status;

#[tokio::test]
async fn the_list_is_narrowed_by_what_its_form_sends() {
    let world = World::new();
    let (failed, question) = (world.failing("fetch-prices").await, world.question(json!({"kind": "approval"})).await);
    let visitor = world.visitor().await;
    let all = text(&visitor.get("/executions").await.of(200));
    assert!(all.contains("fetch-prices") && all.contains("? Waiting for people pay"), "{all}");
    for (query, shows) in [
        ("status=failed", true),
        ("status=waiting_human", false),
        ("status=failed,stuck", true),
        ("workflow=fetch-prices&time=day&status=", true),
        ("workflow=pay", false),
        ("metadata=region%3Deu", true),
        ("metadata=region%3Dus", false),
    ] {
        let page = visitor.get(&format!("/executions?{query}")).await.of(200);
        assert_eq!(main(&page).contains(&format!("executions/{failed}")), shows, "{query}");
        let rows = visitor.get(&format!("/executions/rows?{query}")).await.of(200);
        assert_eq!(rows.contains(&format!("./executions/{failed}")), shows, "{query}");
        assert!(!rows.contains("<main"));
    }
    assert_eq!(visitor.get("/executions?status=asleep").await.status, 422);
    // The whole id leads to the execution, its beginning to the rows that have it.
    let exact = visitor.get(&format!("/executions?id={}", question.execution)).await;
    assert_eq!((exact.status, exact.location()), (303, format!("./executions/{}", question.execution).as_str()));
    let begun = visitor.get(&format!("/executions?id={}", &failed[..failed.len() - 1])).await.of(200);
    assert!(main(&begun).contains(&format!("executions/{failed}")));
    assert!(text(&visitor.get("/executions?id=zzz").await.of(200)).contains("No execution of this list has an id"));
    world.pass(std::time::Duration::from_secs(2 * 86_400));
    assert!(text(&visitor.get("/executions?time=day").await.of(200)).contains("No execution is like this"));
}

#[tokio::test]
async fn pages_of_the_list_lead_to_older_ones_and_back() {
    let world = World::new();
    for number in 0..60 {
        world.failing(&format!("w{number}")).await;
    }
    let visitor = world.visitor().await;
    let first = visitor.get("/executions").await.of(200);
    let older = crate::browser::addresses(&first).into_iter().find(|address| address.contains("cursor=")).unwrap();
    let older = visitor.get(older.trim_start_matches('.')).await.of(200);
    assert!(first.contains("workflow=w59\"") && !first.contains("workflow=w5\""), "newest first");
    assert!(older.contains("workflow=w5\"") && !older.contains("workflow=w59\""));
    assert!(text(&older).contains("Newest") && !older.contains("rel=\"next\""));
    assert!(first.len() < 100_000, "{} bytes", first.len());
}

#[tokio::test]
async fn what_is_chosen_is_asked_and_what_refuses_says_why() {
    let world = World::new();
    let (one, other) = (world.question(json!({"kind": "approval"})).await, world.failing("fetch").await);
    let visitor = world.visitor().await;
    let chosen = [("execution", one.execution.as_str()), ("action", "cancel"), ("back", "?workflow=pay")];
    assert_eq!(visitor.forge("/executions/many", &chosen).await.status, 403);
    assert_eq!(world.state(&one.execution).status(), Status::WaitingHuman);
    let done = visitor.send("/executions/many", &chosen).await;
    assert_eq!((done.status, done.location()), (303, "../executions?workflow=pay&did=cancel&many=1"));
    assert_eq!(world.state(&one.execution).status(), Status::Cancelled);
    let told = text(&visitor.get("/executions?workflow=pay&did=cancel&many=1").await.of(200));
    assert!(told.contains("Cancel: asked of 1 execution."), "{told}");
    // One of two refuses: the page says which, and why.
    let both = [("execution", one.execution.as_str()), ("execution", &other), ("action", "resume")];
    let refused = visitor.send("/executions/many", &both).await.of(409);
    assert!(text(&refused).contains("2 of 2 executions refused") && refused.contains(&other), "{}", text(&refused));
    // The script of the list asks some at a time: the rows of those that refused are all that it is told.
    let some = [("execution", one.execution.as_str()), ("action", "resume"), ("part", "yes")];
    let rows = visitor.send("/executions/many", &some).await.of(200);
    assert!(rows.starts_with("<table><tbody><tr>") && rows.contains(&one.execution), "{rows}");
    assert!(rows.contains(&format!("href=\"executions/{}\"", one.execution)), "seen from the list: {rows}");
    for (pairs, status) in
        [(vec![("action", "cancel")], 422), (vec![("execution", other.as_str()), ("action", "delete")], 422)]
    {
        assert_eq!(visitor.send("/executions/many", &pairs).await.status, status);
    }
}

#[tokio::test]
async fn a_job_over_all_is_shown_before_it_is_made_and_then_its_progress() {
    let world = World::new();
    let (one, other) = (world.failing("fetch").await, world.question(json!({"kind": "approval"})).await);
    let visitor = world.visitor().await;
    let confirm = visitor.get("/executions/bulk/confirm?status=failed&action=retry").await.of(200);
    let shown = text(&confirm);
    assert!(shown.contains("1 execution would be asked: 1 failed.") && confirm.contains(&one), "{shown}");
    assert!(!confirm.contains(&other.execution));
    assert_eq!(world.state(&one).status(), Status::Failed, "nothing was done");
    let made =
        visitor.send("/executions/bulk", &[("action", "retry"), ("status", "failed"), ("reason", "once more")]).await;
    assert_eq!(made.status, 303, "{}", text(&made.text));
    let job = made.location().trim_start_matches("..").to_owned();
    let page = text(&visitor.get(&job).await.of(200));
    assert!(page.contains("✓ Done") && page.contains("Did it 1") && page.contains("once more"), "{page}");
    assert!(visitor.get(&format!("{job}/state")).await.of(200).contains("data-over"));
    let listed = text(&visitor.get("/operations").await.of(200));
    assert!(listed.contains("Retry 1 execution"), "{listed}");
    let empty = visitor.get("/executions/bulk/confirm?action=retry").await;
    assert_eq!(empty.status, 422, "a job over everything is refused");
    assert!(
        text(&visitor.get("/executions/bulk/confirm?status=paused&action=resume").await.of(200)).contains("None of")
    );
}

#[tokio::test]
async fn whoever_may_only_read_sees_no_control_and_others_see_nothing() {
    let world = World::new();
    let failed = world.failing("fetch").await;
    let reader = world.bearer("acme", ANN, &[api::Scope::Read]).await;
    let page = reader.get("/executions?status=failed").await.of(200);
    assert!(page.contains(&failed) && !page.contains("type=\"checkbox\"") && !page.contains("bulk/confirm"));
    let refused = reader.send("/executions/many", &[("execution", &failed), ("action", "retry")]).await;
    assert_eq!(refused.status, 409);
    assert_eq!(world.state(&failed).status(), Status::Failed);
    let answerer = world.bearer("acme", "bob@example.com", &[api::Scope::Respond]).await;
    assert_eq!(answerer.get("/executions").await.status, 403);
    let stranger = world.bearer("other", ANN, api::Scope::ALL).await;
    let page = stranger.get("/executions").await.of(200);
    assert!(!page.contains(&failed) && text(&page).contains("Nothing has run yet"));
    let found = stranger.get(&format!("/executions?id={failed}")).await.of(200);
    assert!(!found.contains(&format!("executions/{failed}")));
}
