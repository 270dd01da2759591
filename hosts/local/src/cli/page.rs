//! Lists: one page of them, as JSON or as a table.

use super::{
    Exit, Globals, Outcome,
    client::{Client, query},
    output,
};
use serde_json::Value;

/// Which page.
#[derive(clap::Args)]
pub struct Paging {
    /// How many at most, 1 to 200
    #[arg(long, default_value_t = 50)]
    limit: u16,
    /// Where to go on, as `next_cursor` of the page before
    #[arg(long)]
    cursor: Option<String>,
}

/// A list of the API, and how people see it.
pub struct List<const N: usize> {
    /// Its path.
    pub path: &'static str,
    /// What is said where it is empty.
    pub empty: &'static str,
    /// Of the columns.
    pub headings: [&'static str; N],
    /// An item's cells.
    pub row: fn(&Value) -> [String; N],
    /// What is said under a table that is not.
    pub hint: Option<&'static str>,
}

impl<const N: usize> List<N> {
    /// Shows one page of those that fit.
    pub async fn show(&self, globals: &Globals, filter: Vec<(&str, Option<String>)>, paging: Paging) -> Outcome {
        let window = [("limit", Some(paging.limit.to_string())), ("cursor", paging.cursor)];
        let wanted: Vec<_> = filter.into_iter().chain(window).collect();
        let client = Client::open(globals).await?;
        let page = client.get(&format!("{}{}", self.path, query(&wanted))).await;
        client.close().await;
        let page = page?;
        if globals.json {
            output::json(&page);
            return Ok(Exit::Done);
        }
        let items = page["items"].as_array().map_or(&[][..], Vec::as_slice);
        if items.is_empty() {
            eprintln!("{}", self.empty);
            return Ok(Exit::Done);
        }
        output::table(self.headings, items.iter().map(self.row));
        if let Some(cursor) = page["next_cursor"].as_str() {
            eprintln!("{}", output::dim(&format!("there are more: --cursor {cursor}")));
        }
        if let Some(hint) = self.hint {
            eprintln!("{}", output::dim(hint));
        }
        Ok(Exit::Done)
    }
}
