//! The pages of saved workflows.

use crate::{
    browser::*,
    local_user::{LocalUser, sent_on, sign_in},
};
use serde_json::{Value, json};

/// A workflow whose input has a schema.
fn order() -> Value {
    json!({"id": "order", "name": "Order <b>", "description": "Takes \"orders\".",
        "input_schema": {"type": "object", "required": ["item", "count"], "properties": {
            "item": {"type": "string", "title": "Item", "minLength": 2}, "count": {"type": "integer", "minimum": 1},
            "notes": {"type": "array", "items": {"type": "string"}}}},
        "nodes": [{"id": "start", "type": "manual_trigger"}, {"id": "end", "name": "The end", "type": "succeed"}],
        "edges": [{"from": "start", "to": "end"}]})
}

#[tokio::test]
async fn an_empty_list_says_what_to_do() {
    let world = LocalUser::new();
    let page = world.get("/workflows").await.of(200);
    assert!(text(&page).contains("No workflow is saved yet."), "{}", text(&page));
    assert!(addresses(&page).contains(&"./new".to_owned()));
}

#[tokio::test]
async fn a_workflow_is_listed_started_by_its_form_and_counted() {
    let world = LocalUser::new();
    world.save(&order()).await;
    let page = world.get("/workflows").await.of(200);
    assert!(text(&page).contains("Order <b>") && !page.contains("Order <b>"), "{page}");
    assert!(text(&page).contains("none lately"));
    let sent = world.fill("/workflows/order/start", &[("input.item", "tea"), ("input.count", "2")]).await;
    let execution = sent_on(&sent);
    assert!(execution.starts_with("/executions/"), "{execution}");
    let state = world.get(&format!("/v1{execution}")).await.json();
    assert_eq!(state["input"], json!({"item": "tea", "count": 2}));
    world.run().await;
    world.pass(std::time::Duration::from_secs(10));
    let page = world.get("/workflows").await.of(200);
    assert!(text(&page).contains("100 % of 1"), "{}", text(&page));
    assert!(text(&page).contains("A median time is of the executions that completed."), "{}", text(&page));
    let page = world.get("/workflows/order").await.of(200);
    let shown = text(&page);
    for part in
        ["Order <b>", "version 1", "Takes \"orders\".", "The end", "Completed", "Latest executions", "Median time"]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!page.contains("<b>") && !page.contains("style="), "{page}");
}

#[tokio::test]
async fn failures_have_a_sign_and_a_word_and_times_say_of_what_they_are() {
    let world = LocalUser::new();
    let failing = json!({"id": "failing", "nodes": [{"id": "start", "type": "manual_trigger"},
        {"id": "which", "type": "branch", "config": {"rules": [{"when": "input.fails", "port": "no"}], "default": "yes"}},
        {"id": "fails", "type": "fail", "config": {"message": "no money"}}, {"id": "ends", "type": "succeed"}],
        "edges": [{"from": "start", "to": "which"}, {"from": "which", "to": "fails", "port": "no"},
            {"from": "which", "to": "ends", "port": "yes"}]});
    world.save(&failing).await;
    for fails in [true, false] {
        world.ask("POST", "/v1/workflows/failing/executions", &json!({"input": {"fails": fails}})).await;
        world.run().await;
    }
    for path in ["/workflows", "/workflows/failing"] {
        let page = text(&world.get(path).await.of(200));
        assert!(page.contains("50 % of 2, ✕ 1 failed"), "{path}: {page}");
    }
    let page = text(&world.get("/workflows/failing").await.of(200));
    for part in
        ["0 ms of the 1 completed", "Below a node's name: its median time", "The first part of a bar is the median"]
    {
        assert!(page.contains(part), "{part} is not in: {page}");
    }
}

/// A workflow with a loop of so many steps, and a map.
fn with_bodies(steps: usize) -> Value {
    let map = json!({"items": "[1]", "body": {"nodes": [{"id": "in", "name": "Trim it", "type": "transform", "config": {"set": {"a": 1}}}], "edges": []}});
    let mut nodes = vec![
        json!({"id": "start", "type": "manual_trigger"}),
        json!({"id": "each", "name": "Each <row>", "type": "loop", "config": {"for_each": "[1, 2]"}}),
        json!({"id": "all", "name": "All rows", "type": "map", "config": map}),
    ];
    let mut edges = vec![
        json!({"from": "start", "to": "each"}),
        json!({"from": "each", "to": "all", "port": "done"}),
        json!({"from": "each", "to": "step0", "port": "loop"}),
    ];
    for step in 0..steps {
        nodes.push(json!({"id": format!("step{step}"), "type": "transform", "config": {"set": {"a": 1}}}));
        let next = if step + 1 == steps { "each".to_owned() } else { format!("step{}", step + 1) };
        edges.push(json!({"from": format!("step{step}"), "to": next}));
    }
    json!({"id": "bodies", "nodes": nodes, "edges": edges})
}

#[tokio::test]
async fn bodies_of_loops_and_maps_fold() {
    let world = LocalUser::new();
    world.save(&with_bodies(2)).await;
    let page = world.get("/workflows/bodies").await.of(200);
    assert!(text(&page).contains("Fold Each <row>") && text(&page).contains("What All rows runs for each item"));
    assert!(text(&page).contains("Trim it") && page.matches("data-node=").count() == 5, "{page}");
    let fold = addresses(&page).into_iter().find(|to| to.contains("fold=each")).unwrap();
    assert_eq!(fold, "../workflows/bodies?fold=each#picture");
    let page = world.get("/workflows/bodies?version=1&fold=each").await.of(200);
    assert!(text(&page).contains("Open Each <row>") && page.matches("data-node=").count() == 3, "{page}");
    assert!(addresses(&page).contains(&"../workflows/bodies?version=1#picture".to_owned()), "{:?}", addresses(&page));
    // A large workflow is folded until somebody opens it.
    world.save(&with_bodies(60)).await;
    let page = world.get("/workflows/bodies").await.of(200);
    assert!(text(&page).contains("Open Each <row>") && page.matches("data-node=").count() == 3);
}

#[tokio::test]
async fn a_form_that_is_sent_twice_starts_once() {
    let world = LocalUser::new();
    world.save(&order()).await;
    let page = world.get("/workflows/order/start").await.of(200);
    let pairs = with(&filled(&page), &[("input.item", "tea"), ("input.count", "2")]);
    let one = world.form("/workflows/order/start", &pairs).await;
    let other = world.form("/workflows/order/start", &pairs).await;
    assert_eq!(sent_on(&one), sent_on(&other));
    let again = world.fill("/workflows/order/start", &[("input.item", "tea"), ("input.count", "2")]).await;
    assert_ne!(sent_on(&one), sent_on(&again), "another page is another start");
}

#[tokio::test]
async fn what_is_wrong_stands_beside_its_field_and_what_was_typed_stays() {
    let world = LocalUser::new();
    world.save(&order()).await;
    let sent =
        world.fill("/workflows/order/start", &[("input.item", "x"), ("input.count", ""), ("metadata", "[1]")]).await;
    let page = sent.of(422);
    assert!(text(&page).contains("Count: fill this in."), "{}", text(&page));
    assert!(text(&page).contains("Metadata: write an object"), "{}", text(&page));
    assert_eq!(attribute(&page, "input.item", "value").as_deref(), Some("x"));
    let page = world.fill("/workflows/order/start", &[("input.item", "x"), ("input.count", "1")]).await.of(422);
    assert_eq!(attribute(&page, "input.item", "aria-invalid").as_deref(), Some("true"), "{}", text(&page));
    let page = world.fill("/workflows/order/start", &[("add", "input.notes")]).await.of(200);
    assert!(page.contains("input.notes.1"), "a row more");
    assert_eq!(world.get("/v1/executions").await.json()["items"], json!([]), "nothing was started");
}

#[tokio::test]
async fn without_a_schema_the_input_is_json() {
    let world = LocalUser::new();
    let mut document = order();
    document.as_object_mut().unwrap().remove("input_schema");
    world.save(&document).await;
    let sent =
        world.fill("/workflows/order/start", &[("input", "[1, {\"a\": 2}]"), ("metadata", "{\"k\": \"v\"}")]).await;
    let state = world.get(&format!("/v1{}", sent_on(&sent))).await.json();
    assert_eq!((&state["input"], &state["metadata"]), (&json!([1, {"a": 2}]), &json!({"k": "v"})));
    let sent = world.fill("/workflows/order/start", &[("input", "")]).await;
    let state = world.get(&format!("/v1{}", sent_on(&sent))).await.json();
    assert_eq!(state["input"], json!({}));
    let page = world.fill("/workflows/order/start", &[("input", "{")]).await.of(422);
    assert!(text(&page).contains("Please correct this"), "{}", text(&page));
}

#[tokio::test]
async fn versions_are_listed_compared_and_started() {
    let world = LocalUser::new();
    world.save(&order()).await;
    let mut second = order();
    second["nodes"][1]["name"] = "The very end".into();
    world.save(&second).await;
    let page = world.get("/workflows/order").await.of(200);
    assert!(text(&page).contains("version 2") && page.contains("difference?from=1&amp;to=2"), "{page}");
    let page = world.get("/workflows/order/difference?from=1&to=2").await.of(200);
    let shown = text(&page);
    assert!(shown.contains("removed") && shown.contains("added") && shown.contains("The very end"), "{shown}");
    let same = world.get("/workflows/order/difference?from=2&to=2").await.of(200);
    assert!(text(&same).contains("The two versions are the same."));
    let page = world.get("/workflows/order?version=1").await.of(200);
    assert!(
        text(&page).contains("This is an older version.") && text(&page).contains("Start version 1"),
        "{}",
        text(&page)
    );
    let pairs = with(&filled(&page), &[("input.item", "tea"), ("input.count", "2")]);
    let pairs: Vec<_> = pairs.into_iter().filter(|(name, _)| !["from", "to"].contains(&name.as_str())).collect();
    let sent = world.form("/workflows/order/start", &pairs).await;
    let state = world.get(&format!("/v1{}", sent_on(&sent))).await.json();
    assert_eq!(state["workflow_version"], 1);
    world.get("/workflows/order?version=9").await.of(404);
    world.get("/workflows/order?what=9").await.of(422);
}

#[tokio::test]
async fn a_deletion_is_confirmed_first() {
    let world = LocalUser::new();
    world.save(&order()).await;
    let page = world.get("/workflows/order/delete").await.of(200);
    assert!(text(&page).contains("Delete Order <b>? Nothing will start it any more"), "{}", text(&page));
    world.get("/workflows/order").await.of(200);
    let sent = world.form("/workflows/order/delete", &[]).await;
    assert_eq!(sent.status, 403, "a form without its token");
    let sent = world.form("/workflows/order/delete", &filled(&page)).await;
    assert_eq!(sent_on(&sent), "/workflows");
    world.get("/workflows/order").await.of(404);
    let page = world.get("/workflows/order?version=1").await.of(200);
    assert!(text(&page).contains("This workflow was deleted") && !page.contains("/edit"), "{}", text(&page));
}

#[tokio::test]
async fn pages_offer_what_the_visitor_may_do_and_refuse_the_rest() {
    let world = LocalUser::new();
    world.save(&order()).await;
    let start = filled(&world.get("/workflows/order/start").await.of(200));
    sign_in(&world, "acme", &[api::Scope::Read]).await;
    let page = world.get("/workflows/order").await.of(200);
    assert!(!text(&page).contains("Start it") && !page.contains("/edit\"") && !page.contains("/delete\""), "{page}");
    let page = world.get("/workflows/order/edit").await.of(200);
    assert!(page.contains("value=\"check\"") && !page.contains("value=\"run\"") && !page.contains("value=\"save\""));
    let own = filled(&page);
    for wish in ["run", "save"] {
        let refused = world.form("/workflows/order/edit", &with(&own, &[("do", wish)])).await;
        assert_eq!(refused.status, 403, "{wish}: {}", text(&refused.text));
    }
    let token: Vec<_> = own.iter().filter(|(name, _)| name == "form_token").cloned().collect();
    for (path, pairs) in [
        (
            "/workflows/order/start",
            with(&start, &[("form_token", &token[0].1), ("input.item", "tea"), ("input.count", "1")]),
        ),
        ("/workflows/order/delete", token.clone()),
    ] {
        assert_eq!(world.form(path, &pairs).await.status, 403, "{path}");
    }
    for path in ["/workflows/order/start", "/workflows/order/delete"] {
        world.get(path).await.of(403);
    }
}

#[tokio::test]
async fn workflows_of_another_owner_do_not_exist() {
    let world = LocalUser::new();
    world.save(&order()).await;
    sign_in(&world, "other", api::Scope::ALL).await;
    let page = world.get("/workflows").await.of(200);
    assert!(text(&page).contains("No workflow is saved yet."), "{}", text(&page));
    for path in ["", "?version=1", "/difference?from=1&to=1", "/start", "/delete", "/edit"] {
        world.get(&format!("/workflows/order{path}")).await.of(404);
    }
    let token: Vec<_> = filled(&page).into_iter().filter(|(name, _)| name == "form_token").collect();
    for path in ["start", "delete"] {
        world.form(&format!("/workflows/order/{path}"), &token).await.of(404);
    }
}
