//! Which SIP session, media leg and call leg are the same party.
use std::collections::BTreeMap;

use gudok_media::control::MediaLeg;
use gudok_model::{CallId, EndCause, LegId, Mono, OperatorId, PhoneNumber, TrunkId};
use gudok_sip::endpoint::Session;

use super::audio::Audio;
use super::outside::Out;

/// Wishes that are told of at one time; beyond it the one of the oldest call is not told of any more.
const REFERRERS_MAX: usize = 1_000;

/// One party's connection, as the three machines know it.
#[derive(Debug)]
pub(crate) struct Leg {
    /// For the switchboard.
    pub id: LegId,
    /// For the SIP machine.
    pub session: Session,
    /// For the media worker, with what was agreed.
    pub audio: Audio,
    /// Whether it was answered (for an incoming leg: our 200 went out).
    pub answered: bool,
    /// Whether it rang, for the meaning of a later time-out.
    pub rang: bool,
    /// The party keeps us on hold.
    pub held: bool,
    /// The trunk it came in by, or goes out by.
    pub trunk: Option<TrunkId>,
    /// The number of ours that was dialled, for the caller's leg.
    pub dialled: Option<PhoneNumber>,
    /// Whether it is a caller who withholds the number.
    pub private: bool,
    /// Where it is tried, for a leg outside.
    pub out: Option<Box<Out>>,
    /// When our 200 went out, for the caller's leg.
    pub answered_at: Option<Mono>,
    /// Why we end it, when it is we: overrides what the network says.
    pub ending: Option<EndCause>,
    /// Whose phone it is.
    pub operator: Option<OperatorId>,
}

/// All living legs, findable by any of their names.
#[derive(Debug, Default)]
pub(crate) struct Legs {
    legs: BTreeMap<LegId, Leg>,
    by_session: BTreeMap<Session, LegId>,
    /// Until the statistics have come; with the codec, which the leg takes with it.
    by_media: BTreeMap<MediaLeg, (LegId, &'static str)>,
    /// How many live, by trunk.
    by_trunk: BTreeMap<TrunkId, usize>,
    /// Who waits to be told what becomes of a wish, by leg and number, also after the leg.
    referrers: BTreeMap<(LegId, u32), Session>,
}

impl Legs {
    /// A leg begins.
    pub(crate) fn insert(&mut self, leg: Leg) {
        self.by_session.insert(leg.session, leg.id);
        self.by_media.insert(leg.audio.leg, (leg.id, ""));
        if let Some(trunk) = &leg.trunk {
            *self.by_trunk.entry(trunk.clone()).or_default() += 1;
        }
        self.legs.insert(leg.id, leg);
    }

    /// A leg outside is tried anew: by another session, perhaps by another trunk.
    pub(crate) fn goes_by(&mut self, id: LegId, session: Session, trunk: TrunkId) {
        self.rename(id, session);
        let Some(leg) = self.legs.get_mut(&id) else {
            return;
        };
        let before = leg.trunk.replace(trunk.clone());
        *self.by_trunk.entry(trunk).or_default() += 1;
        self.uncount(before.as_ref());
    }

    /// A leg that nobody has answered is heard by other media from now on; what was measured of the old one is nobody's.
    pub(crate) fn hears_by(&mut self, id: LegId, audio: Audio) -> Option<MediaLeg> {
        let leg = self.legs.get_mut(&id)?;
        let new = audio.leg;
        let old = std::mem::replace(&mut leg.audio, audio).leg;
        self.by_media.remove(&old);
        self.by_media.insert(new, (id, ""));
        Some(old)
    }

    fn uncount(&mut self, trunk: Option<&TrunkId>) {
        if let Some(count) = trunk.and_then(|trunk| self.by_trunk.get_mut(trunk)) {
            *count = count.saturating_sub(1);
        }
    }

    /// How many live on a trunk.
    pub(crate) fn count(&self, trunk: &TrunkId) -> usize {
        self.by_trunk.get(trunk).copied().unwrap_or(0)
    }

    /// The leg speaks by another session from now on.
    pub(crate) fn rename(&mut self, id: LegId, session: Session) {
        if let Some(leg) = self.legs.get_mut(&id) {
            self.by_session.remove(&leg.session);
            leg.session = session;
            self.by_session.insert(session, id);
        }
    }

    /// Somebody waits to be told.
    pub(crate) fn refers(&mut self, wish: (LegId, u32), session: Session) {
        self.referrers.insert(wish, session);
        if self.referrers.len() > REFERRERS_MAX {
            self.referrers.pop_first();
        }
    }

    /// Who waits to be told; with the last word nobody waits any more.
    pub(crate) fn referrer(&mut self, wish: (LegId, u32), last: bool) -> Option<Session> {
        if last {
            self.referrers.remove(&wish)
        } else {
            self.referrers.get(&wish).copied()
        }
    }

    /// A leg is over. Its media leg stays known until the worker has reported the statistics.
    pub(crate) fn remove(&mut self, id: LegId) -> Option<Leg> {
        let leg = self.legs.remove(&id)?;
        self.by_session.remove(&leg.session);
        self.uncount(leg.trunk.as_ref());
        self.by_media.insert(leg.audio.leg, (id, leg.audio.codec()));
        Some(leg)
    }

    /// The statistics came: forget the media leg.
    pub(crate) fn measured(&mut self, media: MediaLeg) -> Option<(LegId, &'static str)> {
        self.by_media.remove(&media)
    }

    /// Whether every leg is over and measured.
    pub(crate) fn is_quiet(&self) -> bool {
        self.by_media.is_empty()
    }

    /// By the switchboard's name.
    pub(crate) fn get(&self, id: LegId) -> Option<&Leg> {
        self.legs.get(&id)
    }

    /// By the switchboard's name.
    pub(crate) fn get_mut(&mut self, id: LegId) -> Option<&mut Leg> {
        self.legs.get_mut(&id)
    }

    /// By the SIP machine's name.
    pub(crate) fn of_session(&mut self, session: Session) -> Option<&mut Leg> {
        self.legs.get_mut(self.by_session.get(&session)?)
    }

    /// The switchboard's name of a session.
    pub(crate) fn id_of_session(&self, session: Session) -> Option<LegId> {
        self.by_session.get(&session).copied()
    }

    /// By the worker's name.
    pub(crate) fn of_media(&self, media: MediaLeg) -> Option<LegId> {
        self.by_media.get(&media).map(|(leg, _)| *leg)
    }

    /// Every living leg of a call.
    pub(crate) fn of_call(&self, call: CallId) -> impl Iterator<Item = &Leg> {
        let (first, last) = (
            LegId { call, index: 0 },
            LegId {
                call,
                index: u16::MAX,
            },
        );
        self.legs.range(first..=last).map(|(_, leg)| leg)
    }

    /// Every living leg.
    pub(crate) fn all(&self) -> Vec<LegId> {
        self.legs.keys().copied().collect()
    }

    /// How many live.
    pub(crate) fn len(&self) -> usize {
        self.legs.len()
    }
}
