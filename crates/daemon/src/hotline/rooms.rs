//! Rooms: the legs of a call that hear each other mixed, in the words of the media worker.
use std::collections::BTreeMap;

use gudok_media::control::{Command as Media, Hears as Ears, MediaLeg};
use gudok_media::room::PARTIES_MAX;
use gudok_model::CallId;
use gudok_switchboard::output::Hears;

use super::Hotline;

/// The rooms there are.
#[derive(Default, Debug)]
pub(super) struct Rooms {
    rooms: BTreeMap<CallId, Room>,
}

#[derive(Debug)]
struct Room {
    /// The leg that named it; it may be over since.
    name: MediaLeg,
    parties: Vec<Ears>,
}

/// What is to be said to the worker, and who cannot be let in.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) command: Media,
    pub(super) left_out: usize,
}

impl Rooms {
    /// The room of a call as it is from now on. Nothing is to be said where there was none and nobody comes.
    pub(super) fn change(&mut self, call: CallId, wanted: Vec<Ears>) -> Option<Change> {
        let name = match self.rooms.get(&call) {
            Some(room) => room.name,
            None => wanted.first()?.leg,
        };
        let mut parties = wanted.clone();
        // All legs of a call are of one worker; a mistake here costs the one who is elsewhere and not the room.
        parties.retain(|party| party.leg.worker() == name.worker());
        parties.truncate(PARTIES_MAX);
        let left_out = wanted.len() - parties.len();
        let command = if parties.is_empty() {
            self.rooms.remove(&call);
            Media::Unmix { room: name }
        } else {
            let parties = parties.clone();
            Media::Mix {
                room: name,
                parties,
            }
        };
        if !parties.is_empty() {
            self.rooms.insert(call, Room { name, parties });
        }
        Some(Change { command, left_out })
    }

    /// A leg is over. With the last of them so is the room, which the worker has given up by itself.
    pub(super) fn left(&mut self, leg: MediaLeg) {
        self.rooms.retain(|_, room| {
            room.parties.retain(|party| party.leg != leg);
            !room.parties.is_empty()
        });
    }
}

impl Hotline {
    /// Mixes the legs of a call that are not over.
    pub(super) fn mix(&mut self, call: CallId, parties: &[Hears]) {
        let media = |leg| self.legs.get(leg).map(|leg| leg.audio.leg);
        let ears = |hears: &Hears| {
            let from = hears.from.iter().copied().filter_map(media).collect();
            media(hears.leg).map(|leg| Ears { leg, from })
        };
        let wanted = parties.iter().filter_map(ears).collect();
        let Some(Change { command, left_out }) = self.sound.rooms.change(call, wanted) else {
            return;
        };
        if left_out > 0 {
            self.metrics.alarm("room_full");
            tracing::error!(%call, left_out, "media: parties of a room are left out");
        }
        self.sound.send(command);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    fn said(rooms: &mut Rooms, call: CallId, legs: &[MediaLeg]) -> Option<(String, usize)> {
        let Change { command, left_out } = rooms.change(call, ears(legs))?;
        let line = match command {
            Media::Mix { room, parties } => format!("mix {} of {}", parties.len(), room.slot()),
            Media::Unmix { room } => format!("unmix {}", room.slot()),
            other => format!("{other:?}"),
        };
        Some((line, left_out))
    }

    #[test]
    fn a_room_keeps_its_name_until_nobody_is_in_it() {
        let (mut rooms, call) = (Rooms::default(), CallId(uuid::Uuid::nil()));
        let mut say = |legs: &[MediaLeg]| said(&mut rooms, call, legs);
        assert_eq!(say(&[]), None, "there was none");
        assert_eq!(say(&[leg(0, 1), leg(0, 2)]), Some(("mix 2 of 1".into(), 0)));
        assert_eq!(say(&[leg(0, 3), leg(0, 2)]), Some(("mix 2 of 1".into(), 0)));
        assert_eq!(say(&[]), Some(("unmix 1".into(), 0)));
        assert_eq!(say(&[]), None);
        assert_eq!(say(&[leg(0, 3)]), Some(("mix 1 of 3".into(), 0)));
        rooms.left(leg(0, 3));
        assert_eq!(said(&mut rooms, call, &[]), None, "its last leg is over");
    }

    #[test]
    fn a_ninth_party_and_one_of_another_worker_are_left_out_and_told() {
        let (mut rooms, call) = (Rooms::default(), CallId(uuid::Uuid::nil()));
        let nine: Vec<MediaLeg> = (0..9).map(|slot| leg(0, slot)).collect();
        assert_eq!(
            said(&mut rooms, call, &nine),
            Some(("mix 8 of 0".into(), 1))
        );
        let two = [leg(0, 1), leg(1, 1)];
        assert_eq!(said(&mut rooms, call, &two), Some(("mix 1 of 0".into(), 1)));
    }
}
