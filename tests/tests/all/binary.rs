//! The real binary: found, built where it is stale, started, talked to over a socket, killed.

use serde_json::Value;
use std::{
    collections::HashMap,
    fs,
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant, SystemTime},
};

/// Patience with anything that must happen.
pub const SOON: Duration = Duration::from_secs(60);

/// The repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// `stepwell`, of the profile of these tests and no older than its sources.
pub fn stepwell() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let deps = std::env::current_exe().unwrap();
        let folder = deps.parent().unwrap().parent().unwrap();
        let binary = folder.join("stepwell");
        let newest = ["shared", "nodes", "functions", "hosts", "notify", "web", "mcp", "cli"]
            .map(|room| newest(&root().join(room)));
        let built = fs::metadata(&binary).and_then(|meta| meta.modified());
        if built.is_err() || built.is_ok_and(|built| newest.iter().any(|changed| *changed > built)) {
            let mut cargo = Command::new(env!("CARGO"));
            cargo.current_dir(root()).args(["build", "--locked", "-p", "stepwell", "--target-dir"]);
            cargo
                .arg(folder.parent().unwrap())
                .args(["--profile", if folder.ends_with("release") { "release" } else { "test" }]);
            assert!(cargo.status().unwrap().success(), "stepwell cannot be built");
        }
        binary
    })
}

/// When the youngest Rust file under a folder was written.
fn newest(folder: &Path) -> SystemTime {
    let mut at = SystemTime::UNIX_EPOCH;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("tests") {
            at = at.max(newest(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            at = at.max(fs::metadata(&path).unwrap().modified().unwrap());
        }
    }
    at
}

/// A folder of its own, removed at the end of a test that passes.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("stepwell-{name}-{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn data(&self) -> PathBuf {
        self.0.join("data")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !thread::panicking() {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}

/// What a server answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HashMap<String, String>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// One request over a connection of its own. An error where the answer did not come whole.
pub fn send(port: u16, head: &str, body: &[u8]) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(SOON))?;
    let host = if head.contains("\r\nhost:") { "" } else { "host: 127.0.0.1\r\n" };
    let head = format!("{head}\r\n{host}content-length: {}\r\nconnection: close\r\n\r\n", body.len());
    stream.write_all(head.as_bytes())?;
    // A server may refuse a body before it is sent whole.
    let _ = stream.write_all(body);
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    parse(&bytes).ok_or_else(|| io::Error::new(io::ErrorKind::UnexpectedEof, "cut off"))
}

fn parse(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let pairs = lines.filter_map(|line| line.split_once(": "));
    let headers: HashMap<_, _> = pairs.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
    let rest = &bytes[end + 4..];
    let body = match headers.get("content-length") {
        Some(length) => rest.get(..length.parse().ok()?)?.to_vec(),
        None if headers.contains_key("transfer-encoding") => unchunked(rest)?,
        None => rest.to_vec(),
    };
    Some(Answer { status, headers, body })
}

fn unchunked(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|two| two == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).ok()?.trim(), 16).ok()?;
        if size == 0 {
            return Some(body);
        }
        body.extend(rest.get(end + 2..end + 2 + size)?);
        rest = rest.get(end + 4 + size..)?;
    }
}

/// `stepwell dev` on a free port.
pub struct Dev {
    child: Mutex<Child>,
    pub port: u16,
    _stdout: Mutex<BufReader<ChildStdout>>,
}

impl Dev {
    pub fn start(data: &Path, args: &[&str]) -> Self {
        Self::start_by(Command::new(stepwell()), data, args)
    }

    /// By a command that ends in `stepwell`.
    pub fn start_by(mut command: Command, data: &Path, args: &[&str]) -> Self {
        let log = fs::File::options().create(true).append(true).open(data.with_extension("log")).unwrap();
        command.args(["dev", "--port", "0", "--data"]).arg(data).args(args);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let port = line.trim().rsplit(':').next().and_then(|port| port.parse().ok());
        let port = port.unwrap_or_else(|| panic!("it does not listen: {line}; see {}.log", data.display()));
        Self { child: Mutex::new(child), port, _stdout: Mutex::new(stdout) }
    }

    pub fn try_call(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> io::Result<Answer> {
        let mut head = format!("{method} {path} HTTP/1.1");
        for (name, value) in headers {
            head.push_str(&format!("\r\n{name}: {value}"));
        }
        if body.is_null() {
            return send(self.port, &head, b"");
        }
        send(self.port, &format!("{head}\r\ncontent-type: application/json"), body.to_string().as_bytes())
    }

    pub fn call(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.try_call(method, path, &[], body).unwrap();
        let json = if answer.body.is_empty() { Value::Null } else { answer.json() };
        (answer.status, json)
    }

    pub fn get(&self, path: &str) -> Value {
        let (status, body) = self.call("GET", path, &Value::Null);
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// Looks at an execution until it has one of these statuses.
    pub fn until(&self, id: &str, statuses: &[&str]) -> Value {
        let deadline = Instant::now() + SOON;
        loop {
            let execution = self.get(&format!("/v1/executions/{id}"));
            if statuses.iter().any(|status| execution["status"] == *status) {
                return execution;
            }
            assert!(Instant::now() < deadline, "never {statuses:?}: {execution}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// `kill -9`, and the end of it.
    pub fn kill(self) {
        self.kill_now();
    }

    /// `kill -9` while others talk to it.
    pub fn kill_now(&self) {
        let mut child = self.child.lock().unwrap();
        let _ = child.kill();
        let _ = child.wait();
    }

    pub fn pid(&self) -> u32 {
        self.child.lock().unwrap().id()
    }

    /// Its memory, in KiB.
    pub fn resident(&self) -> u64 {
        status(self.pid(), "VmRSS:").unwrap().parse().unwrap()
    }

    /// The most memory that it ever had, in KiB.
    pub fn peak(&self) -> u64 {
        status(self.pid(), "VmHWM:").unwrap().parse().unwrap()
    }
}

/// What the kernel says of a process; none where there is no such process.
pub fn status(pid: u32, field: &str) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with(field))?;
    line.split_whitespace().nth(1).map(Into::into)
}

impl Drop for Dev {
    fn drop(&mut self) {
        self.kill_now();
    }
}

/// A request that came to the tests' own server.
#[derive(Clone, Debug)]
pub struct Seen {
    pub path: String,
    pub head: String,
    pub body: Vec<u8>,
}

/// The tests' own HTTP server: it keeps what came, and answers `{"path"}` with the status that `/status/N` names.
#[derive(Clone)]
pub struct Own {
    pub port: u16,
    pub seen: Arc<Mutex<Vec<Seen>>>,
}

impl Own {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let own = Self { port: listener.local_addr().unwrap().port(), seen: Arc::default() };
        let seen = own.seen.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let seen = seen.clone();
                // Whoever asked may be killed at any moment.
                thread::spawn(move || drop(answer(stream, &seen)));
            }
        });
        own
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub fn allowed(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub fn came(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

fn answer(stream: TcpStream, seen: &Mutex<Vec<Seen>>) -> io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        if line == "\r\n" {
            break;
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let status = path.strip_prefix("/status/").and_then(|code| code.parse().ok()).unwrap_or(200u16);
    let text = match path.ends_with("/chat/completions") {
        true => crate::kill_agents::says(&body).to_string(),
        false => serde_json::json!({"path": path}).to_string(),
    };
    seen.lock().unwrap().push(Seen { path: path.clone(), head, body });
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 {status} Said\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}",
        text.len()
    )
}
