//! Several questions that are alike, answered by one request.

use super::*;
use api::types::{RespondedMany, RespondedOutcome};

const ROUTE: &str = "/v1/interactions/respond";

fn asking(kind: Value) -> Value {
    let mut document = approval();
    document["id"] = kind["kind"].clone();
    for (key, value) in kind.as_object().unwrap() {
        document["nodes"][1]["config"][key] = value.clone();
    }
    if kind["kind"] != "approval" {
        document["nodes"].as_array_mut().unwrap().truncate(2);
        document["edges"] = json!([{"from": "start", "to": "approve"}]);
    }
    document
}

/// Starts the document once for each amount. Returns the ids of the questions in that order.
async fn asked(world: &World, document: &Value, amounts: &[u32]) -> Vec<String> {
    let mut ids = Vec::new();
    for amount in amounts {
        let execution = world.started(document.clone(), json!({"amount": amount})).await;
        world.run().await;
        let open = world.get(&format!("/v1/interactions?execution_id={execution}")).await.of(200);
        ids.push(open["items"][0]["interaction_id"].as_str().unwrap().to_owned());
    }
    ids
}

async fn status_of(world: &World, id: &str) -> Value {
    world.get(&format!("/v1/interactions/{id}")).await.of(200)["status"].clone()
}

#[tokio::test]
async fn three_approvals_are_given_at_once() {
    let world = World::local();
    let ids = asked(&world, &approval(), &[1, 2, 3]).await;
    let body = json!({"interaction_ids": ids, "approved": true, "comment": "all fine"});
    let done: RespondedMany = shaped(&world.post(ROUTE, body).await.of(200));
    let told: Vec<&str> = done.items.iter().map(|item| item.interaction_id.as_str()).collect();
    assert_eq!(told, ids, "in the order of the request");
    for item in &done.items {
        let RespondedOutcome::Done(one) = &item.outcome else { panic!("{item:?}") };
        assert_eq!((one.status.as_str(), one.decision.as_deref()), ("answered", Some("approved")));
        let read = world.get(&format!("/v1/interactions/{}", item.interaction_id)).await.of(200);
        assert_eq!(read["responses"][0]["comment"], "all fine");
    }
}

#[tokio::test]
async fn what_refuses_one_keeps_no_other_from_being_answered() {
    let world = World::local();
    let ids = asked(&world, &approval(), &[1, 2, 3]).await;
    // One is decided before, and one does not exist.
    world.post(&format!("/v1/interactions/{}/respond", ids[0]), json!({"approved": false})).await.of(200);
    let body = json!({"interaction_ids": [ids[0], "none", ids[1], ids[2]], "approved": true});
    let done = world.post(ROUTE, body).await.of(200);
    let items = done["items"].as_array().unwrap();
    let codes: Vec<&Value> = items.iter().map(|item| &item["error"]["code"]).collect();
    assert_eq!(codes, [&json!("already_decided"), &json!("not_found"), &Value::Null, &Value::Null], "{done}");
    assert_eq!(items[0]["error"]["decision"], "rejected");
    assert_eq!((&items[2]["decision"], &items[3]["decision"]), (&json!("approved"), &json!("approved")));
}

#[tokio::test]
async fn each_bad_answer_comes_back_with_every_reason() {
    let world = World::local();
    let schema = json!({"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}});
    let ids = asked(&world, &asking(json!({"kind": "input", "schema": schema})), &[1, 2]).await;
    let done = world.post(ROUTE, json!({"interaction_ids": ids, "data": {"n": "x"}})).await.of(200);
    for (item, id) in done["items"].as_array().unwrap().iter().zip(&ids) {
        assert_eq!(item["error"]["code"], "invalid_answer", "{item}");
        assert_eq!(item["error"]["errors"][0]["path"], "/data/n", "{item}");
        assert_eq!(status_of(&world, id).await, "pending");
    }
}

#[tokio::test]
async fn questions_that_differ_are_answered_by_no_one_answer() {
    let world = World::local();
    let mut ids = asked(&world, &approval(), &[1]).await;
    let two = asking(json!({"kind": "decision", "options": ["a", "b"]}));
    ids.extend(asked(&world, &two, &[1]).await);
    let mut others = two.clone();
    others["id"] = json!("others");
    others["nodes"][1]["config"]["options"] = json!(["a", "c"]);
    ids.extend(asked(&world, &others, &[1]).await);
    // An id may stand for another choice, as people read it.
    let mut labelled = two.clone();
    labelled["id"] = json!("labelled");
    labelled["nodes"][1]["config"]["options"] = json!([{"id": "a", "label": "Other"}, "b"]);
    ids.extend(asked(&world, &labelled, &[1]).await);
    let unlike = [json!([ids[0], ids[1]]), json!([ids[1], ids[2]]), json!([ids[1], ids[3]])];
    for some in unlike {
        let body = json!({"interaction_ids": some, "option": "a"});
        let refused = world.post(ROUTE, body).await.problem(422, "not_alike");
        assert_eq!(refused["errors"][0]["path"], "/interaction_ids");
    }
    for id in &ids {
        assert_eq!(status_of(&world, id).await, "pending", "nothing is answered");
    }
    let done = world.post(ROUTE, json!({"interaction_ids": [ids[1]], "option": "a"})).await.of(200);
    assert_eq!(done["items"][0]["decision"], "a");
}

#[tokio::test]
async fn the_list_of_questions_is_checked_before_any_is_answered() {
    let world = World::local();
    let ids = asked(&world, &approval(), &[1]).await;
    let many: Vec<String> = (0..101).map(|number| number.to_string()).collect();
    for wrong in [json!([]), json!(many), json!([ids[0], ids[0]])] {
        let problem = world.post(ROUTE, json!({"interaction_ids": wrong, "approved": true})).await;
        assert_eq!(problem.problem(422, "invalid_field")["errors"][0]["path"], "/interaction_ids");
    }
    let body = json!({"interaction_ids": ids, "approved": true, "approve": true});
    world.post(ROUTE, body).await.problem(422, "unknown_field");
    assert_eq!(status_of(&world, &ids[0]).await, "pending");
}

#[tokio::test]
async fn a_request_that_comes_twice_answers_each_question_once() {
    let world = World::local();
    let mut document = approval();
    document["nodes"][1]["config"]["approval_threshold"] = json!(2);
    let ids = asked(&world, &document, &[1, 2]).await;
    let body = json!({"interaction_ids": ids, "approved": true});
    let key = [("idempotency-key", "k1")];
    let first = world.with_headers("POST", ROUTE, &key, body.clone()).await.of(200);
    assert_eq!(first["items"][0]["responses_needed"], 1, "{first}");
    assert_eq!(world.with_headers("POST", ROUTE, &key, body).await.of(200), first);
    for id in &ids {
        let read = world.get(&format!("/v1/interactions/{id}")).await.of(200);
        assert_eq!(read["responses"].as_array().unwrap().len(), 1, "{read}");
    }
    // The key is taken for another answer to the same questions, and free for other questions.
    let other = json!({"interaction_ids": ids, "approved": false});
    let refused = world.with_headers("POST", ROUTE, &key, other).await.of(200);
    assert_eq!(refused["items"][1]["error"]["code"], "idempotency_key_reused", "{refused}");
}

#[tokio::test]
async fn nobody_answers_for_others_in_passing() {
    let world = World::local();
    let ids = asked(&world, &approval(), &[1, 2]).await;
    world.token("zoe", "acme", &["respond"]).await;
    world.token("bob", "acme", &["respond"]).await;
    world.token("eve", "evil", &["respond"]).await;
    let send = async |who: &str, body: Value| {
        let bearer = format!("Bearer {who}");
        world.with_headers("POST", ROUTE, &[("authorization", &bearer)], body).await.of(200)
    };
    let body = json!({"interaction_ids": ids, "approved": true});
    assert_eq!(send("zoe", body.clone()).await["items"][0]["error"]["code"], "forbidden");
    assert_eq!(send("eve", body.clone()).await["items"][1]["error"]["code"], "not_found");
    let mut as_ann = body.clone();
    as_ann["answer_as"] = json!("ann@example.com");
    assert_eq!(send("bob", as_ann).await["items"][0]["error"]["code"], "answer_as_not_allowed");
    assert_eq!(send("bob", body).await["items"][1]["decision"], "approved");
}
