//! Who gets in, and what a form needs.

use crate::{
    browser::{filled, text},
    world::World,
};
use engine::port::{Clock, Host, Token};
use std::time::Duration;

const HERE: &str = "localhost:8080";

/// A token of a tenant, which ends after an hour.
fn token(world: &World, owner: &str, secret: &str) -> Token {
    Token {
        sha256: api::sha256_of_token(secret),
        name: "laptop".into(),
        owner: owner.into(),
        subject: "ann@example.com".into(),
        scopes: api::Scope::ALL.to_vec(),
        expires_at: Some(world.host.now() + Duration::from_secs(3600)),
        created_at: None,
    }
}

fn form_token(page: &str) -> String {
    filled(page).into_iter().find(|(name, _)| name == "form_token").unwrap().1
}

/// Signs in by the form, and gives the cookie.
async fn sign_in(world: &World, secret: &str) -> String {
    let page = world.get("/sign-in?next=%2Fexecutions").await;
    let (cookie, proof) = (page.cookie().unwrap(), form_token(&page.text));
    let pairs = [("form_token", proof.as_str()), ("token", secret), ("next", "/executions")];
    let answer = world.form_as("/sign-in", &cookie, &pairs).await;
    assert_eq!((answer.status, answer.location()), (303, "./executions"));
    answer.cookie().unwrap()
}

#[tokio::test]
async fn the_local_user_needs_no_sign_in_and_gets_one_cookie() {
    let world = World::new();
    let first = world.get_as("/", "", HERE).await;
    let set = first.headers["set-cookie"].to_str().unwrap().to_owned();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(set.contains(part), "{set}");
    }
    assert!(!set.contains("Secure"), "{set}");
    let again = world.get_as("/", &first.cookie().unwrap(), HERE).await;
    assert_eq!((again.status, again.cookie()), (200, None));
    // A cookie that somebody made up is no session.
    let forged = world.get_as("/", "stepwell=eyJ2aXNpdG9yIjp7ImlkIjoiYSJ9fQ.AAAA", HERE).await;
    assert!(forged.cookie().is_some());
}

#[tokio::test]
async fn under_a_public_name_and_through_a_proxy_nobody_is_signed_in_by_itself() {
    let world = World::new();
    for page in ["/", "/executions?status=failed"] {
        let answer = world.get_as(page, "", "flows.example.com").await;
        let next = if page == "/" { "./sign-in" } else { "./sign-in?next=%2Fexecutions%3Fstatus%3Dfailed" };
        // A page that is not there yet says so before it asks who wants it.
        if answer.status != 404 {
            assert_eq!((answer.status, answer.location()), (303, next));
        }
        assert!(answer.headers.get("set-cookie").is_none_or(|set| set.to_str().unwrap().contains("Secure")));
    }
    let api = world.get_as("/v1/executions", "", "flows.example.com").await;
    assert_eq!(api.status, 401);
}

#[tokio::test]
async fn a_token_signs_in_until_it_ends_and_no_longer() {
    let world = World::new();
    world.host.tokens().add_token(token(&world, "acme", "good")).await.unwrap();
    assert_eq!(world.get_as("/", "", HERE).await.location(), "./sign-in", "there are tokens now");
    // A wrong token says what to do, and signs nobody in.
    let page = world.get("/sign-in").await;
    let (cookie, proof) = (page.cookie().unwrap(), form_token(&page.text));
    let wrong = world.form_as("/sign-in", &cookie, &[("form_token", &proof), ("token", "bad")]).await;
    assert!(wrong.cookie().is_none());
    assert!(text(&wrong.of(422)).contains("This token is not known"));
    let session = sign_in(&world, "good").await;
    let page = world.get_as("/", &session, HERE).await.of(200);
    assert!(text(&page).contains("ann@example.com") && text(&page).contains("Sign out"), "{page}");
    assert!(!session.contains("good"));
    // Signing out takes the cookie away.
    let out = world.form_as("/sign-out", &session, &[("form_token", &form_token(&page))]).await;
    assert_eq!((out.status, out.cookie().as_deref()), (303, Some("stepwell=")));
    world.host.advance(world.host.now() + Duration::from_secs(3601));
    assert_eq!(world.get_as("/", &session, HERE).await.location(), "./sign-in");
}

#[tokio::test]
async fn a_form_without_the_proof_of_its_own_session_does_nothing() {
    let world = World::new();
    let (one, other) = (world.get_as("/sign-in", "", HERE).await, world.get_as("/sign-in", "", HERE).await);
    let (cookie, proof) = (one.cookie().unwrap(), form_token(&other.text));
    for pairs in [&[][..], &[("form_token", "")], &[("form_token", proof.as_str())]] {
        let answer = world.form_as("/sign-out", &cookie, pairs).await;
        assert!(answer.cookie().is_none());
        assert!(text(&answer.of(403)).contains("load the page again"));
    }
    let pairs = [("form_token".to_owned(), form_token(&one.text))];
    let told = text(&world.form("/sign-out", &pairs).await.of(403));
    assert!(told.contains("sent no cookie") && told.contains("use https"), "{told}");
}

#[tokio::test]
async fn the_pages_of_a_session_load_nothing_from_elsewhere() {
    let world = World::new();
    let page = world.get("/").await;
    let header = |name: &str| page.headers[name].to_str().unwrap().to_owned();
    let policy = header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; ") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
    assert_eq!((header("referrer-policy"), header("cache-control")), ("same-origin".into(), "no-store".into()));
}
