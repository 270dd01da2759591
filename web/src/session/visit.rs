//! A visitor of a page, and what every page is given.

use super::{
    came::back,
    cookie::{Session, form_token},
    jar::{self, Jar},
};
use crate::{
    answered::{plain_page, see_other},
    desk::{self, Desk, Refusal, part},
    frame::notice,
    limits,
    refused::refused,
};
use api::{App, Caller, Problem, authenticate};
use axum::{
    extract::FromRequestParts,
    http::{Method, StatusCode, header, request::Parts},
    response::Response,
};
use document::time::Time;
use engine::proof::Proofs;
use maud::html;
use std::sync::Arc;
use stepwell_core::interaction::Via;

/// Who looks at a page, and how the page asks in that person's name.
pub struct Visit {
    /// The service.
    pub app: Arc<App>,
    /// The visitor.
    pub caller: Caller,
    /// The API in the visitor's name.
    pub desk: Desk,
    /// What the page's forms send along.
    pub form_token: String,
    /// The host's time.
    pub now: Time,
    /// How the page's address leads to that of the host: `../` for each folder.
    pub up: String,
}

/// What is known of a request before it is known who sends it.
pub(super) struct Arrival {
    /// The value of the session's cookie, which may be new.
    pub cookie: String,
    /// What the cookie says.
    pub session: Session,
}

impl Arrival {
    /// Reads the session of a request. Whoever has none gets a new one.
    pub async fn of(parts: &Parts, app: &App) -> Result<Self, Problem> {
        app.host.ready_proofs().await?;
        let proofs = proofs(app)?;
        let known = jar::cookie(&parts.headers)
            .and_then(|cookie| Some((cookie.to_owned(), Session::read(cookie, proofs, app.host.now())?)));
        if let Some((cookie, session)) = known {
            return Ok(Self { cookie, session });
        }
        let session = Session::visitor().ok_or_else(Problem::internal)?;
        let cookie = session.write(proofs);
        if let Some(jar) = parts.extensions.get::<Jar>() {
            jar.set(&cookie, limits::VISIT.as_secs(), &parts.headers);
        }
        Ok(Self { cookie, session })
    }
}

/// What proves to this host what it wrote itself.
pub(super) fn proofs(app: &App) -> Result<&Proofs, Problem> {
    let lacking = || Problem::new(StatusCode::SERVICE_UNAVAILABLE, "no_sessions", "this host shows no pages");
    app.host.proofs().ok_or_else(lacking)
}

/// The caller of a request; none where nobody has signed in.
async fn caller(parts: &Parts, app: &App, session: Session) -> Result<Option<Caller>, Problem> {
    let by_token = parts.headers.contains_key(header::AUTHORIZATION);
    let found = match session {
        Session::Token { sha256, .. } if !by_token => {
            let found = app.host.tokens().token(&sha256).await?;
            found.filter(|token| token.expires_at.is_none_or(|end| end > app.host.now())).map(Caller::from)
        }
        Session::Person { person, .. } if !by_token => Some(person.into()),
        Session::Visitor { .. } | Session::Token { .. } | Session::Person { .. } => None,
    };
    // A token that was revoked opens nothing. The host's own user goes on without one, where it was the last.
    let found = match found {
        Some(caller) => Some(caller),
        None => match authenticate(app, parts).await {
            Ok(caller) => Some(caller),
            Err(problem) if problem.status() == StatusCode::UNAUTHORIZED && !by_token => None,
            Err(problem) => return Err(problem),
        },
    };
    Ok(found.map(|caller| Caller { via: Via::Dashboard, ..caller }))
}

impl Visit {
    async fn of(parts: &Parts, app: &Arc<App>) -> Result<Option<Self>, Problem> {
        let Arrival { cookie, session } = Arrival::of(parts, app).await?;
        let Some(caller) = caller(parts, app, session).await? else { return Ok(None) };
        api::take_from(&caller.owner).await;
        if let Some(rates) = &app.rates {
            rates.take(&caller.owner)?;
        }
        let form_token = form_token(proofs(app)?, &cookie);
        let routes = parts.extensions.get::<desk::Routes>().cloned().unwrap_or_default();
        let desk = routes.desk(app, &caller, &parts.extensions);
        let now = app.host.now();
        Ok(Some(Self { app: app.clone(), caller, desk, form_token, now, up: up(parts.uri.path()) }))
    }
}

/// How an address leads to that of the host: `../` for each folder that it lies in.
pub fn up(path: &str) -> String {
    let depth = path.trim_start_matches('/').matches('/').count();
    if depth == 0 { "./".to_owned() } else { "../".repeat(depth) }
}

impl FromRequestParts<Arc<App>> for Visit {
    type Rejection = Response;
    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        match Self::of(parts, app).await {
            Ok(Some(visit)) => Ok(visit),
            Ok(None) if matches!(parts.method, Method::GET | Method::HEAD) => {
                let wanted = parts.uri.path_and_query().map_or("/", |target| target.as_str());
                let next = if wanted == "/" { String::new() } else { format!("?next={}", part(wanted)) };
                Err(see_other(&format!("{}sign-in{next}", up(parts.uri.path()))))
            }
            Ok(None) => {
                let words = html! {
                    // The page before asks for a sign-in itself, and shows again after it.
                    @let before = back().unwrap_or_else(|| format!("{}sign-in", up(parts.uri.path())));
                    p { "Nothing was changed. " a href=(before) { "Sign in" } ", then do it again." }
                };
                let notice = notice("You are not signed in any more", &words, &up(parts.uri.path()));
                Err(plain_page(StatusCode::UNAUTHORIZED, notice))
            }
            Err(problem) => Err(refused(&Refusal::from(problem), &up(parts.uri.path()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::up;

    #[test]
    fn an_address_leads_up_by_its_folders() {
        assert_eq!((up("/"), up("/inbox"), up("/inbox/")), ("./".into(), "./".into(), "../".into()));
        assert_eq!(up("/executions/a/cancel"), "../../");
    }
}
