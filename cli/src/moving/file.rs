//! The file in which executions move: JSON Lines. The first line says what it is, the last one how much came before it,
//! so that a file that was cut is known before anything of it is sent. The lines between are what one request to the API
//! carries, in the order in which they are sent.

use crate::{Failure, limits, source::STDIN};
use api::types::ExportPiece;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::{
    fs::{File, OpenOptions},
    io::{BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// The format that this release writes and reads.
const FORMAT: u64 = 1;

/// The first line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The format of the file.
    pub stepwell_export: u64,
    /// When it was begun, in RFC 3339.
    pub exported_at: String,
    /// The executions without a parent in it.
    pub executions: Vec<String>,
}

/// The last line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    stepwell_export_end: Sum,
}

/// What came before the last line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sum {
    /// How many lines.
    pub lines: u64,
    /// How many turns.
    pub turns: u64,
    /// Hexadecimal SHA-256 of their bytes.
    pub sha256: String,
}

/// A file that is being written.
pub struct Writer {
    to: BufWriter<Box<dyn Write>>,
    /// Where it lies until it is whole, and where it belongs then; none for stdout.
    place: Option<(PathBuf, PathBuf)>,
    hash: Sha256,
    lines: u64,
    turns: u64,
}

impl Writer {
    /// Begins a file at a path, or on stdout. Only its user may read it: journals hold what people and services said.
    pub fn begin(path: Option<&Path>, header: &Header) -> Result<Self, Failure> {
        let (to, place): (Box<dyn Write>, _) = match path {
            None => (Box::new(std::io::stdout()), None),
            Some(path) => {
                let mut name = path.as_os_str().to_owned();
                name.push(format!(".{}.partial", std::process::id()));
                let partial = PathBuf::from(name);
                let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&partial);
                let file = file.map_err(|error| unwritable(path, &error))?;
                (Box::new(file), Some((partial, path.to_owned())))
            }
        };
        let mut writer = Self { to: BufWriter::new(to), place, hash: Sha256::new(), lines: 0, turns: 0 };
        writer.line(header)?;
        Ok(writer)
    }

    /// Writes a part of an execution.
    pub fn piece(&mut self, piece: &ExportPiece) -> Result<(), Failure> {
        self.turns += piece.turns.len() as u64;
        self.line(piece)
    }

    /// Writes the last line, and puts the file in its place. Returns what it holds.
    pub fn end(mut self) -> Result<Sum, Failure> {
        let sha256 = document::id::hex(&self.hash.clone().finalize());
        let sum = Sum { lines: self.lines, turns: self.turns, sha256 };
        self.line(&End { stepwell_export_end: sum.clone() })?;
        let shown = self.shown();
        self.to.flush().map_err(|error| unwritable(&shown, &error))?;
        if let Some((partial, path)) = &self.place {
            let placed = File::open(partial).and_then(|file| file.sync_all());
            placed.and_then(|()| std::fs::rename(partial, path)).map_err(|error| unwritable(path, &error))?;
        }
        self.place = None;
        Ok(sum)
    }

    fn line(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let mut text = serde_json::to_vec(value)
            .map_err(|error| Failure::failed(format!("a line cannot be written: {error}"), "export it again"))?;
        text.push(b'\n');
        self.hash.update(&text);
        self.lines += 1;
        let shown = self.shown();
        self.to.write_all(&text).map_err(|error| unwritable(&shown, &error))
    }

    fn shown(&self) -> PathBuf {
        self.place.as_ref().map_or_else(|| "stdout".into(), |(_, path)| path.clone())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // It broke off: half a file is of no use to anybody.
        if let Some((partial, _)) = &self.place {
            let _ = std::fs::remove_file(partial);
        }
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    let hint = "check the folder and the free space, or name another file with --out";
    Failure::usage(format!("cannot write {}: {error}", path.display()), hint)
}

/// A file that is whole.
pub struct Whole {
    file: File,
    /// Its first line.
    pub header: Header,
    /// What it holds.
    pub sum: Sum,
}

impl Whole {
    /// Opens a file, or takes all of stdin, and reads it through.
    ///
    /// # Errors
    /// Where it is no export, is of a format of another release, or is damaged or cut.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let unreadable = |error: &std::io::Error| {
            let message = format!("cannot read {}: {error}", path.display());
            Failure::usage(message, "name a file that `stepwell export` wrote, or - for stdin")
        };
        let file = if path.as_os_str() == STDIN { spooled() } else { File::open(path) };
        let file = file.map_err(|error| unreadable(&error))?;
        let (mut header, mut sum, mut hash, mut turns) = (None, None, Sha256::new(), 0);
        let mut lines = Lines::of(&file).map_err(|error| unreadable(&error))?;
        while let Some(line) = lines.next().map_err(|error| unreadable(&error))? {
            if header.is_none() {
                header = Some(begins(&line)?);
            } else if sum.is_some() {
                return Err(damaged(lines.number, "stands behind the end"));
            } else if let Ok(end) = serde_json::from_slice::<End>(&line) {
                let end = end.stepwell_export_end;
                let found = Sum { lines: lines.number - 1, turns, sha256: document::id::hex(&hash.clone().finalize()) };
                if end != found {
                    return Err(damaged(lines.number, "says that the lines before it are others"));
                }
                sum = Some(end);
            } else {
                turns += piece(&line, lines.number)?.turns.len() as u64;
            }
            hash.update(&line);
        }
        match (header, sum) {
            (Some(header), Some(sum)) => Ok(Self { file, header, sum }),
            (Some(_), None) => Err(damaged(lines.number, "is the last one, and says not that it is: the file was cut")),
            (None, _) => Err(Failure::usage("the file is empty", "name one that `stepwell export` wrote")),
        }
    }

    /// The parts in it, each with the number of its line.
    pub fn pieces(&self) -> Result<Pieces<'_>, Failure> {
        Ok(Pieces { lines: Lines::of(&self.file).map_err(|error| damaged(1, &error.to_string()))? })
    }
}

/// The parts of a file.
pub struct Pieces<'a> {
    lines: Lines<'a>,
}

impl Pieces<'_> {
    /// The next part with the number of its line; none at the end.
    pub fn next(&mut self) -> Result<Option<(u64, ExportPiece)>, Failure> {
        loop {
            let number = self.lines.number + 1;
            let Some(line) = self.lines.next().map_err(|error| damaged(number, &error.to_string()))? else {
                return Ok(None);
            };
            if number > 1 && serde_json::from_slice::<End>(&line).is_err() {
                return piece(&line, number).map(|piece| Some((number, piece)));
            }
        }
    }
}

/// The lines of a file from its beginning, of bounded length, each with its end.
struct Lines<'a> {
    from: BufReader<&'a File>,
    number: u64,
}

impl<'a> Lines<'a> {
    fn of(mut file: &'a File) -> std::io::Result<Self> {
        file.seek(SeekFrom::Start(0))?;
        Ok(Self { from: BufReader::new(file), number: 0 })
    }

    fn next(&mut self) -> std::io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        (&mut self.from).take(limits::EXPORT_LINE_BYTES).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Ok(None);
        }
        self.number += 1;
        Ok(Some(line))
    }
}

/// All of stdin in a file without a name: it is read twice.
fn spooled() -> std::io::Result<File> {
    let path = std::env::temp_dir().join(format!("stepwell-import-{}", uuid::Uuid::now_v7()));
    let mut file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
    std::fs::remove_file(&path)?;
    std::io::copy(&mut std::io::stdin().lock(), &mut file)?;
    Ok(file)
}

/// Reads the first line.
fn begins(line: &[u8]) -> Result<Header, Failure> {
    let value: Option<Value> = serde_json::from_slice(line).ok();
    let format = value.as_ref().and_then(|value| value.get("stepwell_export")).and_then(Value::as_u64);
    match (format, value.and_then(|value| Header::deserialize(value).ok())) {
        (Some(FORMAT), Some(header)) => Ok(header),
        (Some(format), _) if format > FORMAT => {
            let message = format!("the file has format {format}, and this release reads format {FORMAT}");
            Err(Failure::usage(message, "import it with the release that wrote it, or a newer one")
                .with_code("unknown_format"))
        }
        _ => Err(Failure::usage("the file is no export", "name one that `stepwell export` wrote")
            .with_code("invalid_export")),
    }
}

fn piece(line: &[u8], number: u64) -> Result<ExportPiece, Failure> {
    serde_json::from_slice(line).map_err(|error| damaged(number, &format!("is no part of an execution ({error})")))
}

fn damaged(line: u64, what: &str) -> Failure {
    let hint = "copy the file again, or export it again; nothing of it was imported now";
    Failure::usage(format!("line {line} of the file {what}"), hint).with_code("invalid_export")
}
