//! Messages that wait for their turn, the first rank first, and in each rank in the order in which they came.
use std::collections::VecDeque;
use std::time::Duration;

use super::copies::{Copies, Print};
use super::{LAG_MAX, Rank};
use crate::endpoint::Flow;

/// Most messages that wait.
pub const WAITING_MAX: usize = 4_096;
/// Most bytes of them.
pub const WAITING_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Most buffers kept of letters that were served, and the largest one. Together 1 MiB.
pub(super) const SPARE_MAX: usize = 256;
const SPARE_BYTES_MAX: usize = 4_096;

/// Over so long it is counted how many calls are served: half of what a call may wait, so that what is let in is still in
/// time when the next span is a slower one.
const SPAN: Duration = LAG_MAX.checked_div(2).expect("not by zero");
/// So many calls may wait however few were served of late: a burst after a quiet hour is served, as far as it is in time.
pub const CALLS_LEAST: usize = 256;

/// Whether one more call may wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// It will be served in time.
    InTime,
    /// It can be given the short answer only.
    Late,
    /// It is to be turned away, and that at once: waiting would end with the same.
    None,
}

/// The queue between the sockets and the machine, for a driver that has fallen behind. When it is full, the newest of
/// the last rank makes room for one of a better rank; what finds no room is dropped and counted. A new call waits once:
/// whoever has no answer yet repeats it, and its copies are not calls.
#[derive(Default, Debug)]
pub struct Waiting {
    /// The new calls that wait.
    calls: Copies,
    ranks: [VecDeque<Letter>; Rank::ALL.len()],
    count: usize,
    bytes: usize,
    dropped: u64,
    /// Buffers of letters that were served. The last one is taken first: it is still near the processor, where memory from
    /// the heap comes from far away.
    spare: Vec<Vec<u8>>,
    /// Calls served in time in this span and in the one before it.
    served: [usize; 2],
    span: Duration,
}

/// One message.
#[derive(Debug)]
pub struct Letter {
    /// From where.
    pub flow: Flow,
    /// What. Hostile until parsed.
    pub bytes: Vec<u8>,
    /// When it was put here.
    pub since: Duration,
    /// Let in for the short answer.
    pub late: bool,
    /// Of a new call.
    print: Option<Print>,
}

/// What became of a message, and of others for its sake.
#[derive(Default, Debug)]
pub struct Pushed {
    /// It waits; else it is dropped, there is no room.
    pub waits: bool,
    /// New calls that made room for it: they are to be turned away.
    pub out: Vec<Letter>,
}

impl Letter {
    /// Whether it is a new call of a trunk that has waited too long to be taken whole.
    pub fn is_late_call(&self, now: Duration) -> bool {
        self.print.is_some() && self.waited(now) > LAG_MAX
    }

    /// How long it has waited, as a call's admission sees it.
    pub fn waited(&self, now: Duration) -> Duration {
        let waited = now.saturating_sub(self.since);
        if self.late {
            waited + LAG_MAX + SPAN
        } else {
            waited
        }
    }
}

impl Waiting {
    /// An empty one. `seed`: so that nobody can write a message that passes for another one.
    pub fn new(seed: u64) -> Self {
        Self {
            calls: Copies::new(seed),
            ..Self::default()
        }
    }

    /// Whether this is the copy of a new call that waits: the same bytes by the same flow.
    pub fn holds(&self, flow: Flow, bytes: &[u8]) -> bool {
        self.calls.holds(flow, bytes)
    }

    /// Puts a message behind those of its rank.
    pub fn push(&mut self, now: Duration, rank: Rank, flow: Flow, bytes: &[u8]) -> Pushed {
        let mut out = Vec::new();
        while self.is_full(bytes.len()) {
            match self.make_room(rank) {
                Some((Rank::Call, letter)) => out.push(letter),
                Some(_) => {}
                None => {
                    self.dropped += 1;
                    return Pushed { waits: false, out };
                }
            }
        }
        let print = (rank == Rank::Call).then(|| self.calls.add(flow, bytes));
        let mut own = self.spare.pop().unwrap_or_default();
        own.extend_from_slice(bytes);
        self.count += 1;
        self.bytes += bytes.len();
        self.ranks[rank as usize].push_back(Letter {
            flow,
            bytes: own,
            since: now,
            late: false,
            print,
        });
        Pushed { waits: true, out }
    }

    /// Whether one more new call may wait: as many do as were served in `SPAN` of late.
    pub fn place(&mut self, now: Duration) -> Place {
        self.turn(now);
        let most = self.served.into_iter().fold(CALLS_LEAST, usize::max);
        match self.ranks[Rank::Call as usize].len() {
            calls if calls < most => Place::InTime,
            calls if calls < 2 * most => Place::Late,
            _ => Place::None,
        }
    }

    /// The same as [`push`](Self::push) for a call that comes late: it is given the short answer, if there is still one.
    pub fn push_late(&mut self, now: Duration, flow: Flow, bytes: &[u8]) -> Pushed {
        let pushed = self.push(now, Rank::Call, flow, bytes);
        if let Some(letter) = self.ranks[Rank::Call as usize]
            .back_mut()
            .filter(|_| pushed.waits)
        {
            letter.late = true;
        }
        pushed
    }

    /// The next to be served.
    pub fn pop(&mut self, now: Duration) -> Option<Letter> {
        let mut ranks = self.ranks.iter_mut().enumerate();
        let (rank, letter) =
            ranks.find_map(|(rank, letters)| Some((rank, letters.pop_front()?)))?;
        self.forget(&letter);
        self.turn(now);
        if rank == Rank::Call as usize && letter.waited(now) <= LAG_MAX {
            self.served[0] += 1;
        }
        Some(letter)
    }

    /// A letter was served: the next one is written over it.
    pub fn give_back(&mut self, letter: Letter) {
        let mut bytes = letter.bytes;
        if self.spare.len() < SPARE_MAX && bytes.capacity() <= SPARE_BYTES_MAX {
            bytes.clear();
            self.spare.push(bytes);
        }
    }

    #[cfg(test)]
    pub(super) fn spare(&self) -> usize {
        self.spare.len()
    }

    /// Begins the next span when it is time.
    fn turn(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.span);
        if passed >= SPAN {
            let last = if passed < 2 * SPAN { self.served[0] } else { 0 };
            (self.served, self.span) = ([0, last], now);
        }
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.count
    }

    /// How many found no room, since the start.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    fn is_full(&self, more: usize) -> bool {
        self.count >= WAITING_MAX || self.bytes + more > WAITING_BYTES_MAX
    }

    /// Takes out the newest of the last rank that is worse than this one.
    fn make_room(&mut self, rank: Rank) -> Option<(Rank, Letter)> {
        let worse = Rank::ALL.into_iter().filter(|it| *it > rank).rev();
        let mut newest = worse.map(|it| (it, self.ranks[it as usize].pop_back()));
        let (rank, letter) = newest.find_map(|(rank, letter)| Some((rank, letter?)))?;
        self.forget(&letter);
        self.dropped += 1;
        Some((rank, letter))
    }

    fn forget(&mut self, letter: &Letter) {
        self.count -= 1;
        self.bytes -= letter.bytes.len();
        if let Some(print) = letter.print {
            self.calls.remove(print);
        }
    }
}
