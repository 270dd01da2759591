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

impl Provider {
    /// Answers with these texts, one after the other and the last for ever.
    pub fn saying(texts: Vec<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let came: Arc<Mutex<Vec<String>>> = Arc::default();
        let noted = came.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // Whoever asked may have gone away.
                let _ = answer(stream, &texts, &noted);
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

fn answer(mut stream: TcpStream, texts: &[String], came: &Mutex<Vec<String>>) -> std::io::Result<()> {
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
    let number = {
        let mut came = came.lock().unwrap();
        came.push(head + &String::from_utf8_lossy(&body));
        came.len() - 1
    };
    let message = json!({"role": "assistant", "content": texts[number.min(texts.len() - 1)]});
    let text = json!({"choices": [{"message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3}})
    .to_string();
    let length = text.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{text}"
    )
}
