//! What clients of other systems send with a resume: nothing of it is lost, and what is meant is read.

use super::{resume::asking, *};

/// The response that a resume was recorded as.
async fn response(world: &World, document: Value, body: Value) -> Value {
    let path = world.waiting(document).await;
    let told = world.answered(&path, body.clone()).await.of(200);
    assert_eq!(told["completed"], true, "{body}");
    let interaction = format!("/v1/interactions/{}", told["interaction_id"].as_str().unwrap());
    world.get(&interaction).await.of(200)["responses"][0].clone()
}

fn options() -> Value {
    json!({"options": [{"id": "red", "label": "Red"}, {"id": "blue", "label": "Blue"}]})
}

#[tokio::test]
async fn every_word_that_a_person_sent_is_kept() {
    let world = World::local();
    let approval = || asking("approval", json!({}));
    for (body, comment, data) in [
        (json!({"approved": true, "reason": "within budget"}), json!("within budget"), Value::Null),
        (json!({"approved": true, "resume_data": {"reasoning": "fine"}}), json!("fine"), Value::Null),
        (
            json!({"approved": true, "comment": "yes", "reason": "budget",
                "resume_data": {"comment": "yes", "reasoning": "fine", "reason": "budget"}}),
            json!("yes\nbudget\nfine"),
            Value::Null,
        ),
        (
            json!({"approved": true, "resume_data": {"comment": "ok", "timestamp": 5, "custom": {"a": [1]}}}),
            json!("ok"),
            json!({"timestamp": 5, "custom": {"a": [1]}}),
        ),
        (json!({"approved": true, "resume_data": {"comment": 7}}), Value::Null, json!({"comment": 7})),
        (json!({"approved": true, "resume_data": "as you like"}), Value::Null, json!("as you like")),
        (json!({"approved": true, "resume_data": {"content": "edited"}}), Value::Null, json!({"content": "edited"})),
        (json!({"approved": true, "resume_data": {}}), Value::Null, Value::Null),
    ] {
        let kept = response(&world, approval(), body.clone()).await;
        assert_eq!((&kept["comment"], &kept["data"]), (&comment, &data), "{body}");
    }
    let body = json!({"resume_data": {"selected_option": "red", "reasoning": "warm", "shade": "dark"}});
    let kept = response(&world, asking("decision", options()), body).await;
    assert_eq!(kept["answer"], "red");
    assert_eq!((&kept["comment"], &kept["data"]), (&json!("warm"), &json!({"shade": "dark"})));
    let body = json!({"resume_data": {"text": "so", "reason": "because", "lang": "en"}});
    let kept = response(&world, asking("ask", json!({})), body).await;
    assert_eq!(kept["answer"], "so");
    assert_eq!((&kept["comment"], &kept["data"]), (&json!("because"), &json!({"lang": "en"})));
    // What an input asks for is the person's data, whatever its fields are called.
    let body = json!({"resume_data": {"reasoning": "r"}, "reason": "because"});
    let kept = response(&world, asking("input", json!({})), body).await;
    assert_eq!((&kept["answer"], &kept["comment"]), (&json!({"reasoning": "r"}), &json!("because")));
    assert_eq!(kept["data"], Value::Null);
}

#[tokio::test]
async fn the_port_of_data_is_also_called_approved() {
    let world = World::local();
    let body = json!({"approved": true, "resume_data": {"n": 1}, "output_port": "approved"});
    let kept = response(&world, asking("input", json!({})), body).await;
    assert_eq!((&kept["decision"], &kept["answer"]), (&json!("answered"), &json!({"n": 1})));
    let body = json!({"resume_data": "so", "output_port": "approved"});
    assert_eq!(response(&world, asking("ask", json!({})), body).await["decision"], "answered");
}

#[tokio::test]
async fn an_option_that_the_port_names_is_chosen_and_another_one_is_kept() {
    let world = World::local();
    let body = json!({"approved": true, "resume_data": {"selected_option": "red"}, "output_port": "blue"});
    let kept = response(&world, asking("decision", options()), body).await;
    assert_eq!((&kept["decision"], &kept["answer"]), (&json!("blue"), &json!("blue")));
    assert_eq!(kept["data"], json!({"selected_option": "red"}));
}
