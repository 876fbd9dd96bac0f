//! Whether the daemon is as well as before: asked after each case.
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::caller::{Phase, Talk};
use super::line::{Line, PATIENCE};
use super::scene::{BESIDE, NOBODY, PROBE, World};
use super::text::status;
use crate::probe::percentile;
use crate::table::{is_asked_for, row};

/// What OPTIONS may take in the long run, which has the machine and a release build to itself. One in a hundred may meet
/// something else there; what the daemon itself keeps waiting would be late again and again.
const SOON: Duration = Duration::from_millis(200);

/// Gauges of the daemon's page.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Gauges {
    pub(crate) calls: u64,
    pub(crate) legs: u64,
    pub(crate) sessions: u64,
    pub(crate) transactions: u64,
    /// Connections of SIP; each has tasks of its own.
    pub(crate) flows: u64,
}

/// Who asks: a line that nothing hostile comes from, and a talk on another one.
pub(crate) struct Health {
    line: Line,
    beside: Talk,
    pub(crate) web: SocketAddr,
    times: Vec<Duration>,
    number: u32,
    /// The two talks that are to stay.
    stays: Gauges,
}

impl Health {
    /// Begins the talk beside; what is there then is to stay.
    pub(crate) fn new(world: &World) -> Result<Self> {
        let line = Line::open(PROBE, world.sip, "UDP")?;
        let beside = Line::open(BESIDE, world.sip, "UDP")?;
        let mut beside = Talk::begin(beside, NOBODY, "beside", Phase::Talking)?;
        ensure!(beside.goes_on()?, "the talk beside");
        let stays = Gauges {
            calls: 2,
            legs: 3,
            sessions: 3,
            ..Gauges::default()
        };
        Ok(Self {
            line,
            beside,
            web: world.web,
            times: Vec::new(),
            number: 0,
            stays,
        })
    }

    /// After a case: OPTIONS is answered, and the talk beside goes on.
    pub(crate) fn check(&mut self) -> Result<()> {
        self.number += 1;
        let (number, own) = (self.number, self.line.own);
        let options = format!(
            "OPTIONS sip:192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP {own};rport;branch=z9hG4bKalive{number}\r\nMax-Forwards: 70\r\n\
             From: <sip:a@{own}>;tag=1\r\nTo: <sip:192.0.2.1>\r\nCall-ID: alive\r\nCSeq: {number} OPTIONS\r\nContent-Length: 0\r\n\r\n"
        );
        let began = Instant::now();
        let answer = self.line.ask(&options)?;
        self.times.push(began.elapsed());
        ensure!(status(&answer) == 200, "OPTIONS: {answer}");
        ensure!(self.beside.goes_on()?, "the talk beside is over");
        Ok(())
    }

    /// After many calls: nothing of them is left, and of transactions only as many as phones have by themselves. The page is
    /// a second old at most; what nobody acknowledged takes 64·T1 to be given up, and as long again to be forgotten.
    pub(crate) fn nothing_is_left(&self, transactions: u64) -> Result<()> {
        let began = Instant::now();
        while !self.is_as_before(transactions)? {
            let now = gauges(self.web)?;
            ensure!(began.elapsed() < GIVEN_UP, "{now:?}, not {:?}", self.stays);
            std::thread::sleep(LOOK);
        }
        Ok(())
    }

    /// Whether it is so now.
    pub(crate) fn is_as_before(&self, transactions: u64) -> Result<bool> {
        let now = gauges(self.web)?;
        let talks = Gauges {
            transactions: self.stays.transactions,
            ..now
        };
        Ok(talks == self.stays && now.transactions <= transactions)
    }

    /// Ends the talk beside, and tells how long the answers took.
    pub(crate) fn tell(mut self, what: &str, cases: usize) -> Result<()> {
        self.times.sort_unstable();
        let late = self.times.iter().filter(|took| **took > SOON).count();
        let of = |percent| percentile(&self.times, percent);
        let (half, most, worst) = (of(50), of(99), of(100));
        row(&format!("{what}: cases"), cases, "-");
        row(
            &format!("{what}: OPTIONS p50, p99, worst"),
            format!("{half:.1?}, {most:.1?}, {worst:.1?}"),
            "p99 < 200 ms",
        );
        let is_late = late * 100 > self.times.len();
        ensure!(!(is_asked_for() && is_late), "{late} slow answers");
        let unread = sum(&page(self.web)?, "gudok_sip_unread_total{");
        ensure!(unread == 0, "{unread} messages were too many to be read");
        self.beside.end().map(drop)
    }
}

/// Calls that nobody acknowledged are given up after 64·T1 (32 s), and so is our BYE.
const GIVEN_UP: Duration = Duration::from_secs(100);
/// Between two looks at a page that is made once a second.
const LOOK: Duration = Duration::from_millis(100);

/// Trunks that are registered.
pub(crate) fn registered(web: SocketAddr) -> Result<u64> {
    Ok(sum(&page(web)?, "gudok_trunk_registered{"))
}

pub(crate) fn gauges(web: SocketAddr) -> Result<Gauges> {
    let page = page(web)?;
    let sum = |name| sum(&page, name);
    Ok(Gauges {
        calls: sum("gudok_calls_active "),
        legs: sum("gudok_legs "),
        sessions: sum("gudok_sip_sessions "),
        transactions: sum("gudok_sip_transactions "),
        flows: sum("gudok_sip_flows{"),
    })
}

fn page(web: SocketAddr) -> Result<String> {
    let mut stream = TcpStream::connect(web)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n")?;
    let mut page = String::new();
    stream.read_to_string(&mut page).context("metrics")?;
    Ok(page)
}

/// Over all labels.
fn sum(page: &str, name: &str) -> u64 {
    let lines = page.lines().filter(|line| line.starts_with(name));
    lines
        .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
        .sum()
}
