//! What the daemon counts, under names and labels of bounded sets: never a caller, never a call.
use std::sync::Arc;
use std::time::Duration;

use gudok_model::{CallEvent, LegQuality, Outcome, Wall};
use gudok_sip::endpoint::{Endpoint, Transport};
use gudok_sip::shield::Refused as Unread;
use gudok_sip::trunk::{Full, Standing, State};
use gudok_store::OpenRequests;
use gudok_switchboard::LineSpent;
use gudok_trace::{Peek, Start, Verb};
use gudok_web::metrics::{Counter, Gauge, Histogram};
use gudok_wire::media::WorkerLoad;
use gudok_wire::sip::Why;

mod alarms;
mod levels;
mod outbound;
mod surveys;

/// Below it a leg counts as badly heard (media.md §6).
const MOS_FLOOR: f32 = 3.6;

/// Handles of the registry; one atomic addition each.
#[derive(Clone)]
pub(crate) struct Metrics {
    registry: Arc<gudok_web::Metrics>,
    calls: Counter,
    alive: Gauge,
    legs: Gauge,
    waits: Histogram,
    pops: Histogram,
    bad_legs: Counter,
    lost_packets: Counter,
    foreign_packets: Counter,
    /// What the media threads say of themselves.
    media: Media,
    /// Of the last hour.
    levels: levels::Levels,
    /// That are on.
    alarms: alarms::On,
}

/// What a version beside counts, over all of them since the start.
#[derive(Clone)]
pub(crate) struct ShadowCounters {
    /// Calls it has seen.
    pub calls: Counter,
    /// Calls that would have gone otherwise.
    pub otherwise: Counter,
    /// Decisions it was too slow for.
    pub dropped: Counter,
}

/// Sums of the media threads since the start.
#[derive(Clone)]
struct Media {
    received: Counter,
    sent: Counter,
    send_failed: Counter,
    events_dropped: Counter,
}

impl Metrics {
    /// In a new registry.
    pub(crate) fn new() -> Self {
        let registry = Arc::new(gudok_web::Metrics::default());
        Self {
            calls: registry.counter("gudok_calls_total", "Calls that arrived.", &[]),
            alive: registry.gauge(
                "gudok_calls_active",
                "Calls alive, those included whose wrap-up alone is awaited.",
                &[],
            ),
            legs: registry.gauge("gudok_legs", "Legs alive.", &[]),
            waits: registry.histogram(
                "gudok_queue_wait_seconds",
                "From the queue to the operator.",
                &[],
            ),
            pops: registry.histogram(
                "gudok_pop_seconds",
                "From the card's push to its acknowledgement.",
                &[],
            ),
            bad_legs: registry.counter(
                "gudok_legs_below_mos_floor_total",
                "Legs heard worse than MOS 3.6.",
                &[],
            ),
            lost_packets: registry.counter(
                "gudok_rtp_packets_lost_total",
                "RTP packets that never came.",
                &[],
            ),
            foreign_packets: registry.counter(
                "gudok_rtp_packets_foreign_total",
                "RTP of strangers, dropped.",
                &[],
            ),
            media: Media::new(&registry),
            levels: levels::of(&registry),
            alarms: alarms::of(&registry),
            registry,
        }
    }

    /// For the page.
    pub(crate) fn registry(&self) -> Arc<gudok_web::Metrics> {
        Arc::clone(&self.registry)
    }

    /// Someone should look. `what` is a slug of the code, never text from the network.
    pub(crate) fn alarm(&self, what: &str) {
        self.registry
            .counter("gudok_alarms_total", "Alarms raised.", &[("what", what)])
            .inc();
    }

    /// What a version beside counts.
    pub(crate) fn shadow(&self) -> ShadowCounters {
        let of = |name: &'static str, help: &'static str| self.registry.counter(name, help, &[]);
        ShadowCounters {
            calls: of(
                "gudok_shadow_calls_total",
                "Calls a version beside has seen.",
            ),
            otherwise: of(
                "gudok_shadow_otherwise_total",
                "Calls that would have gone otherwise by the version beside.",
            ),
            dropped: of(
                "gudok_shadow_dropped_total",
                "Decisions the version beside was too slow for.",
            ),
        }
    }

    /// A media thread did not tell that a prompt ended.
    pub(crate) fn prompt_lost(&self) {
        let help = "Prompts whose end the media threads did not tell in time.";
        self.registry
            .counter("gudok_prompts_lost_total", help, &[])
            .inc();
    }

    /// Which version of the plan is in force, and whether what lies on disk is it.
    pub(crate) fn plan_stands(&self, version: u64, refused: bool, differs: bool) {
        let of = |name: &'static str, help: &'static str, value: i64| {
            self.registry.gauge(name, help, &[]).set(value);
        };
        let version = version.try_into().unwrap_or(i64::MAX);
        of(
            "gudok_plan_version",
            "The version of the plan in force.",
            version,
        );
        let help = "1 while the files on disk are refused.";
        of("gudok_plan_refused", help, refused.into());
        let help = "1 while the files on disk are not the plan in force, as they were last read.";
        of("gudok_plan_differs_from_disk", help, differs.into());
    }

    /// What the lines have cost: numbers of the configuration.
    pub(crate) fn cost(&self, lines: &[LineSpent]) {
        for line in lines {
            for (period, spent) in [("day", line.day), ("month", line.month)] {
                let labels = [("number", line.number.as_str()), ("period", period)];
                let registry = &self.registry;
                registry
                    .gauge(
                        "gudok_line_billed_seconds",
                        "Billed time of a line, today and this month, calls under way included.",
                        &labels,
                    )
                    .set(spent.seconds.try_into().unwrap_or(i64::MAX));
                registry
                    .gauge(
                        "gudok_line_cost_kopecks",
                        "What a line has cost today and this month, in hundredths.",
                        &labels,
                    )
                    .set(spent.kopecks.try_into().unwrap_or(i64::MAX));
            }
        }
    }

    /// SIP was refused by policy.
    pub(crate) fn refusal(&self, what: &str) {
        self.refusals(what).inc();
    }

    /// The sum of these refusals, for who counts very many.
    pub(crate) fn refusals(&self, what: &str) -> Counter {
        let help = "SIP refused by policy.";
        self.registry
            .counter("gudok_sip_refusals_total", help, &[("what", what)])
    }

    /// Bans for guessing passwords were `set`, are `over`, or were `lifted` by hand.
    pub(crate) fn bans(&self, what: &'static str, count: usize) {
        let help = "Bans for guessing passwords: set, over, lifted by hand.";
        self.registry
            .counter("gudok_bans_total", help, &[("what", what)])
            .add(count as u64);
    }

    /// So was a request of a trunk, before it was a call or in one.
    pub(crate) fn trunk_refusal(&self, trunk: &str, what: &'static str) {
        self.trunk_refusals(trunk, what).inc();
    }

    /// The sum of these refusals of a trunk, for who counts very many.
    pub(crate) fn trunk_refusals(&self, trunk: &str, what: &'static str) -> Counter {
        let help = "Requests of a trunk refused by policy; INVITEs among them became no call.";
        let labels = [("trunk", trunk), ("what", what)];
        self.registry
            .counter("gudok_trunk_refusals_total", help, &labels)
    }

    /// A call came `in` by a trunk, or goes `out` by it. Its name is of the configuration, here and below.
    pub(crate) fn trunk_call(&self, trunk: &str, way: &'static str) {
        let help = "Calls of a trunk.";
        let labels = [("trunk", trunk), ("way", way)];
        self.registry
            .counter("gudok_trunk_calls_total", help, &labels)
            .inc();
    }

    /// Our 200 went out to a trunk, or its came in.
    pub(crate) fn trunk_answered(&self, trunk: &str, way: &'static str) {
        let help = "Calls of a trunk that were answered.";
        let labels = [("trunk", trunk), ("way", way)];
        self.registry
            .counter("gudok_trunk_answered_total", help, &labels)
            .inc();
    }

    /// A call of a trunk ended without an answer, with this status.
    pub(crate) fn trunk_failed(&self, trunk: &str, way: &'static str, status: u16) {
        let help = "Calls of a trunk that ended without an answer, by the class of their status.";
        let labels = [("trunk", trunk), ("way", way), ("class", class(status))];
        self.registry
            .counter("gudok_trunk_failed_total", help, &labels)
            .inc();
    }

    /// SIP that was dropped before it was read, and how much waits to be.
    pub(crate) fn unread(&self, unread: Unread, no_room: u64, waiting: usize) {
        for (whose, sum) in [
            ("strangers", unread.strangers),
            ("phones", unread.phones),
            ("trunks", unread.trunks),
            ("no_room", no_room),
        ] {
            self.registry
                .counter(
                    "gudok_sip_unread_total",
                    "SIP messages dropped before they were read: their senders sent too many, or there was no room.",
                    &[("whose", whose)],
                )
                .reach(sum);
        }
        let gauge = "gudok_sip_waiting";
        let help = "SIP messages that wait for their turn.";
        let waiting = waiting.try_into().unwrap_or(i64::MAX);
        self.registry.gauge(gauge, help, &[]).set(waiting);
    }

    /// SIP flows alive now.
    pub(crate) fn open_flows(&self, open: impl Iterator<Item = (Transport, usize)>) {
        for (transport, count) in open {
            let labels = [("transport", transport.name())];
            self.registry
                .gauge("gudok_sip_flows", "Connections of SIP alive.", &labels)
                .set(count.try_into().unwrap_or(i64::MAX));
        }
    }

    /// How SIP flows have ended, or could not be had, since the start.
    pub(crate) fn flows(&self, ends: impl Iterator<Item = (Why, u64)>) {
        for (why, count) in ends.filter(|(_, count)| *count > 0) {
            self.registry
                .counter(
                    "gudok_sip_flows_ended_total",
                    "Connections of SIP that ended, or could not be had.",
                    &[("why", why.name())],
                )
                .reach(count);
        }
    }

    /// A call met the limits of its trunk. `way`: `in` or `out`.
    pub(crate) fn trunk_full(&self, trunk: &str, way: &str, full: Full) {
        let what = match full {
            Full::Calls => "calls",
            Full::Rate => "rate",
        };
        self.registry
            .counter(
                "gudok_trunk_full_total",
                "Calls that met the limits of their trunk.",
                &[("trunk", trunk), ("way", way), ("what", what)],
            )
            .inc();
    }

    /// A call out went on to the next address.
    pub(crate) fn failover(&self, trunk: &str) {
        self.registry
            .counter(
                "gudok_trunk_failovers_total",
                "Calls out that went on to the next address.",
                &[("trunk", trunk)],
            )
            .inc();
    }

    /// How a trunk stands.
    pub(crate) fn trunk(&self, standing: &Standing) {
        let trunk = &*standing.trunk;
        if let Some(registered) = standing.registered {
            self.registry
                .gauge(
                    "gudok_trunk_registered",
                    "Whether the registrar of a trunk has our contact.",
                    &[("trunk", trunk)],
                )
                .set(registered.into());
        }
        for state in [State::Unknown, State::Up, State::Down, State::Held] {
            let of_state = standing.addresses().filter(|(_, it)| *it == state);
            self.registry
                .gauge(
                    "gudok_trunk_addresses",
                    "Addresses that a trunk's calls go to, and the one that has our contact, by state.",
                    &[("trunk", trunk), ("state", state.name())],
                )
                .set(of_state.count().try_into().unwrap_or(i64::MAX));
        }
    }

    /// When the certificate that we show ends, seconds since 1970.
    pub(crate) fn certificate_ends(&self, end: i64) {
        self.registry
            .gauge(
                "gudok_sip_certificate_end_seconds",
                "When the certificate shown over TLS ends, as seconds since 1970.",
                &[],
            )
            .set(end);
    }

    /// Calendars in use that lack a year.
    pub(crate) fn calendars_missing(&self, count: usize) {
        self.registry
            .gauge(
                "gudok_calendars_missing",
                "Schedules whose production calendar lacks this year or, from November on, the next.",
                &[],
            )
            .set(count.try_into().unwrap_or(i64::MAX));
    }

    /// Rosters with gaps or near their end.
    pub(crate) fn rosters_bare(&self, count: usize) {
        let help = "Rosters that have a stretch without anybody from now on, or end within a week.";
        self.registry
            .gauge("gudok_rosters_bare", help, &[])
            .set(count.try_into().unwrap_or(i64::MAX));
    }

    /// What callers are owed, of every kind.
    pub(crate) fn requests(&self, open: &[OpenRequests], now: Wall) {
        for kind in ["callback", "missed", "voicemail"] {
            let counted = open.iter().find(|it| it.kind == kind);
            let labels = [("kind", kind)];
            let help =
                "Calls back promised, callers missed and messages left that nobody has dealt with.";
            self.registry
                .gauge("gudok_requests_open", help, &labels)
                .set(counted.map_or(0, |it| it.open));
            let help = "Of gudok_requests_open: due before now.";
            self.registry
                .gauge("gudok_requests_overdue", help, &labels)
                .set(counted.map_or(0, |it| it.overdue));
            let since = counted.and_then(|it| it.oldest_at);
            let age = since.map_or(Duration::ZERO, |since| now.since(Wall(since)));
            let help = "Age of the oldest of gudok_requests_open. Seconds.";
            self.registry
                .gauge("gudok_requests_oldest_seconds", help, &labels)
                .set(age.as_secs().try_into().unwrap_or(i64::MAX));
        }
    }

    /// What is set by hand over schedules.
    pub(crate) fn overrides(&self, count: usize) {
        let help = "What is set by hand over schedules now.";
        self.registry
            .gauge("gudok_schedules_by_hand", help, &[])
            .set(count.try_into().unwrap_or(i64::MAX));
    }

    /// Shifts that nobody accepted in time.
    pub(crate) fn shifts_overdue(&self, count: usize) {
        let help = "Shifts of rosters that have begun and that nobody has accepted in time.";
        self.registry
            .gauge("gudok_shifts_overdue", help, &[])
            .set(count.try_into().unwrap_or(i64::MAX));
    }

    /// Calls and legs alive now.
    pub(crate) fn alive(&self, calls: usize, legs: usize) {
        self.alive.set(calls.try_into().unwrap_or(i64::MAX));
        self.legs.set(legs.try_into().unwrap_or(i64::MAX));
    }

    /// How the media threads stand.
    pub(crate) fn media(&self, load: &[WorkerLoad]) {
        let sum = |figure: fn(&WorkerLoad) -> u64| load.iter().map(figure).sum::<u64>();
        self.media.received.reach(sum(|load| load.received));
        self.media.sent.reach(sum(|load| load.sent));
        self.media.send_failed.reach(sum(|load| load.send_failed));
        self.media
            .events_dropped
            .reach(sum(|load| load.events_dropped));
    }

    /// A fact of a call.
    pub(crate) fn fact(&self, fact: &CallEvent) {
        self.outbound(fact);
        match fact {
            CallEvent::Arrived { .. } => self.calls.inc(),
            CallEvent::Bridged { waited_ms, .. } => {
                self.waits.observe(Duration::from_millis(*waited_ms));
            }
            CallEvent::Resumed { .. } => {
                let text = "Callers who hung up in a queue, called again and had the old place.";
                let counted = self
                    .registry
                    .counter("gudok_resumed_places_total", text, &[]);
                counted.inc();
            }
            CallEvent::KeyInQueue { key, .. } => {
                let (text, mut room) = ("Keys that waiting callers pressed.", [0; 4]);
                let key = [("key", &*key.encode_utf8(&mut room))];
                self.registry
                    .counter("gudok_queue_keys_total", text, &key)
                    .inc();
            }
            CallEvent::Popped {
                acknowledged: true,
                took_us,
                ..
            } => {
                self.pops.observe(Duration::from_micros((*took_us).into()));
            }
            CallEvent::Ended { outcome, .. } => {
                let outcome = [("outcome", word(*outcome))];
                self.registry
                    .counter("gudok_calls_ended_total", "Calls by outcome.", &outcome)
                    .inc();
            }
            fact => self.survey(fact),
        }
    }

    /// How a leg sounded.
    pub(crate) fn quality(&self, quality: &LegQuality) {
        self.bad_legs
            .add(u64::from(quality.received > 0 && quality.mos < MOS_FLOOR));
        self.lost_packets.add(quality.lost);
        self.foreign_packets.add(quality.foreign);
    }
}

impl Media {
    fn new(registry: &gudok_web::Metrics) -> Self {
        Self {
            received: registry.counter(
                "gudok_media_datagrams_received_total",
                "RTP and RTCP datagrams that came, strangers' included.",
                &[],
            ),
            sent: registry.counter(
                "gudok_media_datagrams_sent_total",
                "RTP and RTCP datagrams sent.",
                &[],
            ),
            send_failed: registry.counter(
                "gudok_media_datagrams_refused_total",
                "RTP and RTCP datagrams that the system did not take.",
                &[],
            ),
            events_dropped: registry.counter(
                "gudok_media_events_dropped_total",
                "Digits, ends of prompts and alarms of the media threads that the hotline was too busy to take; the \
                 ends of legs never are.",
                &[],
            ),
        }
    }
}

/// What is counted of messages over SIP. Labels are methods we know, classes, directions: nothing of the network's choice.
pub(crate) struct Signalling {
    registry: Arc<gudok_web::Metrics>,
    /// By direction and method; made when the first of a kind passes.
    requests: [[Option<Counter>; Verb::ALL.len()]; 2],
    /// By direction, class and method.
    responses: [[[Option<Counter>; Verb::ALL.len()]; 6]; 2],
    repeated: Counter,
    absorbed: Counter,
    stray: Counter,
    transactions: Gauge,
    sessions: Gauge,
    left_out: Counter,
    shed: Counter,
    hep_dropped: Counter,
}

const DIRECTIONS: [&str; 2] = ["in", "out"];
const CLASSES: [&str; 6] = ["1xx", "2xx", "3xx", "4xx", "5xx", "6xx"];

fn class_index(status: u16) -> usize {
    usize::from(status / 100).clamp(1, CLASSES.len()) - 1
}

fn class(status: u16) -> &'static str {
    CLASSES[class_index(status)]
}

impl Signalling {
    /// In the registry of the others.
    pub(crate) fn new(metrics: &Metrics) -> Self {
        let registry = metrics.registry();
        let again = |direction| {
            registry.counter(
                "gudok_sip_retransmissions_total",
                "SIP messages repeated: by us, and by others where it met its transaction.",
                &[("direction", direction)],
            )
        };
        let lost = |why| {
            registry.counter(
                "gudok_sip_messages_unkept_total",
                "SIP messages of calls that gudok ladder will not show: beyond the bound of a call, or the disk was behind.",
                &[("why", why)],
            )
        };
        Self {
            requests: [const { [const { None }; Verb::ALL.len()] }; 2],
            responses: [const { [const { [const { None }; Verb::ALL.len()] }; 6] }; 2],
            repeated: again("out"),
            absorbed: again("in"),
            stray: registry.counter(
                "gudok_sip_stray_total",
                "SIP responses and ACKs that belong to nothing.",
                &[],
            ),
            transactions: registry.gauge("gudok_sip_transactions", "SIP transactions alive.", &[]),
            sessions: registry.gauge(
                "gudok_sip_sessions",
                "SIP sessions alive, those included that wait for their last answer.",
                &[],
            ),
            left_out: lost("bound"),
            shed: lost("disk"),
            hep_dropped: registry.counter(
                "gudok_hep_dropped_total",
                "SIP messages that the system did not take for the HEP collector.",
                &[],
            ),
            registry,
        }
    }

    /// A message passed.
    pub(crate) fn passed(&mut self, sent: bool, peek: &Peek<'_>) {
        let (way, registry) = (usize::from(sent), &self.registry);
        let (direction, method) = (("direction", DIRECTIONS[way]), ("method", peek.verb.name()));
        let slot = match peek.start {
            Start::Request(verb) => {
                let made = || {
                    let labels = [direction, ("method", verb.name())];
                    registry.counter(
                        "gudok_sip_requests_total",
                        "SIP requests by method.",
                        &labels,
                    )
                };
                self.requests[way][verb as usize].get_or_insert_with(made)
            }
            Start::Response(status) => {
                let class = class_index(status);
                let made = || {
                    let labels = [direction, ("class", CLASSES[class]), method];
                    let help = "SIP responses by class and the method answered.";
                    registry.counter("gudok_sip_responses_total", help, &labels)
                };
                self.responses[way][class][peek.verb as usize].get_or_insert_with(made)
            }
        };
        slot.inc();
    }

    /// How the SIP machine stands.
    pub(crate) fn stands(&self, endpoint: &Endpoint) {
        let sums = endpoint.counters();
        self.repeated.reach(sums.repeated);
        self.absorbed.reach(sums.absorbed);
        self.stray.reach(sums.stray);
        let gauge = |count: usize| count.try_into().unwrap_or(i64::MAX);
        self.transactions.set(gauge(endpoint.transactions()));
        self.sessions.set(gauge(endpoint.sessions()));
        for (what, count) in endpoint.malformed() {
            let help = "SIP messages that could not be read.";
            let labels = [("what", what)];
            self.registry
                .counter("gudok_sip_malformed_total", help, &labels)
                .reach(count);
        }
    }

    /// Messages beyond the bound of a call, since the start.
    pub(crate) fn left_out(&self, sum: u64) {
        self.left_out.reach(sum);
    }

    /// Messages the disk was too far behind for.
    pub(crate) fn shed(&self) -> Counter {
        self.shed.clone()
    }

    /// Messages that did not go to the collector.
    pub(crate) fn hep_dropped(&self) -> Counter {
        self.hep_dropped.clone()
    }
}

impl std::fmt::Debug for Signalling {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signalling")
    }
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
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
        Outcome::Out { reached: true } => "out_reached",
        Outcome::Out { reached: false } => "out_not_reached",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_media_threads_dropped_is_on_the_page() {
        let metrics = Metrics::new();
        let load = |events_dropped| WorkerLoad {
            events_dropped,
            ..WorkerLoad::default()
        };
        metrics.media(&[load(2), load(3)]);
        metrics.media(&[load(2), load(4)]);
        let page = metrics.registry().text();
        assert!(
            page.contains("\ngudok_media_events_dropped_total 6\n"),
            "{page}"
        );
        assert!(
            page.contains("# HELP gudok_media_events_dropped_total Digits"),
            "{page}"
        );
    }
}
