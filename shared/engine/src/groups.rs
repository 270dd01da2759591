//! Groups of people among those who are asked: `group:finance` stands for whoever is a member when it matters.

use crate::port::{Host, StoreError};
use stepwell_core::interaction::{GROUP, is_group};

/// The group's name, where an assignee is a group.
pub fn group_of(assignee: &str) -> Option<&str> {
    is_group(assignee).then(|| assignee.get(GROUP.len()..).unwrap_or_default().trim())
}

/// The people whom these assignees stand for, each once, groups replaced by their members as of now.
///
/// # Errors
/// What the store says.
pub async fn people_of(host: &dyn Host, owner: &str, assignees: &[String]) -> Result<Vec<String>, StoreError> {
    let mut people = Vec::<String>::new();
    let mut add = |person: String| {
        if !people.iter().any(|known| known.eq_ignore_ascii_case(&person)) {
            people.push(person);
        }
    };
    for assignee in assignees {
        match (group_of(assignee), host.groups()) {
            (None, _) => add(assignee.clone()),
            (Some(name), Some(groups)) => {
                let group = groups.group(owner, name).await?;
                group.into_iter().flat_map(|group| group.members).for_each(&mut add);
            }
            (Some(_), None) => {}
        }
    }
    Ok(people)
}
