//! `stepwell history EXECUTION`: what happened, turn by turn, and what was warned about.

use super::{
    Exit, Globals, Outcome,
    client::{Client, escaped, query},
    columns::{Cell, Column},
    numbers::whole,
    output,
    pick::pick,
    times, warnings,
};
use api::types::{Execution, History, Turn};

/// The arguments of `stepwell history`.
#[derive(clap::Args)]
pub struct Args {
    /// The execution
    execution: String,
    /// Show so many turns at most, 1 to 200
    #[arg(long, default_value_t = 200, value_parser = whole::<200, u16>)]
    limit: u16,
    /// Show the page after the one that ended with this `next_cursor`
    #[arg(long)]
    cursor: Option<String>,
}

/// Shows a page of an execution's turns, the oldest first.
pub async fn run(globals: &Globals, args: Args) -> Outcome {
    let client = Client::open(globals).await?;
    let window = query(&[("limit", Some(args.limit.to_string())), ("cursor", args.cursor)]);
    let answers = async {
        let path = format!("/v1/executions/{}", escaped(&pick(&client, &args.execution).await?));
        let page = client.get(&format!("{path}/history{window}")).await?;
        // With `--json` the one answer is shown as it is, so the execution's warnings are not asked for.
        let execution = if globals.json { None } else { Some(client.get(&path).await?) };
        Ok::<_, super::Failure>((page, execution))
    }
    .await;
    client.close().await;
    let (page, execution) = answers?;
    let Some(execution) = execution else {
        output::json(&page.0);
        return Ok(Exit::Done);
    };
    let (page, execution): (History, Execution) = (page.read()?, execution.read()?);
    let columns = [Column::whole("CHECKPOINT"), Column::time("WHEN"), Column::text("WHAT")];
    output::table(columns, page.history.iter().map(row));
    if let Some(cursor) = &page.next_cursor {
        eprintln!("{}", output::dim(&format!("{} turns in all; go on with --cursor {cursor}", page.total)));
    }
    warnings::tell(&execution.warnings);
    Ok(Exit::Done)
}

fn row(turn: &Turn) -> [Cell; 3] {
    let when = times::relative(turn.timestamp.0, local::clock());
    [turn.checkpoint.as_str().into(), when.into(), turn.state_summary.as_str().into()]
}
