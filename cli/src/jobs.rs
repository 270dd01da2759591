//! `stepwell jobs`: what was asked of many executions, and how far it has come.

use super::{
    Exit, Globals, Outcome, bulk,
    client::{Client, escaped},
    colour::Colour,
    columns::{Cell, Column},
    output,
    page::{List, Paging},
    pick, times,
};
use api::types::Job;
use engine::port::JobStatus;
use serde_json::json;

/// The arguments of `stepwell jobs`.
#[derive(clap::Args)]
pub struct Args {
    /// Show this job alone, by its id or the beginning of it
    job: Option<String>,
    /// End the job before it has met all; what it has done stays done
    #[arg(long, requires = "job")]
    cancel: bool,
    #[command(flatten)]
    paging: Paging,
}

const JOBS: List<Job, 7> = List {
    path: "/v1/jobs",
    empty: "there are no jobs; `stepwell bulk` makes one",
    columns: [
        Column::whole("JOB"),
        Column::whole("ACTION"),
        Column::whole("STATUS"),
        Column::whole("DONE"),
        Column::whole("REFUSED"),
        Column::whole("FAILED"),
        Column::time("MADE"),
    ],
    row,
    hint: None,
};

/// Shows one page of the jobs, newest first; or one job, which it cancels where that was asked.
pub async fn run(globals: &Globals, args: Args) -> Outcome {
    let Some(said) = args.job else { return JOBS.show(globals, Vec::new(), args.paging).await };
    let client = Client::open(globals).await?;
    let answer = async {
        let path = format!("/v1/jobs/{}", escaped(&pick::job(&client, &said).await?));
        if args.cancel { client.post(&format!("{path}/cancel"), &json!({})).await } else { client.get(&path).await }
    }
    .await;
    client.close().await;
    let answer = answer.map_err(|failure| match failure.code.as_str() {
        "not_found" => failure.with_hint("`stepwell jobs` lists those that there are"),
        _ => failure,
    })?;
    if globals.json {
        output::json(&answer.0);
    } else {
        bulk::tell(&answer.read()?, globals);
    }
    Ok(Exit::Done)
}

fn row(one: &Job) -> [Cell; 7] {
    let colour = match one.status {
        JobStatus::Running => Colour::Blue,
        JobStatus::Completed => Colour::Green,
        JobStatus::Cancelled => Colour::Dim,
        JobStatus::Failed => Colour::Red,
    };
    [
        one.job_id.as_str().into(),
        one.action.as_str().into(),
        Cell::coloured(one.status, colour),
        one.done.to_string().into(),
        one.refused.to_string().into(),
        one.failed.to_string().into(),
        times::relative(one.created_at.0, local::clock()).into(),
    ]
}
