//! The processes of the hosts that need nothing but a folder, or nothing at all.

use super::{outer::BEGIN, play::Process};
use async_trait::async_trait;
use engine::port::Host;
use local::Local;
use memory::Memory;
use std::{
    path::PathBuf,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// The host in memory. What is in memory is gone with its process, so another one is the same one.
pub struct InMemory(Memory);

impl InMemory {
    /// An empty one.
    pub fn empty() -> Self {
        Self(Memory::new(BEGIN))
    }
}

#[async_trait(?Send)]
impl Process for InMemory {
    fn host(&self) -> &dyn Host {
        &self.0
    }

    async fn another(&mut self) {}
}

/// The embedded host over a folder of its own, which goes with it. Its queue is never begun.
pub struct OnDisk {
    path: PathBuf,
    open: Option<Local>,
}

impl OnDisk {
    /// An empty one. Panics where no folder can be made.
    pub fn empty() -> Self {
        static FOLDERS: AtomicU64 = AtomicU64::new(0);
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("stepwell-play-{}-{number}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        let open = Some(opened(&path));
        Self { path, open }
    }
}

fn opened(path: &PathBuf) -> Local {
    let nodes = nodes::Nodes::new(nodes::Config::default()).expect("nodes");
    Local::open(path, nodes).expect("the folder opens")
}

#[async_trait(?Send)]
impl Process for OnDisk {
    fn host(&self) -> &dyn Host {
        self.open.as_ref().expect("a process is there but for the moment between two")
    }

    async fn another(&mut self) {
        if let Some(before) = self.open.take() {
            before.shutdown(Duration::ZERO).await;
        }
        self.open = Some(opened(&self.path));
    }
}

impl Drop for OnDisk {
    fn drop(&mut self) {
        self.open = None;
        let _ = std::fs::remove_dir_all(&self.path);
    }
}
