//! How many may come in a minute: a pure counter, of keys and of addresses.
use std::collections::BTreeMap;
use std::time::Duration;

use gudok_model::Mono;

/// What is counted begins anew after it.
pub const WINDOW: Duration = Duration::from_secs(60);
/// Rows of the table. When it is full and nobody's minute is over, who comes then is one with all others of that kind.
pub const ROWS_MAX: usize = 1_000;

/// Counts within minutes, each of which begins with the first that comes.
#[derive(Debug, Default)]
pub struct Pace {
    rows: BTreeMap<String, (Mono, u32)>,
}

impl Pace {
    /// Whether one more would fit; the time to wait where it would not.
    ///
    /// # Errors
    /// With that time.
    pub fn fits(&self, now: Mono, name: &str, most: u32) -> Result<(), Duration> {
        match self.rows.get(name) {
            Some((since, count)) if *count >= most && now.since(*since) < WINDOW => {
                Err(WINDOW.saturating_sub(now.since(*since)))
            }
            _ => Ok(()),
        }
    }

    /// One more of this name; the time to wait where there were `most` in its minute already.
    ///
    /// # Errors
    /// With that time.
    pub fn take(&mut self, now: Mono, name: &str, most: u32) -> Result<(), Duration> {
        if self.rows.len() >= ROWS_MAX && !self.rows.contains_key(name) {
            self.rows.retain(|_, (since, _)| now.since(*since) < WINDOW);
        }
        let is_full = self.rows.len() >= ROWS_MAX && !self.rows.contains_key(name);
        let name = if is_full { "" } else { name };
        let (since, count) = self.rows.entry(name.to_owned()).or_insert((now, 0));
        if now.since(*since) >= WINDOW {
            (*since, *count) = (now, 0);
        }
        if *count >= most {
            return Err(WINDOW.saturating_sub(now.since(*since)));
        }
        *count += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: u64) -> Mono {
        Mono::default() + Duration::from_secs(secs)
    }

    #[test]
    fn so_many_in_a_minute_and_each_for_themselves() {
        let mut pace = Pace::default();
        for secs in [0, 10, 20] {
            assert_eq!(pace.take(at(secs), "site", 3), Ok(()));
        }
        let wait = Err(Duration::from_secs(35));
        assert_eq!(pace.fits(at(25), "site", 3), wait);
        assert_eq!(pace.take(at(25), "site", 3), wait);
        assert_eq!(pace.fits(at(25), "other", 3), Ok(()));
        assert_eq!(pace.take(at(25), "other", 3), Ok(()));
        assert_eq!(pace.take(at(60), "site", 3), Ok(()));
    }

    #[test]
    fn a_crowd_of_names_takes_no_more_room_and_shares_one_row() {
        let mut pace = Pace::default();
        for n in 0..2 * ROWS_MAX {
            let _ = pace.take(at(0), &n.to_string(), 1);
        }
        assert!(pace.rows.len() <= ROWS_MAX + 1);
        assert!(pace.take(at(1), "new", 1).is_err());
        assert_eq!(pace.take(at(60), "new", 1), Ok(()), "their minute is over");
    }
}
