//! The stylesheet, the script and the icon of all pages. Their addresses hold a hash of what they are, so that browsers
//! keep them for ever and still get new ones.

use api::{Problem, Routes};
use axum::{
    extract::Path,
    http::{
        HeaderName, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS},
    },
    response::{IntoResponse, Response},
    routing::get,
};
use std::sync::LazyLock;

/// A file that the pages load.
pub struct Asset {
    /// Its name, with the hash of its text.
    pub name: String,
    kind: &'static str,
    text: &'static str,
}

impl Asset {
    fn new(stem: &str, ending: &str, kind: &'static str, text: &'static str) -> Self {
        let hash = document::id::sha256_hex(text.as_bytes());
        Self { name: format!("{stem}.{}.{ending}", &hash[..16]), kind, text }
    }
}

/// The one stylesheet.
pub static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("style", "css", "text/css; charset=utf-8", include_str!("../assets/style.css")));
/// Shows times in the reader's own zone.
pub static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("times", "js", "text/javascript; charset=utf-8", include_str!("../assets/times.js")));
/// The icon of the browser's tab.
pub static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("icon", "svg", "image/svg+xml", include_str!("../assets/icon.svg")));

/// `GET /assets/{name}`.
pub fn routes() -> Routes {
    Routes::new().route("/assets/{name}", get(asset))
}

async fn asset(Path(name): Path<String>) -> Response {
    let Some(found) = [&*STYLE, &*SCRIPT, &*ICON].into_iter().find(|asset| asset.name == name) else {
        return Problem::new(StatusCode::NOT_FOUND, "not_found", "there is no such file: load the page anew")
            .into_response();
    };
    let headers = [
        (CONTENT_TYPE, found.kind),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    (headers, found.text).into_response()
}
