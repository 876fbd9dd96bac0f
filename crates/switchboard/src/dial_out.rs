//! The words of a call that somebody of ours wants to make.
use gudok_model::{Name, Now, OperatorId, Parsed, PhoneNumber, Region, Wall};
use gudok_outbound::{Basis, Ground, Input, Kopecks, Load, Past, Purpose};
use serde::{Deserialize, Serialize};

use crate::switchboard::Switchboard;

/// Whom somebody wants to call, what for, and on which ground.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DialOut {
    /// Whom; the driver reads it as the hotline's phones dial.
    pub number: Parsed,
    /// A word of [`Purpose::WORDS`].
    pub purpose: Name,
    /// A word of [`Ground::WORDS`]. None: nobody said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Name>,
    /// What proves the ground: the number of a contract, of a request, of a recorded consent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Name>,
    /// The number to show. None: the first of the register that fits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cli: Option<Parsed>,
    /// What the number tells of its place: the driver puts it beside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
}

impl DialOut {
    /// What the call is for. None: no such word.
    pub(crate) fn purpose(&self) -> Option<Purpose> {
        meant(&Purpose::WORDS, &self.purpose)
    }

    /// On which ground. Outer None: no such word.
    #[expect(
        clippy::option_option,
        reason = "no ground is fine, one that nobody knows is not"
    )]
    pub(crate) fn basis(&self) -> Option<Option<Basis>> {
        let Some(word) = &self.basis else {
            return Some(None);
        };
        let ground = meant(&Ground::WORDS, word)?;
        let reference = self.reference.clone();
        Some(Some(Basis { ground, reference }))
    }
}

/// Somebody whom an earlier run called.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PastAttempt {
    /// When they were rung.
    pub began: Wall,
    /// Who called.
    pub operator: Option<OperatorId>,
    /// Whom.
    pub number: PhoneNumber,
    /// When they answered and for what, where some rule counts that.
    pub contact: Option<(Wall, Name)>,
    /// What it cost. Kopecks.
    pub kopecks: u64,
}

impl Switchboard {
    /// What counts against the limits of all calls out together.
    pub fn outbound_load(&self, now: Now) -> Load {
        self.counters.load(now)
    }

    /// What the limits count by.
    pub(crate) fn called_before(&mut self, now: Now, attempts: Vec<PastAttempt>) {
        for attempt in attempts {
            let contact = attempt.contact.and_then(|(at, purpose)| {
                let purpose = meant(&Purpose::WORDS, &purpose)?;
                Some((at, purpose))
            });
            let past = Past {
                began: attempt.began,
                operator: attempt.operator,
                number: attempt.number,
                contact,
                cost: Kopecks(attempt.kopecks),
            };
            self.counters.handle_input(now, Input::Known(past));
        }
    }
}

fn meant<T: Copy>(words: &[(&str, T)], said: &str) -> Option<T> {
    let found = words.iter().find(|(word, _)| *word == said);
    found.map(|(_, meant)| *meant)
}
