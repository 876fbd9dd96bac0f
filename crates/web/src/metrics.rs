//! Counters, gauges and histograms for Prometheus (text format 0.0.4), with bounded labels.
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Series of one metric. Further ones fall together under the label value `other`: labels are for bounded
/// sets, and this is the fence for the mistake.
pub const SERIES_MAX: usize = 256;
/// Upper bounds of the buckets of a histogram. Seconds.
pub const BOUNDS: [f64; 14] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];

/// Label names and values.
pub type Labels<'a> = &'a [(&'static str, &'a str)];

/// What the daemon counts. Handles are taken once and then cost one atomic addition.
#[derive(Default)]
pub struct Metrics {
    families: Mutex<BTreeMap<&'static str, Family>>,
    collectors: Mutex<Vec<Collector>>,
}

type Collector = Box<dyn Fn(&mut Scrape) + Send + Sync>;

struct Family {
    help: &'static str,
    kind: Kind,
    series: BTreeMap<String, Series>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Counter,
    Gauge,
    Histogram,
}

#[derive(Clone)]
enum Series {
    Counter(Counter),
    Gauge(Gauge),
    Histogram(Histogram),
}

/// Only grows.
#[derive(Clone, Default)]
pub struct Counter(Arc<AtomicU64>);

/// Goes up and down.
#[derive(Clone, Default)]
pub struct Gauge(Arc<AtomicI64>);

/// How long things took.
#[derive(Clone, Default)]
pub struct Histogram(Arc<Buckets>);

#[derive(Default)]
struct Buckets {
    counts: [AtomicU64; BOUNDS.len() + 1],
    sum_us: AtomicU64,
}

/// What a collector adds at the moment of reading.
#[derive(Default)]
pub struct Scrape {
    families: BTreeMap<&'static str, Collected>,
}

struct Collected {
    help: &'static str,
    kind: Kind,
    samples: Vec<(String, f64)>,
}

impl Metrics {
    /// A counter, `gudok_<noun>_total`. The same name and labels give the same counter.
    ///
    /// # Panics
    /// The name is not of this form, or taken by another kind: a mistake in the program.
    pub fn counter(&self, name: &'static str, help: &'static str, labels: Labels<'_>) -> Counter {
        assert!(
            name.ends_with("_total"),
            "a counter's name ends with _total: {name}"
        );
        let fresh = || Series::Counter(Counter::default());
        match self.series(name, help, Kind::Counter, labels, fresh) {
            Series::Counter(counter) => counter,
            Series::Gauge(_) | Series::Histogram(_) => unreachable!("the kind was checked"),
        }
    }

    /// A gauge, `gudok_<noun>_<unit>`.
    ///
    /// # Panics
    /// As [`counter`](Self::counter).
    pub fn gauge(&self, name: &'static str, help: &'static str, labels: Labels<'_>) -> Gauge {
        let fresh = || Series::Gauge(Gauge::default());
        match self.series(name, help, Kind::Gauge, labels, fresh) {
            Series::Gauge(gauge) => gauge,
            Series::Counter(_) | Series::Histogram(_) => unreachable!("the kind was checked"),
        }
    }

    /// A histogram, `gudok_<noun>_seconds`, with [`BOUNDS`].
    ///
    /// # Panics
    /// As [`counter`](Self::counter).
    pub fn histogram(
        &self,
        name: &'static str,
        help: &'static str,
        labels: Labels<'_>,
    ) -> Histogram {
        assert!(
            name.ends_with("_seconds"),
            "a histogram's name ends with _seconds: {name}"
        );
        let fresh = || Series::Histogram(Histogram::default());
        match self.series(name, help, Kind::Histogram, labels, fresh) {
            Series::Histogram(histogram) => histogram,
            Series::Counter(_) | Series::Gauge(_) => unreachable!("the kind was checked"),
        }
    }

    /// Adds what is counted elsewhere: called at each reading, must not wait.
    pub fn on_scrape(&self, collect: impl Fn(&mut Scrape) + Send + Sync + 'static) {
        let mut collectors = self
            .collectors
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        collectors.push(Box::new(collect));
    }

    /// The page for Prometheus.
    pub fn text(&self) -> String {
        let mut page = String::new();
        for (name, family) in &*self.families.lock().unwrap_or_else(PoisonError::into_inner) {
            head(&mut page, name, family.help, family.kind);
            for (labels, series) in &family.series {
                series.print(&mut page, name, labels);
            }
        }
        let mut scrape = Scrape::default();
        for collect in &*self
            .collectors
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
        {
            collect(&mut scrape);
        }
        for (name, family) in scrape.families {
            head(&mut page, name, family.help, family.kind);
            for (labels, value) in family.samples {
                line(&mut page, name, &labels, value);
            }
        }
        page
    }

    fn series(
        &self,
        name: &'static str,
        help: &'static str,
        kind: Kind,
        labels: Labels<'_>,
        fresh: fn() -> Series,
    ) -> Series {
        check(name);
        let mut families = self.families.lock().unwrap_or_else(PoisonError::into_inner);
        let family = families.entry(name).or_insert_with(|| Family {
            help,
            kind,
            series: BTreeMap::new(),
        });
        assert_eq!(family.kind, kind, "{name} has two kinds");
        let mut key = print_labels(labels);
        if !family.series.contains_key(&key) && family.series.len() >= SERIES_MAX {
            let other: Vec<_> = labels.iter().map(|(name, _)| (*name, "other")).collect();
            key = print_labels(&other);
        }
        family.series.entry(key).or_insert_with(fresh).clone()
    }
}

impl Counter {
    /// One more.
    pub fn inc(&self) {
        self.add(1);
    }

    /// `n` more.
    pub fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }

    /// Up to a sum that is kept elsewhere; never down.
    pub fn reach(&self, sum: u64) {
        self.0.fetch_max(sum, Ordering::Relaxed);
    }
}

impl Gauge {
    /// The present value.
    pub fn set(&self, value: i64) {
        self.0.store(value, Ordering::Relaxed);
    }

    /// Up, or down with a negative number.
    pub fn add(&self, n: i64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }
}

impl Histogram {
    /// Something took this long.
    pub fn observe(&self, took: Duration) {
        let secs = took.as_secs_f64();
        let bucket = BOUNDS
            .iter()
            .position(|bound| secs <= *bound)
            .unwrap_or(BOUNDS.len());
        self.0.counts[bucket].fetch_add(1, Ordering::Relaxed);
        let micros = took.as_micros().try_into().unwrap_or(u64::MAX);
        self.0.sum_us.fetch_add(micros, Ordering::Relaxed);
    }
}

impl Scrape {
    /// A counter kept elsewhere.
    pub fn counter(
        &mut self,
        name: &'static str,
        help: &'static str,
        labels: Labels<'_>,
        value: u64,
    ) {
        self.sample(name, help, Kind::Counter, labels, value as f64);
    }

    /// A gauge kept elsewhere.
    pub fn gauge(
        &mut self,
        name: &'static str,
        help: &'static str,
        labels: Labels<'_>,
        value: f64,
    ) {
        self.sample(name, help, Kind::Gauge, labels, value);
    }

    fn sample(
        &mut self,
        name: &'static str,
        help: &'static str,
        kind: Kind,
        labels: Labels<'_>,
        value: f64,
    ) {
        check(name);
        let family = self.families.entry(name).or_insert_with(|| Collected {
            help,
            kind,
            samples: Vec::new(),
        });
        if family.samples.len() < SERIES_MAX {
            family.samples.push((print_labels(labels), value));
        }
    }
}

impl Series {
    fn print(&self, page: &mut String, name: &str, labels: &str) {
        match self {
            Self::Counter(counter) => {
                line(page, name, labels, counter.0.load(Ordering::Relaxed) as f64);
            }
            Self::Gauge(gauge) => line(page, name, labels, gauge.0.load(Ordering::Relaxed) as f64),
            Self::Histogram(histogram) => histogram.print(page, name, labels),
        }
    }
}

impl Histogram {
    fn print(&self, page: &mut String, name: &str, labels: &str) {
        let comma = if labels.is_empty() { "" } else { "," };
        let mut total = 0;
        let bounds = BOUNDS.iter().map(f64::to_string).chain(["+Inf".to_owned()]);
        for (bound, count) in bounds.zip(&self.0.counts) {
            total += count.load(Ordering::Relaxed);
            let labels = format!("{labels}{comma}le=\"{bound}\"");
            line(page, &format!("{name}_bucket"), &labels, total as f64);
        }
        let sum = self.0.sum_us.load(Ordering::Relaxed) as f64 / 1e6;
        line(page, &format!("{name}_sum"), labels, sum);
        line(page, &format!("{name}_count"), labels, total as f64);
    }
}

fn check(name: &str) {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    assert!(
        name.starts_with("gudok_") && name.chars().all(allowed),
        "a metric's name is gudok_<noun>_<unit>: {name}"
    );
}

fn head(page: &mut String, name: &str, help: &str, kind: Kind) {
    let kind = match kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram => "histogram",
    };
    let help = help.replace('\\', "\\\\").replace('\n', "\\n");
    writeln!(page, "# HELP {name} {help}\n# TYPE {name} {kind}").expect("writing to memory");
}

fn line(page: &mut String, name: &str, labels: &str, value: f64) {
    let written = if labels.is_empty() {
        writeln!(page, "{name} {value}")
    } else {
        writeln!(page, "{name}{{{labels}}} {value}")
    };
    written.expect("writing to memory");
}

fn print_labels(labels: Labels<'_>) -> String {
    let mut text = String::new();
    for (name, value) in labels {
        let value = value
            .replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace('\n', "\\n");
        let comma = if text.is_empty() { "" } else { "," };
        write!(text, "{comma}{name}=\"{value}\"").expect("writing to memory");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_prometheus_reads() {
        let metrics = Metrics::default();
        let answered = metrics.counter(
            "gudok_calls_total",
            "Calls by outcome.",
            &[("outcome", "answered")],
        );
        answered.add(2);
        metrics
            .counter(
                "gudok_calls_total",
                "Calls by outcome.",
                &[("outcome", "answered")],
            )
            .inc();
        metrics.counter(
            "gudok_calls_total",
            "Calls by outcome.",
            &[("outcome", "a\"b\\c\nd")],
        );
        metrics
            .gauge("gudok_calls_active", "Calls now.", &[])
            .set(-1);
        let pop = metrics.histogram(
            "gudok_pop_seconds",
            "Event to pop_ack.",
            &[("group", "tech")],
        );
        pop.observe(Duration::from_micros(900));
        pop.observe(Duration::from_millis(5));
        pop.observe(Duration::from_secs(60));
        metrics.on_scrape(|scrape| scrape.gauge("gudok_desks_connected", "Desks.", &[], 3.0));
        insta::assert_snapshot!(metrics.text(), @r#"
    # HELP gudok_calls_active Calls now.
    # TYPE gudok_calls_active gauge
    gudok_calls_active -1
    # HELP gudok_calls_total Calls by outcome.
    # TYPE gudok_calls_total counter
    gudok_calls_total{outcome="a\"b\\c\nd"} 0
    gudok_calls_total{outcome="answered"} 3
    # HELP gudok_pop_seconds Event to pop_ack.
    # TYPE gudok_pop_seconds histogram
    gudok_pop_seconds_bucket{group="tech",le="0.001"} 1
    gudok_pop_seconds_bucket{group="tech",le="0.0025"} 1
    gudok_pop_seconds_bucket{group="tech",le="0.005"} 2
    gudok_pop_seconds_bucket{group="tech",le="0.01"} 2
    gudok_pop_seconds_bucket{group="tech",le="0.025"} 2
    gudok_pop_seconds_bucket{group="tech",le="0.05"} 2
    gudok_pop_seconds_bucket{group="tech",le="0.1"} 2
    gudok_pop_seconds_bucket{group="tech",le="0.25"} 2
    gudok_pop_seconds_bucket{group="tech",le="0.5"} 2
    gudok_pop_seconds_bucket{group="tech",le="1"} 2
    gudok_pop_seconds_bucket{group="tech",le="2.5"} 2
    gudok_pop_seconds_bucket{group="tech",le="5"} 2
    gudok_pop_seconds_bucket{group="tech",le="10"} 2
    gudok_pop_seconds_bucket{group="tech",le="30"} 2
    gudok_pop_seconds_bucket{group="tech",le="+Inf"} 3
    gudok_pop_seconds_sum{group="tech"} 60.0059
    gudok_pop_seconds_count{group="tech"} 3
    # HELP gudok_desks_connected Desks.
    # TYPE gudok_desks_connected gauge
    gudok_desks_connected 3
    "#);
    }

    #[test]
    fn unbounded_labels_fall_together() {
        let metrics = Metrics::default();
        for n in 0..10_000 {
            metrics
                .counter(
                    "gudok_mistakes_total",
                    "A mistake.",
                    &[("call", &n.to_string())],
                )
                .inc();
        }
        let text = metrics.text();
        assert!(
            text.contains("gudok_mistakes_total{call=\"other\"} 9744"),
            "{text}"
        );
        assert!(text.lines().count() < 300);
    }

    #[test]
    #[should_panic(expected = "gudok_<noun>_<unit>")]
    fn a_name_of_another_form_is_a_mistake() {
        Metrics::default().gauge("Calls", "", &[]);
    }
}
