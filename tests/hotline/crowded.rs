//! More messages than fit one turn: the daemon was held up, and finds them all at once.
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use gudok_testkit::daemon::Daemon;

use crate::{HOTLINE, hotline, plans};

/// Served in the order in which they came, before the daemon sees that it has fallen behind.
const FIRST_TURN: usize = 64;
const OPTIONS: usize = 90;
const INVITES: usize = 5;
const BYES: usize = 10;
/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn what_waits_is_served_by_rank_and_nothing_of_it_is_lost() -> Result<()> {
    let mut daemon = hotline(&plans::only_says("goodbye")).start()?;
    let trunk = UdpSocket::bind("127.0.0.1:0")?;
    trunk.connect(daemon.sip)?;
    trunk.set_read_timeout(Some(PATIENCE))?;
    let from = trunk.local_addr()?;
    hold(&daemon)?;
    let kinds = [("OPTIONS", OPTIONS), ("INVITE", INVITES), ("BYE", BYES)];
    for (method, count) in kinds {
        for number in 0..count {
            trunk.send(message(method, number, from).as_bytes())?;
        }
    }
    signal(&daemon, "CONT")?;
    let mut answers = Vec::new();
    let (mut bytes, all) = ([0; 4_096], OPTIONS + INVITES + BYES);
    while answers.len() < all {
        let length = trunk
            .recv(&mut bytes)
            .with_context(|| format!("{} of {all}: {answers:?}", answers.len()))?;
        answers.extend(first_answer(&String::from_utf8_lossy(&bytes[..length])));
    }
    // Then talks, though they came last, new calls, and the rest.
    let order = [
        vec!["OPTIONS"; FIRST_TURN],
        vec!["BYE"; BYES],
        vec!["INVITE"; INVITES],
        vec!["OPTIONS"; OPTIONS - FIRST_TURN],
    ];
    assert_eq!(answers, order.concat());
    daemon.stop()
}

/// More than may wait, from so many sockets that what is answered at once fits their buffers.
const CROWD: usize = SOCKETS * EACH;
const SOCKETS: usize = 50;
const EACH: usize = 22;

#[test]
fn of_a_crowd_everyone_hears_one_answer_and_those_who_are_taken_are_served() -> Result<()> {
    let mut daemon = hotline(&plans::only_says("goodbye")).start()?;
    let mut lines = Vec::new();
    for number in 0..SOCKETS {
        lines.push(Line::open(&daemon, number)?);
    }
    hold(&daemon)?;
    for line in &lines {
        line.invite()?;
    }
    signal(&daemon, "CONT")?;
    for line in &mut lines {
        line.hear("SIP/2.0 ", EACH)?;
    }
    let taken: usize = lines.iter().map(|line| line.with("200").count()).sum();
    let refused: usize = lines.iter().map(|line| line.with("503").count()).sum();
    assert_eq!(taken + refused, CROWD, "nothing else is said");
    assert!(taken > 0 && refused > FIRST_TURN, "{taken} {refused}");

    // Their ACKs come all at once too, and those of refused calls are not parsed; the BYE follows the other ones' alone.
    hold(&daemon)?;
    for status in ["503", "200"] {
        for line in &lines {
            line.acknowledge(status)?;
        }
    }
    signal(&daemon, "CONT")?;
    for line in &mut lines {
        line.hear("BYE ", line.with("200").count())?;
    }
    let page = metrics(&daemon)?;
    let sum = |name: &str| -> usize {
        let lines = page.lines().filter(|line| line.starts_with(name));
        lines
            .filter_map(|line| line.rsplit(' ').next()?.parse::<usize>().ok())
            .sum()
    };
    assert_eq!(sum("gudok_sip_refusals_total{"), refused, "{page}");
    assert_eq!(sum("gudok_trunk_refusals_total{"), refused, "{page}");
    for method in ["INVITE", "ACK"] {
        let name = format!("gudok_sip_requests_total{{direction=\"in\",method=\"{method}\"}}");
        assert_eq!(sum(&name), CROWD, "{page}");
    }
    let name = "gudok_sip_responses_total{direction=\"out\",class=\"5xx\",method=\"INVITE\"}";
    assert_eq!(sum(name), refused, "{page}");
    daemon.stop()
}

#[test]
fn calls_beyond_the_contract_of_a_trunk_are_not_told_to_come_back_together() -> Result<()> {
    let limits = "[trunk.limits]\nmax_cps_in = 1\n";
    let mut daemon = hotline(&plans::only_says("goodbye"))
        .trunk(limits)
        .start()?;
    let mut line = Line::open(&daemon, 0)?;
    line.invite()?;
    line.hear("SIP/2.0 ", EACH)?;
    let times = line
        .with("503")
        .map(|said| field(said, "Retry-After: ").parse());
    let times = times.collect::<Result<BTreeSet<u32>, _>>()?;
    assert!(times.len() > 1, "{times:?}");
    assert!(
        times.iter().all(|secs| (5..=30).contains(secs)),
        "{times:?}"
    );
    daemon.stop()
}

/// A socket of the carrier, and what was said to its calls.
struct Line {
    socket: UdpSocket,
    from: SocketAddr,
    first: usize,
    /// The final answer of each call.
    finals: BTreeMap<String, String>,
    byes: BTreeMap<String, String>,
}

impl Line {
    fn open(daemon: &Daemon, number: usize) -> Result<Self> {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket.connect(daemon.sip)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        Ok(Self {
            from: socket.local_addr()?,
            socket,
            first: number * EACH,
            finals: BTreeMap::new(),
            byes: BTreeMap::new(),
        })
    }

    fn invite(&self) -> Result<()> {
        for number in self.first..self.first + EACH {
            let head = self.request("INVITE", number).replace(
                "Content-Length: 0\r\n\r\n",
                &format!(
                    "Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{OFFER}",
                    OFFER.len()
                ),
            );
            self.socket.send(head.as_bytes())?;
        }
        Ok(())
    }

    /// Of a call to the hotline.
    fn request(&self, method: &str, number: usize) -> String {
        message(method, number, self.from).replace("88009999999", HOTLINE)
    }

    /// Until so many calls have heard what begins so. A further final answer of a call says what the first one did.
    fn hear(&mut self, what: &str, count: usize) -> Result<()> {
        let mut bytes = [0; 4_096];
        loop {
            let heard = match what {
                "BYE " => self.byes.len(),
                _ => self.finals.len(),
            };
            if heard >= count {
                return Ok(());
            }
            let length = self.socket.recv(&mut bytes);
            let length = length.with_context(|| format!("{heard} of {count} heard {what}"))?;
            let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
            let call = field(&text, "Call-ID: ").to_owned();
            if text.starts_with("BYE ") {
                self.byes.insert(call, text);
            } else if text.contains(" INVITE\r\n") && !text.starts_with("SIP/2.0 1") {
                let said = self.finals.entry(call).or_insert_with(|| text.clone());
                ensure!(said[..12] == text[..12], "{said} then {text}");
            }
        }
    }

    /// The answers of this status.
    fn with(&self, status: &str) -> impl Iterator<Item = &String> {
        let start = format!("SIP/2.0 {status}");
        let finals = self.finals.values();
        finals.filter(move |text| text.starts_with(&start))
    }

    fn acknowledge(&self, status: &str) -> Result<()> {
        for answer in self.with(status) {
            let number: usize = field(answer, "Call-ID: INVITE-").parse()?;
            let invite = self.request("INVITE", number);
            let mut ack = invite
                .replace("INVITE sip:", "ACK sip:")
                .replace(": 1 INVITE", ": 1 ACK")
                .replace(field(&invite, "To: "), field(answer, "To: "));
            if status == "200" {
                ack = ack.replace("z9hG4bK", "z9hG4bKack");
            }
            self.socket.send(ack.as_bytes())?;
        }
        Ok(())
    }
}

const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9000 RTP/AVP 8\r\n";

/// What follows this in its line.
fn field<'a>(text: &'a str, name: &str) -> &'a str {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap_or_default()
}

fn metrics(daemon: &Daemon) -> Result<String> {
    let mut stream = TcpStream::connect(daemon.web)?;
    stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n")?;
    let mut page = String::new();
    stream.read_to_string(&mut page)?;
    Ok(page)
}

/// What was answered, at its first answer.
fn first_answer(text: &str) -> Option<&'static str> {
    let answers = [
        ("SIP/2.0 200", "OPTIONS"),
        ("SIP/2.0 100", "INVITE"),
        ("SIP/2.0 481", "BYE"),
    ];
    let of = |(status, method): &(&str, &str)| {
        text.starts_with(status) && text.contains(&format!(" {method}\r\n"))
    };
    answers.iter().find(|it| of(it)).map(|(_, method)| *method)
}

/// A request of the carrier; the BYE is that of a talk which we do not know.
fn message(method: &str, number: usize, from: SocketAddr) -> String {
    let tag = if method == "BYE" { ";tag=ours" } else { "" };
    format!(
        "{method} sip:88009999999@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP {from};rport;branch=z9hG4bK{method}{number}\r\n\
         Max-Forwards: 70\r\nFrom: <sip:+79990001122@{from}>;tag=t{number}\r\nTo: <sip:88009999999@127.0.0.1>{tag}\r\n\
         Call-ID: {method}-{number}\r\nCSeq: 1 {method}\r\nContact: <sip:trunk@{from}>\r\nContent-Length: 0\r\n\r\n"
    )
}

/// Returns when the daemon stands still.
fn hold(daemon: &Daemon) -> Result<()> {
    signal(daemon, "STOP")?;
    let began = Instant::now();
    let state = || -> Result<bool> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", daemon.id()))?;
        Ok(stat
            .rsplit(')')
            .next()
            .is_some_and(|rest| rest.starts_with(" T")))
    };
    while !state()? {
        ensure!(began.elapsed() < PATIENCE, "it goes on");
        std::thread::yield_now();
    }
    Ok(())
}

fn signal(daemon: &Daemon, name: &str) -> Result<()> {
    let status = Command::new("kill")
        .args([format!("-{name}"), daemon.id().to_string()])
        .status()?;
    ensure!(status.success(), "kill -{name}: {status}");
    Ok(())
}
