//! Who looks at a page. Where the host signs its one user in, nobody has to sign in; everybody else shows a token, or is
//! sent by the configured issuer, and is known by a cookie from then on. The cookie holds no secret: it says who signed in,
//! with the host's proof that it wrote it. Each form of a page holds a proof over the cookie, which no other site can know.

mod cookie;
mod form;
mod jar;
mod open_id;
mod sign_in;
mod visit;

pub use cookie::nonce;
pub use form::Sent;
pub use jar::jar;
pub use visit::Visit;

use api::Routes;

/// The routes by which people sign in and out.
pub fn routes() -> Routes {
    sign_in::routes()
}
