//! Makes one HTTP service of the routes of one or several functions.

pub mod app;
#[cfg(feature = "lambda")]
pub mod lambda;
pub mod metrics;
pub mod rate;
pub mod sse;
pub mod stop;
mod system;
pub mod tail;

use crate::{
    App, Problem, Routes, limits,
    request::{arrived::TakenIn, bounds::Bounds, turns},
};
use axum::{
    Extension, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, MatchedPath, Request},
    http::{Extensions, HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use futures::FutureExt;
use std::{panic::AssertUnwindSafe, sync::Arc};
use tracing::{Instrument, field::Empty, info_span};
use utoipa::openapi::{
    Components, InfoBuilder, OpenApi, RefOr,
    security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};

/// Makes a service of the routes of one function, or of several merged. Adds `/health`, `/metrics` and `/openapi.json`,
/// problems for unknown routes and methods, the bound on bodies, and an answer in case that a handler panics.
pub fn service(app: Arc<App>, routes: Routes) -> Router {
    let (router, document) = routes.merge(system::routes()).split_for_parts();
    let document = match app.document {
        Some(text) => Bytes::from_static(text.as_bytes()),
        None => described(document).to_json().unwrap_or_default().into(),
    };
    router
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(no_route)
        .layer(Extension(system::Document(document)))
        .layer(DefaultBodyLimit::max(engine::limits::REQUEST_BYTES))
        .layer(middleware::from_fn_with_state(app.clone(), turns::taken))
        .layer(middleware::from_fn(outermost))
        .with_state(app)
}

/// All routes for requests that this process sends to itself, whose callers are [`Known`](crate::Known): what stands around
/// the service was around the request that led to them.
pub fn inside(app: Arc<App>) -> Router {
    let (router, _) = crate::routes().split_for_parts();
    router.layer(DefaultBodyLimit::max(engine::limits::REQUEST_BYTES)).with_state(app)
}

/// What a request that this process sends to itself takes along of the one that led to it: when that came in, and how long
/// its answer may last. Nothing else may go along: a router adds the parts of its own paths to those that a request has.
pub fn handed_on(from: &Extensions) -> Extensions {
    let mut extensions = Extensions::new();
    if let Some(bounds) = from.get::<Bounds>() {
        extensions.insert(*bounds);
    }
    if let Some(taken_in) = from.get::<TakenIn>() {
        extensions.insert(*taken_in);
    }
    extensions
}

/// Adds to the generated document what no route says: title, version, the way to authenticate, and of answers that are
/// described by their body alone the description that OpenAPI asks for: their status in words.
fn described(mut document: OpenApi) -> OpenApi {
    document.info = InfoBuilder::new()
        .title("Stepwell")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some("Durable workflows with people in them. Errors are RFC 9457 problem details."))
        .build();
    let bearer = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
    document.components.get_or_insert_with(Components::default).add_security_scheme("bearer", bearer);
    for route in document.paths.paths.values_mut() {
        let operations = [&mut route.get, &mut route.put, &mut route.post, &mut route.patch, &mut route.delete];
        for (status, answer) in operations.into_iter().flatten().flat_map(|it| &mut it.responses.responses) {
            if let RefOr::T(answer) = answer
                && answer.description.is_empty()
            {
                let status = StatusCode::from_bytes(status.as_bytes()).ok();
                answer.description = status.and_then(|it| it.canonical_reason()).unwrap_or_default().into();
            }
        }
    }
    document
}

async fn no_route(request: Request) -> Problem {
    let detail = format!("there is no route {}; /openapi.json lists those there are", request.uri().path());
    Problem::new(StatusCode::NOT_FOUND, "not_found", detail)
}

async fn method_not_allowed(request: Request) -> Problem {
    let detail = format!("{} does not take {}; see the header Allow", request.uri().path(), request.method());
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
}

/// 431 where line and headers of a request are too large. Servers and gateways have bounds of their own, but those are
/// less exact, or the client is not told of them.
fn head_too_large(request: &Request) -> Option<Problem> {
    let headers: usize = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    (headers + target > limits::HEAD_BYTES).then(|| {
        let detail = format!("the request's line and headers have {} bytes at most", limits::HEAD_BYTES);
        Problem::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "head_too_large", detail)
    })
}

/// The outermost middleware. Lines that are logged during the request carry its execution, once that is known, and
/// belong to the caller's trace. A panic becomes a 500 that tells nothing of its cause. `nosniff` keeps browsers from
/// guessing the type of an answer.
async fn outermost(request: Request, next: Next) -> Response {
    // The route and not the path: the path of a person's link is a credential.
    let route = request.extensions().get::<MatchedPath>().map(|route| route.as_str().to_owned());
    let trace = request.headers().get("traceparent").and_then(|value| value.to_str().ok());
    let span = info_span!("request", execution = Empty, traceparent = trace);
    let answering = async {
        match head_too_large(&request) {
            Some(problem) => problem.into_response(),
            None => next.run(request).instrument(span).await,
        }
    };
    let mut response = match AssertUnwindSafe(answering).catch_unwind().await {
        Ok(response) => response,
        Err(_) => {
            tracing::error!(route, "a handler panicked");
            Problem::internal().into_response()
        }
    };
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
