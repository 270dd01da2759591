//! The lines that an agent sends, looked at before the protocol's crate reads them: it passes over what is no JSON and what is
//! too long without a word, and whoever sent that would wait for its answer.

use engine::limits::REQUEST_BYTES;
use rmcp::model::{ErrorData, ServerJsonRpcMessage};
use serde_json::value::RawValue;
use tokio::{
    io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader},
    sync::mpsc::UnboundedSender,
};

/// Passes lines on that can be messages, and says of each other one what is wrong with it. No request can be named there, so
/// the error has no id. Ends where one of the two ends does.
pub async fn sift(
    input: impl AsyncRead + Unpin,
    mut messages: impl AsyncWrite + Unpin,
    wrong: UnboundedSender<ServerJsonRpcMessage>,
) {
    let mut input = BufReader::new(input);
    let mut line = Vec::new();
    while let Ok(whole) = next(&mut input, &mut line).await {
        if line.is_empty() {
            return;
        }
        let sent = match fault(&line, whole) {
            None => {
                // The last line may end with the input itself, and who reads what is passed on waits for the end of a line.
                if !line.ends_with(b"\n") {
                    line.push(b'\n');
                }
                messages.write_all(&line).await.is_ok()
            }
            Some(error) => wrong.send(ServerJsonRpcMessage::error(error, None)).is_ok(),
        };
        if !sent {
            return;
        }
    }
}

/// Reads the next line; none of it is there at the end. False where it is longer than a message may be: then the rest of it
/// is passed over.
async fn next(input: &mut (impl AsyncBufRead + Unpin), line: &mut Vec<u8>) -> std::io::Result<bool> {
    line.clear();
    let most = REQUEST_BYTES as u64 + 1;
    (&mut *input).take(most).read_until(b'\n', line).await?;
    if line.len() <= REQUEST_BYTES || line.ends_with(b"\n") {
        return Ok(true);
    }
    let mut rest = Vec::new();
    loop {
        rest.clear();
        let read = (&mut *input).take(most).read_until(b'\n', &mut rest).await?;
        if read == 0 || rest.ends_with(b"\n") {
            return Ok(false);
        }
    }
}

/// What is wrong with a line; none where it can be a message, or is empty.
fn fault(line: &[u8], whole: bool) -> Option<ErrorData> {
    if !whole {
        let message = format!("a message has {REQUEST_BYTES} bytes at most");
        return Some(ErrorData::invalid_request(message, None));
    }
    if line.iter().all(u8::is_ascii_whitespace) {
        return None;
    }
    let error = serde_json::from_slice::<&RawValue>(line).err()?;
    Some(ErrorData::parse_error(format!("this line is no JSON: {error}"), None))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::{Value, json};
    use tokio::sync::mpsc::unbounded_channel;

    /// What is passed on, and what is answered.
    async fn sifted(lines: &[u8]) -> (Vec<u8>, Vec<Value>) {
        let (wrong, mut answers) = unbounded_channel();
        let mut passed = Vec::new();
        sift(lines, &mut passed, wrong).await;
        let mut told = Vec::new();
        while let Some(answer) = answers.recv().await {
            told.push(serde_json::to_value(answer).unwrap());
        }
        (passed, told)
    }

    #[tokio::test]
    async fn what_is_no_json_is_answered_and_what_comes_after_it_is_passed_on() {
        let good = b"{\"jsonrpc\": \"2.0\", \"method\": \"ping\", \"id\": 1}\n";
        for bad in [&b"{\"jsonrpc\": \n"[..], b"hello\n", b"{} {}\n", b"\"\xff\"\n"] {
            let (passed, told) = sifted(&[bad, b"\n", good].concat()).await;
            assert_eq!(passed, [b"\n", &good[..]].concat());
            assert_eq!(told.len(), 1, "{told:?}");
            assert_eq!((&told[0]["error"]["code"], told[0].get("id")), (&json!(-32700), None), "{told:?}");
        }
        assert_eq!(sifted(good).await, (good.to_vec(), Vec::new()));
    }

    #[tokio::test]
    async fn the_last_line_needs_no_end_of_its_own() {
        let good = b"{\"jsonrpc\": \"2.0\", \"method\": \"ping\", \"id\": 1}";
        assert_eq!(sifted(good).await, ([&good[..], b"\n"].concat(), Vec::new()));
        assert_eq!(sifted(b"hello").await.1[0]["error"]["code"], json!(-32700));
    }

    #[tokio::test]
    async fn what_is_too_long_is_answered_once_and_kept_nowhere() {
        let longest = [b"\"", &vec![b'x'; REQUEST_BYTES - 2][..], b"\"\n"].concat();
        assert_eq!(sifted(&longest).await.1, Vec::<Value>::new());
        for times in [1, 3] {
            let long = [&vec![b'x'; times * REQUEST_BYTES + 1][..], b"\n1\n"].concat();
            let (passed, told) = sifted(&long).await;
            assert_eq!(passed, b"1\n");
            assert_eq!((told.len(), &told[0]["error"]["code"]), (1, &json!(-32600)), "{told:?}");
        }
    }
}
