//! The INVITE server transaction (RFC 3261 §17.2.1, RFC 6026 §8.5).
use std::time::Duration;

use super::Repeated;
use crate::transaction::{Due, Resend, Timing, earlier};

/// Proceeding → Completed → Confirmed, or Proceeding → Accepted.
#[derive(Clone, Debug)]
pub struct InviteServer {
    state: State,
    reliable: bool,
    resend: Option<Resend>,
    ends: Option<Duration>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// 1xx was sent; a repeated INVITE gets it again.
    Proceeding,
    /// 300–699 was sent; timers G (UDP) and H run until the ACK.
    Completed,
    /// The ACK came; timer I absorbs further ones.
    Confirmed,
    /// 2xx was sent by the dialog, which also repeats it; timer L absorbs late INVITEs.
    Accepted,
}

impl InviteServer {
    /// A new INVITE came, and 100 was sent.
    pub fn start(reliable: bool) -> Self {
        Self {
            state: State::Proceeding,
            reliable,
            resend: None,
            ends: None,
        }
    }

    /// A response is sent for the first time. False: there was a final one already, do not send it.
    pub fn respond(&mut self, now: Duration, timing: &Timing, status: u16) -> bool {
        if self.state != State::Proceeding {
            return false;
        }
        match status {
            100..=199 => {}
            200..=299 => {
                self.state = State::Accepted;
                self.ends = Some(now + timing.give_up());
            }
            _ => {
                self.state = State::Completed;
                self.resend = (!self.reliable).then(|| Resend::start(now, timing));
                self.ends = Some(now + timing.give_up());
            }
        }
        true
    }

    /// The same INVITE again.
    pub fn on_repeated(&self) -> Repeated {
        match self.state {
            State::Proceeding | State::Completed => Repeated::Resend,
            State::Confirmed | State::Accepted => Repeated::Ignore,
        }
    }

    /// The ACK of a 300–699. The ACK of a 2xx belongs to the dialog, not here.
    pub fn on_ack(&mut self, now: Duration, timing: &Timing) {
        if self.state == State::Completed {
            self.state = State::Confirmed;
            self.resend = None;
            self.ends = Some(if self.reliable { now } else { now + timing.t4 });
        }
    }

    /// Whether no final response was sent yet.
    pub fn is_open(&self) -> bool {
        self.state == State::Proceeding
    }

    /// Whether the last response may have to be sent again.
    pub fn needs_response(&self) -> bool {
        matches!(self.state, State::Proceeding | State::Completed)
    }

    /// Fires what is due. `TimedOut`: nobody acknowledged our refusal.
    pub fn on_timeout(&mut self, now: Duration, timing: &Timing) -> Due {
        if self.ends.is_some_and(|at| at <= now) {
            return if self.state == State::Completed {
                Due::TimedOut
            } else {
                Due::Gone
            };
        }
        Resend::due(&mut self.resend, now, timing.t2)
    }

    /// The next deadline.
    pub fn next(&self) -> Option<Duration> {
        earlier(self.ends, self.resend.map(|resend| resend.at()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transaction::script::{Machine, run};
    use insta::assert_snapshot;

    impl Machine for InviteServer {
        fn next(&self) -> Option<Duration> {
            Self::next(self)
        }
        fn fire(&mut self, now: Duration, timing: &Timing) -> Due {
            self.on_timeout(now, timing)
        }
        fn say(&mut self, now: Duration, timing: &Timing, what: &str) -> String {
            match what {
                "ack" => {
                    self.on_ack(now, timing);
                    "taken".into()
                }
                "invite" => format!("{:?}", self.on_repeated()),
                status if self.respond(now, timing, status.parse().unwrap()) => "sent".into(),
                _ => "too late".into(),
            }
        }
    }

    fn play(reliable: bool, script: &str) -> String {
        let timing = Timing::new(Duration::from_millis(500));
        run(&mut InviteServer::start(reliable), &timing, script)
    }

    #[test]
    fn a_refusal_is_repeated_until_the_ack() {
        assert_snapshot!(play(false, "50 invite\n 100 180\n 200 487\n 5000 invite\n 6000 ack\n 6100 ack\n 6200 invite\n end"), @r"
               50 invite -> Resend
              100 180 -> sent
              200 487 -> sent
              700 Resend
             1700 Resend
             3700 Resend
             5000 invite -> Resend
             6000 ack -> taken
             6100 ack -> taken
             6200 invite -> Ignore
            11000 Gone
            ");
    }

    #[test]
    fn a_refusal_nobody_acknowledges_is_given_up() {
        assert_snapshot!(play(false, "0 486\n end"), @r"
                0 486 -> sent
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
        assert_snapshot!(play(true, "0 486\n end"), @r"
                0 486 -> sent
            32000 TimedOut
            ");
    }

    #[test]
    fn a_late_invite_after_200_is_absorbed() {
        assert_snapshot!(play(false, "0 200\n 10 487\n 20 180\n 500 invite\n 600 ack\n 31000 invite\n end"), @r"
                0 200 -> sent
               10 487 -> too late
               20 180 -> too late
              500 invite -> Ignore
              600 ack -> taken
            31000 invite -> Ignore
            32000 Gone
            ");
    }

    #[test]
    fn an_acknowledged_refusal_over_tcp_ends_at_once() {
        assert_snapshot!(play(true, "0 486\n 100 ack\n end"), @r"
              0 486 -> sent
            100 ack -> taken
            100 Gone
            ");
    }
}
