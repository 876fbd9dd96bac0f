//! What somebody sets by hand: what is in force is seen, and what would be is asked.
use gudok_calendar::{Override, Overrides, Set};

use super::{from, gaps_of, round_the_clock};
use crate::support::{irkutsk, loaded, source};

fn set(set: Set, since: &str, until: &str) -> Overrides {
    let mut all = Overrides::NONE;
    let by_hand = Override {
        set,
        since: irkutsk(since),
        until: irkutsk(until),
        who: "ivanov".into(),
        why: "авария на узле".into(),
    };
    assert!(all.set(irkutsk(since), &"round".into(), by_hand));
    all
}

#[test]
fn a_schedule_that_is_closed_by_hand_is_closed_to_the_proof() {
    let plan = loaded(&source(&round_the_clock(""))).plan;
    let closed = set(Set::Closed, "2026-11-10T12:00", "2026-11-10T18:30");
    let coverage = plan.coverage_under(from("2026-11-10", 2), &closed);
    insta::assert_snapshot!(gaps_of(&coverage), @r#"
Hours night 8800.toml:36:1: вт 10.11.2026 12:00–18:30 (1)
  8800.toml:5:12: неверно: schedule.round.open (график «round» закрыт: вручную до 10 ноября 18:30 — авария на узле (ivanov))
"#);
}

#[test]
fn a_gap_that_is_opened_by_hand_is_none_until_it_ends() {
    let plan = loaded(&source(&round_the_clock("2026-11-10 = \"closed\""))).plan;
    let open = set(Set::Open, "2026-11-09T12:00", "2026-11-10T18:30");
    let coverage = plan.coverage_under(from("2026-11-10", 2), &open);
    insta::assert_snapshot!(gaps_of(&coverage), @r#"
Hours night 8800.toml:36:1: вт 10.11.2026 18:30–24:00 (1)
  8800.toml:5:12: неверно: schedule.round.open (график «round» закрыт: 10 ноября — закрыто в графике)
"#);
}

#[test]
fn what_would_be_if_somebody_said_closed() {
    let plan = loaded(&source(&round_the_clock(""))).plan;
    let coverage = plan.coverage(from("2026-11-10", 2));
    insta::assert_debug_snapshot!(coverage.numbers[0].by_hand, @r#"
[
    ByHand {
        schedule: "round",
        flow: Some(
            "night",
        ),
        ends: {
            Closed {
                reason: "night",
                place: "8800.toml:36:1",
            },
        },
    },
]
"#);
    insta::assert_snapshot!(gaps_of(&coverage), @r#"
ByHand("round") night 8800.toml:36:1: вт 10.11.2026 00:00 – ср 11.11.2026 24:00 (1)
  8800.toml:5:12: неверно: schedule.round.open (график «round» закрыт вручную)
"#);
    // Where the night takes messages nothing is lost.
    let kept = round_the_clock("").replace("after_hours = \"night\"", "after_hours = \"message\"");
    let kept = kept.replace(
        "[[flow.night]]\nclose = [\"night_closed\"]\nreason = \"night\"\n",
        "",
    );
    assert_eq!(
        gaps_of(&loaded(&source(&kept)).plan.coverage(from("2026-11-10", 2))),
        ""
    );
}

/// It may be said while a call is under way.
#[test]
fn what_is_closed_between_two_questions_is_walked() {
    let asked = round_the_clock("").replace(
        "[[flow.main]]\nqueue",
        "[[flow.main]]\nplay = [\"greeting\"]\n\n[[flow.main]]\nwhen = 'schedule.round.reason == \"override\"'\nthen = [{ close = [\"goodbye\"], reason = \"shut\" }]\n\n[[flow.main]]\nqueue",
    );
    let kept = asked.replace("after_hours = \"night\"", "after_hours = \"message\"");
    let kept = kept.replace(
        "[[flow.night]]\nclose = [\"night_closed\"]\nreason = \"night\"\n",
        "",
    );
    insta::assert_snapshot!(gaps_of(&loaded(&source(&kept)).plan.coverage(from("2026-11-10", 1))), @r#"
ByHand("round") shut 8800.toml:26:11: вт 10.11.2026 00:00–24:00 (1)
  8800.toml:5:12: верно: schedule.round.open (график «round» открыт)
  8800.toml:25:1: верно: schedule.round.reason == "override" (график «round» закрыт вручную)
"#);
}
