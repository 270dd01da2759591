//! A part of a list.

use super::{Execution, Group, Interaction, Job, LogLine, Memory, SecretRow, TokenRow, WorkflowRow};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Ref, RefOr,
        schema::{ArrayBuilder, ObjectBuilder, Schema, SchemaType, Type},
    },
};

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// The parameter `cursor` of the request for the next part; null at the end of the list.
    pub next_cursor: Option<String>,
    /// Ids of what the list holds and the store cannot read, for instance since the disk lost it. Absent where there is
    /// none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<String>,
}

/// A page of items of this name, for the OpenAPI document. What is derived for a generic type repeats the description of
/// the items in every page; these refer to it.
fn page(item: Cow<'static, str>) -> RefOr<Schema> {
    let items = ArrayBuilder::new().items(RefOr::<Schema>::Ref(Ref::from_schema_name(item)));
    let cursor = ObjectBuilder::new()
        .schema_type(SchemaType::Array(vec![Type::String, Type::Null]))
        .description(Some("The parameter `cursor` of the request for the next part; null at the end of the list."));
    let unreadable = ArrayBuilder::new()
        .items(ObjectBuilder::new().schema_type(Type::String))
        .description(Some("Ids of what the list holds and the store cannot read. Absent where there is none."));
    ObjectBuilder::new()
        .description(Some("A part of a list."))
        .property("items", items.description(Some("The items, in the list's order.")))
        .required("items")
        .property("next_cursor", cursor)
        .required("next_cursor")
        .property("unreadable", unreadable)
        .into()
}

/// Names the descriptions of pages.
macro_rules! pages {
    ($($(#[$doc:meta])* $name:ident of $item:ty;)*) => {$(
        $(#[$doc])*
        pub enum $name {}

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                page(<$item>::name())
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
                schemas.push((<$item>::name().into_owned(), <$item>::schema()));
                <$item>::schemas(schemas);
            }
        }
    )*};
}

pages! {
    /// Describes a page of executions.
    ExecutionPage of Execution;
    /// Describes a page of conversations that agents remember.
    MemoryPage of Memory;
    /// Describes a page of groups of people.
    GroupPage of Group;
    /// Describes a page of questions to people.
    InteractionPage of Interaction;
    /// Describes a page of jobs.
    JobPage of Job;
    /// Describes a page of lines that nodes logged.
    LogPage of LogLine;
    /// Describes a page of credentials.
    SecretPage of SecretRow;
    /// Describes a page of API tokens.
    TokenPage of TokenRow;
    /// Describes a page of saved workflows.
    WorkflowPage of WorkflowRow;
}
