//! One operator's stream: dense numbers, the last events kept for those who come back.
use std::collections::VecDeque;

/// Which text a frame is kept in; cloning shares it among the connections.
pub(crate) type Text = tokio_tungstenite::tungstenite::Utf8Bytes;

/// The ring of the last events of one operator, numbered 1, 2, 3 … without a hole.
///
/// It is the only buffer of a slow client: connections hold a position in it, and one whose position has
/// left the ring is told so (`reset`) and starts again from a snapshot.
#[derive(Debug)]
pub(crate) struct Ring {
    events: VecDeque<Text>,
    bytes: usize,
    last_seq: u64,
    events_max: usize,
}

impl Ring {
    /// Holds at most that many events.
    pub(crate) fn new(events_max: usize) -> Self {
        Self {
            events: VecDeque::new(),
            bytes: 0,
            last_seq: 0,
            events_max: events_max.max(1),
        }
    }

    /// Number of the newest event; 0 before the first.
    pub(crate) fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// Appends the event made by `make(seq)` and lets the oldest go, until no more than `bytes_max` are held; the newest
    /// one always is.
    pub(crate) fn push(&mut self, bytes_max: usize, make: impl FnOnce(u64) -> String) {
        self.last_seq += 1;
        let text = Text::from(make(self.last_seq));
        self.bytes += text.len();
        self.events.push_back(text);
        while self.events.len() > 1
            && (self.events.len() > self.events_max || self.bytes > bytes_max)
        {
            let gone = self.events.pop_front();
            self.bytes -= gone.map_or(0, |text| text.len());
        }
    }

    /// The event with this number; `None` if it left the ring or has not happened.
    pub(crate) fn get(&self, seq: u64) -> Option<&Text> {
        let index = seq.checked_sub(self.first_seq())?;
        self.events.get(usize::try_from(index).ok()?)
    }

    /// Lets everything go; whoever was here needs a snapshot, wherever they were.
    pub(crate) fn forget(&mut self) {
        self.events.clear();
        self.bytes = 0;
        self.last_seq += 1;
    }

    /// Whether everything after `seq` is still here, so that a client that has seen `seq` can go on.
    pub(crate) fn can_resume(&self, seq: u64) -> bool {
        seq <= self.last_seq && seq + 1 >= self.first_seq()
    }

    fn first_seq(&self) -> u64 {
        self.last_seq + 1 - self.events.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_empty_stream_resumes_from_zero_only() {
        let ring = Ring::new(3);
        assert!(ring.can_resume(0));
        assert!(!ring.can_resume(1));
        assert!(!ring.can_resume(u64::MAX));
        assert_eq!(ring.get(0), None);
    }

    #[test]
    fn one_event_larger_than_the_limit_is_still_delivered() {
        let mut ring = Ring::new(3);
        ring.push(4, |_| "large".into());
        assert_eq!(ring.get(1).map(Text::as_str), Some("large"));
    }

    proptest! {
        /// Resuming from any point gives exactly the events after it, in order, or a refusal; and a
        /// refusal happens only when an event after the point is gone.
        #[test]
        fn resume_is_exact(count in 0_u64..40, events_max in 1_usize..12, bytes_max in 1_usize..60, from in 0_u64..50) {
            let mut ring = Ring::new(events_max);
            for _ in 0..count {
                ring.push(bytes_max, |seq| seq.to_string());
            }
            prop_assert_eq!(ring.last_seq(), count);
            let missed: Vec<String> = (from + 1..=count).map(|seq| seq.to_string()).collect();
            let kept: Vec<String> =
                (from + 1..=count).filter_map(|seq| ring.get(seq)).map(|t| t.to_string()).collect();
            prop_assert_eq!(ring.can_resume(from), from <= count && kept == missed);
            prop_assert!(ring.events.len() <= events_max);
            prop_assert!(ring.bytes <= bytes_max.max(2));
        }
    }
}
