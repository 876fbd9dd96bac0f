//! Kamailio between a carrier and the daemon: a proxy that stays in the route of a call. Or between phones and the daemon.
use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::process::{Process, free_ports};

/// How long Kamailio may take to be there.
const PATIENCE: Duration = Duration::from_secs(15);
/// How often it is asked whether it is.
const ASK_EVERY: Duration = Duration::from_millis(200);

/// A running proxy.
#[derive(Debug)]
pub struct Proxy {
    process: Process,
    /// Where it takes calls, over UDP.
    pub address: SocketAddr,
    _dir: tempfile::TempDir,
}

impl Proxy {
    /// Takes calls over UDP, on loopback in the family of `target`, and passes them on to `target` over `udp`, `tcp` or `tls`; what comes from `target` goes where
    /// it says itself. `pair`: the folder with the
    /// certificate `tls.crt` and the key `tls.key` it would show itself.
    pub fn to(target: SocketAddr, transport: &str, pair: &Path) -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let (udp, tls) = (free_ports(2)?, free_ports(2)?);
        let file = dir.path().join("kamailio.cfg");
        std::fs::write(&file, config(dir.path(), udp, tls, target, transport))?;
        let tls_file = format!(
            "[server:default]\nmethod = TLSv1.2+\ncertificate = {0}/tls.crt\nprivate_key = {0}/tls.key\n\
             [client:default]\nmethod = TLSv1.2+\nverify_certificate = no\nrequire_certificate = no\n",
            pair.display()
        );
        std::fs::write(dir.path().join("tls.cfg"), tls_file)?;
        let mut command = Command::new("kamailio");
        command
            .args(["-DD", "-E", "-m", "32", "-M", "8", "-f"])
            .arg(&file);
        command.args(["-Y", &dir.path().display().to_string()]);
        let process = Process::start("kamailio", &mut command)?;
        let mut proxy = Self {
            process,
            address: SocketAddr::new(target.ip(), udp),
            _dir: dir,
        };
        proxy.until_ready()?;
        Ok(proxy)
    }

    /// It answers OPTIONS by itself.
    fn until_ready(&mut self) -> Result<()> {
        let asker = UdpSocket::bind(SocketAddr::new(self.address.ip(), 0))?;
        asker.set_read_timeout(Some(ASK_EVERY))?;
        let own = asker.local_addr()?;
        let options = format!(
            "OPTIONS sip:{0} SIP/2.0\r\nVia: SIP/2.0/UDP {own};rport;branch=z9hG4bKready\r\nMax-Forwards: 5\r\n\
             From: <sip:a@{own}>;tag=1\r\nTo: <sip:{0}>\r\nCall-ID: ready\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
            self.address
        );
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            asker.send_to(options.as_bytes(), self.address)?;
            if asker.recv(&mut [0; 2_048]).is_ok() {
                return Ok(());
            }
        }
        bail!("kamailio does not answer:\n{}", self.process.printed())
    }
}

/// Its children end with it only where it is asked to stop; killed, it would leave them behind.
impl Drop for Proxy {
    fn drop(&mut self) {
        let asked = self.process.signal("TERM");
        if asked.is_ok() {
            let _ = self.process.wait(PATIENCE);
        }
    }
}

fn config(dir: &Path, udp: u16, tls: u16, target: SocketAddr, transport: &str) -> String {
    let at = |port: u16| SocketAddr::new(target.ip(), port);
    let (udp, tls) = (at(udp), at(tls));
    let secure = match transport {
        "tls" => format!(
            "enable_tls=yes\nlisten=tls:{tls}\nloadmodule \"tls.so\"\nmodparam(\"tls\", \"config\", \"{}/tls.cfg\")\n",
            dir.display()
        ),
        _ => String::new(),
    };
    format!(
        "#!KAMAILIO\ndebug=0\nlog_stderror=yes\nchildren=1\ntcp_children=1\nlisten=udp:{udp}\nlisten=tcp:{udp}\n{}\
         request_route {{\n\
         if (is_method(\"OPTIONS\") && !has_totag()) {{ sl_send_reply(\"200\", \"OK\"); exit; }}\n\
         if (!mf_process_maxfwd_header(\"10\")) {{ sl_send_reply(\"483\", \"Too Many Hops\"); exit; }}\n\
         if (has_totag()) {{\n\
         if (loose_route()) {{ t_relay(); exit; }}\n\
         if (is_method(\"ACK\") && t_check_trans()) t_relay();\n\
         exit;\n}}\n\
         if (is_method(\"CANCEL\")) {{ if (t_check_trans()) t_relay(); exit; }}\n\
         t_check_trans();\nrecord_route();\n\
         if ($sp != {port}) {{ $du = \"sip:{target};transport={transport}\"; }}\nt_relay();\n}}\n",
        modules(&secure),
        port = target.port()
    )
}

fn modules(secure: &str) -> String {
    let names = ["tm", "sl", "rr", "pv", "maxfwd", "textops", "siputils"];
    let loaded: String = names
        .iter()
        .map(|name| format!("loadmodule \"{name}.so\"\n"))
        .collect();
    format!("{secure}{loaded}modparam(\"rr\", \"enable_full_lr\", 1)\n")
}
