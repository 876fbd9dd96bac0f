//! RTCP: what we report every five seconds, and what the party's reports tell us.
use std::net::SocketAddr;

use super::{Engine, Kind, Transmit};
use crate::control::MediaLeg;
use crate::leg::{Leg, is_real};
use crate::rtcp::{self, AboutUs, MAX_REPORT, Report, Sent};

/// Mean time between reports (RFC 3550 §6.2: at least five seconds). Microseconds.
const INTERVAL_US: u64 = 5_000_000;
/// Seconds from 1900 to 1970.
const NTP_EPOCH: u64 = 2_208_988_800;
/// A round trip beyond that is nonsense. Microseconds.
const MAX_RTT_US: u64 = 30_000_000;

impl Engine {
    /// Sends a report if one is due.
    pub(super) fn report(&mut self, now: u64, id: MediaLeg, out: &mut impl Transmit) {
        let Some(leg) = self.leg(id) else { return };
        if now < leg.reports.next_at || leg.party.is_none() {
            return;
        }
        leg.reports.count = leg.reports.count.wrapping_add(1);
        let count = leg.reports.count;
        let next_at = now + self.report_interval(id, count);
        if let Some(leg) = self.leg(id) {
            leg.reports.next_at = next_at;
        }
        self.send_report(now, id, false, out);
    }

    /// The last report of a leg that has ever sent something (RFC 3550 §6.3.7).
    pub(super) fn say_goodbye(&mut self, now: u64, id: MediaLeg, out: &mut impl Transmit) {
        let Some(leg) = self.leg(id) else { return };
        if leg.out.packets() > 0 || leg.reports.count > 0 {
            self.send_report(now, id, true, out);
        }
    }

    /// Half to one and a half times the mean, so that reports of many legs do not fall together.
    pub(super) fn report_interval(&self, id: MediaLeg, count: u32) -> u64 {
        INTERVAL_US / 2 + self.random(id, 0x100 + u64::from(count)) % INTERVAL_US
    }

    fn send_report(&mut self, now: u64, id: MediaLeg, bye: bool, out: &mut impl Transmit) {
        let (name, ntp) = (self.random(id, 4), self.ntp(now));
        let Some(leg) = self.leg(id) else { return };
        let Some(to) = leg.report_target() else {
            return;
        };
        let report = leg.make_report(now, ntp, name, bye);
        let mut buffer = [0; MAX_REPORT];
        let length = report.write(&mut buffer);
        out.send(id, Kind::Rtcp, to, &buffer[..length]);
    }

    pub(super) fn rtcp(&mut self, now: u64, id: MediaLeg, from: SocketAddr, datagram: &[u8]) {
        let ntp = self.ntp(now);
        let Some(leg) = self.leg(id) else { return };
        let Some(heard) = rtcp::read(datagram, leg.out.ssrc()) else {
            leg.foreign += 1;
            return;
        };
        if !leg.is_reporter(from, heard.ssrc) {
            leg.foreign += 1;
            return;
        }
        (leg.life.last_at, leg.life.silence_told) = (now, false);
        leg.life.reports = true;
        if let Some(time) = heard.sender_report {
            leg.reports.sender_report = Some((time, now));
        }
        if let Some(about_us) = heard.about_us {
            leg.learn_from(&about_us, (ntp >> 16) as u32);
        }
    }

    fn ntp(&self, now: u64) -> u64 {
        let micros = self
            .wall_offset
            .saturating_add_unsigned(now)
            .max(0)
            .unsigned_abs();
        let fraction = ((micros % 1_000_000) << 32) / 1_000_000;
        ((micros / 1_000_000 + NTP_EPOCH) << 32) | fraction
    }
}

impl Leg {
    fn make_report(&mut self, now: u64, ntp: u64, name: u64, bye: bool) -> Report {
        let packets = self.out.packets();
        let has_sent = std::mem::replace(&mut self.reports.packets, packets) != packets;
        let sent = Sent {
            ntp,
            ts: self.out.ts_now(now),
            packets: packets as u32,
            octets: self.out.octets(),
        };
        let last_report = self.reports.sender_report.map_or((0, 0), |(time, at)| {
            let ago = now.saturating_sub(at).saturating_mul(65_536) / 1_000_000;
            (time, ago as u32)
        });
        Report {
            ssrc: self.out.ssrc(),
            name,
            sent: has_sent.then_some(sent),
            block: self.reception.block(),
            last_report,
            bye,
        }
    }

    fn report_target(&self) -> Option<SocketAddr> {
        let party = self.party.as_ref()?;
        let to = party.learned_rtcp.unwrap_or(party.peer.rtcp);
        is_real(to).then_some(to)
    }

    /// The signalled address, or the learned host when it names the stream we hear.
    fn is_reporter(&mut self, from: SocketAddr, ssrc: u32) -> bool {
        let Some(party) = &mut self.party else {
            return false;
        };
        if from == party.peer.rtcp {
            return true;
        }
        let learned_host = party.source.learned().map(|address| address.ip());
        if learned_host != Some(from.ip()) || self.reception.ssrc() != Some(ssrc) {
            return false;
        }
        *party.learned_rtcp.get_or_insert(from) == from
    }

    fn learn_from(&mut self, about_us: &AboutUs, now: u32) {
        self.reports.remote = Some((about_us.lost, self.out.packets()));
        if about_us.last_report == 0 {
            return;
        }
        let trip = now
            .wrapping_sub(about_us.last_report)
            .wrapping_sub(about_us.delay);
        let micros = u64::from(trip) * 1_000_000 / 65_536;
        if micros < MAX_RTT_US {
            self.reports.rtt_us = Some(micros as u32);
        }
    }
}
