//! One process with receivers of mails and webhooks (`receivers.py`), which all tests share. It ends with this one.

use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use serde_json::Value;
use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Condvar, Mutex, OnceLock},
    time::Duration,
};

/// How long a test waits for what is on its way.
const PATIENCE: Duration = Duration::from_secs(30);

/// The receivers.
pub struct Receivers {
    ports: Value,
    /// What they got, in order.
    got: &'static Got,
    /// A file with the certificate of the authority that signed theirs.
    pub authority: PathBuf,
    /// The process, and what ends it once it is closed.
    _process: (Child, ChildStdin),
}

#[derive(Default)]
struct Got {
    lines: Mutex<Vec<Value>>,
    more: Condvar,
}

/// The receivers of this process.
pub fn receivers() -> &'static Receivers {
    static STARTED: OnceLock<Receivers> = OnceLock::new();
    STARTED.get_or_init(start)
}

impl Receivers {
    /// The port of one of them.
    pub fn port(&self, name: &str) -> u16 {
        u16::try_from(self.ports[name].as_u64().unwrap_or_else(|| panic!("there is no receiver {name}"))).unwrap()
    }

    /// The first thing they got that fits, waited for.
    pub fn wait_for(&self, fits: impl Fn(&Value) -> bool) -> Value {
        let lines = self.got.lines.lock().unwrap();
        let waits = |lines: &mut Vec<Value>| !lines.iter().any(&fits);
        let (lines, _) = self.got.more.wait_timeout_while(lines, PATIENCE, waits).unwrap();
        lines.iter().find(|line| fits(line)).unwrap_or_else(|| panic!("it never came; what did: {lines:#?}")).clone()
    }

    /// What they got so far that fits.
    pub fn so_far(&self, fits: impl Fn(&Value) -> bool) -> Vec<Value> {
        self.got.lines.lock().unwrap().iter().filter(|line| fits(line)).cloned().collect()
    }
}

fn start() -> Receivers {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tool = Command::new(here.join("../infra/tool.sh")).arg("receivers").output().unwrap();
    assert!(tool.status.success(), "the receivers are missing: {}", String::from_utf8_lossy(&tool.stderr));
    let programs = String::from_utf8(tool.stdout).unwrap();
    let folder = std::env::temp_dir().join(format!("stepwell-receivers-{}", std::process::id()));
    let authority = certificates(&folder);
    let mut child = Command::new(Path::new(programs.trim()).join("python"))
        .args(["-W", "ignore"])
        .arg(here.join("tests/channels/receivers.py"))
        .arg(&folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = lines.next().expect("the receivers start").unwrap();
    let got: &Got = Box::leak(Box::default());
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            got.lines.lock().unwrap().push(serde_json::from_str(&line).unwrap());
            got.more.notify_all();
        }
    });
    let stdin = child.stdin.take().unwrap();
    Receivers { ports: serde_json::from_str(&first).unwrap(), got, authority, _process: (child, stdin) }
}

/// Makes an authority and a certificate for this machine, and returns the authority's file.
fn certificates(folder: &Path) -> PathBuf {
    std::fs::create_dir_all(folder).unwrap();
    let (key, mut params) = (KeyPair::generate().unwrap(), CertificateParams::default());
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = rcgen::CertifiedIssuer::self_signed(params, key).unwrap();
    let key = KeyPair::generate().unwrap();
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &authority).unwrap();
    std::fs::write(folder.join("certificate.pem"), certificate.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
    let path = folder.join("authority.pem");
    std::fs::write(&path, authority.pem()).unwrap();
    path
}
