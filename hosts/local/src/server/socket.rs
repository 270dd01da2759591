//! The data folder's socket: the same API for the processes of the user who runs the host, without a token. Who is at
//! the other end is what the kernel says, so no proxy and no other user gets in this way.

use crate::store::DataFolder;
use axum::serve::Listener;
use std::{
    fs::File,
    io,
    os::{
        fd::AsRawFd,
        unix::{
            ffi::OsStrExt,
            fs::{FileTypeExt, PermissionsExt},
        },
    },
    path::{Path, PathBuf},
};
use tokio::net::{UnixListener, UnixStream};

/// The file's name within the data folder.
const NAME: &str = "socket";
/// Bytes that the path of a socket has at most, on every system that there is: a bound of the kernel's, which has some
/// hundred bytes in all for an address.
const PATH_BYTES: usize = 103;

/// The path by which this process reaches a folder's socket.
pub struct Address {
    path: PathBuf,
    /// The folder, open as long as `path` leads through it.
    _folder: Option<File>,
}

impl Address {
    /// Of this data folder, whether or not the socket is there. Where its path is longer than a socket's may be, it
    /// leads through the open folder in `/proc`.
    ///
    /// # Errors
    /// Where the folder cannot be opened, or the path is too long and there is no `/proc`.
    pub fn of(folder: &Path) -> io::Result<Self> {
        let path = folder.join(NAME);
        if path.as_os_str().as_bytes().len() <= PATH_BYTES {
            return Ok(Self { path, _folder: None });
        }
        let open = File::open(folder)?;
        let short = PathBuf::from(format!("/proc/self/fd/{}", open.as_raw_fd()));
        if !short.exists() {
            let why = format!("a socket's path has {PATH_BYTES} bytes at most: choose a folder with a shorter path");
            return Err(io::Error::new(io::ErrorKind::InvalidFilename, why));
        }
        Ok(Self { path: short.join(NAME), _folder: Some(open) })
    }

    /// The path, for as long as this value lives.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether somebody listens there. A host that was killed leaves a socket at which nobody does.
    pub fn answers(&self) -> bool {
        std::os::unix::net::UnixStream::connect(&self.path).is_ok()
    }
}

/// The socket of a data folder, which listens until it is dropped.
pub struct Socket {
    listener: UnixListener,
    address: Address,
}

impl Socket {
    /// Listens in a folder that this process has locked: a socket that is there was left behind, and is removed. To be
    /// called within Tokio's runtime.
    ///
    /// # Errors
    /// Where something else has the name, or the file system has no sockets.
    pub fn listen(folder: &DataFolder) -> io::Result<Self> {
        let address = Address::of(folder.path())?;
        remove(address.path())?;
        let listener = UnixListener::bind(address.path())?;
        // The folder is its user's alone already, unless that user has opened it; and each peer is asked for.
        std::fs::set_permissions(address.path(), std::fs::Permissions::from_mode(0o600))?;
        Ok(Self { listener, address })
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Where it cannot be removed, the next process that has the folder does it.
        let _ = remove(self.address.path());
    }
}

/// Removes a socket's file. An error where another kind of file has its name.
fn remove(path: &Path) -> io::Result<()> {
    match std::fs::symlink_metadata(path) {
        Ok(meta) if meta.file_type().is_socket() => std::fs::remove_file(path),
        Ok(_) => Err(io::Error::new(io::ErrorKind::AlreadyExists, "a file that is no socket has its name: remove it")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

impl Listener for Socket {
    type Io = UnixStream;
    type Addr = ();

    /// The next connection of a process of the same user; others are closed.
    async fn accept(&mut self) -> (UnixStream, ()) {
        loop {
            let (stream, _) = Listener::accept(&mut self.listener).await;
            let own = rustix::process::geteuid().as_raw();
            match stream.peer_cred() {
                Ok(peer) if peer.uid() == own => return (stream, ()),
                Ok(peer) => tracing::warn!(uid = peer.uid(), "another user's process came to the data folder's socket"),
                Err(error) => tracing::warn!(%error, "the kernel does not say who came to the data folder's socket"),
            }
        }
    }

    fn local_addr(&self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::store::tests::scratch;

    #[tokio::test]
    async fn a_socket_takes_the_place_of_one_that_was_left_behind_and_goes_with_its_host() {
        let path = scratch();
        let folder = DataFolder::open(&path).unwrap();
        let file = path.join(NAME);
        // A process that was killed.
        drop(std::os::unix::net::UnixListener::bind(&file).unwrap());
        let address = Address::of(&path).unwrap();
        assert!(file.exists() && !address.answers());
        let socket = Socket::listen(&folder).unwrap();
        assert!(address.answers());
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        drop(socket);
        assert!(!file.exists() && !address.answers());
        std::fs::write(&file, "mine").unwrap();
        assert!(Socket::listen(&folder).is_err());
        assert_eq!(std::fs::read(&file).unwrap(), b"mine");
    }

    #[tokio::test]
    async fn a_folder_may_have_a_longer_path_than_a_socket() {
        let path = scratch().join("x".repeat(100)).join("y".repeat(100));
        let folder = DataFolder::open(&path).unwrap();
        let mut socket = Socket::listen(&folder).unwrap();
        assert!(path.join(NAME).exists());
        let address = Address::of(&path).unwrap();
        let (client, (_server, ())) = tokio::join!(UnixStream::connect(address.path()), socket.accept());
        client.unwrap();
        drop(socket);
        assert!(!path.join(NAME).exists());
    }
}
