//! An answer that is kept: asked again when it is no good any more, held on to while the DNS gives none.
use std::future::Future;
use std::time::{Duration, Instant};

use crate::resolve::{Answer, Memory};
use crate::{Found, Question, ResolveError, Resolver};

/// An answer is asked for again at least and at most so long after it came, whatever its TTL.
pub const REFRESH: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(3_600));
/// After a failure: doubled from the first to the last.
pub const RETRY: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(60));
/// An answer is used for so long without a new one; carriers seldom move, and a DNS that is down is no reason for
/// a hotline to be.
pub const STALE_MAX: Duration = Duration::from_secs(24 * 3_600);

/// What an earlier run found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Known {
    /// The addresses; the listener knows them already.
    pub found: Vec<Found>,
    /// How long ago they were answered.
    pub age: Duration,
}

/// Asks, tells, and asks again, until the listener says (false) that it has gone. Only what is new is told; nothing
/// (an empty list) when the last answer is a day old. `good` hears of each answer what is in force now, new or not, for the
/// next run; not of one that lacks a part for which `known` stands in, since that must not grow young by it.
pub async fn keep<F>(
    resolver: Resolver,
    question: Question,
    known: Known,
    mut tell: impl FnMut(Vec<Found>) -> F,
    mut good: impl FnMut(&[Found]),
) where
    F: Future<Output = bool>,
{
    let (mut kept, mut memory) = (Kept::of(known, Instant::now()), Memory::default());
    loop {
        let answer = resolver.resolve(&question, &mut memory).await;
        let now = Instant::now();
        match &answer {
            Err(error) => {
                tracing::warn!(name = %question.name, %error, "dns: the last answer stays in use");
            }
            // Of some zones a part always fails.
            Ok(answer) if !kept.partial => {
                if let Some(error) = &answer.failed {
                    tracing::warn!(name = %question.name, %error, "dns: a part fails: of it the last answer stays in use");
                }
            }
            Ok(_) => {}
        }
        let is_answered = answer.is_ok();
        let (news, wait) = kept.next(now, answer);
        if is_answered && kept.before.is_empty() {
            good(&kept.told);
        }
        if let Some(found) = news {
            tracing::info!(name = %question.name, addresses = found.len(), "dns: answered");
            if !tell(found).await {
                return;
            }
        }
        tokio::time::sleep(wait).await;
    }
}

/// What was last told.
#[derive(Debug)]
struct Kept {
    told: Vec<Found>,
    /// Of the run before: in force beside what is found as long as a part is missing.
    before: Vec<Found>,
    /// When all of it was answered, and how old it was by then.
    answered: Option<(Instant, Duration)>,
    /// Of the last answer a part was missing.
    partial: bool,
    retry: Duration,
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            told: Vec::new(),
            before: Vec::new(),
            answered: None,
            partial: false,
            retry: RETRY.0,
        }
    }
}

impl Kept {
    fn of(known: Known, now: Instant) -> Self {
        let Known { mut found, age } = known;
        if found.is_empty() {
            return Self::default();
        }
        in_order(&mut found);
        Self {
            before: found.clone(),
            told: found,
            answered: Some((now, age)),
            ..Self::default()
        }
    }

    fn is_spoilt(&self, now: Instant) -> bool {
        let age = |(at, old): (Instant, Duration)| now.saturating_duration_since(at) + old;
        self.answered.is_some_and(|it| age(it) >= STALE_MAX)
    }

    /// What to tell, and when to ask again.
    fn next(
        &mut self,
        now: Instant,
        answer: Result<Answer, ResolveError>,
    ) -> (Option<Vec<Found>>, Duration) {
        let Ok(Answer {
            mut found,
            until,
            failed,
        }) = answer
        else {
            let wait = self.later();
            let spoilt = self.is_spoilt(now) && !self.told.is_empty();
            if spoilt {
                self.told.clear();
            }
            return (spoilt.then(Vec::new), wait);
        };
        if failed.is_none() || self.is_spoilt(now) {
            self.before.clear();
        }
        found.extend_from_slice(&self.before);
        in_order(&mut found);
        let left = until.map_or(REFRESH.0, |until| until.saturating_duration_since(now));
        let mut wait = left.clamp(REFRESH.0, REFRESH.1);
        self.partial = failed.is_some();
        if self.partial {
            self.answered.get_or_insert((now, Duration::ZERO));
            wait = wait.min(self.later());
        } else {
            (self.answered, self.retry) = (Some((now, Duration::ZERO)), RETRY.0);
        }
        let is_new = found != self.told;
        self.told.clone_from(&found);
        (is_new.then_some(found), wait)
    }

    /// After a failure.
    fn later(&mut self) -> Duration {
        let wait = self.retry;
        self.retry = (self.retry * 2).min(RETRY.1);
        wait
    }
}

/// Servers turn the order of records round; that is no news.
fn in_order(found: &mut Vec<Found>) {
    found.sort_by_key(|it| (it.rank, it.address, it.transport));
    found.dedup();
}

#[cfg(test)]
mod tests {
    use super::*;
    use gudok_sip::endpoint::Transport;
    use gudok_sip::trunk::Rank;

    fn found(last: u8) -> Found {
        Found {
            transport: Transport::Udp,
            address: ([10, 0, 0, last], 5060).into(),
            rank: Rank::default(),
        }
    }

    #[test]
    fn the_last_answer_serves_for_a_day_without_a_dns() {
        let (start, secs) = (Instant::now(), Duration::from_secs);
        let mut kept = Kept::default();
        let answer = |ttl, hosts: &[u8]| {
            let hosts = hosts.iter().map(|it| found(*it)).collect();
            Ok(Answer {
                found: hosts,
                until: Some(start + secs(ttl)),
                failed: None,
            })
        };
        let none = || Err(ResolveError::Nothing);
        assert_eq!(
            kept.next(start, none()),
            (None, secs(2)),
            "nothing is known"
        );
        assert_eq!(
            kept.next(start, answer(60, &[2, 1])),
            (Some(vec![found(1), found(2)]), secs(60))
        );
        assert_eq!(
            kept.next(start, answer(0, &[1, 2])),
            (None, secs(5)),
            "no news"
        );
        assert_eq!(kept.next(start, answer(90_000, &[1, 2])).1, secs(3_600));
        let waits: Vec<u64> = (0..7)
            .map(|_| kept.next(start + secs(100), none()).1.as_secs())
            .collect();
        assert_eq!(waits, [2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(kept.next(start + STALE_MAX - secs(1), none()).0, None);
        assert_eq!(kept.next(start + STALE_MAX, none()).0, Some(Vec::new()));
        assert_eq!(kept.next(start + STALE_MAX, none()).0, None, "told once");
        assert_eq!(
            kept.next(start + STALE_MAX, answer(1, &[1])).0,
            Some(vec![found(1)])
        );
    }

    #[test]
    fn a_part_that_fails_is_asked_for_again_soon_and_then_less_often() {
        let (start, secs) = (Instant::now(), Duration::from_secs);
        let mut kept = Kept::default();
        let partial = |ttl| {
            Ok(Answer {
                found: vec![found(1)],
                until: Some(start + secs(ttl)),
                failed: Some(ResolveError::Nothing),
            })
        };
        let waits: Vec<u64> = (0..7)
            .map(|_| kept.next(start, partial(3_600)).1.as_secs())
            .collect();
        assert_eq!(waits, [2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(kept.next(start, partial(10)).1, secs(10), "its TTL counts");
    }

    fn of_before(hosts: &[u8], age: u64) -> Kept {
        let known = Known {
            found: hosts.iter().map(|it| found(*it)).collect(),
            age: Duration::from_secs(age),
        };
        Kept::of(known, Instant::now())
    }

    #[test]
    fn what_the_run_before_knew_serves_until_it_is_a_day_old() {
        let day = STALE_MAX.as_secs();
        let mut kept = of_before(&[2, 1], day - 100);
        let start = kept.answered.expect("it is known").0;
        let after = |secs| start + Duration::from_secs(secs);
        let none = || Err(ResolveError::Nothing);
        assert_eq!(kept.next(after(99), none()).0, None);
        assert_eq!(kept.next(after(100), none()).0, Some(Vec::new()));
        let mut kept = of_before(&[2, 1], day - 100);
        let same = Answer {
            found: vec![found(1), found(2)],
            until: None,
            failed: None,
        };
        assert_eq!(kept.next(after(99), Ok(same)).0, None, "no news");
        assert_eq!(kept.next(after(200), none()).0, None, "and young again");
    }

    #[test]
    fn for_a_part_that_fails_the_run_before_stands_in_until_all_is_answered() {
        let mut kept = of_before(&[1, 2], 0);
        let start = kept.answered.expect("it is known").0;
        let answer = |host, failed| {
            Ok(Answer {
                found: vec![found(host)],
                until: None,
                failed,
            })
        };
        let part = || answer(3, Some(ResolveError::Nothing));
        let all = vec![found(1), found(2), found(3)];
        assert_eq!(kept.next(start, part()).0, Some(all));
        assert!(!kept.before.is_empty(), "not to be written as new");
        assert_eq!(kept.next(start, answer(3, None)).0, Some(vec![found(3)]));
        assert_eq!(kept.next(start, part()).0, None);
        let mut kept = of_before(&[1, 2], STALE_MAX.as_secs());
        assert_eq!(
            kept.next(start, part()).0,
            Some(vec![found(3)]),
            "a day old"
        );
    }
}
