//! Rooms: the legs of a call that hear each other mixed, in the words of the media worker; and who of them speaks, for the
//! recording.
use std::collections::BTreeMap;

use gudok_media::control::{Command as Media, Hears as Ears, MediaLeg};
use gudok_media::room::{PARTIES_MAX, SPEAKS_AFTER_US};
use gudok_model::{CallId, LegId, Mono, Name};
use gudok_recorder::Role;
use gudok_switchboard::output::Hears;

use super::Hotline;

/// The rooms there are.
#[derive(Default, Debug)]
pub(super) struct Rooms {
    rooms: BTreeMap<CallId, Room>,
    speaking: BTreeMap<MediaLeg, Speaking>,
}

#[derive(Debug)]
struct Room {
    /// The leg that named it; it may be over since.
    name: MediaLeg,
    /// Whose recording it is in.
    caller: Option<MediaLeg>,
    parties: Vec<Ears>,
}

/// A party that speaks, as the worker tells: only when it begins and stops. Whoever is heard by nobody for a while, and speaks on,
/// is known by this when they are heard again.
#[derive(Debug)]
struct Speaking {
    call: CallId,
    party: Name,
    /// None: nobody hears it now.
    role: Option<Role>,
}

/// Who speaks, and to whom.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Voice {
    pub(super) call: CallId,
    pub(super) party: Name,
    pub(super) role: Role,
}

/// One voice before and after a change; none: heard by nobody.
type Turned = (Option<Voice>, Option<Voice>);

/// What is to be said to the worker, who cannot be let in, and whose voice is meant for others from now on: before, after.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) command: Media,
    pub(super) left_out: usize,
    pub(super) turned: Vec<Turned>,
}

impl Rooms {
    /// The room of a call as it is from now on. Nothing is to be said where there was none and nobody comes.
    pub(super) fn change(
        &mut self,
        call: CallId,
        caller: Option<MediaLeg>,
        wanted: Vec<Ears>,
    ) -> Option<Change> {
        let name = match self.rooms.get(&call) {
            Some(room) => room.name,
            None => wanted.first()?.leg,
        };
        let count = wanted.len();
        let mut parties = wanted;
        // All legs of a call are of one worker; a mistake here costs the one who is elsewhere and not the room.
        parties.retain(|party| party.leg.worker() == name.worker());
        parties.truncate(PARTIES_MAX);
        let left_out = count - parties.len();
        let command = match parties.is_empty() {
            true => Media::Unmix { room: name },
            false => Media::Mix {
                room: name,
                parties: parties.clone(),
            },
        };
        self.rooms.remove(&call);
        if !parties.is_empty() {
            let room = Room {
                name,
                caller,
                parties,
            };
            self.rooms.insert(call, room);
        }
        let turned = self.turn(call);
        Some(Change {
            command,
            left_out,
            turned,
        })
    }

    /// A party began or stopped to speak; `party` is its name. Nothing where nobody hears it.
    pub(super) fn speaks(
        &mut self,
        call: CallId,
        leg: MediaLeg,
        party: Name,
        on: bool,
    ) -> Option<Voice> {
        if !on {
            return self.speaking.remove(&leg)?.voice();
        }
        let role = self.rooms.get(&call)?.role(leg);
        let speaking = Speaking { call, party, role };
        let voice = speaking.voice();
        self.speaking.insert(leg, speaking);
        voice
    }

    /// A leg is over. With the last of them so is the room, which the worker has given up by itself.
    pub(super) fn left(&mut self, leg: MediaLeg) -> Option<Voice> {
        self.rooms.retain(|_, room| {
            room.parties.retain(|party| party.leg != leg);
            !room.parties.is_empty()
        });
        self.speaking.remove(&leg)?.voice()
    }

    /// Those who speak on, to others than before. Who leaves is told of by the worker.
    fn turn(&mut self, call: CallId) -> Vec<Turned> {
        let Some(room) = self.rooms.get(&call) else {
            return Vec::new();
        };
        let mut turned = Vec::new();
        let of_call = self.speaking.iter_mut().filter(|(_, it)| it.call == call);
        for (&leg, speaking) in of_call {
            let before = speaking.voice();
            speaking.role = room.role(leg);
            let after = speaking.voice();
            if before != after {
                turned.push((before, after));
            }
        }
        turned
    }
}

impl Speaking {
    fn voice(&self) -> Option<Voice> {
        let (call, party) = (self.call, self.party.clone());
        self.role.map(|role| Voice { call, party, role })
    }
}

impl Room {
    /// To whom a party speaks. Nothing where nobody hears it, or where the caller is on hold: that is not recorded.
    fn role(&self, leg: MediaLeg) -> Option<Role> {
        if self.caller == Some(leg) {
            return Some(Role::Caller);
        }
        let caller = self.parties.iter().find(|it| Some(it.leg) == self.caller)?;
        if caller.from.is_empty() {
            return None;
        }
        if caller.from.contains(&leg) {
            return Some(Role::Heard);
        }
        let heard = self.parties.iter().any(|it| it.from.contains(&leg));
        heard.then_some(Role::Whisper)
    }
}

impl Hotline {
    /// Mixes the legs of a call that are not over.
    pub(super) fn mix(&mut self, now: Mono, call: CallId, parties: &[Hears]) {
        let media = |leg| self.legs.get(leg).map(|leg| leg.audio.leg);
        let ears = |hears: &Hears| {
            let from = hears.from.iter().copied().filter_map(media).collect();
            media(hears.leg).map(|leg| Ears { leg, from })
        };
        let wanted = parties.iter().filter_map(ears).collect();
        let caller = media(LegId::caller(call));
        let Some(change) = self.sound.rooms.change(call, caller, wanted) else {
            return;
        };
        if change.left_out > 0 {
            self.metrics.alarm("room_full");
            let left_out = change.left_out;
            tracing::error!(%call, left_out, "media: parties of a room are left out");
        }
        self.sound.send(change.command);
        for (before, after) in change.turned {
            for (voice, on) in [(before, false), (after, true)] {
                if let Some(voice) = voice {
                    self.sound.spoke(now, voice, on);
                }
            }
        }
    }

    /// What the worker tells of a party of a room; it takes its time to be sure.
    pub(super) fn speaks(&mut self, now: Mono, media: MediaLeg, on: bool) {
        let Some(leg) = self.legs.of_media(media) else {
            return;
        };
        let party = self.party_name(leg);
        if let Some(voice) = self.sound.rooms.speaks(leg.call, media, party, on) {
            let since = now.0.saturating_sub(SPEAKS_AFTER_US);
            self.sound.spoke(Mono(since), voice, on);
        }
    }

    fn party_name(&self, leg: LegId) -> Name {
        let operator = self.legs.get(leg).and_then(|leg| leg.operator.as_ref());
        match operator {
            Some(operator) => operator.as_str().into(),
            None if leg.is_caller() => "caller".into(),
            None => format!("leg {}", leg.index).into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: CallId = CallId(uuid::Uuid::nil());

    fn leg(worker: u16, slot: u16) -> MediaLeg {
        MediaLeg::new(worker, 1, slot)
    }

    fn ears(legs: &[MediaLeg]) -> Vec<Ears> {
        let hears = |&leg| Ears {
            leg,
            from: legs.to_vec(),
        };
        legs.iter().map(hears).collect()
    }

    fn said(rooms: &mut Rooms, legs: &[MediaLeg]) -> Option<(String, usize)> {
        let change = rooms.change(CALL, legs.first().copied(), ears(legs))?;
        let line = match change.command {
            Media::Mix { room, parties } => format!("mix {} of {}", parties.len(), room.slot()),
            Media::Unmix { room } => format!("unmix {}", room.slot()),
            other => format!("{other:?}"),
        };
        Some((line, change.left_out))
    }

    #[test]
    fn a_room_keeps_its_name_until_nobody_is_in_it() {
        let mut rooms = Rooms::default();
        let mut say = |legs: &[MediaLeg]| said(&mut rooms, legs);
        assert_eq!(say(&[]), None, "there was none");
        assert_eq!(say(&[leg(0, 1), leg(0, 2)]), Some(("mix 2 of 1".into(), 0)));
        assert_eq!(say(&[leg(0, 3), leg(0, 2)]), Some(("mix 2 of 1".into(), 0)));
        assert_eq!(say(&[]), Some(("unmix 1".into(), 0)));
        assert_eq!(say(&[]), None);
        assert_eq!(say(&[leg(0, 3)]), Some(("mix 1 of 3".into(), 0)));
        rooms.left(leg(0, 3));
        assert_eq!(said(&mut rooms, &[]), None, "its last leg is over");
    }

    #[test]
    fn a_ninth_party_and_one_of_another_worker_are_left_out_and_told() {
        let mut rooms = Rooms::default();
        let nine: Vec<MediaLeg> = (0..9).map(|slot| leg(0, slot)).collect();
        assert_eq!(said(&mut rooms, &nine), Some(("mix 8 of 0".into(), 1)));
        let two = [leg(0, 1), leg(1, 1)];
        assert_eq!(said(&mut rooms, &two), Some(("mix 1 of 0".into(), 1)));
    }

    /// Caller 0, operator 1, supervisor 2: who hears whom.
    fn room(rooms: &mut Rooms, matrix: [&[u16]; 3]) -> Vec<[Option<Role>; 2]> {
        let legs = |slots: &[u16]| slots.iter().map(|&slot| leg(0, slot)).collect();
        let ears = (0..3).map(|slot| Ears {
            leg: leg(0, slot),
            from: legs(matrix[usize::from(slot)]),
        });
        let change = rooms.change(CALL, Some(leg(0, 0)), ears.collect());
        let turned = change.expect("a room").turned;
        let roles = turned.into_iter();
        roles
            .map(|(before, after)| [before, after].map(|it| it.map(|it| it.role)))
            .collect()
    }

    #[test]
    fn whoever_speaks_on_while_the_room_changes_speaks_to_others() {
        let mut rooms = Rooms::default();
        let speaks = |rooms: &mut Rooms, slot, on| {
            let voice = rooms.speaks(CALL, leg(0, slot), "anna".into(), on);
            voice.map(|voice| voice.role)
        };
        assert!(room(&mut rooms, [&[1], &[0], &[0, 1]]).is_empty());
        assert_eq!(speaks(&mut rooms, 0, true), Some(Role::Caller));
        assert_eq!(speaks(&mut rooms, 1, true), Some(Role::Heard));
        assert_eq!(
            speaks(&mut rooms, 2, true),
            None,
            "nobody hears who listens"
        );
        let whisper = room(&mut rooms, [&[1], &[0, 2], &[0, 1]]);
        assert_eq!(whisper, [[None, Some(Role::Whisper)]], "speaks on");
        let barged = room(&mut rooms, [&[1, 2], &[0, 2], &[0, 1]]);
        assert_eq!(barged, [[Some(Role::Whisper), Some(Role::Heard)]]);
        let held = room(&mut rooms, [&[], &[2], &[1]]);
        assert_eq!(held, [[Some(Role::Heard), None]; 2]);
        let back = room(&mut rooms, [&[1, 2], &[0, 2], &[0, 1]]);
        assert_eq!(back, [[None, Some(Role::Heard)]; 2], "they speak on");
        room(&mut rooms, [&[], &[2], &[1]]);
        assert_eq!(speaks(&mut rooms, 0, false), Some(Role::Caller));
        assert_eq!(speaks(&mut rooms, 1, false), None, "told already");
        assert_eq!(rooms.left(leg(0, 2)), None);
    }
}
