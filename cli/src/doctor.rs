//! `stepwell doctor`: checks the set-up, line by line, each with what to do.

mod check;
mod repair;
mod signing;

use super::{Exit, Globals, Outcome, allowed::allow_list, client::Client, colour, folder::unopened, limits, output};
use api::types::Health;
use check::Check;
use engine::port::Host;
use local::{
    Local,
    server::{self, socket::Address},
    store::{OpenError, repair::unreadable, running},
};
use nodes::AllowList;
use serde_json::{Map, Value, json};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use stepwell_core::task::{self, CodeTask, Task};

/// The arguments of `stepwell doctor`.
#[derive(clap::Args)]
pub struct Args {
    /// What http_request may reach although it is not public [default: STEPWELL_HTTP_ALLOW]
    #[arg(long, value_name = "HOST[:PORT],NET,…")]
    http_allow: Option<String>,
    /// Save what can be read of a damaged database into a new one, and keep the old one beside it
    #[arg(long)]
    repair: bool,
}

/// Checks the host at `--url`, or else this machine and its data folder. Exit 1 where any check fails.
pub async fn run(globals: &Globals, args: Args) -> Outcome {
    if args.repair {
        return repair::run(globals).await;
    }
    let checks = match &globals.url {
        Some(url) => vec![remote(globals, url).await],
        None => here(globals, &args).await,
    };
    let failed = checks.iter().any(|check| check.verdict == "fail");
    if globals.json {
        let shown = |check: &Check| {
            let Check { name, verdict, about, hint } = check;
            json!({"check": name, "verdict": verdict, "about": about, "hint": hint})
        };
        output::json(&json!({"ok": !failed, "checks": checks.iter().map(shown).collect::<Vec<_>>()}));
    } else {
        for check in &checks {
            let filling = " ".repeat(4_usize.saturating_sub(check.verdict.len()));
            let verdict = check.colour().paint(check.verdict, colour::on_stdout());
            output::line(&format!("{verdict}{filling}  {}: {}", check.name, check.about));
            if !check.hint.is_empty() {
                output::line(&format!("      {}", check.hint));
            }
        }
    }
    Ok(if failed { Exit::Failed } else { Exit::Done })
}

/// Checks that the host at `--url` answers.
async fn remote(globals: &Globals, url: &str) -> Check {
    let health = async { Client::open(globals).await?.get("/health").await?.read::<Health>() }.await;
    match health {
        Ok(health) => Check::ok("host", format!("{url} lives, version {}", health.version)),
        Err(failure) => Check::fail("host", failure.message(), "start it with `stepwell dev`, or check --url"),
    }
}

/// Checks this machine, and the data folder unless another process has it open.
async fn here(globals: &Globals, args: &Args) -> Vec<Check> {
    let data = globals.data();
    let mut checks = vec![clock(), disk(&data)];
    let allow = match allow_list(args.http_allow.as_deref()) {
        Ok(allow) => {
            let about = if allow == AllowList::default() {
                "public addresses only"
            } else {
                "public addresses, and those that the allow list names"
            };
            checks.push(Check::ok("http_request", about));
            allow
        }
        Err(failure) => {
            checks.push(Check::fail("http_request", failure.message(), "write it as 127.0.0.1:9000,10.0.0.0/8"));
            AllowList::default()
        }
    };
    if ["stepwell.db", "key"].iter().all(|name| !data.join(name).exists()) {
        let about = format!("{} is not there yet; the first `run` or `dev` makes it", data.display());
        checks.push(Check::ok("data folder", about));
        // Without a data folder, JavaScript is tried in a temporary one: a check leaves nothing behind.
        let scratch = std::env::temp_dir().join(format!("stepwell-doctor-{}", std::process::id()));
        checks.push(match server::open(&scratch, allow) {
            Ok(host) => code(host).await,
            Err(error) => Check::fail("code", error.to_string(), "check that the temporary folder may be written"),
        });
        let _ = std::fs::remove_dir_all(&scratch);
        return checks;
    }
    checks.push(signing::keys(&data));
    match server::open(&data, allow) {
        Ok(host) => {
            checks.push(Check::ok("data folder", format!("{} opens, and nobody else has it", data.display())));
            checks.push(secrets(&host).await);
            checks.push(code(host).await);
            checks.push(integrity(&data).await);
        }
        Err(server::Unopened::Folder(OpenError::InUse { url, pid, .. })) => checks.push(in_use(&data, url, pid).await),
        Err(error) => checks.push(Check::fail("data folder", error.to_string(), unopened(&error).message())),
    }
    checks
}

/// Tells which process has the data folder. That is sound where it serves the API, as `stepwell dev` does.
async fn in_use(data: &Path, url: Option<String>, pid: Option<u32>) -> Check {
    let by = pid.map(|pid| format!(" by process {pid}")).unwrap_or_default();
    let holder = running(data).and_then(|holder| holder.url).or(url);
    match holder {
        Some(url) => Check::ok("data folder", format!("in use{by}, which serves {url}")),
        None if Address::of(data).is_ok_and(|address| address.answers()) => {
            Check::ok("data folder", format!("in use{by}, which runs a workflow and answers other commands"))
        }
        None => Check::warn("data folder", format!("in use{by}"), "wait until it ends; then check again"),
    }
}

fn clock() -> Check {
    let now = local::clock();
    // This release was made after the first time, and nobody runs it after the second.
    let sane = document::time::Time::parse("2026-01-01T00:00:00Z").is_some_and(|first| now > first)
        && document::time::Time::parse("2100-01-01T00:00:00Z").is_some_and(|last| now < last);
    match sane {
        true => Check::ok("clock", now.to_string()),
        false => Check::fail("clock", format!("it says {now}"), "set the clock: timers and deadlines depend on it"),
    }
}

/// Checks the free space of the disk that the data folder is on, or will be on.
fn disk(data: &Path) -> Check {
    let there: PathBuf = data.ancestors().find(|path| path.exists()).map_or_else(|| ".".into(), Into::into);
    let Ok(stat) = rustix::fs::statvfs(&there) else {
        return Check::warn("disk", "its free space cannot be read", "check it by hand: df -h");
    };
    let free = stat.f_bavail.saturating_mul(stat.f_frsize);
    let about = format!("{} MiB free", free / 1024 / 1024);
    let hint = "make room: what cannot be written is refused";
    let (enough, least) = limits::DISK_BYTES;
    match free {
        free if free < least => Check::fail("disk", about, hint),
        free if free < enough => Check::warn("disk", about, hint),
        _ => Check::ok("disk", about),
    }
}

/// Checks that the folder's key opens the secrets that are stored.
async fn secrets(host: &Local) -> Check {
    let hint = "put back the `key` that they were stored with, or set them again: stepwell secret set NAME";
    match host.database().sealed_otherwise().await {
        Ok(names) if names.is_empty() => Check::ok("secrets", "the folder's key opens them"),
        Ok(names) => Check::fail("secrets", format!("the folder's key does not open {}", names.join(", ")), hint),
        Err(error) => Check::fail("secrets", error.to_string(), "see the line about the database"),
    }
}

/// Checks the database's pages by SQLite's `quick_check`, and that executions can be read.
async fn integrity(data: &Path) -> Check {
    let (database, of_rows) = (data.join("stepwell.db"), data.join("stepwell.db"));
    let checked = tokio::task::spawn_blocking(move || {
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
        let db = rusqlite::Connection::open_with_flags(database, flags)?;
        let pages = db.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0))?;
        Ok::<_, rusqlite::Error>((pages, unreadable(&of_rows)?))
    })
    .await;
    let hint = "save what can be saved: stepwell doctor --repair; or restore it from a backup";
    match checked {
        Ok(Ok((pages, _))) if pages != "ok" => Check::fail("database", pages, hint),
        Ok(Ok((_, (torn, lacking)))) => match (told(&torn, "cannot be read"), told(&lacking, "have lost a value")) {
            (None, None) => Check::ok("database", "sound"),
            (None, Some(lacking)) => {
                Check::warn("database", lacking, "all else of them is shown: restore a backup to have the values back")
            }
            (Some(torn), None) => Check::fail("database", torn, hint),
            (Some(torn), Some(lacking)) => Check::fail("database", format!("{torn}; {lacking}"), hint),
        },
        Ok(Err(error)) => Check::fail("database", error.to_string(), hint),
        Err(error) => Check::fail("database", error.to_string(), "try again"),
    }
}

/// What is said of executions, of which the first are named; none where there are none.
fn told(ids: &[String], what: &str) -> Option<String> {
    let shown = ids.iter().take(limits::NAMED).cloned().collect::<Vec<_>>().join(", ");
    (!ids.is_empty()).then(|| format!("{} executions {what}: {shown}", ids.len()))
}

/// Runs one line of JavaScript, as a `code` node does, and then closes the folder.
async fn code(host: Arc<Local>) -> Check {
    let task = Task {
        owner: server::OWNER.into(),
        idempotency_key: "doctor".into(),
        timeout_seconds: 10.0,
        work: task::Work::Code(CodeTask { code: "return 6 * 7".into(), names: Map::new() }),
        secrets: Vec::new(),
    };
    let report = host.run(&task).await;
    host.shutdown(Duration::ZERO).await;
    match report.outcome {
        task::Outcome::Succeeded { output: Value::Number(answer), .. } if answer.as_f64() == Some(42.0) => {
            Check::ok("code", "JavaScript runs")
        }
        task::Outcome::Failed(failure) | task::Outcome::Unknown(failure) => {
            Check::fail("code", failure.message, "check that this machine lets processes start (ulimit -u)")
        }
        task::Outcome::Succeeded { output, .. } => Check::fail("code", format!("6 * 7 is {output}"), "report this"),
    }
}
