//! Which prompts callers of a plan may hear, in which language, and which place says them.
use std::collections::{BTreeMap, BTreeSet};

use gudok_model::Name;
use gudok_speech::{Announcement, Locale, Manner, is_piece};

use crate::flow::{Op, What};
use crate::line::Utterance;
use crate::link::Linked;
use crate::promise;
use crate::step::TECHNICAL_PROBLEM;

/// A prompt of a language among those of all: Russian ones by their own name, others behind the language, `en/greeting`.
pub fn in_locale(locale: Locale, prompt: &Name) -> Name {
    match locale {
        Locale::Ru => prompt.clone(),
        other => format!("{}/{prompt}", other.slug()).into(),
    }
}

/// Prompts as they may be noted: in the place of two pieces and more, one after the other, stands `…`, since together they may
/// be somebody's number.
pub fn named(prompts: &[Name]) -> Vec<&str> {
    let runs = prompts.chunk_by(|a, b| is_piece(a) && is_piece(b));
    let named = runs.flat_map(|run| match run {
        [_, _, ..] => vec!["…"],
        alone => alone.iter().map(|it| &**it).collect(),
    });
    named.collect()
}

/// Every prompt with the first place that says it. What no number leads to counts as said in Russian.
pub(crate) fn all(linked: &Linked) -> BTreeMap<Name, Name> {
    let mut said = Said {
        linked,
        prompts: BTreeMap::new(),
        manners: BTreeMap::new(),
        read_back: BTreeMap::new(),
        done: BTreeSet::new(),
    };
    let mut heard = BTreeSet::new();
    for number in &linked.numbers {
        let flows = said.reached([Some(number.entry), number.busy_entry]);
        for flow in &flows {
            said.flow(number.locale, *flow);
        }
        let lost = in_locale(number.locale, &TECHNICAL_PROBLEM.into());
        said.prompts.entry(lost).or_insert(number.place.clone());
        heard.extend(flows);
    }
    let locales: BTreeSet<Locale> = linked.numbers.iter().map(|it| it.locale).collect();
    for locale in locales {
        said.surveys(locale);
    }
    for flow in (0..linked.flows.len()).filter(|flow| !heard.contains(flow)) {
        said.flow(Locale::Ru, flow);
    }
    said.prompts
}

struct Said<'a> {
    linked: &'a Linked,
    prompts: BTreeMap<Name, Name>,
    /// The pieces of values, found out once for each way to say one.
    manners: BTreeMap<(Locale, Manner), BTreeSet<&'static str>>,
    /// Those of a number that is read back, which take a thousand numbers to find out.
    read_back: BTreeMap<Locale, BTreeSet<Name>>,
    /// The flows whose prompts are listed in a language: most numbers lead to the same few.
    done: BTreeSet<(Locale, usize)>,
}

impl Said<'_> {
    /// The flows a call may come to.
    fn reached(&self, starts: [Option<usize>; 2]) -> BTreeSet<usize> {
        let mut seen: BTreeSet<usize> = starts.into_iter().flatten().collect();
        let mut left: Vec<usize> = seen.iter().copied().collect();
        while let Some(flow) = left.pop() {
            let ops = self.linked.flows.get(flow).map(|flow| &flow.ops);
            for (step, op) in ops.into_iter().flatten().enumerate() {
                let edges = op.what.edges((flow, step));
                left.extend(
                    edges
                        .iter()
                        .map(|edge| edge.to.0)
                        .filter(|to| seen.insert(*to)),
                );
            }
        }
        seen
    }

    fn flow(&mut self, locale: Locale, flow: usize) {
        if !self.done.insert((locale, flow)) {
            return;
        }
        let linked = self.linked;
        for op in linked.flows.get(flow).iter().flat_map(|flow| &flow.ops) {
            for prompt in op
                .what
                .prompts()
                .into_iter()
                .chain(self.announced(locale, op))
                .chain(self.promised(locale, op))
                .chain(self.valued(locale, op))
            {
                let name = in_locale(locale, &prompt);
                self.prompts.entry(name).or_insert_with(|| op.place.clone());
            }
        }
    }

    /// The pieces that values may be put together of.
    fn valued(&mut self, locale: Locale, op: &Op) -> Vec<Name> {
        let mut pieces = Vec::new();
        for utterance in op.what.lines().into_iter().flatten() {
            if let Utterance::Value(said) = utterance {
                let known = self.manners.entry((locale, said.manner));
                let may_say = known.or_insert_with(|| said.manner.may_say(locale));
                pieces.extend(may_say.iter().map(|piece| Name::from(*piece)));
            }
        }
        pieces
    }

    /// An operator may pass any caller on to any queue, so its survey is said in every language.
    fn surveys(&mut self, locale: Locale) {
        for survey in self.linked.surveys.values() {
            for prompt in survey.said() {
                let name = in_locale(locale, &prompt);
                self.prompts.entry(name).or_insert(survey.place.clone());
            }
        }
    }

    /// The pieces that announcements of a queue may be put together of.
    fn announced(&self, locale: Locale, op: &Op) -> Vec<Name> {
        let What::Queue(queue) = &op.what else {
            return Vec::new();
        };
        let known = self.linked.queues.iter().find(|it| it.id == queue.queue);
        let (Some(announce), Some(settings)) = (&queue.announce, known) else {
            return Vec::new();
        };
        let says = Announcement {
            position: announce.position,
            wait: announce.wait,
        };
        let pieces = says.may_say(locale, settings.callers_max);
        pieces.into_iter().map(Name::from).collect()
    }

    /// The pieces of a promise, and those by which a number is read back.
    fn promised(&mut self, locale: Locale, op: &Op) -> Vec<Name> {
        match &op.what {
            What::Menu(menu) if menu.reads.is_some() => {
                let known = self.read_back.entry(locale);
                let pieces = known.or_insert_with(|| promise::may_read(locale));
                pieces.iter().cloned().collect()
            }
            What::Promise(op) => promise::may_promise(locale, op),
            _ => Vec::new(),
        }
    }
}
