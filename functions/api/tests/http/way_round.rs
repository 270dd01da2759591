//! The ways round a question with `allow_requester: false` that go by its family, its past, or a node that fails.

use super::{
    kept_out::{barred, call, of_ann, office},
    *,
};

/// A trigger, then these nodes one after the other.
fn line(id: &str, nodes: Vec<Value>) -> Value {
    let all: Vec<Value> = std::iter::once(json!({"id": "start", "type": "manual_trigger"})).chain(nodes).collect();
    let named = |at: usize| all[at]["id"].clone();
    let edges: Vec<Value> = (1..all.len()).map(|at| json!({"from": named(at - 1), "to": named(at)})).collect();
    json!({"id": id, "nodes": all, "edges": edges})
}

/// The question that bob decides, and ann, who starts everything, does not.
fn gate() -> Value {
    json!({"id": "gate", "type": "human", "config": {"kind": "approval", "question": "Pay?", "allow_requester": false,
        "assignees": ["bob@example.com"], "timeout_seconds": 3600}})
}

/// A node that fails, about which anybody is asked.
fn fails() -> Value {
    json!({"id": "f", "type": "transform", "on_error": "ask_human",
        "config": {"set": {"of": "{{ input.nobody.there }}"}}})
}

fn paid() -> Value {
    json!({"id": "p", "type": "transform", "config": {"expression": "output"}})
}

/// The path of the one question that is open.
async fn open(world: &World) -> String {
    world.run().await;
    let all = call(world, "boss", "GET", "/v1/interactions?status=pending", Value::Null).await.of(200);
    let items = all["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "{all}");
    format!("/v1/interactions/{}/respond", items[0]["interaction_id"].as_str().unwrap())
}

async fn decides(world: &World, who: &str, body: Value) -> Answer {
    let path = open(world).await;
    world.meanwhile(call(world, who, "POST", &path, body)).await
}

async fn saved(world: &World, document: Value) {
    let told = call(world, "boss", "POST", "/v1/workflows", document).await;
    assert!(told.status.is_success(), "{}", told.status);
}

/// Asks what ann may not: to go on without the failed node, and to go back to it with another input.
async fn is_barred_at_the_failure(world: &World) {
    for answer in [
        json!({"option": "skip", "data": {"amount": 9}}),
        json!({"option": "rewind", "data": {"node": "f", "input": {"amount": 9}}}),
    ] {
        decides(world, "ann", answer).await.problem(403, "forbidden");
    }
}

#[tokio::test]
async fn who_may_not_decide_does_not_go_past_a_child_in_which_it_was_rejected() {
    let world = office().await;
    let mut child = line("gk", vec![gate(), json!({"id": "no", "type": "fail", "config": {"message": "no"}})]);
    child["edges"][1]["port"] = json!("rejected");
    saved(&world, child).await;
    for node in [
        json!({"id": "f", "type": "workflow", "on_error": "ask_human", "config": {"workflow_id": "gk"}}),
        json!({"id": "f", "type": "map", "on_error": "ask_human", "config": {"items": "[1]", "body": "gk"}}),
    ] {
        of_ann(&world, line("top", vec![node, paid()])).await;
        decides(&world, "bob", json!({"approved": false})).await.of(200);
        is_barred_at_the_failure(&world).await;
        // It may be tried again, and failed.
        decides(&world, "ann", json!({"option": "abort"})).await.of(200);
        world.run().await;
    }
}

#[tokio::test]
async fn who_may_not_decide_does_not_go_past_what_fails_below_or_after_what_was_approved() {
    let world = office().await;
    saved(&world, line("kid", vec![fails(), paid()])).await;
    saved(&world, line("asks", vec![gate()])).await;
    let runs = |id: &str| json!({"id": format!("runs-{id}"), "type": "workflow", "config": {"workflow_id": id}});
    let body = json!({"nodes": [fails()], "edges": []});
    let each = json!({"id": "each", "type": "map", "config": {"items": "[1]", "body": body}});
    for nodes in [vec![gate(), runs("kid"), paid()], vec![gate(), each], vec![runs("asks"), fails(), paid()]] {
        of_ann(&world, line("top", nodes)).await;
        decides(&world, "bob", json!({"approved": true})).await.of(200);
        is_barred_at_the_failure(&world).await;
        decides(&world, "ann", json!({"option": "abort"})).await.of(200);
        world.run().await;
    }
}

#[tokio::test]
async fn who_may_not_decide_does_not_go_back_to_before_the_question_was_put_there() {
    let world = office().await;
    let wait = json!({"id": "w", "type": "wait", "config": {"event": "go"}});
    let path = of_ann(&world, line("late", vec![wait, paid()])).await;
    world.run().await;
    let at = call(&world, "ann", "GET", &path, Value::Null).await.of(200)["checkpoint"].clone();
    let patch = json!({"operations": [
        {"op": "add", "path": "/nodes/-", "value": gate()},
        {"op": "replace", "path": "/edges/1/to", "value": "gate"},
        {"op": "add", "path": "/edges/-", "value": {"from": "gate", "to": "p", "port": "approved"}}]});
    call(&world, "boss", "POST", &format!("{path}/patch"), patch).await.of(200);
    for (route, body) in [
        ("rollback", json!({"checkpoint_id": at})),
        ("rollback", json!({"checkpoint_id": 1, "dry_run": true})),
        ("backtrack", json!({"node": "w"})),
        ("fork", json!({"checkpoint_id": at})),
        ("fork", json!({"checkpoint_id": 1})),
    ] {
        let told = world.meanwhile(call(&world, "ann", "POST", &format!("{path}/{route}"), body)).await;
        told.problem(403, "forbidden");
    }
    let back = json!({"checkpoint_id": at});
    world.meanwhile(call(&world, "boss", "POST", &format!("{path}/rollback"), back)).await.of(200);
}

#[tokio::test]
async fn a_question_of_a_child_counts_by_the_version_that_ran() {
    let world = office().await;
    saved(&world, line("asks", vec![gate()])).await;
    let runs = json!({"id": "c", "type": "workflow", "config": {"workflow_id": "asks"}});
    let path = of_ann(&world, line("top", vec![runs, paid()])).await;
    decides(&world, "bob", json!({"approved": true})).await.of(200);
    world.run().await;
    world.pass(Duration::from_secs(1));
    saved(&world, line("asks", vec![paid()])).await;
    world.pass(Duration::from_secs(1));
    let at = call(&world, "ann", "GET", &path, Value::Null).await.of(200)["checkpoint"].clone();
    for (route, body) in [
        ("fork", json!({"checkpoint_id": at, "input": {"amount": 9}})),
        ("backtrack", json!({"node": "p", "input": {"amount": 9}})),
    ] {
        call(&world, "ann", "POST", &format!("{path}/{route}"), body).await.problem(403, "forbidden");
    }
    // What begins now runs by the version without the question.
    let path =
        of_ann(&world, line("top", vec![json!({"id": "c", "type": "workflow", "config": {"workflow_id": "asks"}})]))
            .await;
    world.run().await;
    let fork = json!({"checkpoint_id": 2, "input": {"amount": 9}});
    call(&world, "ann", "POST", &format!("{path}/fork"), fork).await.of(202);
}

#[tokio::test]
async fn a_fork_does_not_go_on_by_what_was_undone_or_taken_back() {
    let world = office().await;
    let path = of_ann(&world, barred()).await;
    decides(&world, "bob", json!({"approved": true})).await.of(200);
    world.run().await;
    let ended = call(&world, "ann", "GET", &path, Value::Null).await.of(200)["checkpoint"].clone();
    let approved = ended.as_str().unwrap().parse::<u64>().unwrap() - 1;
    let back = json!({"checkpoint_id": 1});
    world.meanwhile(call(&world, "boss", "POST", &format!("{path}/rollback"), back)).await.of(200);
    let fork = json!({"checkpoint_id": approved});
    call(&world, "ann", "POST", &format!("{path}/fork"), fork.clone()).await.problem(403, "forbidden");
    call(&world, "boss", "POST", &format!("{path}/fork"), fork).await.of(202);

    let world = office().await;
    let mut two = barred();
    two["nodes"][1]["config"]["approval_threshold"] = json!(2);
    two["nodes"][1]["config"]["assignees"] = json!(["bob@example.com", "boss@example.com", "dan@example.com"]);
    let path = of_ann(&world, two).await;
    decides(&world, "bob", json!({"approved": true})).await.of(200);
    let voted = call(&world, "ann", "GET", &path, Value::Null).await.of(200)["checkpoint"].clone();
    let fork = json!({"checkpoint_id": voted});
    call(&world, "ann", "POST", &format!("{path}/fork"), fork.clone()).await.of(202);
    world.run().await;
    let all = call(&world, "boss", "GET", "/v1/interactions?status=pending", Value::Null).await.of(200);
    let first =
        all["items"].as_array().unwrap().iter().find(|one| path.ends_with(one["execution_id"].as_str().unwrap()));
    let respond = format!("/v1/interactions/{}/respond", first.unwrap()["interaction_id"].as_str().unwrap());
    world.meanwhile(call(&world, "bob", "POST", &respond, json!({"approved": false}))).await.of(200);
    call(&world, "ann", "POST", &format!("{path}/fork"), fork.clone()).await.problem(403, "forbidden");
    // Nor does the execution itself go back to it.
    let told = world.meanwhile(call(&world, "ann", "POST", &format!("{path}/rollback"), fork)).await;
    told.problem(403, "forbidden");
}

#[tokio::test]
async fn a_fork_does_not_go_on_by_what_was_undone_in_a_child() {
    let world = office().await;
    saved(&world, line("asks", vec![gate()])).await;
    let runs = json!({"id": "c", "type": "workflow", "config": {"workflow_id": "asks"}});
    let wait = json!({"id": "w", "type": "wait", "config": {"event": "go"}});
    let path = of_ann(&world, line("top", vec![runs, wait, paid()])).await;
    decides(&world, "bob", json!({"approved": true})).await.of(200);
    world.run().await;
    let approved = call(&world, "ann", "GET", &path, Value::Null).await.of(200)["checkpoint"].clone();
    let back = json!({"checkpoint_id": 1});
    world.meanwhile(call(&world, "boss", "POST", &format!("{path}/rollback"), back)).await.of(200);
    let fork = json!({"checkpoint_id": approved});
    call(&world, "ann", "POST", &format!("{path}/fork"), fork.clone()).await.problem(403, "forbidden");
    call(&world, "boss", "POST", &format!("{path}/fork"), fork).await.of(202);
}
