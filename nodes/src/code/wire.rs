//! The protocol between host and child process over two pipes: lengths first, as little-endian numbers, then bytes.

use super::{confine::Gaps, syntax::is_parameter};
use crate::limits::CHILD_INPUT_BYTES;
use engine::limits::{LOG_LINES, OUTCOME_BYTES};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    io::{self, ErrorKind, Read},
    str,
    time::Duration,
};
use stepwell_core::task::{CodeTask, Failure, LogLevel};
use tokio::io::{AsyncRead, AsyncReadExt};

/// How a run ended.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum End {
    /// The code returned a value; this is its JSON text.
    #[serde(skip)]
    Value(Vec<u8>),
    /// The code threw an exception, or returned something that is no result.
    Error { message: String, name: String, stack: String },
    /// The heap was full.
    Memory,
    /// The interrupt handler stopped the code at its deadline.
    Timeout,
}

/// A line that the code gave to `console`.
#[derive(Debug)]
pub(super) struct Line {
    /// Milliseconds since the run began.
    pub milliseconds: u32,
    pub level: LogLevel,
    pub message: String,
}

/// Levels by the number that a line bears for them.
const LEVELS: [LogLevel; 4] = [LogLevel::Debug, LogLevel::Info, LogLevel::Warn, LogLevel::Error];
// Tags of what the child is asked: to run code, or only to parse it.
const RUN: u8 = b'R';
const PARSE: u8 = b'P';
// Tags of what the child sends: what its sandbox lacks, a value, another end, a line of the log.
const HELLO: u8 = b'S';
const VALUE: u8 = b'V';
const END: u8 = b'E';
const LINE: u8 = b'L';

/// What the child process reads for one run.
pub(super) struct Request {
    /// Whether the code is only parsed, and nothing of it runs.
    pub parse_only: bool,
    pub code: String,
    /// The code's variables, as the JSON of an object.
    pub names: Vec<u8>,
    pub limit: Duration,
}

/// The bytes of a request. Names that cannot be parameters in JavaScript are left out.
pub(super) fn request(task: &CodeTask, limit: Duration) -> Result<Vec<u8>, Failure> {
    let names: BTreeMap<_, _> = task.names.iter().filter(|(name, _)| is_parameter(name)).collect();
    let names = serde_json::to_vec(&names)
        .map_err(|why| Failure::new("code_error", format!("the code's input cannot be written as JSON: {why}")))?;
    let size = task.code.len() + names.len();
    if size > CHILD_INPUT_BYTES {
        let message = format!("the code and what it sees have {size} bytes; at most {CHILD_INPUT_BYTES} can be given");
        return Err(Failure::new("memory_limit", message));
    }
    Ok(written(RUN, &task.code, &names, limit))
}

/// The bytes of a request that only parses code, which is no longer than that of a document.
pub(super) fn parse_request(code: &str, limit: Duration) -> Vec<u8> {
    written(PARSE, code, b"{}", limit)
}

fn written(kind: u8, code: &str, names: &[u8], limit: Duration) -> Vec<u8> {
    let milliseconds = u32::try_from(limit.as_millis()).unwrap_or(u32::MAX).max(1);
    let mut bytes = Vec::with_capacity(code.len() + names.len() + 13);
    bytes.push(kind);
    for number in [code.len() as u32, names.len() as u32, milliseconds] {
        bytes.extend_from_slice(&number.to_le_bytes());
    }
    bytes.extend_from_slice(code.as_bytes());
    bytes.extend_from_slice(names);
    bytes
}

/// Reads a request in the child process; none at the end of its input.
pub(super) fn read_request(from: &mut impl Read) -> io::Result<Option<Request>> {
    let mut head = [0; 13];
    match from.read_exact(&mut head) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let number = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let parse_only = head[0] == PARSE;
    let mut code = vec![0; number(1) as usize];
    from.read_exact(&mut code)?;
    let mut names = vec![0; number(5) as usize];
    from.read_exact(&mut names)?;
    let code = String::from_utf8(code).map_err(|_| io::Error::from(ErrorKind::InvalidData))?;
    Ok(Some(Request { parse_only, code, names, limit: Duration::from_millis(number(9).into()) }))
}

/// The bytes that a child process sends once it is confined.
pub(super) fn hello(gaps: Gaps) -> [u8; 2] {
    [HELLO, gaps.0]
}

/// Reads in the host what the sandbox of a new child process lacks.
pub(super) async fn read_hello(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Gaps> {
    match from.read_u8().await? {
        HELLO => Ok(Gaps(from.read_u8().await?)),
        _ => Err(ErrorKind::InvalidData.into()),
    }
}

/// The bytes of a log line.
pub(super) fn line(milliseconds: u32, level: u8, message: &str) -> Vec<u8> {
    let mut bytes = frame(LINE, message.len() + 5);
    bytes.extend_from_slice(&milliseconds.to_le_bytes());
    bytes.push(level);
    bytes.extend_from_slice(message.as_bytes());
    bytes
}

/// The bytes of the end of a run.
pub(super) fn end(end: &End) -> Vec<u8> {
    let (tag, body) = match end {
        End::Value(json) => (VALUE, json.clone()),
        other => (END, serde_json::to_vec(other).unwrap_or_default()),
    };
    let mut bytes = frame(tag, body.len());
    bytes.extend_from_slice(&body);
    bytes
}

/// The head of what the child sends: a tag and the length of what follows.
fn frame(tag: u8, length: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(length + 5);
    bytes.push(tag);
    bytes.extend_from_slice(&(length as u32).to_le_bytes());
    bytes
}

/// Reads in the host until the run ends, and collects the lines. Bytes that break the protocol are an error: the child
/// is then under the control of its code, and is given up.
pub(super) async fn read_end(from: &mut (impl AsyncRead + Unpin), lines: &mut Vec<Line>) -> io::Result<End> {
    loop {
        let tag = from.read_u8().await?;
        let length = from.read_u32_le().await? as usize;
        if length > OUTCOME_BYTES {
            return Err(ErrorKind::InvalidData.into());
        }
        let mut body = vec![0; length];
        from.read_exact(&mut body).await?;
        match tag {
            VALUE => return Ok(End::Value(body)),
            END => return serde_json::from_slice(&body).map_err(|_| ErrorKind::InvalidData.into()),
            LINE if lines.len() <= LOG_LINES => lines.push(read_line(&body)?),
            _ => return Err(ErrorKind::InvalidData.into()),
        }
    }
}

fn read_line(body: &[u8]) -> io::Result<Line> {
    let wrong = || io::Error::from(ErrorKind::InvalidData);
    let (head, text) = body.split_at_checked(5).ok_or_else(wrong)?;
    let level = *LEVELS.get(usize::from(head[4])).ok_or_else(wrong)?;
    let message = str::from_utf8(text).map_err(|_| wrong())?.to_owned();
    Ok(Line { milliseconds: u32::from_le_bytes([head[0], head[1], head[2], head[3]]), level, message })
}
