//! Guessing passwords is made slow: a pure machine that counts attempts.
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use gudok_model::Mono;

/// Attempts of one operator from one source before waiting begins.
pub const FREE_PER_OPERATOR: u32 = 3;
/// Attempts of all operators from one source before waiting begins: an office signs in behind one address.
pub const FREE_PER_SOURCE: u32 = 30;
/// Longest wait between two attempts.
pub const WAIT_MAX: Duration = Duration::from_secs(60);
/// After this without an attempt all is forgotten.
pub const FORGET_AFTER: Duration = Duration::from_secs(15 * 60);
/// Rows of the table. When it is full the one that was quiet longest goes: an attacker with that many
/// addresses gains attempts, and costs us no memory.
pub const ROWS_MAX: usize = 10_000;

/// Counts failed sign-ins by operator and source, and by source alone.
#[derive(Debug, Default)]
pub struct Backoff {
    rows: BTreeMap<Key, Row>,
    /// The same rows, the quietest first: making room must not cost an attack's victim a search.
    by_age: BTreeSet<(Mono, Key)>,
}

/// `None`: all operators of the source.
type Key = (IpAddr, Option<String>);

#[derive(Debug)]
struct Row {
    failures: u32,
    last: Mono,
}

impl Backoff {
    /// An attempt begins. It counts as failed until [`succeeded`](Self::succeeded), so that many at once
    /// are not free.
    ///
    /// # Errors
    /// How long to wait first; such an attempt does not count.
    pub fn begin(&mut self, now: Mono, source: IpAddr, operator: &str) -> Result<(), Duration> {
        let source = network(source);
        let (pair, alone) = ((source, Some(operator.to_owned())), (source, None));
        let wait = self.wait(now, &pair, FREE_PER_OPERATOR);
        let wait = wait.max(self.wait(now, &alone, FREE_PER_SOURCE));
        if !wait.is_zero() {
            return Err(wait);
        }
        self.count(now, pair);
        self.count(now, alone);
        Ok(())
    }

    /// The password was right.
    pub fn succeeded(&mut self, source: IpAddr, operator: &str) {
        let source = network(source);
        self.forget(&(source, Some(operator.to_owned())));
        // One good account does not pay for guesses at others.
        if let Some(row) = self.rows.get_mut(&(source, None)) {
            row.failures = row.failures.saturating_sub(1);
        }
    }

    fn wait(&self, now: Mono, key: &Key, free: u32) -> Duration {
        let Some(row) = self
            .rows
            .get(key)
            .filter(|row| now.since(row.last) < FORGET_AFTER)
        else {
            return Duration::ZERO;
        };
        let Some(over) = row.failures.checked_sub(free) else {
            return Duration::ZERO;
        };
        let wait = WAIT_MAX.min(Duration::from_secs(1 << over.min(6)));
        wait.saturating_sub(now.since(row.last))
    }

    fn count(&mut self, now: Mono, key: Key) {
        let former = self
            .forget(&key)
            .filter(|row| now.since(row.last) < FORGET_AFTER);
        let failures = former.map_or(0, |row| row.failures).saturating_add(1);
        while self.rows.len() >= ROWS_MAX
            && let Some((_, quietest)) = self.by_age.first().cloned()
        {
            self.forget(&quietest);
        }
        self.by_age.insert((now, key.clone()));
        self.rows.insert(
            key,
            Row {
                failures,
                last: now,
            },
        );
    }

    fn forget(&mut self, key: &Key) -> Option<Row> {
        let row = self.rows.remove(key)?;
        self.by_age.remove(&(row.last, key.clone()));
        Some(row)
    }
}

/// An IPv6 customer has a whole /64 to change addresses in.
fn network(source: IpAddr) -> IpAddr {
    match source.to_canonical() {
        IpAddr::V6(v6) => {
            let prefix = v6.to_bits() & !u128::from(u64::MAX);
            IpAddr::V6(prefix.into())
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> Mono {
        Mono::default() + Duration::from_secs(secs)
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn waits_double_and_a_success_clears_them() {
        let mut backoff = Backoff::default();
        let source = ip("192.0.2.1");
        let mut waits = Vec::new();
        let mut now = 0;
        for _ in 0..12 {
            match backoff.begin(at(now), source, "anna") {
                Ok(()) => waits.push(0),
                Err(wait) => {
                    waits.push(wait.as_secs());
                    now += wait.as_secs();
                    backoff.begin(at(now), source, "anna").unwrap();
                }
            }
        }
        assert_eq!(waits, [0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert!(
            backoff.begin(at(now), source, "boris").is_ok(),
            "another operator is free"
        );
        assert!(
            backoff.begin(at(now), ip("192.0.2.2"), "anna").is_ok(),
            "another source is free"
        );
        backoff.succeeded(source, "anna");
        assert!(backoff.begin(at(now), source, "anna").is_ok());
    }

    #[test]
    fn one_source_that_tries_many_operators_waits_too() {
        let mut backoff = Backoff::default();
        for n in 0..FREE_PER_SOURCE {
            let source = ip(&format!("2001:db8::{n:x}"));
            backoff
                .begin(at(0), source, &format!("operator{n}"))
                .unwrap();
        }
        let same_network = ip("2001:db8::ffff");
        assert!(backoff.begin(at(0), same_network, "fresh").is_err());
        assert!(backoff.begin(at(0), ip("2001:db8:0:1::1"), "fresh").is_ok());
        assert!(
            backoff.begin(at(900), same_network, "fresh").is_ok(),
            "forgotten"
        );
    }

    #[test]
    fn the_table_is_bounded() {
        let mut backoff = Backoff::default();
        for n in 0..20_000_u32 {
            let source = IpAddr::from(n.to_be_bytes());
            backoff.begin(at(0), source, "anna").unwrap();
        }
        assert_eq!(backoff.rows.len(), ROWS_MAX);
        assert_eq!(backoff.by_age.len(), ROWS_MAX);
    }
}
