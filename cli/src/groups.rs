//! `stepwell group …`: groups of people, who are asked by the group's name.

use super::{
    Exit, Failure, Globals, Outcome,
    client::{Client, escaped},
    columns::{Cell, Column},
    output,
    page::{List, Paging},
};
use api::types::{Group, GroupBody};
use serde_json::json;

/// The arguments of `stepwell group set`.
#[derive(clap::Args)]
pub struct Setting {
    /// The group's name; questions name it as group:NAME
    name: String,
    /// All its members from now on, by their e-mail addresses or names
    #[arg(value_name = "MEMBER", required_unless_present = "empty")]
    members: Vec<String>,
    /// Keep the group without members: nobody can answer for it
    #[arg(long, conflicts_with = "members")]
    empty: bool,
}

/// The arguments of `stepwell group ls`.
#[derive(clap::Args)]
pub struct Listing {
    #[command(flatten)]
    paging: Paging,
}

/// The arguments of `stepwell group show`.
#[derive(clap::Args)]
pub struct Showing {
    /// The group's name
    name: String,
}

/// The arguments of `stepwell group rm`.
#[derive(clap::Args)]
pub struct Removing {
    /// Groups, by their names
    #[arg(required = true)]
    names: Vec<String>,
}

const GROUPS: List<Group, 3> = List {
    path: "/v1/groups",
    empty: "there are no groups; `stepwell group set NAME MEMBER…` makes one",
    columns: [Column::whole("GROUP"), Column::whole("MEMBERS"), Column::cut("NAMES")],
    row,
    hint: Some("a question is put to a group by its name: \"assignees\": [\"group:NAME\"]"),
};

/// Makes a group, or gives one other members.
pub async fn set(globals: &Globals, args: Setting) -> Outcome {
    let client = Client::open_or_create(globals).await?;
    let stored = client.put(&path(&args.name), &GroupBody { members: args.members }).await;
    client.close().await;
    let group: Group = stored?.read()?;
    if globals.json {
        output::json(&group);
    } else {
        let counted = output::counted(group.members.len(), "member");
        output::line(&format!("{} has {counted}: questions name it as group:{0}", output::clean(&group.name)));
    }
    Ok(Exit::Done)
}

/// Shows one page of the groups.
pub async fn ls(globals: &Globals, args: Listing) -> Outcome {
    GROUPS.show(globals, Vec::new(), args.paging).await
}

/// Shows the members of a group, one a line. Exit 1 where there is no such group.
pub async fn show(globals: &Globals, args: Showing) -> Outcome {
    let client = Client::open(globals).await?;
    let found = client.get(&path(&args.name)).await;
    client.close().await;
    let group: Group = found.map_err(advised)?.read()?;
    if globals.json {
        output::json(&group);
    } else if group.members.is_empty() {
        eprintln!("the group has no members: nobody can answer for it");
    } else {
        group.members.iter().for_each(|member| output::line(&output::clean(member)));
    }
    Ok(Exit::Done)
}

/// Removes groups: nobody is asked by their names from then on. Exit 1 at the first that there is not.
pub async fn rm(globals: &Globals, args: Removing) -> Outcome {
    let client = Client::open(globals).await?;
    let done = async {
        for name in &args.names {
            client.delete(&path(name)).await?;
        }
        Ok(())
    }
    .await;
    client.close().await;
    done.map_err(advised)?;
    if globals.json {
        output::json(&json!({"removed": args.names}));
    } else {
        args.names.iter().for_each(|name| output::line(&format!("{} is removed", output::clean(name))));
    }
    Ok(Exit::Done)
}

fn path(name: &str) -> String {
    format!("/v1/groups/{}", escaped(name))
}

fn advised(failure: Failure) -> Failure {
    match failure.code.as_str() {
        "not_found" => failure.with_hint("`stepwell group ls` shows their names"),
        _ => failure,
    }
}

fn row(one: &Group) -> [Cell; 3] {
    [one.name.as_str().into(), one.members.len().to_string().into(), one.members.join(", ").into()]
}
