//! `stepwell receipt keys` and `rotate`.

use crate::{Exit, Globals, Outcome, client::Client, columns::Column, output, times};
use api::types::{Key, Keys, NoFields};

/// Lists the public keys. Its `--json` is what `verify --key` reads.
pub async fn list(globals: &Globals) -> Outcome {
    let client = Client::open_or_create(globals).await?;
    let found = client.get("/v1/keys").await;
    client.close().await;
    let found = found?;
    if globals.json {
        output::json(&found.0);
        return Ok(Exit::Done);
    }
    let keys: Keys = found.read()?;
    if keys.items.is_empty() {
        eprintln!("this host signs no receipts");
        return Ok(Exit::Done);
    }
    let when = |at: api::types::Timestamp| times::relative(at.0, local::clock());
    let columns = [Column::whole("KEY"), Column::whole("PUBLIC KEY"), Column::time("SINCE"), Column::time("UNTIL")];
    let rows = keys.items.into_iter().map(|key| {
        let until = key.retired_at.map_or_else(|| "now".to_owned(), when);
        [key.key_id, key.public_key, when(key.created_at), until]
    });
    output::table(columns, rows);
    eprintln!("{}", output::dim("keep them elsewhere too: stepwell receipt keys --json > keys.json"));
    Ok(Exit::Done)
}

/// Makes a new key that signs from now on.
pub async fn rotate(globals: &Globals) -> Outcome {
    let client = Client::open_or_create(globals).await?;
    let made = client.post("/v1/keys", &NoFields {}).await;
    client.close().await;
    let made = made?;
    if globals.json {
        output::json(&made.0);
        return Ok(Exit::Done);
    }
    let key: Key = made.read()?;
    output::line(&format!("{} signs from now on: {}", key.key_id, key.public_key));
    eprintln!(
        "{}",
        output::dim("hand it to whoever checks receipts, beside those before it: stepwell receipt keys --json")
    );
    Ok(Exit::Done)
}
