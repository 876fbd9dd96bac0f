//! The ways of a number's calls that have met nobody yet, and how long they last at most.
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::circles::{circles, leaving_order};
use crate::decision::Hit;
use crate::flow::{At, DutyOp, Op, Question, QueueOp, What};
use crate::line::longest;
use crate::plan::{Number, Plan};
use crate::pressing::ERASES_MAX;

/// Longest prompt of a pack: a playback counts as stuck after it.
const PROMPT_MAX: Duration = Duration::from_secs(300);

/// A wait whose end was lost counts as failed so much after its time.
const FAILED_LATE: Duration = Duration::from_secs(30);

/// Longest that a call may wait for its answer to be carried out before it hears anything (RFC 3261 §17.2.1, Timer H).
const ANSWER_MAX: Duration = Duration::from_secs(40);

/// How far apart two conditions of one call are looked at: `limits.call_length` as it is unless somebody set it longer.
pub(super) const CALL_MAX: Duration = Duration::from_secs(4 * 3_600);

/// Every operation a call may come to, from its first flow on. The first node is where it begins.
pub(super) struct Graph<'p> {
    pub(super) nodes: Vec<Node<'p>>,
}

pub(super) struct Node<'p> {
    pub(super) at: At,
    pub(super) op: &'p Op,
    /// How many of the steps of a call it may take: a question is put several times.
    pub(super) steps: u16,
    pub(super) ways: Vec<Way>,
    /// Of a queue: most steps from a key of it back to it; None: no key leads back.
    pub(super) back: Option<u16>,
    /// Whether a search by what was typed may answer here or later.
    pub(super) searched: bool,
    /// Longest from the call's beginning until it is come to. Microseconds.
    pub(super) since_start: i64,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    pub(super) to: usize,
    pub(super) why: Why,
    /// Longest. Microseconds.
    pub(super) lasts: i64,
}

/// Why a call goes this way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Why {
    /// There is no other.
    On,
    /// The lookup has answered, or has not in time.
    LookedUp,
    /// A search by what the caller typed has found exactly one, whoever that is.
    Found,
    /// The caller presses keys for it; all other ways are those of a caller who does nothing, too.
    Pressed,
    /// The condition holds.
    Yes,
    /// It does not.
    No,
    /// Nobody is on duty.
    Nobody,
    /// The queue is full.
    Full,
    /// Nobody is behind the queue: at its door, all of a sudden while the call waits, or as the service is going down.
    Empty,
    /// A fault of ours while it waits.
    Failed,
    /// The queue is not in the plan any more.
    Removed,
    /// The queue closes while it waits.
    Closed,
    /// The call has no wait left for this queue: `wait` counts from the first one.
    UsedUp,
}

impl<'p> Graph<'p> {
    /// `before`: what is heard before the first step, where something is.
    pub(super) fn new(plan: &'p Plan, number: &Number, before: Duration) -> Self {
        let mut index: BTreeMap<At, usize> = BTreeMap::from([((number.entry, 0), 0)]);
        let mut left = VecDeque::from([(number.entry, 0)]);
        let mut nodes = Vec::new();
        while let Some(at) = left.pop_front() {
            let op = &plan.flows[at.0].ops[at.1];
            let mut ways = Vec::new();
            for (to, why, lasts) in ways_on(at, &op.what, number) {
                let exists = plan.flows.get(to.0).is_some_and(|f| to.1 < f.ops.len());
                if !exists {
                    continue;
                }
                let next = index.len();
                let to = *index.entry(to).or_insert_with(|| {
                    left.push_back(to);
                    next
                });
                let lasts = micros(lasts);
                ways.push(Way { to, why, lasts });
            }
            nodes.push(Node {
                at,
                op,
                steps: steps(&op.what),
                ways,
                back: None,
                searched: false,
                since_start: 0,
            });
        }
        let mut graph = Self { nodes };
        graph.behind_searches();
        graph.no_wait_left();
        graph.ways_back();
        let mut start = vec![None; graph.nodes.len()];
        start[0] = Some(micros(before));
        for (node, since) in graph.longest(start).into_iter().enumerate() {
            graph.nodes[node].since_start = since.unwrap_or(0);
        }
        graph
    }

    /// Marks every search by what was typed, and all that a call may come to after one: it may answer late.
    fn behind_searches(&mut self) {
        let is_search = |node: &usize| matches!(self.nodes[*node].op.what, What::Find(_));
        let mut left: Vec<usize> = (0..self.nodes.len()).filter(is_search).collect();
        while let Some(node) = left.pop() {
            let node = &mut self.nodes[node];
            if !std::mem::replace(&mut node.searched, true) {
                left.extend(node.ways.iter().map(|way| way.to));
            }
        }
    }

    /// Takes away the ways of calls that have waited too long elsewhere from queues for which none can have.
    fn no_wait_left(&mut self) {
        let queue = |node: &Node<'p>| match &node.op.what {
            What::Queue(queue) => Some(micros(queue.wait)),
            _ => None,
        };
        let mut after = vec![None; self.nodes.len()];
        let queues = self.nodes.iter().filter(|node| queue(node).is_some());
        for way in queues.flat_map(|node| &node.ways) {
            after[way.to] = after[way.to].max(Some(way.lasts));
        }
        let since = self.longest(after);
        for (node, since) in self.nodes.iter_mut().zip(since) {
            if let Some(wait) = queue(node) {
                let may_be = since.is_some_and(|since| since >= wait);
                node.ways.retain(|way| may_be || way.why != Why::UsedUp);
            }
        }
    }

    /// Tells of each queue how long the way is by which its keys lead back to it.
    fn ways_back(&mut self) {
        let follow = |node: &Node<'p>| node.ways.iter().map(|way| way.to).collect();
        let edges: Vec<Vec<usize>> = self.nodes.iter().map(follow).collect();
        let order = leaving_order(&edges);
        let has_keys = |what: &What| matches!(what, What::Queue(queue) if !queue.keys.is_empty());
        for queue in 0..self.nodes.len() {
            let at = self.nodes[queue].at;
            if !has_keys(&self.nodes[queue].op.what) {
                continue;
            }
            let mut back: Vec<Option<u16>> = vec![None; self.nodes.len()];
            // What follows a node comes before it; a circle is told of by itself.
            for node in order.iter().copied().filter(|node| *node != queue) {
                let behind = match self.nodes[node].op.what {
                    What::Back(to) if (self.nodes[node].at.0, to) == at => Some(0),
                    // Nobody outside took it: back, by a way that a walk does not go.
                    What::External {
                        on_not_answered: None,
                        ..
                    } => Some(0),
                    _ => edges[node].iter().filter_map(|to| back[*to]).max(),
                };
                back[node] = behind.map(|behind| behind.saturating_add(self.nodes[node].steps));
            }
            let pressed = self.nodes[queue].ways.iter();
            let pressed = pressed.filter(|way| way.why == Why::Pressed);
            self.nodes[queue].back = pressed.filter_map(|way| back[way.to]).max();
        }
    }

    /// Longest until each node, from those that are begun with; [`CALL_MAX`] at most, and so in every circle in which time
    /// passes.
    fn longest(&self, begun: Vec<Option<i64>>) -> Vec<Option<i64>> {
        let follow = |node: &Node<'p>| node.ways.iter().map(|way| way.to).collect();
        let edges: Vec<Vec<usize>> = self.nodes.iter().map(follow).collect();
        let mut lasting = vec![false; self.nodes.len()];
        for circle in circles(&edges) {
            let is_in = |node: &usize| circle.binary_search(node).is_ok();
            let ways = circle.iter().flat_map(|node| &self.nodes[*node].ways);
            let lasts = ways.filter(|way| is_in(&way.to)).any(|way| way.lasts > 0);
            for node in circle {
                lasting[node] = lasts;
            }
        }
        let (mut since, call_max) = (begun, micros(CALL_MAX));
        // Without circles in which time passes each round settles one more node at least.
        for _ in 0..=self.nodes.len() {
            let mut is_settled = true;
            for (at, node) in self.nodes.iter().enumerate() {
                let Some(here) = since[at] else { continue };
                let here = if lasting[at] { call_max } else { here };
                for (to, lasts) in node.ways.iter().map(|way| (way.to, way.lasts)) {
                    let then = (here + lasts).min(call_max);
                    if since[to] < Some(then) {
                        since[to] = Some(then);
                        is_settled = false;
                    }
                }
                since[at] = Some(here);
            }
            if is_settled {
                break;
            }
        }
        since
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// How many steps of a call an operation may take.
fn steps(what: &What) -> u16 {
    match what {
        What::Menu(menu) => menu.question.tries.max(1).into(),
        What::Ask(ask) => ask.question.tries.max(1).into(),
        _ => 1,
    }
}

/// How a call that has met nobody at an operation goes on, and how long that takes at most. Every operation there is says so
/// here.
fn ways_on(at: At, what: &What, number: &Number) -> Vec<(At, Why, Duration)> {
    let here = |step: usize| (at.0, step);
    let next = here(at.1 + 1);
    let at_once = Duration::ZERO;
    match what {
        What::Play { prompts, .. } => vec![(next, Why::On, heard(longest(prompts)))],
        What::Lookup => vec![(next, Why::LookedUp, number.lookup_deadline)],
        What::Find(find) => {
            let within = find.within.unwrap_or(number.lookup_deadline);
            let why = |hit| match hit {
                Hit::One => Why::Found,
                Hit::None | Hit::Many | Hit::Error => Why::On,
            };
            let ways = find.ways.each();
            ways.map(|(hit, step)| (here(step), why(hit), within))
                .into()
        }
        What::When { otherwise, .. } => vec![
            (next, Why::Yes, at_once),
            (here(*otherwise), Why::No, at_once),
        ],
        What::Jump(to) => vec![(here(*to), Why::On, at_once)],
        What::Goto(target) => {
            let there = target.map(|flow| ((flow, 0), Why::On, at_once));
            there.into_iter().collect()
        }
        // What a sub-flow does is done as if its steps stood here.
        What::Set(_) | What::Needs(_) | What::Call(_) => vec![(next, Why::On, at_once)],
        What::Menu(menu) => {
            let lasts = asked(&menu.question);
            let keys = menu.keys.values();
            let keys = keys.map(|step| (here(*step), Why::Pressed, lasts));
            let silent = (here(menu.question.otherwise), Why::On, lasts);
            keys.chain([silent]).collect()
        }
        What::Ask(ask) => {
            let lasts = asked(&ask.question);
            let silent = (here(ask.question.otherwise), Why::On, lasts);
            vec![(here(ask.valid), Why::Pressed, lasts), silent]
        }
        What::Queue(queue) => {
            let keys = queue.keys.values();
            let keys = keys.map(|step| (here(*step), Why::Pressed, queue.wait));
            exits(queue).into_iter().chain(keys).collect()
        }
        // All ways on from the queue are looked at already, and its wait has been counted.
        What::Back(_) => Vec::new(),
        What::Operator(call) => {
            // Who was rung for in vain is no such caller.
            let ways = [
                (call.on_unavailable, Why::Empty),
                (call.on_unknown, Why::On),
            ];
            let there = ways.into_iter();
            there
                .filter_map(|(target, why)| Some(((target?, 0), why, at_once)))
                .collect()
        }
        What::Duty(DutyOp { on_nobody, .. }) => {
            let there = on_nobody.map_or(next, |flow| (flow, 0));
            vec![(there, Why::Nobody, at_once)]
        }
        // Somebody was rung, a message was taken, or the call is over.
        What::External { .. }
        | What::Voicemail { .. }
        | What::Promise(_)
        | What::Close { .. }
        | What::HangUp { .. } => Vec::new(),
    }
}

/// How a queue is left by whom nobody was rung for. Who has waited in vain to the end is no such caller: what the plan does with
/// them is its own (`decisions/0002`).
fn exits(queue: &QueueOp) -> Vec<(At, Why, Duration)> {
    // As the walk of a live call: a queue that keeps callers though nobody is there is left so only in a drain.
    let empty = queue.on_no_operators.or(queue.on_timeout);
    let exits = [
        (empty, Why::Empty, queue.wait),
        (queue.on_full, Why::Full, Duration::ZERO),
        (queue.on_timeout, Why::UsedUp, Duration::ZERO),
        (queue.on_error, Why::Failed, queue.wait + FAILED_LATE),
        (queue.on_removed, Why::Removed, queue.wait),
        (queue.on_closed, Why::Closed, queue.wait),
    ];
    let there = exits.into_iter();
    there
        .filter_map(|(target, why, lasts)| Some(((target?, 0), why, lasts)))
        .collect()
}

fn heard(prompts: usize) -> Duration {
    let prompts = u32::try_from(prompts).unwrap_or(u32::MAX);
    ANSWER_MAX + PROMPT_MAX.saturating_mul(prompts)
}

/// A question that is put as often as it may be, answered as slowly as it may be.
fn asked(question: &Question) -> Duration {
    let again = longest(&question.on_invalid).max(longest(&question.on_timeout));
    let keys = question.keys;
    let typed = keys.first + keys.between.saturating_mul(keys.most.into());
    // A number may be read back before it: a phrase more.
    let once = heard(longest(&question.prompts) + again + 1) + typed * (u32::from(ERASES_MAX) + 1);
    once.saturating_mul(question.tries.max(1).into())
}
