//! The page of the host itself.

use crate::{
    browser::text,
    visitor::main,
    world::{ANN, World},
};
use engine::port::{Group, Host, Secret};
use serde_json::json;
use stepwell_core::execution::Status;

#[tokio::test]
async fn every_empty_section_says_what_to_do_and_what_the_host_does_not_tell_is_not_shown() {
    let world = World::new();
    let page = text(&world.visitor().await.get("/operations").await.of(200));
    for part in [
        "The service answers",
        "There is no dead letter",
        "No workflow is started by a schedule.",
        "There is no job.",
        "There is no group.",
        "There is no token.",
        "No secret is stored.",
        "This host does not count its queue here",
    ] {
        assert!(page.contains(part), "{part} is not in: {page}");
    }
    assert!(!page.contains("Messages in the queue") && !page.to_lowercase().contains("worker"), "{page}");
}

#[tokio::test]
async fn a_dead_letter_is_shown_and_sent_again() {
    let world = World::new();
    let document = json!({"id": "fetch-prices", "nodes": [{"id": "start", "type": "manual_trigger"},
        {"id": "fetch", "type": "http_request", "config": {"url": "https://example.com"}}],
        "edges": [{"from": "start", "to": "fetch"}]});
    let body = json!({"workflow": document, "input": {}});
    let id = world.ask("POST", "/v1/executions", &body).await.json()["execution_id"].as_str().unwrap().to_owned();
    let delivery = world.host.take().unwrap();
    engine::supervise::bury(&*world.host, &delivery.message, "it cannot be read").await.unwrap();
    world.host.bury(delivery.receipt, "it cannot be read");
    assert_eq!(world.state(&id).status(), Status::Stuck);
    let visitor = world.visitor().await;
    let shown = text(&visitor.get("/operations").await.of(200));
    assert!(shown.contains("fetch-prices") && shown.contains("Redrive"), "{shown}");
    assert!(text(&visitor.get("/").await.of(200)).contains("dead letter"));
    let sent = [("execution", id.as_str()), ("action", "redrive"), ("confirmed", "yes")];
    assert_eq!(visitor.forge("/executions/many", &sent).await.status, 403);
    assert_eq!(visitor.send("/executions/many", &sent).await.status, 303);
    world.run().await;
    assert_eq!(world.state(&id).status(), Status::Failed, "it ran, on a host that runs no request");
    assert!(text(&visitor.get("/operations").await.of(200)).contains("There is no dead letter"));
}

#[tokio::test]
async fn schedules_groups_and_names_of_secrets_are_listed_but_no_value() {
    let world = World::new();
    let document = json!({"id": "nightly", "nodes": [
        {"id": "clock", "type": "schedule_trigger", "config": {"cron": "0 3 * * *", "timezone": "Europe/Berlin"}},
        {"id": "end", "type": "succeed"}], "edges": [{"from": "clock", "to": "end"}]});
    assert_eq!(world.ask("POST", "/v1/workflows", &document).await.status, 201);
    let group = Group { name: "treasury".into(), members: vec![ANN.into()] };
    world.host.groups().set_group("acme", group).await.unwrap();
    let secret = Secret { value: "hush-hush".into(), hosts: vec!["api.example.com".into()], for_inline: false };
    world.host.secrets().set_secret("acme", "BANK_KEY", secret).await.unwrap();
    let page = world.visitor().await.get("/operations").await.of(200);
    let shown = text(&page);
    for part in [
        "nightly",
        "0 3 * * *",
        "Europe/Berlin",
        "1 Feb 2026, 02:00 UTC in 17 hours then 2 Feb 2026, 02:00 UTC none",
        "treasury",
        ANN,
        "BANK_KEY",
        "api.example.com",
    ] {
        assert!(shown.contains(part), "{part} is not in: {shown}");
    }
    assert!(!page.contains("hush-hush"));
    let stranger = world.bearer("other", ANN, api::Scope::ALL).await;
    let other = stranger.get("/operations").await.of(200);
    assert!(!other.contains("nightly") && !other.contains("treasury") && !other.contains("BANK_KEY"));
}

#[tokio::test]
async fn a_first_token_that_shuts_everybody_out_is_asked_about() {
    let world = World::new();
    let visitor = world.visitor().await;
    let mut sent = vec![("name", "ci"), ("subject", "ci@example.com"), ("scope", "read"), ("lasts", "30")];
    let warning = text(&visitor.get("/operations").await.of(200));
    assert!(warning.contains("! After this, everybody needs a token to sign in."), "{warning}");
    let asked = visitor.send("/operations/tokens", &sent).await.of(422);
    assert!(text(&asked).contains("This is the first token") && asked.contains("value=\"yes\""), "{}", text(&asked));
    assert!(text(&visitor.get("/operations").await.of(200)).contains("There is no token."), "none was made");
    sent[1].1 = "not a mail";
    let wrong = visitor.send("/operations/tokens", &[&sent[..], &[("scope", "admin")]].concat()).await.of(422);
    assert!(text(&wrong).contains("Write an e-mail address."), "{}", text(&wrong));
    sent[1].1 = "ci@example.com";
    let made = visitor.send("/operations/tokens", &[&sent[..], &[("sure", "yes")]].concat()).await.of(200);
    assert!(made.contains("data-copy=\"token\"") && text(&made).contains("A new token"), "{}", text(&made));
}

#[tokio::test]
async fn a_token_is_made_shown_once_and_revoked_after_a_question() {
    let world = World::new();
    let admin = world.bearer("acme", ANN, api::Scope::ALL).await;
    let sent = [("name", "ci"), ("subject", "ci@example.com"), ("scope", "read"), ("scope", "run"), ("lasts", "30")];
    assert_eq!(admin.forge("/operations/tokens", &sent).await.status, 403);
    let wrong = admin
        .send("/operations/tokens", &[("name", "ci"), ("subject", "ci@example.com"), ("lasts", "30")])
        .await
        .of(422);
    assert!(
        text(&wrong).contains("A token needs a scope") && wrong.contains("value=\"ci@example.com\""),
        "{}",
        text(&wrong)
    );
    let made = admin.send("/operations/tokens", &sent).await.of(200);
    assert!(text(&made).contains("May read everything; start and control executions"), "{}", text(&made));
    let token = made.split("sw_").nth(1).map(|rest| format!("sw_{}", rest.split('<').next().unwrap())).unwrap();
    let listed = admin.get("/operations").await.of(200);
    assert!(!listed.contains(&token) && text(&listed).contains("ci@example.com read, run"), "{}", text(&listed));
    let id = world.host.tokens().token(&api::sha256_of_token(&token)).await.unwrap().unwrap().id().to_owned();
    let asked = admin.get(&format!("/operations/tokens/{id}/revoke")).await.of(200);
    assert!(text(&asked).contains("Revoke the token ci?"));
    assert!(world.host.tokens().token(&api::sha256_of_token(&token)).await.unwrap().is_some());
    assert_eq!(admin.forge(&format!("/operations/tokens/{id}/revoke"), &[]).await.status, 403);
    let gone = admin.send(&format!("/operations/tokens/{id}/revoke"), &[]).await;
    assert_eq!((gone.status, gone.location()), (303, "../../../operations"));
    assert!(world.host.tokens().token(&api::sha256_of_token(&token)).await.unwrap().is_none());
}

#[tokio::test]
async fn whoever_revokes_the_last_token_is_the_hosts_own_user_again() {
    let world = World::new();
    let ann = world.bearer("acme", ANN, api::Scope::ALL).await;
    let id = world
        .host
        .tokens()
        .token(&api::sha256_of_token(&format!("acme-{ANN}")))
        .await
        .unwrap()
        .unwrap()
        .id()
        .to_owned();
    assert_eq!(ann.send(&format!("/operations/tokens/{id}/revoke"), &[]).await.status, 303);
    let page = text(&ann.get("/operations").await.of(200));
    assert!(page.contains("zoe@example.com") && page.contains("There is no token."), "{page}");
    // Where another token is left, whoever had the one that was revoked is nobody.
    let bob = world.bearer("acme", "bob@example.com", api::Scope::ALL).await;
    assert_eq!(ann.get("/operations").await.status, 303);
    assert_eq!(bob.get("/operations").await.status, 200);
}

#[tokio::test]
async fn only_an_admin_sees_tokens_and_secrets() {
    let world = World::new();
    let reader = world.bearer("acme", ANN, &[api::Scope::Read, api::Scope::Run, api::Scope::Respond]).await;
    let page = reader.get("/operations").await.of(200);
    assert!(!main(&page).contains("Tokens") && !main(&page).contains("Secrets"));
    assert_eq!(
        reader
            .send("/operations/tokens", &[("name", "x"), ("subject", "x"), ("scope", "admin"), ("lasts", "30")])
            .await
            .status,
        403
    );
}
