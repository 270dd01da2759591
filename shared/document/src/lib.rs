//! Workflow documents: the model, the parser with its dialects, and what the graph of nodes and edges tells.

mod dialect;
pub mod graph;
mod hash;
pub mod id;
pub mod json;
pub mod limits;
mod model;
pub mod node;
mod parse;
pub mod pattern;
pub mod picture;
mod policy;
mod query;
mod read;
mod read_node;
mod reading;
mod reads;
pub mod schedule;
#[cfg(test)]
mod tests;
pub mod time;
pub mod validate;
pub mod work;

pub use hash::canonical_text;
pub use model::{Edge, InputSchema, Node, NodeKind, Route, Spawning, Trigger, Waiting, Workflow};
pub use node::{
    branch::{Branch, Rule},
    r#break::Break,
    fail::Fail,
    human::{Human, HumanKind, HumanOption, OptionTemplate, TimeoutAction},
    r#loop::{Loop, Over},
    map::{Body, Map},
    succeed::Succeed,
    wait::Wait,
    webhook_trigger::WebhookTrigger,
    workflow::Children,
};
pub use parse::{Parsed, parse, parse_with};
pub use policy::{Delivery, Join, OnError, Overlap, Retry, Settings};
pub use query::InputViolation;
pub use reading::{At, Cx, Fields, Frame, Place};
pub use reads::Reads;
pub use schedule::ScheduleTrigger;
