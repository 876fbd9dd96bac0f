//! The promise to call back: to whom it can be made, and how it and the number are said.
use std::collections::BTreeSet;

use gudok_calendar::Zone;
use gudok_model::{Kind, Name, NumberRules, PhoneNumber, Wall, number};
use gudok_speech::{Due, Locale, Phrase, promised, say, typed_number};

use crate::decision::Decision;
use crate::flow::PromiseOp;
use crate::memory::Memory;

/// The answer in which a number that was typed for a call back is kept.
pub(crate) const CALLBACK_NUMBER: &str = "callback_number";

/// The reason of the end of a call with this promise.
pub const CALLBACK_PROMISED: &str = "callback_promised";

/// The number that was typed, where it is one that may be called: Russian, mobile or geographic. Others cost whoever calls
/// them, or are no person's: nobody can make us dial those by typing them (S03).
pub(crate) fn callable(typed: &str) -> Option<PhoneNumber> {
    let parsed = number::parse(typed, &NumberRules::default());
    let fits = matches!(parsed.kind, Kind::Mobile | Kind::Geo);
    parsed.e164.filter(|_| fits)
}

/// What of the call's memory is the number; None: nothing that may be called was typed.
pub(crate) fn remembered(memory: &Memory, answer: &Name) -> Option<PhoneNumber> {
    callable(&memory.answers.get(answer)?.text)
}

/// The promise as a decision, to this number (None: to the caller's own), said so and with these words after it.
pub(crate) fn decision(
    promise: &PromiseOp,
    said: &Phrase,
    to: Option<PhoneNumber>,
    thanks: Vec<Name>,
) -> Decision {
    Decision::Promise {
        owed: promise.owed.clone(),
        keep_place: promise.keep_place,
        to,
        prompts: pieces(said).chain(thanks).collect(),
    }
}

/// `Мы перезвоним вам в течение двадцати минут`.
pub(crate) fn within(locale: Locale, promise: &PromiseOp) -> Phrase {
    promised(locale, promise.owed.within)
}

/// The same of a promise that is due at another moment: `Мы перезвоним вам завтра до девяти часов двадцати минут`, as the clock of
/// the zone shows it.
pub(crate) fn by(locale: Locale, zone: &Zone, (now, due): (Wall, Wall)) -> Phrase {
    let (now, due) = (zone.local(now), zone.local(due));
    let small = |of_date: i8| of_date.unsigned_abs().into();
    let due = Due {
        days: now.days_to(&due),
        date: (small(due.date.month()), small(due.date.day())),
        time: (due.hour.into(), due.minute.into()),
    };
    due.phrase(locale)
}

/// Every piece by which it may be said.
pub(crate) fn may_promise(locale: Locale, promise: &PromiseOp) -> Vec<Name> {
    let later = promise.owed.schedule.as_ref().map(|_| Due::may_say(locale));
    let later = later.into_iter().flatten().map(Name::from);
    pieces(&within(locale, promise)).chain(later).collect()
}

/// `Вы набрали` with the number; nothing where there is none.
pub(crate) fn read_back(locale: Locale, number: Option<&PhoneNumber>) -> Vec<Name> {
    let said = number.and_then(|number| typed_number(locale, number.as_str()));
    said.iter().flat_map(pieces).collect()
}

/// Every piece by which some number may be read back.
pub(crate) fn may_read(locale: Locale) -> BTreeSet<Name> {
    let groups = (0..1_000).map(|n| format!("+7{n:03}{n:03}{:02}{:02}", n % 100, n % 100));
    let said = groups.filter_map(|number| say::phone(locale, &number));
    let pieces: BTreeSet<&str> = said.flat_map(|said| said.pieces).collect();
    let lead = typed_number(locale, "+79990000000").unwrap_or_default();
    pieces
        .into_iter()
        .chain(lead.pieces)
        .map(Name::from)
        .collect()
}

fn pieces(phrase: &Phrase) -> impl Iterator<Item = Name> + use<'_> {
    phrase.pieces.iter().map(|piece| Name::from(*piece))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_people_of_this_country_are_called_back() {
        let called = |typed: &str| callable(typed).map(|number| number.to_string());
        for own in ["89990000001", "9990000001", "79990000001"] {
            assert_eq!(called(own).as_deref(), Some("+79990000001"), "{own}");
        }
        assert_eq!(called("83952000001").as_deref(), Some("+73952000001"));
        for other in [
            "88090000001",     // a line that costs who calls
            "88001234567",     // a hotline
            "810375290000001", // abroad
            "87010000001",     // Kazakhstan
            "3952000",         // no area code
            "112",
            "0000000000",
        ] {
            assert_eq!(called(other), None, "{other}");
        }
    }

    #[test]
    fn every_number_that_is_read_back_has_its_pieces() {
        for locale in Locale::ALL {
            let may = may_read(locale);
            for number in ["+79990000001", "+73952121314", "+78421111999"] {
                let number = PhoneNumber::try_from(number.to_owned()).expect("a number");
                let said = read_back(locale, Some(&number));
                assert!(
                    said.len() > 5 && said.iter().all(|it| may.contains(it)),
                    "{said:?}"
                );
            }
        }
    }
}
