//! What every request reads, by the calls that DynamoDB Local got: a row is read once in some seconds, and what was revoked
//! or deleted counts no longer than that.

use ::aws::{Aws, limits::KNOWN_SECONDS};
use document::time::Time;
use engine::{
    port::{Clock, Host, Token},
    scope::Scope,
};
use stepwell_tests::{
    aws_world::World,
    store_conformance::{document, kept},
};

const NOW: Time = Time(1_800_000_000_000);
const OWNER: &str = "acme";

fn token(text: &str) -> Token {
    Token {
        sha256: api::sha256_of_token(text),
        name: "hot".into(),
        owner: OWNER.into(),
        subject: "ada@example.com".into(),
        scopes: Scope::ALL.to_vec(),
        expires_at: None,
        created_at: None,
    }
}

async fn knows(host: &Aws, token: &Token) -> bool {
    host.tokens().token(&token.sha256).await.unwrap().is_some()
}

fn reads(world: &World) -> u64 {
    world.wire.kinds().get("GetItem").copied().unwrap_or_default()
}

#[tokio::test]
async fn a_token_is_read_once_in_some_seconds_and_refused_soon_after_it_is_revoked() {
    let world = World::new(Some(NOW)).await;
    let (one, other) = (world.host(false, 1), world.host(false, 1));
    let token = token("hot");
    assert!(!knows(&one, &token).await);
    other.tokens().add_token(token.clone()).await.unwrap();
    assert!(knows(&one, &token).await, "that there was none is not remembered");
    world.wire.plan(None);
    for _ in 0..100 {
        assert!(knows(&one, &token).await && knows(&other, &token).await);
    }
    assert_eq!(reads(&world), 1, "the process that had not read it reads it once");
    let id = token.id().to_owned();
    assert!(other.tokens().remove_token(OWNER, &id).await.unwrap());
    assert!(!knows(&other, &token).await, "who revokes it refuses it at once");
    world.services.advance(NOW.after_seconds(KNOWN_SECONDS - 0.1));
    assert!(knows(&one, &token).await, "another process may still take it");
    world.services.advance(NOW.after_seconds(KNOWN_SECONDS));
    assert!(!knows(&one, &token).await, "and then no more");
}

#[tokio::test]
async fn a_version_is_read_once_in_some_seconds_and_the_latest_each_time() {
    let world = World::new(Some(NOW)).await;
    let (one, other) = (world.host(false, 1), world.host(false, 1));
    let workflow = kept(&one, &document("hot")).await;
    one.catalogue().save(OWNER, &workflow, None, one.now()).await.unwrap();
    let saved = async |host: &Aws, version| {
        let found = host.catalogue().saved(OWNER, workflow.id.as_str(), version).await.unwrap();
        found.map(|found| found.deleted)
    };
    assert_eq!(saved(&other, Some(1)).await, Some(false));
    world.wire.plan(None);
    for _ in 0..10 {
        assert_eq!(saved(&other, Some(1)).await, Some(false));
    }
    assert_eq!(reads(&world), 0, "the version and its document are in memory");
    for _ in 0..10 {
        assert_eq!(saved(&other, None).await, Some(false));
    }
    assert_eq!(reads(&world), 10, "what is the latest is asked each time");
    assert!(one.catalogue().delete_workflow(OWNER, workflow.id.as_str()).await.unwrap());
    assert_eq!((saved(&one, Some(1)).await, saved(&other, None).await), (Some(true), Some(true)));
    world.services.advance(NOW.after_seconds(KNOWN_SECONDS));
    assert_eq!(saved(&other, Some(1)).await, Some(true));
}
