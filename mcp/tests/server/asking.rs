//! Agents ask people, and answer.

use super::*;

/// The only open question.
async fn open(world: &World) -> Value {
    let listed = world.call("list_interactions", json!({})).await;
    let items = listed["structuredContent"]["items"].as_array().unwrap().clone();
    assert_eq!(items.len(), 1, "{listed:#}");
    items[0].clone()
}

/// Calls a tool that asks, and answers its question by the API. Returns the tool's result.
async fn answered(world: &World, name: &str, arguments: Value, answer: Value) -> Value {
    let people = async {
        loop {
            let listed = world.call("list_interactions", json!({})).await;
            if let Some(id) = listed["structuredContent"]["items"][0]["interaction_id"].as_str() {
                return world.api(None, "POST", &format!("/v1/interactions/{id}/respond"), answer.clone()).await;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    world.meanwhile(futures::future::join(world.call(name, arguments), people)).await.0
}

#[tokio::test]
async fn a_question_gives_the_answer_of_a_person() {
    let world = World::local();
    let asked = json!({ "question": "Which colour, {{ input.question }}?", "assignees": ["ann@example.com"] });
    let result = answered(&world, "ask_human", asked, json!({ "text": "blue", "comment": "as always" })).await;
    assert_eq!(said(&result), ("blue\ncomment: as always".into(), false));
    let told = &result["structuredContent"];
    assert_eq!((&told["status"], &told["answered_by"]), (&json!("answered"), &json!("ann@example.com")), "{told:#}");
    let id = told["execution_id"].as_str().unwrap();
    let shown = world.api(None, "GET", &format!("/v1/interactions?execution_id={id}&status=answered"), json!({})).await;
    let question = &shown["items"][0]["question"];
    assert_eq!(question, "Which colour, {{ input.question }}?", "nothing of what an agent says is evaluated");
}

#[tokio::test]
async fn options_are_chosen_from_as_they_were_given() {
    let world = World::local();
    let asked = json!({ "question": "Where to?", "options": ["To the left", "right"] });
    let result = answered(&world, "ask_human", asked, json!({ "option": "To the left" })).await;
    assert_eq!(said(&result), ("To the left".into(), false));
    for options in [json!(["a", "a"]), json!(["{{ input.question }}", "b"]), json!(["timeout"])] {
        let asked = json!({ "question": "?", "options": options });
        let (text, is_error) = said(&world.call("ask_human", asked).await);
        assert!(is_error && text.contains("invalid_workflow"), "{text}");
    }
}

#[tokio::test]
async fn leave_is_given_or_refused_by_a_person() {
    let world = World::local();
    let asked = json!({ "tool_name": "delete_files", "reason": "They are old.", "security_level": "high",
        "arguments": { "path": "/tmp/x" } });
    let yes = answered(&world, "request_authorization", asked.clone(), json!({ "approved": true })).await;
    assert_eq!((said(&yes), &yes["structuredContent"]["answer"]), (("approved".into(), false), &json!(true)));
    let no = json!({ "approved": false, "comment": "keep them" });
    let no = answered(&world, "request_authorization", asked, no).await;
    assert_eq!(said(&no), ("rejected\ncomment: keep them".into(), false));
    assert_eq!(no["structuredContent"]["decision"], "rejected");
}

#[tokio::test]
async fn a_question_that_nobody_answers_is_asked_for_again() {
    let world = World::local();
    let result = world.meanwhile(world.call("ask_human", json!({ "question": "Anybody?" }))).await;
    let id = result["structuredContent"]["execution_id"].as_str().unwrap().to_owned();
    let (text, is_error) = said(&result);
    assert!(!is_error && text.contains(&id) && text.contains("get_execution"), "{text}");
    let question = open(&world).await;
    assert_eq!(result["structuredContent"]["interaction_id"], question["interaction_id"]);
    let answer = json!({ "interaction_id": question["interaction_id"], "text": "me", "idempotency_key": "a" });
    let done = world.call("answer", answer).await;
    assert_eq!(done["structuredContent"]["status"], "answered", "{done:#}");
    let shown = world.meanwhile(world.call("get_execution", json!({ "execution_id": id, "wait_seconds": 1 }))).await;
    assert_eq!(shown["structuredContent"]["output"]["answer"], "me", "{shown:#}");
}

#[tokio::test]
async fn an_agent_with_a_token_of_its_own_does_not_decide_what_it_asks() {
    let world = World::with(|app| app);
    world.token("agent", "acme", &["read", "run", "respond"]).await;
    world.token("ann", "acme", &["read", "respond"]).await;
    let asked = json!({ "tool_name": "t", "reason": "r" });
    let result = world.meanwhile(world.call_by("agent", "request_authorization", asked)).await;
    let question = result["structuredContent"]["interaction_id"].clone();
    let answer = json!({ "interaction_id": question, "approved": true });
    let (text, is_error) = said(&world.call_by("agent", "answer", answer.clone()).await);
    assert!(is_error, "{text}");
    assert_eq!(world.call_by("ann", "answer", answer).await["structuredContent"]["decision"], "approved");
}

#[tokio::test]
async fn what_nobody_can_be_asked_is_told_to_the_agent_and_nobody_is_asked() {
    let world = World::local();
    let long = "x".repeat(16_385);
    let asks = [
        (json!({ "question": "" }), "/question: this is more than blanks"),
        (json!({ "question": long }), "/question: it has 16385 bytes"),
        (json!({ "question": "?", "assignees": ["ann@example.com", "nobody"] }), "/assignees/1: `nobody` is no e-mail"),
        (json!({ "question": "?", "assignees": ["group:nobody"] }), "/assignees/0: nobody is in the group `nobody`"),
    ];
    let leave = [
        (json!({ "tool_name": "", "reason": "" }), "/reason: this is more than blanks; /tool_name: this is more"),
        (json!({ "tool_name": "t", "reason": "r", "assignees": ["nobody"] }), "/assignees/0: `nobody` is no e-mail"),
    ];
    let each = asks.iter().map(|one| ("ask_human", one)).chain(leave.iter().map(|one| ("request_authorization", one)));
    for (name, (arguments, says)) in each {
        let (text, is_error) = said(&world.call(name, arguments.clone()).await);
        assert!(is_error && text.contains(says) && text.contains("invalid_arguments"), "{name} {arguments}: {text}");
    }
    let listed = world.call("list_interactions", json!({})).await;
    assert_eq!(listed["structuredContent"]["items"], json!([]));
}
