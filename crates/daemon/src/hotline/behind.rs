//! What media workers that are overloaded have not taken yet.
//!
//! Policy. The commands for a worker reach it in the order they were given: as long as one waits here, all later ones wait
//! behind it. [`KEPT_MAX`] wait for each worker; beyond that what is only heard is lost, with an alarm: a prompt, a digit, an
//! ear for keys, for which the switchboard waits no longer than it must. What decides who hears whom, what is recorded and
//! which ports are free is never lost: where [`DECIDING_MAX`] wait, the worker stands still, and a fresh start takes the calls.
use std::collections::{BTreeMap, VecDeque};

use gudok_media::control::Command;
use gudok_wire::media::SendError;

/// Commands that wait for one worker here before those that only sound are lost; as many wait in its own queue.
pub(super) const KEPT_MAX: usize = 8_192;
/// Commands that wait for one worker here before it counts as ended.
pub(super) const DECIDING_MAX: usize = 4 * KEPT_MAX;

/// What waits, for each worker in order.
#[derive(Default, Debug)]
pub(super) struct Behind {
    kept: BTreeMap<u16, VecDeque<Command>>,
}

/// What has become of a command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Sent {
    /// The worker has it, or will have it in its turn.
    Well,
    /// It is lost.
    Lost,
    /// The worker has ended, or stands still.
    Gone,
}

impl Behind {
    /// A command for its worker; `give` hands it over.
    pub(super) fn send(
        &mut self,
        command: Command,
        mut give: impl FnMut(Command) -> Result<(), SendError>,
    ) -> Sent {
        let worker = command.leg().worker();
        if let Some(sent) = self.catch_up_with(worker, &mut give) {
            return sent;
        }
        if !self.kept.contains_key(&worker) {
            match give(command.clone()) {
                Ok(()) => return Sent::Well,
                Err(SendError::Gone { .. }) => return Sent::Gone,
                Err(SendError::Busy { .. }) => {}
            }
        }
        self.keep(worker, command)
    }

    fn keep(&mut self, worker: u16, command: Command) -> Sent {
        let decides = decides(&command);
        let kept = self.kept.entry(worker).or_default();
        match kept.len() {
            DECIDING_MAX.. => Sent::Gone,
            KEPT_MAX.. if !decides => Sent::Lost,
            _ => {
                kept.push_back(command);
                Sent::Well
            }
        }
    }

    /// Hands over what workers take by now. [`Sent::Gone`]: one of them has ended.
    pub(super) fn catch_up(
        &mut self,
        mut give: impl FnMut(Command) -> Result<(), SendError>,
    ) -> Sent {
        let workers: Vec<u16> = self.kept.keys().copied().collect();
        let ended = workers
            .into_iter()
            .filter_map(|worker| self.catch_up_with(worker, &mut give));
        ended.last().unwrap_or(Sent::Well)
    }

    /// Some: the worker has ended.
    fn catch_up_with(
        &mut self,
        worker: u16,
        give: &mut impl FnMut(Command) -> Result<(), SendError>,
    ) -> Option<Sent> {
        let kept = self.kept.get_mut(&worker)?;
        while let Some(command) = kept.front() {
            match give(command.clone()) {
                Ok(()) => drop(kept.pop_front()),
                Err(SendError::Busy { .. }) => return None,
                Err(SendError::Gone { .. }) => return Some(Sent::Gone),
            }
        }
        self.kept.remove(&worker);
        None
    }

    /// Whether every worker has all that it was sent.
    pub(super) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }
}

/// Whether a leg, a recording or a port hangs on it. Music without an end is not replaced by anything where it is lost; of a
/// prompt the switchboard is told, or waits no longer than it may last.
fn decides(command: &Command) -> bool {
    match command {
        Command::Peer { .. }
        | Command::Bridge { .. }
        | Command::Unbridge { .. }
        | Command::Mix { .. }
        | Command::Unmix { .. }
        | Command::Stop { .. }
        | Command::Record { .. }
        | Command::StopRecording { .. }
        | Command::PauseRecording { .. }
        | Command::Close { .. } => true,
        Command::Play { repeat, .. } => *repeat,
        Command::SendDigits { .. } | Command::Listen { .. } | Command::ListenForHash { .. } => {
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::sync::Arc;

    use gudok_media::control::{Hears, MediaLeg};

    use super::*;

    /// A worker with so much room, and what it has done.
    #[derive(Default)]
    struct Worker {
        room: usize,
        done: Vec<String>,
    }

    fn leg(worker: u16, slot: u16) -> MediaLeg {
        MediaLeg::new(worker, 1, slot)
    }

    fn give(
        workers: &RefCell<Vec<Worker>>,
    ) -> impl FnMut(Command) -> Result<(), SendError> + use<'_> {
        |command| {
            let worker = command.leg().worker();
            let mut workers = workers.borrow_mut();
            let it = &mut workers[usize::from(worker)];
            if it.room == 0 {
                return Err(SendError::Busy { worker });
            }
            it.room -= 1;
            it.done.push(format!("{command:?}"));
            Ok(())
        }
    }

    fn prompt(leg: MediaLeg, repeat: bool) -> Command {
        let prompts = [1].into();
        Command::Play {
            leg,
            play: 1,
            bank: Arc::default(),
            prompts,
            repeat,
        }
    }

    fn room(a: MediaLeg, b: MediaLeg) -> Command {
        let hears = |leg, other| Hears {
            leg,
            from: vec![other],
        };
        Command::Mix {
            room: a,
            parties: vec![hears(a, b), hears(b, a)],
        }
    }

    #[test]
    fn what_a_busy_worker_is_told_reaches_it_in_order_and_no_other_waits_for_it() {
        let workers = RefCell::new(vec![Worker::default(), Worker::default()]);
        let mut behind = Behind::default();
        let (a, b) = (leg(0, 1), leg(0, 2));
        let story = [
            prompt(a, true),
            Command::Bridge { a, b },
            Command::Unbridge { leg: a },
            prompt(a, true),
            Command::Close { leg: b },
        ];
        for (at, command) in story.iter().enumerate() {
            // It has room for a moment now and then: what came before goes first.
            workers.borrow_mut()[0].room = usize::from(at == 2);
            assert_eq!(behind.send(command.clone(), give(&workers)), Sent::Well);
        }
        workers.borrow_mut()[1].room = 9;
        let other = Command::Close { leg: leg(1, 1) };
        assert_eq!(behind.send(other, give(&workers)), Sent::Well);
        assert_eq!(workers.borrow()[1].done.len(), 1, "it is not busy");
        assert!(!behind.is_empty());

        workers.borrow_mut()[0].room = 9;
        assert_eq!(behind.catch_up(give(&workers)), Sent::Well);
        assert!(behind.is_empty());
        let expected: Vec<String> = story.iter().map(|it| format!("{it:?}")).collect();
        assert_eq!(workers.borrow()[0].done, expected);
    }

    #[test]
    fn beyond_the_limit_sounds_are_lost_and_nothing_that_decides_who_hears_whom() {
        let workers = RefCell::new(vec![Worker::default()]);
        let mut behind = Behind::default();
        let (a, b) = (leg(0, 1), leg(0, 2));
        for _ in 0..KEPT_MAX {
            assert_eq!(behind.send(prompt(a, false), give(&workers)), Sent::Well);
        }
        assert_eq!(behind.send(prompt(a, false), give(&workers)), Sent::Lost);
        for command in [
            Command::Bridge { a, b },
            Command::Unbridge { leg: a },
            room(a, b),
            Command::Unmix { room: a },
            prompt(a, true),
            Command::Stop { leg: a },
            Command::PauseRecording { leg: a, on: true },
            Command::Close { leg: a },
        ] {
            assert_eq!(behind.send(command, give(&workers)), Sent::Well);
        }
        let mut more = || behind.send(Command::Close { leg: a }, give(&workers));
        let taken = std::iter::repeat_with(&mut more).take_while(|sent| *sent == Sent::Well);
        assert_eq!(taken.count(), DECIDING_MAX - KEPT_MAX - 8);
        assert_eq!(more(), Sent::Gone, "it stands still");
    }

    #[test]
    fn a_worker_that_has_ended_is_told_of() {
        let mut behind = Behind::default();
        let close = Command::Close { leg: leg(3, 1) };
        let busy = |_| Err(SendError::Busy { worker: 3 });
        assert_eq!(behind.send(close.clone(), busy), Sent::Well);
        let gone = |_| Err(SendError::Gone { worker: 3 });
        assert_eq!(behind.catch_up(gone), Sent::Gone);
        assert_eq!(behind.send(close, gone), Sent::Gone);
    }
}
