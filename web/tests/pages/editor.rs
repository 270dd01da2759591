//! The editor of documents.

use crate::{
    browser::*,
    local_user::{LocalUser, sent_on},
};
use serde_json::json;

const FAULTY: &str = "id: greet\nnodes:\n  - {id: start, type: manual_trigger}\n  - {id: say, type: transfrom}\nedges:\n  - \
                      {from: start, to: say}\n";
const GOOD: &str = "id: greet\nnodes:\n  - {id: start, type: manual_trigger}\n  - {id: say, type: succeed}\nedges:\n  - {from: \
                    start, to: say}\n";

#[tokio::test]
async fn an_example_runs_after_two_clicks() {
    let world = LocalUser::new();
    let page = world.get("/new").await.of(200);
    let example =
        addresses(&page).into_iter().find(|one| one.ends_with("example=expense-approval")).expect("an example");
    let page = world.get(example.trim_start_matches('.')).await.of(200);
    assert!(text(&page).contains("No problems") && page.contains("<svg"), "{}", text(&page));
    let sent = world.form("/new", &with(&filled(&page), &[("do", "run")])).await;
    let execution = sent_on(&sent);
    let state = world.get(&format!("/v1{execution}")).await.json();
    assert_eq!((&state["workflow_id"], &state["input"]["amount"]), (&json!("expense-approval"), &json!(4800)));
    assert_eq!(world.get("/v1/workflows").await.json()["items"], json!([]), "nothing was saved");
    world.get("/new?example=none").await.of(404);
}

#[tokio::test]
async fn a_problem_names_its_line_and_shows_the_hint() {
    let world = LocalUser::new();
    let page = world.fill("/new", &[("text", FAULTY), ("do", "check")]).await.of(200);
    let shown = text(&page);
    assert!(shown.contains("1 error") && shown.contains("line 4"), "{shown}");
    assert!(page.contains("<a class=\"to-problems\" href=\"#problems\" data-problems>1 error</a>"), "{page}");
    assert!(page.contains("data-goto=\"4\"") && shown.contains("- {id: say, type: transfrom}"), "{shown}");
    assert!(shown.contains("transform"), "the hint: {shown}");
    // The part that the module asks for is the same.
    let pairs: Vec<_> =
        filled(&page).into_iter().filter(|(name, _)| ["form_token", "text"].contains(&name.as_str())).collect();
    let part = world.form("/new/check", &pairs).await.of(200);
    assert!(!part.contains("<html") && page.contains(&part), "{part}");
    assert!(shown.contains("Error in line 4, node say: ") && !shown.contains("node say: There"), "{shown}");
    let page = world.fill("/new", &[("text", GOOD), ("do", "check")]).await.of(200);
    assert!(page.contains("data-problems>✓ Valid</a>"), "{page}");
    let page = world.fill("/new", &[("text", "{\"id\": }"), ("do", "save")]).await.of(422);
    assert!(text(&page).contains("line 1") && text(&page).contains("neither JSON nor YAML"), "{}", text(&page));
    assert_eq!(attribute(&page, "text", "aria-invalid").as_deref(), Some("true"));
    let page = world.fill("/new", &[("text", "a <script> & b"), ("do", "check")]).await.of(200);
    assert!(!page.contains("<script> &"), "{page}");
}

#[tokio::test]
async fn a_check_needs_the_forms_token() {
    let world = LocalUser::new();
    assert_eq!(world.form("/new/check", &[("text".into(), GOOD.into())]).await.status, 403);
    assert_eq!(world.form("/new", &[("text".into(), GOOD.into()), ("do".into(), "save".into())]).await.status, 403);
    let page = world.get("/new").await.of(200);
    let sent = world.form("/new", &with(&filled(&page), &[("text", GOOD), ("more", "x")])).await;
    assert_eq!(sent.status, 422, "a field that the editor has not");
}

#[tokio::test]
async fn an_input_that_does_not_fit_is_told_beside_it() {
    let world = LocalUser::new();
    let path = "/new?example=expense-approval";
    let page = world.get(path).await.of(200);
    let pairs = filled(&page);
    let page = world.form("/new", &with(&pairs, &[("input", "{\"payee\": \"A\"}"), ("do", "run")])).await.of(422);
    assert_eq!(attribute(&page, "input", "aria-invalid").as_deref(), Some("true"), "{}", text(&page));
    assert!(text(&page).contains("Input of a run: ") && page.contains("{&quot;payee&quot;: &quot;A&quot;}"), "{page}");
    let page = world.form("/new", &with(&pairs, &[("input", "{"), ("do", "run")])).await.of(422);
    assert!(text(&page).contains("This is not JSON"), "{}", text(&page));
    assert_eq!(world.get("/v1/executions").await.json()["items"], json!([]));
}

#[tokio::test]
async fn a_document_is_saved_and_never_over_anothers_unasked() {
    let world = LocalUser::new();
    let sent = world.fill("/new", &[("text", GOOD), ("do", "save")]).await;
    assert_eq!(sent_on(&sent), "/workflows/greet");
    // A new document with the same id is asked about first.
    let other = GOOD.replace("say", "tell");
    let page = world.fill("/new", &[("text", &other), ("do", "save")]).await.of(409);
    assert!(text(&page).contains("There is a workflow with this id already"), "{}", text(&page));
    assert_eq!(world.get("/v1/workflows/greet").await.json()["version"], 1);
    let pairs = with(&filled(&page), &[("over", "1")]);
    assert_eq!(sent_on(&world.form("/new", &pairs).await), "/workflows/greet");
    assert_eq!(world.get("/v1/workflows/greet").await.json()["version"], 2);
    // Somebody else saves while this page is open.
    let page = world.get("/workflows/greet/edit").await.of(200);
    assert!(text(&page).contains("From version 2.") && page.contains("tell"), "{}", text(&page));
    let pairs = filled(&page);
    world.ask("POST", "/v1/workflows", &json!({"id": "greet", "nodes": [{"id": "t", "type": "manual_trigger"}]})).await;
    let mine =
        json!({"id": "greet", "nodes": [{"id": "start", "type": "manual_trigger"}, {"id": "mine", "type": "succeed"}],
        "edges": [{"from": "start", "to": "mine"}]})
        .to_string();
    let page = world.form("/workflows/greet/edit", &with(&pairs, &[("text", &mine), ("do", "save")])).await.of(409);
    assert!(text(&page).contains("Somebody saved version 3 meanwhile") && page.contains("mine"), "{}", text(&page));
    assert!(page.contains("difference?from=2&amp;to=3"), "{page}");
    // One button saves, and the text has lines that can be read.
    assert!(!page.contains("value=\"save\"") && page.matches("name=\"over\"").count() == 1, "{page}");
    assert!(page.contains("{\n  &quot;id&quot;: &quot;greet&quot;,\n"), "{page}");
    assert_eq!(world.get("/v1/workflows/greet").await.json()["version"], 3);
    let sent = world.form("/workflows/greet/edit", &with(&filled(&page), &[("over", "3")])).await;
    assert_eq!(sent_on(&sent), "/workflows/greet");
    let saved = world.get("/v1/workflows/greet").await.json();
    assert_eq!((&saved["version"], &saved["document"]["nodes"][1]["id"]), (&json!(4), &json!("mine")));
}

#[tokio::test]
async fn the_id_of_an_edited_workflow_stays() {
    let world = LocalUser::new();
    world.fill("/new", &[("text", GOOD), ("do", "save")]).await;
    let other = GOOD.replace("id: greet", "id: other");
    let page = world.fill("/workflows/greet/edit", &[("text", &other), ("do", "save")]).await.of(422);
    assert!(text(&page).contains("The document's id is other"), "{}", text(&page));
    world.get("/workflows/none/edit").await.of(404);
}

#[tokio::test]
async fn what_the_host_lacks_is_said_after_a_save() {
    let world = LocalUser::new();
    let document = json!({"id": "call", "nodes": [{"id": "t", "type": "manual_trigger"}, {"id": "c", "type": "http_request",
        "config": {"url": "https://example.com", "headers": {"authorization": "{{ secrets.nobody }}"}}}],
        "edges": [{"from": "t", "to": "c"}]});
    let page = world.fill("/new", &[("text", &document.to_string()), ("do", "save")]).await.of(200);
    assert!(text(&page).contains("Saved as version 1") && text(&page).contains("nobody"), "{}", text(&page));
}

#[tokio::test]
async fn thousands_of_lines_are_checked_in_time_with_their_problems_in_bounds() {
    let world = LocalUser::new();
    let nodes: String = (0..1_000).map(|ix| format!("  - id: n{ix}\n    type: transfrom\n")).collect();
    let begun = std::time::Instant::now();
    let page = world.fill("/new", &[("text", &format!("id: large\nnodes:\n{nodes}")), ("do", "check")]).await.of(200);
    assert!(text(&page).contains("more: correct some of these first"), "{}", text(&page).len());
    assert!(page.matches("data-goto").count() <= 50);
    // The profile of tests is slow; a release takes some tens of milliseconds.
    assert!(begun.elapsed() < std::time::Duration::from_secs(10), "{:?}", begun.elapsed());
}
