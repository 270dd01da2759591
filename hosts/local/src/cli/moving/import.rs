//! `stepwell import FILE`: takes in what `stepwell export` wrote.

use super::file::Whole;
use crate::cli::{Exit, Failure, Globals, Outcome, client::Client, output};
use api::types::{Imported, Taken};
use serde_json::{Value, json};
use std::{io::IsTerminal, path::PathBuf};

/// The arguments of `stepwell import`.
#[derive(clap::Args)]
pub struct Args {
    /// The file; - for stdin
    file: PathBuf,
    /// Only tell what would be imported
    #[arg(long)]
    dry_run: bool,
}

/// An execution without a parent, with what became of it and those below it.
struct Root {
    id: String,
    executions: usize,
    added: bool,
    status: Value,
}

/// Sends the file, part by part. Exit 1 where an execution is refused: those before it are here then, and the same file
/// may be sent again.
pub async fn run(globals: &Globals, args: Args) -> Outcome {
    let whole = Whole::open(&args.file)?;
    let client = Client::open_or_create(globals).await?;
    let sent = send(&client, &whole, args.dry_run).await;
    let idle = client.idle();
    client.close().await;
    let roots = sent?;
    if globals.json {
        let shown = |root: &Root| {
            json!({"execution_id": root.id, "taken": taken(root.added), "executions": root.executions,
                "status": root.status})
        };
        output::json(&json!({"dry_run": args.dry_run, "executions": roots.iter().map(shown).collect::<Vec<_>>()}));
        return Ok(Exit::Done);
    }
    for root in &roots {
        output::line(&told(root, args.dry_run));
    }
    if let Some(idle) = idle.filter(|_| !args.dry_run && roots.iter().any(|root| root.added)) {
        eprintln!("{idle}");
    }
    Ok(Exit::Done)
}

fn taken(added: bool) -> Taken {
    if added { Taken::Added } else { Taken::Unchanged }
}

fn told(root: &Root, dry_run: bool) -> String {
    let below = match root.executions {
        0 | 1 => String::new(),
        more => format!(" with {} below it", output::counted(more - 1, "execution")),
    };
    let id = &root.id;
    let status = root.status.as_str().map(|status| format!(": it is {status}")).unwrap_or_default();
    match (root.added, dry_run) {
        (true, true) => format!("{id}{below} would be imported"),
        (true, false) => format!("{id}{below} is imported{status}"),
        (false, _) => format!("{id}{below} was here already, and nothing changed{status}"),
    }
}

/// Sends what the file has. A rehearsal sends the first part of each execution, which says what would become of it.
async fn send(client: &Client, whole: &Whole, rehearse: bool) -> Result<Vec<Root>, Failure> {
    let path = if rehearse { "/v1/executions/import?dry_run=true" } else { "/v1/executions/import" };
    let progress = std::io::stderr().is_terminal();
    let mut roots: Vec<Root> = Vec::new();
    let mut pieces = whole.pieces()?;
    while let Some((line, piece)) = pieces.next()? {
        let begins = piece.after == 0 && !piece.turns.is_empty();
        if begins && whole.header.executions.contains(&piece.execution_id) {
            let id = piece.execution_id.clone();
            roots.push(Root { id, executions: 0, added: false, status: Value::Null });
        }
        let Some(root) = roots.last_mut() else {
            let message = format!("line {line} of the file belongs to no execution that its first line names");
            return Err(Failure::usage(message, "export it again").with_code("invalid_export"));
        };
        root.executions += usize::from(begins);
        if rehearse && !begins {
            continue;
        }
        let answer: Imported =
            client.post(path, &piece).await.map_err(|failure| refused(failure, line, rehearse))?.read()?;
        root.added |= answer.taken == Taken::Added;
        if answer.execution_id == root.id {
            root.status = json!(answer.status);
        }
        if progress {
            eprint!("\r{}", output::dim(&format!("{line} of {} lines", whole.sum.lines)));
        }
    }
    if progress {
        eprintln!();
    }
    Ok(roots)
}

/// A refusal with its place in the file, and what to do about it.
fn refused(failure: Failure, line: u64, rehearse: bool) -> Failure {
    let hint = match failure.code.as_str() {
        "exists_with_another_journal" => "`stepwell delete ID` removes the one that is here, if that is not wanted",
        "too_large" => {
            "a value in it is larger than this host takes in one request: import it into a data folder, or into a host \
             that takes more"
        }
        _ if rehearse => return failure.at(&format!("line {line} of the file")),
        _ => "what came before this line is here, and the same file may be imported again",
    };
    let hint = failure.hint().filter(|hint| !hint.is_empty()).unwrap_or_else(|| hint.to_owned());
    failure.at(&format!("line {line} of the file")).with_hint(&hint)
}
