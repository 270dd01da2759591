//! The context of a trace, as a W3C `traceparent` and as X-Ray's header, whose trace ids are the same 128 bits.
//!
//! A context is handed on as it came. X-Ray makes the segments of the functions itself, so Stepwell has no span ids
//! that a message could name as its parent.

use std::fmt;
use tracing_subscriber::{Registry, registry::LookupSpan};

/// The context of a trace: its id, the id of the span that caused what follows, and whether the trace is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trace {
    id: u128,
    parent: u64,
    sampled: bool,
}

impl Trace {
    /// Reads a `traceparent` (W3C Trace Context §3.2); `None` where the text is none.
    pub fn parse(traceparent: &str) -> Option<Self> {
        let mut parts = traceparent.trim().split('-');
        let (version, id, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let flags_and_more = hex(version, 2)? == 0xff || (version == "00" && parts.next().is_some());
        if flags_and_more {
            return None;
        }
        Self::new(hex(id, 32)?, hex(parent, 16)?, hex(flags, 2)? & 1 == 1)
    }

    /// Reads X-Ray's header, such as `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1`;
    /// `None` where the text is none, or has no parent.
    pub fn from_xray(header: &str) -> Option<Self> {
        let field = |name: &str| header.split(';').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
        let mut root = field("Root")?.split('-');
        let (version, time, rest) = (root.next()?, root.next()?, root.next()?);
        if version != "1" || root.next().is_some() {
            return None;
        }
        let id = hex(time, 8)? << 96 | hex(rest, 24)?;
        Self::new(id, hex(field("Parent")?, 16)?, field("Sampled") == Some("1"))
    }

    /// A context; `None` where an id is 0, which W3C Trace Context excludes.
    fn new(id: u128, parent: u128, sampled: bool) -> Option<Self> {
        let parent = u64::try_from(parent).ok()?;
        (id != 0 && parent != 0).then_some(Self { id, parent, sampled })
    }

    /// X-Ray's header, for the system attribute `AWSTraceHeader` of a message.
    pub fn to_xray(self) -> String {
        let (time, rest) = (self.id >> 96, self.id & ((1 << 96) - 1));
        format!("Root=1-{time:08x}-{rest:024x};Parent={:016x};Sampled={}", self.parent, u8::from(self.sampled))
    }

    /// The trace's id, in 32 hexadecimal digits.
    pub fn id(self) -> String {
        format!("{:032x}", self.id)
    }
}

impl fmt::Display for Trace {
    /// Writes a `traceparent` of version 00.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.id, self.parent, u8::from(self.sampled))
    }
}

/// The number in a text of exactly so many lower-case hexadecimal digits; `None` for any other text.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let is_hex =
        text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    is_hex.then(|| u128::from_str_radix(text, 16).ok())?
}

/// The trace of the running work: that of the nearest span around it that has a `traceparent`. Messages that the work
/// sends are sent in this trace.
pub fn current() -> Option<Trace> {
    let found = tracing::Span::current().with_subscriber(|(id, dispatch)| {
        let registry = dispatch.downcast_ref::<Registry>()?;
        registry.span(id)?.scope().find_map(|span| span.extensions().get::<Trace>().copied())
    });
    found.flatten()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// The examples are those of W3C Trace Context §3.2 and of AWS's page on the tracing header.
    #[test]
    fn both_forms_are_read_and_written() {
        let w3c = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let trace = Trace::parse(w3c).unwrap();
        assert_eq!((trace.to_string().as_str(), trace.id().as_str()), (w3c, "4bf92f3577b34da6a3ce929d0e0e4736"));
        let xray = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
        let trace = Trace::from_xray(xray).unwrap();
        assert_eq!(trace.to_xray(), xray);
        assert_eq!(trace.to_string(), "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01");
        assert_eq!(Trace::parse(&trace.to_string()), Some(trace));
        assert!(Trace::from_xray(xray).unwrap().sampled);
        assert!(
            !Trace::from_xray(&format!("{};Lineage=a87bd80c:1", &xray.replace("Sampled=1", "Sampled=0")))
                .unwrap()
                .sampled
        );
    }

    #[test]
    fn a_later_version_may_say_more_and_what_is_broken_is_none() {
        let later = "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-the-future-holds";
        assert_eq!(Trace::parse(later).unwrap().to_string(), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        for broken in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
        ] {
            assert_eq!(Trace::parse(broken), None, "{broken}");
        }
        for broken in ["", "Root=1-5759e988-bd862e3fe1be46a994272793", "Root=2-5759e988-bd86;Parent=53995c3f42cd8ad8"] {
            assert_eq!(Trace::from_xray(broken), None, "{broken}");
        }
    }
}
