//! Groups of people among those who are asked: `group:finance` stands for whoever is a member when it matters.

use crate::port::{Host, StoreError};
pub use document::{GROUP, group_of, is_group_name};

/// The variable that names the issuer whose tokens are taken. Their claims may name groups of which the host knows nothing.
pub const ISSUER: &str = "STEPWELL_JWT_ISSUER";

/// Those of these groups in which nobody is, as far as the host knows.
///
/// # Errors
/// What the store says.
pub async fn without_members(host: &dyn Host, owner: &str, names: &[&str]) -> Result<Vec<String>, StoreError> {
    let mut empty = Vec::new();
    for name in names {
        let group = host.groups().group(owner, name).await?;
        if group.is_none_or(|group| group.members.is_empty()) {
            empty.push((*name).to_owned());
        }
    }
    Ok(empty)
}

/// The people whom these assignees stand for, each once, groups replaced by their members as of now. Members whom only
/// the claims of their tokens make so are not known here.
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
        match group_of(assignee) {
            None => add(assignee.clone()),
            Some(name) => {
                let group = host.groups().group(owner, name).await?;
                group.into_iter().flat_map(|group| group.members).for_each(&mut add);
            }
        }
    }
    Ok(people)
}

/// The names under which a person is asked: the person's own, and `group:NAME` for each of these groups and of those that
/// the host keeps.
///
/// # Errors
/// What the store says.
pub async fn asked_as(
    host: &dyn Host,
    owner: &str,
    subject: &str,
    claimed: &[String],
) -> Result<Vec<String>, StoreError> {
    let groups = groups_of(host, owner, subject, claimed).await?;
    let named = groups.into_iter().map(|name| format!("{GROUP}{name}"));
    Ok(std::iter::once(subject.to_owned()).chain(named).collect())
}

/// The groups that a person is a member of, each once: those of a token's claims, and those that the host keeps.
///
/// # Errors
/// What the store says.
pub async fn groups_of(
    host: &dyn Host,
    owner: &str,
    subject: &str,
    claimed: &[String],
) -> Result<Vec<String>, StoreError> {
    let mut groups = claimed.to_vec();
    for name in host.groups().groups_of(owner, subject).await? {
        if !groups.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
            groups.push(name);
        }
    }
    Ok(groups)
}
