//! One leg's audio: what was offered, what was agreed, and what the media worker must know of it.
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use gudok_media::control::{Codec as MediaCodec, Command, MediaLeg, Peer};
use gudok_sip::endpoint::Flow;
use gudok_sip::sdp::{
    AddressPolicy, Agreed, Capabilities as Sdp, Codec, Direction, LinkLocal, Local, OwnMedia,
    SdpError, is_link_local,
};
use gudok_wire::media::Port;

mod early;

/// Payload type of telephone-event in our offers.
const DTMF: u8 = 101;

/// What our descriptions say.
#[derive(Clone, Debug)]
pub(crate) struct Capabilities {
    /// Where our RTP is; others reach it at the advertised address.
    pub own: OwnMedia,
    /// The same for legs of the other family.
    pub other: Option<OwnMedia>,
    /// Whether a party behind NAT is learned once, at the host its SIP comes from.
    pub learn: bool,
    /// In a talk an operator's phone is dead after so long without a packet.
    pub operator_silence: Duration,
}

/// A leg's audio.
#[derive(Debug)]
pub(crate) struct Audio {
    /// The media worker's name of the leg.
    pub leg: MediaLeg,
    local: Local,
    /// Our answer to the offer, or None where we are the ones who offer.
    answer: Option<String>,
    agreed: Option<Agreed>,
    /// What a party that we call has changed while it rings.
    early: Option<Box<Early>>,
    capabilities: Capabilities,
    /// The host that may be learned.
    learn: Option<IpAddr>,
    /// See [`Peer::talk_silence_us`].
    talk_silence: Option<Duration>,
}

/// A change before the answer.
#[derive(Debug)]
struct Early {
    /// What we were when we offered: another branch of the call, or the INVITE with credentials, answers that.
    offering: Local,
    /// What the party said last.
    proposed: String,
}

impl Audio {
    /// For a party that called us over the flow `peer`. An INVITE without an offer gets ours in the 200 (RFC 3261 §13.2.1).
    ///
    /// # Errors
    /// When nothing that is offered can be spoken.
    pub(super) fn offered(
        port: Port,
        body: &[u8],
        peer: Flow,
        capabilities: Capabilities,
    ) -> Result<Self, SdpError> {
        let mut audio = Self::on(port, capabilities);
        audio.is_with(peer);
        if !body.is_empty() {
            let (agreed, answer) = audio
                .local
                .answer(&String::from_utf8_lossy(body), Direction::SendRecv)?;
            audio.answer = Some(answer);
            audio.agreed = Some(agreed);
        }
        Ok(audio)
    }

    /// For a party that we call; the offer goes with the INVITE.
    pub(super) fn offering(
        port: Port,
        callee: Callee,
        capabilities: Capabilities,
    ) -> (Self, String) {
        let mut audio = Self::on(port, capabilities);
        audio.talk_silence = match callee {
            Callee::Operator => Some(audio.capabilities.operator_silence),
            Callee::Outside => None,
        };
        let offer = audio.local.offer(Direction::SendRecv);
        (audio, offer)
    }

    /// Where the party's SIP comes from: it rules what the party may name, and where it may be learned. A browser is
    /// elsewhere even if it comes from this machine: a proxy does, on its behalf.
    pub(super) fn is_with(&mut self, peer: Flow) {
        let host = peer.remote.ip();
        self.learn = self.capabilities.learn.then_some(host);
        let (host, direct) = (host.to_canonical(), !peer.transport.is_of_browsers());
        self.local.judge_by(AddressPolicy {
            loopback: host.is_loopback() && direct,
            link_local: match peer.remote {
                SocketAddr::V6(v6) if is_link_local(host) && direct => LinkLocal::OnWire {
                    scope: v6.scope_id(),
                },
                SocketAddr::V4(_) if is_link_local(host) && direct => {
                    LinkLocal::OnWire { scope: 0 }
                }
                _ if self.capabilities.learn && direct => LinkLocal::Learnt,
                _ => LinkLocal::Refused,
            },
            own: Some(self.capabilities.own.clone()),
        });
    }

    fn on(port: Port, mut capabilities: Capabilities) -> Self {
        let family = |own: &OwnMedia| own.bound.is_ipv6() == port.rtp.is_ipv6();
        if let Some(other) = capabilities.other.take_if(|other| family(other)) {
            capabilities.own = other;
        }
        let here =
            |address: SocketAddr| SocketAddr::new(capabilities.own.advertised, address.port());
        let sdp = Sdp {
            codecs: vec![Codec::Pcma, Codec::Pcmu],
            dtmf: Some(DTMF),
            addresses: AddressPolicy {
                own: Some(capabilities.own.clone()),
                ..AddressPolicy::default()
            },
        };
        // The session id needs to be unlike others of ours only (RFC 8866 §5.2); the leg's name is.
        let local = Local::new(
            port.leg.0 & (u64::MAX >> 1),
            here(port.rtp),
            port.rtcp.port(),
            sdp,
        );
        Self {
            leg: port.leg,
            local,
            answer: None,
            agreed: None,
            early: None,
            capabilities,
            learn: None,
            talk_silence: None,
        }
    }

    /// Whether the first offer was ours.
    pub(super) fn offers(&self) -> bool {
        self.answer.is_none()
    }

    /// The description of a 183; None where we have nothing to answer.
    pub(super) fn early(&self) -> Option<String> {
        self.answer.clone()
    }

    /// The description of our 200: the answer, or our offer where the INVITE had none.
    pub(super) fn answer(&mut self) -> String {
        self.answer
            .clone()
            .unwrap_or_else(|| self.local.offer(Direction::SendRecv))
    }

    /// The party answered our offer, or stays with what it has changed while it rang. `peer` is where it was sent, where
    /// that is not known already.
    ///
    /// # Errors
    /// When the answer fits no offer; the party believes that it is answered, so the leg must be ended.
    pub(super) fn answered(&mut self, sdp: &str, peer: Option<Flow>) -> Result<Command, SdpError> {
        if let Some(early) = self.early.take()
            && early.proposed != sdp
        {
            (self.local, self.agreed) = (early.offering, None);
        }
        if let Some(peer) = peer {
            self.is_with(peer);
        }
        let agreed = self.local.apply_answer(sdp, Direction::SendRecv)?;
        Ok(self.agree(agreed))
    }

    /// The party offers anew: the answer, what the worker must know, and whether the party holds us.
    ///
    /// # Errors
    /// When nothing that is offered can be spoken; the talk goes on as it was.
    pub(super) fn reoffered(&mut self, sdp: &str) -> Result<(String, Command, bool), SdpError> {
        let (agreed, answer) = self.local.answer(sdp, Direction::SendRecv)?;
        let held = agreed.is_held();
        Ok((answer, self.agree(agreed), held))
    }

    /// Who we call, from over there, offers other media while it rings: the answer. The party is not talked with yet: its
    /// answer to the call brings them again.
    ///
    /// # Errors
    /// When nothing that is offered can be spoken; the call rings on as it was.
    pub(super) fn changed_early(&mut self, sdp: &str, peer: Flow) -> Result<String, SdpError> {
        self.is_with(peer);
        let offering = self.local.clone();
        let (answer, ..) = self.reoffered(sdp)?;
        let proposed = sdp.to_owned();
        match &mut self.early {
            Some(early) => early.proposed = proposed,
            None => self.early = Some(Box::new(Early { offering, proposed })),
        }
        Ok(answer)
    }

    /// What we offer anew to a party that wants our offer: everything, whatever is on hold, since the party says in its
    /// answer what it wants of it (RFC 6337 §5.3).
    pub(super) fn reoffer(&mut self) -> String {
        self.local.offer(Direction::SendRecv)
    }

    /// The party's answer to that: what the worker must know, and whether the party holds us.
    ///
    /// # Errors
    /// As [`Self::answered`].
    pub(super) fn reoffer_answered(&mut self, sdp: &str) -> Result<(Command, bool), SdpError> {
        let agreed = self.local.apply_answer(sdp, Direction::SendRecv)?;
        let held = agreed.is_held();
        Ok((self.agree(agreed), held))
    }

    /// The party speaks from elsewhere from now on: another phone of the same person.
    ///
    /// # Errors
    /// When nothing that it offers can be spoken; the talk goes on as it was.
    pub(super) fn moved(&mut self, body: &[u8], peer: Flow) -> Result<(String, Command), SdpError> {
        self.is_with(peer);
        let offer = String::from_utf8_lossy(body);
        let (agreed, answer) = self.local.answer(&offer, Direction::SendRecv)?;
        Ok((answer, self.agree(agreed)))
    }

    /// What the worker must know now; None before anything is agreed.
    pub(super) fn peer(&self) -> Option<Command> {
        let agreed = self.agreed.as_ref()?;
        Some(Command::Peer {
            leg: self.leg,
            peer: self.peer_as(agreed),
        })
    }

    /// The same for a caller whom we have not answered: carriers bring no voice before the 200, so its silence
    /// means nothing yet, however long it rings or waits in early media.
    pub(super) fn peer_before_answer(&self) -> Option<Command> {
        let agreed = self.agreed.as_ref()?;
        let peer = Peer {
            receive: false,
            ..self.peer_as(agreed)
        };
        Some(Command::Peer {
            leg: self.leg,
            peer,
        })
    }

    /// Whether the party agreed to send digits as telephone-events. True where that is not known yet: an INVITE without an
    /// offer.
    pub(super) fn hears_digits(&self) -> bool {
        self.agreed
            .as_ref()
            .is_none_or(|agreed| agreed.dtmf_in.is_some())
    }

    /// What is spoken, for the record.
    pub(super) fn codec(&self) -> &'static str {
        self.agreed
            .as_ref()
            .map_or("", |agreed| agreed.codec.name())
    }

    fn agree(&mut self, mut agreed: Agreed) -> Command {
        // An old-style hold (0.0.0.0) says nothing about where the party is. One that is to be sent to, and named what only
        // its own wire knows, is learnt anew.
        let says_nothing = agreed.rtp.ip().is_unspecified() && !agreed.direction.sends();
        if let (true, Some(before)) = (says_nothing, &self.agreed) {
            (agreed.rtp, agreed.rtcp) = (before.rtp, before.rtcp);
        }
        let command = Command::Peer {
            leg: self.leg,
            peer: self.peer_as(&agreed),
        };
        self.agreed = Some(agreed);
        command
    }

    /// What the worker must know of the party.
    fn peer_as(&self, agreed: &Agreed) -> Peer {
        // Whoever may stop sending between words is not dead because it does.
        let talk_silence = self.talk_silence.filter(|_| !agreed.suppresses_silence);
        Peer {
            rtp: agreed.rtp,
            rtcp: agreed.rtcp,
            codec: match agreed.codec {
                Codec::Pcma => MediaCodec::Pcma,
                Codec::Pcmu => MediaCodec::Pcmu,
            },
            payload_type: agreed.payload_type,
            dtmf: agreed.dtmf,
            // To an unspecified address nothing is sent until the party's own is learnt.
            send: agreed.direction.sends(),
            receive: agreed.direction.receives(),
            learn: self.learn,
            talk_silence_us: talk_silence
                .map(|time| time.as_micros().try_into().unwrap_or(u64::MAX)),
        }
    }
}

/// Whom we call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Callee {
    /// An operator's phone: when it dies in a talk, the caller goes back to the queue (behaviour F13).
    Operator,
    /// A number outside.
    Outside,
}

#[cfg(test)]
mod destinations;
#[cfg(test)]
mod tests {
    use gudok_sip::endpoint::Transport;

    use super::*;

    const OFFER: &[u8] = b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n";

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn at(port: u16) -> SocketAddr {
        SocketAddr::new(HERE, port)
    }

    pub(super) fn port() -> Port {
        Port {
            leg: MediaLeg::new(0, 1, 0),
            rtp: at(40_000),
            rtcp: at(40_001),
        }
    }

    pub(super) fn capabilities() -> Capabilities {
        let own = OwnMedia {
            advertised: HERE,
            bound: HERE,
            machine: [].into(),
            ports: (40_000, 40_999),
            signalling: [].into(),
        };
        Capabilities {
            own,
            other: None,
            learn: false,
            operator_silence: Duration::from_secs(5),
        }
    }

    pub(super) fn over(transport: Transport) -> Flow {
        Flow {
            transport,
            local: at(5060),
            remote: at(5070),
            connection: 1,
        }
    }

    fn may_name_loopback(transport: Transport) -> bool {
        Audio::offered(port(), OFFER, over(transport), capabilities()).is_ok()
    }

    /// A phone that says one codec.
    pub(super) fn says(port: u16, formats: &str) -> String {
        format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP {formats}\r\n\
             a=rtpmap:97 telephone-event/8000\r\n"
        )
    }

    /// Of whoever answers: port, codec, and the type of digits as they hear them.
    pub(super) fn answers(audio: &mut Audio, sdp: &str) -> Result<(u16, u8, Option<u8>), SdpError> {
        match audio.answered(sdp, Some(over(Transport::Udp)))? {
            Command::Peer { peer, .. } => Ok((peer.rtp.port(), peer.payload_type, peer.dtmf)),
            other => panic!("no party: {other:?}"),
        }
    }

    fn changed() -> (Audio, String) {
        let (mut audio, _) = Audio::offering(port(), Callee::Outside, capabilities());
        let proposed = says(4000, "8 97");
        let answer = audio.changed_early(&proposed, over(Transport::Udp));
        assert!(answer.is_ok_and(|answer| answer.contains("RTP/AVP 8 97")));
        (audio, proposed)
    }

    #[test]
    fn who_changed_its_media_while_it_rang_keeps_them_and_another_branch_answers_our_offer() {
        let (mut audio, proposed) = changed();
        assert_eq!(answers(&mut audio, &proposed), Ok((4000, 8, Some(97))));
        // The other one has chosen a codec that the first one has not.
        let (mut audio, _) = changed();
        assert_eq!(answers(&mut audio, &says(5000, "0")), Ok((5000, 0, None)));
        // A change that is refused is none.
        let (mut audio, proposed) = changed();
        let refused = audio.changed_early(&says(6000, "18"), over(Transport::Udp));
        assert_eq!(refused, Err(SdpError::NoCodec));
        assert_eq!(answers(&mut audio, &proposed), Ok((4000, 8, Some(97))));
    }

    /// Where the worker is told to send.
    fn sent_to(reoffered: Result<(String, Command, bool), SdpError>) -> Option<SocketAddr> {
        match reoffered {
            Ok((_, Command::Peer { peer, .. }, _)) => Some(peer.rtp),
            _ => None,
        }
    }

    #[test]
    fn a_phone_that_moves_to_an_address_of_its_own_wire_is_learnt_anew_and_a_hold_moves_nobody() {
        let capabilities = Capabilities {
            learn: true,
            ..capabilities()
        };
        let flow = Flow {
            remote: "192.0.2.7:5060".parse().expect("an address"),
            ..over(Transport::Udp)
        };
        let named = |host: &str, port: u16| {
            says(port, "8").replace("IP4 127.0.0.1\r\nt=", &format!("IP4 {host}\r\nt="))
        };
        let first = named("192.0.2.7", 4_000);
        let mut audio =
            Audio::offered(port(), first.as_bytes(), flow, capabilities).expect("agreed");
        let hold = audio.reoffered(&named("0.0.0.0", 4_000));
        assert_eq!(sent_to(hold), "192.0.2.7:4000".parse().ok());
        let moved = audio.reoffered(&named("169.254.7.7", 5_000));
        assert_eq!(sent_to(moved), "0.0.0.0:5000".parse().ok());
    }

    #[test]
    fn a_browser_that_comes_from_this_machine_is_elsewhere_all_the_same() {
        let named = [
            Transport::Udp,
            Transport::Tls,
            Transport::Ws,
            Transport::Wss,
        ];
        assert_eq!(named.map(may_name_loopback), [true, true, false, false]);
    }
}
