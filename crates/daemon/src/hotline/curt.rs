//! Calls that are refused without being parsed: counted one by one, seen some a second, answered together. What a look is
//! not enough for, and what is to be seen, goes the long way
//! ([`SipInput::Unread`](gudok_sip::endpoint::Input::Unread)).
use std::time::Duration;

use gudok_model::Now;
use gudok_sip::endpoint::{Endpoint, Flow};
use gudok_sip::shield::Pressure;
use gudok_web::metrics::Counter;
use gudok_wire::sip::Bundle;

use super::seeing::Seeing;
use crate::metrics::Metrics;

/// How long an answer waits for others to the same peer, at most, while messages wait for their turn. What it costs to
/// send is halved by each second one of a run; whoever waits for it repeats the INVITE after 500 ms (RFC 3261 T1).
const HELD_MAX: Duration = Duration::from_millis(50);

/// Refuses, with what it takes to do so without allocating.
#[derive(Default)]
pub(super) struct Curtness {
    /// The answers, until they are sent. It does not matter what else is sent meanwhile: each is of a transaction of its own
    /// that has no state.
    pub(super) answers: Bundle,
    /// When the first of them was written.
    since: Duration,
    /// As many as there are trunks, and reasons to refuse unread.
    sums: Vec<Sum>,
}

/// The parts of the hotline that a refusal concerns.
pub(super) struct Concerned<'a> {
    pub(super) endpoint: &'a mut Endpoint,
    pub(super) seeing: &'a mut Seeing,
    pub(super) metrics: &'a Metrics,
}

/// The counters of one trunk's refusals for one reason, at hand.
struct Sum {
    trunk: Option<Box<str>>,
    what: &'static str,
    of: Vec<Counter>,
}

impl Curtness {
    /// Whether the answers have waited for long enough.
    pub(super) fn is_due(&self, now: Duration) -> bool {
        !self.answers.is_empty() && now >= self.since + HELD_MAX
    }

    /// Refuses a new call unparsed. False: nothing was done.
    pub(super) fn refuse(
        &mut self,
        now: Now,
        concerned: Concerned<'_>,
        (flow, bytes): (Flow, &[u8]),
        pressure: Pressure,
    ) -> bool {
        let Concerned {
            endpoint,
            seeing,
            metrics,
        } = concerned;
        if seeing.wants_refused(now.mono) {
            return false;
        }
        endpoint.press(pressure);
        let (now, room) = (now.mono.since_start(), self.answers.room());
        let Some(refused) = endpoint.refuse_unread(now, flow, bytes, room) else {
            return false;
        };
        if self.answers.is_empty() {
            self.since = now;
        }
        self.answers.add(refused.back);
        seeing.turned_away(&flow, bytes, endpoint);
        self.count(metrics, endpoint.trunk_of(flow), refused.what);
        true
    }

    fn count(&mut self, metrics: &Metrics, trunk: Option<&str>, what: &'static str) {
        let mut sums = self.sums.iter();
        let known = sums.position(|sum| sum.what == what && sum.trunk.as_deref() == trunk);
        let place = known.unwrap_or_else(|| {
            let of_trunk = trunk.map(|trunk| metrics.trunk_refusals(trunk, what));
            self.sums.push(Sum {
                trunk: trunk.map(Into::into),
                what,
                of: [metrics.refusals(what)]
                    .into_iter()
                    .chain(of_trunk)
                    .collect(),
            });
            self.sums.len() - 1
        });
        self.sums[place].of.iter().for_each(Counter::inc);
    }
}

#[cfg(test)]
mod tests {
    use gudok_sip::endpoint::Transport;

    use super::*;

    #[test]
    fn answers_wait_for_others_no_longer_than_they_may() {
        let mut curt = Curtness::default();
        let later = HELD_MAX * 9;
        assert!(!curt.is_due(later), "there is none");
        curt.answers.room().push_str("SIP/2.0 503");
        curt.since = HELD_MAX;
        curt.answers.add(Flow {
            transport: Transport::Udp,
            local: ([192, 0, 2, 1], 5060).into(),
            remote: ([203, 0, 113, 9], 5060).into(),
            connection: 0,
        });
        assert!(!curt.is_due(HELD_MAX) && curt.is_due(HELD_MAX * 2));
    }
}
