//! The OpenAPI document against the routes that are served and the shapes of answers.

use super::*;
use api::schema;

#[tokio::test]
async fn the_document_lists_the_routes_that_are_served_each_with_its_name() {
    let world = World::local();
    let document = world.get("/openapi.json").await.of(200);
    let mut names = std::collections::BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let methods: Vec<&str> = item.as_object().unwrap().keys().map(String::as_str).collect();
        let served = path.replace(['{', '}'], "");
        // The answer to a method that no route takes lists in `Allow` the methods that are served.
        let refused = world.with_headers("TRACE", &served, &[], json!({})).await;
        let allow = refused.headers["allow"].to_str().unwrap().to_lowercase();
        let mut allowed: Vec<&str> = allow.split(',').map(str::trim).filter(|one| *one != "head").collect();
        allowed.sort_unstable();
        let mut documented = methods.clone();
        documented.sort_unstable();
        assert_eq!(allowed, documented, "{path}");
        for method in methods {
            assert!(names.insert(item[method]["operationId"].as_str().unwrap().to_owned()), "{path} {method}");
        }
    }
    assert!(names.len() >= 30, "{names:?}");
}

#[tokio::test]
async fn the_examples_have_the_shapes_they_stand_for() {
    let world = World::local();
    let document = world.get("/openapi.json").await.of(200);
    let example = |name: &str| document["components"]["schemas"][name]["example"].clone();
    let _: schema::ProblemDetails = shaped(&example("ProblemDetails"));
    let _: schema::Saved = shaped(&example("Saved"));
    let _: schema::Workflow = shaped(&example("Workflow"));
    let _: schema::WorkflowRow = shaped(&example("WorkflowRow"));
    let _: schema::Checked = shaped(&example("Checked"));
    let _: schema::Accepted = shaped(&example("Accepted"));
    let _: schema::Execution = shaped(&example("Execution"));
    let _: schema::History = shaped(&example("History"));
    let _: schema::Resumed = shaped(&example("Resumed"));
    let _: schema::Responded = shaped(&example("Responded"));
    let _: schema::NewToken = shaped(&example("NewToken"));
    let health: schema::Health = shaped(&example("Health"));
    let served: schema::Health = shaped(&world.get("/health").await.of(200));
    assert_eq!(health.status, served.status);
    assert!(world.get("/metrics").await.status.is_success());
}

#[tokio::test]
async fn the_document_that_one_function_serves_for_all_is_that_of_the_code() {
    let generated = World::local().get("/openapi.json").await.of(200);
    if std::env::var_os("UPDATE_DOCUMENT").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/openapi.json");
        std::fs::write(path, format!("{generated:#}\n")).unwrap();
        return;
    }
    let kept: Value = serde_json::from_str(api::DOCUMENT).unwrap();
    assert!(kept == generated, "src/openapi.json is out of date: run this test once with UPDATE_DOCUMENT=1");
    let world = World::with(|app| App { document: Some(api::DOCUMENT), ..app });
    assert_eq!(world.get("/openapi.json").await.of(200)["info"]["title"], "Stepwell");
}
