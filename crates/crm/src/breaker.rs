//! The circuit breaker: a pure machine that stops asking a CRM which does not answer.
use std::time::Duration;

use gudok_model::Mono;

/// Failures in a row that open the circuit (reliability F08).
pub const FAILURES_MAX: u32 = 5;
/// How long nothing is asked (reliability F08).
pub const OPEN_FOR: Duration = Duration::from_secs(15);

/// Closed: all is asked. Open: nothing, for [`OPEN_FOR`]. Half-open: one probe decides.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Breaker {
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Closed { failures: u32 },
    Open { until: Mono },
    Probing,
}

impl Default for State {
    fn default() -> Self {
        Self::Closed { failures: 0 }
    }
}

/// Whether a request may be made. Each one but `No` is to be [reported](Breaker::report) once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Admission {
    /// Ask.
    Ordinary,
    /// Ask: all others wait for how this one ends.
    Probe,
    /// Do not ask.
    No,
}

impl Breaker {
    /// May a request be made now?
    pub fn admit(&mut self, now: Mono) -> Admission {
        match self.state {
            State::Closed { .. } => Admission::Ordinary,
            State::Open { until } if now >= until => {
                self.state = State::Probing;
                Admission::Probe
            }
            State::Open { .. } | State::Probing => Admission::No,
        }
    }

    /// How an admitted request ended.
    ///
    /// Ordinary requests that were under way when the circuit opened change nothing when they end: a late
    /// success does not prove that the CRM is back, and a late failure is old news.
    pub fn report(&mut self, now: Mono, admission: Admission, is_ok: bool) {
        self.state = match (self.state, admission, is_ok) {
            (State::Probing, Admission::Probe, true) => State::default(),
            (State::Probing, Admission::Probe, false) => State::open(now),
            (State::Closed { .. }, Admission::Ordinary, true) => State::default(),
            (State::Closed { failures }, Admission::Ordinary, false) => {
                if failures + 1 >= FAILURES_MAX {
                    State::open(now)
                } else {
                    State::Closed {
                        failures: failures + 1,
                    }
                }
            }
            (state, ..) => state,
        };
    }

    /// Whether requests are being refused.
    pub fn is_open(&self) -> bool {
        !matches!(self.state, State::Closed { .. })
    }
}

impl State {
    fn open(now: Mono) -> Self {
        Self::Open {
            until: now + OPEN_FOR,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A script of `<seconds> ok|fail|hang|late-ok|late-fail`; the picture is what was admitted.
    fn run(script: &str) -> String {
        let mut breaker = Breaker::default();
        let mut picture = Vec::new();
        for line in script.split(", ") {
            let (at, what) = line.split_once(' ').unwrap();
            let now = Mono::default() + Duration::from_secs(at.parse().unwrap());
            let admission = match what {
                "late-ok" | "late-fail" => Admission::Ordinary,
                _ => breaker.admit(now),
            };
            if admission != Admission::No && what != "hang" {
                breaker.report(now, admission, what.ends_with("ok"));
            }
            let open = if breaker.is_open() { "open" } else { "closed" };
            picture.push(format!("{at:>3} {what:<9} {admission:?} → {open}"));
        }
        picture.join("\n")
    }

    #[test]
    fn five_failures_in_a_row_open_it_and_a_probe_closes_it() {
        insta::assert_snapshot!(run("0 fail, 1 fail, 2 fail, 3 fail, 4 ok, 5 fail, 6 fail, 7 fail, 8 fail, 9 fail, 10 ok, 23 ok, 24 fail, 38 ok, 39 hang, 40 ok"
        ), @r#"
     0 fail      Ordinary → closed
     1 fail      Ordinary → closed
     2 fail      Ordinary → closed
     3 fail      Ordinary → closed
     4 ok        Ordinary → closed
     5 fail      Ordinary → closed
     6 fail      Ordinary → closed
     7 fail      Ordinary → closed
     8 fail      Ordinary → closed
     9 fail      Ordinary → open
    10 ok        No → open
    23 ok        No → open
    24 fail      Probe → open
    38 ok        No → open
    39 hang      Probe → open
    40 ok        No → open
    "#);
    }

    #[test]
    fn requests_of_before_change_nothing_while_it_is_open() {
        insta::assert_snapshot!(run("0 fail, 0 fail, 0 fail, 0 fail, 0 fail, 1 late-ok, 14 late-fail, 15 hang, 16 late-ok, 17 late-fail"), @r#"
     0 fail      Ordinary → closed
     0 fail      Ordinary → closed
     0 fail      Ordinary → closed
     0 fail      Ordinary → closed
     0 fail      Ordinary → open
     1 late-ok   Ordinary → open
    14 late-fail Ordinary → open
    15 hang      Probe → open
    16 late-ok   Ordinary → open
    17 late-fail Ordinary → open
    "#);
    }
}
