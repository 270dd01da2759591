//! `stepwell import FILE`: takes in what `stepwell export` wrote.

use super::file::Whole;
use crate::{Exit, Failure, Globals, Outcome, client::Client, limits, output};
use api::types::{ExportPiece, Imported, Taken};
use futures::{
    FutureExt,
    future::{BoxFuture, select_all},
};
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
    let (roots, sent) = sent;
    let shown: Vec<Value> = roots.iter().map(shown).collect();
    if let Err(failure) = sent {
        // A program finds in the error what a person is told before it.
        if !globals.json {
            roots.iter().for_each(|root| output::line(&told(root, args.dry_run)));
        }
        return Err(failure.with("executions", json!(shown)));
    }
    if globals.json {
        output::json(&json!({"dry_run": args.dry_run, "executions": shown}));
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

fn shown(root: &Root) -> Value {
    json!({"execution_id": root.id, "taken": taken(root.added), "executions": root.executions, "status": root.status})
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

/// Sends what the file has. Returns the families that are here whole, or would be, and how it ended.
async fn send(client: &Client, whole: &Whole, rehearse: bool) -> (Vec<Root>, Result<(), Failure>) {
    let mut sending = Sending { client, rehearse, lines: whole.sum.lines, roots: Vec::new(), under_way: Vec::new() };
    let sent = send_all(&mut sending, whole).await;
    if std::io::stderr().is_terminal() {
        eprintln!();
    }
    let mut roots = sending.roots;
    if sent.is_err() {
        // The one that was under way is not here whole.
        roots.pop();
    }
    (roots, sent)
}

/// Sends several lines at a time. A rehearsal sends the first part of each execution, which says what would become of it.
async fn send_all(sending: &mut Sending<'_>, whole: &Whole) -> Result<(), Failure> {
    let rehearse = sending.rehearse;
    let mut pieces = whole.pieces()?;
    while let Some((line, piece)) = pieces.next()? {
        let begins = piece.after == 0 && !piece.turns.is_empty();
        if begins && whole.header.executions.contains(&piece.execution_id) {
            let id = piece.execution_id.clone();
            sending.answered(0).await?;
            sending.roots.push(Root { id, executions: 0, added: false, status: Value::Null });
        }
        let Some(root) = sending.roots.last_mut() else {
            let message = format!("line {line} of the file belongs to no execution that its first line names");
            return Err(Failure::usage(message, "export it again").with_code("invalid_export"));
        };
        root.executions += usize::from(begins);
        if begins || !rehearse {
            let is_end_of_root = piece.complete && piece.execution_id == root.id;
            sending.line(line, piece, is_end_of_root).await?;
        }
    }
    sending.answered(0).await
}

/// Lines that are being sent.
struct Sending<'a> {
    client: &'a Client,
    rehearse: bool,
    lines: u64,
    roots: Vec<Root>,
    under_way: Vec<(String, BoxFuture<'a, Result<Imported, Failure>>)>,
}

impl Sending<'_> {
    /// Sends a line once those that it builds on are there: earlier ones of its execution, and those of its parent. The
    /// end of a family's root comes after all of the others, and before what follows.
    async fn line(&mut self, line: u64, piece: ExportPiece, alone: bool) -> Result<(), Failure> {
        let parent = piece.turns.first().and_then(|turn| turn.pointer("/events/0/parent/execution_id"));
        let parent = parent.and_then(Value::as_str).unwrap_or_default().to_owned();
        let builds_on = |(id, _): &(String, _)| *id == piece.execution_id || *id == parent;
        if alone || self.under_way.iter().any(builds_on) {
            self.answered(0).await?;
        }
        self.answered(limits::REQUESTS_AT_ONCE - 1).await?;
        let (client, rehearse) = (self.client, self.rehearse);
        let path = if rehearse { "/v1/executions/import?dry_run=true" } else { "/v1/executions/import" };
        let id = piece.execution_id.clone();
        let sent =
            async move { client.post(path, &piece).await.map_err(|failure| refused(failure, line, rehearse))?.read() };
        self.under_way.push((id, sent.boxed()));
        if alone {
            self.answered(0).await?;
        }
        if std::io::stderr().is_terminal() {
            eprint!("\r{}", output::dim(&format!("{line} of {} lines", self.lines)));
        }
        Ok(())
    }

    /// Waits until so many lines at most are under way.
    async fn answered(&mut self, most: usize) -> Result<(), Failure> {
        while self.under_way.len() > most {
            let (answer, at, _) = select_all(self.under_way.iter_mut().map(|(_, sent)| sent)).await;
            drop(self.under_way.swap_remove(at));
            let answer: Imported = answer?;
            if let Some(root) = self.roots.last_mut() {
                root.added |= answer.taken == Taken::Added;
                if answer.execution_id == root.id {
                    root.status = json!(answer.status);
                }
            }
        }
        Ok(())
    }
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
