//! Mails in a folder, one file each, in place of being sent: for trying things out, and for tests.

use super::mailer::{Mail, Mailer};
use async_trait::async_trait;
use std::{
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};
use stepwell_core::interaction::delivery::Told;

/// A folder that mails are written to. Only its user may read a new one and the mails in it: they hold people's links.
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Creates the folder where it is absent.
    ///
    /// # Errors
    /// Where the system refuses that.
    pub fn open(path: &Path) -> std::io::Result<Self> {
        create(path)?;
        Ok(Self { path: path.to_owned() })
    }
}

#[async_trait]
impl Mailer for Folder {
    async fn send(&self, mail: &Mail) -> Told {
        let bytes = match mail.to_bytes() {
            Ok(bytes) => bytes,
            Err(error) => return Told::Refused { error },
        };
        // The id alone names the file, so that a mail that is written again takes its own place.
        let id = mail.message_id.trim_matches(['<', '>']).split('@').next().unwrap_or_default();
        let name: String = id.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect();
        let path = self.path.join(format!("{name}.eml"));
        // Whoever clears the folder away while the host runs means the mails in it, and not those to come.
        let folder = self.path.clone();
        let written = tokio::task::spawn_blocking(move || create(&folder).and_then(|()| write(&path, &bytes))).await;
        match written.unwrap_or_else(|error| Err(std::io::Error::other(error))) {
            Ok(()) => Told::Sent { reference: Some(mail.message_id.clone()) },
            Err(error) => {
                let folder = self.path.display();
                Told::Failed { error: format!("the mail cannot be written to {folder}: {error}"), after_seconds: None }
            }
        }
    }
}

fn create(folder: &Path) -> std::io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Writes a second file and renames it, so that nobody finds half a mail.
fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let part = path.with_extension("part");
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&part, path)
}
