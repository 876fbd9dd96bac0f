//! Which field of which message is spoilt how: all of them, or a sample in which each field of each message has its turn
//! and each spoil comes as often as any other.
use crate::marks::Marked;
use crate::spoil::SPOILS;

/// One spoilt message.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Case {
    /// Its place among the messages.
    pub(crate) message: usize,
    pub(crate) field: usize,
    pub(crate) spoil: usize,
    pub(crate) transport: &'static str,
}

/// Every so-manieth case goes over TCP.
const OVER_TCP: usize = 4;

/// So many spoils of each field of each message, `rounds` of 92; in the order of the messages, first those over UDP.
pub(crate) fn cases(messages: &[String], seed: u64, rounds: usize) -> Vec<Case> {
    let fields = messages.iter().map(|text| Marked::parse(text).fields.len());
    let pairs = fields
        .enumerate()
        .flat_map(|(message, fields)| (0..fields).map(move |field| (message, field)));
    let mut cases = Vec::new();
    for (place, (message, field)) in pairs.enumerate() {
        for round in 0..rounds.min(SPOILS.len()) {
            // 39 and 92 have no factor in common: all spoils come before one comes again, and neighbours differ.
            let spoil = (seed as usize % SPOILS.len() + place * 39 + round) % SPOILS.len();
            let transport = match (place + round) % OVER_TCP {
                0 => "TCP",
                _ => "UDP",
            };
            cases.push(Case {
                message,
                field,
                spoil,
                transport,
            });
        }
    }
    cases.sort_by_key(|case| (case.transport == "TCP", case.message));
    cases
}

impl Case {
    /// Message, field and spoil, as a failing test tells them.
    pub(crate) fn told(&self, name: &str, text: &str) -> String {
        let field = &Marked::parse(text).fields[self.field].name;
        let (spoil, over) = (SPOILS[self.spoil].0, self.transport);
        format!("{name} over {over}: {field} {spoil}")
    }

    /// The bytes.
    pub(crate) fn bytes(&self, text: &str) -> Vec<u8> {
        let marked = Marked::parse(text);
        marked.spoilt(&marked.fields[self.field], SPOILS[self.spoil].1)
    }
}

#[test]
fn every_field_has_every_spoil_in_as_many_rounds_as_there_are_spoils() {
    let messages = ["«a|1» «b|2»".to_owned(), "«c|«d|3»»".to_owned()];
    let mut all = cases(&messages, 7, usize::MAX);
    assert_eq!(all.len(), 4 * SPOILS.len());
    all.sort_by_key(|case| (case.message, case.field, case.spoil));
    all.dedup_by_key(|case| (case.message, case.field, case.spoil));
    assert_eq!(all.len(), 4 * SPOILS.len());
}

#[test]
fn a_sample_of_one_round_has_every_field_once_and_all_spoils_alike() {
    let messages = vec!["«a|1» «b|2» «c|3» «d|4»".to_owned(); SPOILS.len()];
    let sample = cases(&messages, 1, 1);
    assert_eq!(sample.len(), 4 * SPOILS.len());
    for spoil in 0..SPOILS.len() {
        assert_eq!(sample.iter().filter(|case| case.spoil == spoil).count(), 4);
    }
}
