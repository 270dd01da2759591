//! A node of a document: what all types have in common, and by its type its config.

use super::{
    agent::{self, Tool},
    config,
    parts::{Compensation, Delivery, Join, OnError, Retry},
};
use serde_json::Value;
use std::borrow::Cow;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Ref, RefOr,
        schema::{AllOf, ObjectBuilder, OneOf, Schema, Type},
    },
};

/// What the nodes of all types have in common.
#[derive(ToSchema)]
pub struct NodeCommon {
    /// The id of the node, unique in the document: 1 to 64 of `A-Z a-z 0-9 _ -`.
    #[schema(pattern = "^[A-Za-z0-9_-]{1,64}$")]
    pub id: String,
    /// The name of the node, for people; its id where absent.
    pub name: Option<String>,
    /// Seconds of one attempt; 30 where absent, and no bound for a node that waits.
    pub timeout_seconds: Option<f64>,
    /// How a failed attempt is tried again.
    pub retry: Option<Retry>,
    /// What happens after the last attempt; `settings.on_error` where absent.
    pub on_error: Option<OnError>,
    /// How many of the incoming edges activate the node; `all` where absent.
    pub join: Option<Join>,
    /// What may happen when a process dies; `at_least_once` where absent.
    pub delivery: Option<Delivery>,
    /// The node that undoes this one.
    pub compensate: Option<Compensation>,
    /// What makes the node a tool of the agents that it is joined to.
    pub tool: Option<Tool>,
    /// Data of the author's own.
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Value>,
}

/// A node of a document: what all types have in common, and one of the types with its config.
pub enum DocumentNode {}

/// Says which config each type of node has.
macro_rules! types {
    ($($name:literal: $config:ty;)*) => {
        impl DocumentNode {
            /// The types of nodes that are described.
            pub const TYPES: &'static [&'static str] = &[$($name),*];

            fn variants() -> Vec<RefOr<Schema>> {
                vec![$(variant::<$config>($name)),*]
            }

            fn collect(schemas: &mut Vec<(String, RefOr<Schema>)>) {
                $(
                    schemas.push((<$config>::name().into_owned(), <$config>::schema()));
                    <$config>::schemas(schemas);
                )*
            }
        }
    };
}

types! {
    "manual_trigger": config::ManualTriggerConfig;
    "webhook_trigger": config::WebhookTriggerConfig;
    "event_trigger": config::EventTriggerConfig;
    "schedule_trigger": config::ScheduleTriggerConfig;
    "chat_trigger": config::ChatTriggerConfig;
    "http_request": config::HttpRequestConfig;
    "code": config::CodeConfig;
    "transform": config::TransformConfig;
    "branch": config::BranchConfig;
    "loop": config::LoopConfig;
    "map": config::MapConfig;
    "wait": config::WaitConfig;
    "human": config::HumanConfig;
    "workflow": config::WorkflowConfig;
    "agent": agent::AgentConfig;
    "model": agent::ModelConfig;
    "memory": agent::MemoryConfig;
    "output_parser": agent::OutputParserConfig;
    "mcp": agent::McpConfig;
    "break": config::EndConfig;
    "succeed": config::EndConfig;
    "fail": config::FailConfig;
}

/// One type of node. Its config may be left out where nothing in it is required.
fn variant<C: ToSchema>(name: &str) -> RefOr<Schema> {
    let kind = ObjectBuilder::new().schema_type(Type::String).enum_values(Some([name]));
    let config = RefOr::<Schema>::Ref(Ref::from_schema_name(C::name()));
    let node = ObjectBuilder::new().property("type", kind).required("type").property("config", config);
    let needs_config = match C::schema() {
        RefOr::T(Schema::Object(object)) => !object.required.is_empty(),
        _ => false,
    };
    if needs_config { node.required("config").into() } else { node.into() }
}

impl PartialSchema for DocumentNode {
    fn schema() -> RefOr<Schema> {
        let mut all = AllOf::new();
        let mut one = OneOf::new();
        one.items = Self::variants();
        all.description = Some("A node: what all types have in common, and one of the types with its config.".into());
        all.items = vec![RefOr::Ref(Ref::from_schema_name(NodeCommon::name())), RefOr::T(Schema::OneOf(one))];
        Schema::AllOf(all).into()
    }
}

impl ToSchema for DocumentNode {
    fn name() -> Cow<'static, str> {
        "DocumentNode".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((NodeCommon::name().into_owned(), NodeCommon::schema()));
        NodeCommon::schemas(schemas);
        Self::collect(schemas);
    }
}
