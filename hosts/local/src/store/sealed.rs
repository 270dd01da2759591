//! Secrets that the folder's key does not open.

use super::seal::Sealer;
use rusqlite::Connection;

/// The names of the secrets that a folder's key does not open, as it is where the key was lost or replaced.
pub(super) fn sealed_otherwise(db: &Connection, sealer: &Sealer) -> rusqlite::Result<Vec<String>> {
    let mut statement = db.prepare("SELECT owner, name, sealed FROM secrets ORDER BY name")?;
    let mut rows = statement.query([])?;
    let mut names = Vec::new();
    while let Some(row) = rows.next()? {
        let (owner, name, sealed): (String, String, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if sealer.open(&owner, &name, &sealed).is_err() {
            names.push(name);
        }
    }
    Ok(names)
}

/// Says which secrets the folder's key does not open. The host starts all the same: everything else works.
pub(super) fn warn_of_sealed(db: &Connection, sealer: &Sealer) {
    match sealed_otherwise(db, sealer) {
        Ok(names) if names.is_empty() => {}
        Ok(names) => tracing::warn!(
            "the data folder's `key` does not open these secrets: {}. Put back the `key` that they were stored with, or \
             set them again (stepwell secret set NAME); what needs them waits until then",
            names.join(", ")
        ),
        Err(error) => tracing::error!(%error, "the secrets cannot be read: see `stepwell doctor`"),
    }
}
