//! What stands in for a provider of language models: it gives the answers of a list, and keeps what came.

use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

/// The server. It ends with the process.
pub struct Provider {
    pub port: u16,
    came: Arc<Mutex<Vec<String>>>,
}

/// What is answered to a request, of which so many came before: the type of the content, and the body.
type Answers = dyn Fn(usize, &str) -> (&'static str, String) + Send;

impl Provider {
    /// Answers with these texts, one after the other and the last for ever.
    pub fn saying(texts: Vec<String>) -> Self {
        Self::answering(move |number, _| {
            let message = json!({"role": "assistant", "content": texts[number.min(texts.len() - 1)]});
            let body = json!({"choices": [{"message": message, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 7, "completion_tokens": 3}});
            ("application/json", body.to_string())
        })
    }

    /// Answers requests as this says.
    pub fn answering(answers: impl Fn(usize, &str) -> (&'static str, String) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let came: Arc<Mutex<Vec<String>>> = Arc::default();
        let noted = came.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // Whoever asked may have gone away.
                let _ = answer(stream, &answers, &noted);
            }
        });
        Self { port, came }
    }

    /// The requests so far, each with its head and its body.
    pub fn came(&self) -> Vec<String> {
        self.came.lock().unwrap().clone()
    }

    pub fn allowed(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The model as a document names it.
    pub fn model(&self, provider: &str) -> Value {
        json!({"provider": provider, "name": "m", "base_url": format!("http://127.0.0.1:{}/v1", self.port)})
    }
}

fn answer(mut stream: TcpStream, answers: &Answers, came: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut head, mut length) = (String::new(), 0);
    while !head.ends_with("\r\n\r\n") {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let request = head + &String::from_utf8_lossy(&body);
    let number = {
        let mut came = came.lock().unwrap();
        came.push(request.clone());
        came.len() - 1
    };
    let (kind, text) = answers(number, &request);
    let length = text.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{text}"
    )
}

/// A stream of OpenAI's protocol, of a text that comes in pieces of so many characters, or of a call of a tool.
pub fn in_pieces(text: &str, characters: usize, call: Option<(&str, &Value)>) -> (&'static str, String) {
    let letters: Vec<char> = text.chars().collect();
    let mut deltas: Vec<Value> =
        letters.chunks(characters).map(|piece| json!({"content": piece.iter().collect::<String>()})).collect();
    if let Some((name, arguments)) = call {
        let function = json!({"name": name, "arguments": arguments.to_string()});
        deltas.push(json!({"tool_calls": [{"index": 0, "id": "1", "type": "function", "function": function}]}));
    }
    let why = if call.is_some() { "tool_calls" } else { "stop" };
    let mut events: Vec<Value> = deltas.into_iter().map(|delta| json!({"choices": [{"delta": delta}]})).collect();
    events.push(json!({"choices": [{"delta": {}, "finish_reason": why}]}));
    events.push(json!({"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 3}}));
    let lines = events.iter().map(|event| format!("data: {event}\n\n")).collect::<String>();
    ("text/event-stream", lines + "data: [DONE]\n\n")
}
