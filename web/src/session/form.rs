//! A form that a page of this session sent.

use super::{
    cookie::is_form_token,
    jar,
    visit::{Visit, proofs},
};
use crate::{desk::Refusal, form::Pairs, refused::refused, session::visit::up};
use api::{App, Body};
use axum::{
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use std::sync::Arc;

/// A visitor, and the form that the visitor sent. A form that lacks the proof of its session is refused with 403 before
/// anything is done.
pub struct Sent {
    /// Who sent it.
    pub visit: Visit,
    /// What was sent, without the proof.
    pub pairs: Pairs,
}

impl FromRequest<Arc<App>> for Sent {
    type Rejection = Response;
    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let visit = Visit::from_request_parts(&mut parts, app).await?;
        let (headers, up) = (parts.headers.clone(), up(parts.uri.path()));
        let pairs = pairs(Request::from_parts(parts, body), &headers, app).await.map_err(|why| refused(&why, &up))?;
        Ok(Self { visit, pairs })
    }
}

/// The pairs of a form that a page of this session sent.
///
/// # Errors
/// 415 for what is no form, 413 for one that is too large, 403 for one that did not come from a page of this session.
pub(super) async fn pairs(request: Request, headers: &HeaderMap, app: &Arc<App>) -> Result<Pairs, Refusal> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        let detail = "send the form of the page, as application/x-www-form-urlencoded";
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail));
    }
    let Body(body) = Body::from_request(request, app).await?;
    let Some(mut pairs) = Pairs::read(&body) else {
        let detail = "the form has too many fields";
        return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "form_too_large", detail));
    };
    let Some(cookie) = jar::cookie(headers) else {
        let detail = "your browser sent no cookie with this form: allow this host's cookies, and use https unless the \
                      browser runs on the host's own machine; then load the page again";
        return Err(Refusal::new(StatusCode::FORBIDDEN, "form_token", detail));
    };
    let sent = pairs.get("form_token").unwrap_or_default();
    if !is_form_token(proofs(app)?, cookie, sent) {
        let detail = "this form did not come from a page of your session: load the page again, and send it from there";
        return Err(Refusal::new(StatusCode::FORBIDDEN, "form_token", detail));
    }
    pairs.remove("form_token");
    Ok(pairs)
}
