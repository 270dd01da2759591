//! What the handling of a message comes to, and when a message comes again that could not be handled now.

use crate::port::{StoreError, Verdict, Why};
use document::time::Time;
use stepwell_core::{command::Asked, task::NodeLog};

/// Seconds after which a message is handed out again that speaks of an activation which the loaded state does not know
/// yet, or whose commit met a conflict.
const UNKNOWN_SECONDS: f64 = 0.2;
/// Seconds after which a message is handed out again whose execution comes from another host and is not here whole: an
/// import takes some seconds, and where it broke off, somebody has to come.
pub(super) const ARRIVING_SECONDS: f64 = 30.0;
/// Seconds after which a message is handed out again whose handling failed, such as with a store that is not available.
pub const TRANSIENT_SECONDS: f64 = 1.0;

/// What the handling of one message leads to: commands to be decided and lines to be kept, or a verdict at once.
pub(super) enum Handled {
    Commands(Vec<Asked>, Vec<NodeLog>),
    /// The same of an attempt that others look for; it counts as running until the value is dropped.
    Ran(Vec<Asked>, Vec<NodeLog>, Box<dyn Send>),
    Verdict(Verdict),
}

/// Has a message come again when its time is there.
pub(super) fn later(at: Time, now: Time) -> Handled {
    let after_seconds = at.since(now).as_secs_f64().max(0.001);
    Handled::Verdict(Verdict::Return { after_seconds, why: Why::Early("its time has not come") })
}

/// The verdict on a message that may have come before the turn is seen that it speaks of.
pub(super) fn unknown(why: &'static str) -> Verdict {
    Verdict::Return { after_seconds: UNKNOWN_SECONDS, why: Why::Early(why) }
}

/// The verdict on a message where the store failed. Only a permanent error counts as a failure of the message; the
/// others pass by themselves.
pub(super) fn failed(error: &StoreError) -> Verdict {
    match error {
        StoreError::Conflict => {
            let why = Why::Passing("another turn of the execution was recorded first".into());
            Verdict::Return { after_seconds: UNKNOWN_SECONDS, why }
        }
        StoreError::Transient(message) => {
            Verdict::Return { after_seconds: TRANSIENT_SECONDS, why: Why::Passing(message.clone()) }
        }
        StoreError::Permanent(message) => {
            Verdict::Return { after_seconds: TRANSIENT_SECONDS, why: Why::Failed(message.clone()) }
        }
    }
}
