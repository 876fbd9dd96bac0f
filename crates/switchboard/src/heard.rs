//! Who hears whom with supervisors in the talk.
//!
//! A supervisor hears all who are heard there, and each other supervisor who speaks. Who whispers is heard by the operator and the other
//! supervisors, who barges in by everybody; but for whoever is on hold, who hears music.
use gudok_model::LegId;

use crate::call::{Call, Talk};
use crate::conference::{hears, pair};
use crate::output::Hears;
use crate::supervision::Supervision;

/// The room of those who talk and of the supervisors with them; empty: a bridge is enough. `talkers`: the room without supervisors, empty
/// where they are two who hear each other, or one alone.
pub(crate) fn with_supervisors(call: &Call, talk: &Talk, talkers: Vec<Hears>) -> Vec<Hears> {
    let present = call.supervisions.iter().filter(|it| it.answered);
    let present: Vec<&Supervision> = present.collect();
    if present.is_empty() {
        return talkers;
    }
    let talkers = match (talkers.is_empty(), pair(call)) {
        (false, _) => talkers,
        (true, Some((a, b))) => vec![hears(a, &[b]), hears(b, &[a])],
        (true, None) => vec![hears(talk.leg, &[])],
    };
    let ears = present
        .iter()
        .map(|own| ear(own, talk, &talkers, &present))
        .collect::<Vec<_>>();
    let talkers = talkers.into_iter().map(|mut it| {
        let words = present.iter().filter(|by| by.is_heard_by(it.leg, talk));
        it.from.extend(words.map(|by| by.leg));
        it
    });
    talkers.chain(ears).collect()
}

/// What a supervisor hears.
fn ear(own: &Supervision, talk: &Talk, talkers: &[Hears], present: &[&Supervision]) -> Hears {
    let is_heard = |leg: &LegId| talkers.iter().any(|it| it.from.contains(leg));
    // While the caller is on hold nobody hears the operator, but for whoever may answer.
    let answers = |leg: &LegId| *leg == talk.leg && own.speaks() && !talk.muted;
    let voices = talkers.iter().map(|it| it.leg);
    let voices = voices.filter(|leg| is_heard(leg) || answers(leg));
    let others = present.iter().filter(|it| it.leg != own.leg && it.speaks());
    Hears {
        leg: own.leg,
        from: voices.chain(others.map(|it| it.leg)).collect(),
    }
}

impl Supervision {
    /// Whether anybody hears them.
    fn speaks(&self) -> bool {
        !self.holds && self.mode.is_heard_by_operator()
    }

    /// Whether this leg of those who talk hears them.
    fn is_heard_by(&self, leg: LegId, talk: &Talk) -> bool {
        self.speaks() && (leg == talk.leg || self.mode.is_heard_by_caller())
    }
}
