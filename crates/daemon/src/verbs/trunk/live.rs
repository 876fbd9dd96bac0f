//! Calls of the running daemon, as they come: asked for by its control socket, so that INVITEs that became no call, or
//! came from an address of no trunk, teach too.
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use gudok_dialplan::plan::Plan;
use gudok_model::PhoneNumber;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{sleep, sleep_until};

use super::calls::{self, CALLS_MAX, Calls};
use super::capture::{Capture, Passed};
use super::{Refused, concluded, lesson, weighed};
use crate::cli::Learn;
use crate::config::{Config, Trunk};
use crate::control;
use crate::hotline::tap::HEARD;
use crate::verbs::block_on;

/// The daemon is asked so often what came; it forgets an asker after five seconds of silence.
const EVERY: Duration = Duration::from_millis(500);

/// What came so far.
struct Live<'a> {
    socket: PathBuf,
    /// One asker at a time is served; this is how it is known again.
    asker: u64,
    trunk: &'a Trunk,
    plan: &'a Plan,
    began: Instant,
    capture: Capture,
    sorted: Calls,
    ids: BTreeSet<String>,
    known: BTreeSet<IpAddr>,
    missed: u64,
}

/// Shows INVITEs until time, number or patience is up; then gives what they teach together.
pub(super) fn learn(
    config: &Config,
    trunk: &Trunk,
    plan: &Plan,
    expect: Option<PhoneNumber>,
    arguments: &Learn,
) -> anyhow::Result<String> {
    let mut asker = [0; 8];
    getrandom::fill(&mut asker)?;
    let mut live = Live {
        socket: control::path(config),
        asker: u64::from_be_bytes(asker),
        trunk,
        plan,
        began: Instant::now(),
        capture: Capture::default(),
        sorted: Calls::default(),
        ids: BTreeSet::new(),
        known: BTreeSet::new(),
        missed: 0,
    };
    let most = arguments.count.map_or(CALLS_MAX, |count| count as usize);
    block_on(live.listen(arguments.time, most))?;
    Ok(live.concluded(expect)?)
}

impl Live<'_> {
    async fn listen(&mut self, time: Duration, most: usize) -> anyhow::Result<()> {
        let mut interrupt = signal(SignalKind::interrupt()).context("no signals")?;
        let end = tokio::time::Instant::now() + time;
        self.ask(most)?;
        say!(
            "Слушаю {} с: INVITE транка «{}» и неизвестных адресов. Позвоните с телефона, номер которого знаете. Ctrl-C — итог.",
            time.as_secs(),
            self.trunk.name
        );
        loop {
            let over = tokio::select! {
                _ = interrupt.recv() => true,
                () = sleep_until(end) => true,
                () = sleep(EVERY) => false,
            };
            // What has come is worth its lesson, whatever became of the daemon.
            if let Err(error) = self.ask(most) {
                say!("\nСлушать дальше нельзя: {error:#}");
                return Ok(());
            }
            if over || self.sorted.calls.len() >= most {
                return Ok(());
            }
        }
    }

    /// Asks what came, and shows it.
    fn ask(&mut self, most: usize) -> anyhow::Result<()> {
        let request = format!("tap {} {}", self.asker, self.trunk.name);
        let told = control::ask_bytes(&self.socket, &request)?;
        let missed = self.take(&told);
        self.missed += missed.ok_or_else(|| {
            let told = String::from_utf8_lossy(&told);
            Refused(told.trim_end().to_owned())
        })?;
        for call in calls::invites(&mut self.capture, &mut self.sorted.faults) {
            let id = call.request.headers.get("Call-ID").unwrap_or_default();
            if !self.ids.insert(id.to_owned()) {
                self.capture.pass(Passed::Again);
            } else if self.sorted.calls.len() >= most {
                self.capture.pass(Passed::TooMany);
            } else {
                let stranger = call.source.is_some_and(|it| !self.known.contains(&it));
                let number = self.sorted.calls.len() + 1;
                let arrived = lesson::arrived(number, &call, stranger, self.trunk, self.plan);
                say!("\n{}", arrived.trim_end());
                self.sorted.calls.push(call);
            }
        }
        Ok(())
    }

    /// What the daemon told: how many it could not keep. None where it is no such answer.
    fn take(&mut self, told: &[u8]) -> Option<u64> {
        let at = told.iter().position(|byte| *byte == b'\n')?;
        let (line, capture) = told.split_at(at);
        let mut words = std::str::from_utf8(line).ok()?.split(' ');
        if words.next() != Some(HEARD) {
            return None;
        }
        let missed = words.next()?.parse().ok()?;
        let known = words.next()?.split(',');
        self.known
            .extend(known.filter_map(|it| it.parse::<IpAddr>().ok()));
        let name = format!("на {}-й секунде", self.began.elapsed().as_secs());
        self.capture.add(&name, &capture[1..]).ok()?;
        Some(missed)
    }

    fn concluded(mut self, expect: Option<PhoneNumber>) -> Result<String, Refused> {
        calls::only_from(self.trunk, &self.known, &mut self.sorted, &mut self.capture);
        let mut found = lesson::found(&self.capture, &self.sorted);
        if self.missed > 0 {
            found += &format!("Не показано, слишком много сразу: {}\n", self.missed);
        }
        if self.sorted.calls.is_empty() {
            return Err(Refused(format!(
                "не пришло ни одного INVITE, начинающего вызов. Если вы звонили: приходит ли он на наш адрес и порт \
                 (tcpdump port 5060), не закрыт ли порт, туда ли направляет оператор связи\n{}",
                found.trim_end()
            )));
        }
        let evidence = weighed(&self.sorted, self.trunk, self.plan, expect);
        Ok(concluded(&evidence, found, self.trunk))
    }
}
