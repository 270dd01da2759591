//! The routes of groups of people, who are asked by the group's name: `group:finance`.

use crate::{Admin, Answered, App, Json, NoParams, Params, Path, Problem, Reader, Routes, request::cursor, types};
use axum::{extract::State, http::StatusCode};
use engine::{
    groups::{group_of, is_group_name},
    limits,
    port::{Group, Host, Window},
};
use std::{collections::BTreeSet, sync::Arc};
use utoipa_axum::routes;

/// The routes of groups.
pub fn routes() -> Routes {
    Routes::new().routes(routes!(list_groups)).routes(routes!(get_group, set_group, remove_group))
}

/// The groups of the caller's owner, by their names.
#[utoipa::path(get, path = "/v1/groups", operation_id = "list_groups", tag = "admin", security(("bearer" = [])),
    params(("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = types::GroupPage), types::Refused))]
async fn list_groups(
    caller: Reader,
    State(app): State<Arc<App>>,
    mut params: Params,
) -> Answered<axum::Json<types::Page<types::Group>>> {
    let window = params.window("groups")?;
    params.done()?;
    let page = app.host.groups().groups(&caller.owner, &window).await?;
    let rows = page.items.iter().cloned().map(types::Group::from).collect();
    Ok(axum::Json(cursor::page("groups", &page, rows)))
}

/// One group with its members. Its name is compared without regard to case.
#[utoipa::path(get, path = "/v1/groups/{name}", operation_id = "get_group", tag = "admin", security(("bearer" = [])),
    params(("name" = String, Path)),
    responses((status = 200, body = types::Group), types::Refused))]
async fn get_group(
    caller: Reader,
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    _: NoParams,
) -> Answered<axum::Json<types::Group>> {
    let found = app.host.groups().group(&caller.owner, &name).await?;
    found.map(|group| axum::Json(group.into())).ok_or_else(|| Problem::not_found("group", &name))
}

/// Make a group, or put other members in the place of those that it has. Questions that are open already are asked of the
/// new members too, and no more of those who left.
#[utoipa::path(put, path = "/v1/groups/{name}", operation_id = "set_group", tag = "admin",
    security(("bearer" = [])), request_body = types::GroupBody, params(("name" = String, Path)),
    responses((status = 200, body = types::Group), types::Refused))]
async fn set_group(
    caller: Admin,
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    _: NoParams,
    Json(body): Json<types::GroupBody>,
) -> Answered<axum::Json<types::Group>> {
    let group = checked(name, body)?;
    has_room(&*app.host, &caller.owner, &group.name).await?;
    app.host.groups().set_group(&caller.owner, group.clone()).await?;
    Ok(axum::Json(group.into()))
}

/// Remove a group. Nobody is asked by its name from then on, unless a token names it in its claims.
#[utoipa::path(delete, path = "/v1/groups/{name}", operation_id = "remove_group", tag = "admin",
    security(("bearer" = [])), params(("name" = String, Path)),
    responses((status = 204), types::Refused))]
async fn remove_group(
    caller: Admin,
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    _: NoParams,
) -> Answered<StatusCode> {
    match app.host.groups().remove_group(&caller.owner, &name).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::not_found("group", &name)),
    }
}

/// The group that a request describes, each member once.
///
/// # Errors
/// 422 about the name or the member that cannot be taken.
fn checked(name: String, body: types::GroupBody) -> Answered<Group> {
    if !is_group_name(&name) || group_of(&name).is_some() {
        let hint = "give 1 to 64 bytes without commas and control characters, and without `group:` before them";
        return Err(Problem::field("invalid_name", "", format!("`{name}` cannot name a group"), hint));
    }
    let (mut members, mut known) = (Vec::new(), BTreeSet::new());
    for (at, member) in body.members.into_iter().enumerate() {
        let member = member.trim().to_owned();
        let good = !member.is_empty() && member.len() <= limits::MEMBER_BYTES && !member.contains([',', '\n', '\r']);
        if !good || group_of(&member).is_some() {
            let hint = "give the e-mail address or the name of one person, 1 to 320 bytes; groups hold no groups";
            let message = format!("`{member}` cannot be a member");
            return Err(Problem::field("invalid_field", &format!("/members/{at}"), message, hint));
        }
        if known.insert(member.to_ascii_lowercase()) {
            members.push(member);
        }
    }
    let bytes: usize = members.iter().map(String::len).sum();
    if members.len() > limits::GROUP_MEMBERS || bytes > limits::GROUP_BYTES {
        let (most, most_bytes) = (limits::GROUP_MEMBERS, limits::GROUP_BYTES);
        let message = format!("a group has at most {most} members, whose names take {most_bytes} bytes at most");
        let hint = "make several groups of it, and ask all of them";
        return Err(Problem::field("too_many_members", "/members", message, hint));
    }
    Ok(Group { name, members })
}

/// Refuses one group more than an owner may keep. Two that are made at the same moment may both be let in.
async fn has_room(host: &dyn Host, owner: &str, name: &str) -> Answered<()> {
    let kept = host.groups().groups(owner, &Window { limit: limits::GROUPS, cursor: None }).await?.items;
    if kept.len() < limits::GROUPS || kept.iter().any(|group| group.name.eq_ignore_ascii_case(name)) {
        return Ok(());
    }
    let detail = format!("an owner keeps at most {} groups: remove one that is not used", limits::GROUPS);
    Err(Problem::conflict("too_many_groups", detail))
}
