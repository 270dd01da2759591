//! Shows one page of a list of the API, as JSON or as a table.

use super::{
    Exit, Failure, Globals, Outcome,
    client::{Client, Reply, query},
    columns::{Cell, Column},
    numbers::whole,
    output,
};
use api::types::Page;
use serde::de::DeserializeOwned;

/// The options by which a page of a list is chosen.
#[derive(clap::Args)]
pub struct Paging {
    /// Show so many at most, 1 to 200
    #[arg(long, default_value_t = 50, value_parser = whole::<200, u16>)]
    limit: u16,
    /// Show the page after the one that ended with this `next_cursor`
    #[arg(long)]
    cursor: Option<String>,
}

/// A list of the API, whose items are `T`, and how people see it as a table of `N` columns.
pub struct List<T, const N: usize> {
    /// Path of the list in the API.
    pub path: &'static str,
    /// What is said where the list is empty.
    pub empty: &'static str,
    /// The columns.
    pub columns: [Column; N],
    /// Makes the cells of an item.
    pub row: fn(&T) -> [Cell; N],
    /// What is said under a table that is not empty.
    pub hint: Option<&'static str>,
}

impl<T: DeserializeOwned, const N: usize> List<T, N> {
    /// Shows one page of the items that `filter`, the query's parameters, lets through. Exit 0, also where there are
    /// none.
    pub async fn show(&self, globals: &Globals, filter: Vec<(&str, Option<String>)>, paging: Paging) -> Outcome {
        let window = [("limit", Some(paging.limit.to_string())), ("cursor", paging.cursor)];
        let wanted: Vec<_> = filter.into_iter().chain(window).collect();
        let client = Client::open(globals).await?;
        let page = client.get(&format!("{}{}", self.path, query(&wanted))).await;
        if globals.json {
            client.close().await;
            output::json(&page?.0);
            return Ok(Exit::Done);
        }
        let page = self.first_with_items(&client, wanted, page).await;
        client.close().await;
        let page = page?;
        if !page.unreadable.is_empty() {
            let ids = page.unreadable.join(", ");
            eprintln!("these cannot be read: {ids}; `stepwell doctor --repair` saves what can be saved");
        }
        if page.items.is_empty() {
            eprintln!("{}", self.empty);
            return Ok(Exit::Done);
        }
        output::table(self.columns, page.items.iter().map(self.row));
        if let Some(cursor) = &page.next_cursor {
            eprintln!("{}", output::dim(&format!("there are more: --cursor {cursor}")));
        }
        if let Some(hint) = self.hint {
            eprintln!("{}", output::dim(hint));
        }
        Ok(Exit::Done)
    }

    /// The page itself, or where a filter left all of it out, the next one that has items.
    async fn first_with_items(
        &self,
        client: &Client,
        mut wanted: Vec<(&str, Option<String>)>,
        page: Result<Reply, Failure>,
    ) -> Result<Page<T>, Failure> {
        let mut page: Page<T> = page?.read()?;
        while let (true, Some(cursor)) = (page.items.is_empty() && page.unreadable.is_empty(), &page.next_cursor) {
            wanted.retain(|(name, _)| *name != "cursor");
            wanted.push(("cursor", Some(cursor.clone())));
            page = client.get(&format!("{}{}", self.path, query(&wanted))).await?.read()?;
        }
        Ok(page)
    }
}
