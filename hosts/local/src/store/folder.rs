//! The data folder: database, key and lock file. One process at a time has it open, and only its user can read it.
//! The lock is on the folder itself, which cannot be removed under a process that has it, and on the file `lock`, which
//! says who that is.

use serde::{Deserialize, Serialize};
use std::{
    fs::{DirBuilder, File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// Why a data folder cannot be opened, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has the folder open.
    #[error("the data folder {} is in use{}: {}", path.display(), by(*pid), advice(url))]
    InUse {
        /// Path of the folder.
        path: PathBuf,
        /// Id of the other process, where the lock file tells it.
        pid: Option<u32>,
        /// Address of the API that the other process serves; none where it serves none.
        url: Option<String>,
    },
    /// A later release wrote the database.
    #[error(
        "the database {} has format {found}, and this release knows formats up to {known}: \
         use the release that wrote it, or a later one", path.display()
    )]
    Newer {
        /// Path of the database file.
        path: PathBuf,
        /// The database's format.
        found: u32,
        /// The newest format that this release knows.
        known: u32,
    },
    /// The file system refused something.
    #[error("cannot use {}: {error}: check that the folder is yours and may be written", path.display())]
    Io {
        /// Path of the file or folder that cannot be used.
        path: PathBuf,
        /// The error of the operating system.
        error: std::io::Error,
    },
    /// The folder was used before, and its database is not there any more.
    #[error(
        "the database {} is gone, although the folder was used before (its `key` is there): put the database back, \
         from a backup perhaps. To begin anew with an empty one, move the whole folder away first", path.display()
    )]
    Gone {
        /// Path of the database file.
        path: PathBuf,
    },
    /// Every user of the machine may write to the folder or to a file in it.
    #[error(
        "every user of this machine may write to {0}, and so could change what runs and read what is secret: take that \
         away (chmod o-w {0}), or choose another folder with `--data`", path.display()
    )]
    Exposed {
        /// Path of the folder, or of the file in it.
        path: PathBuf,
    },
    /// The database is damaged, or the file is no database.
    #[error(
        "cannot open the database {}: {error}: save what can be read with `stepwell doctor --repair`, restore it from a \
         backup, or choose another folder", path.display()
    )]
    Database {
        /// Path of the database file.
        path: PathBuf,
        /// What SQLite or the check of the key says.
        error: String,
    },
}

fn by(pid: Option<u32>) -> String {
    pid.map(|pid| format!(" by process {pid}")).unwrap_or_default()
}

fn advice(url: &Option<String>) -> String {
    match url {
        Some(url) => format!("talk to it with `--url {url}`, stop it, or choose another folder with `--data`"),
        None => "wait until it ends, stop it, or choose another folder with `--data`".into(),
    }
}

/// Pauses before a folder whose lock is taken counts as in use: a look by [`running`] takes it for microseconds.
const LOOKS: u32 = 5;
/// Length of a pause between two attempts to take the lock.
const LOOK: std::time::Duration = std::time::Duration::from_millis(4);

/// The process that has a folder open, as the lock file tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Id of the process.
    pub pid: Option<u32>,
    /// Address of the API that it serves; none where it serves none.
    pub url: Option<String>,
}

/// A data folder that this process alone has open, until this value is dropped or unlocked.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    /// The file `lock`.
    lock: File,
    /// The folder, opened to be locked; none on a file system that locks files alone.
    inside: Option<File>,
}

impl DataFolder {
    /// Locks the folder, and creates it with mode 0700 where it is absent. `InUse` where another process has it, and
    /// `Exposed` where every user of the machine may write to it.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let path = path.as_ref().to_owned();
        let io = |error| OpenError::Io { path: path.clone(), error };
        DirBuilder::new().recursive(true).mode(0o700).create(&path).map_err(io)?;
        let names = ["", "key", "stepwell.db", super::signing::FILE];
        for there in names.map(|name| path.join(name)).iter().filter(|there| there.exists()) {
            watched(there)?;
        }
        let in_use = || {
            let Holder { pid, url } = holder(&path).unwrap_or_default();
            OpenError::InUse { path: path.clone(), pid, url }
        };
        let inside = File::open(&path).map_err(io)?;
        let inside = match patiently(&inside) {
            Ok(()) => Some(inside),
            Err(TryLockError::WouldBlock) => return Err(in_use()),
            // Some network file systems lock no folders. There the file is all there is.
            Err(TryLockError::Error(_)) => None,
        };
        let file = path.join("lock");
        let lock = private().read(true).write(true).create(true).truncate(false).open(&file).map_err(io)?;
        match patiently(&lock) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(in_use()),
            Err(TryLockError::Error(error)) => return Err(io(error)),
        }
        let folder = Self { path, lock, inside };
        folder.announce(None).map_err(|error| OpenError::Io { path: file, error })?;
        Ok(folder)
    }

    /// Writes into the lock file which process has the folder and at which address it serves the API. The host calls it
    /// once its port is bound.
    pub fn announce(&self, url: Option<&str>) -> std::io::Result<()> {
        let holder = Holder { pid: Some(std::process::id()), url: url.map(Into::into) };
        let mut file = &self.lock;
        file.set_len(0)?;
        file.rewind()?;
        file.write_all(&serde_json::to_vec(&holder)?)
    }

    /// Lets other processes open the folder. To be called once the database is closed.
    pub(crate) fn unlock(&self) {
        let _ = self.lock.unlock();
        let _ = self.inside.as_ref().map(File::unlock);
    }

    /// Path of the folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the path of the database file. A new one has mode 0600, which SQLite gives to the log beside it too.
    /// `Gone` where the folder has a key and no database: the key is made after the database's tables.
    pub(crate) fn database(&self) -> Result<PathBuf, OpenError> {
        let path = self.path.join("stepwell.db");
        let io = |error| OpenError::Io { path: path.clone(), error };
        let is_empty = std::fs::metadata(&path).map_or(true, |meta| meta.len() == 0);
        if is_empty && self.path.join("key").exists() {
            return Err(OpenError::Gone { path });
        }
        private().write(true).create(true).truncate(false).open(&path).map_err(io)?;
        Ok(path)
    }

    /// Returns the key that seals secrets. On first use `fresh` makes it. It is written to a second file and renamed,
    /// so that a crash cannot leave half a key.
    pub(crate) fn key(&self, fresh: impl FnOnce() -> std::io::Result<[u8; 32]>) -> Result<[u8; 32], OpenError> {
        let path = self.path.join("key");
        let io = |error| OpenError::Io { path: path.clone(), error };
        match File::open(&path) {
            Ok(mut file) => {
                let mut key = [0; 32];
                file.read_exact(&mut key).map_err(io)?;
                Ok(key)
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let key = fresh().map_err(io)?;
                let part = self.path.join("key.part");
                let mut file = private().write(true).create(true).truncate(true).open(&part).map_err(io)?;
                file.write_all(&key).and_then(|()| file.sync_all()).map_err(io)?;
                std::fs::rename(&part, &path).map_err(io)?;
                Ok(key)
            }
            Err(error) => Err(io(error)),
        }
    }
}

/// Locks the file, with some patience: a process that only looks who has the folder ([`running`]) holds the lock for an
/// instant, which is no reason to give up.
fn patiently(lock: &File) -> Result<(), TryLockError> {
    for _ in 0..LOOKS {
        match lock.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOOK),
            other => return other,
        }
    }
    lock.try_lock()
}

/// Refuses a path that every user may write to, as `ssh` does, and warns of one that some other user may.
fn watched(path: &Path) -> Result<(), OpenError> {
    let meta = std::fs::metadata(path).map_err(|error| OpenError::Io { path: path.into(), error })?;
    let (mode, owner, shown) = (meta.mode(), meta.uid(), path.display());
    if mode & 0o002 != 0 {
        return Err(OpenError::Exposed { path: path.into() });
    }
    if mode & 0o020 != 0 {
        tracing::warn!("the group of {shown} may write to it: unless that is meant, take it away (chmod g-w {shown})");
    }
    let me = rustix::process::geteuid().as_raw();
    if owner != me && owner != 0 {
        tracing::warn!("{shown} belongs to user {owner}, who may change what user {me} runs from it");
    }
    Ok(())
}

/// Returns which process has this folder open now, nameless where its lock file was removed; none where none has.
pub fn running(path: impl AsRef<Path>) -> Option<Holder> {
    let path = path.as_ref();
    let is_taken = |file: PathBuf| {
        let taken = File::open(file).map(|file| file.try_lock_shared());
        matches!(taken, Ok(Err(TryLockError::WouldBlock)))
    };
    (is_taken(path.to_owned()) || is_taken(path.join("lock"))).then(|| holder(path).unwrap_or_default())
}

/// Reads the lock file; none where it is absent or half written.
fn holder(path: &Path) -> Option<Holder> {
    serde_json::from_slice(&std::fs::read(path.join("lock")).ok()?).ok()
}

/// Options for files that only their user may read and write.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

/// Whether others than its user may read a file.
#[cfg(test)]
fn is_private(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o077 == 0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::store::tests::scratch;

    #[test]
    fn a_second_opener_learns_who_has_it() {
        let path = scratch();
        let first = DataFolder::open(&path).unwrap();
        first.announce(Some("http://127.0.0.1:8080")).unwrap();
        let Err(error) = DataFolder::open(&path) else { panic!("two have it") };
        assert!(error.to_string().contains("--url http://127.0.0.1:8080"), "{error}");
        assert_eq!(running(&path).unwrap().pid, Some(std::process::id()));
        drop(first);
        assert_eq!(running(&path), None);
        DataFolder::open(&path).unwrap();
    }

    #[test]
    fn the_lock_outlives_the_removal_of_its_file() {
        // Given a folder that somebody has, and whose lock file somebody removes.
        let path = scratch();
        let first = DataFolder::open(&path).unwrap();
        std::fs::remove_file(path.join("lock")).unwrap();
        // When another opens it, then it is still refused.
        let Err(OpenError::InUse { .. }) = DataFolder::open(&path) else { panic!("two have it") };
        assert!(running(&path).is_some());
        drop(first);
        assert_eq!(running(&path), None);
        DataFolder::open(&path).unwrap();
    }

    #[test]
    fn a_database_that_was_there_is_missed() {
        let path = scratch();
        let folder = DataFolder::open(&path).unwrap();
        std::fs::write(folder.database().unwrap(), "pages").unwrap();
        folder.key(|| Ok([7; 32])).unwrap();
        for empty in [true, false] {
            std::fs::remove_file(path.join("stepwell.db")).unwrap();
            if empty {
                std::fs::write(path.join("stepwell.db"), "").unwrap();
            }
            let Err(error @ OpenError::Gone { .. }) = folder.database() else { panic!("it began anew") };
            assert!(error.to_string().contains("backup"), "{error}");
            std::fs::write(path.join("stepwell.db"), "pages").unwrap();
            folder.database().unwrap();
        }
    }

    #[test]
    fn what_everybody_may_write_to_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let path = scratch();
        drop(DataFolder::open(&path).unwrap().key(|| Ok([7; 32])));
        for (name, open, closed) in [("", 0o777, 0o700), ("key", 0o602, 0o600)] {
            let file = path.join(name);
            let set = |mode| std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            set(open);
            let Err(error @ OpenError::Exposed { .. }) = DataFolder::open(&path) else { panic!("it was opened") };
            assert!(error.to_string().contains("chmod o-w"), "{error}");
            set(closed);
            DataFolder::open(&path).unwrap();
        }
    }

    #[test]
    fn others_may_read_nothing_and_the_key_stays() {
        let folder = DataFolder::open(scratch()).unwrap();
        let database = folder.database().unwrap();
        let key = folder.key(|| Ok([7; 32])).unwrap();
        assert_eq!(folder.key(|| Ok([8; 32])).unwrap(), key);
        for path in [folder.path(), &database, &folder.path().join("key"), &folder.path().join("lock")] {
            assert!(is_private(path), "{}", path.display());
        }
    }
}
