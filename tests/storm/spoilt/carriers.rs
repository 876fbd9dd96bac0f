//! Carriers at which the daemon registers, and whom it asks whether they live: they answer with what is spoilt, and soundly
//! when they are asked again.
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use super::cases::{Case, cases};
use super::health::{Health, registered};
use super::scene::World;
use super::text::{header, method};
use super::{caller::plain, rounds, seed};
use crate::messages::{self, Names, response};

/// So many carriers, each of which is asked every few seconds.
pub(crate) const COUNT: u8 = 24;
/// Their network, and its mask.
pub(crate) const NETWORK: &str = "10.0.2.0/24";
/// Longer than the pause between two questions of ours, and than that which a spoilt answer may ask for.
const SILENCE: Duration = Duration::from_secs(12);
/// And so long in all: whom a spoilt answer has granted a day, or sent away for minutes, asks no more.
const ALL: Duration = Duration::from_secs(60);
/// Spoils of each field in one run; another seed has others.
const ROUNDS_MAX: usize = 1;
/// What a sound answer grants, so that the next REGISTER comes soon.
const EXPIRES: &str = "«bound.name|Expires»: «bound|2»\r\n";
/// A registrar that has failed is asked again after pauses that double, from a second on.
const RECOVERED: Duration = Duration::from_secs(100);
/// Between two looks at the lines.
const LOOK: Duration = Duration::from_millis(2);

/// An answer of a carrier: to what, with what status and headers. In the order of how long the carrier may then not be
/// asked.
const MESSAGES: [(&str, u16, &str); 6] = [
    ("OPTIONS", 200, ""),
    ("OPTIONS", 503, messages::LATER),
    ("REGISTER", 401, messages::CHALLENGE),
    (
        "REGISTER",
        423,
        "«minexpires.name|Min-Expires»: «minexpires|60»\r\n",
    ),
    ("REGISTER", 503, messages::LATER),
    ("REGISTER", 200, EXPIRES),
];

/// The trunks, as TOML.
pub(crate) fn trunks() -> String {
    let trunk = |n: u8| {
        let host = host(n);
        format!(
            "[[trunk]]\nname = \"carrier{n}\"\n[trunk.register]\nregistrar = \"{host}:5060\"\nuser = \"line{n}\"\n\
             password_file = \"password\"\nexpires = \"1m\"\n[trunk.outbound]\nnumber = \"+78000000000\"\noptions_every = \"5s\"\n"
        )
    };
    (1..=COUNT).map(trunk).collect()
}

fn host(n: u8) -> IpAddr {
    Ipv4Addr::new(10, 0, 2, n).into()
}

/// One carrier.
struct Carrier {
    line: UdpSocket,
    host: IpAddr,
    /// The request that was answered with what is spoilt; asked again, it is answered soundly.
    spoilt: String,
}

/// All that carriers say, spoilt.
pub(crate) fn carriers(world: &World) -> Result<()> {
    let mut health = Health::new(world)?;
    let mut lines = (1..=COUNT).map(Carrier::open).collect::<Result<Vec<_>>>()?;
    let mut left = Cases::new();
    let count = left.count();
    let (began, mut last) = (Instant::now(), Instant::now());
    while last.elapsed() < SILENCE && began.elapsed() < ALL && left.count() > 0 {
        for carrier in &mut lines {
            if let Some(told) = carrier.turn(&mut left)? {
                last = Instant::now();
                health.check().context(told)?;
            }
        }
        std::thread::sleep(LOOK);
    }
    settled(&mut lines, &health)?;
    health.tell("spoilt answers of carriers", count - left.count())?;
    let left = left.count();
    ensure!(left * 4 <= count, "{left} of {count} were never asked for");
    Ok(())
}

/// What is to be said yet. Each method has its queue, the next one last: what the daemon asks for decides.
struct Cases {
    texts: [String; MESSAGES.len()],
    asks: Vec<Case>,
    registers: Vec<Case>,
}

impl Cases {
    fn new() -> Self {
        let texts = MESSAGES.map(|message| written(SAMPLE, host(1), message));
        let mut all = cases(&texts, seed(), rounds().min(ROUNDS_MAX));
        all.iter_mut().for_each(|case| case.transport = "UDP");
        all.sort_by_key(|case| case.message);
        let is_ask = |case: &Case| MESSAGES[case.message].0 == "OPTIONS";
        let (asks, registers) = all.into_iter().rev().partition(is_ask);
        Self {
            texts,
            asks,
            registers,
        }
    }

    fn count(&self) -> usize {
        self.asks.len() + self.registers.len()
    }

    fn next(&mut self, method: &str) -> Option<Case> {
        match method {
            "OPTIONS" => self.asks.pop(),
            _ => self.registers.pop(),
        }
    }
}

/// Answers soundly until all are registered again and nothing is left; questions are always under way.
fn settled(carriers: &mut [Carrier], health: &Health) -> Result<()> {
    let began = Instant::now();
    loop {
        for carrier in &mut *carriers {
            if let Some((request, from)) = carrier.hears()? {
                carrier.answers(&request, from)?;
            }
        }
        let all = registered(health.web)? == u64::from(COUNT);
        if all && health.is_as_before(2 * u64::from(COUNT))? {
            return Ok(());
        }
        ensure!(began.elapsed() < RECOVERED, "not all are registered again");
        std::thread::sleep(LOOK);
    }
}

impl Carrier {
    fn open(n: u8) -> Result<Self> {
        let host = host(n);
        let line = UdpSocket::bind((host, 5060))?;
        line.set_nonblocking(true)?;
        Ok(Self {
            line,
            host,
            spoilt: String::new(),
        })
    }

    fn hears(&self) -> Result<Option<(String, SocketAddr)>> {
        let mut bytes = [0; 8_192];
        match self.line.recv_from(&mut bytes) {
            Ok((length, from)) => {
                let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
                Ok(Some((text, from)))
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Answers what has been asked; with what, where that was spoilt.
    fn turn(&mut self, left: &mut Cases) -> Result<Option<String>> {
        let Some((request, from)) = self.hears()? else {
            return Ok(None);
        };
        let case = match self.is_asked_anew(&request) {
            true => left.next(method(&request)),
            false => None,
        };
        let Some(case) = case else {
            self.answers(&request, from)?;
            return Ok(None);
        };
        self.spoils(&request, from, &case)?;
        let (method, status, _) = MESSAGES[case.message];
        let name = format!("{status} of {method}");
        Ok(Some(case.told(&name, &left.texts[case.message])))
    }

    fn is_asked_anew(&self, request: &str) -> bool {
        self.spoilt != header(request, "CSeq")
    }

    fn spoils(&mut self, request: &str, to: SocketAddr, case: &Case) -> Result<()> {
        header(request, "CSeq").clone_into(&mut self.spoilt);
        let bytes = case.bytes(&written(request, self.host, MESSAGES[case.message]));
        self.line.send_to(&bytes[..bytes.len().min(60_000)], to)?;
        Ok(())
    }

    fn answers(&self, request: &str, to: SocketAddr) -> Result<()> {
        let sound = match method(request) {
            "REGISTER" => MESSAGES[5],
            _ => MESSAGES[0],
        };
        let text = plain(&written(request, self.host, sound));
        self.line.send_to(text.as_bytes(), to)?;
        Ok(())
    }
}

/// The answer, with its fields marked.
fn written(request: &str, host: IpAddr, (_, status, extra): (&str, u16, &str)) -> String {
    let cseq = header(request, "CSeq");
    let (number, method) = cseq.split_once(' ').unwrap_or(("1", "REGISTER"));
    let names = Names {
        call_id: header(request, "Call-ID").to_owned(),
        from: header(request, "From").to_owned(),
        to: "carrier".to_owned(),
        cseq: number.parse().unwrap_or(1),
        branch: String::new(),
    };
    // A registrar tells of all contacts, ours among them.
    let ours = header(request, "Contact").split(">").next().unwrap_or("");
    let extra = format!("«also.name|Contact»: «also|{ours}>;«also.expires|expires=2»»\r\n{extra}");
    let text = response(status, header(request, "Via"), &names, method, &extra, "");
    text.replace("10.0.0.9", &host.to_string())
}

/// As the daemon asks.
const SAMPLE: &str = "REGISTER sip:a SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bKx\r\nFrom: <sip:a>;tag=x\r\n\
     To: <sip:a>\r\nCall-ID: x\r\nCSeq: 1 REGISTER\r\nContact: <sip:a@b>\r\n\r\n";
