//! The non-INVITE server transaction (RFC 3261 §17.2.2).
use std::time::Duration;

use super::Repeated;
use crate::transaction::{Due, Timing};

/// Trying → Completed. We never send provisionals to a non-INVITE (RFC 4320 §4.1).
#[derive(Clone, Debug)]
pub struct NonInviteServer {
    reliable: bool,
    ends: Option<Duration>,
}

impl NonInviteServer {
    /// A new request came.
    pub fn start(reliable: bool) -> Self {
        Self {
            reliable,
            ends: None,
        }
    }

    /// The final response is sent; timer J starts. False: there was one already.
    pub fn respond(&mut self, now: Duration, timing: &Timing) -> bool {
        if self.ends.is_some() {
            return false;
        }
        let linger = if self.reliable {
            Duration::ZERO
        } else {
            timing.give_up()
        };
        self.ends = Some(now + linger);
        true
    }

    /// The same request again.
    pub fn on_repeated(&self) -> Repeated {
        if self.ends.is_some() {
            Repeated::Resend
        } else {
            Repeated::Ignore
        }
    }

    /// Whether no response was sent yet.
    pub fn is_open(&self) -> bool {
        self.ends.is_none()
    }

    /// Fires what is due.
    pub fn on_timeout(&mut self, now: Duration) -> Due {
        if self.ends.is_some_and(|at| at <= now) {
            Due::Gone
        } else {
            Due::Nothing
        }
    }

    /// The next deadline.
    pub fn next(&self) -> Option<Duration> {
        self.ends
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transaction::script::{Machine, run};
    use insta::assert_snapshot;

    impl Machine for NonInviteServer {
        fn next(&self) -> Option<Duration> {
            Self::next(self)
        }
        fn fire(&mut self, now: Duration, _: &Timing) -> Due {
            self.on_timeout(now)
        }
        fn say(&mut self, now: Duration, timing: &Timing, what: &str) -> String {
            match what {
                "bye" => format!("{:?}", self.on_repeated()),
                _ if self.respond(now, timing) => "sent".into(),
                _ => "too late".into(),
            }
        }
    }

    fn play(reliable: bool, script: &str) -> String {
        let timing = Timing::new(Duration::from_millis(500));
        run(&mut NonInviteServer::start(reliable), &timing, script)
    }

    #[test]
    fn repetitions_get_the_same_answer_for_32_seconds() {
        assert_snapshot!(play(false, "100 bye\n 200 200\n 300 bye\n 400 481\n 32199 bye\n end"), @r"
              100 bye -> Ignore
              200 200 -> sent
              300 bye -> Resend
              400 481 -> too late
            32199 bye -> Resend
            32200 Gone
            ");
    }

    #[test]
    fn over_tcp_it_ends_at_once() {
        assert_snapshot!(play(true, "200 200\n end"), @r"
            200 200 -> sent
            200 Gone
            ");
    }
}
