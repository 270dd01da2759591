//! A page as the answer to a request, with the headers that every page has.

use crate::isolate::isolated;
use axum::{
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
        },
    },
    response::{IntoResponse, Response},
};
use maud::Markup;

/// What a page may load and where its forms may go: to this host alone, and into no frame. Nothing stands in the page
/// itself, so that no text of others can become a script or a style.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; \
                      form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// The headers of every page. A page of a link is for one person: nobody keeps it, finds it or learns its address.
const HEADERS: [(HeaderName, &str); 8] = [
    (CONTENT_TYPE, "text/html; charset=utf-8"),
    (CONTENT_SECURITY_POLICY, POLICY),
    (REFERRER_POLICY, "no-referrer"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// A page that nobody has signed in for, beside those of links.
pub fn plain_page(status: StatusCode, markup: Markup) -> Response {
    page_of_session(status, markup)
}

/// A page for somebody who is signed in. Its address is no secret, so its forms say where they come from: the guard
/// against other sites asks for it.
pub fn page_of_session(status: StatusCode, markup: Markup) -> Response {
    let mut response = page(status, markup);
    response.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

/// A page of a link with this status.
pub fn page(status: StatusCode, page: Markup) -> Response {
    (status, HEADERS, isolated(page.into_string())).into_response()
}

/// Sends the browser on, to be loaded by GET. A reload there sends no form again.
pub fn see_other(address: &str) -> Response {
    (StatusCode::SEE_OTHER, HEADERS, [(LOCATION, address)]).into_response()
}
