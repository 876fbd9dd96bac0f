//! The daemon, a talk with sound that nothing may disturb, and the addresses that the messages name.
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use gudok_phone::Answer;
use gudok_testkit::audio;
use gudok_testkit::daemon::{Daemon, PASSWORD, Setup};
use gudok_testkit::desk::{Cards, Desk};
use gudok_testkit::softphone::Softphone;

use super::carriers::NETWORK;
use super::line::PATIENCE;
use crate::alone::alone;
use crate::resets::sockets;

/// Those of the messages in `crates/sip/tests/anomalies`: the daemon, and a carrier of 10.0.0.0/24.
const DAEMON: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 5060);
pub(crate) const CARRIER: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 9));
/// Other switches of the carrier, from which nothing spoilt comes.
pub(crate) const PROBE: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 7));
pub(crate) const BESIDE: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 6));
/// Those of dialogs with accidents, and of the dialog that is mixed into them.
pub(crate) const ACCIDENTS: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 4));
pub(crate) const MIXED: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 3));
const SPEAKER: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 5));
/// The office with the operators' phones: that of the talk with sound is always registered, so that the other one may
/// register as often as it has to. As long as that which it takes the place of, or bodies would be longer than they say.
pub(crate) const OFFICE: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 1, 7));

/// Callers of this number are answered and wait for somebody who never comes.
pub(crate) const NOBODY: &str = "88000000000";
/// Callers of this one hear ringing.
pub(crate) const RINGS: &str = "88000000002";
/// Callers of this one speak with operator 101.
const SPEAKS: &str = "88000000001";

const PLAN: &str = r#"
[[number]]
did = "+78000000000"
label = "Ждут"
answer = "answer"
record = "off"
flow = "wait"

[[number]]
did = "+78000000002"
label = "Звонят"
answer = "ring"
record = "off"
flow = "short"

[[number]]
did = "+78000000001"
label = "Говорят"
answer = "answer"
record = "off"
flow = "talk"

[[number]]
did = "+78000000003"
label = "Звонят телефону"
answer = "answer"
record = "off"
flow = "ring"

[group.spoilt]
operators = ["102"]
ring = "20s"
wrap_up = "0s"
reject_delay = "0s"
misses_max = 0

[queue.spoilt]
callers_max = 10

[[flow.ring]]
queue = "spoilt"
wait = "20s"
music = "music"
leave_empty = false
on_timeout = "busy"
on_no_operators = "busy"
on_full = "busy"

[group.nobody]
operators = ["109"]

[group.tech]
operators = ["101"]

[queue.nobody]
callers_max = 1000

[queue.tech]
callers_max = 10

[[flow.short]]
queue = "nobody"
wait = "20s"
music = "music"
leave_empty = false
on_timeout = "busy"
on_no_operators = "busy"
on_full = "busy"

[[flow.wait]]
queue = "nobody"
wait = "2h"
music = "music"
leave_empty = false
on_timeout = "busy"
on_no_operators = "busy"
on_full = "busy"

[[flow.talk]]
queue = "tech"
wait = "60s"
music = "music"
leave_empty = false
on_timeout = "busy"
on_no_operators = "busy"
on_full = "busy"

[[flow.busy]]
close = ["goodbye"]
reason = "all_busy"
"#;

/// And of this one are offered to operator 102, whose phone says what is spoilt.
pub(crate) const RINGS_PHONE: &str = "88000000003";
pub(crate) const OPERATOR: &str = "102";

/// Where the daemon is, and the desk of operator 102.
pub(crate) struct World {
    pub(crate) sip: SocketAddr,
    pub(crate) web: SocketAddr,
    pub(crate) desk: Desk,
}

/// Runs the test `name` in a network of its own: a daemon with these trunks besides, whose talk with
/// sound is to be heard after the work as before.
pub(crate) fn scene(
    name: &str,
    trunks: &str,
    work: impl FnOnce(World) -> Result<()> + Send + 'static,
) -> Result<()> {
    alone(name, async {
        let mut daemon = besieged(trunks)?;
        let mut talk = Sounding::begin(&daemon).await?;
        let world = World {
            sip: daemon.sip,
            web: daemon.web,
            desk: desk(&daemon, OPERATOR).await?,
        };
        let held = sockets(&daemon)?;
        tokio::task::spawn_blocking(move || work(world)).await??;
        gives_back(&daemon, held)?;
        talk.goes_on().await?;
        talk.ends().await?;
        daemon.stop()?;
        let log = daemon.log();
        ensure!(!log.contains("panicked"), "{log}");
        Ok(())
    })
}

async fn desk(daemon: &Daemon, operator: &str) -> Result<Desk> {
    Desk::open(
        daemon.web,
        daemon.cti,
        operator,
        PASSWORD,
        Cards::Acknowledged,
    )
    .await
}

/// The daemon at the addresses that the messages name.
fn besieged(trunks: &str) -> Result<Daemon> {
    let hosts = [
        DAEMON.ip(),
        CARRIER,
        PROBE,
        BESIDE,
        SPEAKER,
        OFFICE,
        ACCIDENTS,
        MIXED,
    ];
    let networks = hosts.map(|host| format!("{host}/32"));
    for network in networks.iter().map(String::as_str).chain([NETWORK]) {
        let arguments = ["address", "add", network, "dev", "lo"];
        let added = Command::new("ip").args(arguments).status()?;
        ensure!(added.success(), "ip (iproute2) gives no {network}");
    }
    let setup = Setup::default()
        .plan(PLAN)
        .trunk(trunks)
        .operator("101", &[])
        .operator(OPERATOR, &[])
        .listens(DAEMON)
        .sources("10.0.0.0/24")
        .set("media.silence", "2h")
        .set("media.operator_silence", "2h");
    setup.start()
}

/// Waits until no more sockets are open than before: no port of a call and no connection is kept. That by which a page was
/// asked for takes a moment to go.
fn gives_back(daemon: &Daemon, held: usize) -> Result<()> {
    let began = Instant::now();
    while sockets(daemon)? > held {
        let left = sockets(daemon)?;
        ensure!(began.elapsed() < PATIENCE, "{left} sockets, not {held}");
        std::thread::sleep(LOOK);
    }
    Ok(())
}

/// Between two looks at the daemon's sockets.
const LOOK: Duration = Duration::from_millis(50);

/// A talk with sound that nothing may disturb.
struct Sounding {
    operator: Softphone,
    caller: Softphone,
    desk: Desk,
}

impl Sounding {
    async fn begin(daemon: &Daemon) -> Result<Self> {
        let at_once = Answer::After(Duration::ZERO);
        let mut operator =
            Softphone::start_at(OFFICE, "101", daemon.sip, audio::OPERATOR, at_once)?;
        operator.register().await?;
        let mut desk = desk(daemon, "101").await?;
        desk.ready().await?;
        let mut caller =
            Softphone::start_at(SPEAKER, "speaker", daemon.sip, audio::CALLER, Answer::Never)?;
        caller.dial(SPEAKS, "+79990000001").await;
        caller.established().await?;
        operator.hears(audio::CALLER, 1.0).await?;
        Ok(Self {
            operator,
            caller,
            desk,
        })
    }

    /// Both still hear each other.
    async fn goes_on(&self) -> Result<()> {
        self.operator.hears_now(audio::CALLER, 1.0).await?;
        self.caller.hears_now(audio::OPERATOR, 1.0).await
    }

    async fn ends(&mut self) -> Result<()> {
        self.caller.hang_up().await;
        self.operator.hung_up_on().await?;
        self.desk.event("call.ended").await.map(drop)
    }
}
