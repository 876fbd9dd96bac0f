//! The non-INVITE client transaction (RFC 3261 §17.1.2).
use std::time::Duration;

use super::Heard;
use crate::transaction::{Due, Resend, Timing, earlier};

/// Trying → Proceeding → Completed.
#[derive(Clone, Debug)]
pub struct NonInviteClient {
    state: State,
    reliable: bool,
    resend: Option<Resend>,
    ends: Duration,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// Sent; timers E (UDP) and F run.
    Trying,
    /// A provisional came; timer E runs at T2, F goes on.
    Proceeding,
    /// A final came; timer K absorbs repetitions.
    Completed,
}

impl NonInviteClient {
    /// The request has just been sent for the first time.
    pub fn start(now: Duration, timing: &Timing, reliable: bool) -> Self {
        Self {
            state: State::Trying,
            reliable,
            resend: (!reliable).then(|| Resend::start(now, timing)),
            ends: now + timing.give_up(),
        }
    }

    /// Waits for the answer until `at` instead of timer F (OPTIONS that asks "are you there?").
    #[must_use]
    pub fn until(mut self, at: Duration) -> Self {
        self.ends = self.ends.min(at);
        self
    }

    /// Takes a response of this transaction.
    pub fn on_response(&mut self, now: Duration, timing: &Timing, status: u16) -> Heard {
        match (self.state, status) {
            (State::Completed, _) => Heard::Ignore,
            (State::Trying, 100..=199) => {
                self.state = State::Proceeding;
                if let Some(resend) = &mut self.resend {
                    resend.slow_down(now, timing.t2);
                }
                Heard::Pass
            }
            (State::Proceeding, 100..=199) => Heard::Pass,
            _ => {
                self.state = State::Completed;
                self.resend = None;
                self.ends = if self.reliable { now } else { now + timing.t4 };
                Heard::Pass
            }
        }
    }

    /// Whether no final response has come yet.
    pub fn is_open(&self) -> bool {
        self.state != State::Completed
    }

    /// Fires what is due.
    pub fn on_timeout(&mut self, now: Duration, timing: &Timing) -> Due {
        if self.ends <= now {
            return if self.is_open() {
                Due::TimedOut
            } else {
                Due::Gone
            };
        }
        Resend::due(&mut self.resend, now, timing.t2)
    }

    /// The next deadline.
    pub fn next(&self) -> Option<Duration> {
        earlier(Some(self.ends), self.resend.map(|resend| resend.at()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transaction::script::{Machine, run};
    use insta::assert_snapshot;

    impl Machine for NonInviteClient {
        fn next(&self) -> Option<Duration> {
            Self::next(self)
        }
        fn fire(&mut self, now: Duration, timing: &Timing) -> Due {
            self.on_timeout(now, timing)
        }
        fn say(&mut self, now: Duration, timing: &Timing, what: &str) -> String {
            format!("{:?}", self.on_response(now, timing, what.parse().unwrap()))
        }
    }

    fn play(reliable: bool, script: &str) -> String {
        let timing = Timing::new(Duration::from_millis(500));
        let mut machine = NonInviteClient::start(Duration::ZERO, &timing, reliable);
        run(&mut machine, &timing, script)
    }

    #[test]
    fn nobody_answers_over_udp() {
        assert_snapshot!(play(false, "end"), @r"
              500 Resend
             1500 Resend
             3500 Resend
             7500 Resend
            11500 Resend
            15500 Resend
            19500 Resend
            23500 Resend
            27500 Resend
            31500 Resend
            32000 TimedOut
            ");
    }

    #[test]
    fn nobody_answers_over_tcp() {
        assert_snapshot!(play(true, "end"), @"32000 TimedOut");
    }

    #[test]
    fn a_provisional_slows_the_repetition_to_t2() {
        assert_snapshot!(play(false, "600 100\n 10000 200\n 10100 200\n end"), @r"
              500 Resend
              600 100 -> Pass
             4600 Resend
             8600 Resend
            10000 200 -> Pass
            10100 200 -> Ignore
            15000 Gone
            ");
    }

    #[test]
    fn an_answer_over_tcp_ends_it_at_once() {
        assert_snapshot!(play(true, "600 200\n end"), @r"
            600 200 -> Pass
            600 Gone
            ");
    }

    #[test]
    fn a_shorter_wait_may_be_asked_for() {
        let timing = Timing::new(Duration::from_millis(500));
        let mut machine =
            NonInviteClient::start(Duration::ZERO, &timing, false).until(Duration::from_secs(5));
        assert_snapshot!(run(&mut machine, &timing, "end"), @r"
             500 Resend
            1500 Resend
            3500 Resend
            5000 TimedOut
            ");
    }
}
