//! Who was promised a call, called first, and was cut off before anybody talked with them: the promise is open again.
use std::collections::BTreeSet;

use gudok_model::{CallEvent, CallId, RequestKind, RequestState};
use gudok_store::{LeftOpen, RequestRow};

use crate::verbs::requests::key;

/// Told before the last words of their calls. Who talked, or was promised a call anew, is owed no more than that.
pub(crate) fn back(left: &LeftOpen) -> Vec<(CallId, CallEvent)> {
    of_calls_in_vain(left).filter_map(told).collect()
}

/// The same as rows that are open, for who takes them up: the last words are on their way to the database still.
pub(crate) fn rows(left: &LeftOpen) -> Vec<RequestRow> {
    of_calls_in_vain(left)
        .map(|row| RequestRow {
            told: serde_json::to_string(&state(row)).ok(),
            open: true,
            ..row.clone()
        })
        .collect()
}

/// Whether this asks to call somebody whose promise is open again: they are called by that.
pub(crate) fn is_said(back: &[(CallId, CallEvent)], call: CallId, fact: &CallEvent) -> bool {
    let CallEvent::Requested {
        kind: RequestKind::Missed,
        ..
    } = fact
    else {
        return false;
    };
    back.iter()
        .any(|(_, fact)| matches!(fact, CallEvent::RequestBack { call: by, .. } if *by == call))
}

/// The calls that were cut, and whose callers have their promises back.
pub(crate) fn calls(back: &[(CallId, CallEvent)]) -> impl Iterator<Item = CallId> {
    back.iter().filter_map(|(_, fact)| match fact {
        CallEvent::RequestBack { call, .. } => Some(*call),
        _ => None,
    })
}

fn of_calls_in_vain(left: &LeftOpen) -> impl Iterator<Item = &RequestRow> {
    let calls = left.calls.iter();
    let in_vain = calls.filter(|it| !it.talked && it.promised != Some(RequestKind::Callback));
    let in_vain: BTreeSet<String> = in_vain.map(|it| it.call.to_string()).collect();
    let is_in_vain = move |row: &&RequestRow| {
        let by = row.contact_call.as_ref();
        by.is_some_and(|by| in_vain.contains(by))
    };
    left.promises.iter().filter(is_in_vain)
}

fn told(row: &RequestRow) -> Option<(CallId, CallEvent)> {
    let key = key(row)?;
    let back = CallEvent::RequestBack {
        project: key.project,
        number: key.number,
        kind: key.kind,
        call: CallId(row.contact_call.as_ref()?.parse().ok()?),
        to: state(row),
    };
    Some((CallId(row.call_id.parse().ok()?), back))
}

/// Whatever rang for it has stopped as they called, and did not count. Of what nothing was told but the promise people know; a
/// start looks whether it has a way.
fn state(row: &RequestRow) -> RequestState {
    match told_last(row) {
        Some(
            RequestState::Leased { .. }
            | RequestState::Dialing { .. }
            | RequestState::Connected { .. },
        ) => RequestState::Requested,
        Some(state) => state,
        None => RequestState::ByHand,
    }
}

fn told_last(row: &RequestRow) -> Option<RequestState> {
    serde_json::from_str(row.told.as_deref()?).ok()
}

#[cfg(test)]
mod tests {
    use gudok_model::Wall;
    use gudok_store::OpenCall;

    use super::*;
    use crate::taken_up::open_requests;

    fn call(n: u128) -> CallId {
        CallId(uuid::Uuid::from_u128(n))
    }

    fn closed(by: u128, state: Option<&RequestState>) -> RequestRow {
        RequestRow {
            project: "hotline".to_owned(),
            kind: "callback".to_owned(),
            number: Some(format!("+7999000000{by}")),
            call_id: call(by + 100).to_string(),
            contact_call: Some(call(by).to_string()),
            told: state.and_then(|state| serde_json::to_string(state).ok()),
            ..RequestRow::default()
        }
    }

    fn cut() -> LeftOpen {
        let open = |n, talked, promised| OpenCall {
            call: call(n),
            talked,
            promised,
            reached: None,
        };
        let dialled = RequestState::Dialing {
            by: "ivan".into(),
            epoch: 1,
            call: call(7),
        };
        let later = RequestState::Scheduled { at: Wall(9) };
        LeftOpen {
            calls: vec![
                open(1, false, None),
                open(2, true, None),
                open(3, false, Some(RequestKind::Callback)),
                open(4, false, None),
                open(5, false, None),
            ],
            promises: vec![
                closed(1, Some(&dialled)),
                closed(2, None),
                closed(3, None),
                closed(4, Some(&later)),
                closed(5, None),
            ],
            ..LeftOpen::default()
        }
    }

    #[test]
    fn who_called_first_and_was_cut_off_is_owed_the_call_as_it_stood() {
        let left = cut();
        let back = back(&left);
        let told: Vec<_> = back
            .iter()
            .map(|(id, fact)| match fact {
                CallEvent::RequestBack { to, .. } => (*id, to.clone()),
                other => panic!("{other:?}"),
            })
            .collect();
        let later = RequestState::Scheduled { at: Wall(9) };
        let stands = [
            (call(101), RequestState::Requested),
            (call(104), later),
            (call(105), RequestState::ByHand),
        ];
        assert_eq!(told, stands);
        // This run calls them, by the same word.
        let owed = open_requests(&rows(&left));
        let owed: Vec<_> = owed.iter().map(|it| (it.id, it.state.clone())).collect();
        assert_eq!(owed, stands);
    }

    #[test]
    fn who_is_called_by_their_promise_is_not_to_be_called_as_missed_too() {
        let back = back(&cut());
        let missed = CallEvent::Requested {
            kind: RequestKind::Missed,
            number: None,
            due: Wall(0),
            group: None,
            length_ms: None,
            waited_ms: None,
            detail: Box::default(),
        };
        assert!(is_said(&back, call(1), &missed));
        assert!(!is_said(&back, call(2), &missed));
    }
}
