//! What the machine can do: a sync of the disk, and transactions of the same database with the same settings.

use rusqlite::Connection;
use std::{
    fs::OpenOptions,
    io::{Seek, SeekFrom, Write},
    path::Path,
    time::Instant,
};

/// Milliseconds of an `fdatasync` of 4 KiB into a preallocated file; the median of 200.
pub fn sync_ms(folder: &Path) -> std::io::Result<f64> {
    let path = folder.join("sync");
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).open(&path)?;
    file.write_all(&vec![0u8; 1 << 20])?;
    file.sync_all()?;
    let mut times = Vec::new();
    for n in 0..200u64 {
        file.seek(SeekFrom::Start((n % 256) * 4096))?;
        let begun = Instant::now();
        file.write_all(&[n as u8; 4096])?;
        file.sync_data()?;
        times.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    std::fs::remove_file(path)?;
    Ok(median(&mut times))
}

/// Rows of 350 bytes per second, `batch` of them to a transaction and `total` in all, with WAL and `synchronous=FULL`.
pub fn rows_per_second(folder: &Path, batch: usize, total: usize) -> rusqlite::Result<f64> {
    let path = folder.join("rows.db");
    let _ = std::fs::remove_file(&path);
    let mut connection = Connection::open(&path)?;
    connection.pragma_update(None, "page_size", 8192)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, body TEXT)", [])?;
    let body = "x".repeat(350);
    let begun = Instant::now();
    for _ in 0..total / batch {
        let transaction = connection.transaction()?;
        for _ in 0..batch {
            transaction.prepare_cached("INSERT INTO rows (body) VALUES (?1)")?.execute([&body])?;
        }
        transaction.commit()?;
    }
    let rate = total as f64 / begun.elapsed().as_secs_f64();
    drop(connection);
    for ending in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(folder.join(format!("rows.db{ending}")));
    }
    Ok(rate)
}

/// The median of some times, which are sorted for it; 0 of none.
pub fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or_default()
}
