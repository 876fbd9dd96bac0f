//! What must never be of those who are owed a call is seen.
use gudok_model::{OperatorId, RequestDetail};
use uuid::Uuid;

use super::*;

const FIRST: CallId = CallId(Uuid::from_u128(1));
const SECOND: CallId = CallId(Uuid::from_u128(2));
const OUT: CallId = CallId(Uuid::from_u128(3));
const KIND: RequestKind = RequestKind::Callback;

fn number() -> PhoneNumber {
    PhoneNumber::try_from("+79990000001".to_owned()).expect("a number")
}

fn tell(promises: &mut Promises, id: CallId, fact: &CallEvent) -> Result<(), String> {
    promises.fact(Wall(0), id, &"service".into(), fact)
}

fn asked() -> CallEvent {
    CallEvent::Requested {
        kind: KIND,
        number: Some(number()),
        due: Wall(1_000),
        group: None,
        length_ms: None,
        waited_ms: None,
        detail: Box::<RequestDetail>::default(),
    }
}

fn moved(to: RequestState) -> CallEvent {
    CallEvent::RequestMoved {
        project: "service".into(),
        number: number(),
        kind: KIND,
        to,
    }
}

fn anna() -> OperatorId {
    "anna".into()
}

fn leased(epoch: u32) -> CallEvent {
    moved(RequestState::Leased {
        by: anna(),
        epoch,
        until: Wall(1),
        call: OUT,
    })
}

fn dialing(epoch: u32) -> CallEvent {
    moved(RequestState::Dialing {
        by: anna(),
        epoch,
        call: OUT,
    })
}

fn over(end: RequestOutcome, contact: Option<CallId>) -> CallEvent {
    CallEvent::RequestOver {
        project: "service".into(),
        number: number(),
        kind: KIND,
        end,
        contact,
        note: None,
    }
}

fn back(call: CallId) -> CallEvent {
    CallEvent::RequestBack {
        project: "service".into(),
        number: number(),
        kind: KIND,
        call,
        to: RequestState::Requested,
    }
}

/// One that the customer's own call closed, after a lease.
fn closed_by(call: CallId) -> Promises {
    let mut promises = Promises::default();
    let over = over(RequestOutcome::CancelledByCustomer, Some(call));
    for fact in [asked(), leased(1), dialing(1), over] {
        tell(&mut promises, FIRST, &fact).expect("in order");
    }
    promises
}

#[test]
fn what_a_call_of_its_customer_closed_comes_back_by_that_call_alone() {
    let mut promises = closed_by(SECOND);
    tell(&mut promises, FIRST, &back(OUT)).expect_err("another call");
    let mut promises = closed_by(SECOND);
    tell(&mut promises, FIRST, &back(SECOND)).expect("nobody talked");
    tell(&mut promises, FIRST, &back(SECOND)).expect_err("it is back");
    tell(&mut promises, FIRST, &dialing(1)).expect_err("that lease has dialled");
    tell(&mut promises, FIRST, &leased(2)).expect("the next lease");
}

#[test]
fn a_cut_gives_back_what_no_call_has_settled() {
    for settled in [true, false] {
        let mut promises = closed_by(SECOND);
        promises.cut(|call| settled && call == SECOND);
        let open: Vec<&RequestState> = promises.open().map(|it| &it.state).collect();
        match settled {
            true => assert!(open.is_empty(), "{open:?}"),
            false => assert_eq!(open, [&RequestState::Requested]),
        }
    }
}

#[test]
fn a_lease_that_dials_twice_and_one_given_again_are_seen() {
    let mut promises = Promises::default();
    for fact in [asked(), leased(1), dialing(1)] {
        tell(&mut promises, FIRST, &fact).expect("in order");
    }
    tell(&mut promises, FIRST, &dialing(1)).expect_err("the second dial of a lease");
    tell(&mut promises, FIRST, &leased(1)).expect_err("the same lease again");
    tell(&mut promises, FIRST, &leased(2)).expect("the next lease");
    tell(&mut promises, FIRST, &dialing(2)).expect("and its dial");
}

#[test]
fn a_second_request_of_one_key_is_seen_once_it_moves() {
    let mut promises = Promises::default();
    tell(&mut promises, FIRST, &asked()).expect("the first");
    tell(&mut promises, SECOND, &asked()).expect("joins it");
    assert_eq!(promises.open().len(), 1);
    tell(&mut promises, SECOND, &leased(1)).expect_err("two are open");
    let over = over(RequestOutcome::Done, None);
    tell(&mut promises, FIRST, &over).expect("its end");
    tell(&mut promises, FIRST, &over).expect_err("its second end");
}

#[test]
fn a_promise_is_kept_or_with_people_within_a_day() {
    let mut promises = Promises::default();
    tell(&mut promises, FIRST, &asked()).expect("a promise");
    promises.close(Wall(BROKEN_US)).expect("there is time");
    promises
        .close(Wall(2 * BROKEN_US))
        .expect_err("it was forgotten");
    tell(&mut promises, FIRST, &moved(RequestState::ByHand)).expect("people have it");
    promises.close(Wall(2 * BROKEN_US)).expect("they were told");
}

#[test]
fn whom_people_put_off_or_ask_for_anew_a_machine_has_a_day_for_from_then() {
    let mut promises = Promises::default();
    tell(&mut promises, FIRST, &asked()).expect("a promise");
    let exhausted = RequestState::Exhausted { attempts: 3 };
    tell(&mut promises, FIRST, &moved(exhausted)).expect("people have it");
    let then = Wall(2 * BROKEN_US);
    let anew = moved(RequestState::Requested);
    promises
        .fact(then, FIRST, &"service".into(), &anew)
        .expect("asked for anew");
    promises.close(then).expect("it was just asked for");
    promises
        .close(Wall(4 * BROKEN_US))
        .expect_err("it was forgotten");
    let at = Wall(5 * BROKEN_US);
    tell(&mut promises, FIRST, &moved(RequestState::Scheduled { at })).expect("put off");
    promises.close(at).expect("it is not time yet");
    promises
        .close(Wall(7 * BROKEN_US))
        .expect_err("it was forgotten");
}
