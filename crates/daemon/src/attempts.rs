//! Whom earlier runs called, for the limits of calls out.
use std::time::Duration;

use gudok_model::Wall;
use gudok_outbound::Kopecks;
use gudok_store::{Attempt, Store};
use gudok_switchboard::dial_out::PastAttempt;

use crate::clock::wall;

/// As far back as a limit of the law counts, and a day more for the clocks of the world.
const COUNTED: Duration = Duration::from_secs(32 * 86_400);

/// So many are told at one time: together they would be too long for a record of the journal.
pub(crate) const TOLD_AT_ONCE: usize = 1_000;

/// All of them, the oldest first. `cut`: when the last run was alive for the last time.
pub(crate) async fn before(store: &Store, cut: Wall) -> anyhow::Result<Vec<PastAttempt>> {
    let from = Wall(wall().0 - i64::try_from(COUNTED.as_micros())?);
    let attempts = store.attempts_since(from).await?;
    Ok(attempts.into_iter().rev().map(|it| past(it, cut)).collect())
}

fn past(attempt: Attempt, cut: Wall) -> PastAttempt {
    let ended = attempt.ended.unwrap_or(cut);
    let talked = attempt
        .answered
        .map_or(Duration::ZERO, |at| ended.since(at));
    let purpose = attempt.purpose;
    let contact = attempt.answered.filter(|_| attempt.counted);
    PastAttempt {
        began: attempt.began,
        operator: attempt.operator,
        number: attempt.number,
        contact: contact.map(|at| (at, purpose)),
        kopecks: Kopecks(attempt.minute_kopecks).for_talk(talked).0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_was_cut_costs_what_was_talked_and_is_a_contact() {
        let second = |second: i64| Wall(second * 1_000_000);
        let attempt = Attempt {
            call: gudok_model::CallId(uuid::Uuid::from_u128(1)),
            operator: Some("101".into()),
            number: "+74951234567".to_owned().try_into().expect("a number"),
            began: second(100),
            answered: Some(second(110)),
            ended: None,
            purpose: "debt".into(),
            counted: true,
            minute_kopecks: 190,
        };
        let told = past(attempt.clone(), second(200));
        assert_eq!(
            (told.kopecks, told.contact),
            (380, Some((second(110), "debt".into())))
        );
        let service = Attempt {
            counted: false,
            ended: Some(second(130)),
            ..attempt.clone()
        };
        let told = past(service, second(200));
        assert_eq!((told.kopecks, told.contact), (190, None));
        let rang = Attempt {
            answered: None,
            ..attempt
        };
        let told = past(rang, second(200));
        assert_eq!((told.kopecks, told.contact), (0, None));
    }
}
