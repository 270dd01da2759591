//! Answers whose pieces break off: what was told of them was told before, is taken back once, and is no answer.

use crate::{
    pieces::{IN_PIECES, heard, heard_of},
    support::*,
};
use document::work::{ModelChoice, Provider};
use engine::pieces::Pieces;
use futures::StreamExt;
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::Duration,
};

/// What the stand-in would say, and never says to its end.
const CUT: &str = "It begins, goes on for quite a while, and is cut";

/// What was told of an answer and taken back once, in the end.
#[track_caller]
fn taken_back(pieces: &[Option<String>]) -> String {
    let Some((None, told)) = pieces.split_last() else { panic!("nothing is taken back in the end: {pieces:?}") };
    told.iter().map(|piece| piece.as_deref().unwrap_or_else(|| panic!("taken back before: {pieces:?}"))).collect()
}

/// Whether this is some of what the stand-in would say: enough of it, and not all.
fn is_some(told: &str) -> bool {
    told.starts_with("It begins, goes on ") && CUT.starts_with(told) && told.len() < CUT.len()
}

#[tokio::test]
async fn what_came_before_the_break_is_told_and_taken_back() {
    for provider in IN_PIECES {
        let (outcome, pieces) = heard_of(provider, "stops midway").await;
        let failure = failed(outcome);
        assert_eq!(
            (failure.code.as_str(), failure.retryable),
            ("model_unavailable", true),
            "{provider:?}: {failure:?}"
        );
        assert!(is_some(&taken_back(&pieces)), "{provider:?}: {pieces:?}");
        for text in ["cut off", "garbled"] {
            let (outcome, pieces) = heard_of(provider, text).await;
            let failure = failed(outcome);
            assert_eq!((failure.code.as_str(), failure.retryable), ("model_unavailable", true), "{failure:?}");
            assert!(pieces.is_empty(), "{provider:?}, {text}: nothing was said: {pieces:?}");
        }
    }
}

/// Reads a request to its end.
fn read(stream: &TcpStream) {
    let (mut reader, mut line, mut length) = (BufReader::new(stream), String::new(), 0);
    while line != "\r\n" {
        line.clear();
        reader.read_line(&mut line).unwrap();
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    reader.read_exact(&mut vec![0; length]).unwrap();
}

/// A server that answers one request with these events, waits for a word, and ends the connection with these bytes of HTTP.
fn answers(events: String, end: &'static str) -> (String, mpsc::Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (word, waits) = mpsc::channel();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        read(&stream);
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
        write!(stream, "{head}{:x}\r\n{events}\r\n", events.len()).unwrap();
        // Whoever tests may have failed meanwhile.
        let _ = waits.recv();
        let _ = stream.write_all(end.as_bytes());
    });
    (address, word)
}

/// The end of a body as it should be.
const WHOLE: &str = "0\r\n\r\n";

fn lines(events: &[Value]) -> String {
    events.iter().map(|event| format!("data: {event}\n\n")).collect()
}

/// For each provider the events that say this, and those that end the answer.
fn said(text: &str) -> [(Provider, Vec<Value>, Vec<Value>); 4] {
    let openai = |delta: Value, reason: Value| json!({"choices": [{"delta": delta, "finish_reason": reason}]});
    let of_openai = || (vec![openai(json!({"content": text}), Value::Null)], vec![openai(json!({}), json!("stop"))]);
    let gemini = |parts: Value| json!({"candidates": [{"content": {"parts": parts}}]});
    let mut stop = gemini(json!([]));
    stop["candidates"][0]["finishReason"] = json!("STOP");
    let usage = json!({"input_tokens": 1, "output_tokens": 1});
    let anthropic = vec![
        json!({"type": "message_start", "message": {"content": [], "usage": usage}}),
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}),
    ];
    let over = vec![
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}}),
        json!({"type": "message_stop"}),
    ];
    let (begin, end) = of_openai();
    [
        (Provider::Openai, begin.clone(), end.clone()),
        (Provider::OpenaiCompatible, begin, end),
        (Provider::Gemini, vec![gemini(json!([{"text": text}]))], vec![stop]),
        (Provider::Anthropic, anthropic, over),
    ]
}

/// The server breaks off only once a piece was heard, so whoever reads to the end first hears none.
#[tokio::test]
async fn a_piece_is_told_before_the_next_one_comes_and_void_however_the_stream_breaks_off() {
    for end in ["", WHOLE, "b\r\ndata: {\"cho\r\n0\r\n\r\n", "b\r\ndata: {\"cho\r\n"] {
        for (provider, begin, _) in said("Hello there") {
            let (base, word) = answers(lines(&begin), end);
            let (pieces, execution) = (Pieces::default(), "exec".into());
            let mut ear = pieces.listen(&execution);
            let _call = pieces.begin(&execution, (&"agent".into(), 1), TASK);
            let nodes = heard_nodes("127.0.0.1", pieces);
            let asks = run(&nodes, call(vec![choice_at(provider, Some(base))], vec![user("hello")]), vec![], 10.0);
            let hears = async {
                let heard = tokio::time::timeout(Duration::from_secs(5), ear.next()).await;
                word.send(()).unwrap();
                heard.unwrap_or_else(|_| panic!("{provider:?}: nothing is told before the stream ends")).unwrap().text
            };
            let (outcome, first) = futures::join!(asks, hears);
            let failure = failed(outcome);
            assert_eq!((failure.code.as_str(), failure.retryable), ("model_unavailable", true), "{failure:?}");
            // The last word may begin a secret, and is held back.
            assert_eq!(first.as_deref(), Some("Hello "), "{provider:?}, {end:?}");
            let rest: Vec<_> = std::iter::from_fn(|| ear.try_recv().ok()).map(|piece| piece.text).collect();
            assert_eq!(rest, [None], "{provider:?}, {end:?}");
        }
    }
}

#[tokio::test]
async fn a_piece_that_cannot_be_read_is_no_answer_also_where_the_rest_can() {
    for (provider, mut events, end) in said("Hello to you") {
        events.extend(end);
        // Without the piece that is broken it is an answer.
        for broken in ["", "data: {\"choices\": [\n\n"] {
            let (base, word) = answers(lines(&events) + broken, WHOLE);
            word.send(()).unwrap();
            let ask = call(vec![choice_at(provider, Some(base))], vec![user("hello")]);
            let (outcome, pieces) = heard(ask, "127.0.0.1").await;
            if broken.is_empty() {
                assert_eq!(answer(outcome).text, "Hello to you", "{provider:?}");
                assert!(pieces.iter().all(Option::is_some), "{provider:?}: {pieces:?}");
                continue;
            }
            let failure = failed(outcome);
            assert_eq!((failure.code.as_str(), failure.retryable), ("model_unavailable", true), "{failure:?}");
            assert_eq!(taken_back(&pieces), "Hello to ", "{provider:?}: {pieces:?}");
        }
    }
}

#[tokio::test]
async fn the_next_model_is_asked_where_a_stream_ends_in_the_middle() {
    let first = ModelChoice { name: "first".into(), ..choice(Provider::Anthropic) };
    let second = ModelChoice { name: "second".into(), ..choice(Provider::Openai) };
    let ask = call(vec![first, second], vec![user("breaks off, then the next")]);
    let (outcome, pieces) = heard(ask, &here()).await;
    let said = answer(outcome);
    assert_eq!((said.text.as_str(), said.model.as_str()), ("the second goes on", "openai/second"));
    let void = pieces.iter().position(Option::is_none).expect("what the first said is taken back");
    assert!(is_some(&taken_back(&pieces[..=void])), "{pieces:?}");
    let after: String = pieces[void + 1..].iter().map(|piece| piece.as_deref().expect("taken back once")).collect();
    assert_eq!(after, "the second goes on");
}
