//! What is proved of the ways through a plan: none ends in silence, none goes round without end, nobody is
//! recorded who was not told (behaviour Q0, architecture of the notice in 2.3).
use std::collections::{BTreeMap, BTreeSet};

use gudok_model::{Kind, NumberRules, PhoneNumber, number};

use crate::circles::circles;
use crate::decision::{AnswerFirst, RecordPolicy};
use crate::flow::{At, Edge, Op, What};
use crate::link::Linked;
use crate::plan::{Number, STEPS_MAX};
use crate::text::{Laid, Problems, Said, error, warning};

/// Proves the ways of a plan whose words are right.
pub(crate) fn prove(linked: &Linked, problems: &mut Problems<'_>) {
    let mut proof = Proof { linked, problems };
    for flow in 0..linked.flows.len() {
        proof.ends_well(flow);
    }
    proof.goes_round();
    proof.answering_machines();
    for number in &linked.numbers {
        proof.number(number);
    }
    proof.unused_flows();
}

struct Proof<'a, 'p, 't> {
    linked: &'a Linked,
    problems: &'p mut Problems<'t>,
}

impl Proof<'_, '_, '_> {
    fn op(&self, (flow, step): At) -> Option<&Op> {
        self.linked.flows.get(flow)?.ops.get(step)
    }

    fn edges(&self, at: At) -> Vec<Edge> {
        self.op(at).map(|op| op.what.edges(at)).unwrap_or_default()
    }

    fn spot(&self, (flow, step): At) -> Laid {
        let laid = self.linked.spots[flow].get(step).cloned();
        laid.unwrap_or_else(|| self.linked.flow_spots[flow].clone().into())
    }

    fn say(&mut self, at: At, said: Said) {
        let laid = self.spot(at);
        self.problems.say_laid(&laid, said);
    }

    /// Everything that can be reached from `start`, going on only where `on` allows.
    fn reach(
        &self,
        start: At,
        on: impl Fn(&Op) -> bool,
        into: impl Fn(At) -> bool,
    ) -> BTreeSet<At> {
        let mut seen = BTreeSet::from([start]);
        let mut left = vec![start];
        while let Some(at) = left.pop() {
            if self.op(at).is_some_and(&on) {
                let ways = self
                    .edges(at)
                    .into_iter()
                    .map(|edge| edge.to)
                    .filter(|to| into(*to));
                left.extend(ways.filter(|to| seen.insert(*to)));
            }
        }
        seen
    }

    /// No operation is the last one and goes on; none stands where no way leads.
    fn ends_well(&mut self, flow: usize) {
        let ops = &self.linked.flows[flow].ops;
        let name = &self.linked.flows[flow].name;
        if ops.is_empty() {
            let said = error(
                "silent_end",
                format!("ветка «{name}» пуста"),
                format!("flow `{name}` is empty"),
            );
            return self.say((flow, 0), said.remedy(END_REMEDY));
        }
        let reached = self.reach((flow, 0), |_| true, |to| to.0 == flow);
        let past = (flow, ops.len());
        let ends = |at: &At| self.edges(*at).iter().any(|edge| edge.to == past);
        let silent: BTreeSet<_> = reached
            .iter()
            .copied()
            .filter(|at| *at != past)
            .filter(ends)
            .collect();
        // A condition and the jumps it was laid out with stand at one place.
        let mut told: Vec<Laid> = Vec::new();
        for at in silent {
            if told.contains(&self.spot(at)) {
                continue;
            }
            told.push(self.spot(at));
            let ru = format!("после этого шага ветка «{name}» кончается молчанием");
            let en = format!("flow `{name}` ends in silence after this step");
            self.say(at, error("silent_end", ru, en).remedy(END_REMEDY));
        }
        let dead = |(step, op): &(usize, &Op)| {
            !matches!(op.what, What::Jump(_) | What::Back(_)) && !reached.contains(&(flow, *step))
        };
        if let Some((step, _)) = ops.iter().enumerate().find(dead) {
            let ru = "до этого шага звонок никогда не дойдёт: предыдущий шаг уводит его навсегда";
            let said = error("unreachable", ru, "no call gets to this step");
            self.say(
                (flow, step),
                said.remedy((
                    "уберите шаг или перенесите его выше",
                    "remove the step or move it up",
                )),
            );
        }
    }

    /// A circle without a prompt or a wait in it never ends; one with them ends by the limit of steps.
    fn goes_round(&mut self) {
        let endless = self.circles(|_, edge| !edge.takes_time);
        let again = self.comes_back(&endless);
        for circle in &endless {
            let (at, name) = (circle[0], &self.linked.flows[circle[0].0].name);
            let ru = format!(
                "бесконечный круг через ветку «{name}»: в нём никто не ждёт и ничего не звучит"
            );
            let said = error(
                "endless",
                ru,
                format!("an endless circle through flow `{name}`"),
            );
            self.say(
                at,
                said.remedy((
                    "добавьте в круг фразу или очередь или уберите goto",
                    "add a prompt or a queue to the circle, or remove the goto",
                )),
            );
        }
        for circle in self.circles(|_, _| true) {
            let told = || endless.iter().chain(&again).flatten();
            if circle.iter().any(|at| told().any(|told| told == at)) {
                continue;
            }
            let (at, name) = (circle[0], &self.linked.flows[circle[0].0].name);
            let ru = format!("звонок может ходить по кругу через ветку «{name}»");
            let said = warning(
                "circle",
                ru,
                format!("a call can go round through flow `{name}`"),
            );
            self.say(
                at,
                said.remedy((
                    format!("круг оборвётся после {STEPS_MAX} шагов закрывающей фразой"),
                    format!("after {STEPS_MAX} steps the circle is cut by the closing message"),
                )),
            );
        }
    }

    /// Circles of a queue and of people outside with nothing else between them. `wait` is counted from the first queue (Q1,
    /// Q10: the deadline is absolute): whoever comes back has none left, and the same people are rung again and again.
    fn comes_back(&mut self, endless: &[Vec<At>]) -> Vec<Vec<At>> {
        let outside = |what: &What| matches!(what, What::External { .. } | What::Duty(_));
        let at_once = |op: &Op, edge: &Edge| {
            !edge.takes_time || matches!(op.what, What::Queue(_)) || outside(&op.what)
        };
        let has = |circle: &[At], kind: &dyn Fn(&What) -> bool| {
            let mut ops = circle.iter().filter_map(|at| self.op(*at));
            ops.any(|op| kind(&op.what))
        };
        let mut found = self.circles(at_once);
        found.retain(|circle| {
            has(circle, &|what| matches!(what, What::Queue(_)))
                && has(circle, &outside)
                && !circle
                    .iter()
                    .any(|at| endless.iter().flatten().any(|told| told == at))
        });
        for circle in &found {
            let queue = |at: &&At| matches!(self.op(**at).map(|op| &op.what), Some(What::Queue(_)));
            let at = *circle.iter().find(queue).unwrap_or(&circle[0]);
            let name = &self.linked.flows[at.0].name;
            let ru = format!(
                "круг через ветку «{name}»: вернувшийся в очередь уже отждал своё, и тем же людям звонят снова и снова"
            );
            let en = format!(
                "a circle through flow `{name}`: who comes back to the queue has no wait left"
            );
            let remedy = (
                "после дежурных или внешнего номера ведите дальше: к другой очереди с большим wait, к сообщению или закрывающей фразе",
                "after `duty` or `external` lead on: to another queue with a longer `wait`, to a message or to a closing prompt",
            );
            self.say(at, error("endless", ru, en).remedy(remedy));
        }
        found
    }

    /// Whoever lifts the phone outside takes the call, and so does an answering machine or a voice mailbox: nobody else is
    /// tried, and the caller speaks to nobody.
    fn answering_machines(&mut self) {
        for at in self.all() {
            let Some((ru, en)) = self.op(at).and_then(|op| self.takes_unheard(&op.what)) else {
                continue;
            };
            let said = warning("no_ack", ru, en);
            self.say(
                at,
                said.remedy((
                    "добавьте ack = { prompts = [\"duty_ack\"] }: звонок берут клавишей 1",
                    "add ack = { prompts = [\"duty_ack\"] }: key 1 takes the call",
                )),
            );
        }
    }

    /// What a machine would take, where whoever answers is not asked for a key.
    fn takes_unheard(&self, what: &What) -> Option<(String, String)> {
        let first = "звонок берёт тот, кто первым снимет трубку, и автоответчик тоже";
        match what {
            What::Duty(duty) if duty.ack.is_none() => {
                let people = self.linked.rosters.get(duty.roster);
                let several = people.is_some_and(|it| it.roster.may_call_several());
                let lost = match several {
                    true => "дальше по списку не позвонят",
                    false => "вызов на нём и кончится",
                };
                let ru = format!("график дежурств «{}»: {first}: {lost}", duty.name);
                let en = format!(
                    "roster `{}`: an answering machine takes the call",
                    duty.name
                );
                Some((ru, en))
            }
            What::External {
                number, ack: None, ..
            } if is_mobile(number) => {
                let number = number.masked();
                let ru = format!("мобильный {number}: {first}: вызов на нём и кончится");
                let en = format!("mobile {number}: an answering machine takes the call");
                Some((ru, en))
            }
            _ => None,
        }
    }

    fn circles(&self, taken: impl Fn(&Op, &Edge) -> bool) -> Vec<Vec<At>> {
        let all = self.all();
        let index: BTreeMap<At, usize> = all.iter().copied().zip(0..).collect();
        let to = |edge: Edge| index.get(&edge.to).copied();
        let follow = |at: &At| {
            let taken = |edge: &Edge| self.op(*at).is_some_and(|op| taken(op, edge));
            self.edges(*at)
                .into_iter()
                .filter(taken)
                .filter_map(to)
                .collect()
        };
        let edges: Vec<Vec<usize>> = all.iter().map(follow).collect();
        let place = |circle: Vec<usize>| circle.into_iter().map(|node| all[node]).collect();
        circles(&edges).into_iter().map(place).collect()
    }

    fn all(&self) -> Vec<At> {
        let flows = self.linked.flows.iter().enumerate();
        flows
            .flat_map(|(flow, f)| (0..f.ops.len()).map(move |step| (flow, step)))
            .collect()
    }

    /// What depends on how a number is answered and recorded.
    fn number(&mut self, number: &Number) {
        for entry in entries(number) {
            self.number_from(number, (entry, 0));
        }
    }

    fn number_from(&mut self, number: &Number, entry: At) {
        if number.record == RecordPolicy::AfterNotice {
            let untold = self.reach(
                entry,
                |op| !matches!(op.what, What::Play { notice: true, .. }),
                |_| true,
            );
            let talks = |at: &At| {
                matches!(
                    self.op(*at).map(|op| &op.what),
                    Some(
                        What::Queue(_) | What::External { .. } | What::Operator(_) | What::Duty(_)
                    )
                )
            };
            if let Some(at) = untold.into_iter().find(talks) {
                let ru = format!(
                    "номер «{}»: до разговора можно дойти без уведомления о записи",
                    number.label
                );
                let en = format!(
                    "{}: a talk can be reached without the recording notice",
                    number.place
                );
                let said = error("no_notice", ru, en);
                let remedy = (
                    "проиграйте его раньше: play = [\"notice\"] с notice = true; или поставьте номеру record = \"off\"",
                    "play it earlier: play = [\"notice\"] with notice = true; or set record = \"off\" for the number",
                );
                self.say(at, said.remedy(remedy));
            }
        }
        if number.answer == AnswerFirst::Ring {
            // These answer the call first.
            let silent = |op: &Op| match &op.what {
                What::Voicemail { .. } | What::Close { .. } | What::Menu(_) | What::Ask(_) => false,
                What::Queue(queue) => queue.keys.is_empty(),
                _ => true,
            };
            let before = self.reach(entry, silent, |_| true);
            let plays = |at: &At| match self.op(*at).map(|op| &op.what) {
                Some(What::Play { .. }) => true,
                Some(What::Queue(queue)) => queue.announce.is_some() && queue.keys.is_empty(),
                _ => false,
            };
            if let Some(at) = before.into_iter().find(plays) {
                let ru = format!(
                    "номер «{}» ещё не снял трубку (answer = \"ring\"): фразу никто не услышит",
                    number.label
                );
                let en = format!("{}: nothing can be played before the answer", number.place);
                let remedy = (
                    "поставьте номеру answer = \"answer\" или \"early_media\" или уберите фразу",
                    "set answer = \"answer\" or \"early_media\" for the number, or remove the prompt",
                );
                self.say(at, error("play_before_answer", ru, en).remedy(remedy));
            }
        }
    }

    fn unused_flows(&mut self) {
        let mut used = BTreeSet::new();
        for number in &self.linked.numbers {
            for entry in entries(number) {
                let reached = self.reach((entry, 0), |_| true, |_| true);
                used.extend(reached.into_iter().map(|(flow, _)| flow));
            }
        }
        for flow in (0..self.linked.flows.len()).filter(|flow| !used.contains(flow)) {
            let name = &self.linked.flows[flow].name;
            let ru = format!("в ветку «{name}» не ведёт ни один номер");
            let said = warning("unused", ru, format!("no number leads to flow `{name}`"));
            self.problems
                .say(&self.linked.flow_spots[flow].clone(), said);
        }
    }
}

/// The flows a call of the number may begin with.
fn entries(number: &Number) -> impl Iterator<Item = usize> {
    std::iter::once(number.entry).chain(number.busy_entry)
}

const END_REMEDY: (&str, &str) = (
    "закончите очередью (queue), внешним номером (external), закрывающей фразой (close), обещанием перезвонить (callback), переходом (goto) \
     или hangup с allow_hangup",
    "end it with `queue`, `external`, `close`, `callback`, `goto` or `hangup` with `allow_hangup`",
);

/// A phone that somebody carries, with a mailbox behind it when it is off; other numbers are mostly of companies.
fn is_mobile(number: &PhoneNumber) -> bool {
    number::parse(number.as_str(), &NumberRules::default()).kind == Kind::Mobile
}
