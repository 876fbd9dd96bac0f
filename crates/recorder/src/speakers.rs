//! Who spoke when in a call's room, as the hotline tells it.
use gudok_model::{Mono, Name};
use serde::{Deserialize, Serialize};

/// Most stretches of one recording; the rest is counted.
pub const SPEAKERS_MAX: usize = 2_000;

/// Somebody in the call's room began or stopped to speak.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Spoke {
    /// Which recording.
    pub recording: u64,
    /// When.
    pub at: Mono,
    /// Who: an operator's id, `caller`, or a leg.
    pub party: Name,
    /// To whom.
    pub role: Role,
    /// Began, or stopped.
    pub on: bool,
}

/// Whom the caller hears, and whom not.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The caller: the left channel.
    Caller,
    /// Somebody the caller hears: the right channel.
    Heard,
    /// Somebody others hear and the caller does not: the third track.
    Whisper,
}

/// One stretch of one voice.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Speaker {
    /// Who.
    pub party: Name,
    /// To whom.
    pub role: Role,
    /// From the start of the recording. Milliseconds.
    pub from_ms: u64,
    /// The same.
    pub to_ms: u64,
}

/// The stretches of one recording, as they come.
#[derive(Default, Debug)]
pub(crate) struct Speakers {
    /// Who speaks now, since when.
    open: Vec<(Name, Role, Mono)>,
    done: Vec<(Name, Role, Mono, Mono)>,
    omitted: u64,
}

impl Speakers {
    pub(crate) fn take(&mut self, spoke: Spoke) {
        let Spoke {
            at,
            party,
            role,
            on,
            ..
        } = spoke;
        let known = self.open.iter().position(|it| it.0 == party);
        match (known, on) {
            (None, true) if self.open.len() < SPEAKERS_MAX => self.open.push((party, role, at)),
            (Some(known), false) => {
                let (party, role, since) = self.open.swap_remove(known);
                self.add(party, role, since, at);
            }
            (Some(_), true) | (None, _) => {}
        }
    }

    /// In order of their beginnings, and how many more there were. Who speaks still does so to the end.
    pub(crate) fn finish(mut self, start: u64, length_ms: u64) -> (Vec<Speaker>, u64) {
        let end = Mono(start + length_ms * 1000);
        for (party, role, since) in std::mem::take(&mut self.open) {
            self.add(party, role, since, end);
        }
        let ms = |at: Mono| (at.0.saturating_sub(start) / 1000).min(length_ms);
        let stretch = |(party, role, from, to)| Speaker {
            party,
            role,
            from_ms: ms(from),
            to_ms: ms(to),
        };
        let all = self.done.into_iter().map(stretch);
        // Who fell silent is told of a moment after, and may have come to be heard in that moment: of them nothing was heard.
        let mut all: Vec<Speaker> = all.filter(|it| it.from_ms < it.to_ms).collect();
        all.sort_by_key(|it| (it.from_ms, it.to_ms));
        (all, self.omitted)
    }

    fn add(&mut self, party: Name, role: Role, from: Mono, to: Mono) {
        if self.done.len() < SPEAKERS_MAX {
            self.done.push((party, role, from, to));
        } else {
            self.omitted += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spoke(party: &str, ms: u64, on: bool) -> Spoke {
        Spoke {
            recording: 1,
            at: Mono(5_000_000 + ms * 1000),
            party: party.into(),
            role: Role::Heard,
            on,
        }
    }

    fn told(speakers: Speakers) -> Vec<(String, u64, u64)> {
        let (all, _) = speakers.finish(5_000_000, 10_000);
        let line = |it: Speaker| (it.party.to_string(), it.from_ms, it.to_ms);
        all.into_iter().map(line).collect()
    }

    #[test]
    fn stretches_are_in_order_and_the_last_word_goes_to_the_end() {
        let mut speakers = Speakers::default();
        for (party, ms, on) in [
            ("anna", 1_000, true),
            ("boris", 1_500, true),
            ("boris", 1_600, true),
            ("boris", 2_000, false),
            ("boris", 2_100, false),
            ("anna", 3_000, false),
            ("anna", 9_000, true),
        ] {
            speakers.take(spoke(party, ms, on));
        }
        let of = |party: &str, from, to| (party.to_owned(), from, to);
        assert_eq!(
            told(speakers),
            [
                of("anna", 1_000, 3_000),
                of("boris", 1_500, 2_000),
                of("anna", 9_000, 10_000),
            ]
        );
    }

    #[test]
    fn whoever_was_silent_when_they_came_to_be_heard_has_no_stretch() {
        let mut speakers = Speakers::default();
        speakers.take(spoke("anna", 1_000, true));
        speakers.take(spoke("anna", 900, false));
        speakers.take(spoke("boris", 11_000, true));
        assert_eq!(told(speakers), [], "nor who began after the end");
    }

    #[test]
    fn stretches_are_bounded_and_the_rest_is_counted() {
        let mut speakers = Speakers::default();
        for n in 0..SPEAKERS_MAX as u64 + 7 {
            speakers.take(spoke("anna", n, true));
            speakers.take(spoke("anna", n + 1, false));
        }
        let (all, omitted) = speakers.finish(5_000_000, 10_000);
        assert_eq!((all.len(), omitted), (SPEAKERS_MAX, 7));
    }
}
