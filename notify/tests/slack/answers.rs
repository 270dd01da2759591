//! Presses of buttons: one answer of each person, one decision, and everybody told.

use super::*;

#[tokio::test]
async fn the_same_payload_three_times_is_one_answer() {
    let world = World::new().await;
    let mut config = approval();
    config["approval_threshold"] = json!(2);
    let id = world.asks(config).await;
    let press = world.press("UANA", "approve", &id);
    for _ in 0..3 {
        assert_eq!(world.payload(&press).await, (StatusCode::OK, json!({})));
    }
    let question = world.question(&id).await;
    assert_eq!((question["responses"].as_array().unwrap().len(), &question["status"]), (1, &json!("pending")));
    let response = &question["responses"][0];
    assert_eq!((&response["by"], &response["via"]), (&json!("ana@example.com"), &json!("slack")));
    assert_eq!(world.stand_in.told("UANA"), vec!["your answer is recorded; one more is needed"; 3]);
    // Another press of the same person is another vote in place of the first.
    let mut again = world.press("UANA", "reject", &id);
    again["actions"][0]["action_ts"] = json!("1700000002.1");
    world.payload(&again).await;
    let question = world.question(&id).await;
    assert_eq!((question["responses"].as_array().unwrap().len(), &question["decision"]), (2, &json!("rejected")));
    // Once it is decided, the first payload still counts once, and is told what it was told.
    world.payload(&press).await;
    assert_eq!(world.question(&id).await["responses"].as_array().unwrap().len(), 2);
    assert_eq!(world.stand_in.calls("users.info").len(), 1, "who is who is remembered");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_hundred_presses_at_once_one_decides_and_all_others_are_told_which() {
    let world = Arc::new(World::with_owner(None).await);
    let people: Vec<String> = (0..200).map(|at| format!("p{at}@example.com")).collect();
    for (at, email) in people.iter().enumerate() {
        world.stand_in.member(&format!("U{at}"), email);
    }
    let id = world.asks(json!({"kind": "approval", "question": "Go?", "assignees": people})).await;
    let presses = (0..200).map(|at| {
        let action = if at % 2 == 0 { "approve" } else { "reject" };
        let (world, press) = (world.clone(), world.press(&format!("U{at}"), action, &id));
        tokio::spawn(async move { world.payload(&press).await.0 })
    });
    for press in presses.collect::<Vec<_>>() {
        assert_eq!(press.await.unwrap(), StatusCode::OK);
    }
    let question = world.question(&id).await;
    assert_eq!((&question["status"], question["responses"].as_array().unwrap().len()), (&json!("answered"), 1));
    let decision = question["decision"].as_str().unwrap();
    let told: Vec<String> = (0..200).flat_map(|at| world.stand_in.told(&format!("U{at}"))).collect();
    assert_eq!(told.len(), 200);
    let decided = format!("your answer decided this: {decision}");
    assert_eq!(told.iter().filter(|text| **text == decided).count(), 1);
    let others = told.iter().filter(|text| text.contains("over") && text.contains(decision));
    assert_eq!(others.count(), 199, "{told:?}");
}

#[tokio::test]
async fn who_is_not_asked_is_told_so_and_nothing_changes() {
    let world = World::new().await;
    let id = world.asks(approval()).await;
    assert_eq!(world.payload(&world.press("UEVE", "approve", &id)).await.0, StatusCode::OK);
    assert_eq!(world.stand_in.told("UEVE"), ["eve@example.com is not among those who are asked"]);
    assert_eq!(world.question(&id).await["responses"], json!([]));
    // A question that is not there is no secret: the person is told, and Slack is content.
    let unknown = "018f2b6e-7a10-8c3d-9e4f-0123456789ab";
    assert_eq!(world.payload(&world.press("UANA", "approve", unknown)).await.0, StatusCode::OK);
    assert_eq!(world.stand_in.told("UANA"), ["this question is not there any more"]);
}

#[tokio::test]
async fn an_option_is_chosen_by_a_button_or_a_menu() {
    let world = World::new().await;
    let options: Vec<Value> =
        (0..8).map(|at| json!({"id": format!("o{at}"), "label": format!("Option {at}")})).collect();
    let config =
        json!({"kind": "decision", "question": "Which?", "options": options, "assignees": ["ana@example.com"]});
    let id = world.asks(config).await;
    let mut press = world.press("UANA", "menu", &id);
    press["actions"][0]["selected_option"] = json!({"value": format!("{id} 99")});
    world.payload(&press).await;
    assert_eq!(world.question(&id).await["status"], "pending");
    press["actions"][0]["selected_option"] = json!({"value": format!("{id} 6")});
    world.payload(&press).await;
    assert_eq!(world.question(&id).await["decision"], "o6");
    assert_eq!(world.stand_in.told("UANA")[1], "your answer decided this: Option 6");
}

#[tokio::test]
async fn the_command_lists_what_waits_for_its_person() {
    let world = World::with_owner(Some("acme")).await;
    world.stand_in.member("UANA", "ana@example.com");
    world.stand_in.member("UEVE", "eve@example.com");
    let mut config = approval();
    config["question"] = json!("Pay <!channel> 5?");
    world.asks(config).await;
    let (status, reply) = world.hook("command=%2Fstepwell&text=&user_id=UANA&trigger_id=1.2").await;
    assert_eq!((status, &reply["response_type"]), (StatusCode::OK, &json!("ephemeral")));
    let text = reply["text"].as_str().unwrap();
    assert!(text.contains("Pay &lt;!channel&gt; 5?") && text.contains("(pay)"), "{text}");
    let (_, reply) = world.hook("command=%2Fstepwell&text=&user_id=UEVE&trigger_id=1.3").await;
    assert_eq!(reply["text"], "Nothing waits for you.");
    let world = World::new().await;
    let (status, reply) = world.hook("command=%2Fstepwell&text=&user_id=UANA&trigger_id=1.4").await;
    assert!(status == StatusCode::OK && reply["text"].as_str().unwrap().contains("STEPWELL_SLACK_OWNER"), "{reply}");
}
