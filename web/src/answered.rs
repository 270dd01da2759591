//! A page as the answer to a request, with the headers that every page has.

use axum::{
    http::{
        HeaderName, StatusCode,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
        },
    },
    response::{IntoResponse, Response},
};
use maud::Markup;

/// What a page may load and where its forms may go: to this host alone, and into no frame. Nothing stands in the page
/// itself, so that no text of others can become a script or a style.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; form-action 'self'; \
                      frame-ancestors 'none'; base-uri 'none'";

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

/// A page with this status.
pub fn page(status: StatusCode, page: Markup) -> Response {
    (status, HEADERS, page.into_string()).into_response()
}

/// Sends the browser on, to be loaded by GET. A reload there sends no form again.
pub fn see_other(address: &str) -> Response {
    (StatusCode::SEE_OTHER, HEADERS, [(LOCATION, address)]).into_response()
}
