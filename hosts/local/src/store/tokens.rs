//! What the store asks of the tokens before it is open.

use rusqlite::Connection;

/// Whether any token exists, expired ones included.
pub fn any(db: &Connection) -> rusqlite::Result<bool> {
    db.query_row("SELECT EXISTS (SELECT 1 FROM tokens)", [], |row| row.get(0))
}
