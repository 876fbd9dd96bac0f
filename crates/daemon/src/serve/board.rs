//! What the switchboard is told before the first call: limits, prices, and what the lines have cost so far.
use std::time::Duration;

use gudok_dialplan::plan::Plan;
use gudok_model::{PhoneNumber, Refusal, Wall};
use gudok_outbound::REFUSALS_MAX;
use gudok_sip::shield::{Rate, Valve};
use gudok_store::{DncRow, Since, Store};
use gudok_switchboard::dial_out::PastAttempt;
use gudok_switchboard::{
    ASKED_MAX, AtLimit, AttackMode, Billed, Budget, COUNTED_MAX, KNOWN_FOR, KNOWN_MAX, Limit,
    LineCost, MISSES_WITHIN, PressBefore, PressLimits, Spent, SpentBefore, periods,
};

use crate::attempts;
use crate::clock::wall;
use crate::config::{self, Config, Redirect};
use crate::control::ATTACK_MODES;
use crate::hotline::Hotline;
use crate::span::Money;
use crate::voice::Voice;

pub(crate) fn switchboard_config(config: &Config, voice: &Voice) -> gudok_switchboard::Config {
    gudok_switchboard::Config {
        prompt_lengths: voice.lengths(),
        pop_budget: config.cti.pop_budget.0,
        calls_max: config.limits.calls,
        call_max: config.limits.call_length.0,
        transfer_outside: config
            .transfer
            .outside
            .iter()
            .map(|it| it.as_str().into())
            .collect(),
        transfer_ring: config.transfer.ring.0,
        follow_redirects: config.phones.redirect == Redirect::Users,
        brief_max: config.limits.busy_calls,
        press: press_limits(&config.attack),
        lines: config.lines.iter().map(line_cost).collect(),
        missed: true,
        ..gudok_switchboard::Config::default()
    }
}

fn press_limits(attack: &config::Attack) -> PressLimits {
    let within = attack.within.0;
    let limit = |calls: Option<u32>| calls.map(|calls| Limit { calls, within });
    PressLimits {
        caller: limit(attack.caller_calls),
        prefix: limit(attack.prefix_calls),
        prefix_digits: attack.prefix_digits,
        attack: limit(attack.all_calls),
        checks: attack.checks,
        when_no_digits: attack.when_no_digits,
        allow: attack.allow.iter().map(|number| number.0.clone()).collect(),
    }
}

pub(super) fn line_cost(line: &config::Line) -> LineCost {
    let budget = |day: Option<Money>, month: Option<Money>| Budget {
        day: day.map(|sum| sum.0),
        month: month.map(|sum| sum.0),
    };
    LineCost {
        number: line.number.0.clone(),
        // Bounded by the check of the configuration.
        per_minute: line.cost_per_minute.0.try_into().unwrap_or(u32::MAX),
        billed: match line.billed_per {
            config::BilledPer::Second => Billed::Second,
            config::BilledPer::Minute => Billed::Minute,
        },
        alarm: budget(line.alarm_per_day, line.alarm_per_month),
        limit: budget(line.limit_per_day, line.limit_per_month),
        at_limit: match line.at_limit {
            config::AtLimit::Alarm => AtLimit::Alarm,
            config::AtLimit::Brief => AtLimit::Brief,
        },
    }
}

/// What the record of calls says that each line has cost today and this month.
pub(super) async fn spent_before(
    lines: &[LineCost],
    plan: &Plan,
    store: &Store,
    cut: Wall,
) -> anyhow::Result<Vec<SpentBefore>> {
    let (at, mut before) = (wall(), Vec::new());
    for line in lines {
        let price = (line.per_minute, line.billed.unit_secs());
        let (day, month) = periods(plan, &line.number, at);
        let mut sums = [Spent::default(); 2];
        for (sum, from) in sums.iter_mut().zip([day, month]) {
            let (seconds, kopecks) = store.cost_since(&line.number, from, price, cut).await?;
            *sum = Spent { seconds, kopecks };
        }
        let (number, [day, month]) = (line.number.clone(), sums);
        before.push(SpentBefore {
            number,
            at,
            day,
            month,
        });
    }
    Ok(before)
}

/// What the switchboard is told of callers before the first call.
pub(super) struct Remembered {
    asked: Vec<(PhoneNumber, Wall)>,
    press: PressBefore,
    mode: Option<AttackMode>,
    called: Vec<PastAttempt>,
    refused: Vec<Refusal>,
}

impl Remembered {
    /// `cut`: when the last run was alive for the last time.
    pub(super) async fn read(
        config: &Config,
        plan: &Plan,
        store: &Store,
        cut: Wall,
    ) -> anyhow::Result<Self> {
        let mode = attack_mode(store).await?;
        let press = match mode.is_some() || judges_callers(config) {
            true => press_before(config, store).await?,
            // A start waits for no question whose answer nobody needs.
            false => PressBefore::default(),
        };
        Ok(Self {
            asked: asked_before(plan, store).await?,
            press,
            mode,
            called: attempts::before(store, cut).await?,
            refused: refused_before(store).await?,
        })
    }

    pub(super) fn tell(self, hotline: &mut Hotline) {
        hotline.asked_before(self.asked);
        hotline.press_before(self.press, self.mode);
        for called in self.called.chunks(attempts::TOLD_AT_ONCE) {
            hotline.called_before(called.to_vec());
        }
        for refused in self.refused.chunks(REFUSED_AT_ONCE) {
            hotline.refused_before(refused.to_vec());
        }
    }
}

/// So many refusals are told at one time: a record of the journal has a longest length.
const REFUSED_AT_ONCE: usize = 256;

/// Who wants no calls: all of them, before anybody is called.
async fn refused_before(store: &Store) -> anyhow::Result<Vec<Refusal>> {
    let most = u32::try_from(REFUSALS_MAX).unwrap_or(u32::MAX);
    let rows = store.dnc(most).await?;
    Ok(rows.iter().filter_map(DncRow::refusal).collect())
}

/// Whether it matters who a caller is: calls are counted, or a line has a budget.
fn judges_callers(config: &Config) -> bool {
    let attack = &config.attack;
    let counts = [attack.caller_calls, attack.prefix_calls, attack.all_calls];
    counts.iter().any(Option::is_some) || !config.lines.is_empty()
}

/// What is still of weight of the calls of the runs before.
async fn press_before(config: &Config, store: &Store) -> anyhow::Result<PressBefore> {
    let at = wall();
    let ago = |span: Duration| {
        let span = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        Wall(at.0.saturating_sub(span))
    };
    let since = Since {
        known: ago(KNOWN_FOR),
        failed: ago(MISSES_WITHIN),
        called: ago(config.attack.within.0),
    };
    let callers = store.callers_before(since, KNOWN_MAX, COUNTED_MAX).await?;
    Ok(PressBefore {
        known: callers.known,
        failed: callers.failed,
        called: callers.called,
        calls: callers.calls,
    })
}

/// How it was set by hand last.
async fn attack_mode(store: &Store) -> anyhow::Result<Option<AttackMode>> {
    let word = store.attack_mode().await?;
    let known = |word: String| ATTACK_MODES.iter().find(|(it, _)| *it == word);
    Ok(word.and_then(known).map(|(_, mode)| *mode))
}

/// Who was asked after a talk within the longest time that some survey leaves a caller alone; nobody where there is none.
async fn asked_before(plan: &Plan, store: &Store) -> anyhow::Result<Vec<(PhoneNumber, Wall)>> {
    let longest = plan.surveys().map(|survey| survey.again).max();
    let Some(longest) = longest.filter(|it| !it.is_zero()) else {
        return Ok(Vec::new());
    };
    let back = i64::try_from(longest.as_micros()).unwrap_or(i64::MAX);
    // Calls are found by their arrival, and one asked just within it may have come long before.
    let day = i64::try_from(DAY.as_micros()).unwrap_or(i64::MAX);
    let from = wall().0.saturating_sub(back.saturating_add(day));
    Ok(store.surveyed(Wall(from), ASKED_MAX).await?)
}

/// Longer than any call.
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// How many new calls a second are served whole; a second's worth may come at once.
pub(super) fn valve(config: &Config) -> Valve {
    let rate = config.limits.calls_per_second;
    Valve::new(rate.map(|calls| Rate::new(calls.into(), calls.into())))
}

#[cfg(test)]
mod tests {
    use gudok_journal::PAYLOAD_BYTES_MAX;
    use gudok_switchboard::Input;

    use super::*;

    #[test]
    fn the_most_that_is_known_of_callers_fits_in_one_record() {
        let number = |nth: usize| {
            PhoneNumber::try_from(format!("+{}", 100_000_000_000_000 + nth)).expect("15 digits")
        };
        let at = Wall(i64::MAX);
        let before = PressBefore {
            known: (0..KNOWN_MAX).map(|nth| (number(nth), at)).collect(),
            failed: (0..COUNTED_MAX)
                .map(|nth| (number(nth), u32::MAX))
                .collect(),
            called: (0..COUNTED_MAX)
                .map(|nth| (Some(number(nth)), u32::MAX))
                .collect(),
            calls: u32::MAX,
        };
        let written = serde_json::to_vec(&Input::PressBefore {
            before: Box::new(before),
        })
        .expect("plain");
        assert!(
            written.len() < PAYLOAD_BYTES_MAX - 1024,
            "{}",
            written.len()
        );
    }
}
