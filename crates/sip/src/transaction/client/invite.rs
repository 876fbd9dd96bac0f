//! The INVITE client transaction (RFC 3261 §17.1.1, RFC 6026 §8.4).
use std::time::Duration;

use super::Heard;
use crate::transaction::{Due, Resend, Timing, earlier};

/// Calling → Proceeding → Completed or Accepted.
#[derive(Clone, Debug)]
pub struct InviteClient {
    state: State,
    reliable: bool,
    resend: Option<Resend>,
    ends: Option<Duration>,
    /// The end set from outside; it outlives the provisional that stops timer B.
    limit: Option<Duration>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// Sent; timers A (UDP) and B run.
    Calling,
    /// A provisional came; nothing is repeated.
    Proceeding,
    /// 300–699 came; timer D absorbs repetitions, each gets the ACK again.
    Completed,
    /// 2xx came; timer M lets repeated and forked 2xx through to the owner.
    Accepted,
}

impl InviteClient {
    /// The INVITE has just been sent for the first time.
    pub fn start(now: Duration, timing: &Timing, reliable: bool) -> Self {
        Self {
            state: State::Calling,
            reliable,
            resend: (!reliable).then(|| Resend::start(now, timing)),
            ends: Some(now + timing.give_up()),
            limit: None,
        }
    }

    /// Takes a response of this transaction.
    pub fn on_response(&mut self, now: Duration, timing: &Timing, status: u16) -> Heard {
        match (self.state, status) {
            (State::Calling, 100..=199) => {
                self.enter(State::Proceeding, self.limit);
                Heard::Pass
            }
            (State::Proceeding, 100..=199) => Heard::Pass,
            (State::Calling | State::Proceeding, 200..=299) => {
                self.enter(State::Accepted, Some(now + timing.give_up()));
                Heard::Pass
            }
            (State::Calling | State::Proceeding, _) => {
                let linger = if self.reliable {
                    Duration::ZERO
                } else {
                    timing.timer_d()
                };
                self.enter(State::Completed, Some(now + linger));
                Heard::PassAndAck
            }
            (State::Accepted, 200..=299) => Heard::Pass,
            (State::Completed, 300..) => Heard::AckAgain,
            (State::Accepted | State::Completed, _) => Heard::Ignore,
        }
    }

    /// The server has 64·T1 to end the INVITE: a CANCEL was sent (RFC 3261 §9.1), or nobody waits for
    /// the answer any more.
    pub fn limit(&mut self, now: Duration, timing: &Timing) {
        if self.is_open() {
            self.limit = Some(now + timing.give_up());
            self.ends = self.limit;
        }
    }

    /// Whether no final response has come yet.
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Calling | State::Proceeding)
    }

    /// Whether a provisional came and no final: a CANCEL may be sent (RFC 3261 §9.1).
    pub fn is_proceeding(&self) -> bool {
        self.state == State::Proceeding
    }

    /// Fires what is due.
    pub fn on_timeout(&mut self, now: Duration) -> Due {
        if self.ends.is_some_and(|at| at <= now) {
            return if self.is_open() {
                Due::TimedOut
            } else {
                Due::Gone
            };
        }
        // Timer A doubles without a cap (RFC 3261 §17.1.1.2).
        Resend::due(&mut self.resend, now, Duration::MAX)
    }

    /// The next deadline.
    pub fn next(&self) -> Option<Duration> {
        earlier(self.ends, self.resend.map(|resend| resend.at()))
    }

    fn enter(&mut self, state: State, ends: Option<Duration>) {
        self.state = state;
        self.resend = None;
        self.ends = ends;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transaction::script::{Machine, run};
    use insta::assert_snapshot;

    impl Machine for InviteClient {
        fn next(&self) -> Option<Duration> {
            Self::next(self)
        }
        fn fire(&mut self, now: Duration, _: &Timing) -> Due {
            self.on_timeout(now)
        }
        fn say(&mut self, now: Duration, timing: &Timing, what: &str) -> String {
            if what == "cancel" {
                self.limit(now, timing);
                return "sent".into();
            }
            format!("{:?}", self.on_response(now, timing, what.parse().unwrap()))
        }
    }

    fn play(reliable: bool, script: &str) -> String {
        let timing = Timing::new(Duration::from_millis(500));
        let mut machine = InviteClient::start(Duration::ZERO, &timing, reliable);
        run(&mut machine, &timing, script)
    }

    #[test]
    fn nobody_answers_over_udp() {
        assert_snapshot!(play(false, "end"), @r"
              500 Resend
             1500 Resend
             3500 Resend
             7500 Resend
            15500 Resend
            31500 Resend
            32000 TimedOut
            ");
    }

    #[test]
    fn nobody_answers_over_tcp() {
        assert_snapshot!(play(true, "end"), @"32000 TimedOut");
    }

    #[test]
    fn a_provisional_stops_the_repetition_for_good() {
        assert_snapshot!(play(false, "700 100\n 900 180\n 100000 180\n 100100 486\n end"), @r"
               500 Resend
               700 100 -> Pass
               900 180 -> Pass
            100000 180 -> Pass
            100100 486 -> PassAndAck
            132100 Gone
            ");
    }

    #[test]
    fn a_refusal_is_acknowledged_each_time_it_comes() {
        assert_snapshot!(play(false, "100 486\n 600 486\n 1600 180\n 1700 200\n end"), @r"
              100 486 -> PassAndAck
              600 486 -> AckAgain
             1600 180 -> Ignore
             1700 200 -> Ignore
            32100 Gone
            ");
        assert_snapshot!(play(true, "100 486\n end"), @r"
            100 486 -> PassAndAck
            100 Gone
            ");
    }

    #[test]
    fn repeated_and_forked_200_pass_until_timer_m() {
        assert_snapshot!(play(false, "100 200\n 600 200\n 700 486\n 800 180\n 32099 200\n end"), @r"
              100 200 -> Pass
              600 200 -> Pass
              700 486 -> Ignore
              800 180 -> Ignore
            32099 200 -> Pass
            32100 Gone
            ");
    }

    #[test]
    fn a_cancelled_call_ends_even_if_the_peer_forgets_it() {
        assert_snapshot!(play(false, "100 180\n 5000 cancel\n end"), @r"
              100 180 -> Pass
             5000 cancel -> sent
            37000 TimedOut
            ");
        assert_snapshot!(play(false, "100 180\n 5000 cancel\n 5100 200\n 5200 cancel\n end"), @r"
              100 180 -> Pass
             5000 cancel -> sent
             5100 200 -> Pass
             5200 cancel -> sent
            37100 Gone
            ");
    }

    #[test]
    fn a_limit_set_before_the_first_provisional_holds() {
        assert_snapshot!(play(false, "100 cancel\n 600 100\n end"), @r"
              100 cancel -> sent
              500 Resend
              600 100 -> Pass
            32100 TimedOut
            ");
    }
}
