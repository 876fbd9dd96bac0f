//! The proof of one number: its hours, the seams between them, and a schedule closed by hand at any of them.
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use gudok_calendar::Overrides;
use gudok_model::{Name, Wall};

use super::cells::{Cells, Lines};
use super::graph::{Graph, Why};
use super::night::at_night;
use super::walk::{Sight, State, Walked, walk};
use super::{ByHand, Cause, Covered, Ending, Gap, LISTED_MAX, Listed, Seam, Stretch};
use crate::condition::{Depends, Tri};
use crate::flow::{At, What};
use crate::plan::{Number, Plan};
use crate::spell;
use crate::timeline::Timelines;

/// Most cells that one call may be under way in and that are told apart; what comes behind them is taken together.
const PARTS_MAX: usize = 8;

/// What a call hears before its first step where an announcement is set by hand: one prompt.
const ANNOUNCEMENT: Duration = Duration::from_secs(300);

/// The proof of one number.
pub(super) struct Proof<'a> {
    plan: &'a Plan,
    number: &'a Number,
    span: (Wall, Wall),
    by_hand: &'a Overrides,
    graph: Graph<'a>,
    gaps: BTreeMap<(At, Cause, Name), Gap>,
}

/// What a walk was made of, for those who ask how it came to its ends.
struct Seen<'a> {
    lines: &'a Lines,
    cells: &'a Cells,
    /// Each part: under which supposition, what is said, and a moment of it.
    parts: Vec<(usize, usize, Wall)>,
    /// The schedule that is closed by hand under the second supposition.
    closed: Option<usize>,
}

impl<'a> Proof<'a> {
    pub(super) fn new(
        plan: &'a Plan,
        number: &'a Number,
        span: (Wall, Wall),
        by_hand: &'a Overrides,
    ) -> Self {
        let schedule = number.schedule.as_ref();
        let announced = schedule.and_then(|name| by_hand.announcement(span.0, name));
        let before = announced.map_or(Duration::ZERO, |_| ANNOUNCEMENT);
        Self {
            plan,
            number,
            span,
            by_hand,
            graph: Graph::new(plan, number, before),
            gaps: BTreeMap::new(),
        }
    }

    pub(super) fn covered(mut self, timelines: &mut Timelines<'_>, walked: &mut u64) -> Covered {
        let lines = Lines::new(&self.graph, self.number, &[None], timelines);
        let mut cells = lines.cells(&[0], self.span);
        let (stretches, known) = self.hours(&lines, &cells, walked);
        let seams = self.seams(&lines, &mut cells, &known, walked);
        let schedules = self.schedules();
        let reached = cells.spans(self.span.1);
        let reached = reached.map(|(at, until, said)| (at, until, &known[&said]));
        let at_night = at_night(&self.graph, self.number, &schedules, reached, timelines);
        let by_hand = schedules
            .into_iter()
            .map(|schedule| self.closed(schedule, timelines, walked))
            .collect();
        let unproved: Vec<At> = (lines.unproved.iter())
            .map(|node| self.graph.nodes[*node].at)
            .collect();
        let place = |node: &usize| self.graph.nodes[*node].op.place.clone();
        Covered {
            label: self.number.label.clone(),
            place: self.number.place.clone(),
            zone: self.number.zone.name().clone(),
            from: self.span.0,
            to: self.span.1,
            cells: cells.list.len(),
            stretches,
            seams,
            by_hand,
            unproved: lines.unproved.iter().map(place).collect(),
            unproved_at: unproved,
            gaps: self.shown(),
            at_night,
        }
    }

    /// What becomes of calls that begin and end in the same cell; and the walk of each.
    fn hours(
        &mut self,
        lines: &Lines,
        cells: &Cells,
        walked: &mut u64,
    ) -> (Vec<Stretch>, BTreeMap<usize, Walked>) {
        let mut known: BTreeMap<usize, Walked> = BTreeMap::new();
        let mut stretches: Vec<Stretch> = Vec::new();
        for (at, until, said) in cells.spans(self.span.1) {
            let seen = Seen {
                lines,
                cells,
                parts: vec![(0, said, at)],
                closed: None,
            };
            let found = known.entry(said).or_insert_with(|| {
                *walked += 1;
                self.walk(&seen, 1)
            });
            for (ending, state) in &found.ends {
                self.note(ending, Cause::Hours, (found, *state), &seen, (at, until));
            }
            let ends: BTreeSet<Ending> = found.ends.keys().cloned().collect();
            match stretches.last_mut() {
                Some(last) if last.ends == ends => last.until = until,
                _ => stretches.push(Stretch {
                    from: at,
                    until,
                    ends,
                }),
            }
        }
        (stretches, known)
    }

    /// What only calls come to that are under way as one cell goes over into the next.
    fn seams(
        &mut self,
        lines: &Lines,
        cells: &mut Cells,
        hours: &BTreeMap<usize, Walked>,
        walked: &mut u64,
    ) -> Vec<Seam> {
        let asks = |what: &What| matches!(what, What::When { .. } | What::Duty(_));
        let nodes = self.graph.nodes.iter();
        let asking = nodes.filter(|node| asks(&node.op.what));
        let longest = asking.map(|node| node.since_start).max().unwrap_or(0);
        let mut seams: BTreeMap<Ending, Seam> = BTreeMap::new();
        let mut known: BTreeMap<Vec<usize>, Walked> = BTreeMap::new();
        let list = cells.list.clone();
        for next in (1..list.len()).filter(|_| longest > 0) {
            let ((begin, said), (at, _)) = (list[next - 1], list[next]);
            let behind = list[next..].iter();
            let behind: Vec<(Wall, usize)> = behind
                .take_while(|(then, _)| then.0 - at.0 <= longest)
                .copied()
                .collect();
            let mut parts = vec![(0, said, begin.max(Wall(at.0 - MINUTE)))];
            let (apart, together) = behind.split_at(behind.len().min(PARTS_MAX));
            parts.extend(apart.iter().map(|(then, said)| (0, *said, *then)));
            if let Some((then, _)) = together.first() {
                let together: Vec<usize> = together.iter().map(|(_, said)| *said).collect();
                parts.push((0, cells.joined(&together), *then));
            }
            let key: Vec<usize> = parts.iter().map(|(_, said, _)| *said).collect();
            let seen = Seen {
                lines,
                cells,
                parts,
                closed: None,
            };
            let found = known.entry(key).or_insert_with(|| {
                *walked += 1;
                self.walk(&seen, 1)
            });
            let usual = |ending: &Ending| hours[&said].ends.contains_key(ending);
            for (ending, state) in found.ends.iter().filter(|(ending, _)| !usual(ending)) {
                let seam = seams.entry(ending.clone()).or_insert_with(|| Seam {
                    ending: ending.clone(),
                    count: 0,
                    at: Vec::new(),
                });
                seam.count += 1;
                if seam.at.len() < LISTED_MAX {
                    seam.at.push(at);
                }
                self.note(ending, Cause::Seam, (found, *state), &seen, (at, at));
            }
        }
        seams.into_values().collect()
    }

    /// What becomes of calls when this schedule is closed by hand at any moment.
    fn closed(
        &mut self,
        schedule: usize,
        timelines: &mut Timelines<'_>,
        walked: &mut u64,
    ) -> ByHand {
        let closed = [None, Some(schedule)];
        let lines = Lines::new(&self.graph, self.number, &closed, timelines);
        let cells = lines.cells(&[0, 1], self.span);
        let name = self.plan.schedule_names[schedule].clone();
        let mut ends = BTreeSet::new();
        let mut known: BTreeMap<usize, (Walked, Walked, Walked)> = BTreeMap::new();
        for (at, until, said) in cells.spans(self.span.1) {
            let seen = |supposed: &[usize]| Seen {
                lines: &lines,
                cells: &cells,
                parts: supposed.iter().map(|it| (*it, said, at)).collect(),
                closed: Some(schedule),
            };
            let (usual, under_way) = (seen(&[0]), seen(&[0, 1]));
            let (before, since, during) = known.entry(said).or_insert_with(|| {
                *walked += 3;
                let since = self.walk(&seen(&[1]), 1);
                (self.walk(&usual, 1), since, self.walk(&under_way, 2))
            });
            ends.extend(since.ends.keys().cloned());
            let new = |ending: &Ending| !before.ends.contains_key(ending);
            for (ending, state) in during.ends.iter().filter(|(ending, _)| new(ending)) {
                let cause = Cause::ByHand(name.clone());
                self.note(ending, cause, (during, *state), &under_way, (at, until));
            }
        }
        let own = self.number.schedule.as_ref() == Some(&name);
        let flow = self.number.after_hours.clone().filter(|_| own);
        ByHand {
            schedule: name,
            flow,
            ends,
        }
    }

    /// The schedules of which anything of the number asks or says something: whether they are open, why not, when they open next.
    fn schedules(&self) -> BTreeSet<usize> {
        let whats = self.graph.nodes.iter().map(|node| &node.op.what);
        let asked = whats.flat_map(|what| what.expressions());
        let vars = asked.flat_map(|it| &it.vars);
        let index = |(_, var): &(String, crate::condition::Var)| match var.depends() {
            Depends::Schedule(index) | Depends::Opening(index) => Some(index),
            _ => None,
        };
        vars.filter_map(index).collect()
    }

    fn walk(&self, seen: &Seen<'_>, begin: usize) -> Walked {
        walk(&Sight {
            graph: &self.graph,
            becomes: &seen.lines.becomes,
            parts: seen.parts.len(),
            begin,
            answer: &|state| seen.answer(state),
        })
    }

    /// An end, where it is one that the number does not allow.
    fn note(
        &mut self,
        ending: &Ending,
        cause: Cause,
        (walked, state): (&Walked, usize),
        seen: &Seen<'_>,
        (from, until): (Wall, Wall),
    ) {
        let Some((reason, place)) = ending.reason() else {
            return;
        };
        let allowed = self.number.allow_closed.as_ref();
        if allowed.is_some_and(|allowed| allowed.contains(&reason)) {
            return;
        }
        let at = self.graph.nodes[walked.states[state].node].at;
        // One that is known already is told once: by its hours, else as a seam.
        let of = |cause: Cause| (at, cause, reason.clone());
        let is_known = |cause| self.gaps.contains_key(&of(cause));
        let by_hand = matches!(cause, Cause::ByHand(_));
        if (cause != Cause::Hours && is_known(Cause::Hours)) || (by_hand && is_known(Cause::Seam)) {
            return;
        }
        let key = (at, cause.clone(), reason.clone());
        if !self.gaps.contains_key(&key) {
            let gap = Gap {
                place,
                reason,
                strict: allowed.is_some() && cause == Cause::Hours,
                cause,
                count: 0,
                stretches: Vec::new(),
                minutes: 0,
                because: self.because(walked, state, seen),
                at,
                until: None,
            };
            self.gaps.insert(key.clone(), gap);
        }
        if let Some(gap) = self.gaps.get_mut(&key) {
            gap.add(from, until);
        }
    }

    /// What was decided on the way to a state, in order.
    fn because(&self, walked: &Walked, state: usize, seen: &Seen<'_>) -> Vec<String> {
        let mut said = Vec::new();
        let mut here = state;
        while let Some((from, why)) = walked.from[here] {
            let state = walked.states[from];
            let op = self.graph.nodes[state.node].op;
            let moment = seen.parts[state.part].2;
            let line = match (&op.what, why) {
                (What::When { condition, .. }, why) => {
                    let how = match (seen.answer(state), why) {
                        (Tri::True, _) => "верно",
                        (Tri::False, _) => "неверно",
                        (Tri::Either, Why::Yes) => "если верно",
                        (Tri::Either, _) => "если неверно",
                    };
                    let supposed = seen.parts[state.part].0;
                    let closed = seen.closed.filter(|_| supposed == 1);
                    let by_hand = (self.by_hand, closed);
                    let schedules = spell::schedules(self.plan, condition, moment, by_hand);
                    Some(format!("{how}: {}{schedules}", condition.text))
                }
                (What::Duty(duty), _) => {
                    Some(format!("график дежурств «{}»: никто не дежурит", duty.name))
                }
                (What::Queue(queue), why) => {
                    Some(format!("очередь «{}»: {}", queue.queue, left(why)))
                }
                _ => None,
            };
            said.extend(line.map(|line| format!("{}: {line}", op.place)));
            here = from;
        }
        said.reverse();
        said
    }

    fn shown(&mut self) -> Vec<Gap> {
        let mut gaps: Vec<Gap> = std::mem::take(&mut self.gaps).into_values().collect();
        for gap in &mut gaps {
            for listed in &mut gap.stretches {
                let zone = &self.number.zone;
                listed.shown = match gap.cause {
                    Cause::Seam => spell::moment(zone, listed.from),
                    Cause::Hours | Cause::ByHand(_) => {
                        spell::between(zone, listed.from, listed.until)
                    }
                };
            }
        }
        gaps
    }
}

/// Why a queue is left by whom nobody was rung for.
fn left(why: Why) -> &'static str {
    match why {
        Why::Full => "мест нет",
        Why::Pressed => "нажата клавиша",
        Why::Failed => "сбой у нас",
        Why::Removed => "очередь убрали из плана",
        Why::Closed => "очередь закрылась",
        Why::UsedUp => "ждать уже нечего (wait считается от первой очереди)",
        _ => "никого нет на линии, или служба останавливается",
    }
}

impl Seen<'_> {
    fn answer(&self, state: State) -> Tri {
        let (supposed, said, _) = self.parts[state.part];
        let said = &self.cells.said[said];
        self.lines.answer(said, supposed, state.caller, state.node)
    }
}

/// Microseconds in a minute.
const MINUTE: i64 = 60_000_000;

impl Gap {
    /// Lengthened where it goes on, else one more stretch; a seam is a moment.
    fn add(&mut self, from: Wall, until: Wall) {
        self.minutes += (until.0 - from.0) / MINUTE;
        let goes_on = self.until == Some(from) && from < until;
        self.until = Some(until);
        if !goes_on {
            self.count += 1;
        }
        if goes_on && self.count <= LISTED_MAX {
            if let Some(last) = self.stretches.last_mut() {
                last.until = until;
            }
        } else if !goes_on && self.stretches.len() < LISTED_MAX {
            let shown = String::new();
            self.stretches.push(Listed { from, until, shown });
        }
    }
}
