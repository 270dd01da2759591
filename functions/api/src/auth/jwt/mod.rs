//! JSON Web Tokens of a configured issuer (RFC 7519, RFC 8725), beside API tokens. A token must be signed by a key of the
//! issuer with an algorithm of that key's own kind, be made by this issuer for this host, and be in force. Only then its
//! claims say who its bearer is.

mod claims;
mod endpoints;
mod keys;
mod open_id;
mod settings;
mod signature;
mod verifier;

pub use open_id::{OpenId, Started};
pub use settings::JwtSettings;
pub use verifier::Jwt;
