//! One invocation, and the time of what is told about it.

use document::time::Time;
use std::time::{SystemTime, UNIX_EPOCH};

/// What Lambda says about an invocation.
#[derive(Clone, Copy, Debug, Default)]
pub struct Call<'a> {
    /// Of the function, as in `stepwell-step` without the prefix.
    pub function: &'static str,
    /// Lambda's id of the invocation.
    pub request_id: &'a str,
    /// `Lambda-Runtime-Trace-Id`, which is `_X_AMZN_TRACE_ID`.
    pub xray: Option<&'a str>,
}

/// The time by this machine's clock, in milliseconds since 1970.
pub(super) fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
