//! Talks that the last run was cut in, or in the work after them, by what people were shown as: of a call whose caller was gone by then the record of the call
//! does not say so any more, and of one that its operator dialled, or had from a colleague, it has no offer.
use std::time::Duration;

use gudok_dialplan::plan::Plan;
use gudok_model::{CallId, Floor, OperatorId, QueueId, Seated};
use gudok_store::{LeftOpen, Store};
use gudok_switchboard::queue_of;

use crate::cut;

/// Adds them to what is left open.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn find(left: &mut LeftOpen, store: &Store) -> anyhow::Result<()> {
    let floor = store.floor().await?;
    cut::talks_of(left, &floor);
    let talks = store.talks_cut(&without_offer(left, &floor)).await?;
    left.wrap_ups.extend(talks);
    Ok(())
}

/// Whoever was in a talk, or wrote one up, of which no open offer is.
fn without_offer(left: &LeftOpen, floor: &Floor) -> Vec<(CallId, OperatorId)> {
    let talks = floor.seats.values();
    let talks = talks.filter_map(|seat| Some((in_hand(seat)?, seat.operator.clone())));
    let offered = |(call, who): &(CallId, OperatorId)| {
        let talks = left.offers.iter().filter(|open| open.talks);
        let mut offers = talks.chain(&left.wrap_ups);
        offers.any(|open| open.offer.call == *call && open.operator == *who)
    };
    talks.filter(|talk| !offered(talk)).collect()
}

/// The call that they wrote up, or talked in.
fn in_hand(seat: &Seated) -> Option<CallId> {
    let writes = seat.wrap_up.map(|it| it.call);
    writes.or_else(|| seat.call.filter(|_| seat.talks_since.is_some()))
}

/// How long the work after such a talk is: as the queue has it that the call was in, else as that of a call which its operator
/// dials.
pub(crate) fn wrap_up(plan: &Plan, operator: &OperatorId, queue: Option<&QueueId>) -> Duration {
    match queue {
        Some(_) => cut::wrap_up_of(plan, None, queue),
        None => queue_of(plan, operator)
            .map_or(Duration::ZERO, |(queue, group)| queue.wrap_up_in(group)),
    }
}

#[cfg(test)]
mod tests {
    use gudok_dialplan::{Source, load};
    use gudok_model::{Actor, FloorEvent, OfferId, SessionId, Wall};
    use gudok_store::OpenOffer;

    use super::*;

    fn call(n: u128) -> CallId {
        CallId(uuid::Uuid::from_u128(n))
    }

    fn talking(who: &str, display: &str, n: u128) -> [FloorEvent; 2] {
        let operator = OperatorId::from(who);
        let sat = FloorEvent::SatDown {
            operator: operator.clone(),
            session: SessionId(1),
        };
        let state = FloorEvent::State {
            operator: operator.clone(),
            version: 1,
            display: display.into(),
            reason: None,
            next: None,
            since: Wall(0),
            call: Some(call(n)),
            actor: Actor::Operator(operator),
            dialled: true,
            kept: None,
        };
        [sat, state]
    }

    #[test]
    fn who_was_in_a_talk_without_an_offer_has_it_to_write_up() {
        let mut floor = Floor::default();
        let facts = [
            talking("anna", "talking", 1),
            talking("ivan", "hold", 2),
            talking("olga", "dialing", 3),
            talking("petr", "wrap_up", 4),
        ];
        for fact in facts.iter().flatten() {
            floor.apply(Wall(0), fact);
        }
        let offered = |n, talks| OpenOffer {
            offer: OfferId {
                call: call(n),
                index: 1,
            },
            operator: "anna".into(),
            queue: None,
            group: None,
            talks,
            ended: None,
            disposed: false,
        };
        let mut left = LeftOpen {
            offers: vec![offered(1, true)],
            ..LeftOpen::default()
        };
        let ivan = (call(2), "ivan".into());
        assert_eq!(without_offer(&left, &floor), std::slice::from_ref(&ivan));
        left.offers = vec![offered(1, false), offered(9, true)];
        assert_eq!(
            without_offer(&left, &floor),
            [(call(1), "anna".into()), ivan]
        );
    }

    /// What they noted down is known of it then, and the code of who noted nothing is not told of it.
    #[test]
    fn who_wrote_up_what_no_offer_is_of_writes_on() {
        let mut floor = Floor::default();
        let set = FloorEvent::WrapUpSet {
            operator: "petr".into(),
            call: call(4),
            since: Wall(50),
            until: Wall(80),
            extended_us: 0,
            extensions: 0,
        };
        for fact in talking("petr", "wrap_up", 4).iter().chain([&set]) {
            floor.apply(Wall(0), fact);
        }
        let mut left = LeftOpen::default();
        let petr = (call(4), "petr".into());
        assert_eq!(without_offer(&left, &floor), [petr]);
        left.wrap_ups = vec![OpenOffer {
            offer: OfferId {
                call: call(4),
                index: 1,
            },
            operator: "petr".into(),
            queue: None,
            group: None,
            talks: true,
            ended: Some(Wall(50)),
            disposed: true,
        }];
        assert_eq!(without_offer(&left, &floor), []);
    }

    #[test]
    fn it_is_as_long_as_after_a_call_that_they_dial() {
        let text = r#"
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

[queue.second]

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
        let source = Source {
            name: "8800.toml".into(),
            text: text.into(),
        };
        let plan = load(&[source]).expect("a plan").plan;
        let lasts = |who: &str, queue: Option<&str>| {
            let queue = queue.map(QueueId::from);
            wrap_up(&plan, &who.into(), queue.as_ref()).as_secs()
        };
        assert_eq!(lasts("anna", None), 600);
        assert_eq!(lasts("nobody", None), 20, "as of the first queue");
        // The talk was that of a queue before it was handed over.
        assert_eq!(lasts("anna", Some("first")), 20);
    }
}
