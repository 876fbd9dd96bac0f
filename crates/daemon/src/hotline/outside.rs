//! Calls to numbers outside: by which trunk, to which of its addresses, and to which next when that one fails.
use std::collections::VecDeque;
use std::time::Duration;

use gudok_model::{EndCause, LegId, PhoneNumber, TrunkId};
use gudok_sip::endpoint::{Command, Invite, Patience, Reached, Session, Target};
use gudok_sip::trunk::{self, Direction, FIRST_ANSWER, FIRST_PROGRESS, Hop, Outcome};
use gudok_sip::uri::{Host, SipUri};
use gudok_switchboard::Input;

use super::Hotline;
use super::audio::Callee;
use super::trunks::Outbound;

/// A call out, as long as it may still be tried elsewhere.
#[derive(Debug)]
pub(crate) struct Out {
    number: PhoneNumber,
    /// The number of ours that is shown, and no other; None: that of the trunk.
    cli: Option<PhoneNumber>,
    /// The number of ours by which the caller came.
    dialled: Option<PhoneNumber>,
    /// The caller withholds the number: whoever is called is not told who calls.
    private: bool,
    sdp: String,
    /// The family the offer names.
    v6: bool,
    /// Where it is tried.
    pub(super) hop: Option<Hop>,
    /// Where it may be tried next.
    hops: VecDeque<Hop>,
    /// The address has shown that it works.
    works: bool,
    /// Redirections followed so far.
    redirected: u8,
}

/// Redirections of a carrier that are followed for one call.
const REDIRECTS_MAX: u8 = 2;

/// How a dialled call failed.
pub(super) struct Refusal<'a> {
    pub(super) reached: Reached,
    pub(super) status: u16,
    pub(super) retry_after: Option<Duration>,
    /// Where a 3xx points.
    pub(super) contacts: &'a [SipUri],
}

impl Out {
    /// A carrier that redirects to another of its own addresses, as we know them, has that one tried next. Anywhere else, and
    /// to any other number, no call of ours goes: whoever answers for a carrier must not choose who is paid.
    fn prefers(&mut self, trunk: &str, number: &str, contacts: &[SipUri]) {
        if self.redirected >= REDIRECTS_MAX {
            return;
        }
        let same = |uri: &&SipUri| uri.user_text().is_some_and(|user| user == number);
        let place = contacts.iter().filter(same).find_map(|uri| {
            let is_there = |hop: &Hop| *hop.trunk == *trunk && is_at(hop, uri);
            self.hops.iter().position(is_there)
        });
        if let Some(hop) = place.and_then(|place| self.hops.remove(place)) {
            self.hops.push_front(hop);
            self.redirected += 1;
        }
    }
}

impl Hotline {
    /// Dials a number outside, by the trunk named, else by the one the caller came in by, else by any that may.
    pub(super) fn dial_outside(
        &mut self,
        leg: LegId,
        (number, cli): (PhoneNumber, Option<PhoneNumber>),
        named: Option<TrunkId>,
    ) {
        let caller = self.legs.get(LegId::caller(leg.call));
        let came_by = caller.and_then(|caller| caller.trunk.clone());
        let dialled = caller.and_then(|caller| caller.dialled.clone());
        let private = caller.is_some_and(|caller| caller.private);
        // Whom we call is rung by any trunk that may show the number, that of the number first.
        let ways = match &cli {
            Some(_) => self.trunks.ways_out(None, named.as_ref()),
            None => self.trunks.ways_out(named.as_ref(), came_by.as_ref()),
        };
        if ways.is_empty() {
            tracing::error!(%leg, "the dialplan dials out but no trunk may");
            return self.no_way(leg, "no_outbound_trunk");
        }
        let ways = self.that_show(ways, cli.as_ref());
        if ways.is_empty() {
            tracing::error!(%leg, "no trunk that calls out has the number to show among its allowed_numbers");
            return self.no_way(leg, "number_not_allowed");
        }
        let ways = self.with_room(ways);
        let names: Vec<&str> = ways.iter().map(TrunkId::as_str).collect();
        let hops = self.trunks.machine.route(self.clock.elapsed(), &names);
        if hops.is_empty() {
            tracing::error!(%leg, "no address of a trunk is known, or all want to be left alone");
            return self.no_way(leg, "no_way_out");
        }
        // An offer names one family; where the call goes on to the other it gets another one.
        let v6 = hops.front().is_some_and(is_v6);
        let Some(sdp) = self.open_leg(leg, None, v6) else {
            return;
        };
        if let Some(leg) = self.legs.get_mut(leg) {
            leg.out = Some(Box::new(Out {
                number,
                cli,
                dialled,
                private,
                sdp,
                v6,
                hop: None,
                hops,
                works: false,
                redirected: 0,
            }));
        }
        if !self.try_next(leg) {
            self.metrics.alarm("no_way_out");
            self.leg_over(leg, EndCause::Unreachable);
        }
    }

    /// Those whose contract has the number that is to be shown.
    fn that_show(&self, mut ways: Vec<TrunkId>, cli: Option<&PhoneNumber>) -> Vec<TrunkId> {
        let shows = |trunk: &TrunkId| {
            let outbound = self.trunks.outbound(trunk);
            cli.is_none_or(|cli| outbound.is_some_and(|it| it.shown.may_leave(cli)))
        };
        ways.retain(shows);
        ways
    }

    fn no_way(&mut self, leg: LegId, alarm: &str) {
        self.metrics.alarm(alarm);
        self.tell(Input::LegEnded {
            leg,
            cause: EndCause::Refused,
            said: None,
        });
    }

    /// Tries the next address; false when there is none.
    fn try_next(&mut self, id: LegId) -> bool {
        loop {
            let next = self.legs.get_mut(id).and_then(|leg| {
                let hop = leg.out.as_mut()?.hops.pop_front()?;
                Some((hop, leg.trunk.clone()))
            });
            let Some((hop, before)) = next else {
                return false;
            };
            let trunk = TrunkId::new(std::sync::Arc::clone(&hop.trunk));
            let Some(outbound) = self.trunks.outbound(&trunk).cloned() else {
                continue;
            };
            if !self.offers_in(id, is_v6(&hop)) {
                continue;
            }
            // A further try by the same trunk is the same call.
            let is_new = before.as_ref() != Some(&trunk);
            if is_new && !self.has_room(&trunk) {
                continue;
            }
            if self.try_at(id, hop, trunk.clone(), &outbound) {
                if is_new {
                    self.metrics.trunk_call(trunk.as_str(), "out");
                }
                return true;
            }
        }
    }

    /// The offer is of this family, made anew with a port of its own where it was not: the old one rests, and what it has
    /// heard by then is nobody's. False when there is no port.
    fn offers_in(&mut self, id: LegId, v6: bool) -> bool {
        let Some(leg) = self.legs.get(id) else {
            return false;
        };
        if leg.out.as_ref().is_some_and(|out| out.v6 == v6) {
            return true;
        }
        let Some((audio, sdp)) = self.offering(id, Callee::Outside, v6) else {
            return false;
        };
        if let Some(before) = self.legs.hears_by(id, audio) {
            self.sound.close(before);
        }
        if let Some(out) = self.legs.get_mut(id).and_then(|leg| leg.out.as_mut()) {
            (out.sdp, out.v6) = (sdp, v6);
        }
        true
    }

    /// Those that are not full, so that a full one does not take the place of another; all when each is.
    fn with_room(&mut self, ways: Vec<TrunkId>) -> Vec<TrunkId> {
        let now = self.clock.elapsed();
        let (trunks, legs) = (&self.trunks, &self.legs);
        let room = |trunk: &TrunkId| {
            let calls = legs.count(trunk);
            trunks.machine.has_room(now, trunk.as_str(), calls)
        };
        let Some(first) = ways.iter().position(room) else {
            return ways;
        };
        let (full, rest) = ways.split_at(first);
        let free = rest.iter().filter(|it| room(it)).cloned().collect();
        for trunk in full {
            // Counted and told; there is none.
            self.has_room(trunk);
        }
        free
    }

    fn has_room(&mut self, trunk: &TrunkId) -> bool {
        let (now, calls) = (self.clock.elapsed(), self.legs.count(trunk));
        let machine = &mut self.trunks.machine;
        let admitted = machine.admit(now, trunk.as_str(), Direction::Out, calls);
        if let Err(full) = &admitted {
            tracing::warn!(%trunk, %full, "a call out meets the limits of its trunk");
            self.metrics.trunk_full(trunk.as_str(), "out", *full);
        }
        admitted.is_ok()
    }

    /// False when no number of ours may be shown there.
    fn try_at(&mut self, id: LegId, hop: Hop, trunk: TrunkId, outbound: &Outbound) -> bool {
        let session = self.endpoint.allocate();
        let session_id = Some(self.session_id_for(id));
        let Some(leg) = self.legs.get_mut(id) else {
            return false;
        };
        let Some(out) = &mut leg.out else {
            return false;
        };
        let identified =
            match outbound
                .shown
                .identify(out.cli.as_ref(), out.dialled.as_ref(), out.private)
            {
                Ok(identified) => identified,
                Err(error) => {
                    self.metrics.alarm("number_not_allowed");
                    tracing::error!(%trunk, %error, "a call out is not made");
                    return false;
                }
            };
        if identified.diversion_refused {
            self.metrics.alarm("number_not_allowed");
            tracing::error!(%trunk, "the dialled number is not among allowed_numbers: no Diversion");
        }
        let number = outbound.shown.written(&out.number);
        let target = Target::Address {
            uri: format!("sip:{number}@{}", hop.target.host),
            flow: hop.target.flow,
        };
        self.reception.expects(hop.target.flow.remote.ip());
        let (sdp, elsewhere) = (out.sdp.clone(), !out.hops.is_empty());
        (out.hop, out.works) = (Some(hop), false);
        self.legs.goes_by(id, session, trunk);
        let invite = Invite {
            session,
            target,
            from_uri: identified.from,
            from_display: identified.display,
            headers: identified.headers,
            sdp,
            credential: outbound.login.clone(),
            patience: Some(Patience {
                answer: FIRST_ANSWER,
                progress: elsewhere.then_some(FIRST_PROGRESS),
            }),
            session_id,
            session_expires: outbound.session_expires,
            phone: None,
        };
        self.command_sip(Command::Invite(Box::new(invite)));
        true
    }

    /// The callee's side was heard of: the address works.
    pub(super) fn outside_works(&mut self, session: Session) {
        let out = self
            .legs
            .of_session(session)
            .and_then(|leg| leg.out.as_mut());
        if let Some(out) = out.filter(|out| !out.works) {
            out.works = true;
            if let Some(hop) = out.hop.clone() {
                self.tried(&hop, Outcome::Works);
            }
        }
    }

    /// A dialled call has failed; true when it is tried elsewhere. What the callee says (4xx, 6xx) is said everywhere,
    /// and a callee that rang is not rung twice. For what we never sent no address is to blame.
    pub(super) fn is_tried_elsewhere(&mut self, session: Session, refusal: &Refusal<'_>) -> bool {
        let &Refusal {
            reached,
            status,
            retry_after,
            contacts,
        } = refusal;
        let Some(leg) = self.legs.of_session(session) else {
            return false;
        };
        let (id, rang, given_up) = (leg.id, leg.rang, leg.ending.is_some());
        let Some(hop) = leg.out.as_ref().and_then(|out| out.hop.clone()) else {
            return false;
        };
        let fault = fault_of(reached, status);
        match fault {
            // Nobody had the time to answer.
            _ if given_up && reached < Reached::Callee => {}
            Fault::Ours | Fault::Request => {}
            Fault::Server => self.tried(&hop, Outcome::Failed(retry_after)),
            Fault::None => self.tried(&hop, Outcome::Works),
        }
        if !given_up {
            self.prefers(id, &hop, contacts);
        }
        let elsewhere = matches!(fault, Fault::Server | Fault::Request);
        if !elsewhere || rang || given_up || !self.try_next(id) {
            return false;
        }
        let by = self.legs.get(id).and_then(|leg| leg.trunk.as_ref());
        if by.is_some_and(|by| *by.as_str() != *hop.trunk) {
            self.metrics.trunk_failed(&hop.trunk, "out", status);
        }
        self.metrics.failover(&hop.trunk);
        tracing::warn!(trunk = %hop.trunk, remote = %hop.target.flow.remote, status, ?reached, "a call out goes on to the next address");
        true
    }

    /// Where a carrier redirects, as far as it is to be followed.
    fn prefers(&mut self, id: LegId, from: &Hop, contacts: &[SipUri]) {
        let trunk = TrunkId::new(std::sync::Arc::clone(&from.trunk));
        let Some(outbound) = self.trunks.outbound(&trunk) else {
            return;
        };
        if let Some(out) = self.legs.get_mut(id).and_then(|leg| leg.out.as_mut()) {
            let number = outbound.shown.written(&out.number);
            out.prefers(&from.trunk, &number, contacts);
        }
    }

    /// A call out has failed, and is tried nowhere else.
    pub(super) fn outside_failed(&mut self, session: Session, status: u16) {
        let leg = self
            .legs
            .of_session(session)
            .filter(|leg| leg.out.is_some());
        if let Some(trunk) = leg.and_then(|leg| leg.trunk.as_ref()) {
            self.metrics.trunk_failed(trunk.as_str(), "out", status);
        }
    }

    fn tried(&mut self, hop: &Hop, outcome: Outcome) {
        let input = trunk::Input::Tried {
            trunk: &hop.trunk,
            flow: hop.target.flow,
            outcome,
        };
        self.trunks
            .machine
            .handle_input(self.clock.elapsed(), input);
    }
}

fn is_v6(hop: &Hop) -> bool {
    hop.target.flow.remote.is_ipv6()
}

/// Whether a URI names this address: by number, or by the name it was found by.
fn is_at(hop: &Hop, uri: &SipUri) -> bool {
    let remote = hop.target.flow.remote;
    match &uri.host {
        Host::Ip(_) => uri.socket_addr() == Some(remote),
        Host::Name(name) => {
            let (host, _) = hop
                .target
                .host
                .split_once(':')
                .unwrap_or((&hop.target.host, ""));
            name.eq_ignore_ascii_case(host) && uri.port.is_none_or(|port| port == remote.port())
        }
    }
}

/// Who is to blame for a call that failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fault {
    /// It was never sent.
    Ours,
    /// The server at the address: it is passed over for a while.
    Server,
    /// The server could not do this one; another one may.
    Request,
    /// Nobody: the callee's side has spoken.
    None,
}

fn fault_of(reached: Reached, status: u16) -> Fault {
    match (reached, status) {
        (Reached::Nothing, _) => Fault::Ours,
        // It took the call and lost it: our own time-out is not the callee's word.
        (Reached::Silence | Reached::Server, _) | (Reached::Callee, 503) => Fault::Server,
        // A trunk that redirects does not do what it is asked to.
        (Reached::Callee, 300..=399 | 500 | 502 | 504) => Fault::Request,
        (Reached::Callee, _) => Fault::None,
    }
}

#[cfg(test)]
mod tests {
    use gudok_model::NumberRules;
    use gudok_sip::endpoint::{Flow, Transport};
    use gudok_sip::trunk::{Rank, Target};
    use gudok_sip::uri::Uri;

    use super::*;

    fn hop(trunk: &str, last: u8) -> Hop {
        let flow = Flow {
            transport: Transport::Udp,
            local: "192.0.2.100:5060".parse().expect("an address"),
            remote: std::net::SocketAddr::from(([192, 0, 2, last], 5060)),
            connection: 0,
        };
        Hop {
            trunk: trunk.into(),
            target: Target {
                flow,
                host: format!("sbc{last}.carrier.example"),
                rank: Rank::default(),
            },
        }
    }

    /// The last bytes of the addresses that are left, after the first of `a` redirected so.
    fn left(redirected: u8, contacts: &[&str]) -> Vec<u8> {
        let sip = |text: &&str| match Uri::parse(text) {
            Ok(Uri::Sip(uri)) => uri,
            other => panic!("{other:?}"),
        };
        let contacts: Vec<SipUri> = contacts.iter().map(sip).collect();
        let mut out = Out {
            number: gudok_model::number::parse("+79990000009", &NumberRules::default())
                .e164
                .expect("a number"),
            cli: None,
            dialled: None,
            private: false,
            sdp: String::new(),
            v6: false,
            hop: Some(hop("a", 1)),
            hops: [hop("a", 2), hop("a", 3), hop("b", 4)].into(),
            works: false,
            redirected,
        };
        out.prefers("a", "89990000009", &contacts);
        let last = |hop: &Hop| match hop.target.flow.remote.ip() {
            std::net::IpAddr::V4(ip) => ip.octets()[3],
            std::net::IpAddr::V6(_) => 0,
        };
        out.hops.iter().map(last).collect()
    }

    #[test]
    fn a_carrier_redirects_among_its_own_addresses_alone() {
        let as_ever = vec![2, 3, 4];
        assert_eq!(left(0, &["sip:89990000009@192.0.2.3"]), [3, 2, 4]);
        assert_eq!(
            left(1, &["sip:89990000009@SBC3.carrier.example:5060"]),
            [3, 2, 4]
        );
        assert_eq!(
            left(
                0,
                &["sip:89990000009@203.0.113.9", "sip:89990000009@192.0.2.3"]
            ),
            [3, 2, 4]
        );
        for (redirected, contact) in [
            (2, "sip:89990000009@192.0.2.3"),
            (0, "sip:89990000009@192.0.2.1"),
            (0, "sip:89990000009@192.0.2.3:5080"),
            (0, "sip:89990000009@192.0.2.4"),
            (0, "sip:89990000009@203.0.113.9"),
            (0, "sip:+1900555@192.0.2.3"),
            (0, "sip:192.0.2.3"),
        ] {
            assert_eq!(left(redirected, &[contact]), as_ever, "{contact}");
        }
    }

    #[test]
    fn a_carrier_is_blamed_for_what_it_does_alone() {
        use Reached::{Callee, Nothing, Server, Silence};
        for (reached, status, expected) in [
            (Nothing, 503, Fault::Ours),
            (Nothing, 400, Fault::Ours),
            (Silence, 408, Fault::Server),
            (Silence, 503, Fault::Server),
            (Server, 408, Fault::Server),
            (Callee, 503, Fault::Server),
            (Callee, 502, Fault::Request),
            (Callee, 302, Fault::Request),
            (Callee, 408, Fault::None),
            (Callee, 486, Fault::None),
        ] {
            assert_eq!(fault_of(reached, status), expected, "{reached:?} {status}");
        }
    }
}
