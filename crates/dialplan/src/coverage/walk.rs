//! Every way a call may go when the conditions answer so, up to the first person, message or end of each.
use std::collections::BTreeMap;

use super::Ending;
use super::cells::Becomes;
use super::graph::{Graph, Why};
use crate::circles::{circles, leaving_order};
use crate::condition::Tri;
use crate::flow::{Op, What};
use crate::plan::STEPS_MAX;
use crate::step::KEYS_UNTIL;

/// What a walk goes by.
pub(super) struct Sight<'a> {
    pub(super) graph: &'a Graph<'a>,
    pub(super) becomes: &'a Becomes,
    /// So many parts of time, one after the other; a step that takes time may lead into any later one.
    pub(super) parts: usize,
    /// In how many of them, from the first on, calls begin.
    pub(super) begin: usize,
    /// What a condition says in a part of time to a caller; of a call to whoever is on duty, whether anybody is.
    pub(super) answer: &'a dyn Fn(State) -> Tri,
}

/// Where a call is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct State {
    pub(super) part: usize,
    pub(super) caller: usize,
    /// Whether it has stood in a queue already.
    pub(super) queued: bool,
    pub(super) node: usize,
}

/// What was found.
pub(super) struct Walked {
    /// Each end, and the state at which it is come to.
    pub(super) ends: BTreeMap<Ending, usize>,
    pub(super) states: Vec<State>,
    /// From where each state was come to first, and why.
    pub(super) from: Vec<Option<(usize, Why)>>,
}

struct Walk<'a> {
    sight: &'a Sight<'a>,
    /// The number of each state that was come to.
    known: Vec<Option<usize>>,
    found: Walked,
    /// The states that follow each.
    ways: Vec<Vec<(usize, Why)>>,
}

/// Walks them all.
pub(super) fn walk(sight: &Sight<'_>) -> Walked {
    let size = sight.parts * sight.becomes.later.len() * 2 * sight.graph.nodes.len();
    let mut walk = Walk {
        sight,
        known: vec![None; size],
        found: Walked {
            ends: BTreeMap::new(),
            states: Vec::new(),
            from: Vec::new(),
        },
        ways: Vec::new(),
    };
    for part in 0..sight.begin {
        for caller in sight.becomes.begin.iter().copied() {
            let begin = State {
                part,
                caller,
                queued: false,
                node: 0,
            };
            walk.come_to(begin, None);
        }
    }
    let mut next = 0;
    while next < walk.found.states.len() {
        walk.go_on(next);
        next += 1;
    }
    walk.rounds();
    walk.too_long();
    walk.found
}

impl Walk<'_> {
    fn come_to(&mut self, state: State, from: Option<(usize, Why)>) -> usize {
        let sight = self.sight;
        let place = state.part * sight.becomes.later.len() + state.caller;
        let place = place * 2 + usize::from(state.queued);
        let place = place * sight.graph.nodes.len() + state.node;
        if let Some(known) = self.known[place] {
            return known;
        }
        let state_no = self.found.states.len();
        self.known[place] = Some(state_no);
        self.found.states.push(state);
        self.found.from.push(from);
        self.ways.push(Vec::new());
        state_no
    }

    fn op(&self, state: usize) -> &Op {
        self.sight.graph.nodes[self.found.states[state].node].op
    }

    /// Notes what a call comes to in a state, and every state it may go on to.
    fn go_on(&mut self, at: usize) {
        let (sight, state) = (self.sight, self.found.states[at]);
        let node = &sight.graph.nodes[state.node];
        let tri = match node.op.what {
            What::When { .. } | What::Duty(_) => (sight.answer)(state),
            _ => Tri::True,
        };
        if let Some(ending) = ending(node.op).filter(|_| tri.may_hold()) {
            self.found.ends.entry(ending).or_insert(at);
        }
        let queued = state.queued || matches!(node.op.what, What::Queue(_));
        for way in &node.ways {
            let is_open = match way.why {
                Why::Yes => tri.may_hold(),
                Why::No | Why::Nobody => tri.may_fail(),
                Why::UsedUp => state.queued,
                Why::On
                | Why::LookedUp
                | Why::Found
                | Why::Pressed
                | Why::Full
                | Why::Empty
                | Why::Failed
                | Why::Removed
                | Why::Closed => true,
            };
            if !is_open {
                continue;
            }
            let same = [state.caller];
            let callers: &[usize] = match way.why {
                Why::LookedUp => &sight.becomes.looked_up[state.caller],
                Why::Found => &sight.becomes.found[state.caller],
                _ if way.lasts > 0 && node.searched => &sight.becomes.searched[state.caller],
                _ if way.lasts > 0 => &sight.becomes.later[state.caller],
                _ => &same,
            };
            let last = if way.lasts > 0 {
                sight.parts - 1
            } else {
                state.part
            };
            for part in state.part..=last {
                for caller in callers {
                    let to = State {
                        part,
                        caller: *caller,
                        queued,
                        node: way.to,
                    };
                    let to = self.come_to(to, Some((at, way.why)));
                    self.ways[at].push((to, way.why));
                }
            }
        }
    }

    /// Circles that end at the limit of steps only: those a caller goes who does nothing, and those that keys alone lead round.
    fn rounds(&mut self) {
        let ways = |taken: &dyn Fn(Why) -> bool| -> Vec<Vec<usize>> {
            let taken = |ways: &Vec<(usize, Why)>| {
                let taken = ways.iter().filter(|(_, why)| taken(*why));
                taken.map(|(to, _)| *to).collect()
            };
            self.ways.iter().map(taken).collect()
        };
        let silent = circles(&ways(&|why| why != Why::Pressed));
        let all = circles(&ways(&|_| true));
        let has_silent = |circle: &Vec<usize>| {
            let is_in = |state: &usize| circle.binary_search(state).is_ok();
            silent
                .iter()
                .any(|silent| silent.first().is_some_and(is_in))
        };
        let by_keys = all.iter().filter(|circle| !has_silent(circle));
        let silent = silent.iter().map(|circle| (circle, true));
        for (circle, is_silent) in silent.chain(by_keys.map(|circle| (circle, false))) {
            let Some(at) = self.heard_in(circle) else {
                continue;
            };
            let place = self.op(at).place.clone();
            let ending = Ending::Round {
                place,
                silent: is_silent,
            };
            self.found.ends.entry(ending).or_insert(at);
        }
    }

    /// The first step of a circle that somebody notices.
    fn heard_in(&self, circle: &[usize]) -> Option<usize> {
        let is_heard = |state: usize| {
            let what = &self.op(state).what;
            matches!(what, What::Play { .. } | What::Menu(_) | What::Ask(_))
        };
        let order = |state: &usize| {
            let node = &self.sight.graph.nodes[self.found.states[*state].node];
            (!is_heard(*state), node.at)
        };
        circle.iter().copied().min_by_key(order)
    }

    /// The first step of a way, circles apart, that a live call never takes for the number of those before it.
    fn too_long(&mut self) {
        let to = |ways: &Vec<(usize, Why)>| ways.iter().map(|(to, _)| *to).collect();
        let edges: Vec<Vec<usize>> = self.ways.iter().map(to).collect();
        let order = leaving_order(&edges);
        let mut left = vec![0; order.len()];
        for (place, state) in order.iter().enumerate() {
            left[*state] = place;
        }
        let mut before = vec![0u16; order.len()];
        for state in order.iter().rev().copied() {
            let steps = self.sight.graph.nodes[self.found.states[state].node].steps;
            let after = before[state].saturating_add(steps);
            if after > STEPS_MAX {
                let place = self.op(state).place.clone();
                self.found
                    .ends
                    .entry(Ending::TooLong { place })
                    .or_insert(state);
                return;
            }
            // What leads back to where the call has been is a circle.
            let on = self.ways[state].iter();
            for (to, why) in on.filter(|(to, _)| left[*to] < left[state]) {
                before[*to] = before[*to].max(self.taken_behind(state, *why, after));
            }
        }
    }

    /// How many steps a call may have taken when it goes on from a state to which the way alone takes `after`. Whoever waits
    /// may leave a queue by a key and come back again and again, for as long as there are keys.
    fn taken_behind(&self, state: usize, why: Why, after: u16) -> u16 {
        let node = &self.sight.graph.nodes[self.found.states[state].node];
        match (node.back, why) {
            (None, Why::Pressed) if matches!(node.op.what, What::Queue(_)) => after.min(KEYS_UNTIL),
            (None, _) => after,
            (Some(_), Why::Pressed) => KEYS_UNTIL,
            // The queue is decided on once more.
            (Some(back), _) => after.max(KEYS_UNTIL.saturating_add(back).saturating_add(1)),
        }
    }
}

/// What a call comes to at an operation, where anybody is there; None: it goes on from there. Every operation there is says so here.
fn ending(op: &Op) -> Option<Ending> {
    match &op.what {
        What::Play { .. }
        | What::Lookup
        | What::Find(_)
        | What::When { .. }
        | What::Jump(_)
        | What::Back(_)
        | What::Goto(_)
        | What::Call(_)
        | What::Menu(_)
        | What::Ask(_)
        | What::Set(_)
        | What::Needs(_) => None,
        What::Queue(queue) => Some(Ending::Queue {
            queue: queue.queue.as_str().into(),
        }),
        What::External { number, .. } => Some(Ending::External {
            number: number.masked(),
        }),
        What::Operator(call) => Some(Ending::Operator {
            operator: call.who.text().clone(),
        }),
        What::Duty(duty) => Some(Ending::Duty {
            roster: duty.name.clone(),
        }),
        What::Voicemail { .. } => Some(Ending::Voicemail),
        What::Promise(promise) => {
            let group = promise.owed.group.as_ref();
            let group = group.map_or("", |group| group.as_str()).into();
            Some(Ending::Callback { group })
        }
        What::Close { reason, .. } => Some(Ending::Closed {
            reason: reason.clone(),
            place: op.place.clone(),
        }),
        What::HangUp { reason } => Some(Ending::HungUp {
            reason: reason.clone(),
        }),
    }
}
