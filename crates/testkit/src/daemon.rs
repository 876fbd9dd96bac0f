//! The real daemon as a process, in a folder of its own, on ports of its own.
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::process::{Process, gudok, root};

/// How long a start or a stop may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Every operator of every test has this password.
pub const PASSWORD: &str = "correct-horse";

/// What a test wants to differ from the plain hotline.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    plan: Option<String>,
    config: String,
    operators: Vec<(String, Vec<String>)>,
    outbound: Option<SocketAddr>,
}

impl Setup {
    /// The plan; without it the project's own `dialplans/`.
    #[must_use]
    pub fn plan(mut self, text: &str) -> Self {
        self.plan = Some(text.to_owned());
        self
    }

    /// Further configuration, as TOML.
    #[must_use]
    pub fn config(mut self, text: &str) -> Self {
        self.config += text;
        self
    }

    /// An operator, with further arguments of `operators add`.
    #[must_use]
    pub fn operator(mut self, id: &str, arguments: &[&str]) -> Self {
        self.operators.push((
            id.to_owned(),
            arguments.iter().map(|&a| a.to_owned()).collect(),
        ));
        self
    }

    /// Where calls to numbers outside go.
    #[must_use]
    pub fn outbound(mut self, address: SocketAddr) -> Self {
        self.outbound = Some(address);
        self
    }

    /// Starts the daemon and waits until it says that it is ready.
    pub fn start(self) -> Result<Daemon> {
        let dir = tempfile::tempdir()?;
        let plans = dir.path().join("dialplans");
        match &self.plan {
            Some(text) => {
                std::fs::create_dir(&plans)?;
                std::fs::write(plans.join("8800.toml"), text)?;
            }
            None => copy(&root().join("dialplans"), &plans)?,
        }
        std::fs::write(dir.path().join("gudok.toml"), self.toml(dir.path()))?;
        for (id, arguments) in &self.operators {
            std::fs::write(dir.path().join("password"), PASSWORD)?;
            let mut verb = vec![
                "operators",
                "add",
                id,
                "--name",
                id,
                "--password-file",
                "password",
            ];
            verb.extend(arguments.iter().map(String::as_str));
            let output = run(dir.path(), &verb)?;
            ensure!(
                output.status.success(),
                "operators add: {}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Daemon::launch(dir)
    }

    fn toml(&self, dir: &Path) -> String {
        let outbound = self.outbound.map_or_else(String::new, |address| {
            format!("[trunk.outbound]\naddress = \"{address}\"\nnumber = \"+78001234567\"\n")
        });
        format!(
            "[sip]\nlisten = \"127.0.0.1:0\"\nlisten_tcp = \"127.0.0.1:0\"\n\
             [[trunk]]\nname = \"carrier\"\nsources = [\"127.0.0.1/32\"]\nhome_code = \"3952\"\n{outbound}\
             [paths]\ndialplans = \"{0}/dialplans\"\nrecordings = \"{0}/recordings\"\njournal = \"{0}/journal\"\n\
             database = \"{0}/gudok.db\"\n\
             [cti]\nlisten = \"127.0.0.1:0\"\n[web]\nlisten = \"127.0.0.1:0\"\n{1}",
            dir.display(),
            self.config
        )
    }
}

/// A running daemon.
#[derive(Debug)]
pub struct Daemon {
    process: Process,
    dir: tempfile::TempDir,
    /// SIP, UDP and TCP.
    pub sip: SocketAddr,
    /// The desks' WebSocket.
    pub cti: SocketAddr,
    /// HTTP.
    pub web: SocketAddr,
}

impl Daemon {
    fn launch(dir: tempfile::TempDir) -> Result<Self> {
        let mut command = Command::new(gudok()?);
        command
            .current_dir(dir.path())
            .args(["serve", "--config", "gudok.toml"]);
        command.env("GUDOK_LOG", "info,gudok=debug");
        let mut process = Process::start("gudok", &mut command)?;
        let line = process.line_with("gudok ready", PATIENCE)?;
        let address = |name: &str| -> Result<SocketAddr> {
            let value = line
                .split_whitespace()
                .find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
            Ok(value
                .with_context(|| format!("no {name} in «{line}»"))?
                .parse()?)
        };
        let (sip, cti, web) = (address("sip")?, address("cti")?, address("web")?);
        Ok(Self {
            process,
            dir,
            sip,
            cti,
            web,
        })
    }

    /// SIGKILL and a new start in the same folder; ports are new.
    pub fn crash_and_restart(mut self) -> Result<Self> {
        self.process.kill()?;
        Self::launch(self.dir)
    }

    /// SIGHUP; returns the line in which the daemon says what became of it.
    pub fn reload(&mut self) -> Result<String> {
        self.process.signal("HUP")?;
        self.process.line_with("reload", PATIENCE)
    }

    /// SIGTERM; returns when the daemon has ended.
    pub fn stop(&mut self) -> Result<()> {
        self.process.signal("TERM")?;
        let status = self.process.wait(PATIENCE)?;
        ensure!(
            status.success(),
            "the daemon ended with {status}:\n{}",
            self.process.printed()
        );
        Ok(())
    }

    /// Waits for a line of its log.
    pub fn log_line(&mut self, text: &str) -> Result<String> {
        self.process.line_with(text, PATIENCE)
    }

    /// Everything it logged so far.
    pub fn log(&mut self) -> String {
        self.process.printed()
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Its folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Another verb of the same binary with the same configuration; its standard output.
    pub fn verb(&self, arguments: &[&str]) -> Result<String> {
        let output = run(self.dir.path(), arguments)?;
        let error = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{arguments:?} failed: {error}");
        Ok(String::from_utf8(output.stdout)?)
    }

    /// The calls on record, oldest first, as `gudok calls --output json` gives them.
    pub fn calls(&self) -> Result<Vec<Value>> {
        let text = self.verb(&["calls", "--output", "json"])?;
        let mut calls = text
            .lines()
            .map(serde_json::from_str)
            .collect::<Result<Vec<Value>, _>>()?;
        calls.reverse();
        Ok(calls)
    }

    /// Waits for the fact that a call has ended and is written, and returns the newest call.
    pub fn ended_call(&mut self) -> Result<Value> {
        self.log_line("call ended")?;
        self.calls()?.pop().context("no call on record")
    }
}

/// Runs the binary to its end in a folder.
pub fn run(dir: &Path, arguments: &[&str]) -> Result<Output> {
    let mut command = Command::new(gudok()?);
    command
        .current_dir(dir)
        .args(arguments)
        .args(["--config", "gudok.toml"])
        .stdin(Stdio::null());
    Ok(command.output()?)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        std::fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}
