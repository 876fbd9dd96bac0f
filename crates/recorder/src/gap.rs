//! Stretches without audio, and why.
use serde::{Deserialize, Serialize};

use crate::place::MS;

/// Most gaps kept of one recording; the rest is counted. Half a minute of every second packet lost.
pub const GAPS_MAX: usize = 1000;

/// Why there is no audio.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    /// Packets did not come.
    Lost,
    /// Nothing was sent.
    Silent,
    /// Recording was paused by command.
    Paused,
    /// The disk stood still or failed for longer than the queue carries.
    Disk,
    /// The recorder did not keep up.
    QueueFull,
}

impl GapReason {
    /// The word of the sidecar and of the call's record.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Silent => "silent",
            Self::Paused => "paused",
            Self::Disk => "disk",
            Self::QueueFull => "queue_full",
        }
    }
}

/// Which channel of the file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Left: the caller.
    Caller,
    /// Right: what the caller hears.
    Heard,
    /// Left and right.
    Both,
}

/// One stretch that is silence in the file because there was no audio.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Gap {
    /// Where.
    pub channel: Channel,
    /// From the start of the recording. Milliseconds.
    pub at_ms: u64,
    /// How long. Milliseconds.
    pub length_ms: u64,
    /// Why.
    pub reason: GapReason,
}

/// A stretch in samples.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Span {
    pub(crate) from: i64,
    pub(crate) to: i64,
    pub(crate) reason: GapReason,
}

/// The stretches of one channel while it is recorded.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spans {
    list: Vec<Span>,
    omitted: u64,
}

impl Spans {
    pub(crate) fn add(&mut self, span: Span) {
        if span.to <= span.from {
            return;
        }
        if let Some(last) = self.list.last_mut()
            && last.to == span.from
            && last.reason == span.reason
        {
            last.to = span.to;
        } else if self.list.len() < GAPS_MAX {
            self.list.push(span);
        } else {
            self.omitted += 1;
        }
    }

    /// A packet came after all: its stretch is no gap any more. Only the newest few can be meant.
    pub(crate) fn fill(&mut self, from: i64, to: i64) {
        let recent = self
            .list
            .iter()
            .rposition(|span| span.to <= from)
            .map_or(0, |at| at + 1);
        let later = self.list.split_off(recent);
        for span in later {
            self.add(Span {
                to: span.to.min(from),
                ..span
            });
            self.add(Span {
                from: span.from.max(to),
                ..span
            });
        }
    }

    /// The stretches in milliseconds, what lies under `absences` left out and everything cut at `end`.
    fn outside(&self, absences: &[Span], end: i64) -> Vec<Span> {
        let mut left = Vec::new();
        for span in &self.list {
            let mut from = span.from;
            for absence in absences {
                if absence.to <= from || absence.from >= span.to {
                    continue;
                }
                left.push(Span {
                    from,
                    to: absence.from,
                    ..*span
                });
                from = absence.to;
            }
            left.push(Span { from, ..*span });
        }
        for span in &mut left {
            span.to = span.to.min(end);
        }
        left.retain(|span| span.to > span.from);
        left
    }
}

/// All gaps of a recording of `end` samples in order of time, and how many more there were.
pub(crate) fn collect(
    caller: &Spans,
    heard: &Spans,
    absences: &[Span],
    end: i64,
) -> (Vec<Gap>, u64) {
    let mut absences = absences.to_vec();
    absences.sort_by_key(|span| (span.from, span.to));
    let mut gaps = Vec::new();
    for (channel, spans) in [(Channel::Caller, caller), (Channel::Heard, heard)] {
        gaps.extend(
            spans
                .outside(&absences, end)
                .iter()
                .filter_map(|span| gap(channel, span)),
        );
    }
    for absence in &absences {
        let span = Span {
            from: absence.from.max(0),
            to: absence.to.min(end),
            ..*absence
        };
        gaps.extend(gap(Channel::Both, &span));
    }
    gaps.sort_by_key(|gap| (gap.at_ms, gap.channel));
    let beyond = gaps.len().saturating_sub(GAPS_MAX) as u64;
    gaps.truncate(GAPS_MAX);
    (gaps, beyond + caller.omitted + heard.omitted)
}

/// Less than a millisecond is no gap.
fn gap(channel: Channel, span: &Span) -> Option<Gap> {
    let (at_ms, length_ms) = (span.from / MS, (span.to - span.from) / MS);
    (length_ms > 0).then(|| Gap {
        channel,
        at_ms: at_ms.unsigned_abs(),
        length_ms: length_ms.unsigned_abs(),
        reason: span.reason,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(from_ms: i64, to_ms: i64, reason: GapReason) -> Span {
        Span {
            from: from_ms * MS,
            to: to_ms * MS,
            reason,
        }
    }

    fn told(spans: &Spans, absences: &[Span], end_ms: i64) -> Vec<(u64, u64, &'static str)> {
        let (gaps, _) = collect(spans, &Spans::default(), absences, end_ms * MS);
        gaps.iter()
            .map(|g| (g.at_ms, g.length_ms, g.reason.as_str()))
            .collect()
    }

    #[test]
    fn a_latecomer_splits_the_gap_it_falls_into() {
        let mut spans = Spans::default();
        spans.add(span(0, 20, GapReason::Lost));
        spans.add(span(100, 160, GapReason::Lost));
        spans.fill(120 * MS, 140 * MS);
        assert_eq!(
            told(&spans, &[], 1000),
            [(0, 20, "lost"), (100, 20, "lost"), (140, 20, "lost")]
        );
    }

    #[test]
    fn a_pause_explains_what_lies_under_it() {
        let mut spans = Spans::default();
        spans.add(span(100, 500, GapReason::Silent));
        let pause = [span(120, 400, GapReason::Paused)];
        assert_eq!(
            told(&spans, &pause, 450),
            [
                (100, 20, "silent"),
                (120, 280, "paused"),
                (400, 50, "silent")
            ]
        );
    }

    #[test]
    fn gaps_are_bounded_and_the_rest_is_counted() {
        let mut spans = Spans::default();
        for n in 0..1500 {
            spans.add(span(n * 40, n * 40 + 20, GapReason::Lost));
        }
        let (gaps, omitted) = collect(&spans, &Spans::default(), &[], i64::MAX);
        assert_eq!((gaps.len(), omitted), (GAPS_MAX, 500));
    }
}
