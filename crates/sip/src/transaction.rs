//! What is repeated: the four transaction machines of RFC 3261 §17 with the corrections of RFC 6026.
//!
//! A machine knows times and status codes only; the bytes it asks to be sent again lie next to it in
//! the endpoint's table. Each machine has at most two deadlines: the next repetition and the end.
use std::time::Duration;

pub mod client;
pub mod server;

/// The intervals all timers are made of (RFC 3261 §17.1.1.1, table 4).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timing {
    /// The round trip estimate; 500 ms by default.
    pub t1: Duration,
    /// The longest interval between repetitions; 4 s by default.
    pub t2: Duration,
    /// How long a message may stay in the network; 5 s by default.
    pub t4: Duration,
}

impl Timing {
    /// The RFC's proportions for a given T1: T2 = 8·T1, T4 = 10·T1.
    pub fn new(t1: Duration) -> Self {
        Self {
            t1,
            t2: t1 * 8,
            t4: t1 * 10,
        }
    }

    /// 64·T1: timers B, F, H, J, L, M, and the wait for an ACK.
    pub fn give_up(&self) -> Duration {
        self.t1 * 64
    }

    /// Timer D: at least 32 s, so that the server's repeated finals meet somebody.
    pub fn timer_d(&self) -> Duration {
        self.t1 * 64
    }
}

/// What a deadline of a transaction asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Due {
    /// Nothing is due yet.
    Nothing,
    /// The last message is to be sent again.
    Resend,
    /// The peer did not answer, or did not acknowledge, in time; the transaction is over.
    TimedOut,
    /// The transaction has absorbed what it had to; it is over.
    Gone,
}

/// A repetition whose interval doubles up to a cap: timers A, E, G and the 2xx of RFC 3261 §13.3.1.4.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Resend {
    at: Duration,
    interval: Duration,
}

impl Resend {
    /// The first repetition, T1 from now.
    pub fn start(now: Duration, timing: &Timing) -> Self {
        Self {
            at: now + timing.t1,
            interval: timing.t1,
        }
    }

    /// When the next repetition is due.
    pub fn at(&self) -> Duration {
        self.at
    }

    /// Whether a repetition is due; if so, plans the next one.
    ///
    /// A late caller gets one repetition, not a burst of the missed ones.
    pub fn fire(&mut self, now: Duration, cap: Duration) -> bool {
        if now < self.at {
            return false;
        }
        self.interval = (self.interval * 2).min(cap);
        self.at = self.at.max(now.saturating_sub(self.interval)) + self.interval;
        true
    }

    /// Fires a repetition that may not be planned.
    pub fn due(planned: &mut Option<Self>, now: Duration, cap: Duration) -> Due {
        match planned {
            Some(resend) => {
                if resend.fire(now, cap) {
                    Due::Resend
                } else {
                    Due::Nothing
                }
            }
            None => Due::Nothing,
        }
    }

    /// From now on repeats at `interval` (timer E after a provisional, RFC 3261 §17.1.2.2).
    pub fn slow_down(&mut self, now: Duration, interval: Duration) {
        self.interval = interval;
        self.at = now + interval;
    }
}

/// The earlier of two deadlines.
pub fn earlier(a: Option<Duration>, b: Option<Duration>) -> Option<Duration> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
pub(crate) mod script {
    //! Golden scripts: lines of `ms what`, the machine's answers on the right.
    use super::{Due, Timing};
    use std::fmt::Write as _;
    use std::time::Duration;

    /// A machine as the scripts see it.
    pub(crate) trait Machine {
        fn next(&self) -> Option<Duration>;
        fn fire(&mut self, now: Duration, timing: &Timing) -> Due;
        fn say(&mut self, now: Duration, timing: &Timing, what: &str) -> String;
    }

    /// Runs a script; every due timer fires before the next line. `end` lets all timers run out.
    pub(crate) fn run(machine: &mut impl Machine, timing: &Timing, script: &str) -> String {
        let mut out = String::new();
        for line in script.lines().map(str::trim).filter(|l| !l.is_empty()) {
            let (ms, what) = line.split_once(' ').unwrap_or(("", line));
            let until = ms.parse().map_or(Duration::MAX, Duration::from_millis);
            while let Some(at) = machine.next().filter(|at| *at <= until) {
                let due = machine.fire(at, timing);
                writeln!(out, "{:>6} {due:?}", at.as_millis()).unwrap();
                if matches!(due, Due::TimedOut | Due::Gone) {
                    return out;
                }
            }
            if what != "end" {
                let answer = machine.say(until, timing, what);
                writeln!(out, "{ms:>6} {what} -> {answer}").unwrap();
            }
        }
        out
    }
}
