//! What is heard of whom we call before an answer: the carrier's ringing, or its words on why nobody can be reached.
use gudok_media::control::{Command, Peer};
use gudok_sip::endpoint::{Flow, Session};
use gudok_sip::sdp::Direction;

use super::super::Hotline;
use super::Audio;

impl Audio {
    /// Who we call, from over there, sends sound while it rings: what the worker must know. It is heard and hears nothing: whoever
    /// answers may talk, and nobody talks for nothing before. The answer to the call says all of this again. None: of no use.
    pub(super) fn answered_early(&mut self, sdp: &str, peer: Flow) -> Option<Command> {
        // What it has changed since stands.
        if self.early.is_some() {
            return None;
        }
        self.is_with(peer);
        let agreed = self.local.clone().apply_answer(sdp, Direction::SendRecv);
        let agreed = agreed.ok()?;
        let peer = Peer {
            send: false,
            ..self.peer_as(&agreed)
        };
        Some(Command::Peer {
            leg: self.leg,
            peer,
        })
    }
}

impl Hotline {
    /// Whom we call sends sound before an answer, which whoever calls them may hear: the carrier's ringing, or its words on why
    /// nobody can be reached.
    pub(in crate::hotline) fn sounds_early(&mut self, session: Session, sdp: Option<&str>) {
        let leg = self.legs.of_session(session);
        let Some(leg) = leg.filter(|leg| leg.id.is_caller() && !leg.answered) else {
            return;
        };
        let hop = leg.out.as_ref().and_then(|out| out.hop.as_ref());
        let (Some(hop), Some(sdp)) = (hop, sdp) else {
            return;
        };
        let flow = hop.target.flow;
        if let Some(peer) = leg.audio.answered_early(sdp, flow) {
            self.sound.send(peer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{answers, over, says};
    use super::super::{Callee, tests};
    use super::*;
    use gudok_sip::endpoint::Transport;

    #[test]
    fn sound_before_an_answer_is_heard_and_the_answer_says_all_of_it_again() {
        let (port, capabilities) = (tests::port(), tests::capabilities());
        let (mut audio, _) = Audio::offering(port, Callee::Outside, capabilities);
        let flow = over(Transport::Udp);
        let told = audio.answered_early(&says(4_000, "0"), flow);
        let Some(Command::Peer { peer, .. }) = told else {
            panic!("no party: {told:?}");
        };
        assert_eq!((peer.rtp.port(), peer.payload_type), (4_000, 0));
        assert!(peer.receive && !peer.send, "it hears nothing");
        assert!(audio.answered_early(&says(4_000, "18"), flow).is_none());
        assert!(audio.peer().is_none(), "nothing is agreed yet");
        // Somebody else answers than whoever rang.
        assert_eq!(answers(&mut audio, &says(5_000, "8")), Ok((5_000, 8, None)));
    }
}
