//! Whether files change, by looking at them now and then: that works on every file system, network ones included.

use super::limits;
use std::{
    path::{Path, PathBuf},
    time::SystemTime,
};
use tokio::time::sleep;

/// What tells one content of a file from another without reading it: when it was written, and its size. None while it
/// is not there, as while an editor puts another in its place.
pub type Mark = Option<(SystemTime, u64)>;

/// The mark of a file now.
pub fn mark(file: &Path) -> Mark {
    let meta = std::fs::metadata(file).ok()?;
    Some((meta.modified().ok()?, meta.len()))
}

/// Resolves once a file is there and another than it was.
pub async fn changed(file: PathBuf, seen: Mark) {
    loop {
        sleep(limits::WATCH).await;
        let now = mark(&file);
        if now.is_some() && now != seen {
            return;
        }
    }
}
