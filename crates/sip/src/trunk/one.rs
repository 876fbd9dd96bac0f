//! One trunk: its addresses, its registrar, how much it carries.
use std::sync::Arc;
use std::time::Duration;

use super::limits::Bucket;
use super::registrar::Registrar;
use super::target::{Row, Target};
use super::{Limits, Probing, Standing};
use crate::endpoint::Flow;

/// What a probe is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Asked {
    /// Whether calls may go there.
    Calls,
    /// Whether the registrar that is lost lives again.
    Lost,
    /// Whether the address that has our contact lives.
    Watched(Flow),
}

#[derive(Debug)]
pub(super) struct Trunk {
    pub(super) name: Arc<str>,
    pub(super) rows: Vec<Row>,
    pub(super) probing: Option<Probing>,
    pub(super) registrar: Option<Registrar>,
    pub(super) limits: Limits,
    pub(super) coming: Option<Bucket>,
    pub(super) going: Option<Bucket>,
}

impl Trunk {
    /// What is to be asked now; each question has the next number.
    pub(super) fn due(&mut self, now: Duration, last: &mut u64) -> Vec<(u64, Asked, Target)> {
        let mut due = Vec::new();
        let mut ask = |asked, target| {
            *last += 1;
            due.push((*last, asked, target));
            Some(*last)
        };
        for row in &mut self.rows {
            if row.probe.is_none() && row.probe_at.is_some_and(|at| at <= now) {
                row.probe = ask(Asked::Calls, row.target.clone());
            }
        }
        let Some(registrar) = &mut self.registrar else {
            return due;
        };
        if let Some(target) = registrar.handle_timeout(now) {
            ask(Asked::Lost, target);
        }
        if let Some(target) = registrar.watch.due(now) {
            match is_asked(&self.rows, self.probing.as_ref(), target.flow) {
                true => registrar.watch.skip(now),
                false => drop(ask(Asked::Watched(target.flow), target)),
            }
        }
        due
    }

    pub(super) fn standing(&self, now: Duration) -> Standing {
        let registrar = self.registrar.as_ref();
        let watched = registrar.and_then(|it| it.watch.standing(now));
        let is_alone = |flow| !is_asked(&self.rows, self.probing.as_ref(), flow);
        let rows = self.rows.iter();
        Standing {
            trunk: Arc::clone(&self.name),
            registered: registrar.map(Registrar::is_registered),
            targets: rows.map(|row| (row.target.flow, row.state(now))).collect(),
            watched: watched.filter(|(flow, _)| is_alone(*flow)),
        }
    }
}

/// Whether the address is asked for the sake of calls.
fn is_asked(rows: &[Row], probing: Option<&Probing>, flow: Flow) -> bool {
    probing.is_some() && rows.iter().any(|row| row.target.flow == flow)
}
