//! Whether the address we are registered at lives, asked between two registrations: nothing else would tell for minutes
//! that no call can come, and over UDP nothing else keeps a NAT's way to us open.
use std::time::Duration;

use super::target::Row;
use super::{Probing, State, Target};
use crate::endpoint::Flow;

/// One address at a time: the one that has our contact.
#[derive(Debug)]
pub(super) struct Watch {
    probing: Option<Probing>,
    row: Option<Row>,
    /// It stopped answering and has not begun again, though a REGISTER may have had its answer meanwhile.
    lost: bool,
}

/// What an answer means, or that there is none.
pub(super) struct Probed {
    pub(super) before: State,
    pub(super) state: State,
    /// It had stopped answering: it may have been started anew since.
    pub(super) is_back: bool,
}

impl Watch {
    pub(super) fn new(probing: Option<Probing>) -> Self {
        Self {
            probing,
            row: None,
            lost: false,
        }
    }

    /// It has our contact now. Of another address nothing is known: it may be one that knows no OPTIONS, and who never
    /// answered one does not count as down. True: it was down by OPTIONS, and is not, since it answers REGISTER.
    pub(super) fn begin(&mut self, now: Duration, target: &Target) -> bool {
        let Some(probing) = &self.probing else {
            return false;
        };
        let known = self.row.take();
        let known = known.filter(|row| row.target.flow == target.flow);
        self.lost &= known.is_some();
        let mut rows = Row::renewed(known.into_iter().collect(), vec![target.clone()]);
        self.row = rows.pop();
        let Some(row) = &mut self.row else {
            return false;
        };
        row.probe_at.get_or_insert(now + probing.every);
        row.is_not_down()
    }

    /// It has not any more: whoever looks for the registrar asks by itself.
    pub(super) fn end(&mut self) {
        (self.row, self.lost) = (None, false);
    }

    /// The address, when it is time to ask.
    pub(super) fn due(&mut self, now: Duration) -> Option<Target> {
        let row = self.row.as_mut()?;
        row.probe_at.take_if(|at| *at <= now)?;
        Some(row.target.clone())
    }

    pub(super) fn poll_timeout(&self) -> Option<Duration> {
        self.row.as_ref()?.probe_at
    }

    /// Others ask the same address: not now.
    pub(super) fn skip(&mut self, now: Duration) {
        if let (Some(row), Some(probing)) = (&mut self.row, &self.probing) {
            row.probe_at = Some(now + probing.every);
        }
    }

    /// It was answered so, or not. None: nobody waits for it any more.
    pub(super) fn probed(
        &mut self,
        now: Duration,
        flow: Flow,
        status: Option<u16>,
    ) -> Option<Probed> {
        let probing = self.probing.as_ref()?;
        let row = self.row.as_mut().filter(|row| row.target.flow == flow)?;
        let before = row.state(now);
        row.probed(now, status.is_some_and(|it| probing.accepts(it)), probing);
        let state = row.state(now);
        self.lost |= state == State::Down;
        Some(Probed {
            before,
            state,
            is_back: state == State::Up && std::mem::take(&mut self.lost),
        })
    }

    /// The address and how it stands.
    pub(super) fn standing(&self, now: Duration) -> Option<(Flow, State)> {
        let row = self.row.as_ref()?;
        Some((row.target.flow, row.state(now)))
    }
}
