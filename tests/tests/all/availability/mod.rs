//! A polite owner beside hostile ones, on one host, for most of a minute: whatever a document or a caller may cost, the
//! others are served. Latencies are compared with those of the same run before the hostile ones came.

mod hostile;
mod polite;

use crate::binary::{Dev, Folder};
use polite::Polite;
use serde_json::json;
use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

/// How long the polite owner is looked at alone, and then beside the hostile ones.
const QUIET: Duration = Duration::from_secs(4);
const BESIDE: Duration = Duration::from_secs(40);
/// How much slower anything may become for the polite owner. What takes less than a time slice of the kernel's scheduler
/// alone takes one once all processors are busy, whatever the host does.
const SLOWER: u32 = 10;
const SLICE: Duration = Duration::from_millis(4);
/// What the host may use, and what the program, its threads and the allocator's slack take beside what it counts.
const MEMORY: &str = "768MB";
const MEMORY_KIB: u64 = 768 * 1024;

/// A token of an owner of its own: a local host makes none for others, so it is put into the database.
pub fn token(db: &rusqlite::Connection, owner: &str, scopes: &[&str]) -> String {
    let token = format!("token-of-{owner}");
    let sha256 = api::sha256_of_token(&token);
    let kept = json!({"sha256": sha256, "name": owner, "owner": owner, "subject": format!("someone@{owner}.example"),
        "scopes": scopes, "expires_at": null});
    db.execute("INSERT INTO tokens(sha256, body) VALUES (?1, ?2)", [sha256, kept.to_string()]).unwrap();
    format!("Bearer {token}")
}

#[test]
fn hostile_owners_keep_nobody_else_waiting() {
    let folder = Folder::new("availability");
    Dev::start(&folder.data(), &[]).kill();
    let db = rusqlite::Connection::open(folder.data().join("stepwell.db")).unwrap();
    let polite = token(&db, "polite", &["read", "run", "respond", "admin"]);
    let rude = token(&db, "rude", &["read", "run", "respond"]);
    drop(db);
    let servers = hostile::Servers::start();
    let dev = Dev::start(&folder.data(), &["--memory", MEMORY, "--http-allow", &servers.allowed()]);
    let polite = Polite::new(&dev, polite);

    let quiet = polite.works_for(QUIET);
    let over = AtomicBool::new(false);
    let beside = thread::scope(|threads| {
        hostile::begin(threads, &dev, &rude, &servers, &over);
        let beside = polite.works_for(BESIDE);
        over.store(true, Ordering::Relaxed);
        beside
    });
    let peak = dev.peak();

    println!("{:<8} {:>12} {:>12} {:>12}", "", "quiet", "beside", "at worst");
    for (what, [quiet, _]) in &quiet {
        let [median, worst] = beside[what];
        println!("{what:<8} {quiet:>12.2?} {median:>12.2?} {worst:>12.2?}");
    }
    println!("peak {} MB of {MEMORY}", peak / 1024);
    for (what, [quiet, _]) in quiet {
        let [beside, _] = beside[what];
        assert!(beside <= quiet.max(SLICE) * SLOWER, "{what} took {beside:?} instead of {quiet:?}");
    }
    assert!(peak <= MEMORY_KIB, "{peak} KiB at the peak");
}
