//! Which execution is meant: by its id, by the beginning of its id, or as the last one.

use super::{
    Failure,
    client::{Client, escaped, query},
    limits,
};
use api::types::Page;
use serde::Deserialize;

/// What stands for the execution that was started last.
const LAST: &str = "last";
/// Letters that a beginning of an id has at least: fewer are more likely a slip.
const LEAST: usize = 4;
/// Letters of a whole id, which need not be looked for.
const WHOLE: usize = 36;

/// What is read of a row of the list.
#[derive(Deserialize)]
struct Row {
    execution_id: String,
}

/// The id of the execution that `said` means: `last`, a whole id, or the beginning of a single one among the newest
/// [`limits::PICKED`]. Text that is the beginning of none is returned as it is, for the host to refuse.
///
/// # Errors
/// Where several begin so, or there is no last one.
pub async fn pick(client: &Client, said: &str) -> Result<String, Failure> {
    if said == LAST {
        let page: Page<Row> = client.get("/v1/executions?limit=1").await?.read()?;
        let last = page.items.into_iter().next().map(|row| row.execution_id);
        return last.ok_or_else(|| {
            let hint = "start one: stepwell start WORKFLOW, or stepwell run FILE";
            Failure::failed("there is no execution yet, so none is the last", hint).with_code("not_found")
        });
    }
    let may_begin = |c: char| c.is_ascii_hexdigit() || c == '-';
    if !(LEAST..WHOLE).contains(&said.len()) || !said.chars().all(may_begin) {
        return Ok(said.to_owned());
    }
    // An id may be as short as its maker likes.
    if client.get(&format!("/v1/executions/{}", escaped(said))).await.is_ok() {
        return Ok(said.to_owned());
    }
    let found = beginning(client, said).await?;
    match found.as_slice() {
        [] => Ok(said.to_owned()),
        [one] => Ok(one.clone()),
        several => Err(Failure::failed(
            format!("several executions begin with {said}: {}", several.join(", ")),
            "write more of the id; `stepwell ls` shows them",
        )
        .with_code("ambiguous")),
    }
}

/// The ids that begin so, a few where they are many.
async fn beginning(client: &Client, said: &str) -> Result<Vec<String>, Failure> {
    let (mut found, mut seen, mut cursor) = (Vec::new(), 0, None);
    let said = said.to_ascii_lowercase();
    while seen < limits::PICKED && found.len() < limits::NAMED {
        let window = query(&[("limit", Some(limits::PAGE.to_string())), ("cursor", cursor)]);
        let page: Page<Row> = client.get(&format!("/v1/executions{window}")).await?.read()?;
        seen += page.items.len();
        found.extend(page.items.into_iter().map(|row| row.execution_id).filter(|id| id.starts_with(&said)));
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    found.truncate(limits::NAMED);
    Ok(found)
}
