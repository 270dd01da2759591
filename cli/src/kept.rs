//! `stepwell dev --workflows DIR`: saves the workflows that lie in a folder, and with `--watch` those that change there.

use super::{
    Failure, Globals,
    changes::{Mark, mark},
    client::Client,
    limits, output, save,
};
use local::Local;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::{task::JoinHandle, time::sleep};

/// A folder with workflow files.
pub struct Kept {
    folder: PathBuf,
    /// The files that were looked at, as they were then.
    seen: BTreeMap<PathBuf, Mark>,
}

impl Kept {
    /// A failure where it is no folder that can be read.
    pub fn of(folder: &Path) -> Result<Self, Failure> {
        files(folder).map_err(|error| {
            let hint = "name a folder with workflow files, .json, .yaml or .yml";
            Failure::usage(format!("cannot read {}: {error}", folder.display()), hint).with_code("unreadable_file")
        })?;
        Ok(Self { folder: folder.to_owned(), seen: BTreeMap::new() })
    }

    /// Saves the files that are new or have changed since the last look. One that is wrong is told, and the others are
    /// saved all the same.
    pub async fn save(&mut self, client: &Client) {
        // A folder that is gone for a moment, as while it is put in place of another, has no files.
        for file in files(&self.folder).unwrap_or_default() {
            let now = mark(&file);
            if now.is_none() || self.seen.get(&file) == Some(&now) {
                continue;
            }
            self.seen.insert(file.clone(), now);
            let saved = match save::checked(&file) {
                Ok(checked) => save::keep(client, &checked).await,
                Err(failure) => Err(failure),
            };
            match saved {
                Ok(saved) => eprintln!("{}: {}", file.display(), save::told(&saved)),
                Err(failure) => {
                    eprintln!("{} {} is not saved:", output::red("✗"), file.display());
                    failure.tell(false);
                }
            }
        }
    }

    /// Goes on to save what changes, for ever.
    pub async fn watch(mut self, client: Client) {
        loop {
            sleep(limits::WATCH).await;
            self.save(&client).await;
        }
    }
}

/// What `dev` does with the workflows of a folder.
pub struct Keeping {
    /// The folder; none where none was named.
    pub kept: Option<Kept>,
    /// Whether what changes there is saved, too.
    pub watch: bool,
}

impl Keeping {
    /// Saves what lies in the folder, before anybody is served, and begins to watch it where that is meant. Returns the
    /// task that watches.
    pub async fn begin(self, globals: &Globals, host: &Arc<Local>) -> Option<JoinHandle<()>> {
        let mut kept = self.kept?;
        let client = Client::of(host, globals);
        kept.save(&client).await;
        self.watch.then(|| tokio::spawn(kept.watch(client)))
    }
}

/// The workflow files of a folder, by name.
fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let end = path.extension().and_then(|end| end.to_str()).unwrap_or_default().to_ascii_lowercase();
        if matches!(end.as_str(), "json" | "yaml" | "yml") && path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
