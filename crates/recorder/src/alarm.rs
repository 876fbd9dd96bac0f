//! What the recorder raises an alarm about. None of it stops a call.
use std::path::Path;
use std::time::Duration;

/// Something an admin should look at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Alarm {
    /// The disk refuses; audio waits in memory and the same bytes are tried again. Told at the first failure and
    /// every ten seconds after it.
    DiskError {
        /// What the system said.
        error: String,
    },
    /// One write or sync took longer than [`SLOW`].
    DiskSlow {
        /// How long.
        took: Duration,
    },
    /// Free space fell below 10, 5 or 1 %. Below 1 % no audio is written: the rest belongs to the call records.
    DiskFull {
        /// The limit it fell below. Percent.
        below_percent: u8,
    },
    /// The disk writes again, or has room again.
    DiskWell,
    /// A recording could not be sealed; it is tried again and the journal keeps it.
    SealFailed {
        /// Which and why.
        error: String,
    },
    /// Too many recordings at once, or an unsendable one: this call is not recorded.
    Refused {
        /// Its number.
        recording: u64,
    },
    /// The journal of the run before is damaged here; everything before it was recovered.
    JournalDamaged {
        /// File, offset and kind.
        problem: String,
    },
}

/// A write that takes longer is an alarm, and holes during it are the disk's doing.
pub const SLOW: Duration = Duration::from_secs(1);

/// How much room the disk has.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Room {
    /// Below 1 %: nothing is written any more.
    None,
    Below5,
    Below10,
    Enough,
}

impl Room {
    /// By blocks free for us and blocks there are.
    fn of(free: u64, total: u64) -> Self {
        let permille = u128::from(free) * 1000 / u128::from(total.max(1));
        match permille {
            0..10 => Self::None,
            10..50 => Self::Below5,
            50..100 => Self::Below10,
            _ => Self::Enough,
        }
    }

    /// Asks the file system; one that does not say has enough.
    pub(crate) fn at(path: &Path) -> Self {
        rustix::fs::statvfs(path)
            .map_or(Self::Enough, |stat| Self::of(stat.f_bavail, stat.f_blocks))
    }

    /// The alarm for coming here from `before`.
    pub(crate) fn alarm(self, before: Self) -> Option<Alarm> {
        let below = |below_percent| Some(Alarm::DiskFull { below_percent });
        match self {
            _ if self == before => None,
            Self::Enough => Some(Alarm::DiskWell),
            _ if self > before => None,
            Self::None => below(1),
            Self::Below5 => below(5),
            Self::Below10 => below(10),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alarms_come_on_the_way_down_and_once_it_is_well() {
        let free = [500, 99, 60, 49, 9, 30, 99, 100];
        let mut before = Room::Enough;
        let told: Vec<_> = free
            .iter()
            .filter_map(|free| {
                let now = Room::of(*free, 1000);
                let alarm = now.alarm(before);
                before = now;
                alarm
            })
            .collect();
        let below = |below_percent| Alarm::DiskFull { below_percent };
        assert_eq!(told, [below(10), below(5), below(1), Alarm::DiskWell]);
    }
}
