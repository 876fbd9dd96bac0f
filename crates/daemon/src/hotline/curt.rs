//! Calls that are refused without being parsed: counted one by one, seen some a second. What a look is not enough for, and
//! what is to be seen, goes the long way ([`SipInput::Unread`](gudok_sip::endpoint::Input::Unread)).
use gudok_model::Now;
use gudok_sip::endpoint::{Endpoint, Flow};
use gudok_sip::shield::Pressure;
use gudok_web::metrics::Counter;

use super::seeing::Seeing;
use crate::metrics::Metrics;

/// Refuses, with what it takes to do so without allocating.
#[derive(Default)]
pub(super) struct Curtness {
    /// The last answer.
    pub(super) answer: String,
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
    /// Refuses a new call unparsed; where [`Self::answer`] is to go. None: nothing was done.
    pub(super) fn refuse(
        &mut self,
        now: Now,
        concerned: Concerned<'_>,
        (flow, bytes): (Flow, &[u8]),
        pressure: Pressure,
    ) -> Option<Flow> {
        let Concerned {
            endpoint,
            seeing,
            metrics,
        } = concerned;
        if seeing.wants_refused(now.mono) {
            return None;
        }
        endpoint.press(pressure);
        let refused =
            endpoint.refuse_unread(now.mono.since_start(), flow, bytes, &mut self.answer)?;
        seeing.turned_away(&flow, bytes, endpoint);
        self.count(metrics, endpoint.trunk_of(flow), refused.what);
        Some(refused.back)
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
