//! One request to call somebody, and what leads from each of its states to the next (behaviour 5.6). Pure: it knows neither
//! queues nor legs nor clocks, so that each step is a line of a table that a test prints.
//!
//! An operator has it on lease from the first phone that rings for it to the end of the call. A lease dials the customer once: the
//! next dial needs the next lease, which begins when the former is over.
use gudok_model::{CallId, Name, OperatorId, RequestState, Wall};

/// How often the customer is called, where the queue says nothing else.
pub(crate) const TRIES: u8 = 3;

/// How far a request is, and what must never be forgotten of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Course {
    pub(crate) state: RequestState,
    /// How often the customer was called.
    pub(crate) attempts: u8,
    /// The last lease.
    pub(crate) epoch: u32,
    /// The last lease that dialled the customer.
    pub(crate) dialled: u32,
}

/// What happens to a request. `call` is our call out, made for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    /// An operator is rung for it.
    Offered {
        by: OperatorId,
        until: Wall,
        call: CallId,
    },
    /// The phone of the one who has it rings on, or the customer's does: longer than was thought.
    Prolonged { until: Wall },
    /// Nobody took it, or the queue let it go; the customer was not rung.
    Withdrawn,
    /// The customer called us meanwhile: whatever rings for it stops, and none of it counts.
    CalledIn,
    /// The customer is rung.
    Dials { by: OperatorId, call: CallId },
    /// The customer answered.
    Reached { by: OperatorId, call: CallId },
    /// The customer was rung in vain, or a talk came to nothing.
    Unreached { why: Name, again: Wall, tries: u8 },
    /// A rule forbids it.
    Denied { rule: Name, until: Wall },
    /// Nothing can call by itself.
    NoWay,
    /// What was waited for is there: the moment, or a way.
    Due,
    /// Somebody puts it off.
    Later { at: Wall },
}

impl Course {
    /// One that was just asked for.
    pub(crate) fn new() -> Self {
        Self {
            state: RequestState::Requested,
            attempts: 0,
            epoch: 0,
            dialled: 0,
        }
    }

    /// Whether an operator has it, or talks.
    pub(crate) fn is_in_hand(&self) -> bool {
        matches!(
            self.state,
            RequestState::Leased { .. }
                | RequestState::Dialing { .. }
                | RequestState::Connected { .. }
        )
    }

    /// The call out that has it on lease.
    pub(crate) fn leased_to(&self) -> Option<CallId> {
        match &self.state {
            RequestState::Leased { call, .. }
            | RequestState::Dialing { call, .. }
            | RequestState::Connected { call, .. } => Some(*call),
            RequestState::Requested
            | RequestState::Scheduled { .. }
            | RequestState::RetryWait { .. }
            | RequestState::Exhausted { .. }
            | RequestState::BlockedByLaw { .. }
            | RequestState::ByHand => None,
        }
    }

    /// Takes a step. False: it does not fit, and nothing changes.
    pub(crate) fn take(&mut self, step: Step) -> bool {
        let next = match step {
            Step::Offered { by, until, call } => self.offered(by, until, call),
            Step::Prolonged { until } => self.prolonged(until),
            Step::Withdrawn => self.withdrawn(),
            Step::CalledIn => {
                (self.is_in_hand() && !self.is_connected()).then_some(RequestState::Requested)
            }
            Step::Dials { by, call } => self.dials(by, call),
            Step::Reached { by, call } => self.reached(by, call),
            Step::Unreached { why, again, tries } => self.unreached(why, again, tries),
            Step::Denied { rule, until } => {
                (!self.is_connected()).then_some(RequestState::BlockedByLaw { rule, until })
            }
            Step::NoWay => self.is_asked_for().then_some(RequestState::ByHand),
            Step::Due => {
                (!self.is_in_hand() && !self.is_asked_for()).then_some(RequestState::Requested)
            }
            Step::Later { at } => (!self.is_in_hand()).then_some(RequestState::Scheduled { at }),
        };
        let fits = next.is_some();
        if let Some(next) = next {
            self.state = next;
        }
        fits
    }

    fn offered(&mut self, by: OperatorId, until: Wall, call: CallId) -> Option<RequestState> {
        if !self.is_asked_for() {
            return None;
        }
        self.epoch = self.epoch.saturating_add(1);
        let epoch = self.epoch;
        Some(RequestState::Leased {
            by,
            epoch,
            until,
            call,
        })
    }

    fn prolonged(&self, to: Wall) -> Option<RequestState> {
        let RequestState::Leased {
            by, epoch, call, ..
        } = &self.state
        else {
            return None;
        };
        Some(RequestState::Leased {
            by: by.clone(),
            epoch: *epoch,
            until: to,
            call: *call,
        })
    }

    fn withdrawn(&self) -> Option<RequestState> {
        let rings = matches!(self.state, RequestState::Leased { .. });
        rings.then_some(RequestState::Requested)
    }

    /// Once a lease: whatever asks for the second dial of it is told no.
    fn dials(&mut self, by: OperatorId, call: CallId) -> Option<RequestState> {
        let RequestState::Leased { call: own, .. } = &self.state else {
            return None;
        };
        if *own != call || self.dialled == self.epoch {
            return None;
        }
        self.dialled = self.epoch;
        let epoch = self.epoch;
        Some(RequestState::Dialing { by, epoch, call })
    }

    fn reached(&self, by: OperatorId, call: CallId) -> Option<RequestState> {
        let dials = matches!(&self.state, RequestState::Dialing { call: own, .. } if *own == call);
        dials.then_some(RequestState::Connected { by, call })
    }

    fn unreached(&mut self, why: Name, again: Wall, tries: u8) -> Option<RequestState> {
        let called = matches!(
            self.state,
            RequestState::Dialing { .. } | RequestState::Connected { .. }
        );
        if !called {
            return None;
        }
        self.attempts = self.attempts.saturating_add(1);
        let attempts = self.attempts;
        Some(if attempts >= tries {
            RequestState::Exhausted { attempts }
        } else {
            RequestState::RetryWait {
                attempts,
                at: again,
                why,
            }
        })
    }

    fn is_asked_for(&self) -> bool {
        self.state == RequestState::Requested
    }

    fn is_connected(&self) -> bool {
        matches!(self.state, RequestState::Connected { .. })
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    const OUT: CallId = CallId(Uuid::from_u128(1));
    const OTHER: CallId = CallId(Uuid::from_u128(2));

    fn steps(call: CallId) -> Vec<Step> {
        let by = || OperatorId::from("anna");
        vec![
            Step::Offered {
                by: by(),
                until: Wall(30),
                call,
            },
            Step::Prolonged { until: Wall(60) },
            Step::Withdrawn,
            Step::Dials { by: by(), call },
            Step::Reached { by: by(), call },
            Step::Unreached {
                why: "busy".into(),
                again: Wall(300),
                tries: TRIES,
            },
            Step::Denied {
                rule: "hours".into(),
                until: Wall(900),
            },
            Step::NoWay,
            Step::Due,
            Step::Later { at: Wall(1_000) },
            Step::CalledIn,
        ]
    }

    fn by_way(way: &[usize]) -> Course {
        let mut course = Course::new();
        for step in way {
            assert!(course.take(steps(OUT)[*step].clone()), "{way:?}");
        }
        course
    }

    fn word(state: &RequestState) -> String {
        let told = serde_json::to_value(state).expect("plain data");
        told["state"].as_str().expect("a word").to_owned()
    }

    fn step_word(step: &Step) -> String {
        let told = format!("{step:?}");
        let end = told.find(' ').unwrap_or(told.len());
        told[..end].to_lowercase()
    }

    /// Each state with each step: the whole machine.
    #[test]
    fn from_each_state_by_each_step() {
        let ways: [&[usize]; 9] = [
            &[],
            &[0],
            &[0, 3],
            &[0, 3, 4],
            &[0, 3, 5],
            &[0, 3, 5, 8, 0, 3, 5, 8, 0, 3, 5],
            &[6],
            &[7],
            &[9],
        ];
        let mut table = String::new();
        for way in ways {
            let from = by_way(way);
            for step in steps(OUT) {
                let mut course = from.clone();
                if course.take(step.clone()) {
                    let to = word(&course.state);
                    table += &format!("{} + {} = {to}\n", word(&from.state), step_word(&step));
                }
            }
        }
        assert_snapshot!(table);
    }

    #[test]
    fn a_lease_dials_once_and_for_its_own_call() {
        let mut course = by_way(&[0]);
        assert!(!course.take(steps(OTHER)[3].clone()), "another call");
        assert!(course.take(steps(OUT)[3].clone()));
        assert!(!course.take(steps(OUT)[3].clone()), "the second dial");
        assert_eq!((course.epoch, course.dialled), (1, 1));
    }

    proptest! {
        /// Whatever happens, no lease dials twice, no lease is given while another is held, and attempts are dials.
        #[test]
        fn two_dials_never_share_a_lease(way in prop::collection::vec((0..11_usize, any::<bool>()), 0..200)) {
            let mut course = Course::new();
            let (mut dials, mut last) = (0_u32, 0);
            for (step, own) in way {
                let before = course.clone();
                let step = steps(if own { OUT } else { OTHER })[step].clone();
                let is_dial = matches!(step, Step::Dials { .. });
                let is_lease = matches!(step, Step::Offered { .. });
                let fits = course.take(step);
                if fits && is_lease {
                    prop_assert!(!before.is_in_hand());
                }
                if fits && is_dial {
                    dials += 1;
                    prop_assert!(course.epoch > last, "lease {} dialled again", course.epoch);
                    last = course.epoch;
                }
                prop_assert!(u32::from(course.attempts) <= dials);
                prop_assert!(fits || course == before, "what does not fit changes nothing");
            }
        }
    }
}
