//! Signing in by the issuer: the way there, and the way back.

use super::{
    cookie::{Session, UnderWay},
    jar::{self, Jar, is_here},
    next::own_address,
    visit::proofs,
};
use crate::{
    answered::{plain_page, see_other},
    desk::Refusal,
    frame::{Page, notice, whole},
    limits,
    refused::refused,
};
use api::{Answered, App, OpenId, Params, Problem};
use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use maud::html;
use std::sync::Arc;

/// Sends the browser to the issuer. It changes nothing but what the browser keeps of this sign-in.
pub async fn begin(
    State(app): State<Arc<App>>,
    Extension(jar): Extension<Jar>,
    headers: HeaderMap,
    mut params: Params,
) -> Response {
    let began = async {
        let next = params.take("next")?.unwrap_or_default();
        params.done()?;
        app.host.ready_proofs().await?;
        let (started, address) = issuer(&app)?.begin(&back(&headers)).await?;
        let under_way = UnderWay { started, next, until: app.host.now() + limits::SIGN_IN };
        jar.set_started(&under_way.write(proofs(&app)?), limits::SIGN_IN.as_secs(), &headers);
        Answered::Ok(address)
    };
    match began.await {
        Ok(address) => see_other(&address),
        Err(problem) => refused(&Refusal::from(problem), "../"),
    }
}

/// Takes what the issuer sent the browser back with.
pub async fn end(
    State(app): State<Arc<App>>,
    Extension(jar): Extension<Jar>,
    headers: HeaderMap,
    mut params: Params,
) -> Response {
    let mut taken = |name: &str| params.take(name).ok().flatten().unwrap_or_default();
    let (state, code, error) = (taken("state"), taken("code"), taken("error"));
    if !error.is_empty() {
        let words = html! {
            p { "The issuer says: " code { bdi { (error) } } "." }
            p { a href="../../sign-in" { "Sign in again" } }
        };
        return plain_page(StatusCode::UNAUTHORIZED, notice("You are not signed in", &words, "../../"));
    }
    let ended = async {
        app.host.ready_proofs().await?;
        let (now, proofs) = (app.host.now(), proofs(&app)?);
        let under_way = jar::started(&headers).and_then(|cookie| UnderWay::read(cookie, proofs, now));
        let under_way = under_way.ok_or_else(|| {
            let detail = "this sign-in was not begun in this browser, or took too long: begin it again";
            Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
        })?;
        let caller = issuer(&app)?.end(&under_way.started, (&state, &code), &back(&headers), now).await?;
        let session = Session::Person { person: caller.into(), until: now + limits::SESSION };
        jar.set_started("", 0, &headers);
        jar.set(&session.write(proofs), limits::SESSION.as_secs(), &headers);
        Answered::Ok(format!("../../{}", own_address(&under_way.next)))
    };
    match ended.await {
        // The way here began at the issuer, so a browser would go on without the session's cookie if it were sent on by a
        // status. From a page of this host it takes the cookie along.
        Ok(next) => {
            let body = html! { article.card { h1 { "You are signed in" } p { a href=(next) { "Go on" } } } };
            plain_page(
                StatusCode::OK,
                whole(&Page { title: "Signed in", body, next: Some(&next), ..Page::plain("../../") }),
            )
        }
        Err(problem) => refused(&Refusal::from(problem), "../../"),
    }
}

/// Whether people can sign in by an issuer.
pub fn is_there(app: &App) -> bool {
    issuer(app).is_ok()
}

fn issuer(app: &App) -> Result<OpenId<'_>, Problem> {
    let found = app.jwt.as_ref().and_then(|jwt| jwt.open_id());
    found.ok_or_else(|| {
        let detail = "no client of an issuer is configured here (STEPWELL_OIDC_CLIENT_ID): sign in with an API token";
        Problem::new(StatusCode::NOT_FOUND, "not_found", detail)
    })
}

/// The address to which the issuer sends the browser back. The issuer knows it, and sends nobody to another one.
fn back(headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let scheme = if is_here(headers) { "http" } else { "https" };
    format!("{scheme}://{host}/sign-in/openid/return")
}
