//! The keys that sign receipts, in a file of the data folder: the private key that signs now, and all public keys. A
//! rotation writes the file anew, without the private key before it: nobody can sign with that any more.

use super::seal::fresh_key;
use async_trait::async_trait;
use document::time::Time;
use engine::{
    port::{PublicKey, Signer, StoreError},
    signing::KeyRing,
};
use ring::signature::{Ed25519KeyPair, KeyPair};
use std::{
    fs::{File, OpenOptions},
    io::{self, ErrorKind, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};
use stepwell_core::interaction::receipt::key_id;

/// The name of the file.
pub const FILE: &str = "signing-keys.json";

/// The signer of a data folder. Its file is made when it is needed first.
pub struct Signing {
    folder: PathBuf,
    clock: fn() -> Time,
    open: Mutex<Option<Open>>,
}

/// The file as it was read.
struct Open {
    pair: Ed25519KeyPair,
    ring: KeyRing,
}

impl Signing {
    /// The signer of the data folder at this path, which this process alone has open.
    pub fn of(folder: &Path, clock: fn() -> Time) -> Self {
        Self { folder: folder.to_owned(), clock, open: Mutex::default() }
    }

    /// Does something with the keys, which are read or made first.
    fn with<T>(&self, work: impl FnOnce(&mut Open) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.is_none() {
            *open = Some(self.read_or_make()?);
        }
        open.as_mut().map_or_else(|| Err(self.failed("it could not be opened")), work)
    }

    fn path(&self) -> PathBuf {
        self.folder.join(FILE)
    }

    /// What is wrong with the file. Nothing is decided while it cannot be used, and the rest of the host works.
    fn failed(&self, why: impl std::fmt::Display) -> StoreError {
        StoreError::Transient(format!(
            "receipts cannot be signed with {}: {why}. Put the file back from a backup, or move it away to begin with a \
             new key",
            self.path().display()
        ))
    }

    fn read_or_make(&self) -> Result<Open, StoreError> {
        match std::fs::read(self.path()) {
            Ok(bytes) => opened(&bytes).ok_or_else(|| self.failed("it is damaged")),
            Err(error) if error.kind() == ErrorKind::NotFound => self.made(&[]),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Makes a key and keeps it, before the public keys that were there.
    fn made(&self, before: &[PublicKey]) -> Result<Open, StoreError> {
        let seed = fresh_key().map_err(|error| self.failed(error))?;
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|error| self.failed(error))?;
        let ring = KeyRing::new(&seed, pair.public_key().as_ref(), before, (self.clock)());
        self.keep(&ring).map_err(|error| self.failed(error))?;
        Ok(Open { pair, ring })
    }

    /// Writes a second file and renames it, so that a crash leaves the one before or the new one.
    fn keep(&self, kept: &KeyRing) -> io::Result<()> {
        let part = self.folder.join(format!("{FILE}.part"));
        let mut file = OpenOptions::new().mode(0o600).write(true).create(true).truncate(true).open(&part)?;
        file.write_all(&serde_json::to_vec_pretty(kept)?)?;
        file.sync_all()?;
        std::fs::rename(&part, self.path())?;
        File::open(&self.folder)?.sync_all()
    }
}

/// What a look at the file finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// There is none: it is made when a key is needed first.
    NotYet,
    /// It can be used. How many keys it holds, the one that signs among them.
    Sound(usize),
    /// Others than its user can reach it, by these permissions.
    Open(u32),
    /// It cannot be read, or is not as it was written.
    Unusable(String),
}

/// Looks at the file of a data folder, and changes nothing.
pub fn look(folder: &Path) -> Kept {
    let path = folder.join(FILE);
    let mode = match std::fs::metadata(&path) {
        Ok(found) => found.permissions().mode() & 0o777,
        Err(error) if error.kind() == ErrorKind::NotFound => return Kept::NotYet,
        Err(error) => return Kept::Unusable(error.to_string()),
    };
    match std::fs::read(&path).map(|bytes| opened(&bytes)) {
        Ok(Some(_)) if mode & 0o077 != 0 => Kept::Open(mode),
        Ok(Some(open)) => Kept::Sound(open.ring.keys().len()),
        Ok(None) => Kept::Unusable("it is damaged".into()),
        Err(error) => Kept::Unusable(error.to_string()),
    }
}

/// Reads the file; none where it is not as it was written.
fn opened(bytes: &[u8]) -> Option<Open> {
    let ring: KeyRing = serde_json::from_slice(bytes).ok()?;
    let pair = Ed25519KeyPair::from_seed_unchecked(&ring.seed()?).ok()?;
    ring.signs_with(pair.public_key().as_ref()).then_some(Open { pair, ring })
}

#[async_trait]
impl Signer for Signing {
    async fn sign(&self, bytes: &[u8]) -> Result<(String, Vec<u8>), StoreError> {
        self.with(|open| Ok((key_id(open.pair.public_key().as_ref()), open.pair.sign(bytes).as_ref().to_vec())))
    }

    async fn keys(&self) -> Result<Vec<PublicKey>, StoreError> {
        self.with(|open| Ok(open.ring.keys().to_vec()))
    }

    async fn rotate(&self) -> Result<PublicKey, StoreError> {
        self.with(|open| {
            *open = self.made(open.ring.keys())?;
            open.ring.keys().first().cloned().ok_or_else(|| self.failed("it holds no key"))
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::store::{DataFolder, tests::scratch};
    use base64::{Engine, prelude::BASE64_STANDARD};
    use ring::signature::{ED25519, UnparsedPublicKey};

    #[tokio::test]
    async fn a_look_tells_a_file_that_can_be_used_from_one_that_cannot() {
        let path = scratch();
        let _folder = DataFolder::open(&path).unwrap();
        assert_eq!(look(&path), Kept::NotYet);
        assert!(!path.join(FILE).exists(), "a look makes nothing");
        let signer = Signing::of(&path, || Time(0));
        signer.rotate().await.unwrap();
        assert_eq!(look(&path), Kept::Sound(2));
        std::fs::set_permissions(path.join(FILE), std::fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(look(&path), Kept::Open(0o640));
        std::fs::write(path.join(FILE), "{}").unwrap();
        assert_eq!(look(&path), Kept::Unusable("it is damaged".into()));
        std::fs::remove_file(path.join(FILE)).unwrap();
        std::fs::create_dir(path.join(FILE)).unwrap();
        assert!(matches!(look(&path), Kept::Unusable(_)));
    }

    fn verifies(key: &PublicKey, bytes: &[u8], signature: &[u8]) -> bool {
        let public = BASE64_STANDARD.decode(&key.public_key).unwrap();
        UnparsedPublicKey::new(&ED25519, public).verify(bytes, signature).is_ok()
    }

    #[tokio::test]
    async fn a_key_is_kept_for_its_user_alone_and_what_it_signed_is_checked_after_a_rotation() {
        let path = scratch();
        let _folder = DataFolder::open(&path).unwrap();
        let signer = Signing::of(&path, || Time(1_000));
        let (first, signature) = signer.sign(b"yes").await.unwrap();
        let mode = std::fs::metadata(path.join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        // When the key is replaced, and the host starts anew, then both public keys are there, and one signs.
        let signer = Signing::of(&path, || Time(2_000));
        let new = signer.rotate().await.unwrap();
        let signer = Signing::of(&path, || Time(3_000));
        let keys = signer.keys().await.unwrap();
        assert_eq!(keys.len(), 2);
        assert_eq!((&keys[0], keys[0].retired_at), (&new, None));
        assert_eq!((&keys[1].key_id, keys[1].created_at, keys[1].retired_at), (&first, Time(1_000), Some(Time(2_000))));
        assert!(verifies(&keys[1], b"yes", &signature) && !verifies(&keys[1], b"no", &signature));
        let (key_id, signature) = signer.sign(b"no").await.unwrap();
        assert_eq!(key_id, new.key_id);
        assert!(verifies(&new, b"no", &signature) && !verifies(&keys[1], b"no", &signature));
        assert!(!path.join(format!("{FILE}.part")).exists());
    }

    #[tokio::test]
    async fn a_damaged_file_is_told_and_left_as_it_is() {
        let path = scratch();
        let _folder = DataFolder::open(&path).unwrap();
        Signing::of(&path, || Time(0)).keys().await.unwrap();
        let whole = std::fs::read_to_string(path.join(FILE)).unwrap();
        let other = Signing::of(&path, || Time(0));
        for damaged in ["", "{}", &whole.replace("\"key_id\": \"", "\"key_id\": \"0")] {
            std::fs::write(path.join(FILE), damaged).unwrap();
            let Err(StoreError::Transient(why)) = other.sign(b"yes").await else { unreachable!("it was signed") };
            assert!(why.contains(FILE) && why.contains("backup"), "{why}");
            assert_eq!(std::fs::read_to_string(path.join(FILE)).unwrap(), damaged);
        }
        std::fs::write(path.join(FILE), whole).unwrap();
        other.sign(b"yes").await.unwrap();
    }
}
