//! Who waited when the last run was cut: in the register of missed calls like anybody whom nobody answered, and to be called.
use std::collections::BTreeSet;

use gudok_model::number::parse;
use gudok_model::request::CALLBACK_DUE;
use gudok_model::{CallEvent, CallId, Kind, NumberRules, RequestKind, Wall};
use gudok_store::{LeftOpen, OpenWait};

/// Told before the last words of their calls. Which group owes the call is the plan's of then to say: everybody does.
pub(crate) fn missed(left: &LeftOpen, cut_at: Wall) -> Vec<(CallId, CallEvent)> {
    let calls = left.calls.iter();
    let in_vain = calls.filter(|open| !open.talked && open.promised.is_none());
    let in_vain: BTreeSet<CallId> = in_vain.map(|open| open.call).collect();
    let waited = left.waiting.iter().filter(|it| in_vain.contains(&it.call));
    waited.flat_map(|it| told(it, cut_at)).collect()
}

fn told(waited: &OpenWait, cut_at: Wall) -> impl Iterator<Item = (CallId, CallEvent)> + use<> {
    let parsed = parse(waited.caller.as_str(), &NumberRules::default());
    // As `callback` of a plan has it (S03).
    let may = matches!(parsed.kind, Kind::Mobile | Kind::Geo);
    let number = parsed.e164.filter(|_| may);
    let missed = CallEvent::Missed {
        number: number.clone(),
        group: None,
        queue: Some(waited.queue.clone()),
        short: false,
    };
    let requested = number.map(|number| CallEvent::Requested {
        kind: RequestKind::Missed,
        number: Some(number),
        due: cut_at + CALLBACK_DUE,
        group: None,
        length_ms: None,
        waited_ms: cut_at.since(waited.since).as_millis().try_into().ok(),
        detail: Box::default(),
    });
    let call = waited.call;
    [Some(missed), requested]
        .into_iter()
        .flatten()
        .map(move |fact| (call, fact))
}

#[cfg(test)]
mod tests {
    use gudok_model::PhoneNumber;
    use gudok_store::OpenCall;

    use super::*;

    fn call(n: u128) -> CallId {
        CallId(uuid::Uuid::from_u128(n))
    }

    fn waited(n: u128, from: &str) -> OpenWait {
        let number = |raw: &str| PhoneNumber::try_from(raw.to_owned()).expect("a number");
        OpenWait {
            call: call(n),
            caller: number(from),
            did: number("+78001234567"),
            queue: "tech".into(),
            priority: 5,
            since: Wall(0),
        }
    }

    fn open(n: u128, talked: bool, promised: Option<RequestKind>) -> OpenCall {
        OpenCall {
            call: call(n),
            talked,
            promised,
            reached: None,
        }
    }

    #[test]
    fn who_waited_in_vain_is_missed_and_who_was_promised_a_call_or_talked_is_not() {
        let left = LeftOpen {
            calls: vec![
                open(1, false, None),
                open(2, true, None),
                open(3, false, Some(RequestKind::Callback)),
                open(4, false, None),
            ],
            waiting: vec![
                waited(1, "+79990000001"),
                waited(2, "+79990000002"),
                waited(3, "+79990000003"),
                waited(4, "+375290000001"),
            ],
            ..LeftOpen::default()
        };
        let told = missed(&left, Wall(60_000_000));
        let words: Vec<_> = told
            .iter()
            .map(|(id, fact)| match fact {
                CallEvent::Missed { number, .. } => (*id, number.is_some(), None),
                CallEvent::Requested { due, number, .. } => (*id, number.is_some(), Some(due.0)),
                other => panic!("{other:?}"),
            })
            .collect();
        let due = 60_000_000 + 20 * 60_000_000;
        let first = [(call(1), true, None), (call(1), true, Some(due))];
        // Nobody may call there: in the register, and no request.
        assert_eq!(words, [first[0], first[1], (call(4), false, None)]);
    }
}
