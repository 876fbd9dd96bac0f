//! The flows of the number with the way of the call, as a picture.
use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use gudok_dialplan::chart::{Chart, ChartStep, StepKind};
use gudok_dialplan::plan::Plan;
use gudok_model::{CallEvent, Caller, Dialled, Name, Wall};
use gudok_sim::outcome_in_russian;
use gudok_sim::story::Story;
use gudok_trace::graph::{Edge, Graph, Look, Node, draw};

/// Writes it.
///
/// # Errors
/// Where the file cannot be written.
pub(super) fn save(
    path: &Path,
    plan: &Plan,
    (caller, dialled, at): (&Caller, &Dialled, Wall),
    story: &Story,
) -> anyhow::Result<()> {
    let did = dialled.number.e164.as_ref();
    let number = did.and_then(|did| plan.number(did));
    let number = number.context("этого номера в плане нет")?;
    let from = caller.e164();
    let from = from.map_or_else(|| "скрыт".to_owned(), |from| from.masked());
    let (shown, zone) = (number.zone.local(at), number.zone.name());
    let subtitle = format!(
        "вызов с номера {from}, {} {:02}:{:02} ({zone}): {}",
        shown.date,
        shown.hour,
        shown.minute,
        ending(story)
    );
    let title = format!("{} ({})", number.label, dialled.number.raw);
    let drawn = picture(&plan.chart(number), story, title, subtitle);
    let written = std::fs::write(path, drawn);
    written.with_context(|| format!("--svg: {} не записывается", path.display()))
}

/// In a few words.
fn ending(story: &Story) -> String {
    match &story.outcome {
        Some((outcome, end)) => format!("{} ({})", outcome_in_russian(*outcome), end.reason),
        None => "не кончается".to_owned(),
    }
}

fn picture(chart: &Chart, story: &Story, title: String, subtitle: String) -> String {
    let way = Way::of(chart, story);
    let nodes = chart.steps.iter().enumerate();
    let nodes = nodes.map(|(index, step)| Node {
        title: step.title.clone(),
        note: note(step),
        look: look(step.kind),
        taken: way.told.contains_key(&index),
        told: way
            .told
            .get(&index)
            .map_or_else(String::new, |told| told.join("\n")),
    });
    let edges = chart.ways.iter().map(|known| Edge {
        from: known.from,
        to: known.to,
        label: known.when.clone(),
        taken: way
            .steps
            .windows(2)
            .any(|pair| pair == [known.from, known.to]),
    });
    let cut = if chart.cut {
        "; показаны не все шаги"
    } else {
        ""
    };
    draw(&Graph {
        title,
        subtitle: subtitle + cut,
        nodes: nodes.collect(),
        edges: edges.collect(),
    })
}

/// Steps by their places in the chart.
struct Way {
    /// One after the other.
    steps: Vec<usize>,
    /// What was said of each.
    told: BTreeMap<usize, Vec<String>>,
}

impl Way {
    fn of(chart: &Chart, story: &Story) -> Self {
        let steps = chart.steps.iter().enumerate();
        // The steps of a sub-flow stand in the chart as often as it is called.
        let mut known: BTreeMap<&Name, Vec<usize>> = BTreeMap::new();
        for (index, step) in steps {
            known.entry(&step.place).or_default().push(index);
        }
        let mut way = Self {
            steps: Vec::new(),
            told: BTreeMap::new(),
        };
        let reasons = story.facts.iter().filter_map(|(_, fact)| match fact {
            CallEvent::Decided { reasons, .. } => Some(reasons),
            _ => None,
        });
        for reason in reasons.flatten() {
            let place = reason.place.as_ref();
            let Some(steps) = place.and_then(|place| known.get(place)) else {
                continue;
            };
            let step = way.next(chart, steps);
            way.told.entry(step).or_default().push(reason.text.clone());
            if way.steps.last() != Some(&step) {
                way.steps.push(step);
            }
        }
        way
    }

    /// Of steps with one place: where we are already, or where a way leads from there.
    fn next(&self, chart: &Chart, steps: &[usize]) -> usize {
        let here = self.steps.last().copied();
        let leads = |to: &&usize| {
            let mut ways = chart.ways.iter();
            ways.any(|way| Some(way.from) == here && way.to == **to)
        };
        let same = steps.iter().find(|step| Some(**step) == here);
        let next = same.or_else(|| steps.iter().find(leads));
        next.or(steps.first()).copied().unwrap_or_default()
    }
}

/// The flow and the line; what a number says of its schedule stands in no flow.
fn note(step: &ChartStep) -> String {
    match step.flow.starts_with('@') {
        true => step.place.to_string(),
        false => format!("{} · {}", step.flow, step.place),
    }
}

fn look(kind: StepKind) -> Look {
    match kind {
        StepKind::Plain => Look::Plain,
        StepKind::Choice => Look::Choice,
        StepKind::Question => Look::Question,
        StepKind::Human => Look::Human,
        StepKind::Message => Look::Message,
        StepKind::End => Look::End,
    }
}
