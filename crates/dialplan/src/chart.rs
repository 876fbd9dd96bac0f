//! The flows of a number as a graph, for a picture: steps with their lines, and the ways on from them.
use std::collections::BTreeMap;

use gudok_model::Name;

use crate::decision::Hit;
use crate::flow::{At, Flow, Target, What};
use crate::line::shown;
use crate::plan::{Number, Plan};
use crate::words;

/// Most steps of a picture; those farther from the beginning are left out.
pub const STEPS_SHOWN_MAX: usize = 400;

/// What a call to one number may go through.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chart {
    /// The first one is where a call begins.
    pub steps: Vec<ChartStep>,
    /// Ways between them; at most one from a step to another.
    pub ways: Vec<Way>,
    /// Some steps are left out.
    pub cut: bool,
}

/// One step of a flow.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChartStep {
    /// Which flow.
    pub flow: Name,
    /// Where it is written: `8800.toml:41:1`, as in the reasons of decisions.
    pub place: Name,
    /// What kind of step.
    pub kind: StepKind,
    /// As the admin names it: `queue tech`, `when client.class == "vip"`. Outside numbers are masked.
    pub title: String,
}

/// Kinds that a reader wants to tell apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StepKind {
    /// Something is said, looked up or remembered.
    Plain,
    /// A condition.
    Choice,
    /// The caller is asked.
    Question,
    /// A queue, a number outside, somebody on duty: a human may answer.
    Human,
    /// A message.
    Message,
    /// The end.
    End,
}

/// From one step to another, by their places in the list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Way {
    /// From which.
    pub from: usize,
    /// To which.
    pub to: usize,
    /// When it is taken, Russian: `да`, `не дождались`; empty where it is the only way.
    pub when: String,
}

impl Plan {
    /// Every step that a call to this number may come to, nearest first.
    pub fn chart(&self, number: &Number) -> Chart {
        let mut walk = Walk {
            flows: &self.flows,
            known: BTreeMap::new(),
            list: Vec::new(),
            chart: Chart {
                steps: Vec::new(),
                ways: Vec::new(),
                cut: false,
            },
        };
        walk.come((number.entry, 0));
        let mut next = 0;
        while let Some(at) = walk.list.get(next).copied() {
            walk.go_on(next, at);
            next += 1;
        }
        walk.chart
    }
}

struct Walk<'a> {
    flows: &'a [Flow],
    /// Place in the list of each step.
    known: BTreeMap<At, usize>,
    list: Vec<At>,
    chart: Chart,
}

impl Walk<'_> {
    fn what(&self, (flow, step): At) -> Option<&What> {
        Some(&self.flows.get(flow)?.ops.get(step)?.what)
    }

    /// Jumps are not steps of the admin's. A circle of nothing but jumps is no plan; still it ends here.
    fn settle(&self, mut at: At) -> At {
        for _ in 0..self.flows.len() + STEPS_SHOWN_MAX {
            at = match self.what(at) {
                Some(What::Jump(to) | What::Back(to)) => (at.0, *to),
                Some(What::Goto(Some(flow))) => (*flow, 0),
                _ => return at,
            };
        }
        at
    }

    /// The place of a step in the list, which from now on holds it.
    fn come(&mut self, at: At) -> Option<usize> {
        let at = self.settle(at);
        if let Some(known) = self.known.get(&at) {
            return Some(*known);
        }
        let flow = self.flows.get(at.0)?;
        let op = flow.ops.get(at.1)?;
        if self.list.len() >= STEPS_SHOWN_MAX {
            self.chart.cut = true;
            return None;
        }
        let (kind, title) = titled(&op.what);
        self.chart.steps.push(ChartStep {
            flow: flow.name.clone(),
            place: op.place.clone(),
            kind,
            title,
        });
        self.known.insert(at, self.list.len());
        self.list.push(at);
        Some(self.list.len() - 1)
    }

    fn go_on(&mut self, from: usize, at: At) {
        let ways = self.what(at).map(|what| ways(what, at));
        for (at, when) in ways.unwrap_or_default() {
            let Some(to) = self.come(at) else { continue };
            let mut ways = self.chart.ways.iter_mut();
            match ways.find(|way| way.from == from && way.to == to) {
                Some(way) => {
                    way.when += ", ";
                    way.when += &when;
                }
                None => self.chart.ways.push(Way { from, to, when }),
            }
        }
    }
}

fn titled(what: &What) -> (StepKind, String) {
    let words = |word: &str, names: &[Name]| format!("{word} {}", names.join(", "));
    match what {
        What::Play { prompts, .. } => (StepKind::Plain, words("play", &shown(prompts))),
        What::Lookup => (StepKind::Plain, "lookup".into()),
        What::Find(find) => {
            let (value, by) = (&find.value.text, &find.by);
            (StepKind::Question, format!("lookup {value} by {by}"))
        }
        What::Call(name) => (StepKind::Plain, format!("call {name}")),
        What::Set(list) => {
            let names: Vec<Name> = list.iter().map(|it| it.name.clone()).collect();
            (StepKind::Plain, words("set", &names))
        }
        What::Needs(needs) => (StepKind::Plain, format!("needs {}", words::levels(needs))),
        What::When { condition, .. } => (StepKind::Choice, format!("when {}", condition.text)),
        What::Menu(menu) => (
            StepKind::Question,
            words("menu", &shown(&menu.question.prompts)),
        ),
        What::Ask(ask) => (StepKind::Question, format!("ask {}", ask.name)),
        What::Queue(queue) => {
            let (name, priority) = (&queue.queue, queue.priority);
            (
                StepKind::Human,
                format!("queue {name}, priority {priority}"),
            )
        }
        What::External { number, .. } => (StepKind::Human, format!("external {}", number.masked())),
        What::Operator(call) => (StepKind::Human, format!("operator {}", call.who.text())),
        What::Duty(duty) => (StepKind::Human, format!("duty {}", duty.name)),
        What::Voicemail { prompts, .. } => (StepKind::Message, words("voicemail", &shown(prompts))),
        What::Promise(promise) => {
            let group = promise.owed.group.as_ref().map_or("", |it| it.as_str());
            (StepKind::Message, format!("callback {group}"))
        }
        What::Close { reason, .. } => (StepKind::End, format!("close: {reason}")),
        What::HangUp { reason } => (StepKind::End, format!("hangup: {reason}")),
        What::Jump(_) | What::Back(_) | What::Goto(_) => (StepKind::Plain, "goto".into()),
    }
}

pub(crate) fn ways(what: &What, (flow, step): At) -> Vec<(At, String)> {
    let here = |step: usize, when: &str| ((flow, step), when.to_owned());
    let there = |target: Target, when: &str| target.map(|flow| ((flow, 0), when.to_owned()));
    match what {
        What::Play { .. }
        | What::Lookup
        | What::Call(_)
        | What::Set(_)
        | What::Needs(_)
        | What::Voicemail { .. } => vec![here(step + 1, "")],
        What::When { otherwise, .. } => vec![here(step + 1, "да"), here(*otherwise, "нет")],
        What::Menu(menu) => {
            let keys = menu
                .keys
                .iter()
                .map(|(key, to)| here(*to, &key.to_string()));
            let end = here(menu.question.otherwise, "попытки кончились");
            keys.chain([end]).collect()
        }
        What::Find(find) => {
            let words = [
                (Hit::One, "найден"),
                (Hit::None, "не найден"),
                (Hit::Many, "несколько"),
                (Hit::Error, "нет ответа"),
            ];
            let ways = words.map(|(hit, when)| here(find.ways.after(hit), when));
            ways.into()
        }
        What::Ask(ask) => vec![
            here(ask.valid, "принято"),
            here(ask.question.otherwise, "попытки кончились"),
        ],
        What::Queue(queue) => {
            let empty = match queue.leave_empty {
                true => "никого нет",
                false => "служба останавливается",
            };
            let exits = [
                there(queue.on_timeout, "не дождались"),
                there(queue.on_no_operators, empty),
                there(queue.on_full, "очередь полна"),
                there(queue.on_error, "сбой"),
                there(queue.on_removed, "очередь убрали"),
                there(queue.on_closed, "очередь закрылась"),
            ];
            let keys = queue.keys.iter();
            let keys = keys.map(|(key, to)| here(*to, &key.to_string()));
            exits.into_iter().flatten().chain(keys).collect()
        }
        What::External {
            on_not_answered, ..
        } => {
            vec![there(*on_not_answered, "не взяли").unwrap_or_else(|| here(step + 1, "не взяли"))]
        }
        What::Operator(call) => {
            let ways = [
                there(call.on_not_answered, "не взял"),
                there(call.on_unavailable, "не на линии"),
                there(call.on_unknown, "нет такого"),
            ];
            ways.into_iter().flatten().collect()
        }
        What::Duty(duty) => {
            let on = there(duty.on_nobody, "никто не взял");
            vec![on.unwrap_or_else(|| here(step + 1, "никто не взял"))]
        }
        What::Jump(_)
        | What::Back(_)
        | What::Goto(_)
        | What::Promise(_)
        | What::Close { .. }
        | What::HangUp { .. } => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use crate::load::{Source, load};

    fn chart(text: &str) -> String {
        let source = Source {
            name: "p.toml".into(),
            text: text.into(),
        };
        let plan = load(&[source]).expect("the plan is good").plan;
        let chart = plan.chart(&plan.numbers()[0]);
        let mut told = String::new();
        for (index, step) in chart.steps.iter().enumerate() {
            told += &format!("{index} {} {} {:?}\n", step.place, step.title, step.kind);
        }
        for way in &chart.ways {
            let way = format!("{} → {} {}", way.from, way.to, way.when);
            told += &format!("{}\n", way.trim_end());
        }
        told
    }

    #[test]
    fn steps_have_their_lines_and_every_way_on() {
        let text = r#"
[[number]]
did = "+78001234567"
flow = "main"
[group.tech]
operators = ["101"]
[[flow.main]]
play = ["greeting", "notice"]
notice = true
[[flow.main]]
menu = ["menu_main"]
keys = { 1 = "wait", 2 = "wait", 3 = "bye" }
otherwise = "bye"
[[flow.wait]]
queue = "tech"
wait = "2m"
on_timeout = "bye"
on_no_operators = "bye"
on_full = "bye"
[[flow.bye]]
when = 'client.class == "vip"'
then = [{ external = "+79990000101", on_not_answered = "over" }]
else = "over"
[[flow.over]]
close = ["goodbye"]
reason = "nobody"
"#;
        insta::assert_snapshot!(chart(text), @r#"
        0 p.toml:8:1 play greeting, notice Plain
        1 p.toml:11:1 menu menu_main Question
        2 p.toml:15:1 queue tech, priority 0 Human
        3 p.toml:21:1 when client.class == "vip" Choice
        4 p.toml:22:11 external +7999•••0101 Human
        5 p.toml:25:1 close: nobody End
        0 → 1
        1 → 2 1, 2
        1 → 3 3, попытки кончились
        2 → 3 не дождались, никого нет, очередь полна
        3 → 4 да
        3 → 5 нет
        4 → 5 не взяли
        "#);
    }
}
