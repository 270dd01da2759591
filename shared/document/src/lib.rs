//! A workflow document: read in every dialect ([`parse`]), checked ([`validate`]), its node types ([`node`]), its graph,
//! its pictures ([`picture`]), its schedules and event patterns.
//!
//! ```
//! use serde_json::json;
//! use stepwell_document::{parse, picture};
//!
//! let document = json!({
//!     "id": "greet",
//!     "nodes": [
//!         { "id": "start", "type": "manual_trigger" },
//!         { "id": "hello", "type": "transform", "config": { "expression": "'Hello, ' + input.name" } }
//!     ],
//!     "edges": [{ "from": "start", "to": "hello" }]
//! });
//! let parsed = parse(&document).map_err(|issues| format!("{issues:?}"))?;
//! assert_eq!(parsed.workflow.nodes[1].of.name, "transform");
//! assert!(picture::mermaid(&parsed.workflow).starts_with("flowchart TD"));
//!
//! let issues = parse(&json!({ "id": "empty", "nodes": [] })).err().unwrap_or_default();
//! assert_eq!(issues[0].path, "/nodes");
//! # Ok::<(), String>(())
//! ```

pub mod canonical;
mod connection;
pub mod describe;
mod dialect;
pub mod format;
pub mod graph;
pub mod id;
pub mod jcs;
pub mod json;
pub mod limits;
mod model;
pub mod node;
mod on_error;
mod parse;
pub mod pattern;
pub mod picture;
mod policy;
mod put_to;
mod query;
mod read;
mod read_node;
mod read_tools;
mod reading;
mod reads;
pub mod schedule;
#[cfg(test)]
mod tests;
pub mod time;
pub mod validate;
mod violation;
mod word;
pub mod work;

pub use connection::Connection;
pub use model::{Edge, InputSchema, Lent, Node, NodeKind, Route, Spawning, Trigger, Waiting, Workflow};
pub use node::{
    branch::{Branch, Rule},
    r#break::Break,
    fail::Fail,
    human::{
        ChannelTemplate, Channels, GROUP, Human, HumanKind, HumanOption, InWords, Level, OptionTemplate, TimeoutAction,
        WEBHOOK_HEADERS, WEBHOOK_KEY_BYTES, WEBHOOK_KEY_MOST_BYTES, WEBHOOK_KEY_PREFIX, WaitBy, WebhookTask,
        WebhookTemplate, group_of, is_address, is_group_name,
    },
    r#loop::{Loop, Over},
    map::{Body, Map},
    setting::Setting,
    succeed::Succeed,
    wait::Wait,
    webhook_trigger::WebhookTrigger,
    workflow::Children,
};
pub use parse::{Parsed, parse, parse_with};
pub use policy::{AfterError, Delivery, Join, OnConditionError, OnError, Overlap, Retry, Settings, limit_of_document};
pub use put_to::PutToPeople;
pub use reading::{At, ChannelUse, Cx, Fields, Frame, Lasting, Place, Script, SyntaxFault};
pub use reads::Reads;
pub use schedule::ScheduleTrigger;
pub use violation::InputViolation;
