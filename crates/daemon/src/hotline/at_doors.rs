//! Answers at doors (the command line, pages, programs): nobody is told yes before the disk has it.
//!
//! The 200 of a caller goes out after [`HOLD_MAX`](super::paper::HOLD_MAX) all the same, since somebody stands and waits. Whoever asked at a door waits up to [`DOOR_MAX`]; then they are told that it is done and not written.
use std::collections::VecDeque;
use std::time::Duration;

use gudok_journal::Seq;
use gudok_model::Mono;
use gudok_switchboard::desk::CommandResult;
use tokio::sync::oneshot::Sender;

use super::calling::Dialled;
use super::directed::Came;

/// Longest an answer at a door waits for the disk.
pub(super) const DOOR_MAX: Duration = Duration::from_secs(2);
/// Answers that wait at one time; the next one is told at once that it is not written.
const DOORS_MAX: usize = 1_000;
/// What is done and not on disk, as programs are told.
pub(crate) const NOT_WRITTEN: &str = "not_written";

/// What whoever asked is told. Who went away meanwhile needs no answer.
#[derive(Debug)]
pub(super) enum Answer {
    /// Of a word about people and queues.
    Directed(Sender<Vec<u8>>, Came),
    /// Of a call to a client.
    Dialled(Sender<Dialled>, Dialled),
}

/// Answers that wait for the disk, in their order.
#[derive(Debug, Default)]
pub(super) struct Doors(VecDeque<Waits>);

#[derive(Debug)]
struct Waits {
    needs: Seq,
    since: Mono,
    answer: Answer,
}

impl Answer {
    /// Whether something was done: what was refused is told at once.
    pub(super) fn is_yes(&self) -> bool {
        match self {
            Self::Directed(_, came) => came.refused.is_none(),
            Self::Dialled(_, (_, result)) => *result == CommandResult::Ok,
        }
    }

    /// As it is: the disk has it, or there is nothing to have.
    pub(super) fn tell(self) {
        match self {
            Self::Directed(whom, came) => {
                let _ = whom.send(serde_json::to_vec(&came).unwrap_or_default());
            }
            Self::Dialled(whom, dialled) => {
                let _ = whom.send(dialled);
            }
        }
    }

    /// Done, and not on disk.
    fn tell_unwritten(self) {
        let error = CommandResult::Error {
            code: NOT_WRITTEN.into(),
            actual: None,
        };
        match self {
            Self::Directed(whom, _) => Self::Directed(whom, Came::refused(NOT_WRITTEN)),
            Self::Dialled(whom, (call, _)) => Self::Dialled(whom, (call, error)),
        }
        .tell();
    }
}

impl Doors {
    /// Tells it when the disk has this record.
    pub(super) fn hold(&mut self, since: Mono, needs: Seq, answer: Answer) {
        if self.0.len() >= DOORS_MAX {
            return answer.tell_unwritten();
        }
        self.0.push_back(Waits {
            needs,
            since,
            answer,
        });
    }

    /// Tells what may be told now; how many of them had to be told without the disk.
    pub(super) fn tell(&mut self, now: Mono, durable: Seq) -> usize {
        let mut late = 0;
        while let Some(waits) = self.0.pop_front() {
            if waits.needs <= durable {
                waits.answer.tell();
            } else if now.since(waits.since) >= DOOR_MAX {
                late += 1;
                waits.answer.tell_unwritten();
            } else {
                self.0.push_front(waits);
                break;
            }
        }
        late
    }

    /// When the oldest is told without the disk.
    pub(super) fn due(&self) -> Option<Mono> {
        self.0.front().map(|waits| waits.since + DOOR_MAX)
    }
}

#[cfg(test)]
mod tests {
    use gudok_model::CallId;
    use tokio::sync::oneshot::{Receiver, channel};

    use super::*;

    fn came(doors: &mut Doors, since: Mono, needs: u64) -> Receiver<Vec<u8>> {
        let (whom, told) = channel();
        let came = Came {
            refused: None,
            text: "сделано".to_owned(),
        };
        doors.hold(since, Seq(needs), Answer::Directed(whom, came));
        told
    }

    fn said(told: &mut Receiver<Vec<u8>>) -> Option<Came> {
        let told = told.try_recv().ok()?;
        Some(serde_json::from_slice(&told).expect("an answer"))
    }

    #[test]
    fn nobody_is_told_yes_before_the_disk_has_it() {
        let (mut doors, start) = (Doors::default(), Mono(0));
        let mut first = came(&mut doors, start, 7);
        let mut second = came(&mut doors, start, 9);
        assert_eq!(doors.tell(start, Seq(6)), 0);
        assert_eq!(said(&mut first), None);
        assert_eq!(doors.tell(start + DOOR_MAX / 2, Seq(8)), 0);
        let refused = said(&mut first).map(|came| came.refused);
        assert_eq!(refused, Some(None), "written");
        assert_eq!(said(&mut second), None);
        assert_eq!(doors.due(), Some(start + DOOR_MAX));
        assert_eq!(doors.tell(start + DOOR_MAX, Seq(8)), 1);
        let late = said(&mut second).expect("nobody waits for ever");
        assert_eq!(late.refused.as_deref(), Some(NOT_WRITTEN));
        assert!(late.text.contains("сделано"), "{}", late.text);
        assert_eq!(doors.due(), None);
    }

    #[test]
    fn a_call_that_is_not_written_rings_and_is_told_so() {
        let (mut doors, start) = (Doors::default(), Mono(0));
        let (whom, mut dialled) = channel();
        let call = CallId(uuid::Uuid::from_u128(1));
        let begun = (Some(call), CommandResult::Ok);
        doors.hold(start, Seq(1), Answer::Dialled(whom, begun));
        assert_eq!(doors.tell(start + DOOR_MAX, Seq(0)), 1);
        let (known, result) = dialled.try_recv().expect("told");
        assert_eq!(known, Some(call), "it rings all the same");
        assert!(
            matches!(result, CommandResult::Error { code, .. } if &*code == NOT_WRITTEN),
            "no yes"
        );
    }

    #[test]
    fn beyond_the_limit_nobody_waits() {
        let (mut doors, start) = (Doors::default(), Mono(0));
        let mut waiting: Vec<_> = (0..DOORS_MAX).map(|_| came(&mut doors, start, 1)).collect();
        let mut more = came(&mut doors, start, 1);
        let told = said(&mut more).and_then(|came| came.refused);
        assert_eq!(told.as_deref(), Some(NOT_WRITTEN));
        assert!(waiting.iter_mut().all(|it| said(it).is_none()));
    }
}
