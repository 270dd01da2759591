//! What is believed: Slack's signature of the last five minutes, and the address of a full member of the workspace.

use super::*;
use std::time::Duration;

#[tokio::test]
async fn only_what_slack_signed_within_five_minutes_is_read() {
    let world = World::new().await;
    let id = world.asks(approval()).await;
    let body = encoded(&world.press("UANA", "approve", &id));
    let now = world.host.now();
    let minutes = |count: u64| Duration::from_secs(60 * count);
    let early = Time(now.0 - 6 * 60_000);
    let mut unsigned = signed(&body, now, SECRET);
    unsigned.headers_mut().remove("x-slack-signature");
    let mut changed = signed(&body, now, SECRET);
    *changed.body_mut() = Body::from(body.replace("approve", "reject"));
    for request in [
        unsigned,
        changed,
        signed(&body, now, "another secret"),
        signed(&body, early, SECRET),
        signed(&body, now + minutes(6), SECRET),
    ] {
        let (status, problem) = world.send(request).await;
        assert_eq!((status, &problem["code"]), (StatusCode::UNAUTHORIZED, &json!("invalid_signature")));
        assert!(!problem.to_string().contains("UANA"), "{problem}");
    }
    assert_eq!(world.question(&id).await["status"], "pending");
    // What was good is refused when it is played again later.
    assert_eq!(world.send(signed(&body, now, SECRET)).await.0, StatusCode::OK);
    world.host.advance(now + minutes(6));
    assert_eq!(world.send(signed(&body, now, SECRET)).await.0, StatusCode::UNAUTHORIZED);
    let (status, problem) = world.hook("payload=nonsense").await;
    assert_eq!((status, &problem["code"]), (StatusCode::BAD_REQUEST, &json!("invalid_request")));
}

#[tokio::test]
async fn a_host_without_slack_says_what_to_set() {
    let host = Arc::new(Memory::new(Time(0)));
    let service = api::service(Arc::new(App::new(host)), api::routes());
    let response = service.oneshot(signed("x=1", Time(0), SECRET)).await.unwrap();
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let problem: Value = serde_json::from_slice(&bytes).unwrap();
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains(notify::slack::TOKEN) && detail.contains(notify::slack::SIGNING_SECRET), "{detail}");
}

#[tokio::test]
async fn an_address_counts_only_of_a_full_member_of_the_apps_workspace() {
    let world = World::with_owner(None).await;
    let id = world.asks(approval()).await;
    for (user, account) in [
        // The administrator of another workspace can give an account any address.
        ("UFOREIGN", json!({"id": "UFOREIGN", "team_id": "T2", "profile": {"email": "ana@example.com"}})),
        (
            "USTRANGE",
            json!({"id": "USTRANGE", "team_id": "T1", "is_stranger": true, "profile": {"email": "ana@example.com"}}),
        ),
        (
            "UFRESH",
            json!({"id": "UFRESH", "team_id": "T1", "is_email_confirmed": false, "profile": {"email": "ana@example.com"}}),
        ),
        ("UROBOT", json!({"id": "UROBOT", "team_id": "T1", "is_bot": true, "profile": {"email": "ana@example.com"}})),
        ("UGONE", json!({"id": "UGONE", "team_id": "T1", "deleted": true, "profile": {"email": "ana@example.com"}})),
        (
            "UGUEST",
            json!({"id": "UGUEST", "team_id": "T1", "is_restricted": true, "is_email_confirmed": true,
                "profile": {"email": "ana@example.com"}}),
        ),
        ("UBLANK", json!({"id": "UBLANK", "team_id": "T1", "profile": {}})),
    ] {
        world.stand_in.account(account);
        assert_eq!(world.payload(&world.press(user, "approve", &id)).await.0, StatusCode::OK, "{user}");
        assert_eq!(world.stand_in.told(user).len(), 1, "{user}");
    }
    assert_eq!(world.question(&id).await["responses"], json!([]));
}

#[tokio::test]
async fn a_request_that_names_another_workspace_is_nobodys_here() {
    let world = World::new().await;
    let id = world.asks(approval()).await;
    // Both name a user whose id is a member's here: the app may be installed elsewhere too.
    for place in ["/team/id", "/user/team_id"] {
        let mut press = world.press("UANA", "approve", &id);
        *press.pointer_mut(place).unwrap() = json!("T9");
        assert_eq!(world.payload(&press).await.0, StatusCode::OK);
        assert!(world.stand_in.told("UANA").last().unwrap().contains("another workspace"), "{place}");
    }
    assert_eq!(world.question(&id).await["responses"], json!([]));
    // The same press of the own workspace counts.
    assert_eq!(world.payload(&world.press("UANA", "approve", &id)).await.0, StatusCode::OK);
    assert_eq!(world.question(&id).await["decision"], "approved");
}

#[tokio::test]
async fn while_slack_does_not_say_who_somebody_is_the_press_has_to_come_again() {
    let world = World::new().await;
    let id = world.asks(approval()).await;
    let press = world.press("UANA", "approve", &id);
    for (status, body) in [(429, ""), (500, "oops"), (200, r#"{"ok":false,"error":"internal_error"}"#)] {
        world.stand_in.fails_next("users.info", status, Some(1), body);
        let (answered, problem) = world.payload(&press).await;
        assert_eq!((answered, &problem["code"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("unavailable")));
    }
    assert_eq!(world.payload(&press).await.0, StatusCode::OK);
    assert_eq!(world.question(&id).await["decision"], "approved");
}

#[tokio::test]
async fn a_question_that_names_nobody_is_for_the_people_of_its_own_tenant() {
    let open = || json!({"kind": "approval", "question": "Pay 5?"});
    let world = World::new().await;
    let id = world.asks(open()).await;
    assert_eq!(world.payload(&world.press("UANA", "approve", &id)).await.0, StatusCode::OK);
    assert!(world.stand_in.told("UANA")[0].contains("STEPWELL_SLACK_OWNER"));
    assert_eq!(world.question(&id).await["status"], "pending");
    for (owner, status) in [("other", "pending"), ("acme", "answered")] {
        let world = World::with_owner(Some(owner)).await;
        world.stand_in.member("UANA", "ana@example.com");
        let id = world.asks(open()).await;
        world.payload(&world.press("UANA", "approve", &id)).await;
        assert_eq!(world.question(&id).await["status"], status, "{owner}");
    }
}

#[tokio::test]
async fn the_requester_is_kept_out_on_this_path_too() {
    let world = World::new().await;
    world.stand_in.member("UROB", "rob@example.com");
    let mut config = approval();
    config["assignees"] = json!(["rob@example.com", "ana@example.com"]);
    config["allow_requester"] = json!(false);
    let id = world.asks(config).await;
    world.payload(&world.press("UROB", "approve", &id)).await;
    assert!(world.stand_in.told("UROB")[0].contains("whoever started the execution"));
    assert_eq!(world.question(&id).await["status"], "pending");
}

#[tokio::test]
async fn a_word_goes_to_no_address_but_slacks_own() {
    let world = World::new().await;
    let other = StandIn::start().await;
    let id = world.asks(approval()).await;
    let mut press = world.press("UANA", "approve", &id);
    press["response_url"] = json!(other.response_url("UANA"));
    assert_eq!(world.payload(&press).await.0, StatusCode::OK);
    assert!(other.told("UANA").is_empty());
    assert_eq!(world.question(&id).await["decision"], "approved");
}
