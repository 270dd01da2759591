//! The inbox and answers to interactions.

use super::*;
use api::types;

#[tokio::test]
async fn the_inbox_shows_the_question_and_takes_one_answer() {
    let world = World::local();
    let id = world.started(approval(), json!({"amount": 5})).await;
    world.run().await;
    let inbox: types::Page<types::Interaction> =
        shaped(&world.get("/v1/interactions?status=pending&assignee=me").await.of(200));
    let one = &inbox.items[0];
    assert_eq!((one.question.as_str(), one.kind.as_str(), &one.execution_id), ("Pay 5?", "approval", &id));
    let execution: types::Execution = shaped(&world.get(&format!("/v1/executions/{id}")).await.of(200));
    assert_eq!((execution.status.as_str(), execution.pending_interactions.len()), ("waiting_human", 1));

    let path = format!("/v1/interactions/{}", one.interaction_id);
    let invalid = world.post(&format!("{path}/respond"), json!({"text": "yes"})).await.problem(422, "invalid_answer");
    assert!(invalid["errors"].as_array().is_some_and(|errors| !errors.is_empty()));
    // A body that is a list of the fields' values is refused, although serde could read it.
    let listed = json!([true, null, null, null, null, null, null, null]);
    world.post(&format!("{path}/respond"), listed).await.problem(422, "invalid_field");
    let answered: types::Responded = shaped(
        &world
            .post(&format!("{path}/respond"), json!({"approved": false, "answer_as": "bob@example.com"}))
            .await
            .of(200),
    );
    assert_eq!(
        (answered.status.as_str(), answered.decision.as_deref(), answered.responses_needed),
        ("answered", Some("rejected"), 0)
    );
    // The first answer decided: a later one is told the decision.
    let late = world.post(&format!("{path}/respond"), json!({"approved": true})).await.problem(409, "already_decided");
    assert_eq!(late["decision"], "rejected");
    let read: types::Interaction = shaped(&world.get(&path).await.of(200));
    let response = &read.responses[0];
    assert_eq!((response.by.as_str(), response.entered_by.as_deref()), ("bob@example.com", Some("ann@example.com")));
    world.run().await;
    assert_eq!(world.get(&format!("/v1/executions/{id}")).await.of(200)["output"], "refused");
    world.get("/v1/interactions/none").await.problem(404, "not_found");
    world.get("/v1/interactions?status=open").await.problem(422, "invalid_parameter");
}
