//! `stepwell token ls` and `revoke`: the API tokens that there are, and their end.

use super::{
    Exit, Globals, Outcome,
    client::{Client, escaped},
    columns::{Cell, Column},
    output,
    page::{List, Paging},
    pick, times,
};
use api::types::{Timestamp, TokenRow};
use serde_json::json;

/// The arguments of `stepwell token ls`.
#[derive(clap::Args)]
pub struct Listing {
    #[command(flatten)]
    paging: Paging,
}

/// The arguments of `stepwell token revoke`.
#[derive(clap::Args)]
pub struct Revoking {
    /// Tokens, by the ids that `ls` shows, or their beginnings
    #[arg(required = true)]
    ids: Vec<String>,
}

const TOKENS: List<TokenRow, 6> = List {
    path: "/v1/tokens",
    empty: "there are no tokens; `stepwell token create` makes one",
    columns: [
        Column::whole("TOKEN"),
        Column::cut("NAME"),
        Column::cut("SUBJECT"),
        Column::whole("SCOPES"),
        Column::time("MADE"),
        Column::time("ENDS"),
    ],
    row,
    hint: Some("a token itself is shown once, when it is made; revoke one with: stepwell token revoke TOKEN"),
};

/// Shows one page of the tokens, those that have ended too.
pub async fn ls(globals: &Globals, args: Listing) -> Outcome {
    TOKENS.show(globals, Vec::new(), args.paging).await
}

/// Revokes tokens: requests that bear them are refused from then on. Exit 1 at the first that there is not.
pub async fn revoke(globals: &Globals, args: Revoking) -> Outcome {
    let client = Client::open(globals).await?;
    let done = async {
        let mut revoked = Vec::new();
        for said in &args.ids {
            let id = pick::token(&client, said).await?;
            client.delete(&format!("/v1/tokens/{}", escaped(&id))).await?;
            revoked.push(id);
        }
        Ok(revoked)
    }
    .await;
    client.close().await;
    let revoked: Vec<String> = done.map_err(|failure: super::Failure| match failure.code.as_str() {
        "not_found" => failure.with_hint("`stepwell token ls` shows their ids"),
        _ => failure,
    })?;
    if globals.json {
        output::json(&json!({"revoked": revoked}));
    } else {
        revoked.iter().for_each(|id| output::line(&format!("{id} is revoked")));
    }
    Ok(Exit::Done)
}

fn row(one: &TokenRow) -> [Cell; 6] {
    let scopes: Vec<&str> = one.scopes.iter().map(|scope| scope.as_str()).collect();
    let when = |at: Timestamp| times::relative(at.0, local::clock());
    let ends = match (one.expires_at, one.expired) {
        (None, _) => "never".to_owned(),
        (Some(at), false) => when(at),
        (Some(at), true) => format!("{} (expired)", when(at)),
    };
    [
        one.id.as_str().into(),
        one.name.as_str().into(),
        one.subject.as_str().into(),
        scopes.join(",").into(),
        one.created_at.map(when).unwrap_or_default().into(),
        ends.into(),
    ]
}
