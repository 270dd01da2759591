//! `stepwell logs EXECUTION [--follow]`: the log lines that an execution's nodes wrote.

use super::{
    Exit, Failure, Globals, Outcome,
    client::{Client, escaped, query},
    limits, output,
};
use serde_json::{Value, json};

/// What it takes.
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
    let told = Reader { client: &client, id: escaped(&args.execution), cursor: None, seen: 0 };
    let done = told.tell(globals.json, follow).await;
    client.close().await;
    done.map(|()| Exit::Done)
}

/// Reads the lines of an execution, page after page, and remembers how far it came.
struct Reader<'c> {
    client: &'c Client,
    id: String,
    /// Cursor of the page to be read next; none for the first.
    cursor: Option<String>,
    /// Number of lines of that page that were read before.
    seen: usize,
}

impl Reader<'_> {
    async fn tell(mut self, as_json: bool, follow: bool) -> Result<(), Failure> {
        let mut all = Vec::new();
        loop {
            // The end is looked for before the lines are read, so that no line written in between is missed.
            let ended = !follow || self.has_ended().await?;
            for line in self.fresh().await? {
                match (as_json, follow) {
                    (true, false) => all.push(line),
                    (true, true) => output::line(&line.to_string()),
                    (false, _) => output::line(&shown(&line)),
                }
            }
            if ended {
                break;
            }
            tokio::time::sleep(limits::FOLLOW).await;
        }
        if as_json && !follow {
            output::json(&json!({"items": all, "next_cursor": null}));
        }
        Ok(())
    }

    async fn has_ended(&self) -> Result<bool, Failure> {
        let execution = self.client.get(&format!("/v1/executions/{}", self.id)).await?;
        Ok(!execution["completed_at"].is_null())
    }

    /// Reads all lines that were not read before.
    async fn fresh(&mut self) -> Result<Vec<Value>, Failure> {
        let mut fresh = Vec::new();
        loop {
            let window = query(&[("limit", Some(limits::PAGE.to_string())), ("cursor", self.cursor.clone())]);
            let page = self.client.get(&format!("/v1/executions/{}/logs{window}", self.id)).await?;
            let items = page["items"].as_array().cloned().unwrap_or_default();
            let count = items.len();
            fresh.extend(items.into_iter().skip(self.seen));
            match page["next_cursor"].as_str() {
                Some(next) => (self.cursor, self.seen) = (Some(next.to_owned()), 0),
                None => {
                    self.seen = count;
                    return Ok(fresh);
                }
            }
        }
    }
}

fn shown(line: &Value) -> String {
    let text = |pointer| output::clean(&output::text(line, pointer));
    format!("{} {:<5} {}: {}", text("/at"), text("/level"), text("/node"), text("/message"))
}
