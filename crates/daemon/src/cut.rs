//! When the last run was cut, the last words of what was alive then, and the work after talks that goes on.
use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use gudok_dialplan::plan::Plan;
use gudok_model::{
    CallEvent, CallId, EndCause, Floor, GroupId, OfferEnd, Outcome, QueueId, RequestKind, Revoked,
    Termination, Wall,
};
use gudok_store::{LeftOpen, OpenMessage, OpenOffer};
use gudok_switchboard::MESSAGE_MIN;
use gudok_switchboard::input::ResumedWrapUp;

use crate::{cut_promise, cut_short, cut_talk};

/// When the last run was alive for the last time, as its journals tell: while calls live, audio is written several
/// times a second. None where there was no run. To be asked before anything of this run is written.
pub(crate) fn last_alive(journals: [&Path; 2]) -> Option<Wall> {
    let files = journals
        .into_iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flatten();
    let changed = files.filter_map(|file| file.ok()?.metadata().ok()?.modified().ok());
    let since = changed.max()?.duration_since(UNIX_EPOCH).ok()?;
    Some(Wall(since.as_micros().try_into().unwrap_or(i64::MAX)))
}

/// Whoever was shown in a talk when the run was cut was in it: of a call whose caller was gone by then the record of the call
/// does not say so any more.
pub(crate) fn talks_of(left: &mut LeftOpen, floor: &Floor) {
    for open in &mut left.offers {
        let seat = floor.seats.get(&open.operator);
        open.talks |= seat
            .is_some_and(|seat| seat.talks_since.is_some() && seat.call == Some(open.offer.call));
    }
}

/// What the daemon did not live to say: the ends of legs, then of offers, the messages that are owed, then the ends of calls.
/// `cut_at`: when it was alive for the last time.
pub(crate) fn last_words(left: &LeftOpen, cut_at: Wall) -> Vec<(CallId, CallEvent)> {
    let cause = EndCause::Cut;
    let legs = left.legs.iter();
    let legs = legs.map(|&leg| {
        (
            leg.call,
            CallEvent::LegEnded {
                leg,
                cause,
                said: None,
            },
        )
    });
    let offers = left.offers.iter().map(|open| {
        let (offer, operator) = (open.offer, open.operator.clone());
        let end = if open.talks {
            OfferEnd::BridgedEnded
        } else {
            OfferEnd::Revoked
        };
        let closed = CallEvent::OfferClosed {
            offer,
            operator,
            end,
            revoked: (!open.talks).then_some(Revoked::Shutdown),
        };
        (offer.call, closed)
    });
    let messages = left.messages.iter();
    let messages: Vec<_> = messages.filter_map(|it| cut_message(it, cut_at)).collect();
    let spoke: BTreeSet<CallId> = messages.iter().map(|(call, _)| *call).collect();
    let calls = left.calls.iter().map(|open| {
        let spoken = spoke.contains(&open.call).then_some(RequestKind::Voicemail);
        // What was promised is kept, however the words about it ended.
        let outcome = match (open.talked, open.promised.or(spoken)) {
            (true, _) => Outcome::Answered,
            (false, Some(RequestKind::Callback)) => Outcome::CallbackRequested,
            (false, Some(RequestKind::Voicemail)) => Outcome::Voicemail,
            // Nobody is promised anything by a call that is missed: it is over by then.
            (false, Some(RequestKind::Missed) | None) => Outcome::Failed,
        };
        let outcome = open
            .reached
            .map_or(outcome, |reached| Outcome::Out { reached });
        (open.call, last_word(outcome))
    });
    let back = cut_promise::back(left);
    let missed = cut_short::missed(left, cut_at).into_iter();
    let missed = missed.filter(|(call, fact)| !cut_promise::is_said(&back, *call, fact));
    legs.chain(offers)
        .chain(messages.clone())
        .chain(back.clone())
        .chain(missed)
        .chain(calls)
        .collect()
}

/// What was said until then is in the recording, and somebody is to hear it; as short as [`MESSAGE_MIN`] it is nothing.
fn cut_message(message: &OpenMessage, cut_at: Wall) -> Option<(CallId, CallEvent)> {
    let length = cut_at.since(message.since);
    let owed = CallEvent::Requested {
        kind: RequestKind::Voicemail,
        number: message.number.clone(),
        due: cut_at + message.within,
        group: message.group.clone(),
        length_ms: length.as_millis().try_into().ok(),
        waited_ms: None,
        detail: Box::default(),
    };
    (length >= MESSAGE_MIN).then_some((message.call, owed))
}

/// The end of a call that the daemon did not live to see.
fn last_word(outcome: Outcome) -> CallEvent {
    CallEvent::Ended {
        outcome,
        termination: Termination::server_error("daemon-restarted"),
    }
}

/// Wrap-ups that go on: those under way keep the moment of their end, those of talks that were cut begin `now`, since
/// nobody could write anything down before. As long as the plan in force has it.
pub(crate) fn wrap_ups(left: &LeftOpen, plan: &Plan, now: Wall) -> Vec<ResumedWrapUp> {
    let cut = left.offers.iter().filter(|open| open.talks);
    let open = left.wrap_ups.iter().chain(cut);
    open.map(|open| {
        let OpenOffer {
            offer,
            operator,
            queue,
            group,
            ended,
            disposed,
            ..
        } = open.clone();
        let since = ended.unwrap_or(now);
        let lasts = match offer.index {
            0 => cut_talk::wrap_up(plan, &operator, queue.as_ref()),
            _ => wrap_up_of(plan, group, queue.as_ref()),
        };
        ResumedWrapUp {
            call: offer.call,
            operator,
            since,
            until: since + lasts,
            disposed,
        }
    })
    .collect()
}

/// Most that may be added to such a wrap-up, where its queue bounds it.
pub(crate) fn extend_max(
    left: &LeftOpen,
    plan: &Plan,
    wrap_up: &ResumedWrapUp,
) -> Option<Duration> {
    let mut open = left.wrap_ups.iter().chain(&left.offers);
    let open = open.find(|it| it.offer.call == wrap_up.call && it.operator == wrap_up.operator)?;
    let queue = plan
        .queues()
        .iter()
        .find(|it| Some(&it.id) == open.queue.as_ref())?;
    let set = wrap_up_of(plan, open.group.clone(), Some(&queue.id));
    queue.wrap_up_max.map(|max| max.saturating_sub(set))
}

/// Of the queue where it says so; else of the group they were asked in, which need not be that of the queue; where an older run
/// did not say, of the queue's. Zero for a group that is gone.
pub(crate) fn wrap_up_of(plan: &Plan, group: Option<GroupId>, queue: Option<&QueueId>) -> Duration {
    let queue = plan.queues().iter().find(|known| Some(&known.id) == queue);
    let asked = group.or_else(|| Some(queue?.group.clone()));
    let mut groups = plan.groups().iter();
    let group = groups.find(|it| Some(&it.id) == asked.as_ref());
    group.map_or(Duration::ZERO, |group| {
        queue.map_or(group.wrap_up, |queue| queue.wrap_up_in(group))
    })
}

#[cfg(test)]
mod tests {
    use gudok_dialplan::{Source, load};
    use gudok_model::{Actor, FloorEvent, OfferId, SessionId};
    use gudok_store::OpenCall;

    use super::*;

    #[test]
    fn a_message_that_was_cut_is_owed_as_far_as_it_was_spoken() {
        let call = CallId(uuid::Uuid::from_u128(7));
        let began = Wall(1_000_000_000);
        let left = LeftOpen {
            calls: vec![OpenCall {
                call,
                talked: false,
                promised: None,
                reached: None,
            }],
            messages: vec![OpenMessage {
                call,
                since: began,
                number: "+79990000042".to_owned().try_into().ok(),
                group: Some("tech".into()),
                within: Duration::from_secs(3_600),
            }],
            ..LeftOpen::default()
        };
        let cut_at = began + Duration::from_secs(12);
        let words = last_words(&left, cut_at);
        let [(_, owed), (_, ended)] = words.as_slice() else {
            panic!("{words:?}")
        };
        let CallEvent::Requested {
            due,
            group,
            length_ms,
            number,
            ..
        } = owed
        else {
            panic!("{owed:?}")
        };
        assert_eq!(*due, cut_at + Duration::from_secs(3_600));
        assert_eq!(
            (group.as_ref().map(|it| it.as_str()), *length_ms),
            (Some("tech"), Some(12_000))
        );
        assert!(number.is_some());
        let CallEvent::Ended { outcome, .. } = ended else {
            panic!("{ended:?}")
        };
        assert_eq!(*outcome, Outcome::Voicemail);

        // Who had just begun has said nothing.
        let words = last_words(&left, began + Duration::from_secs(2));
        assert_eq!(words.len(), 1, "{words:?}");
    }

    /// The caller is gone, so the call has an end; the operator talked on with a colleague.
    #[test]
    fn who_talked_on_without_the_caller_has_that_to_write_up() {
        let call = CallId(uuid::Uuid::from_u128(7));
        let open = |talks| OpenOffer {
            offer: OfferId { call, index: 1 },
            operator: "anna".into(),
            queue: None,
            group: None,
            talks,
            ended: None,
            disposed: false,
        };
        let facts = [
            FloorEvent::SatDown {
                operator: "anna".into(),
                session: SessionId(1),
            },
            FloorEvent::State {
                operator: "anna".into(),
                version: 1,
                display: "talking".into(),
                reason: None,
                next: None,
                since: Wall(0),
                call: Some(call),
                actor: Actor::Operator("anna".into()),
                dialled: false,
                kept: None,
            },
        ];
        let mut floor = Floor::default();
        for fact in &facts {
            floor.apply(Wall(1_000_000), fact);
        }
        let mut left = LeftOpen {
            offers: vec![open(false)],
            ..LeftOpen::default()
        };
        talks_of(&mut left, &floor);
        assert_eq!(left.offers, [open(true)]);
        // What rings only is no talk.
        left.offers = vec![open(false)];
        talks_of(&mut left, &Floor::default());
        assert_eq!(left.offers, [open(false)]);
    }

    const LADDER: &str = r#"
[[number]]
did = "+78001234567"
record = "off"
flow = "main"

[group.first]
operators = ["ivan"]
wrap_up = "20s"

[group.second]
operators = ["anna"]
wrap_up = "10m"

[queue.first]
relax = [{ after = "20s", add = "second" }]

[[flow.main]]
queue = "first"
wait = "60s"
on_timeout = "sorry"
on_no_operators = "sorry"
on_full = "sorry"

[[flow.sorry]]
close = "goodbye"
reason = "nobody"
"#;

    #[test]
    fn the_work_after_a_talk_is_as_long_as_the_group_of_whoever_helped_has_it() {
        let source = Source {
            name: "8800.toml".into(),
            text: LADDER.into(),
        };
        let plan = load(&[source]).expect("a plan").plan;
        let (now, ended) = (Wall(2_000_000_000), Wall(1_990_000_000));
        let offer = |group: Option<&str>, ended| OpenOffer {
            offer: OfferId {
                call: CallId(uuid::Uuid::from_u128(7)),
                index: 1,
            },
            operator: "anna".into(),
            queue: Some("first".into()),
            group: group.map(Into::into),
            talks: true,
            ended,
            disposed: false,
        };
        let left = LeftOpen {
            offers: vec![offer(Some("second"), None)],
            wrap_ups: vec![
                offer(Some("first"), Some(ended)),
                offer(Some("gone"), Some(ended)),
                // Written by a run that did not say.
                offer(None, Some(ended)),
            ],
            ..LeftOpen::default()
        };
        let wrap_ups = wrap_ups(&left, &plan, now);
        let lasts = |it: &ResumedWrapUp| it.until.since(it.since).as_secs();
        let lasts: Vec<u64> = wrap_ups.iter().map(lasts).collect();
        assert_eq!(lasts, [20, 0, 20, 600]);

        // What the queue says goes before what groups say, and is bounded by it.
        let own = LADDER.replace("relax", "wrap_up = \"45s\"\nrelax");
        let bound = LADDER.replace("relax", "wrap_up_max = \"30s\"\nrelax");
        for (text, expected) in [(own, [45, 0, 45, 45]), (bound, [20, 0, 20, 30])] {
            let name = "8800.toml".into();
            let plan = load(&[Source { name, text }]).expect("a plan").plan;
            let wrap_ups = super::wrap_ups(&left, &plan, now);
            let lasts: Vec<u64> = wrap_ups
                .iter()
                .map(|it| it.until.since(it.since).as_secs())
                .collect();
            assert_eq!(lasts, expected);
        }
    }

    #[test]
    fn a_promise_that_was_made_before_the_crash_is_what_the_call_came_to() {
        let call = CallId(uuid::Uuid::from_u128(7));
        let outcome = |talked, promised| {
            let left = LeftOpen {
                calls: vec![OpenCall {
                    call,
                    talked,
                    promised,
                    reached: None,
                }],
                ..LeftOpen::default()
            };
            let words = last_words(&left, Wall(1_000_000_000));
            match words.as_slice() {
                [(_, CallEvent::Ended { outcome, .. })] => *outcome,
                other => panic!("{other:?}"),
            }
        };
        let promised = Some(RequestKind::Callback);
        assert_eq!(outcome(false, promised), Outcome::CallbackRequested);
        assert_eq!(
            outcome(false, Some(RequestKind::Voicemail)),
            Outcome::Voicemail
        );
        assert_eq!(outcome(true, promised), Outcome::Answered);
        assert_eq!(outcome(false, None), Outcome::Failed);
    }
}
