//! Numbers that want no calls, as people have written it down: the guard asks of each call whether it is to one of them.
//!
//! Nothing is forgotten but by a word: what there is no room for is refused, and whoever says it is told so.
use std::collections::BTreeMap;

use gudok_model::{Name, PhoneNumber, ProjectId, Refusal};

use crate::purpose::Purpose;

/// Most refusals that hold at one time; the next one is not taken.
pub const REFUSALS_MAX: usize = 100_000;

/// Those that hold.
#[derive(Clone, Debug, Default)]
pub struct Refusals(BTreeMap<Key, Refusal>);

/// Of a project and a number; no purpose: of any call.
type Key = (ProjectId, PhoneNumber, Option<Name>);

/// What became of one that was said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Noted {
    /// It holds from now on.
    New,
    /// It held already, and holds as it was said last: what was asked for in between is no wish any more.
    Again,
    /// There is no room: it does not hold.
    Full,
}

impl Refusals {
    /// Takes one.
    pub fn note(&mut self, refusal: Refusal) -> Noted {
        let key = key(&refusal.project, &refusal.number, refusal.purpose.as_ref());
        if let Some(held) = self.0.get_mut(&key) {
            *held = refusal;
            return Noted::Again;
        }
        if self.0.len() >= REFUSALS_MAX {
            return Noted::Full;
        }
        self.0.insert(key, refusal);
        Noted::New
    }

    /// It holds no more. None: it did not.
    pub fn lift(
        &mut self,
        project: &ProjectId,
        number: &PhoneNumber,
        purpose: Option<&Name>,
    ) -> Option<Refusal> {
        self.0.remove(&key(project, number, purpose))
    }

    /// What keeps this project from calling this number for this: no calls at all, or none of that kind.
    pub fn of(
        &self,
        project: &ProjectId,
        number: &PhoneNumber,
        purpose: Purpose,
    ) -> Option<&Refusal> {
        let own: Name = purpose.word().into();
        let all = self.0.get(&key(project, number, None));
        let of_purpose = self.0.get(&key(project, number, Some(&own)));
        // The later one: what was asked for before it is no new wish.
        all.into_iter().chain(of_purpose).max_by_key(|it| it.at)
    }

    /// How many hold.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none does.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn key(project: &ProjectId, number: &PhoneNumber, purpose: Option<&Name>) -> Key {
    (project.clone(), number.clone(), purpose.cloned())
}
