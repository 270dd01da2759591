//! Rollback: to which checkpoint, what is undone, what is told, and what is refused.

use super::{booking::world, *};
use api::types;

#[tokio::test]
async fn a_booking_that_failed_goes_back_and_pays_what_it_could_not() {
    // Given a booking whose card fails.
    let (world, service) = world().await;
    service.breaks("POST /card");
    let path = world.booked().await;
    assert_eq!(world.get(&path).await.of(200)["status"], "failed");
    assert_eq!(service.asked(), ["POST /flight", "POST /hotel", "POST /card"]);
    // When it is rolled back to after the flight, and the card works again.
    service.mends("POST /card");
    let flight = world.finished(&path, "flight").await;
    let body = json!({"checkpoint_id": flight, "reason": "another hotel"});
    let told = world.worked(&format!("{path}/rollback"), None, body).await.of(200);
    // Then the hotel is cancelled, and booked and paid anew.
    let went: types::WentBack = shaped(&told);
    assert!(went.success, "{told}");
    assert_eq!(went.checkpoint_id, flight);
    assert_eq!(went.message, format!("Back at checkpoint {flight}, with 1 thing undone. Running hotel."));
    assert_eq!(told["restored_state"]["node"], "flight");
    assert!(told["restored_state"]["timestamp"].as_str().unwrap().starts_with("2026-01-31T09:00:00"));
    assert_eq!(told["compensated"], json!([{"node": "hotel", "visit": 1}]));
    world.run().await;
    assert_eq!(service.asked(), ["DELETE /hotel/7", "POST /hotel", "POST /card"]);
    assert_eq!(world.get(&path).await.of(200)["status"], "completed");
    // And everything is still in the history, with who and why.
    let journal = world.journal(&path).await;
    assert!(journal.contains("another hotel") && journal.contains("ann@example.com"), "{journal}");
    assert!(journal.contains("execution_failed"), "{journal}");
}

#[tokio::test]
async fn a_completed_booking_goes_back_to_its_first_checkpoint_which_may_be_a_number_or_stand_in_the_query() {
    for (query, checkpoint) in [("", Some(json!(1))), ("", Some(json!("1"))), ("?checkpoint_id=1", None)] {
        let (world, service) = world().await;
        let path = world.booked().await;
        service.asked();
        let body = checkpoint.map_or(json!({}), |one| json!({"checkpoint_id": one}));
        let told = world.worked(&format!("{path}/rollback{query}"), None, body).await.of(200);
        assert_eq!((&told["success"], &told["checkpoint_id"]), (&json!(true), &json!("1")));
        let undone = json!([{"node": "hotel", "visit": 1}, {"node": "flight", "visit": 1}]);
        assert_eq!(told["compensated"], undone);
        world.run().await;
        let all = ["DELETE /hotel/7", "DELETE /flight/7", "POST /flight", "POST /hotel", "POST /card"];
        assert_eq!(service.asked(), all);
    }
}

#[tokio::test]
async fn whoever_goes_back_by_a_dry_run_does_only_what_it_told() {
    // Given a dry run of a booking whose card fails.
    let (world, service) = world().await;
    service.breaks("POST /card");
    let path = world.booked().await;
    for (what, back) in [("rollback", json!({"checkpoint_id": "1"})), ("backtrack", json!({"node": "hotel"}))] {
        let with = |more: serde_json::Value| {
            let mut body = back.clone();
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            body
        };
        let would = world.post(&format!("{path}/{what}"), with(json!({"dry_run": true}))).await.of(200);
        let seen = would["checkpoint"].clone();
        // When it moves on, it is not done, and neither is what would be told of it.
        world.worked(&format!("{path}/retry"), None, json!({})).await.of(200);
        world.run().await;
        let before = world.get(&path).await.of(200)["checkpoint"].clone();
        for dry_run in [true, false] {
            let body = with(json!({"checkpoint": seen, "dry_run": dry_run}));
            let refused = world.post(&format!("{path}/{what}"), body).await.of(409);
            assert_eq!((&refused["code"], &refused["checkpoint"]), (&json!("moved_on"), &before), "{refused}");
        }
        assert_eq!(world.get(&path).await.of(200)["checkpoint"], before);
        // By a new one it is.
        service.asked();
        let body = with(json!({"checkpoint": before}));
        let told = world.worked(&format!("{path}/{what}"), None, body).await.of(200);
        assert_eq!(told["success"], true, "{told}");
        world.run().await;
        assert!(service.asked().contains(&"DELETE /hotel/7".to_owned()));
    }
}

#[tokio::test]
async fn a_rollback_without_compensation_undoes_nothing() {
    let (world, service) = world().await;
    let path = world.booked().await;
    service.asked();
    let body = json!({"checkpoint_id": "1", "compensate": false});
    let told = world.worked(&format!("{path}/rollback"), None, body).await.of(200);
    assert_eq!((&told["success"], &told["compensated"]), (&json!(true), &json!([])));
    assert_eq!(told["message"], "Back at checkpoint 1. Running flight.");
    world.run().await;
    assert_eq!(service.asked(), ["POST /flight", "POST /hotel", "POST /card"]);
}

#[tokio::test]
async fn a_dry_run_tells_what_would_be_undone_and_run_and_changes_nothing() {
    let (world, service) = world().await;
    service.breaks("POST /card");
    let path = world.booked().await;
    service.asked();
    let (shown, journal) = (world.get(&path).await.text, world.journal(&path).await);
    let body = json!({"checkpoint_id": "1", "dry_run": true});
    let told = world.post(&format!("{path}/rollback"), body.clone()).await.of(200);
    let would: types::WouldGoBack = shaped(&told);
    assert_eq!((would.status.as_str(), would.dry_run), ("failed", true));
    assert_eq!(would.message, "Would undo 2 things and run flight.");
    let undo = |node: &str| {
        json!({"node": node, "visit": 1, "type": "http_request", "config": {"method": "DELETE",
            "url": format!("https://booking.example/{node}/7"),
            "headers": {"authorization": "Bearer {{ secrets.booking }}"}}})
    };
    assert_eq!(told["would_compensate"], json!([undo("hotel"), undo("flight")]));
    assert_eq!(told["would_run"], json!(["flight"]));
    assert!(!told.to_string().contains("Everybody"), "the secret itself is shown: {told}");
    // A key of a dry run is not used up by it.
    world.worked(&format!("{path}/rollback"), Some("k"), body).await.of(200);
    world.run().await;
    assert_eq!((world.get(&path).await.text, world.journal(&path).await), (shown, journal));
    assert!(service.asked().is_empty());
}

#[tokio::test]
async fn a_dry_run_tells_what_would_be_undone_within_each_child() {
    // Given a map whose items wrote something down, and a workflow below it in which nothing can be undone,
    let world = World::local();
    let plain = json!({"id": "plain", "nodes": [{"id": "start", "type": "manual_trigger"}], "edges": []});
    world.post("/v1/workflows", plain).await.of(201);
    let note = json!({"id": "note", "type": "transform", "config": {"expression": "item"},
        "compensate": {"type": "http_request", "config": {"url": "https://notes.example/{{ output }}"}}});
    let document = json!({"id": "all", "nodes": [{"id": "start", "type": "manual_trigger"},
        {"id": "each", "type": "map", "config": {"items": "[1, 2]", "max_concurrency": 1,
            "body": {"nodes": [note], "edges": []}}},
        {"id": "call", "type": "workflow", "config": {"workflow_id": "plain"}}],
        "edges": [{"from": "start", "to": "each"}, {"from": "each", "to": "call"}]});
    let id = world.started(document, json!({})).await;
    world.run().await;
    // when somebody asks what a rollback would undo,
    let path = format!("/v1/executions/{id}/rollback");
    let told = world.post(&path, json!({"checkpoint_id": 1, "dry_run": true})).await.of(200);
    let _: types::WouldGoBack = shaped(&told);
    // then each child has what would be undone in it, rendered, in order; and nothing where that is nothing.
    let within = |note: u32| {
        let config = json!({"method": "GET", "url": format!("https://notes.example/{note}")});
        json!([{"node": "note", "visit": 1, "type": "http_request", "config": config}])
    };
    let all = told["would_compensate"].as_array().unwrap();
    let all: Vec<Value> = all.iter().map(|one| json!([one["node"], one["would_compensate"]])).collect();
    assert_eq!(json!(all), json!([["call", []], ["each", within(2)], ["each", within(1)]]), "{told:#}");
}

#[tokio::test]
async fn a_rollback_under_one_key_goes_back_once_and_says_the_same_again() {
    let (world, service) = world().await;
    let path = world.booked().await;
    let rollback = format!("{path}/rollback");
    let first = world.worked(&rollback, Some("k"), json!({"checkpoint_id": "1"})).await.of(200);
    world.run().await;
    service.asked();
    let seen = world.get(&path).await.text;
    // The query and a number name the same checkpoint, but only what was sent before is the same request.
    assert_eq!(world.worked(&rollback, Some("k"), json!({"checkpoint_id": "1"})).await.of(200), first);
    world.worked(&rollback, Some("k"), json!({"checkpoint_id": "2"})).await.problem(422, "idempotency_key_reused");
    world.worked(&rollback, Some(""), json!({"checkpoint_id": "1"})).await.problem(422, "invalid_idempotency_key");
    world.run().await;
    assert_eq!(world.get(&path).await.text, seen);
    assert!(service.asked().is_empty());
    // Another key is another rollback. The first is told as before, also where its checkpoint is none any more.
    assert_eq!(world.worked(&rollback, Some("l"), json!({"checkpoint_id": "1"})).await.of(200)["success"], true);
    assert_eq!(world.worked(&rollback, Some("k"), json!({"checkpoint_id": "1"})).await.of(200), first);
}

#[tokio::test]
async fn two_rollbacks_under_one_key_at_once_are_one() {
    let (world, service) = world().await;
    let path = world.booked().await;
    service.asked();
    let rollback = format!("{path}/rollback");
    let send = || world.with_headers("POST", &rollback, &[("idempotency-key", "k")], json!({"checkpoint_id": "1"}));
    let (first, second, ()) = futures::join!(send(), send(), async {
        for _ in 0..20 {
            tokio::task::yield_now().await;
            world.run().await;
        }
    });
    assert_eq!(first.of(200), second.of(200));
    assert_eq!(service.asked().iter().filter(|one| one.starts_with("DELETE")).count(), 2);
}

#[tokio::test]
async fn checkpoints_that_cannot_be_gone_back_to_are_refused_and_change_nothing() {
    let (world, service) = world().await;
    let path = world.booked().await;
    let rollback = format!("{path}/rollback");
    let hotel: u64 = world.finished(&path, "hotel").await.parse().unwrap();
    world.worked(&rollback, None, json!({"checkpoint_id": "1"})).await.of(200);
    world.run().await;
    service.asked();
    let seen = world.get(&path).await.of(200);
    for dry_run in [false, true] {
        let ask = |checkpoint: Value| world.post(&rollback, json!({"checkpoint_id": checkpoint, "dry_run": dry_run}));
        for none in
            [json!(0), json!("0"), json!("x"), json!(""), json!("-1"), json!(-1), json!(1.5), json!({}), json!("+1")]
        {
            ask(none).await.problem(404, "not_found");
        }
        // What the first rollback undid, and what undid it, led nowhere.
        for left in [hotel, hotel + 1] {
            ask(json!(left)).await.problem(409, "outside_lineage");
        }
        // The newest is where it ended: there it is already.
        ask(seen["checkpoint"].clone()).await.problem(409, "checkpoint_ended");
        for ahead in [json!("1000"), json!(1000), json!("99999999999999999999999")] {
            let problem = ask(ahead).await.problem(422, "checkpoint_ahead");
            assert_eq!(problem["checkpoint"], seen["checkpoint"]);
        }
    }
    world.post(&rollback, json!({})).await.problem(422, "missing_field");
    world.post(&rollback, json!({"checkpoint_id": null})).await.problem(422, "missing_field");
    world.post(&rollback, json!({"checkpoint_id": 1, "x": 1})).await.problem(422, "unknown_field");
    world.post(&rollback, json!({"checkpoint_id": 1, "dry_run": "yes"})).await.problem(422, "invalid_field");
    world.post(&format!("{rollback}?x=1"), json!({"checkpoint_id": 1})).await.problem(422, "unknown_field");
    world.post(&format!("{rollback}?checkpoint_id=2"), json!({"checkpoint_id": 1})).await.problem(422, "contradiction");
    world.post("/v1/executions/none/rollback", json!({"checkpoint_id": 1})).await.problem(404, "not_found");
    world.run().await;
    assert_eq!(world.get(&path).await.of(200), seen);
    assert!(service.asked().is_empty());
}

#[tokio::test]
async fn a_question_that_was_open_is_asked_anew_and_its_old_answer_is_stale() {
    let world = World::local();
    let id = world.started(approval(), json!({"amount": 5})).await;
    world.run().await;
    let path = format!("/v1/executions/{id}");
    let question = || async {
        world.get(&path).await.of(200)["pending_interactions"][0]["interaction_id"].as_str().unwrap().to_owned()
    };
    let old = question().await;
    let checkpoint = world.get(&path).await.of(200)["checkpoint"].clone();
    let told = world.worked(&format!("{path}/rollback"), None, json!({"checkpoint_id": checkpoint})).await.of(200);
    assert_eq!((&told["success"], &told["status"]), (&json!(true), &json!("waiting_human")));
    let new = question().await;
    assert_ne!(old, new);
    world
        .post(&format!("/v1/interactions/{old}/respond"), json!({"approved": true}))
        .await
        .problem(409, "already_decided");
    world.post(&format!("/v1/interactions/{new}/respond"), json!({"approved": true})).await.of(200);
    world.run().await;
    assert_eq!(world.get(&path).await.of(200)["output"], "paid");
}

#[tokio::test]
async fn it_is_told_how_far_it_is_and_can_be_paused_resumed_and_cancelled() {
    let (world, service) = world().await;
    let path = world.booked().await;
    service.asked();
    // Given a rollback of which nothing is undone yet.
    let rollback = format!("{path}/rollback");
    let mut answer = Box::pin(world.post(&rollback, json!({"checkpoint_id": "1"})));
    for _ in 0..100 {
        assert!(futures::poll!(&mut answer).is_pending());
    }
    let shown: types::Execution = shaped(&world.get(&path).await.of(200));
    assert_eq!(shown.status.as_str(), "rolling_back");
    assert_eq!(shown.message, "Rolling back to checkpoint 1: 0 of 2 undone.");
    assert!(shown.completed_at.is_none() && shown.output.is_null());
    // When it is paused, then nothing more is undone, and whoever waits is told so.
    let paused = world.post(&format!("{path}/pause"), json!({})).await.of(200);
    assert_eq!(paused["status"], "paused");
    let told = answer.await.of(200);
    assert_eq!(
        (&told["success"], &told["status"], &told["compensated"]),
        (&json!(false), &json!("paused"), &json!([]))
    );
    assert_eq!(told["message"], "Paused. Rolling back to checkpoint 1: 0 of 2 undone; resume it to go on.");
    world.run().await;
    assert!(service.asked().is_empty());
    // When it is resumed, then it goes on.
    assert_eq!(world.post(&format!("{path}/resume"), json!({})).await.of(200)["status"], "rolling_back");
    world.run().await;
    assert_eq!(service.asked()[..2], ["DELETE /hotel/7", "DELETE /flight/7"]);
    assert_eq!(world.get(&path).await.of(200)["status"], "completed");
    // When another one is cancelled, then it ends there.
    let mut answer = Box::pin(world.post(&rollback, json!({"checkpoint_id": "1"})));
    for _ in 0..100 {
        assert!(futures::poll!(&mut answer).is_pending());
    }
    for _ in 0..2 {
        assert_eq!(world.post(&format!("{path}/cancel"), json!({})).await.of(200)["status"], "cancelled");
    }
    let told = answer.await.of(200);
    assert_eq!((&told["success"], &told["status"]), (&json!(false), &json!("cancelled")));
    world.run().await;
    assert!(service.asked().is_empty());
    // A retry takes that up: it goes back, and on from there.
    assert_eq!(world.post(&format!("{path}/retry"), json!({})).await.of(200)["status"], "rolling_back");
    world.run().await;
    let all = ["DELETE /hotel/7", "DELETE /flight/7", "POST /flight", "POST /hotel", "POST /card"];
    assert_eq!(service.asked(), all);
    assert_eq!(world.get(&path).await.of(200)["status"], "completed");
}

#[tokio::test]
async fn a_child_goes_back_with_its_parent_alone() {
    let world = World::local();
    let document = json!({"id": "all", "nodes": [{"id": "start", "type": "manual_trigger"},
        {"id": "each", "type": "map", "config": {"items": "[1]", "body": {"nodes": [
            {"id": "one", "type": "transform", "config": {"expression": "1"}}], "edges": []}}}],
        "edges": [{"from": "start", "to": "each"}]});
    let id = world.started(document, json!({})).await;
    world.run().await;
    let page = world.get(&format!("/v1/executions?parent={id}")).await.of(200);
    let child = format!("/v1/executions/{}", page["items"][0]["execution_id"].as_str().unwrap());
    for (action, body) in
        [("rollback", json!({"checkpoint_id": 1})), ("backtrack", json!({"node": "one"})), ("retry", json!({}))]
    {
        let problem = world.post(&format!("{child}/{action}"), body).await.problem(409, "child_of_another");
        assert_eq!(problem["root"], json!(id), "{action}");
        assert!(problem["detail"].as_str().unwrap().contains(&id), "{problem}");
    }
}
