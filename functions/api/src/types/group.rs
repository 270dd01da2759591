//! Groups of people.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who belongs to a group from now on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupBody {
    /// The members' e-mail addresses or names, 1000 at most. A group without members may be kept: nobody can answer for it
    /// until it has some.
    pub members: Vec<String>,
}

/// A group of people, who are asked as `group:NAME`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"name": "finance", "members": ["ann@example.com", "bob@example.com"]}))]
pub struct Group {
    /// The group's name, without `group:`. It is compared without regard to case.
    pub name: String,
    /// The members' e-mail addresses or names, compared without regard to case.
    pub members: Vec<String>,
}

impl From<engine::port::Group> for Group {
    fn from(group: engine::port::Group) -> Self {
        Self { name: group.name, members: group.members }
    }
}
