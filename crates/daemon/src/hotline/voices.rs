//! The prompts in force, and those before them: a call goes on by the plan it began with, which may name what is there no more.
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use gudok_media::Bank;
use gudok_model::{Mono, Name};

use crate::voice::Voice;

/// Most voices before the one in force. Beyond it the oldest is forgotten: whoever still needs it hears nothing in its place.
const BEFORE_MAX: usize = 8;

/// See the module.
pub(crate) struct Voices {
    now: Arc<Voice>,
    /// The newest first, with when it was replaced.
    before: VecDeque<(Mono, Arc<Voice>)>,
    /// No call lasts longer.
    kept: Duration,
}

/// Prompts of one bank.
pub(super) struct Found {
    pub(super) bank: Arc<Bank>,
    pub(super) prompts: Arc<[u32]>,
    /// What no voice has.
    pub(super) missing: Vec<Name>,
}

impl Voices {
    /// With the voice of the start; former ones are kept for so long.
    pub(crate) fn new(voice: Arc<Voice>, kept: Duration) -> Self {
        Self {
            now: voice,
            before: VecDeque::new(),
            kept,
        }
    }

    /// Another one is in force.
    pub(crate) fn comes(&mut self, now: Mono, voice: Arc<Voice>) {
        let former = std::mem::replace(&mut self.now, voice);
        self.before
            .retain(|(replaced, _)| now.since(*replaced) < self.kept);
        self.before.push_front((now, former));
        self.before.truncate(BEFORE_MAX);
    }

    /// Whether the voice in force has it.
    pub(super) fn has(&self, name: &str) -> bool {
        self.now.number(name).is_some()
    }

    /// Where these are, all in one voice: the newest that has them all, else what the voice in force has of them.
    pub(super) fn find(&self, names: &[Name]) -> Found {
        let before = self.before.iter().map(|(_, voice)| voice);
        let mut voices = std::iter::once(&self.now).chain(before);
        let whole = voices.find(|voice| names.iter().all(|name| voice.number(name).is_some()));
        let voice = whole.unwrap_or(&self.now);
        Found {
            bank: Arc::clone(&voice.bank),
            prompts: names.iter().filter_map(|name| voice.number(name)).collect(),
            missing: voice.missing(names),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With one prompt more than the built-in ones.
    fn voice(name: &str) -> Arc<Voice> {
        let folder = tempfile::tempdir().expect("a folder");
        let tone = include_bytes!("../../../prompts/demo/caller.wav");
        let path = folder.path().join(format!("{name}.wav"));
        std::fs::write(path, tone).expect("written");
        Arc::new(Voice::read_with(Some(folder.path()), None).expect("a voice"))
    }

    #[test]
    fn a_call_hears_what_its_plan_names_also_when_it_is_there_no_more() {
        let hour = Duration::from_secs(3_600);
        let (old, new) = (voice("sale"), voice("gift"));
        let mut voices = Voices::new(Arc::clone(&old), 4 * hour);
        voices.comes(Mono(0), Arc::clone(&new));
        let of = |voices: &Voices, names: &[&str]| {
            let names: Vec<Name> = names.iter().map(|name| (*name).into()).collect();
            let found = voices.find(&names);
            let whose = [&old, &new].map(|voice| Arc::ptr_eq(&found.bank, &voice.bank));
            (whose, found.prompts.len(), found.missing.len())
        };
        assert_eq!(of(&voices, &["goodbye"]), ([false, true], 1, 0));
        assert_eq!(of(&voices, &["gift", "goodbye"]), ([false, true], 2, 0));
        assert_eq!(of(&voices, &["sale", "goodbye"]), ([true, false], 2, 0));
        assert_eq!(of(&voices, &["sale", "gift"]), ([false, true], 1, 1));
        assert!(!voices.has("sale"), "a new plan may not name it");
        // Nobody can still be on the line who heard of it, at the next change.
        voices.comes(
            Mono(u64::try_from((5 * hour).as_micros()).expect("fits")),
            Arc::clone(&new),
        );
        assert_eq!(of(&voices, &["sale"]), ([false, true], 0, 1));
    }
}
