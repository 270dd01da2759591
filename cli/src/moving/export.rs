//! `stepwell export EXECUTION…`: writes executions with their children to a file.

use super::file::{Header, Writer};
use crate::{
    Exit, Failure, Globals, Outcome,
    client::{Client, escaped, query},
    limits, output,
    pick::pick,
};
use api::types::{ExportPiece, Page, Timestamp};
use futures::future::try_join_all;
use serde_json::{Value, json};
use std::{collections::VecDeque, io::IsTerminal, path::PathBuf};

/// The arguments of `stepwell export`.
#[derive(clap::Args)]
pub struct Args {
    /// The executions; their children go with them
    #[arg(required = true)]
    executions: Vec<String>,
    /// Write to this file; - for stdout [default: -]
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Writes the file. Exit 1 where one of the executions cannot be exported; there is no file then.
pub async fn run(globals: &Globals, args: Args) -> Outcome {
    let path = args.out.filter(|path| path.as_os_str() != crate::source::STDIN);
    if path.is_none() && globals.json {
        let hint = "name a file with --out; what is said of it goes to stdout then";
        return Err(Failure::usage("with --json stdout cannot have the file, too", hint));
    }
    let client = Client::open(globals).await?;
    let written = write(&client, &args.executions, path.as_deref()).await;
    client.close().await;
    let Written { roots, executions, turns } = written?;
    if globals.json {
        output::json(&json!({"executions": roots, "count": executions, "turns": turns, "file": path}));
    } else {
        let place = path.map_or_else(String::new, |path| format!(" to {}", path.display()));
        let (count, turns) = (output::counted(executions, "execution"), output::counted(turns as usize, "turn"));
        eprintln!("wrote {count}, {turns}{place}; it has no secrets, and the data of people and services");
    }
    Ok(Exit::Done)
}

/// What was written.
struct Written {
    roots: Vec<String>,
    executions: usize,
    turns: u64,
}

async fn write(client: &Client, said: &[String], path: Option<&std::path::Path>) -> Result<Written, Failure> {
    let mut roots: Vec<String> = Vec::new();
    for said in said {
        let id = pick(client, said).await?;
        if !roots.contains(&id) {
            roots.push(id);
        }
    }
    // What cannot be exported is refused before there is a file.
    let mut firsts = VecDeque::new();
    for root in &roots {
        firsts.push_back(piece(client, root, root, 0, None).await?);
    }
    let exported_at = Timestamp(local::clock()).to_string();
    let header = Header { stepwell_export: 1, exported_at, executions: roots.clone() };
    let mut writer = Writer::begin(path, &header)?;
    let mut executions = 0;
    for (root, first) in roots.iter().zip(firsts) {
        executions += family(client, &mut writer, root, first, executions).await?;
    }
    let sum = writer.end()?;
    if std::io::stderr().is_terminal() {
        eprintln!();
    }
    Ok(Written { roots, executions, turns: sum.turns })
}

/// Writes an execution and those below it, each before its children: a child may be further than its parent knew, and
/// tells it again, but not the other way round. The words that all is there come last.
async fn family(
    client: &Client,
    writer: &mut Writer,
    root: &str,
    first: ExportPiece,
    before: usize,
) -> Result<usize, Failure> {
    let mut ends = Vec::new();
    let mut open = VecDeque::from([root.to_owned()]);
    let mut first = Some(first);
    while !open.is_empty() {
        let some: Vec<String> = open.drain(..open.len().min(limits::REQUESTS_AT_ONCE)).collect();
        let parts = some.iter().map(|id| {
            let known = first.take();
            async move {
                match known {
                    Some(part) => Ok(part),
                    None => piece(client, id, root, 0, None).await,
                }
            }
        });
        let parts: Vec<_> = parts.collect();
        for part in try_join_all(parts).await? {
            ends.push(whole(client, writer, root, part).await?);
        }
        for below in try_join_all(some.iter().map(|id| children(client, id))).await? {
            open.extend(below);
        }
        if std::io::stderr().is_terminal() {
            eprint!("\r{}", output::dim(&format!("{} read", output::counted(before + ends.len(), "execution"))));
        }
    }
    ends.iter().try_for_each(|end| writer.piece(end))?;
    Ok(ends.len())
}

/// Writes an execution whose first part is there, and returns the line that says that it is whole.
async fn whole(client: &Client, writer: &mut Writer, root: &str, first: ExportPiece) -> Result<ExportPiece, Failure> {
    let mut part = first;
    loop {
        writer.piece(&part)?;
        let (of, to) = (part.of, part.after + part.turns.len() as u64);
        if to >= of {
            let execution_id = part.execution_id;
            return Ok(ExportPiece { execution_id, of, after: of, complete: true, ..ExportPiece::default() });
        }
        part = piece(client, &part.execution_id, root, to, Some(of)).await?;
    }
}

/// Asks for a part of an execution.
async fn piece(client: &Client, id: &str, root: &str, after: u64, of: Option<u64>) -> Result<ExportPiece, Failure> {
    let below = (id != root).then(|| root.to_owned());
    let wanted = [("after", Some(after.to_string())), ("of", of.map(|of| of.to_string())), ("root", below)];
    client.get(&format!("/v1/executions/{}/export{}", escaped(id), query(&wanted))).await?.read()
}

/// The children of an execution.
async fn children(client: &Client, id: &str) -> Result<Vec<String>, Failure> {
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let wanted = [("parent", Some(id.to_owned())), ("limit", Some(limits::PAGE.to_string())), ("cursor", cursor)];
        let page: Page<Value> = client.get(&format!("/v1/executions{}", query(&wanted))).await?.read()?;
        if let Some(unreadable) = page.unreadable.first() {
            let hint = "`stepwell doctor --repair` saves what can be saved";
            return Err(Failure::failed(format!("execution {unreadable}, a child of {id}, cannot be read"), hint));
        }
        found.extend(page.items.iter().filter_map(|row| row.get("execution_id")?.as_str().map(str::to_owned)));
        cursor = page.next_cursor;
        if cursor.is_none() {
            found.reverse();
            return Ok(found);
        }
    }
}
