//! Which setting reads the calls rightly, and which to propose.
use std::collections::BTreeSet;

use gudok_dialplan::plan::Plan;
use gudok_model::{IdentitySource, NumberRules, Parsed, PhoneNumber};

use super::calls::Call;
use crate::config::{CallerSource, DialledSource};
use crate::hotline::reading::Reading;

/// Where a caller may stand; what the network asserts before what the phone says.
pub(super) const CALLERS: [CallerSource; 3] =
    [CallerSource::Pai, CallerSource::Rpid, CallerSource::From];
/// Where the dialled number may stand.
pub(super) const DIALLED: [DialledSource; 4] = [
    DialledSource::RequestUri,
    DialledSource::To,
    DialledSource::Diversion,
    DialledSource::HistoryInfo,
];
/// Longest prefix looked for. Digits.
const PREFIX_MAX: usize = 3;
/// Most prefixes tried.
const PREFIXES_MAX: usize = 8;

/// Calls, and what we know without them.
#[derive(Clone, Debug)]
pub(super) struct Evidence<'a> {
    /// At least one.
    pub calls: &'a [Call],
    /// Which numbers are ours.
    pub plan: &'a Plan,
    /// How numbers are written.
    pub rules: NumberRules,
    /// Who really called.
    pub expect: Option<PhoneNumber>,
}

/// Who called, and how we know.
#[derive(Debug)]
pub(super) struct Callers {
    /// For each call; None where no header says it.
    pub truth: Vec<Option<PhoneNumber>>,
    /// Headers with one and the same number while another's changes: the trunk's own.
    pub logins: Vec<CallerSource>,
    /// How sure that is.
    pub grounds: Grounds,
}

/// How we know who called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Grounds {
    /// We were told.
    Told,
    /// This header changes from call to call, and what contradicts it does not.
    Changes(CallerSource),
    /// Nothing contradicts this header.
    Unopposed(CallerSource),
    /// Headers contradict each other, and nothing tells which is right.
    Guess(CallerSource),
    /// No header has a caller's number.
    Nobody,
}

/// How one order of headers reads the calls.
#[derive(Clone, Debug)]
pub(super) struct Order<S> {
    /// Best first.
    pub sources: Vec<S>,
    /// Per call, whether it is read rightly.
    pub right: Vec<bool>,
}

impl<S> Order<S> {
    /// How many calls are read rightly.
    pub(super) fn count(&self) -> usize {
        self.right.iter().filter(|&&right| right).count()
    }
}

impl Evidence<'_> {
    /// What one header gives as the caller.
    pub(super) fn caller_in(&self, call: &Call, source: CallerSource) -> Parsed {
        let reading = Reading::new(&[source], &[], self.rules.clone());
        reading.caller_of(&call.request).number
    }

    /// What one header gives as the dialled number.
    pub(super) fn dialled_in(&self, call: &Call, source: DialledSource) -> Parsed {
        let reading = Reading::new(&[], &[source], self.rules.clone());
        reading.dialled_of(&call.request, self.plan).number
    }

    /// Whether a number is served by us.
    pub(super) fn is_ours(&self, number: &PhoneNumber) -> bool {
        self.plan.number(number).is_some()
    }

    /// Whether any header of a call holds a number of ours.
    pub(super) fn names_us(&self, call: &Call) -> bool {
        let found = DIALLED.map(|source| self.dialled_in(call, source).e164);
        found
            .into_iter()
            .flatten()
            .any(|number| self.is_ours(&number))
    }

    /// How many calls name different numbers of ours in different headers: which one was dialled they do not say.
    pub(super) fn rivals(&self) -> usize {
        let ours = |call: &&Call| {
            let found = DIALLED.map(|source| self.dialled_in(call, source).e164);
            let ours: BTreeSet<_> = found
                .into_iter()
                .flatten()
                .filter(|number| self.is_ours(number))
                .collect();
            ours.len() > 1
        };
        self.calls.iter().filter(ours).count()
    }

    /// Who called: whom we were told; else by the rule that the caller's header changes from call to call while the
    /// trunk's login does not, and that nobody calls from the number he dials.
    pub(super) fn callers(&self) -> Callers {
        if let Some(expect) = &self.expect {
            return Callers {
                truth: vec![Some(expect.clone()); self.calls.len()],
                logins: Vec::new(),
                grounds: Grounds::Told,
            };
        }
        self.guessed()
    }

    fn guessed(&self) -> Callers {
        let columns = CALLERS.map(|source| (source, self.usable(source)));
        let logins = logins(&columns);
        let mut ranked: Vec<&Column> = columns
            .iter()
            .filter(|(source, column)| !logins.contains(source) && different(column) > 0)
            .collect();
        ranked.sort_by_key(|(_, column)| different(column) < 2);
        let truth: Vec<Option<PhoneNumber>> = (0..self.calls.len())
            .map(|call| ranked.iter().find_map(|(_, column)| column[call].clone()))
            .collect();
        let agree = ranked.iter().all(|(_, column)| {
            let mut pairs = column.iter().zip(&truth);
            pairs.all(|(value, truth)| value.is_none() || value == truth)
        });
        let grounds = match ranked.first() {
            None => Grounds::Nobody,
            Some((source, _)) if !agree => Grounds::Guess(*source),
            Some((source, _)) if !logins.is_empty() => Grounds::Changes(*source),
            Some((source, _)) => Grounds::Unopposed(*source),
        };
        Callers {
            truth,
            logins,
            grounds,
        }
    }

    /// What a header gives in each call, where it may be a caller: a number, not ours, not the one dialled.
    fn usable(&self, source: CallerSource) -> Vec<Option<PhoneNumber>> {
        let of_call = |call: &Call| {
            let number = self.caller_in(call, source).e164?;
            let dialled = DIALLED.map(|source| self.dialled_in(call, source).e164);
            let is_dialled = dialled.iter().flatten().any(|other| *other == number);
            (!is_dialled && !self.is_ours(&number)).then_some(number)
        };
        self.calls.iter().map(of_call).collect()
    }

    /// How an order of headers reads the callers; and whether each of its headers decides at least one call.
    pub(super) fn caller_order(
        &self,
        sources: &[CallerSource],
        callers: &Callers,
    ) -> (Order<CallerSource>, bool) {
        let reading = Reading::new(sources, &[], self.rules.clone());
        let mut deciding = Vec::new();
        let mut right = Vec::new();
        for (call, truth) in self.calls.iter().zip(&callers.truth) {
            let caller = reading.caller_of(&call.request);
            if !caller.number.raw.is_empty() && !deciding.contains(&caller.asserted_by) {
                deciding.push(caller.asserted_by);
            }
            right.push(caller.number.e164 == *truth);
        }
        let order = Order {
            sources: sources.to_vec(),
            right,
        };
        (order, deciding.len() == sources.len())
    }

    /// How an order of headers reads the dialled numbers, and the same of its headers. A number of ours is right.
    pub(super) fn dialled_order(&self, sources: &[DialledSource]) -> (Order<DialledSource>, bool) {
        let reading = Reading::new(&[], sources, self.rules.clone());
        let mut deciding: Vec<IdentitySource> = Vec::new();
        let mut right = Vec::new();
        for call in self.calls {
            let dialled = reading.dialled_of(&call.request, self.plan);
            let number = dialled.number.e164.as_ref();
            let ours = number.is_some_and(|number| self.is_ours(number));
            // Alone, a header is tried as soon as it is there.
            let decides = ours || sources.len() == 1 && !dialled.number.raw.is_empty();
            if decides && !deciding.contains(&dialled.found_in) {
                deciding.push(dialled.found_in);
            }
            right.push(ours);
        }
        let order = Order {
            sources: sources.to_vec(),
            right,
        };
        (order, deciding.len() == sources.len())
    }

    /// Every order of caller headers in which each header decides something, best first.
    pub(super) fn caller_orders(&self, callers: &Callers) -> Vec<Order<CallerSource>> {
        let tried = orders(&CALLERS);
        let tried = tried.iter().map(|order| self.caller_order(order, callers));
        best_first(tried)
    }

    /// The same for the dialled number.
    pub(super) fn dialled_orders(&self) -> Vec<Order<DialledSource>> {
        let tried = orders(&DIALLED);
        best_first(tried.iter().map(|order| self.dialled_order(order)))
    }

    /// Headers that may stand behind an order as spares: wherever they have a number it is the caller's.
    pub(super) fn spare_callers(
        &self,
        order: &[CallerSource],
        callers: &Callers,
    ) -> Vec<CallerSource> {
        let agrees = |source: &CallerSource| {
            let numbers = self.calls.iter().map(|call| self.caller_in(call, *source));
            let mut numbers = numbers
                .zip(&callers.truth)
                .filter(|(it, _)| !it.raw.is_empty());
            numbers.clone().next().is_some() && numbers.all(|(it, truth)| it.e164 == *truth)
        };
        let rest = CALLERS.into_iter().filter(|source| !order.contains(source));
        rest.filter(agrees).collect()
    }

    /// The same for the dialled number: where they have a number of ours.
    pub(super) fn spare_dialled(&self, order: &[DialledSource]) -> Vec<DialledSource> {
        let ours = |source: &DialledSource| {
            let numbers = self.calls.iter().map(|call| self.dialled_in(call, *source));
            let mut numbers = numbers.filter_map(|number| number.e164);
            numbers.any(|number| self.is_ours(&number))
        };
        let rest = DIALLED.into_iter().filter(|source| !order.contains(source));
        rest.filter(ours).collect()
    }

    /// The prefix with which most numbers make sense: the present one, none, or digits found before a number that is
    /// ours or the caller's. The present one stays unless another is better.
    pub(super) fn best_strip(&self) -> Option<String> {
        let with = |strip: Option<String>| Self {
            rules: NumberRules {
                strip,
                ..self.rules.clone()
            },
            ..self.clone()
        };
        let mut best = self.rules.strip.clone();
        let mut most = self.sense();
        let none = with(None);
        for strip in none.prefixes().into_iter().map(Some).chain([None]) {
            let sense = with(strip.clone()).sense();
            if sense > most {
                (best, most) = (strip, sense);
            }
        }
        best
    }

    /// How many calls name a number of ours, the caller we were told, any caller.
    fn sense(&self) -> usize {
        let callers = |call: &Call| CALLERS.map(|source| self.caller_in(call, source).e164);
        let of_call = |call: &Call| {
            let callers = callers(call);
            let told = self.expect.is_some() && callers.contains(&self.expect);
            let any = callers.iter().any(Option::is_some);
            usize::from(self.names_us(call)) + usize::from(told) + usize::from(any)
        };
        self.calls.iter().map(of_call).sum()
    }

    /// Digits before numbers that are ours, or the caller's, once they are cut.
    fn prefixes(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for call in self.calls {
            let callers = CALLERS.map(|source| self.caller_in(call, source));
            let dialled = DIALLED.map(|source| self.dialled_in(call, source));
            for number in callers.iter().chain(&dialled) {
                found.extend(self.prefix_of(number));
                if found.len() >= PREFIXES_MAX {
                    return found;
                }
            }
        }
        found
    }

    fn prefix_of(&self, number: &Parsed) -> Option<String> {
        let known =
            |number: &PhoneNumber| self.is_ours(number) || self.expect.as_ref() == Some(number);
        if number.e164.as_ref().is_some_and(known) {
            return None;
        }
        (1..=PREFIX_MAX).find_map(|length| {
            let prefix = number.raw.get(..length)?;
            let rules = NumberRules {
                strip: Some(prefix.to_owned()),
                ..self.rules.clone()
            };
            let cut = gudok_model::number::parse(&number.raw, &rules).e164?;
            let digits = prefix.bytes().all(|byte| byte.is_ascii_digit());
            (digits && known(&cut)).then(|| prefix.to_owned())
        })
    }
}

/// A header and what it gives in each call.
type Column = (CallerSource, Vec<Option<PhoneNumber>>);

/// How many different numbers there are.
fn different(column: &[Option<PhoneNumber>]) -> usize {
    let numbers: BTreeSet<_> = column.iter().flatten().collect();
    numbers.len()
}

/// Headers that keep saying one number while another header's changes.
fn logins(columns: &[Column]) -> Vec<CallerSource> {
    if columns.iter().all(|(_, column)| different(column) < 2) {
        return Vec::new();
    }
    let same = |column: &[Option<PhoneNumber>]| {
        different(column) == 1 && column.iter().flatten().count() > 1
    };
    let logins = columns.iter().filter(|(_, column)| same(column));
    logins.map(|(source, _)| *source).collect()
}

/// Those that make sense, most calls read rightly first; of equals the shorter, then the usual order.
fn best_first<S>(tried: impl Iterator<Item = (Order<S>, bool)>) -> Vec<Order<S>> {
    let sensible = tried.filter_map(|(order, sensible)| sensible.then_some(order));
    let mut orders: Vec<Order<S>> = sensible.collect();
    orders.sort_by_key(|order| (order.right.len() - order.count(), order.sources.len()));
    orders
}

/// Every order of every part of a set that is not empty.
fn orders<S: Copy + PartialEq>(set: &[S]) -> Vec<Vec<S>> {
    let mut found: Vec<Vec<S>> = set.iter().map(|source| vec![*source]).collect();
    let mut from = 0;
    while from < found.len() {
        let more = set.iter().filter(|source| !found[from].contains(source));
        let longer: Vec<Vec<S>> = more
            .map(|source| [&found[from][..], &[*source]].concat())
            .collect();
        found.extend(longer);
        from += 1;
    }
    found
}
