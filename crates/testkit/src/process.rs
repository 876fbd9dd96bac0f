//! Child processes that never outlive their test.
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, UdpSocket};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};

/// A child process and the lines it prints (standard output and error together).
#[derive(Debug)]
pub struct Process {
    child: Child,
    name: String,
    lines: Receiver<String>,
    seen: Vec<String>,
}

impl Process {
    /// Starts it with both outputs read.
    pub fn start(name: &str, command: &mut Command) -> Result<Self> {
        Self::spawn(name, command.stdin(Stdio::null()))
    }

    /// The same for a program that is told what to do at its standard input.
    pub fn conversing(name: &str, command: &mut Command) -> Result<(Self, ChildStdin)> {
        let mut process = Self::spawn(name, command.stdin(Stdio::piped()))?;
        let input = process.child.stdin.take().context("the input is a pipe")?;
        Ok((process, input))
    }

    fn spawn(name: &str, command: &mut Command) -> Result<Self> {
        let mut child = command
            .env("NO_COLOR", "1")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("{name} does not start: is its package installed?"))?;
        let (tell, lines) = channel();
        let outputs: [Option<Box<dyn std::io::Read + Send>>; 2] = [
            child.stdout.take().map(|out| Box::new(out) as _),
            child.stderr.take().map(|out| Box::new(out) as _),
        ];
        for output in outputs.into_iter().flatten() {
            let tell = tell.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
                    let _ = tell.send(String::from_utf8_lossy(&line).into_owned());
                }
            });
        }
        Ok(Self {
            child,
            name: name.to_owned(),
            lines,
            seen: Vec::new(),
        })
    }

    /// The next line that holds `text`; lines before it are kept for [`Process::printed`].
    pub fn line_with(&mut self, text: &str, patience: Duration) -> Result<String> {
        let deadline = Instant::now() + patience;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = match self.lines.recv_timeout(left) {
                Ok(line) => line,
                Err(RecvTimeoutError::Timeout) => {
                    return Err(self.trouble(&format!("printed no «{text}» in {patience:?}")));
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(self.trouble(&format!("ended without «{text}»")));
                }
            };
            self.seen.push(line.clone());
            if line.contains(text) {
                return Ok(line);
            }
        }
    }

    /// A line that holds `text`, printed already or the next one.
    pub fn line_ever(&mut self, text: &str, patience: Duration) -> Result<String> {
        self.seen.extend(self.lines.try_iter());
        match self.seen.iter().find(|line| line.contains(text)) {
            Some(line) => Ok(line.clone()),
            None => self.line_with(text, patience),
        }
    }

    fn trouble(&mut self, what: &str) -> anyhow::Error {
        let printed = self.printed();
        anyhow!("{} {what}:\n{printed}", self.name)
    }

    /// Everything printed so far.
    pub fn printed(&mut self) -> String {
        self.seen.extend(self.lines.try_iter());
        self.seen.join("\n")
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for its end.
    pub fn wait(&mut self, patience: Duration) -> Result<ExitStatus> {
        // The outputs close when the process ends: no polling.
        let deadline = Instant::now() + patience;
        loop {
            match self
                .lines
                .recv_timeout(deadline.saturating_duration_since(Instant::now()))
            {
                Ok(line) => self.seen.push(line),
                Err(RecvTimeoutError::Disconnected) => return Ok(self.child.wait()?),
                Err(RecvTimeoutError::Timeout) => return Err(self.trouble("does not end")),
            }
        }
    }

    /// SIGKILL, as a crash would.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// A signal by its name, such as `HUP`.
    pub fn signal(&self, name: &str) -> Result<()> {
        let status = Command::new("kill")
            .arg(format!("-{name}"))
            .arg(self.id().to_string())
            .status()?;
        if status.success() {
            Ok(())
        } else {
            bail!("kill -{name} failed")
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Ports for children. Below those the system gives by itself, so that nobody takes one between our look and the
/// child's start.
const PORTS: Range<u32> = 12_000..28_000;

/// A port, UDP and TCP, that was free a moment ago on loopback.
pub fn free_port() -> Result<u16> {
    free_ports(1)
}

/// `count` ports in a row that were free a moment ago; the first is even. None is given twice by one process.
pub fn free_ports(count: u16) -> Result<u16> {
    const TRIES: u32 = 200;
    for _ in 0..TRIES {
        let first = next_ports(count.into());
        if (first..first + count).all(is_free) {
            return Ok(first);
        }
    }
    bail!("no {count} free ports in a row")
}

/// So many tests at once have ports of their own.
const SHARES: u32 = 8;

/// Goes round the range. Under nextest it is the share of the test's slot: no two tests at once have the same slot, so
/// none takes a port between another's look and its child's start. Elsewhere it is all of it, and where it begins depends
/// on the process.
fn next_ports(count: u32) -> u16 {
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    let slot = std::env::var("NEXTEST_TEST_GLOBAL_SLOT").ok();
    let slot: Option<u32> = slot.and_then(|slot| slot.parse().ok());
    let all = (PORTS.end - PORTS.start) / 2;
    let (first, places, start) = match slot {
        Some(slot) => (slot % SHARES * (all / SHARES), all / SHARES, 0),
        None => (0, all, std::process::id().wrapping_mul(97)),
    };
    let count = count.div_ceil(2);
    let turn = TAKEN.fetch_add(count, Ordering::Relaxed);
    let place = first + start.wrapping_add(turn) % (places - count);
    u16::try_from(PORTS.start + place * 2).expect("the range is of ports")
}

fn is_free(port: u16) -> bool {
    let address = ("127.0.0.1", port);
    UdpSocket::bind(address).is_ok() && TcpListener::bind(address).is_ok()
}

/// The binary under test: the one `GUDOK_BIN` names, or the one built beside this test binary.
pub fn gudok() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("GUDOK_BIN") {
        return Ok(named.into());
    }
    let test = std::env::current_exe()?;
    let folder = test
        .ancestors()
        .find(|folder| folder.join("gudok").is_file());
    folder
        .map(|folder| folder.join("gudok"))
        .context("build it first: cargo build -p gudok-daemon")
}

/// The root of the workspace.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("crates/testkit lies two levels deep")
}
