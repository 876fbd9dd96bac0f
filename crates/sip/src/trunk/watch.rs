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
}

impl Watch {
    pub(super) fn new(probing: Option<Probing>) -> Self {
        Self { probing, row: None }
    }

    /// It has our contact now. Of another address nothing is known: it may be one that knows no OPTIONS, and who never
    /// answered one does not count as down.
    pub(super) fn begin(&mut self, now: Duration, target: &Target) {
        let Some(probing) = &self.probing else { return };
        let known = self.row.take().into_iter().collect();
        let mut rows = Row::renewed(known, vec![target.clone()]);
        self.row = rows.pop();
        if let Some(row) = &mut self.row {
            row.probe_at.get_or_insert(now + probing.every);
        }
    }

    /// It has not any more: whoever looks for the registrar asks by itself.
    pub(super) fn end(&mut self) {
        self.row = None;
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

    /// It was answered so, or not; how it stood before and stands now.
    pub(super) fn probed(
        &mut self,
        now: Duration,
        flow: Flow,
        status: Option<u16>,
    ) -> Option<(State, State)> {
        let probing = self.probing.as_ref()?;
        let row = self.row.as_mut().filter(|row| row.target.flow == flow)?;
        let before = row.state(now);
        row.probed(now, status.is_some_and(|it| probing.accepts(it)), probing);
        Some((before, row.state(now)))
    }

    /// The address and how it stands.
    pub(super) fn standing(&self, now: Duration) -> Option<(Flow, State)> {
        let row = self.row.as_ref()?;
        Some((row.target.flow, row.state(now)))
    }
}
