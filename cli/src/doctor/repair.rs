//! `stepwell doctor --repair`: saves what can be read of a damaged database.

use crate::{Exit, Failure, Globals, Outcome, folder::unopened, output};
use local::store::repair::{Repaired, Unrepaired, repair};
use serde_json::json;

/// Repairs the database of the data folder, and says what was saved and what was lost. Exit 1 where anything was lost.
pub async fn run(globals: &Globals) -> Outcome {
    if globals.url.is_some() {
        let hint = "run it on the machine of the data folder, with --data";
        return Err(Failure::usage("--repair works on a data folder, not on a host", hint));
    }
    let data = globals.data();
    if !data.join("stepwell.db").exists() {
        let hint = "name the folder with --data, or restore stepwell.db from a backup";
        return Err(Failure::usage(format!("there is no database in {}", data.display()), hint));
    }
    let done = repair(&data, local::clock).await.map_err(|error| match error {
        Unrepaired::Folder(error) => unopened(&error.into()),
        other => {
            Failure::failed(other.to_string(), "the old database is still there, beside the new one if there is one")
        }
    })?;
    tell(globals, &done);
    Ok(if done.torn.is_empty() && done.lost.is_empty() { Exit::Done } else { Exit::Failed })
}

fn tell(globals: &Globals, done: &Repaired) {
    let Repaired { rows, torn, lost, lacking, kept } = done;
    if globals.json {
        let each = |all: &[(String, String)]| -> Vec<_> {
            all.iter().map(|(id, why)| json!({"execution_id": id, "why": why})).collect()
        };
        let (lost, lacking, kept) = (each(lost), each(lacking), kept.display().to_string());
        output::json(&json!({"rows": rows, "torn": torn, "lost": lost, "lacking": lacking, "kept": kept}));
        return;
    }
    output::line(&format!("saved {rows} rows; the old database is kept as {}", kept.display()));
    for table in torn {
        output::line(&format!("lost: rows of the table {table}, on pages that cannot be read"));
    }
    for (id, why) in lost {
        output::line(&format!("lost: execution {id}: {why}"));
    }
    for (id, why) in lacking {
        output::line(&format!("kept, but for a value: execution {id}: {why}"));
    }
}
