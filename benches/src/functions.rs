//! What a function of the AWS host weighs: the size of its binary, the time from the start of its process to its first
//! request for work, and the memory that is resident then. Run `infra/build.sh x86_64` (or `arm64`, on such a machine),
//! and then `cargo run --release -p stepwell-benches -- functions`.

use std::{
    error::Error,
    fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Processes that are started of each function; the median of their times is shown.
const STARTS: usize = 21;
const FUNCTIONS: [&str; 6] = ["trigger", "step", "callback", "status", "rollback", "supervisor"];
/// The beginning of the request with which a function asks the Lambda runtime API for its next event.
const NEXT: &str = "GET /2018-06-01/runtime/invocation/next ";
/// The variables that the template sets, with names of nothing that exists: no service is called before the first
/// event.
const ENVIRONMENT: [(&str, &str); 12] = [
    ("AWS_ACCESS_KEY_ID", "none"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
    ("AWS_LAMBDA_FUNCTION_NAME", "stepwell"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
    ("AWS_REGION", "us-east-1"),
    ("AWS_SECRET_ACCESS_KEY", "none"),
    ("STEPWELL_BUCKET", "none"),
    ("STEPWELL_OWNER", "none"),
    ("STEPWELL_QUEUE_URL", "https://sqs.us-east-1.amazonaws.com/1/none"),
    ("STEPWELL_SECRETS_PREFIX", "none/"),
    ("STEPWELL_TABLE", "none"),
    ("STEPWELL_WAIT_MACHINE_ARN", "arn:aws:states:us-east-1:1:stateMachine:none"),
];

/// A process that is ended when this is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Prints a line for each function, and one for a process that does nothing.
pub fn all() -> Result<(), Box<dyn Error>> {
    let mut empty: Vec<Duration> = (0..STARTS).map(|_| nothing()).collect::<Result<_, _>>()?;
    let empty = median(&mut empty);
    println!("{:<12} {:>10} {:>12} {:>14} {:>12}", "function", "binary", "first /next", "of an exec", "resident");
    for function in FUNCTIONS {
        let program = program(function)?;
        let bytes = fs::metadata(&program)?.len();
        let mut times = Vec::with_capacity(STARTS);
        let mut resident = 0;
        for _ in 0..STARTS {
            let (time, memory) = start(&program, function)?;
            times.push(time);
            resident = resident.max(memory);
        }
        let time = median(&mut times);
        println!(
            "{function:<12} {:>7.2} MB {:>9.2} ms {:>13.1}x {:>9.1} MB",
            bytes as f64 / 1e6,
            time.as_secs_f64() * 1e3,
            time.as_secs_f64() / empty.as_secs_f64(),
            resident as f64 / 1e6
        );
    }
    println!("a process that does nothing takes {:.2} ms from its start to its end", empty.as_secs_f64() * 1e3);
    Ok(())
}

/// The path of a function's binary.
fn program(function: &str) -> Result<PathBuf, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let path = root.join(format!("target/lambda/stepwell-{function}/bootstrap"));
    if path.is_file() { Ok(path) } else { Err(format!("{} is not there: run infra/build.sh", path.display())) }
}

/// The time of a process that does nothing.
fn nothing() -> Result<Duration, Box<dyn Error>> {
    let since = Instant::now();
    Command::new("/bin/true").status()?;
    Ok(since.elapsed())
}

/// Starts one process of a function: the time until it asks for work, and the bytes that are resident then.
fn start(program: &Path, function: &str) -> Result<(Duration, u64), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?.to_string();
    let mut command = Command::new(program);
    command
        .env_clear()
        .envs(ENVIRONMENT)
        .env("AWS_LAMBDA_RUNTIME_API", address)
        .env("_HANDLER", function)
        .stdout(Stdio::null());
    let since = Instant::now();
    let running = Running(command.spawn()?);
    let (connection, _) = listener.accept()?;
    let mut line = String::new();
    // The process waits for an answer until the connection ends.
    let mut connection = BufReader::new(connection);
    connection.read_line(&mut line)?;
    let time = since.elapsed();
    if !line.starts_with(NEXT) {
        return Err(format!("{}: it asks for {line:?} and not for work", program.display()).into());
    }
    Ok((time, resident(running.0.id())?))
}

/// The resident bytes of a process.
fn resident(id: u32) -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("the system does not say")?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes * 1024)
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}
