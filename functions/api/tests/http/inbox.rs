//! The inbox searched by what is asked.

use super::*;

/// Questions of two workflows: seven approvals of payments, and five texts about trips.
async fn asked() -> World {
    let world = World::local();
    for amount in 1..=7 {
        world.started(approval(), json!({"amount": amount})).await;
    }
    let trips = json!({"id": "trips", "nodes": [{"id": "start", "type": "manual_trigger"},
            {"id": "Where", "type": "human", "config": {"kind": "ask", "question": "Where to in ÉTÉ {{ input.year }}?"}}],
        "edges": [{"from": "start", "to": "Where"}]});
    for year in 1..=5 {
        world.started(trips.clone(), json!({"year": year})).await;
    }
    world.run().await;
    world
}

async fn found(world: &World, query: &str) -> Vec<String> {
    let page = world.get(&format!("/v1/interactions?{query}")).await.of(200);
    let items = page["items"].as_array().unwrap();
    items.iter().map(|item| item["question"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn questions_are_found_by_workflow_kind_and_words() {
    let world = asked().await;
    assert_eq!(found(&world, "workflow_id=pay").await.len(), 7);
    assert_eq!(found(&world, "kind=ask").await.len(), 5);
    assert_eq!(found(&world, "q=PAY+3").await, ["Pay 3?"], "every word, in any case");
    assert_eq!(found(&world, "q=%C3%A9t%C3%A9%204").await, ["Where to in ÉTÉ 4?"], "in any case of any script");
    assert_eq!(found(&world, "q=where").await.len(), 5, "in the name of the node too");
    assert_eq!(found(&world, "q=trip").await.len(), 5, "and of the workflow");
    assert_eq!(found(&world, "q=").await.len(), 12);
    assert_eq!(found(&world, "q=pay+trips").await, [""; 0]);
    assert_eq!(found(&world, "workflow_id=pay&kind=ask").await, [""; 0]);
    assert_eq!(found(&world, "kind=approval&assignee=me&status=pending&q=pay").await.len(), 7);
    world.get("/v1/interactions?kind=HIL").await.problem(422, "invalid_parameter");
    let long = "x".repeat(600);
    world.get(&format!("/v1/interactions?q={long}")).await.problem(422, "invalid_parameter");
}

#[tokio::test]
async fn the_pages_of_a_search_show_each_question_once_and_in_order() {
    let world = asked().await;
    for limit in [1, 2, 3, 7, 50] {
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = world.get(&format!("/v1/interactions?q=to+in&limit={limit}{cursor}")).await.of(200);
            let items = page["items"].as_array().unwrap();
            assert!(items.len() <= limit);
            all.extend(items.iter().map(|item| item["question"].as_str().unwrap().to_owned()));
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        let expected: Vec<String> = (1..=5).map(|year| format!("Where to in ÉTÉ {year}?")).collect();
        assert_eq!(all, expected, "pages of {limit}");
    }
}

#[tokio::test]
async fn a_search_looks_at_so_many_questions_and_says_where_it_goes_on() {
    let world = World::local();
    let document = json!({"id": "many", "nodes": [{"id": "start", "type": "manual_trigger"},
            {"id": "each", "type": "map", "config": {"items": "{{ input.rows }}", "max_concurrency": 700, "body": {"nodes": [
                {"id": "ask", "type": "human", "config": {"kind": "ask", "question": "Row {{ item }}?"}}], "edges": []}}}],
        "edges": [{"from": "start", "to": "each"}]});
    world.started(document, json!({"rows": (0..700).collect::<Vec<_>>()})).await;
    world.run().await;
    let first = world.get("/v1/interactions?q=nothing+like+it").await.of(200);
    assert_eq!(first["items"], json!([]));
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = world.get(&format!("/v1/interactions?q=nothing+like+it&cursor={cursor}")).await.of(200);
    assert_eq!((&rest["items"], &rest["next_cursor"]), (&json!([]), &Value::Null));
}
