//! When the last run was cut, the last words of what was alive then, and the work after talks that goes on.
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use gudok_dialplan::plan::Plan;
use gudok_model::{CallEvent, CallId, EndCause, OfferEnd, Outcome, QueueId, Termination, Wall};
use gudok_store::{LeftOpen, OpenOffer};
use gudok_switchboard::input::ResumedWrapUp;

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

/// What the daemon did not live to say: the ends of legs, then of offers, then of calls.
pub(crate) fn last_words(left: &LeftOpen) -> Vec<(CallId, CallEvent)> {
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
        };
        (offer.call, closed)
    });
    let calls = left.calls.iter();
    let calls = calls.map(|&(call, talked)| (call, last_word(talked)));
    legs.chain(offers).chain(calls).collect()
}

/// The end of a call that the daemon did not live to see.
fn last_word(talked: bool) -> CallEvent {
    CallEvent::Ended {
        outcome: if talked {
            Outcome::Answered
        } else {
            Outcome::Failed
        },
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
            ended,
            disposed,
            ..
        } = open.clone();
        let since = ended.unwrap_or(now);
        ResumedWrapUp {
            call: offer.call,
            operator,
            since,
            until: since + wrap_up_of(plan, queue.as_ref()),
            disposed,
        }
    })
    .collect()
}

/// Zero for a queue that is gone.
fn wrap_up_of(plan: &Plan, queue: Option<&QueueId>) -> Duration {
    let queue = plan.queues().iter().find(|known| Some(&known.id) == queue);
    let group = queue.and_then(|queue| plan.groups().iter().find(|it| it.id == queue.group));
    group.map_or(Duration::ZERO, |group| group.wrap_up)
}
