//! Who looks at a page. Where the host signs its one user in, nobody has to sign in; everybody else shows a token, or is
//! sent by the configured issuer, and is known by a cookie from then on. The cookie holds no secret: it says who signed in,
//! with the host's proof that it wrote it. Each form of a page holds a proof over the cookie, which no other site can know.

mod came;
mod cookie;
mod form;
mod jar;
mod next;
mod open_id;
mod sign_in;
mod visit;

pub use came::{back, came};
pub use cookie::nonce;
pub use form::Sent;
pub use jar::jar;
pub use visit::{Visit, up};

use api::Routes;
use axum::routing::{get, post};

/// `GET` and `POST /sign-in`, `POST /sign-out`, and the way to the issuer and back.
pub fn routes() -> Routes {
    let by_issuer = Routes::new().route("/sign-in/openid", get(open_id::begin));
    let by_issuer = by_issuer.route("/sign-in/openid/return", get(open_id::end));
    by_issuer.route("/sign-in", get(sign_in::show).post(sign_in::sign_in)).route("/sign-out", post(sign_in::sign_out))
}
