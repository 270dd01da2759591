//! The tests' own SMTP server: it counts what it takes, and lets through no more than a test says.

use super::mails::Mail;
use std::{
    collections::HashMap,
    io::{self, BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard},
    thread,
};

#[derive(Default)]
struct State {
    /// How many more mails are taken before everybody has to wait.
    lets_through: usize,
    /// Each mail by its id, and how often it came.
    came: HashMap<String, (Mail, u32)>,
}

#[derive(Clone)]
pub struct Post {
    port: u16,
    state: Arc<(Mutex<State>, Condvar)>,
}

impl Post {
    /// Starts it. Nothing is let through yet.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let post = Self { port: listener.local_addr().unwrap().port(), state: Arc::default() };
        let own = post.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let own = own.clone();
                // Whoever sends may be killed at any moment.
                thread::spawn(move || drop(own.serve(stream)));
            }
        });
        post
    }

    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.0.lock().unwrap()
    }

    /// Lets through so many more mails.
    pub fn let_through(&self, mails: usize) {
        self.state().lets_through += mails;
        self.state.1.notify_all();
    }

    /// Every mail that came, and how often.
    pub fn came(&self) -> Vec<(Mail, u32)> {
        self.state().came.values().cloned().collect()
    }

    /// How many different mails came.
    pub fn count(&self) -> usize {
        self.state().came.len()
    }

    fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        stream.write_all(b"220 post.example ESMTP\r\n")?;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let answer = match line.split([' ', '\r']).next().unwrap_or_default().to_ascii_uppercase().as_str() {
                "EHLO" => "250-post.example\r\n250 8BITMIME\r\n",
                "MAIL" => {
                    // A sender waits here, before it has sent anything.
                    let waiting = self.state();
                    let mut state = self.state.1.wait_while(waiting, |state| state.lets_through == 0).unwrap();
                    if is_gone(&stream) {
                        return Ok(());
                    }
                    state.lets_through -= 1;
                    "250 go on\r\n"
                }
                "DATA" => {
                    stream.write_all(b"354 until a dot\r\n")?;
                    self.take(&mut reader)?;
                    "250 taken\r\n"
                }
                "QUIT" => {
                    stream.write_all(b"221 bye\r\n")?;
                    return Ok(());
                }
                _ => "250 fine\r\n",
            };
            stream.write_all(answer.as_bytes())?;
        }
    }

    /// Reads one mail, and counts it before its sender learns that it was taken.
    fn take(&self, reader: &mut impl BufRead) -> io::Result<()> {
        let mut bytes = Vec::new();
        loop {
            let from = bytes.len();
            if reader.read_until(b'\n', &mut bytes)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if &bytes[from..] == b".\r\n" {
                bytes.truncate(from);
                break;
            }
            if bytes[from] == b'.' {
                bytes.remove(from);
            }
        }
        let mail = Mail::read(&bytes);
        self.state().came.entry(mail.id.clone()).or_insert((mail, 0)).1 += 1;
        Ok(())
    }
}

/// Whether the other side has hung up.
fn is_gone(stream: &TcpStream) -> bool {
    let _ = stream.set_nonblocking(true);
    let peeked = stream.peek(&mut [0]);
    let _ = stream.set_nonblocking(false);
    !matches!(peeked, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
}
