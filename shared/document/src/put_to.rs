//! Whom the failure of a node is put to.

use crate::{node::human::Channels, policy::AfterError};
use expression::Template;

/// Whom the failure of a node is put to: `on_error: {"ask_human": {…}}`.
#[derive(Debug)]
pub struct PutToPeople {
    /// Template of the list of people who may decide. Where absent, anyone of the owner may.
    pub assignees: Option<Template>,
    /// The channels by which people are told; none for the inbox (`web`) alone.
    pub channels: Option<Channels>,
    /// Seconds after which `timeout_action` is taken; none where the question stays open as long as the execution.
    pub timeout_seconds: Option<f64>,
    /// What becomes of the node where nobody has decided in time.
    pub timeout_action: AfterError,
}
