//! baresip as an operator's phone: registers with digest, plays a tone, keeps what it hears.
//!
//! It is driven over its `ctrl_tcp` module: JSON in netstrings (`12:{"a":1},`).
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::audio::{self, Sound};
use crate::process::{Process, free_port, free_ports};

/// Where Debian puts the modules of `baresip-core`.
const MODULES: &str = "/usr/lib/baresip/modules";
/// How long anything may take that baresip does by itself.
const PATIENCE: Duration = Duration::from_secs(15);

/// A running phone.
#[derive(Debug)]
pub struct Phone {
    process: Process,
    control: BufReader<TcpStream>,
    dir: tempfile::TempDir,
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
    /// Starts and registers at `server`; returns when the registrar has said yes.
    pub fn register(
        user: &str,
        password: &str,
        server: SocketAddr,
        answer: Answer,
    ) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let (sip, media, control) = (free_port()?, free_ports(20)?, free_port()?);
        audio::write_tone(&dir.path().join("say.wav"), audio::OPERATOR, 120)?;
        std::fs::write(dir.path().join("config"), config(&dir, sip, media, control))?;
        let mode = if answer == Answer::Auto {
            "auto"
        } else {
            "manual"
        };
        let account = format!(
            "<sip:{user}@{server}>;auth_user={user};auth_pass={password};answermode={mode};regint=60;\
             audio_codecs=PCMA/8000/1\n"
        );
        std::fs::write(dir.path().join("accounts"), account)?;
        std::fs::write(dir.path().join("contacts"), "")?;
        let mut command = Command::new("baresip");
        command.arg("-f").arg(dir.path()).arg("-v");
        let mut process = Process::start("baresip", &mut command)?;
        let control = connect(&mut process, control)?;
        let mut phone = Self {
            process,
            control,
            dir,
        };
        phone
            .event("REGISTER_OK")
            .with_context(|| format!("{user} does not register"))?;
        Ok(phone)
    }

    /// Waits for an event of baresip: `CALL_INCOMING`, `CALL_ESTABLISHED`, `CALL_CLOSED` … and returns it.
    pub fn event(&mut self, kind: &str) -> Result<Value> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let message = self
                .read(deadline)
                .with_context(|| format!("no {kind} of baresip"))?;
            if message["event"] == json!(true) && message["type"] == json!(kind) {
                return Ok(message);
            }
        }
    }

    /// Picks up.
    pub fn accept(&mut self) -> Result<()> {
        self.command("accept", "")
    }

    /// Hangs up, or says no to a ringing call.
    pub fn hang_up(&mut self) -> Result<()> {
        self.command("hangup", "")
    }

    /// Dies without a word.
    pub fn kill(&mut self) -> Result<()> {
        self.process.kill()
    }

    /// What the phone heard in its last call. The process is ended first, so that the file is whole.
    pub fn heard(mut self) -> Result<Sound> {
        self.process.signal("TERM")?;
        self.process.wait(PATIENCE)?;
        let mut files: Vec<PathBuf> = std::fs::read_dir(self.dir.path())?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.to_string_lossy().ends_with("-dec.wav"))
            .collect();
        files.sort();
        let file = files.pop().context("baresip wrote nothing it heard")?;
        audio::read_wav(&file)?
            .into_iter()
            .next()
            .context("no channel")
    }

    fn command(&mut self, name: &str, params: &str) -> Result<()> {
        let body = json!({ "command": name, "params": params, "token": name }).to_string();
        let frame = format!("{}:{body},", body.len());
        self.control.get_mut().write_all(frame.as_bytes())?;
        Ok(())
    }

    /// One netstring.
    fn read(&mut self, deadline: Instant) -> Result<Value> {
        let patience = deadline.saturating_duration_since(Instant::now());
        if patience.is_zero() {
            bail!("it took too long");
        }
        self.control.get_ref().set_read_timeout(Some(patience))?;
        let mut length = Vec::new();
        self.control.read_until(b':', &mut length)?;
        let length: usize = String::from_utf8_lossy(&length)
            .trim_end_matches(':')
            .parse()
            .context("no netstring")?;
        let mut body = vec![0; length + 1];
        self.control.read_exact(&mut body)?;
        Ok(serde_json::from_slice(&body[..length])?)
    }
}

/// Connects once baresip says that it is ready.
fn connect(process: &mut Process, port: u16) -> Result<BufReader<TcpStream>> {
    process.line_with("baresip is ready", PATIENCE)?;
    Ok(BufReader::new(TcpStream::connect(("127.0.0.1", port))?))
}

fn config(dir: &tempfile::TempDir, sip: u16, media: u16, control: u16) -> String {
    let dir = dir.path().display();
    format!(
        "poll_method epoll
sip_listen 127.0.0.1:{sip}
net_interface 127.0.0.1
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
        media + 19
    )
}
