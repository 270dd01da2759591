//! Addresses at which there is nothing.

use crate::world::World;
use axum::{body::Body, http::Request};

const BROWSER: &str = "text/html,application/xhtml+xml,*/*;q=0.8";

#[tokio::test]
async fn a_browser_reads_a_page_where_there_is_nothing_and_a_program_a_problem() {
    let world = World::new();
    let ask = |method: &str, path: &str, accept: &str| {
        let request = Request::builder().method(method).uri(path).header("accept", accept);
        world.send(request.body(Body::empty()).unwrap())
    };
    let page = ask("GET", "/executions/x/nothing", BROWSER).await.of(404);
    assert!(page.contains("There is nothing here") && page.contains("href=\"../../\""), "{page}");
    for (method, path, accept) in [
        ("GET", "/nothing", "application/json"),
        ("GET", "/v1/nothing", BROWSER),
        ("GET", "/assets/nothing.js", BROWSER),
        ("POST", "/nothing", BROWSER),
    ] {
        let answer = ask(method, path, accept).await;
        assert_eq!((answer.status, answer.text.contains("<html")), (404, false), "{method} {path}");
    }
}
