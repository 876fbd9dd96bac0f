//! The real daemon as a process, in a folder of its own, on ports of its own.
use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::process::{Process, gudok, root};
use crate::record::Record;
use crate::{audio, tones};

/// How long a start, a stop or a line of the log may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Every operator of every test has this password.
pub const PASSWORD: &str = "correct-horse";

/// What a test wants to differ from the plain hotline.
#[derive(Clone, Debug)]
pub struct Setup {
    plan: Option<String>,
    sources: String,
    listen: String,
    config: String,
    set: Vec<(String, String)>,
    operators: Vec<(String, Vec<String>)>,
    outbound: Option<SocketAddr>,
    outbound_keys: String,
    trunk: String,
    alone: bool,
    cpus: Option<String>,
    spoken: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            plan: None,
            sources: "\"127.0.0.1/32\"".to_owned(),
            listen: "\"127.0.0.1:0\"".to_owned(),
            config: String::new(),
            set: Vec::new(),
            operators: Vec::new(),
            outbound: None,
            outbound_keys: String::new(),
            trunk: String::new(),
            alone: false,
            cpus: None,
            spoken: false,
        }
    }
}

impl Setup {
    /// The plan; without it the project's own `dialplans/`.
    #[must_use]
    pub fn plan(mut self, text: &str) -> Self {
        self.plan = Some(text.to_owned());
        self
    }

    /// The network the trunk's calls come from, instead of loopback; empty: none.
    #[must_use]
    pub fn sources(mut self, network: &str) -> Self {
        self.sources = match network {
            "" => String::new(),
            network => format!("\"{network}\""),
        };
        self
    }

    /// Listens at this address, over UDP and TCP, instead of a free port of loopback.
    #[must_use]
    pub fn listens(mut self, address: SocketAddr) -> Self {
        self.listen = format!("\"{address}\"");
        self
    }

    /// Listens on IPv6 too, and takes the trunk's calls from there.
    #[must_use]
    pub fn both_families(mut self) -> Self {
        self.sources += ", \"::1\"";
        "[\"127.0.0.1:0\", \"[::1]:0\"]".clone_into(&mut self.listen);
        self
    }

    /// Further sections of the configuration, as TOML.
    #[must_use]
    pub fn config(mut self, text: &str) -> Self {
        self.config += text;
        self
    }

    /// One key, such as `media.silence`, by the environment.
    #[must_use]
    pub fn set(mut self, key: &str, value: &str) -> Self {
        let name = format!("GUDOK__{}", key.to_uppercase().replace('.', "__"));
        self.set.push((name, value.to_owned()));
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

    /// A further line of `[trunk.outbound]`.
    #[must_use]
    pub fn outbound_key(mut self, line: &str) -> Self {
        self.outbound_keys += &format!("{line}\n");
        self
    }

    /// Further sections of the trunk, and further trunks, as TOML.
    #[must_use]
    pub fn trunk(mut self, text: &str) -> Self {
        self.trunk += text;
        self
    }

    /// In a network of its own, where hostile tools may be let loose on it: [`Daemon::beside`].
    #[must_use]
    pub fn alone(mut self) -> Self {
        self.alone = true;
        self
    }

    /// On these processors only, as `taskset` lists them (`0-1`): what it does is then not at the cost of who calls it, nor
    /// theirs at its.
    #[must_use]
    pub fn on_cpus(mut self, list: &str) -> Self {
        self.cpus = Some(list.to_owned());
        self
    }

    /// Callers hear the built-in voice, in the place of a tone for each prompt.
    #[must_use]
    pub fn spoken(mut self) -> Self {
        self.spoken = true;
        self
    }

    /// Writes configuration, plan, prompts and operators; starts nothing.
    pub fn folder(self) -> Result<Folder> {
        let folder = Folder {
            dir: tempfile::tempdir()?,
            environment: self.set.clone(),
            alone: self.alone,
            cpus: self.cpus.clone(),
        };
        let plans = folder.path("dialplans");
        match &self.plan {
            Some(text) => {
                std::fs::create_dir(&plans)?;
                folder.write("dialplans/8800.toml", text)?;
            }
            None => copy(&root().join("dialplans"), &plans)?,
        }
        match self.spoken {
            true => std::fs::create_dir(folder.path("prompts"))?,
            false => prompts(&folder.path("prompts"))?,
        }
        folder.write("gudok.toml", &self.toml(folder.dir.path()))?;
        folder.write("password", PASSWORD)?;
        for (id, arguments) in &self.operators {
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
            folder.verb(&verb)?;
        }
        Ok(folder)
    }

    /// Starts the daemon and waits until it says that it is ready.
    pub fn start(self) -> Result<Daemon> {
        self.folder()?.serve()
    }

    fn toml(&self, dir: &Path) -> String {
        // SIPp plays one call and takes an OPTIONS for a fault.
        let outbound = self.outbound.map_or_else(String::new, |address| {
            let keys = &self.outbound_keys;
            format!("[trunk.outbound]\naddress = \"{address}\"\nnumber = \"+78001234567\"\noptions = false\n{keys}")
        });
        // RTP below the ports which the system gives by itself: nobody takes one by chance.
        format!(
            "[sip]\nlisten = {3}\nlisten_tcp = {3}\n\
             [[trunk]]\nname = \"carrier\"\nsources = [{2}]\nhome_code = \"3952\"\n{outbound}{4}\
             [media]\nports = \"28000-32767\"\n\
             [paths]\ndialplans = \"{0}/dialplans\"\nrecordings = \"{0}/recordings\"\njournal = \"{0}/journal\"\n\
             database = \"{0}/gudok.db\"\nprompts = \"{0}/prompts\"\n\
             [cti]\nlisten = \"127.0.0.1:0\"\n[web]\nlisten = \"127.0.0.1:0\"\n{1}",
            dir.display(),
            self.config,
            self.sources,
            self.listen,
            self.trunk,
        )
    }
}

/// A daemon's folder, with or without a daemon.
#[derive(Debug)]
pub struct Folder {
    dir: tempfile::TempDir,
    environment: Vec<(String, String)>,
    alone: bool,
    cpus: Option<String>,
}

impl Folder {
    /// Something in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes a file in it.
    pub fn write(&self, name: &str, text: &str) -> Result<()> {
        Ok(std::fs::write(self.path(name), text)?)
    }

    /// Starts the daemon and waits until it says that it is ready.
    pub fn serve(self) -> Result<Daemon> {
        Daemon::launch(self)
    }

    /// Runs a verb of the binary to its end.
    pub fn run(&self, arguments: &[&str]) -> Result<Output> {
        let output = self.command(arguments)?.stdin(Stdio::null()).output();
        output.with_context(|| format!("gudok {arguments:?}"))
    }

    /// A verb that must succeed; its standard output.
    pub fn verb(&self, arguments: &[&str]) -> Result<String> {
        let output = self.run(arguments)?;
        let (said, error) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        ensure!(
            output.status.success(),
            "gudok {arguments:?}: {}\n{said}\n{error}",
            output.status
        );
        Ok(said.into_owned())
    }

    /// Starts a verb that goes on for a while; what it prints is read beside it.
    pub fn begin(&self, arguments: &[&str]) -> Result<Process> {
        Process::start("gudok", &mut self.command(arguments)?)
    }

    fn command(&self, arguments: &[&str]) -> Result<Command> {
        let mut command = match &self.cpus {
            _ if arguments != ["serve"] => Command::new(gudok()?),
            _ if self.alone => in_own_network(&gudok()?),
            Some(list) => on_cpus(list, &gudok()?),
            None => Command::new(gudok()?),
        };
        command
            .current_dir(self.dir.path())
            .args(arguments)
            .args(["--config", "gudok.toml"]);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        Ok(command)
    }
}

/// A running daemon.
#[derive(Debug)]
pub struct Daemon {
    process: Process,
    stopped: bool,
    /// Its folder.
    pub folder: Folder,
    /// SIP, UDP and TCP.
    pub sip: SocketAddr,
    /// The same over IPv6, where the configuration has it.
    pub sip6: Option<SocketAddr>,
    /// SIP over TLS, where the configuration has it.
    pub tls: Option<SocketAddr>,
    /// SIP over WebSockets, openly.
    pub ws: Option<SocketAddr>,
    /// SIP over WebSockets and TLS.
    pub wss: Option<SocketAddr>,
    /// The desks' WebSocket.
    pub cti: SocketAddr,
    /// HTTP.
    pub web: SocketAddr,
}

impl Daemon {
    fn launch(folder: Folder) -> Result<Self> {
        let mut command = folder.command(&["serve"])?;
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
        let (sip6, tls) = (address("sip6").ok(), address("tls").ok());
        let (ws, wss) = (address("ws").ok(), address("wss").ok());
        Ok(Self {
            process,
            stopped: false,
            folder,
            sip,
            sip6,
            tls,
            ws,
            wss,
            cti,
            web,
        })
    }

    /// SIGKILL and a new start in the same folder; ports are new.
    pub fn crash_and_restart(mut self) -> Result<Self> {
        self.process.kill()?;
        Self::launch(self.folder)
    }

    /// The same with nobody there for a while.
    pub fn crash_and_restart_after(mut self, away: Duration) -> Result<Self> {
        self.process.kill()?;
        std::thread::sleep(away);
        Self::launch(self.folder)
    }

    /// An end in order, and a new start.
    pub fn stop_and_restart(mut self) -> Result<Self> {
        self.stop()?;
        Self::launch(self.folder)
    }

    /// SIGHUP; returns the line in which the daemon says what became of the plan.
    pub fn reload(&mut self) -> Result<String> {
        self.process.signal("HUP")?;
        // Not the warnings of the plan, which the same module tells before.
        self.process.line_with("reload: reload: ", PATIENCE)
    }

    /// Asks for a reload as `gudok reload` does, without a process for it; what the daemon told of it.
    pub fn asks_to_reload(&self) -> Result<Value> {
        let mut door = UnixStream::connect(self.folder.path("gudok.sock"))?;
        let why = json!({ "author": "petrova", "reason": "", "origin": "command" });
        let wish = json!({ "do": "reload", "why": why });
        writeln!(door, "plan {wish}")?;
        let mut told = String::new();
        door.read_to_string(&mut told)?;
        Ok(serde_json::from_str(&told)?)
    }

    /// SIGTERM: calls may end, recordings are sealed, rows are written; returns when the daemon has ended.
    pub fn stop(&mut self) -> Result<()> {
        if std::mem::replace(&mut self.stopped, true) {
            return Ok(());
        }
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

    /// A line of its log, also one of its start: those come before or after the ready line, as it happens.
    pub fn logged(&mut self, text: &str) -> Result<String> {
        self.process.line_ever(text, PATIENCE)
    }

    /// Everything it logged so far.
    pub fn log(&mut self) -> String {
        self.process.printed()
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Runs a program to its end in the network of a daemon that is [`Setup::alone`]; what it printed. However it ended:
    /// tools that find nothing say so in many ways.
    pub fn beside(&self, program: &str, arguments: &[&str]) -> Result<String> {
        let output = Command::new("nsenter")
            .args(["--user", "--preserve-credentials", "--net", "--target"])
            .arg(self.id().to_string())
            .args(["--", program])
            .args(arguments)
            .current_dir(self.folder.dir.path())
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("{program} does not start: is its package installed?"))?;
        let said = [output.stdout, output.stderr].concat();
        Ok(String::from_utf8_lossy(&said).into_owned())
    }

    /// Stops the daemon, so that everything is on disk, and gives the calls on record, oldest first.
    pub fn records(&mut self) -> Result<Vec<Record>> {
        self.stop()?;
        Record::all(&self.folder)
    }

    /// Waits until the only call has ended, stops the daemon, and gives its record.
    pub fn record(&mut self) -> Result<Record> {
        self.log_line("call ended")?;
        let mut records = self.records()?;
        ensure!(
            records.len() == 1,
            "{} calls on record instead of one",
            records.len()
        );
        records.pop().context("one is there")
    }
}

/// The program with loopback and nothing else. The process that is started becomes the program.
fn in_own_network(program: &Path) -> Command {
    let mut command = Command::new("unshare");
    let up = "ip link set lo up && exec \"$@\"";
    command.args(["--map-root-user", "--net", "sh", "-c", up, "sh"]);
    command.arg(program);
    command
}

/// The program on some of the processors. The process that is started becomes the program.
fn on_cpus(list: &str, program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", list]).arg(program);
    command
}

/// Every prompt of the tests' plans as a tone of its own, so that a recording tells what was played.
fn prompts(folder: &Path) -> Result<()> {
    std::fs::create_dir(folder)?;
    for (name, frequency, length) in tones::PROMPTS {
        audio::write_tone(&folder.join(name).with_extension("wav"), frequency, length)?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        std::fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}
