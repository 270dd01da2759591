//! A terminal for the program to run at: a pseudo-terminal of a given width, at which a test types.

use crate::support::{Home, Told};
use rustix::{
    fs::{Mode, OFlags},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{Winsize, tcsetwinsize},
};
use std::{
    fs::File,
    io::{ErrorKind, Read, Write},
    process::{Child, Stdio},
    sync::{Arc, Mutex},
    thread::JoinHandle,
    time::{Duration, Instant},
};

/// A program that runs at a terminal.
pub struct Terminal {
    child: Child,
    keys: File,
    shown: Arc<Mutex<String>>,
    reads: JoinHandle<()>,
    /// Where in `shown` the next look begins.
    seen: usize,
}

/// How a terminal is.
#[derive(Clone, Copy)]
pub struct Look {
    pub columns: u16,
    pub colours: bool,
}

impl Terminal {
    /// Runs the program at a terminal.
    pub fn run(home: &Home, args: &[&str], look: Look) -> Self {
        Self::with(home, args, look, &[])
    }

    /// The same, with variables of the environment.
    pub fn with(home: &Home, args: &[&str], look: Look, variables: &[(&str, &str)]) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let slave = rustix::fs::open(&name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
        tcsetwinsize(&slave, Winsize { ws_row: 50, ws_col: look.columns, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
        let end = || Stdio::from(slave.try_clone().unwrap());
        let mut command = home.command(args);
        command.stdin(end()).stdout(end()).stderr(end());
        command.env("TERM", "xterm").env_remove("VISUAL").env_remove("EDITOR");
        match look.colours {
            true => command.env_remove("NO_COLOR"),
            false => command.env("NO_COLOR", "1"),
        };
        command.envs(variables.iter().copied());
        let child = command.spawn().unwrap();
        let mut screen = File::from(master.try_clone().unwrap());
        let shown = Arc::new(Mutex::new(String::new()));
        let told = shown.clone();
        let reads = std::thread::spawn(move || {
            let (mut bytes, mut part) = (Vec::new(), [0; 4096]);
            let mut failed = false;
            loop {
                match screen.read(&mut part) {
                    Ok(0) => break,
                    Ok(count) => {
                        failed = false;
                        bytes.extend_from_slice(&part[..count]);
                        *told.lock().unwrap() = String::from_utf8_lossy(&bytes).replace('\r', "");
                    }
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    // Reading is an error once nobody has the other end open. What was written between the kernel's
                    // look for more and its look for an open end is there at the next read.
                    Err(_) if !failed => failed = true,
                    Err(_) => break,
                }
            }
        });
        Self { child, keys: File::from(master), shown, reads, seen: 0 }
    }

    /// Waits until something is shown that was not looked at before, for twenty seconds at most.
    pub fn until(&mut self, text: &str) -> &mut Self {
        let patience = Instant::now() + Duration::from_secs(20);
        loop {
            let shown = self.shown.lock().unwrap().clone();
            if let Some(at) = shown.get(self.seen..).and_then(|fresh| fresh.find(text)) {
                self.seen += at + text.len();
                return self;
            }
            assert!(
                Instant::now() < patience,
                "`{text}` was never shown after:\n{}",
                &shown[self.seen.min(shown.len())..]
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Types a line.
    pub fn types(&mut self, line: &str) -> &mut Self {
        self.keys.write_all(format!("{line}\n").as_bytes()).unwrap();
        self
    }

    /// Waits for the end. What was shown, on stdout and stderr, is `out`.
    pub fn ends(mut self) -> Told {
        let code = self.child.wait().unwrap().code();
        self.reads.join().unwrap();
        let out = self.shown.lock().unwrap().clone();
        Told { code, out, err: String::new() }
    }
}
