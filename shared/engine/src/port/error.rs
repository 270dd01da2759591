//! How a port fails.

/// Why storage failed, named by what the caller does next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Another process committed first: load again, decide again.
    #[error("another turn was committed first")]
    Conflict,
    /// The store may work again in a moment: try later. Nothing was acknowledged.
    #[error("the store is not available at the moment: {0}")]
    Transient(String),
    /// Trying again does not help.
    #[error("the store failed: {0}")]
    Permanent(String),
}
