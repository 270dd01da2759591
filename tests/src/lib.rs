//! What tests share: a generator of workflows, an evaluator of its own, a simulated host that breaks on demand, and
//! what every store must do.
//!
//! Generator and simulation are pure functions of a seed, so that a failure can be replayed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[cfg(feature = "aws")]
pub mod aws_world;
#[cfg(feature = "aws")]
pub mod cloud;
pub mod generate;
pub mod lambda;
pub mod oracle;
pub mod rng;
pub mod sim;
pub mod store_conformance;

/// A client of HTTP for tests.
pub fn http() -> reqwest::Client {
    // Whoever was here before installed the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().expect("a client")
}
