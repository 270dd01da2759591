//! Whether receipts can be signed with the keys of the data folder.

use super::check::Check;
use local::store::{Kept, look_at_signing_keys};
use std::path::Path;

/// Checks the file of the keys: nothing is decided while it cannot be used, and whoever reads it can sign in the host's name.
pub(super) fn keys(data: &Path) -> Check {
    const NAME: &str = "signing keys";
    let file = data.join("signing-keys.json");
    let file = file.display();
    match look_at_signing_keys(data) {
        Kept::NotYet => Check::ok(NAME, "none yet; the first decision makes one"),
        Kept::Sound(1) => Check::ok(NAME, "one key, which signs"),
        Kept::Sound(keys) => Check::ok(NAME, format!("{keys} keys, of which the newest signs")),
        Kept::Open(mode) => {
            let about =
                format!("{file} is open to others than its user ({mode:03o}), who can sign in this host's name");
            Check::fail(
                NAME,
                about,
                format!("chmod 600 {file}; where somebody may have read it: stepwell receipt rotate"),
            )
        }
        Kept::Unusable(why) => {
            let hint = "put the file back from a backup, or move it away to begin with a new key";
            Check::fail(NAME, format!("{file} cannot be used: {why}; nothing is decided until it can"), hint)
        }
    }
}
