//! What a test expects against what became of its call.
use std::fmt::Debug;

use gudok_model::Name;

use super::run::Story;
use super::{ENDS, End, Said, Trial};
use crate::text::{Problems, Spot, error};
use crate::words;

/// Most lines of the way that are shown with a failure: the last of them.
const TRAIL_SHOWN: usize = 30;

/// Complains of everything that came otherwise than expected; `at` is where the test is named.
pub(super) fn judge(trial: &Trial, at: &Spot, story: &Story, problems: &mut Problems<'_>) {
    let mut court = Court {
        trial,
        story,
        problems,
        told: false,
    };
    if !story.entered {
        let en = "the plan takes calls to this number from another trunk";
        return court.fails(at, "план принимает этот номер по другому транку", en);
    }
    if let Some((at, what)) = &story.unfit {
        return court.fails(at, what, "what is said to happen cannot happen here");
    }
    court.expectations();
    court.answers();
    if let Some(at) = &story.unused {
        let en = "the call did not get so far";
        court.fails(at, "вызов кончился раньше: до этого не дошло", en);
    }
}

struct Court<'a, 'p, 't> {
    trial: &'a Trial,
    story: &'a Story,
    problems: &'p mut Problems<'t>,
    told: bool,
}

impl Court<'_, '_, '_> {
    fn expectations(&mut self) {
        let (expect, story) = (&self.trial.expect, self.story);
        if let Some(said) = &expect.flow {
            let passed = in_order(&said.value, &story.flows);
            self.must(passed, said, "flow", &shown(&story.flows));
        }
        if let Some(said) = &expect.queue {
            self.must(
                said.value == story.queues,
                said,
                "queue",
                &shown(&story.queues),
            );
        }
        if let Some(said) = &expect.priority {
            let found = story.priority.map(u32::from);
            let got = found.map_or("в очередь вызов не попал".into(), |p| {
                p.to_string()
            });
            self.must(found == Some(said.value), said, "priority", &got);
        }
        if let Some(said) = &expect.needs {
            let same = said.value == story.needs;
            self.must(same, said, "needs", &words::levels(&story.needs));
        }
        if let Some(said) = &expect.external {
            let same = said.value == story.external;
            self.must(same, said, "external", &shown(&story.external));
        }
        if let Some(said) = &expect.says {
            let passed = in_order(&said.value, &story.says);
            self.must(passed, said, "says", &shown(&story.says));
        }
        if let Some(said) = &expect.not_says {
            let silent = !said.value.iter().any(|name| story.says.contains(name));
            self.must(silent, said, "not_says", &shown(&story.says));
        }
        if let Some(said) = &expect.hears {
            let passed = are_heard(&said.value, &story.hears.join("\n"));
            self.must(passed, said, "hears", &format!("{:?}", story.hears));
        }
        if let Some(said) = &expect.ends {
            let got = story.end.map_or("nothing", word);
            let said = Said {
                value: word(said.value),
                at: said.at.clone(),
            };
            self.must(said.value == got, &said, "ends", &format!("{got:?}"));
        }
        if let Some(said) = &expect.reason {
            let got = story.reason.as_deref();
            let same = got == Some(&*said.value);
            let got = got.map_or(
                "без причины: вызов ею не кончился".into(),
                |r| format!("{r:?}"),
            );
            self.must(same, said, "reason", &got);
        }
    }

    fn answers(&mut self) {
        let (expect, story) = (&self.trial.expect, self.story);
        let none = || "ответа нет".to_owned();
        if let Some(said) = &expect.rating {
            let got = story.rating.map(u32::from);
            let told = got.map_or_else(none, |mark| mark.to_string());
            self.must(got == Some(said.value), said, "rating", &told);
        }
        if let Some(said) = &expect.solved {
            let told = story.solved.map_or_else(none, |it| it.to_string());
            self.must(story.solved == Some(said.value), said, "solved", &told);
        }
    }

    fn must<T: Debug>(&mut self, holds: bool, said: &Said<T>, key: &str, got: &str) {
        if !holds {
            let expected = &said.value;
            let ru = format!("ожидалось {key} = {expected:?}, а вышло: {got}");
            let en = format!("expected {key} = {expected:?}, got {got}");
            self.fails(&said.at, &ru, &en);
        }
    }

    /// The way of the call is shown with the first complaint of a test.
    fn fails(&mut self, at: &Spot, ru: &str, en: &str) {
        let name = &self.trial.name;
        let ru = format!("тест «{name}» не прошёл: {ru}");
        let mut said = error("test_failed", ru, format!("test {name:?} failed: {en}"));
        if !std::mem::replace(&mut self.told, true) {
            let trail = &self.story.trail;
            let skipped = trail.len().saturating_sub(TRAIL_SHOWN);
            let way: Vec<&str> = trail.iter().skip(skipped).map(String::as_str).collect();
            said = said.remedy((
                format!("как шёл вызов:\n  {}", way.join("\n  ")),
                "the way of the call is told above, in Russian",
            ));
        }
        self.problems.say(at, said);
    }
}

/// Whether all of `wanted` come in `found` in this order, others between them.
fn in_order(wanted: &[Name], found: &[Name]) -> bool {
    let mut found = found.iter();
    wanted.iter().all(|name| found.any(|other| other == name))
}

/// Whether all of these words are heard, one after the other.
fn are_heard(wanted: &[String], heard: &str) -> bool {
    let mut rest = heard;
    wanted.iter().all(|words| {
        let found = rest.split_once(words.as_str());
        rest = found.map_or("", |(_, after)| after);
        found.is_some()
    })
}

fn shown(names: &[Name]) -> String {
    format!("{names:?}")
}

fn word(end: End) -> &'static str {
    let found = ENDS.iter().find(|(_, known)| *known == end);
    found.map_or("", |(word, _)| word)
}
