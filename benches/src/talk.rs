//! A conversation of two hundred answers: what an answer costs late, where all that was said is told to the model again,
//! beside what it costs early.

use crate::world::{Failed, World};
use document::parse;
use engine::port::Host;
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
};
use stepwell_core::event::{Event, Turn};

/// So many answers has the conversation: the most that an agent may have.
const ANSWERS: usize = 200;
/// So many of them, the first and the last, are compared.
const COMPARED: usize = 20;
/// Bytes of what the model tells its tool each time.
const NOTE: usize = 200;

/// Measures it on a host of its own.
pub async fn two_hundred(folder: &Path) -> Result<(), Failed> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    // It ends with the process: whoever asks keeps its connection.
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || drop(answers(stream)));
        }
    });
    let http_allow = nodes::AllowList::parse(&format!("127.0.0.1:{port}"))?;
    let config = nodes::Config { http_allow, ..nodes::Config::default() };
    let world = World::open_with(&folder.join("talk"), config).await?;
    let model =
        json!({"provider": "openai_compatible", "name": "m", "base_url": format!("http://127.0.0.1:{port}/v1")});
    let agent = json!({"model": model, "prompt": "Begin.", "max_turns": ANSWERS, "max_tool_calls": ANSWERS});
    let document = json!({"id": "talk", "nodes": [{"id": "start", "type": "manual_trigger"},
            {"id": "agent", "type": "agent", "config": agent},
            {"id": "note", "type": "transform", "config": {"expression": "args.text"}, "tool": {}}],
        "edges": [{"from": "start", "to": "agent"}, {"from": "note", "to": "agent", "connection": "ai_tool"}]});
    let workflow = parse(&document).map_err(|issues| format!("{issues:?}"))?.workflow;
    let id = world.start(&workflow, json!({})).await?;
    let state = world.settled(&id).await?;
    let turns = world.host.journal().turns(&id, 0, usize::MAX).await?;
    let costs = costs(&turns)?;
    let (first, last) = (costs.first_chunk::<COMPARED>(), costs.last_chunk::<COMPARED>());
    let (first, last) = first.zip(last).ok_or("the conversation is too short")?;
    let ((early, begun), (late, grown)) = (mean(first), mean(last));
    println!(
        "conversation of {} answers, each with a tool call ({}): {early:.2} ms each in the first {COMPARED}, {late:.2} in \
         the last, {:.2} times as long; {begun:.0} bytes of journal each, then {grown:.0}, {:.2} times as many",
        costs.len() + 1,
        state.status(),
        late / early,
        grown / begun
    );
    world.host.shutdown(std::time::Duration::from_secs(5)).await;
    Ok(())
}

/// The milliseconds and the bytes of journal from each answer to the next. Times are whole milliseconds, of which the means
/// are taken.
fn costs(turns: &[Turn]) -> Result<Vec<(f64, f64)>, Failed> {
    let (mut costs, mut begun, mut bytes) = (Vec::new(), None, 0);
    for turn in turns {
        if turn.events.iter().any(|event| matches!(event, Event::AgentAnswered(_))) {
            if let Some(begun) = begun.replace(turn.at) {
                costs.push((turn.at.since(begun).as_secs_f64() * 1000.0, bytes as f64));
            }
            bytes = 0;
        }
        bytes += serde_json::to_vec(turn)?.len();
    }
    Ok(costs)
}

fn mean(some: &[(f64, f64)]) -> (f64, f64) {
    let sum = some.iter().fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    (sum.0 / some.len() as f64, sum.1 / some.len() as f64)
}

/// A model that asks for its tool at once, until the last answer. It reads no more of what it is told than it must, so that
/// what is measured is not its own work.
fn answers(stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut stream = stream;
    let asks = json!({"choices": [{"finish_reason": "tool_calls", "message": {"role": "assistant", "content": "Noted.",
        "tool_calls": [{"id": "1", "type": "function", "function":
            {"name": "note", "arguments": json!({"text": "x".repeat(NOTE)}).to_string()}}]}}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1}});
    let ends = json!({"choices": [{"finish_reason": "stop", "message": {"role": "assistant", "content": "Done."}}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1}});
    let (mut line, mut length) = (String::new(), 0);
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        if line != "\r\n" {
            continue;
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let said = count(&body, b"\"assistant\"");
        let answer: &Value = if said + 1 < ANSWERS { &asks } else { &ends };
        let body = answer.to_string();
        write!(
            stream,
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )?;
    }
}

/// How often something stands in a text.
fn count(text: &[u8], what: &[u8]) -> usize {
    text.windows(what.len()).filter(|some| *some == what).count()
}
