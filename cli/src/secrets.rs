//! `stepwell secret ls` and `rm`: the names of the credentials that there are, and their removal. No value is shown.

use super::{
    Exit, Failure, Globals, Outcome,
    client::{Client, escaped},
    columns::{Cell, Column},
    output,
    page::{List, Paging},
};
use api::types::SecretRow;
use engine::port::ANY_HOST;
use serde_json::json;

/// The arguments of `stepwell secret ls`.
#[derive(clap::Args)]
pub struct Listing {
    #[command(flatten)]
    paging: Paging,
}

/// The arguments of `stepwell secret rm`.
#[derive(clap::Args)]
pub struct Removing {
    /// Credentials, by their names
    #[arg(required = true)]
    names: Vec<String>,
}

const SECRETS: List<SecretRow, 3> = List {
    path: "/v1/secrets",
    empty: "no secret is stored; `stepwell secret set NAME` stores one",
    columns: [Column::whole("SECRET"), Column::cut("MAY BE SENT TO"), Column::whole("DOCUMENTS")],
    row,
    hint: Some("a value is never shown; store another with: stepwell secret set NAME"),
};

/// Shows one page of the credentials.
pub async fn ls(globals: &Globals, args: Listing) -> Outcome {
    SECRETS.show(globals, Vec::new(), args.paging).await
}

/// Removes credentials: what names them fails from then on. Exit 1 at the first that there is not.
pub async fn rm(globals: &Globals, args: Removing) -> Outcome {
    let client = Client::open(globals).await?;
    let done = async {
        for name in &args.names {
            client.delete(&format!("/v1/secrets/{}", escaped(name))).await?;
        }
        Ok(())
    }
    .await;
    client.close().await;
    done.map_err(|failure: Failure| match failure.code.as_str() {
        "not_found" => failure.with_hint("`stepwell secret ls` shows their names"),
        _ => failure,
    })?;
    if globals.json {
        output::json(&json!({"removed": args.names}));
    } else {
        args.names.iter().for_each(|name| output::line(&format!("{name} is removed")));
    }
    Ok(Exit::Done)
}

fn row(one: &SecretRow) -> [Cell; 3] {
    let to = match one.hosts.as_deref() {
        None => "(sealed with another key)".to_owned(),
        Some([]) => "no host".to_owned(),
        Some(hosts) if hosts.iter().any(|host| host.trim() == ANY_HOST) => "any host".to_owned(),
        Some(hosts) => hosts.join(", "),
    };
    let named_by = match one.for_inline {
        Some(true) => "saved, sent along",
        Some(false) => "saved",
        None => "",
    };
    [one.name.as_str().into(), to.into(), named_by.into()]
}
