//! A dated rule: what is demanded of calls, of which of them, by which article, since when and until when.
use gudok_calendar::{Date, Span};
use gudok_model::{Kind, Name};

use crate::purpose::{Ground, Purpose};

/// One rule. It speaks of calls of some purposes to some kinds of numbers, on the days on which it is in force.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Law {
    /// As a refusal names it: `debt_hours`.
    pub name: Name,
    /// The article, or whose rule it is: `230-ФЗ, ст. 7, ч. 3, п. 1`.
    pub article: String,
    /// First day in force.
    pub from: Date,
    /// Last day in force; None: it has no end.
    pub till: Option<Date>,
    /// Of which calls. Empty: of all.
    pub purposes: Vec<Purpose>,
    /// To which numbers. Empty: to all.
    pub to: Vec<Kind>,
    /// What it demands.
    pub demand: Demand,
    /// Where it is written.
    pub place: Name,
}

/// What is demanded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Demand {
    /// That the clock of whoever is called shows such a time. Half open: at its end it is too late. Neither goes over
    /// midnight.
    Hours {
        /// On working days.
        working: Span,
        /// On days off and holidays.
        days_off: Span,
    },
    /// That there is a ground of these kinds.
    Basis {
        /// One of them.
        grounds: Vec<Ground>,
        /// Whether a reference that proves it is demanded too.
        proof: bool,
    },
    /// That they were talked with less often.
    Contacts(ContactLimits),
    /// That the number we show has a label, an owner, a category and a contract.
    Label,
}

/// How often one may be talked with. None: as often as one likes.
///
/// A day is a date of their clock, a week that date and the six before it, a month that date and the thirty before it:
/// so that no way of counting weeks and months finds more.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ContactLimits {
    /// On one date.
    pub day: Option<u32>,
    /// Within 7 dates.
    pub week: Option<u32>,
    /// Within 31 dates.
    pub month: Option<u32>,
}

/// Why a rule says nothing of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Idle {
    /// Not in force yet.
    Early,
    /// In force no more.
    Over,
    /// Of calls for something else.
    Purpose,
    /// Of calls to other numbers.
    Number,
}

/// Kinds of numbers by the words of the language.
pub const KINDS: [(&str, Kind); 4] = [
    ("mobile", Kind::Mobile),
    ("geo", Kind::Geo),
    ("toll_free", Kind::TollFree),
    ("intl", Kind::Intl),
];

impl Law {
    /// Why it says nothing of such a call today. None: it must be kept.
    pub fn idle(&self, today: Date, purpose: Purpose, kind: Kind) -> Option<Idle> {
        if today < self.from {
            return Some(Idle::Early);
        }
        if self.till.is_some_and(|last| today > last) {
            return Some(Idle::Over);
        }
        if !self.purposes.is_empty() && !self.purposes.contains(&purpose) {
            return Some(Idle::Purpose);
        }
        (!self.to.is_empty() && !self.to.contains(&kind)).then_some(Idle::Number)
    }
}
