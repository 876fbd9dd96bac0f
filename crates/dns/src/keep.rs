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

/// Asks, tells, and asks again, until the listener says (false) that it has gone. Only what is new is told; nothing
/// (an empty list) when the last answer is a day old.
pub async fn keep<F>(resolver: Resolver, question: Question, mut tell: impl FnMut(Vec<Found>) -> F)
where
    F: Future<Output = bool>,
{
    let (mut kept, mut memory) = (Kept::default(), Memory::default());
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
        let (news, wait) = kept.next(now, answer);
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
    /// When all of it was answered.
    answered: Option<Instant>,
    /// Of the last answer a part was missing.
    partial: bool,
    retry: Duration,
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            told: Vec::new(),
            answered: None,
            partial: false,
            retry: RETRY.0,
        }
    }
}

impl Kept {
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
            let age = self.answered.map(|at| now.saturating_duration_since(at));
            let spoilt = age.is_some_and(|age| age >= STALE_MAX) && !self.told.is_empty();
            if spoilt {
                self.told.clear();
            }
            return (spoilt.then(Vec::new), wait);
        };
        // Servers turn the order of records round; that is no news.
        found.sort_by_key(|it| (it.rank, it.address, it.transport));
        found.dedup();
        let left = until.map_or(REFRESH.0, |until| until.saturating_duration_since(now));
        let mut wait = left.clamp(REFRESH.0, REFRESH.1);
        self.partial = failed.is_some();
        if self.partial {
            self.answered.get_or_insert(now);
            wait = wait.min(self.later());
        } else {
            (self.answered, self.retry) = (Some(now), RETRY.0);
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
}
