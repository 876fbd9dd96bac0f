//! Everything the admin wrote of calls out.
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use gudok_calendar::{Date, Holidays, Span, Zone};
use gudok_model::{Name, Wall};

use crate::law::Law;
use crate::limits::Limits;
use crate::prefixes::Prefixes;
use crate::register::Cli;

/// The rules in force. Without them nobody is called by hand.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rules {
    /// By whose clock it is night, and by whose date a law is in force.
    pub zone: Zone,
    /// Which days are off; None: nobody knows, and the narrower hours count on every day.
    pub holidays: Option<Arc<Holidays>>,
    /// When nobody calls out but the plan; None: there is no such time.
    pub night: Option<Span>,
    /// Of all together.
    pub limits: Limits,
    /// Of each operator.
    pub operator: Limits,
    /// The longest call out: then it is ended.
    pub talk_max: Duration,
    /// Where calls may go.
    pub prefixes: Prefixes,
    /// What we may show, in order: the first that fits is shown.
    pub clis: Vec<Cli>,
    /// The law and the rules of the house, by name.
    pub law: BTreeMap<Name, Law>,
    /// Where these are written.
    pub places: Places,
}

/// Where what is said once is written; `[outbound]` itself where it is left to what is usual.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Places {
    /// `[outbound]`.
    pub outbound: Name,
    /// Its `night`.
    pub night: Name,
    /// `[outbound.limits]`.
    pub limits: Name,
    /// `[outbound.operator]`.
    pub operator: Name,
}

impl Rules {
    /// The date by the clock of the house.
    pub fn today(&self, now: Wall) -> Date {
        self.zone.local(now).date
    }

    /// The same without places, for comparing what is said, wherever it stands.
    pub fn forget_places(&mut self) {
        let clis = self.clis.iter_mut().map(|it| &mut it.place);
        let law = self.law.values_mut().map(|it| &mut it.place);
        for place in clis.chain(law) {
            *place = "".into();
        }
        self.places = Places::default();
        self.prefixes.forget_places();
    }
}
