//! baresip as an operator's phone: registers with digest, plays a tone, keeps what it hears.
//!
//! It is driven over its `ctrl_tcp` module: JSON in netstrings (`12:{"a":1},`).
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::audio::{self, Sound};
use crate::process::{Process, free_port, free_ports};

/// Where Debian puts the modules of `baresip-core`.
const MODULES: &str = "/usr/lib/baresip/modules";
/// How long anything may take that baresip does by itself.
const PATIENCE: Duration = Duration::from_secs(15);
/// Longest message of baresip that is read.
const MESSAGE_MAX: usize = 1 << 20;

/// What it says once the registrar has said yes.
const REGISTERED: &str = "[1 binding]";

/// A running phone.
#[derive(Debug)]
pub struct Phone {
    process: Process,
    control: TcpStream,
    events: Receiver<Event>,
    dir: tempfile::TempDir,
}

/// What baresip tells.
#[derive(Clone, Debug)]
pub struct Event {
    /// When it came.
    pub at: Instant,
    /// `CALL_INCOMING`, `CALL_ESTABLISHED`, `CALL_CLOSED` …
    pub kind: String,
    /// All of it.
    pub body: Value,
}

/// What the phone does with a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// Picks up at once.
    Auto,
    /// Rings until told.
    Manual,
}

impl Phone {
    /// Starts and registers at `server` over UDP; returns when the registrar has said yes.
    pub fn register(
        user: &str,
        password: &str,
        server: SocketAddr,
        answer: Answer,
    ) -> Result<Self> {
        Self::register_over("udp", user, password, server, answer)
    }

    /// The same over `udp`, `tcp` or `tls`, over IPv4 or IPv6, with whatever certificate is shown.
    pub fn register_over(
        transport: &str,
        user: &str,
        password: &str,
        server: SocketAddr,
        answer: Answer,
    ) -> Result<Self> {
        let account = account((transport, server), user, password, answer);
        Self::start(server.ip(), user, &account)
    }

    /// Registers over UDP, and answers each call at once, with a voice of its own (Hz): of many phones one tells by it who
    /// speaks.
    pub fn with_voice(voice: f64, user: &str, password: &str, server: SocketAddr) -> Result<Self> {
        let account = account(("udp", server), user, password, Answer::Auto);
        Self::start_until((server.ip(), user, voice), &account, REGISTERED)
    }

    /// The same through a proxy that takes phones over UDP.
    pub fn register_through(
        proxy: SocketAddr,
        user: &str,
        password: &str,
        server: SocketAddr,
        answer: Answer,
    ) -> Result<Self> {
        let account = account(("udp", server), user, password, answer);
        let account = format!("{account};outbound=\"sip:{proxy};transport=udp\"");
        Self::start(server.ip(), user, &account)
    }

    /// A caller on the trunk, who registers nowhere: it shows this number and calls as soon as it is told to.
    pub fn caller(number: &str, server: SocketAddr) -> Result<Self> {
        let account = account(("udp", server), number, "none", Answer::Manual);
        let account = account.replace("regint=60", "regint=0");
        let who = (server.ip(), number, audio::OPERATOR);
        Self::start_until(who, &account, "baresip is ready")
    }

    /// Dials.
    pub fn dial(&mut self, number: &str, server: SocketAddr) -> Result<()> {
        self.tell("dial", &format!("sip:{number}@{server}"))
    }

    /// Presses a key (RFC 4733) and lets it go.
    pub fn press(&mut self, key: char) -> Result<()> {
        self.tell("sndcode", &key.to_string())
    }

    /// Starts with a loopback address of its own.
    fn start(own: IpAddr, user: &str, account: &str) -> Result<Self> {
        Self::start_until((own, user, audio::OPERATOR), account, REGISTERED)
    }

    /// The same; it is there when it says so.
    fn start_until(
        (own, user, voice): (IpAddr, &str, f64),
        account: &str,
        ready: &str,
    ) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let (sip, media, control) = (free_port()?, free_ports(RTP_PORTS)?, free_port()?);
        audio::write_tone(&dir.path().join("say.wav"), voice, Duration::from_secs(60))?;
        let config = config(&dir, SocketAddr::new(own, sip), media, control);
        std::fs::write(dir.path().join("config"), config)?;
        std::fs::write(dir.path().join("accounts"), format!("{account}\n"))?;
        std::fs::write(dir.path().join("contacts"), "")?;
        let mut command = Command::new("baresip");
        command.arg("-f").arg(dir.path()).arg("-v");
        let mut process = Process::start("baresip", &mut command)?;
        process
            .line_with(ready, PATIENCE)
            .with_context(|| format!("{user} does not say «{ready}»"))?;
        let control = TcpStream::connect(("127.0.0.1", control))?;
        let (tell, events) = channel();
        let reader = BufReader::new(control.try_clone()?);
        std::thread::spawn(move || listen(reader, &tell));
        Ok(Self {
            process,
            control,
            events,
            dir,
        })
    }

    /// Waits for an event of baresip: `CALL_INCOMING` (of a phone that does not answer by itself), `CALL_ESTABLISHED`,
    /// `CALL_CLOSED` … and returns it.
    pub fn event(&mut self, kind: &str) -> Result<Event> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let patience = deadline.saturating_duration_since(Instant::now());
            let next = self.events.recv_timeout(patience);
            let event =
                next.with_context(|| format!("no {kind} of baresip:\n{}", self.process.printed()))?;
            if event.kind == kind {
                return Ok(event);
            }
        }
    }

    /// Picks up.
    pub fn accept(&mut self) -> Result<()> {
        self.command("accept")
    }

    /// Hangs up, or says no to a ringing call.
    pub fn hang_up(&mut self) -> Result<()> {
        self.command("hangup")
    }

    /// Dies without a word.
    pub fn kill(&mut self) -> Result<()> {
        self.process.kill()
    }

    /// What the phone heard in its last call, which must be over: then the file is whole.
    pub fn heard(self) -> Result<Sound> {
        self.heard_each()?
            .pop()
            .context("baresip wrote nothing it heard")
    }

    /// The same of each of its calls, the first one first.
    pub fn heard_each(mut self) -> Result<Vec<Sound>> {
        // Once it says so, its loop has gone round since the call ended, and the file is closed. It would then wait for a
        // registrar that may be gone already; a second signal is lost when it comes while the first is being served.
        self.process.signal("TERM")?;
        self.process.line_with("stop all", PATIENCE)?;
        self.process.kill()?;
        let mut files: Vec<PathBuf> = std::fs::read_dir(self.dir.path())?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.to_string_lossy().ends_with("-dec.wav"))
            .collect();
        files.sort();
        let channel = |file: &PathBuf| {
            audio::read_wav(file)?
                .into_iter()
                .next()
                .context("no channel")
        };
        files.iter().map(channel).collect()
    }

    fn command(&mut self, name: &str) -> Result<()> {
        self.tell(name, "")
    }

    fn tell(&mut self, name: &str, params: &str) -> Result<()> {
        let body = json!({ "command": name, "params": params, "token": name }).to_string();
        let frame = format!("{}:{body},", body.len());
        Ok(self.control.write_all(frame.as_bytes())?)
    }
}

/// Passes events on, with the time they came, until either side ends.
fn listen(mut reader: BufReader<TcpStream>, tell: &Sender<Event>) {
    while let Ok(body) = netstring(&mut reader) {
        let at = Instant::now();
        let Some(kind) = body["type"]
            .as_str()
            .filter(|_| body["event"] == json!(true))
        else {
            continue;
        };
        if tell
            .send(Event {
                at,
                kind: kind.to_owned(),
                body,
            })
            .is_err()
        {
            return;
        }
    }
}

fn netstring(reader: &mut BufReader<TcpStream>) -> Result<Value> {
    let mut length = Vec::new();
    reader.read_until(b':', &mut length)?;
    let length: usize = String::from_utf8_lossy(&length)
        .trim_end_matches(':')
        .parse()
        .context("no netstring")?;
    let mut body = vec![0; length.min(MESSAGE_MAX) + 1];
    reader.read_exact(&mut body)?;
    Ok(serde_json::from_slice(&body[..length])?)
}

/// RTP and RTCP of a phone with a line or two.
const RTP_PORTS: u16 = 20;

/// A line of the file with the accounts.
fn account(
    (transport, server): (&str, SocketAddr),
    user: &str,
    password: &str,
    answer: Answer,
) -> String {
    let mode = match answer {
        Answer::Auto => "auto",
        Answer::Manual => "manual",
    };
    format!(
        "<sip:{user}@{server};transport={transport}>;auth_user={user};auth_pass={password};answermode={mode};\
         regint=60;audio_codecs=PCMA/8000/1"
    )
}

fn config(dir: &tempfile::TempDir, own: SocketAddr, media: u16, control: u16) -> String {
    let dir = dir.path().display();
    let (interface, six) = match own.ip() {
        ip @ IpAddr::V4(_) => (ip, "no"),
        ip @ IpAddr::V6(_) => (ip, "yes"),
    };
    format!(
        "poll_method epoll
sip_listen {own}
net_interface {interface}
net_prefer_ipv6 {six}
prefer_ipv6 {six}
sip_verify_server no
audio_source aufile,{dir}/say.wav
audio_player aubridge,null
audio_alert aubridge,null
ausrc_srate 8000
auplay_srate 8000
rtp_ports {media}-{}
snd_path {dir}
ctrl_tcp_listen 127.0.0.1:{control}
module_path {MODULES}
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
module uuid.so
module_app account.so
module_app menu.so
module_app ctrl_tcp.so
",
        media + RTP_PORTS - 1
    )
}
