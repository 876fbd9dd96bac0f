//! Who may call, as far as a plan can tell callers apart, and what of them goes together (the table of facts in
//! `dialplans/README.md`): whoever withholds the number has none, nobody finds a client by no number, and of a caller
//! who is no client there is neither a name nor a field.
use crate::condition::{CLASSES, Condition, Depends, Fact, Var};

/// What is supposed of a caller; None: it may be anything.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Who {
    /// Whether there is a `caller.number`.
    pub(crate) has_number: Option<bool>,
    /// `caller.anonymous`.
    pub(crate) anonymous: Option<bool>,
    /// `client.match`.
    pub(crate) matched: Option<&'static str>,
    /// `client.class`.
    pub(crate) class: Option<&'static str>,
}

impl Who {
    /// Nothing is supposed.
    pub(crate) const ANYBODY: Self = Self {
        has_number: None,
        anonymous: None,
        matched: None,
        class: None,
    };

    /// Everybody there may be.
    pub(crate) fn all() -> Vec<Self> {
        let shown = |matched, class| Self {
            has_number: Some(true),
            anonymous: Some(false),
            matched: Some(matched),
            class: Some(class),
        };
        let without = |anonymous, matched, class| Self {
            has_number: Some(false),
            anonymous: Some(anonymous),
            ..shown(matched, class)
        };
        let unknown = ["pending", "error", "none", "many"];
        let unknown = unknown.map(|matched| shown(matched, UNKNOWN));
        let known = CLASSES.into_iter().filter(|class| *class != UNKNOWN);
        let known = known.map(|class| shown("one", class));
        // A name in the place of a number withholds nothing; who is blocked by `gudok block` is known by a mark.
        let numberless = [
            without(false, "no_number", UNKNOWN),
            without(true, "no_number", UNKNOWN),
            without(true, "one", "blocked"),
        ];
        unknown.into_iter().chain(known).chain(numberless).collect()
    }

    /// The same, and those that there are only after a search by what was typed: a number is not needed for it.
    pub(crate) fn all_searched() -> Vec<Self> {
        let shown = Self::all().into_iter();
        let found = shown.filter(|who| matches!(who.matched, Some("one" | "many")));
        let found: Vec<Self> = found.filter(|who| who.has_number == Some(true)).collect();
        let without = |anonymous| {
            found.iter().map(move |who| Self {
                has_number: Some(false),
                anonymous: Some(anonymous),
                ..*who
            })
        };
        let mut all = Self::all();
        let more: Vec<Self> = without(false).chain(without(true)).collect();
        all.extend(more.into_iter().filter(|who| !Self::all().contains(who)));
        all
    }

    /// Whether a call may begin with this caller.
    pub(crate) fn may_begin(&self) -> bool {
        Self::all().contains(self)
    }

    /// Whether that one may be found alone by what this caller types.
    pub(crate) fn may_be_found_as(&self, found: &Self) -> bool {
        let same = (self.has_number, self.anonymous) == (found.has_number, found.anonymous);
        same && found.matched == Some("one")
    }

    /// The same, or that several are: they are the client only where nobody was found before.
    pub(crate) fn may_be_searched_as(&self, found: &Self) -> bool {
        let same = (self.has_number, self.anonymous) == (found.has_number, found.anonymous);
        let unknown = !matches!(self.matched, Some("one"));
        self.may_be_found_as(found) || (same && unknown && found.matched == Some("many"))
    }

    /// Whether this caller may be that one some time later. A directory answers late, and a second one may find
    /// what the first has not; who was found stays found, and what the network says stays as it is.
    pub(crate) fn may_become(&self, later: &Self, looked_up: bool) -> bool {
        let same = (self.has_number, self.anonymous) == (later.has_number, later.anonymous);
        if self.has_number == Some(false) {
            return self == later;
        }
        let was_found = matches!(self.matched, Some("one" | "many"));
        let is_found = matches!(later.matched, Some("one" | "many"));
        let awaits = later.matched == Some("pending");
        let may_await = self.matched == Some("pending") && !looked_up;
        same && (is_found || !was_found) && (!awaits || may_await)
    }

    /// Only what a condition asks: conditions that ask nothing of it come to the same for everybody.
    pub(crate) fn asked_by(self, condition: &Condition) -> Self {
        let asks = |wanted: &dyn Fn(&Var) -> bool| {
            let mut vars = condition.vars.iter();
            vars.any(|(_, var)| var.depends() == Depends::Caller && wanted(var))
        };
        let of_number = |var: &Var| of_number(var);
        let of_class = |var: &Var| *var == Var::ClientClass || of_client(var);
        Self {
            has_number: self.has_number.filter(|_| asks(&of_number)),
            anonymous: (self.anonymous).filter(|_| asks(&|var| *var == Var::CallerAnonymous)),
            matched: (self.matched).filter(|_| asks(&|var| *var == Var::ClientMatch)),
            class: self.class.filter(|_| asks(&of_class)),
        }
    }

    /// What is known of a fact; None: nothing.
    pub(crate) fn fact(&self, var: &Var) -> Option<Fact<'static>> {
        let no_number = self.has_number == Some(false);
        let no_client = self.class == Some(UNKNOWN);
        match var {
            Var::CallerAnonymous => Some(Fact::Bool(self.anonymous?)),
            Var::CallerLocalHour | Var::CallerLocalWeekday if no_number => Some(Fact::Missing),
            Var::CallerRegionConfidence if no_number => Some(Fact::Text(UNKNOWN.into())),
            var if of_number(var) && no_number => Some(Fact::Text("".into())),
            Var::CallerNumber if self.has_number == Some(true) => Some(Fact::Some),
            Var::ClientMatch => Some(Fact::Text(self.matched?.into())),
            Var::ClientClass => Some(Fact::Text(self.class?.into())),
            Var::ClientField(_) if no_client => Some(Fact::Missing),
            Var::ClientFields if no_client => Some(Fact::NO_FIELDS),
            var if of_client(var) && no_client => Some(Fact::Text("".into())),
            _ => None,
        }
    }
}

/// The word for a class of callers of whom nothing is known.
const UNKNOWN: &str = "unknown";

/// What there is only where there is a number.
fn of_number(var: &Var) -> bool {
    matches!(
        var,
        Var::CallerNumber
            | Var::CallerRegion
            | Var::CallerRegionAlso
            | Var::CallerRegionName
            | Var::CallerRegionConfidence
            | Var::CallerZone
            | Var::CallerLocalHour
            | Var::CallerLocalWeekday
    )
}

/// What there is only of a client.
fn of_client(var: &Var) -> bool {
    matches!(
        var,
        Var::ClientId
            | Var::ClientName
            | Var::ClientSource
            | Var::ClientFields
            | Var::ClientField(_)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn who(matched: &str, class: &str) -> Who {
        let all = Who::all().into_iter();
        let mut all = all.filter(|who| (who.matched, who.class) == (Some(matched), Some(class)));
        all.next().expect("there is such a caller")
    }

    #[test]
    fn nobody_without_a_number_is_found_but_by_the_mark_of_a_block() {
        let all = Who::all();
        let numberless = all.iter().filter(|who| who.has_number == Some(false));
        for who in numberless {
            assert!(matches!(who.class, Some("unknown" | "blocked")), "{who:?}");
            assert!(who.fact(&Var::CallerNumber).is_some());
        }
        let found = |who: &&Who| who.matched == Some("none") && who.class != Some("unknown");
        assert_eq!(all.iter().find(found), None);
    }

    #[test]
    fn who_was_found_stays_found_and_nobody_is_awaited_twice() {
        let (pending, vip) = (who("pending", "unknown"), who("one", "vip"));
        let late = who("error", "unknown");
        assert!(pending.may_become(&pending, false) && !pending.may_become(&pending, true));
        assert!(pending.may_become(&late, true) && late.may_become(&vip, false));
        assert!(!vip.may_become(&late, false) && !late.may_become(&pending, false));
    }
}
