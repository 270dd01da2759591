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

/// Defines what the pages load. A stylesheet of several files is one file for browsers.
macro_rules! assets {
    ($($(#[$doc:meta])* $name:ident = $stem:literal . $ending:literal, $kind:literal, [$($file:literal),+];)*) => {
        $(
            $(#[$doc])*
            pub static $name: LazyLock<Asset> = LazyLock::new(|| {
                Asset::new($stem, $ending, $kind, concat!($(include_str!(concat!("../assets/", $file))),+))
            });
        )*
        fn all() -> impl Iterator<Item = &'static Asset> {
            [$(&*$name),*].into_iter()
        }
    };
}

assets! {
    /// The one stylesheet.
    STYLE = "style"."css", "text/css; charset=utf-8",
        ["css/tokens.css", "css/base.css", "css/form.css", "css/shell.css", "css/overview.css", "css/workflows.css",
         "css/picture.css", "css/execution.css", "css/chat.css", "css/lists.css", "css/motion.css"];
    /// Shows times in the reader's own zone.
    TIMES = "times"."js", "text/javascript; charset=utf-8", ["js/times.js"];
    /// Numbers and marks of lines in the editor, and its checks as one types.
    EDITOR = "editor"."js", "text/javascript; charset=utf-8", ["js/editor.js"];
    /// Keeps the page of an execution up to date, and follows the slider over its checkpoints.
    LIVE = "live"."js", "text/javascript; charset=utf-8", ["js/away.js", "js/live.js"];
    /// Zooms pictures and timelines.
    ZOOM = "zoom"."js", "text/javascript; charset=utf-8", ["js/zoom.js"];
    /// Keeps lists up to date, counts what is chosen in them, and chooses all rows at once.
    LIST = "list"."js", "text/javascript; charset=utf-8", ["js/away.js", "js/list.js", "js/every.js"];
    /// Notices that a question was decided somewhere else while its page is open.
    ASKED = "asked"."js", "text/javascript; charset=utf-8", ["js/asked.js"];
    /// Shows how far a request to many executions has come.
    MANY = "many"."js", "text/javascript; charset=utf-8", ["js/many.js"];
    /// Shows a conversation as it is held.
    CHAT = "chat"."js", "text/javascript; charset=utf-8", ["js/chat.js"];
    /// Moves through lists by keys.
    KEYS = "keys"."js", "text/javascript; charset=utf-8", ["js/keys.js"];
    /// Copies what stands above a button.
    COPY = "copy"."js", "text/javascript; charset=utf-8", ["js/copy.js"];
    /// The icon of the browser's tab.
    ICON = "icon"."svg", "image/svg+xml", ["icon.svg"];
}

/// `GET /assets/{name}`.
pub fn routes() -> Routes {
    Routes::new().route("/assets/{name}", get(asset))
}

async fn asset(Path(name): Path<String>) -> Response {
    let Some(found) = all().find(|asset| asset.name == name) else {
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
