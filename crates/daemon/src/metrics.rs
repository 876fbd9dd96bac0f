//! Counters of the daemon for Prometheus: bounded names, bounded labels, never a caller or a call.
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

use gudok_model::{CallEvent, LegQuality, Outcome};

/// Different label values of one counter; beyond it everything is counted as `other`.
const LABELS_MAX: usize = 64;
/// Bounds of the waiting time. Milliseconds.
const WAIT_BUCKETS_MS: [u64; 8] = [1_000, 5_000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000];
/// Below it a leg counts as badly heard (media.md §6).
const MOS_FLOOR: f32 = 3.6;

/// Everything that is counted. One lock, taken a few times a call.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    alarms: BTreeMap<String, u64>,
    refusals: BTreeMap<String, u64>,
    outcomes: BTreeMap<String, u64>,
    calls: u64,
    wait_buckets: [u64; WAIT_BUCKETS_MS.len()],
    waits: u64,
    wait_ms: u64,
    bad_legs: u64,
    lost_packets: u64,
    foreign_packets: u64,
    gauges: BTreeMap<&'static str, u64>,
}

impl Metrics {
    /// Someone should look.
    pub(crate) fn alarm(&self, what: &str) {
        self.with(|counts| count(&mut counts.alarms, what));
    }

    /// SIP was refused by policy.
    pub(crate) fn refusal(&self, what: &str) {
        self.with(|counts| count(&mut counts.refusals, what));
    }

    /// A present value, such as legs alive.
    pub(crate) fn gauge(&self, name: &'static str, value: u64) {
        self.with(|counts| {
            counts.gauges.insert(name, value);
        });
    }

    /// A fact of a call.
    pub(crate) fn fact(&self, fact: &CallEvent) {
        match fact {
            CallEvent::Arrived { .. } => self.with(|counts| counts.calls += 1),
            CallEvent::Bridged { waited_ms, .. } => self.with(|counts| counts.waited(*waited_ms)),
            CallEvent::Ended { outcome, .. } => self.with(|counts| count(&mut counts.outcomes, word(*outcome))),
            _ => {}
        }
    }

    /// How a leg sounded.
    pub(crate) fn quality(&self, quality: &LegQuality) {
        self.with(|counts| {
            counts.bad_legs += u64::from(quality.received > 0 && quality.mos < MOS_FLOOR);
            counts.lost_packets += quality.lost;
            counts.foreign_packets += quality.foreign;
        });
    }

    /// In the text format of Prometheus.
    pub(crate) fn render(&self) -> String {
        let mut text = String::new();
        self.with(|counts| counts.write(&mut text).expect("writing to a String cannot fail"));
        text
    }

    fn with<T>(&self, act: impl FnOnce(&mut Counts) -> T) -> T {
        act(&mut self.counts.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Counts {
    fn waited(&mut self, ms: u64) {
        self.waits += 1;
        self.wait_ms += ms;
        for (bucket, bound) in self.wait_buckets.iter_mut().zip(WAIT_BUCKETS_MS) {
            *bucket += u64::from(ms <= bound);
        }
    }

    fn write(&self, text: &mut String) -> std::fmt::Result {
        writeln!(text, "# TYPE gudok_calls_total counter\ngudok_calls_total {}", self.calls)?;
        labelled(text, "gudok_calls_ended_total", "outcome", &self.outcomes)?;
        labelled(text, "gudok_alarms_total", "what", &self.alarms)?;
        labelled(text, "gudok_sip_refusals_total", "what", &self.refusals)?;
        writeln!(text, "# TYPE gudok_queue_wait_seconds histogram")?;
        for (bucket, bound) in self.wait_buckets.iter().zip(WAIT_BUCKETS_MS) {
            writeln!(text, "gudok_queue_wait_seconds_bucket{{le=\"{}\"}} {bucket}", bound / 1_000)?;
        }
        writeln!(text, "gudok_queue_wait_seconds_bucket{{le=\"+Inf\"}} {}", self.waits)?;
        writeln!(text, "gudok_queue_wait_seconds_sum {}", self.wait_ms as f64 / 1_000.0)?;
        writeln!(text, "gudok_queue_wait_seconds_count {}", self.waits)?;
        for (name, value) in [
            ("gudok_legs_below_mos_floor_total", self.bad_legs),
            ("gudok_rtp_packets_lost_total", self.lost_packets),
            ("gudok_rtp_packets_foreign_total", self.foreign_packets),
        ] {
            writeln!(text, "# TYPE {name} counter\n{name} {value}")?;
        }
        for (name, value) in &self.gauges {
            writeln!(text, "# TYPE {name} gauge\n{name} {value}")?;
        }
        Ok(())
    }
}

fn labelled(text: &mut String, name: &str, label: &str, counts: &BTreeMap<String, u64>) -> std::fmt::Result {
    writeln!(text, "# TYPE {name} counter")?;
    counts.iter().try_for_each(|(value, count)| writeln!(text, "{name}{{{label}=\"{value}\"}} {count}"))
}

fn count(counts: &mut BTreeMap<String, u64>, label: &str) {
    let clean = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    let known = counts.contains_key(label) || (clean && counts.len() < LABELS_MAX);
    *counts.entry(if known { label } else { "other" }.to_owned()).or_default() += 1;
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Answered => "answered",
        Outcome::AbandonedIvr => "abandoned_ivr",
        Outcome::AbandonedQueue { .. } => "abandoned_queue",
        Outcome::CallbackRequested => "callback_requested",
        Outcome::Voicemail => "voicemail",
        Outcome::OverflowedExternal { .. } => "overflowed_external",
        Outcome::ClosedMsg => "closed_msg",
        Outcome::RejectedSpam => "rejected_spam",
        Outcome::Failed => "failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_bounded_and_clean() {
        let metrics = Metrics::default();
        metrics.alarm("disk_full");
        metrics.alarm("a\"} 1\nevil 2");
        (0..200).for_each(|n| metrics.alarm(&format!("a{n}")));
        let text = metrics.render();
        assert!(text.contains("gudok_alarms_total{what=\"disk_full\"} 1"));
        assert!(text.lines().filter(|line| line.starts_with("gudok_alarms_total{")).count() <= LABELS_MAX + 1);
        assert!(!text.contains("evil"));
    }

    #[test]
    fn waiting_is_a_histogram() {
        let metrics = Metrics::default();
        metrics.with(|counts| [500, 7_000, 400_000].into_iter().for_each(|ms| counts.waited(ms)));
        let text = metrics.render();
        assert!(text.contains("bucket{le=\"1\"} 1"));
        assert!(text.contains("bucket{le=\"10\"} 2"));
        assert!(text.contains("bucket{le=\"+Inf\"} 3"));
    }
}
