//! What it takes to ask many people at once by mail: the real binary, killed in the middle, and everybody answers.

use crate::{http::Client, limits::median, world::Failed};
use serde_json::{Value, json};
use std::{
    collections::HashSet,
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// So many executions ask one person each, where the command line does not say another number.
const QUESTIONS: usize = 10_000;
/// Requests under way at the same time.
const CLIENTS: usize = 8;
/// Requests over one connection, which serves a thousand.
const PER_CONNECTION: usize = 900;
/// How long anything may take before it counts as lost.
const PATIENCE: Duration = Duration::from_secs(600);

/// `stepwell dev` in a process of its own.
struct Dev {
    child: Child,
    port: u16,
    _stdout: BufReader<ChildStdout>,
}

impl Dev {
    /// Starts it on a port; 0 for any that is free.
    fn start(folder: &Path, port: u16) -> Result<Self, Failed> {
        let binary = std::env::current_exe()?.with_file_name("stepwell");
        if !binary.exists() {
            return Err(
                format!("{} is not there: run `cargo build --release -p stepwell` first", binary.display()).into()
            );
        }
        let mut command = Command::new(binary);
        command.args(["dev", "--public-url", "http://flows.example.com", "--port"]).arg(port.to_string());
        command.arg("--data").arg(folder.join("data")).arg("--mail-to-folder").arg(folder.join("outbox"));
        let log = fs::File::options().create(true).append(true).open(folder.join("log"))?;
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn()?;
        let mut stdout = BufReader::new(child.stdout.take().ok_or("no stdout")?);
        let mut line = String::new();
        stdout.read_line(&mut line)?;
        let port = line.trim().rsplit(':').next().and_then(|port| port.parse().ok()).ok_or("it does not listen")?;
        Ok(Self { child, port, _stdout: stdout })
    }

    fn client(&self) -> Result<Client, Failed> {
        Client::connect(([127, 0, 0, 1], self.port).into())
    }

    fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// A number of KiB that the kernel keeps of the process.
    fn kib(&self, field: &str) -> Result<u64, Failed> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(field)).ok_or("no such field")?;
        Ok(line.split_whitespace().next().ok_or("no number")?.parse()?)
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        self.kill();
    }
}

/// All of it, for so many executions as the command line says, with printed figures.
pub fn all(folder: &Path) -> Result<(), Failed> {
    let count = std::env::args().nth(2).and_then(|text| text.parse().ok()).unwrap_or(QUESTIONS);
    fs::create_dir_all(folder)?;
    let mut dev = Dev::start(folder, 0)?;
    let document = json!({"id": "payday", "nodes": [{"id": "start", "type": "manual_trigger"},
        {"id": "ask", "type": "human", "config": {"kind": "approval", "question": "Pay {{ input.n }}?",
            "assignees": ["p{{ input.n }}@example.com"], "channels": [{"type": "email"}]}}],
        "edges": [{"from": "start", "to": "ask"}]});
    let (status, said, _) = dev.client()?.send("POST", "/v1/workflows", &document.to_string())?;
    if status != 201 {
        return Err(format!("the workflow is answered {status}: {said}").into());
    }
    let begun = Instant::now();
    let numbers: Vec<usize> = (0..count).collect();
    let port = dev.port;
    let mut starts = thread::scope(|scope| -> Result<Vec<f64>, Failed> {
        // A start whose answer was lost is sent again under its key, and starts nothing twice.
        let starting = scope.spawn(|| {
            each(port, &numbers, 202, |number| Request {
                path: "/v1/workflows/payday/executions".into(),
                key: Some(format!("start-{number}")),
                body: json!({"input": {"n": number}}),
            })
        });
        killed(folder, &mut dev, count)?;
        Ok(starting.join().map_err(|_| "a client broke")??.0)
    })?;
    told("start", begun, &mut starts);
    until("every mail is there", || Ok(mails(folder)? == count))?;
    println!("delivered to {count} people {:.1} s after the first start, the kill included", seconds(begun));
    let ids = listed(&dev, count)?;
    let begun = Instant::now();
    let (mut answers, refused) = each(port, &ids, 200, |(id, who)| Request {
        path: format!("/v1/interactions/{id}/respond"),
        key: None,
        body: json!({"approved": true, "answer_as": who}),
    })?;
    told("answer", begun, &mut answers);
    until("all outcomes are told", || Ok(mails(folder)? == 2 * count))?;
    println!("outcomes told after {:.1} s; {refused} answers were refused", seconds(begun));
    let (_, waiting, _) = dev.client()?.send("GET", "/v1/interactions?status=pending", "")?;
    if waiting["items"] != json!([]) {
        return Err(format!("questions are left open: {waiting}").into());
    }
    let (now, peak) = (dev.kib("VmRSS:")? / 1024, dev.kib("VmHWM:")? / 1024);
    println!("memory: {now} MiB now, {peak} MiB at most; disk: {} MiB", size(&folder.join("data"))? / 1024 / 1024);
    Ok(())
}

/// Kills the host when half of the mails are there, while others are being written, and starts it again.
fn killed(folder: &Path, dev: &mut Dev, count: usize) -> Result<(), Failed> {
    until("half of the mails are there", || Ok(mails(folder)? >= count / 2))?;
    dev.kill();
    println!("killed with {} mails written", mails(folder)?);
    let begun = Instant::now();
    *dev = Dev::start(folder, dev.port)?;
    println!("up again after {:.2} s", seconds(begun));
    Ok(())
}

/// Lists the inbox. Returns each question with the person who is asked, once every delivery is known to be made.
fn listed(dev: &Dev, count: usize) -> Result<Vec<(String, String)>, Failed> {
    let (deadline, waiting) = (Instant::now() + PATIENCE, Instant::now());
    loop {
        let (mut client, mut items, mut cursor) = (dev.client()?, Vec::new(), String::new());
        let begun = Instant::now();
        loop {
            let path = format!("/v1/interactions?status=pending&limit=200{cursor}");
            let (_, page, _) = client.send("GET", &path, "")?;
            items.extend(page["items"].as_array().ok_or("no page")?.iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        let sent = items.iter().filter(|one| one["deliveries"][0]["status"] == "sent").count();
        if sent < count && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(200));
            continue;
        }
        let attempts: u64 = items.iter().filter_map(|one| one["deliveries"][0]["attempts"].as_u64()).sum();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let pairs: HashSet<(String, String)> =
            items.iter().map(|one| (text(&one["interaction_id"]), text(&one["assignees"][0]))).collect();
        if pairs.len() != count || items.len() != count || sent != count {
            return Err(format!("{} questions are listed, of which {sent} were sent", pairs.len()).into());
        }
        let (listed, known) = (seconds(begun), begun.duration_since(waiting).as_secs_f64());
        println!("all known to be sent after {known:.1} s more; {attempts} tries are recorded for {count} mails");
        println!("listed in {listed:.1} s, 200 a page");
        return Ok(pairs.into_iter().collect());
    }
}

/// A POST.
struct Request {
    path: String,
    /// The `Idempotency-Key`, with which the request may be sent again.
    key: Option<String>,
    body: Value,
}

/// Sends one request for each item, several at the same time. Returns their milliseconds, and how many were answered by
/// another status.
fn each<T: Sync>(
    port: u16,
    items: &[T],
    expected: u16,
    request: impl Fn(&T) -> Request + Sync,
) -> Result<(Vec<f64>, usize), Failed> {
    let request = &request;
    let run = |client: usize| -> Result<(Vec<f64>, usize), Failed> {
        let (mut times, mut others) = (Vec::new(), 0);
        let own: Vec<&T> = items.iter().skip(client).step_by(CLIENTS).collect();
        for some in own.chunks(PER_CONNECTION) {
            let mut connection = None;
            for item in some {
                let (status, time) = send(port, &mut connection, &request(item))?;
                others += usize::from(status != expected);
                times.push(time);
            }
        }
        Ok((times, others))
    };
    let run = &run;
    let ran: Vec<_> = thread::scope(|scope| {
        let started: Vec<_> = (0..CLIENTS).map(|client| scope.spawn(move || run(client))).collect();
        started.into_iter().map(|one| one.join().unwrap_or_else(|_| Err("a client broke".into()))).collect()
    });
    let (mut times, mut others) = (Vec::new(), 0);
    for one in ran {
        let (some, refused) = one?;
        times.extend(some);
        others += refused;
    }
    Ok((times, others))
}

/// Sends one request, and with a key again where the connection breaks, until the host is back. Returns the status, and
/// the milliseconds of the try that was answered.
fn send(port: u16, connection: &mut Option<Client>, request: &Request) -> Result<(u16, f64), Failed> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let mut open = match connection.take().map_or_else(|| Client::connect(([127, 0, 0, 1], port).into()), Ok) {
            Ok(open) => open,
            Err(_) if request.key.is_some() && Instant::now() < deadline => {
                thread::sleep(Duration::from_millis(5));
                continue;
            }
            Err(error) => return Err(error),
        };
        match open.send_keyed("POST", &request.path, request.key.as_deref(), &request.body.to_string()) {
            Ok((status, _, time)) => {
                *connection = Some(open);
                return Ok((status, time));
            }
            Err(error) if request.key.is_none() || Instant::now() > deadline => return Err(error),
            Err(_) => {}
        }
    }
}

fn told(what: &str, begun: Instant, times: &mut [f64]) {
    let seconds = seconds(begun);
    let half = median(times);
    let at = (times.len() * 99 / 100).min(times.len().saturating_sub(1));
    let late = times.get(at).copied().unwrap_or_default();
    let rate = times.len() as f64 / seconds;
    println!(
        "{what}: {} in {seconds:.1} s ({rate:.0} a second, {CLIENTS} at a time); p50 {half:.1} ms, p99 {late:.1} ms",
        times.len()
    );
}

fn seconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64()
}

fn until(what: &str, is_so: impl Fn() -> Result<bool, Failed>) -> Result<(), Failed> {
    let deadline = Instant::now() + PATIENCE;
    while !is_so()? {
        if Instant::now() > deadline {
            return Err(format!("never: {what}").into());
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// How many mails were written.
fn mails(folder: &Path) -> Result<usize, Failed> {
    let entries: Vec<_> = fs::read_dir(folder.join("outbox"))?.collect::<Result<_, _>>()?;
    Ok(entries.iter().filter(|entry| entry.path().extension().is_some_and(|extension| extension == "eml")).count())
}

/// Bytes of all files of a folder.
fn size(folder: &PathBuf) -> Result<u64, Failed> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let meta = entry.metadata()?;
        bytes += if meta.is_dir() { size(&entry.path())? } else { meta.len() };
    }
    Ok(bytes)
}
