//! The page where people sign in, by a token, or by the issuer.

use super::{
    cookie::{Session, form_token},
    form::pairs,
    jar::Jar,
    next::own_address,
    open_id,
    visit::{Arrival, proofs},
};
use crate::{
    answered::{plain_page, see_other},
    desk::{Refusal, query},
    frame::{Page, whole},
    limits,
    refused::refused,
};
use api::{App, Params, sha256_of_token};
use axum::{
    Extension,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, request::Parts},
    response::Response,
};
use maud::{Markup, html};
use std::sync::Arc;

/// Shows the page.
pub async fn show(State(app): State<Arc<App>>, mut params: Params, parts: Parts) -> Response {
    let shown = async {
        let next = params.take("next")?.unwrap_or_default();
        params.done()?;
        let arrival = Arrival::of(&parts, &app).await?;
        Ok::<_, api::Problem>((next, form_token(proofs(&app)?, &arrival.cookie)))
    };
    match shown.await {
        Ok((next, token)) => plain_page(StatusCode::OK, page(open_id::is_there(&app), &token, &next, None)),
        Err(problem) => refused(&Refusal::from(problem), "./"),
    }
}

/// The page; `fault` is what is wrong with the token that was sent.
fn page(by_issuer: bool, form_token: &str, next: &str, fault: Option<&str>) -> Markup {
    let body = html! {
        article.card.narrow {
            h1 { "Sign in" }
            @if by_issuer {
                div.actions { a.button.main href={ "sign-in/openid" (query([("next", next)])) } { "Sign in with your organization" } }
            }
            p { @if by_issuer { "Or use an API token. " } @else { "Use an API token. " } code { "stepwell token create" } " makes one on the host's machine." }
            form method="post" action="sign-in" {
                input type="hidden" name="form_token" value=(form_token);
                input type="hidden" name="next" value=(next);
                div.field.wrong[fault.is_some()] {
                    label for="token" { "Token" }
                    @if let Some(fault) = fault { div.fault #token-fault role="alert" { p { (fault) } } }
                    input #token type="password" name="token" required autocomplete="current-password" spellcheck="false"
                        aria-invalid=[fault.map(|_| "true")] aria-describedby=[fault.map(|_| "token-fault")];
                }
                div.actions { button.main { "Sign in" } }
            }
        }
    };
    whole(&Page { title: "Sign in", body, ..Page::plain("./") })
}

/// Takes a token.
pub async fn sign_in(
    State(app): State<Arc<App>>,
    Extension(jar): Extension<Jar>,
    headers: HeaderMap,
    request: Request,
) -> Response {
    let pairs = match pairs(request, &headers, &app).await {
        Ok(pairs) => pairs,
        Err(refusal) => return refused(&refusal, "./"),
    };
    let next = pairs.get("next").unwrap_or_default().to_owned();
    let token = pairs.get("token").unwrap_or_default().trim();
    let (sha256, now) = (sha256_of_token(token), app.host.now());
    let found = async {
        let found = app.host.tokens().token(&sha256).await?;
        Ok::<_, api::Problem>((found, proofs(&app)?))
    };
    let (found, proofs) = match found.await {
        Ok(found) => found,
        Err(problem) => return refused(&Refusal::from(problem), "./"),
    };
    let end = found.as_ref().map(|token| token.expires_at);
    let fault = match end {
        None => Some("This token is not known. Copy all of it, as `stepwell token create` told it."),
        Some(Some(end)) if end <= now => Some("This token has expired: make a new one."),
        Some(_) => None,
    };
    if fault.is_some() {
        let cookie = super::jar::cookie(&headers).unwrap_or_default();
        return plain_page(
            StatusCode::UNPROCESSABLE_ENTITY,
            page(open_id::is_there(&app), &form_token(proofs, cookie), &next, fault),
        );
    }
    let most = now + limits::SESSION;
    let until = end.flatten().map_or(most, |end| end.min(most));
    let session = Session::Token { sha256, until };
    jar.set(&session.write(proofs), until.since(now).as_secs(), &headers);
    see_other(&own_address(&next))
}

/// Ends the session.
pub async fn sign_out(
    State(app): State<Arc<App>>,
    Extension(jar): Extension<Jar>,
    headers: HeaderMap,
    request: Request,
) -> Response {
    match pairs(request, &headers, &app).await {
        Ok(_) => {
            jar.set("", 0, &headers);
            see_other("sign-in")
        }
        Err(refusal) => refused(&refusal, "./"),
    }
}
