//! Moments and closed sets of words, which are text in JSON.

use ::document::{Connection, time::Time};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use std::{borrow::Cow, fmt};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr,
        schema::{ObjectBuilder, Schema, Type},
    },
};

/// A moment in RFC 3339, in UTC with milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, format = DateTime, example = "2026-01-31T09:00:00.000Z")]
pub struct Timestamp(pub Time);

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        Time::parse(&text).map(Self).ok_or_else(|| D::Error::custom("this is no time in RFC 3339"))
    }
}

/// Describes closed sets of words, whose types belong to crates that know no OpenAPI. A field names the description by
/// `#[schema(value_type = …)]`.
macro_rules! words {
    ($($name:ident: $set:ty = $about:literal;)*) => {$(
        pub(super) enum $name {}

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let words = ObjectBuilder::new().schema_type(Type::String).description(Some($about));
                words.enum_values(Some(<$set>::WORDS.iter().copied())).into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                stringify!($name).into()
            }
        }
    )*};
}

words! {
    AfterError: stepwell_core::interaction::AfterError = "What becomes of a node that failed.";
    BulkAction: engine::port::Action = "What a job asks of each execution.";
    CallState: stepwell_core::view::CallState = "What became of a tool call that a model asked for, or what it waits for.";
    ChannelKind: stepwell_core::interaction::channel::ChannelKind = "By which channel people are told.";
    ConnectionType: Connection = "What an edge hands over: `main` activates the target, the others hand it a resource.";
    DeliveryStatus: stepwell_core::interaction::delivery::DeliveryStatus = "What became of a message.";
    ExecutionStatus: stepwell_core::execution::Status = "What an execution is doing, or how it ended.";
    InteractionKind: stepwell_core::interaction::InteractionKind = "What a question asks for.";
    InteractionStatus: stepwell_core::interaction::InteractionStatus =
        "Whether a question still takes answers, and how it ended where it does not.";
    JobStatus: engine::port::JobStatus = "What a job is doing, or how it ended.";
    LogLevel: stepwell_core::task::LogLevel = "How much a line of a log matters.";
    Notice: stepwell_core::interaction::delivery::Notice = "What a message tells.";
    NodeStatus: stepwell_core::view::NodeStatus = "What a node of an execution is doing.";
    Scope: engine::scope::Scope = "What a token lets its bearer do. No scope includes another.";
    SecurityLevel: stepwell_core::interaction::SecurityLevel = "How dangerous a tool is.";
    Severity: ::document::validate::Severity = "How much a problem of a document weighs: an error refuses it.";
    Unstick: stepwell_core::event::Unstick = "A way out of what an execution is stuck in.";
    Via: stepwell_core::interaction::Via = "The way in which an answer came.";
}
