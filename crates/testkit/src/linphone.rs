//! linphone as an operator's phone: registers with digest, plays a tone, counts the RTP it sends and hears.
//!
//! It is driven as a person would drive it at its prompt (`linphone-daemon` of Debian's `linphone-cli`), and followed by its
//! own log. Where there is no sound card, it plays its music on hold into the call, which here is the operator's tone.
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{ChildStdin, Command};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::audio;
use crate::process::{Process, free_port, free_ports};

/// How long anything may take that linphone does by itself.
const PATIENCE: Duration = Duration::from_secs(15);

/// A second with half of its packets. Kilobits.
const HALF_OF_G711: f32 = 40.0;

/// A running phone. At its end it is killed; nothing of it stays.
#[derive(Debug)]
pub struct Linphone {
    process: Process,
    prompt: ChildStdin,
    _dir: tempfile::TempDir,
}

/// RTP of a call, as the phone counted it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Counted {
    /// Packets to us.
    pub sent: u32,
    /// Packets from us.
    pub received: u32,
    /// Of ours, those that never came.
    pub lost: u32,
}

/// How a phone gets to us.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// `udp`, `tcp` or `tls`.
    pub transport: &'a str,
    /// Where we are.
    pub server: SocketAddr,
    /// Whom it trusts over TLS: PEM of the certificates. We must show one for `localhost`.
    pub roots: Option<&'a Path>,
}

impl Linphone {
    /// Starts, and begins to register: [`Linphone::is_registered`] waits for the end of that.
    pub fn start(user: &str, password: &str, line: Line<'_>) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        // It gives up where its folder is missing.
        std::fs::create_dir_all(dir.path().join(".local/share/linphone"))?;
        let tone = dir.path().join("say.wav");
        audio::write_tone(&tone, audio::OPERATOR, Duration::from_secs(60))?;
        let file = dir.path().join("linphonerc");
        std::fs::write(&file, config(user, password, line, &tone)?)?;
        let mut command = Command::new("linphone-daemon");
        command.env("HOME", dir.path()).current_dir(dir.path());
        command.arg("--config").arg(&file);
        command.args(["--disable-stats-events", "--log", "/dev/stderr"]);
        let (process, prompt) = Process::conversing("linphone-daemon", &mut command)?;
        Ok(Self {
            process,
            prompt,
            _dir: dir,
        })
    }

    /// Waits until the registrar has said yes.
    pub fn is_registered(&mut self) -> Result<()> {
        self.says("to [LinphoneRegistrationOk]")
    }

    /// Waits until it knows that it cannot register.
    pub fn is_not_registered(&mut self) -> Result<()> {
        self.says("to [LinphoneRegistrationFailed]")
    }

    /// Waits until it rings.
    pub fn rings(&mut self) -> Result<()> {
        self.says("to LinphoneCallIncomingReceived")
    }

    /// Picks up; returns when both sides may talk.
    pub fn picks_up(&mut self) -> Result<()> {
        self.types("answer")?;
        self.says("to LinphoneCallStreamsRunning")
    }

    /// Puts the caller of its first call on hold, and takes him back.
    pub fn holds_and_resumes(&mut self) -> Result<()> {
        self.types("call-pause")?;
        self.says("to LinphoneCallPaused")?;
        self.types("call-resume 1")?;
        self.says("to LinphoneCallStreamsRunning")
    }

    /// Waits until sound went both ways for so many seconds: it tells of each.
    pub fn talks(&mut self, seconds: u32) -> Result<()> {
        let mut talked = 0;
        while talked < seconds {
            let line = self.process.line_with("RTP : [d=", PATIENCE)?;
            let rates = line.split(['[', ']']).nth(1).unwrap_or("");
            let speaks = |rate: &str| {
                rate[2..]
                    .parse::<f32>()
                    .is_ok_and(|rate| rate > HALF_OF_G711)
            };
            talked += u32::from(rates.split(',').filter(|rate| rate.len() > 2).all(speaks));
        }
        Ok(())
    }

    /// Hangs up.
    pub fn hangs_up(&mut self) -> Result<()> {
        self.types("terminate")
    }

    /// Waits until the call is over, whoever ended it; the RTP of it.
    pub fn counted(&mut self) -> Result<Counted> {
        self.says("AUDIO SESSION'S RTP STATISTICS")?;
        let counted = Counted {
            sent: self.number("ortp-message-sent ")?,
            received: self.number("ortp-message-received ")?,
            lost: self.number("incoming cumulative lost ")?,
        };
        self.says("to LinphoneCallReleased")?;
        Ok(counted)
    }

    /// The number in the next line of its log that begins like this.
    fn number(&mut self, name: &str) -> Result<u32> {
        let line = self.process.line_with(name, PATIENCE)?;
        let number = line.split_whitespace().rev().nth(1);
        let number = number.and_then(|number| number.parse().ok());
        number.with_context(|| format!("no number in «{line}»"))
    }

    fn says(&mut self, text: &str) -> Result<()> {
        self.process.line_with(text, PATIENCE).map(drop)
    }

    fn types(&mut self, command: &str) -> Result<()> {
        Ok(writeln!(self.prompt, "{command}")?)
    }
}

fn config(user: &str, password: &str, line: Line<'_>, tone: &Path) -> Result<String> {
    let (sip, media) = (free_port()?, free_ports(2)?);
    let Line {
        transport, server, ..
    } = line;
    let host = match transport {
        "tls" => "localhost".to_owned(),
        _ => server.ip().to_string(),
    };
    let port = server.port();
    let listen = |name: &str| match name == transport {
        true => sip,
        false => 0,
    };
    let roots = line.roots.map_or(String::new(), |roots| {
        format!("root_ca={}\n", roots.display())
    });
    Ok(format!(
        "[sip]\nsip_port={}\nsip_tcp_port={}\nsip_tls_port={}\nbind_address=127.0.0.1\nuse_ipv6=0\nguess_hostname=0\n\
         verify_server_certs=1\nverify_server_cn=1\ndefault_proxy=0\n{roots}\
         [rtp]\naudio_rtp_port={media}\n[sound]\nhold_music={}\nechocancellation=0\n\
         [video]\nenabled=0\ncapture=0\ndisplay=0\n\
         [proxy_0]\nreg_proxy=<sip:{host}:{port};transport={transport}>\nreg_identity=sip:{user}@{host}:{port}\n\
         reg_expires=60\nreg_sendregister=1\npublish=0\n\
         [auth_info_0]\nusername={user}\npasswd={password}\n",
        listen("udp"),
        listen("tcp"),
        listen("tls"),
        tone.display()
    ))
}
