//! What tests share: a generator of workflows, an independent evaluator of them (the oracle), a simulated host that
//! breaks on demand, the properties that every store must have, and stand-ins for Lambda and AWS.
//!
//! Generator and simulation are pure functions of a seed, so that a failure can be replayed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[cfg(feature = "aws")]
pub mod aws_world;
#[cfg(feature = "aws")]
pub mod cloud;
pub mod generate;
pub mod lambda;
pub mod model;
pub mod oracle;
pub mod rng;
pub mod sim;
pub mod stand_in;
pub mod store_conformance;

/// An HTTP client that passes by any proxy, since the tests talk to this machine only.
pub fn http() -> reqwest::Client {
    // An error says that another client was made before, with the same provider of cryptography.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().expect("a client")
}
