//! Who waited when the last run was cut: in the register of missed calls like anybody whom nobody answered, and to be called.
use std::collections::BTreeSet;

use gudok_model::number::parse;
use gudok_model::request::CALLBACK_DUE;
use gudok_model::{
    CallEvent, CallId, Kind, Needs, NumberRules, OpenRequest, PhoneNumber, RequestAbout,
    RequestKind, RequestState, Wall,
};
use gudok_store::{LeftOpen, OpenWait};

/// Told before the last words of their calls. Which group owes the call is the plan's of then to say: everybody does.
pub(crate) fn missed(left: &LeftOpen, cut_at: Wall) -> Vec<(CallId, CallEvent)> {
    in_vain(left).flat_map(|it| told(it, cut_at)).collect()
}

/// The same requests, for the switchboard of this run: the database has none of them before this start has written them.
pub(crate) fn owed(left: &LeftOpen, cut_at: Wall) -> Vec<OpenRequest> {
    let owed = in_vain(left).filter_map(|it| {
        Some(OpenRequest {
            id: it.call,
            project: it.project.clone(),
            number: number(it)?,
            kind: RequestKind::Missed,
            region: None,
            group: None,
            line: Some(it.did.clone()),
            created: cut_at,
            wished: None,
            due: cut_at + CALLBACK_DUE,
            place: None,
            needs: Needs::new(),
            about: RequestAbout::default(),
            state: RequestState::ByHand,
            attempts: 0,
            epoch: 0,
        })
    });
    owed.collect()
}

/// Whoever waited, and was neither answered nor promised anything.
fn in_vain(left: &LeftOpen) -> impl Iterator<Item = &OpenWait> {
    let calls = left.calls.iter();
    let in_vain = calls.filter(|open| !open.talked && open.promised.is_none());
    let in_vain: BTreeSet<CallId> = in_vain.map(|open| open.call).collect();
    let waited = left.waiting.iter();
    waited.filter(move |it| in_vain.contains(&it.call))
}

/// As `callback` of a plan has it (S03).
fn number(waited: &OpenWait) -> Option<PhoneNumber> {
    let parsed = parse(waited.caller.as_str(), &NumberRules::default());
    let may = matches!(parsed.kind, Kind::Mobile | Kind::Geo);
    parsed.e164.filter(|_| may)
}

fn told(waited: &OpenWait, cut_at: Wall) -> impl Iterator<Item = (CallId, CallEvent)> + use<> {
    let number = number(waited);
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
            project: "main".into(),
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

        // The switchboard of this run knows the same of it as the database will.
        let owed = owed(&left, Wall(60_000_000));
        let told: Vec<_> = owed.iter().map(|it| (it.id, it.kind, it.due.0)).collect();
        assert_eq!(told, [(call(1), RequestKind::Missed, due)]);
        assert_eq!(owed[0].number.as_str(), "+79990000001");
    }
}
