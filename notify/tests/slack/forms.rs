//! Forms: opened by a button, checked by the rules, and answered beside their fields where they are wrong.

use super::*;

fn input() -> Value {
    json!({"kind": "input", "question": "How much?", "assignees": ["ana@example.com"], "rules": ["answer.amount < 100"],
        "schema": {"type": "object", "required": ["amount"], "properties": {
            "amount": {"type": "number", "minimum": 1}, "note": {"type": "string", "maxLength": 5}}}})
}

fn values(amount: &str, note: &str) -> Value {
    json!({"field.0": {"value": {"type": "number_input", "value": amount}},
        "field.1": {"value": {"type": "plain_text_input", "value": note}}})
}

#[tokio::test]
async fn a_form_is_opened_refused_beside_its_fields_and_taken_once_it_is_right() {
    let world = World::new().await;
    let id = world.asks(input()).await;
    assert_eq!(world.payload(&world.press("UANA", "form", &id)).await, (StatusCode::OK, json!({})));
    let opened = world.stand_in.calls("views.open");
    assert_eq!((opened.len(), opened[0].arguments["trigger_id"].as_str()), (1, "12.34"));
    let view = opened[0].json("view");
    assert_eq!((&view["private_metadata"], &view["callback_id"]), (&json!(id), &json!("form")));

    for (amount, note, field, says) in [
        ("ten", "", "field.0", "no number"),
        ("0.5", "", "field.0", "minimum"),
        ("5", "too long", "field.1", "longer"),
        ("500", "", "field.0", "rule"),
    ] {
        let (status, reply) = world.payload(&world.form("UANA", &id, values(amount, note))).await;
        assert_eq!((status, &reply["response_action"]), (StatusCode::OK, &json!("errors")), "{amount} {note}");
        let told = reply["errors"][field].as_str().unwrap_or_else(|| panic!("{amount} {note}: {reply}"));
        assert!(told.contains(says), "{told}");
    }
    assert_eq!(world.question(&id).await["responses"], json!([]));

    let right = world.form("UANA", &id, values("5", "ok"));
    for _ in 0..3 {
        assert_eq!(world.payload(&right).await, (StatusCode::OK, json!({"response_action": "clear"})));
    }
    let question = world.question(&id).await;
    assert_eq!(question["responses"].as_array().unwrap().len(), 1);
    assert_eq!(question["responses"][0]["answer"], json!({"amount": 5, "note": "ok"}));
    // A form that comes too late is told that, and how it ended.
    let (_, reply) = world.payload(&world.form("UANA", &id, values("6", "ok"))).await;
    assert!(reply["errors"]["field.0"].as_str().unwrap().contains("over"), "{reply}");
    world.payload(&world.press("UANA", "form", &id)).await;
    assert_eq!(world.stand_in.calls("views.open").len(), 1, "no form is opened of what is over");
    assert_eq!(world.stand_in.told("UANA").last().unwrap(), "this is decided already: answered");
}

#[tokio::test]
async fn a_review_takes_no_approval_of_a_text_that_was_emptied() {
    let world = World::new().await;
    let id = world.asks(json!({"kind": "review", "content": "Dear all,", "assignees": ["ana@example.com"]})).await;
    let values = |decision: &str, content: Value| {
        json!({"field.0": {"value": {"selected_option": {"value": decision}}},
        "field.1": {"value": {"value": content}}})
    };
    for empty in [Value::Null, json!(""), json!(" \n ")] {
        let (status, reply) = world.payload(&world.form("UANA", &id, values("0", empty))).await;
        assert_eq!((status, &reply["response_action"]), (StatusCode::OK, &json!("errors")));
        let words = "Nothing stands here: write what you approve, or reject it.";
        assert_eq!(reply["errors"], json!({"field.1": words}));
    }
    assert_eq!(world.question(&id).await["responses"], json!([]));
    // Of what is rejected nothing has to stand there.
    let (_, reply) = world.payload(&world.form("UANA", &id, values("1", Value::Null))).await;
    assert_eq!(reply["response_action"], "clear");
    assert_eq!(world.question(&id).await["decision"], "rejected");
}

#[tokio::test]
async fn who_is_not_asked_is_told_so_in_the_form() {
    let world = World::new().await;
    let id = world.asks(input()).await;
    let (status, reply) = world.payload(&world.form("UEVE", &id, values("5", ""))).await;
    assert_eq!((status, &reply["response_action"]), (StatusCode::OK, &json!("errors")));
    assert!(reply["errors"]["field.0"].as_str().unwrap().contains("not among those"), "{reply}");
    assert_eq!(world.question(&id).await["responses"], json!([]));
}

#[tokio::test]
async fn no_form_is_opened_for_who_may_not_answer() {
    let world = World::new().await;
    let id = world.asks(input()).await;
    world.payload(&world.press("UEVE", "form", &id)).await;
    assert_eq!(world.stand_in.told("UEVE"), ["eve@example.com is not among those who are asked"]);
    world.stand_in.account(json!({"id": "UGUEST", "team_id": "T1", "is_restricted": true, "is_email_confirmed": true,
        "profile": {"email": "ana@example.com"}}));
    world.payload(&world.press("UGUEST", "form", &id)).await;
    assert!(world.stand_in.told("UGUEST")[0].contains("guest"), "{:?}", world.stand_in.told("UGUEST"));
    assert_eq!(world.stand_in.calls("views.open").len(), 0);
}

#[tokio::test]
async fn while_slack_opens_no_form_the_button_has_to_be_pressed_again() {
    let world = World::new().await;
    let id = world.asks(input()).await;
    for (status, body) in [(500, "oops"), (429, "")] {
        world.stand_in.fails_next("views.open", status, Some(1), body);
        let (answered, problem) = world.payload(&world.press("UANA", "form", &id)).await;
        assert_eq!((answered, &problem["code"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("unavailable")));
    }
    assert_eq!(world.payload(&world.press("UANA", "form", &id)).await.0, StatusCode::OK);
}

#[tokio::test]
async fn what_is_wrong_with_the_whole_stands_beside_the_field_that_it_names() {
    let world = World::new().await;
    let config = json!({"kind": "input", "question": "?", "assignees": ["ana@example.com"],
        "rules": ["answer.amount_due < 100"],
        "schema": {"type": "object", "required": ["amount", "note"], "properties": {
            "amount": {"type": "number"}, "amount_due": {"type": "number"}, "note": {"type": "string"}}}});
    let id = world.asks(config).await;
    let values = json!({"field.0": {"value": {"value": "5"}}, "field.1": {"value": {"value": "500"}}});
    let (_, reply) = world.payload(&world.form("UANA", &id, values)).await;
    let beside = |field: &str| reply["errors"][field].as_str().unwrap_or_default().to_owned();
    assert!(beside("field.1").contains("amount_due < 100"), "{reply}");
    assert!(beside("field.2").contains("\"note\" is a required property"), "{reply}");
    assert_eq!(reply["errors"].as_object().unwrap().len(), 2, "{reply}");
}

#[tokio::test]
async fn a_form_that_slack_does_not_open_is_told_of() {
    let world = World::new().await;
    let id = world.asks(input()).await;
    let mut press = world.press("UANA", "form", &id);
    press["trigger_id"] = json!("late");
    assert_eq!(world.payload(&press).await.0, StatusCode::OK);
    assert!(world.stand_in.told("UANA")[0].contains("press the button again"));
}

#[tokio::test]
async fn a_dangerous_tool_is_decided_in_a_direct_message_by_its_name_alone() {
    let world = World::new().await;
    let id = world
        .asks(json!({"kind": "authorization", "tool": "drop_table", "arguments": {"table": "users"},
            "security_level": "high", "assignees": ["ana@example.com"]}))
        .await;
    // No button decides it, whoever made the button; and no form is opened where others look on.
    for action in ["approve", "reject", "form"] {
        assert_eq!(world.payload(&world.press("UANA", action, &id)).await.0, StatusCode::OK);
    }
    assert!(world.stand_in.told("UANA").iter().all(|text| text.contains("cannot be decided from a channel")));
    assert_eq!((world.stand_in.told("UANA").len(), world.stand_in.calls("views.open").len()), (3, 0));
    let mut direct = world.press("UANA", "form", &id);
    direct["channel"]["id"] = json!("DUANA");
    world.payload(&direct).await;
    assert_eq!(world.stand_in.calls("views.open").len(), 1);
    let values = |tool: Value| json!({"field.0": {"value": {"selected_option": {"value": "0"}}}, "field.1": {"value": {"value": tool}}});
    for wrong in [Value::Null, json!("drop table")] {
        let (_, reply) = world.payload(&world.form("UANA", &id, values(wrong))).await;
        assert!(reply["errors"]["field.1"].is_string(), "{reply}");
    }
    assert_eq!(world.question(&id).await["status"], "pending");
    world.payload(&world.form("UANA", &id, values(json!("drop_table")))).await;
    assert_eq!(world.question(&id).await["decision"], "approved");
}
