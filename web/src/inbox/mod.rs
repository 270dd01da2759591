//! `GET /inbox/{id}`: where the messages lead that several people may read. It shows nothing of the question, since nobody
//! is signed in here; it says how whoever is asked answers.

use crate::{answered::page, layout::notice};
use api::Routes;
use axum::{extract::Path, http::StatusCode, response::Response, routing::get};
use maud::html;

/// The route.
pub fn routes() -> Routes {
    Routes::new().route("/inbox/{id}", get(how))
}

async fn how(Path(id): Path<String>) -> Response {
    // Only what can be the id of a question is shown, so that an address says nothing in the host's name.
    let is_id = id.len() == 36 && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    if !is_id {
        return page(
            StatusCode::NOT_FOUND,
            notice("There is nothing here", &html! { p { "No question has this address." } }, "../"),
        );
    }
    let words = html! {
        p { "Several people may read the message that led here, so it holds no link by which one of them could answer." }
        p { "If you are asked, answer by the link in the message that was sent to you alone, or at a terminal:" }
        pre { code { "stepwell answer " (id) " --approve" } }
        p { "Programs answer with a token: " code { "POST /v1/interactions/" (id) "/respond" } "." }
    };
    page(StatusCode::OK, notice("A question waits for an answer", &words, "../"))
}
