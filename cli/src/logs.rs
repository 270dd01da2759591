//! `stepwell logs EXECUTION [--follow]`: the log lines that an execution's nodes wrote.

use super::{
    Exit, Failure, Globals, Outcome,
    client::{Client, Reply, escaped, query},
    colour, limits, output,
    pick::pick,
};
use api::types::{Execution, LogLine, Page};
use serde_json::Value;

/// The arguments of `stepwell logs`.
#[derive(clap::Args)]
pub struct Args {
    /// The execution
    execution: String,
    /// Go on until the execution ends
    #[arg(long, short)]
    follow: bool,
}

/// Shows the lines, for people as text. With `--json` they are one object `{items, next_cursor}`, or, where they are
/// followed, one object per line as it comes.
pub async fn run(globals: &Globals, args: Args) -> Outcome {
    let client = Client::open(globals).await?;
    if args.follow && client.is_folder() {
        eprintln!("{}", output::dim("nothing runs in this data folder now: these are the lines so far"));
    }
    let follow = args.follow && !client.is_folder();
    let done = async {
        let id = pick(&client, &args.execution).await?;
        Reader::of(&client, &id).tell(globals.json, follow).await
    }
    .await;
    client.close().await;
    done.map(|()| Exit::Done)
}

/// Reads the lines of an execution, page after page, and remembers how far it came.
pub struct Reader<'c> {
    client: &'c Client,
    id: String,
    /// Cursor of the page to be read next; none for the first.
    cursor: Option<String>,
    /// Number of lines of that page that were read before.
    seen: usize,
}

impl<'c> Reader<'c> {
    /// Reads the lines of an execution from the first on.
    pub fn of(client: &'c Client, execution: &str) -> Self {
        Self { client, id: escaped(execution), cursor: None, seen: 0 }
    }

    async fn tell(mut self, as_json: bool, follow: bool) -> Result<(), Failure> {
        let mut all = Vec::new();
        loop {
            // The end is looked for before the lines are read, so that no line written in between is missed.
            let ended = !follow || self.has_ended().await?;
            for line in self.fresh().await? {
                match (as_json, follow) {
                    (true, false) => all.push(line.0),
                    (true, true) => output::line(&line.0.to_string()),
                    (false, _) => output::line(&shown(&line.read()?)),
                }
            }
            if ended {
                break;
            }
            tokio::time::sleep(limits::FOLLOW).await;
        }
        if as_json && !follow {
            output::json(&Page { items: all, next_cursor: None, unreadable: Vec::new() });
        }
        Ok(())
    }

    async fn has_ended(&self) -> Result<bool, Failure> {
        let execution = self.client.get(&format!("/v1/executions/{}", self.id)).await?;
        Ok(execution.read::<Execution>()?.completed_at.is_some())
    }

    /// Reads all lines that were not read before.
    pub async fn fresh(&mut self) -> Result<Vec<Reply>, Failure> {
        let mut fresh = Vec::new();
        loop {
            let window = query(&[("limit", Some(limits::PAGE.to_string())), ("cursor", self.cursor.clone())]);
            let page = self.client.get(&format!("/v1/executions/{}/logs{window}", self.id)).await?;
            let Page { items, next_cursor, .. } = page.read::<Page<Value>>()?;
            let count = items.len();
            fresh.extend(items.into_iter().skip(self.seen).map(Reply));
            match next_cursor {
                Some(next) => (self.cursor, self.seen) = (Some(next), 0),
                None => {
                    self.seen = count;
                    return Ok(fresh);
                }
            }
        }
    }
}

fn shown(line: &LogLine) -> String {
    let node = output::clean(line.node.as_deref().unwrap_or_default());
    let level = colour::of_level(line.level).map(|colour| colour.paint(line.level.as_str(), colour::on_stdout()));
    let level = level.unwrap_or_else(|| line.level.as_str().into());
    let filling = " ".repeat(5_usize.saturating_sub(line.level.as_str().len()));
    format!("{} {level}{filling} {node}: {}", line.at, output::quoted_lines(&line.message))
}
