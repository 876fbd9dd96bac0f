//! The task behind the phone: one SIP machine, one media worker, one call at a time and one more to ask a colleague.
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gudok_media::Bank;
use gudok_media::control::{
    Codec as MediaCodec, Command as ToMedia, Event as FromMedia, MediaLeg, Peer,
};
use gudok_sip::digest::Login;
use gudok_sip::endpoint::{
    Command, EndedBy, Endpoint, Event as SipEvent, Flow, Input, Invite, Output, Session, Source,
    Target, Transport,
};
use gudok_sip::registration::{self, Registration};
use gudok_sip::sdp::{AddressPolicy, Agreed, Capabilities, Codec, Direction, Local};
use gudok_sip::{Message, Method};
use gudok_wire::media::Media;
use gudok_wire::sip::{Arrival, SipSockets};
use tokio::sync::mpsc;

use crate::keypad::tones;
use crate::phone::{Answer, Event, Keys, Setup};

/// What the user wants.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Wish {
    Register,
    Dial { number: String, from: String },
    HangUp,
    PickUp,
    Hold(bool),
    Transfer(String),
    Join,
    Press(String),
}

/// The call in hand.
struct Call {
    session: Session,
    leg: MediaLeg,
    local: Local,
    /// For an incoming call that is not answered yet: our answer, and when to give it.
    pending: Option<(String, Option<Duration>)>,
    direction: Direction,
}

pub(crate) struct Line {
    setup: Setup,
    epoch: Instant,
    sockets: SipSockets,
    endpoint: Endpoint,
    media: Media,
    says: (Arc<Bank>, u32),
    registration: Registration,
    registering: bool,
    call: Option<Call>,
    /// The second line, by which the user dials while the first is busy.
    aside: Option<Call>,
    tell: mpsc::Sender<Event>,
}

impl Line {
    #[expect(
        clippy::too_many_arguments,
        reason = "called once, by the phone that made the parts"
    )]
    pub(crate) fn new(
        setup: Setup,
        epoch: Instant,
        sockets: SipSockets,
        endpoint: Endpoint,
        media: Media,
        says: (Arc<Bank>, u32),
        seed: &[u8; 32],
        tell: mpsc::Sender<Event>,
    ) -> Self {
        let local = sockets.udp_local();
        let (config, way) = registration(&setup, local);
        let registration = Registration::new(config, way, *seed);
        Self {
            setup,
            epoch,
            sockets,
            endpoint,
            media,
            says,
            registration,
            registering: false,
            call: None,
            aside: None,
            tell,
        }
    }

    /// Until the phone is dropped, or nobody reads its events.
    pub(crate) async fn run(
        mut self,
        mut wishes: mpsc::Receiver<Wish>,
        mut heard: mpsc::Receiver<FromMedia>,
    ) {
        loop {
            if !self.settle() {
                return;
            }
            let due = self.due().map(|at| (self.epoch + at).into());
            tokio::select! {
                () = self.sockets.readable() => self.receive(),
                wish = wishes.recv() => match wish {
                    Some(wish) => self.grant(wish),
                    None => return,
                },
                // Playing repeats and digits are not listened to: nothing of the worker needs an answer.
                Some(_) = heard.recv() => {}
                () = sleep_until(due) => {}
            }
        }
    }

    fn now(&self) -> Duration {
        self.epoch.elapsed()
    }

    fn receive(&mut self) {
        let now = self.now();
        while let Some(arrival) = self.sockets.take(|_| Source::Trunk) {
            let Arrival::Message { flow, bytes } = arrival else {
                continue;
            };
            match registrars_word(bytes) {
                Some(response) => {
                    self.registration.handle_response(now, &response);
                }
                None => self
                    .endpoint
                    .handle_input(now, Input::Received { flow, bytes }),
            }
        }
    }

    /// Lets the machines speak until they are quiet; false when nobody listens to us any more.
    fn settle(&mut self) -> bool {
        let now = self.now();
        if self.registering {
            self.registration.handle_timeout(now);
        }
        if self.endpoint.poll_timeout().is_some_and(|at| at <= now) {
            self.endpoint.handle_timeout(now);
        }
        self.answer_when_due(now);
        let mut events = Vec::new();
        while let Some(output) = self.registration.poll_output() {
            match output {
                registration::Output::Send(bytes) => self.sockets.send(self.flow(), bytes),
                registration::Output::Registered(_) => events.push(Event::Registered),
                registration::Output::Failed(status) => events.push(Event::NotRegistered(status)),
                registration::Output::Withdrawn => {}
            }
        }
        while let Some(output) = self.endpoint.poll_output() {
            match output {
                Output::Send { flow, bytes } => self.sockets.send(flow, bytes),
                Output::Event(event) => events.extend(self.sip_event(event)),
            }
        }
        events
            .into_iter()
            .all(|event| self.tell.try_send(event).is_ok())
    }

    fn due(&self) -> Option<Duration> {
        let registration = self
            .registration
            .poll_timeout()
            .filter(|_| self.registering);
        let answer = self.call.as_ref().and_then(|call| call.pending.as_ref()?.1);
        [registration, answer, self.endpoint.poll_timeout()]
            .into_iter()
            .flatten()
            .min()
    }

    fn grant(&mut self, wish: Wish) {
        match wish {
            Wish::Register => self.registering = true,
            Wish::Dial { number, from } => self.dial(&number, &from),
            Wish::HangUp => {
                let last = self.aside.as_ref().or(self.call.as_ref());
                if let Some(session) = last.map(|call| call.session) {
                    self.command(Command::End {
                        session,
                        reason: None,
                    });
                }
            }
            Wish::PickUp => self.pick_up(),
            Wish::Hold(on) => self.hold(on),
            Wish::Press(digits) => {
                if let Some(leg) = self.call.as_ref().map(|call| call.leg) {
                    self.press(leg, digits);
                }
            }
            Wish::Transfer(to) => self.refer(&to, None),
            Wish::Join => {
                let other = self.aside.as_ref().map(|call| call.session);
                let user = self.setup.user.clone();
                self.refer(&user, other);
            }
        }
    }

    fn pick_up(&mut self) {
        let now = self.now();
        let rings = self.call.as_mut().and_then(|call| call.pending.as_mut());
        if let Some((_, at)) = rings {
            *at = Some(now);
        }
    }

    fn press(&self, leg: MediaLeg, digits: String) {
        if self.setup.keys == Keys::Events {
            return self.to_media(ToMedia::SendDigits { leg, digits });
        }
        let mut bank = Bank::new();
        // More keys than a prompt may last are pressed by nobody.
        let Ok(sound) = bank.from_pcm("keys", &tones(&digits)) else {
            return;
        };
        self.to_media(ToMedia::Play {
            leg,
            play: 2,
            bank: Arc::new(bank),
            prompts: [sound].into(),
            repeat: false,
        });
    }

    /// Asks for somebody else in our place in the first call; with `other`, for whom we speak with there.
    fn refer(&mut self, to: &str, other: Option<Session>) {
        if let Some(session) = self.call.as_ref().map(|call| call.session) {
            self.command(Command::Refer {
                session,
                to: format!("sip:{to}@{}", self.setup.realm),
                replaces: other,
            });
        }
    }

    fn line(&mut self, session: Session) -> Option<&mut Call> {
        let lines = [self.call.as_mut(), self.aside.as_mut()];
        lines
            .into_iter()
            .flatten()
            .find(|call| call.session == session)
    }

    fn dial(&mut self, number: &str, from: &str) {
        if self.aside.is_some() {
            return;
        }
        let Some((leg, mut local)) = self.open() else {
            return;
        };
        let sdp = local.offer(Direction::SendRecv);
        let session = self.endpoint.allocate();
        let target = Target::Address {
            uri: format!("sip:{number}@{}", self.setup.server),
            flow: self.flow(),
        };
        let call = Some(Call {
            session,
            leg,
            local,
            pending: None,
            direction: Direction::SendRecv,
        });
        if self.call.is_some() {
            self.aside = call;
        } else {
            self.call = call;
        }
        self.command(Command::Invite(Box::new(Invite {
            session,
            target,
            from_uri: format!("sip:{from}@{}", self.setup.realm),
            from_display: None,
            headers: Vec::new(),
            sdp,
            credential: Some(credential(&self.setup)),
            patience: None,
            session_id: None,
            session_expires: None,
            phone: None,
        })));
    }

    fn hold(&mut self, on: bool) {
        let Some(call) = &mut self.call else { return };
        call.direction = if on {
            Direction::SendOnly
        } else {
            Direction::SendRecv
        };
        let (session, sdp) = (call.session, call.local.offer(call.direction));
        self.command(Command::Reoffer { session, sdp });
    }

    fn command(&mut self, command: Command) {
        let now = self.now();
        self.endpoint.handle_input(now, Input::Command(command));
    }

    fn open(&mut self) -> Option<(MediaLeg, Local)> {
        let port = self.media.open(0, false).ok()?;
        let capabilities = Capabilities {
            codecs: vec![Codec::Pcma],
            dtmf: (self.setup.keys == Keys::Events).then_some(101),
            addresses: AddressPolicy {
                loopback: true,
                ..AddressPolicy::default()
            },
        };
        Some((
            port.leg,
            Local::new(
                port.leg.0 & (u64::MAX >> 1),
                port.rtp,
                port.rtcp.port(),
                capabilities,
            ),
        ))
    }

    fn sip_event(&mut self, event: SipEvent) -> Option<Event> {
        match event {
            SipEvent::Incoming {
                session, request, ..
            } => self.incoming(session, &request),
            SipEvent::Progress { status, .. } => Some(Event::Progress(status)),
            SipEvent::Accepted { session, sdp, .. } => self.accepted(session, &sdp),
            SipEvent::Refused {
                session, status, ..
            } => {
                self.close(session);
                Some(Event::Refused(status))
            }
            SipEvent::Cancelled { session, .. } => {
                self.close(session);
                Some(Event::Ended { by_peer: true })
            }
            SipEvent::Ended { session, by, .. } => {
                self.close(session);
                Some(Event::Ended {
                    by_peer: by == EndedBy::Peer,
                })
            }
            SipEvent::Reoffered { session, sdp, .. } => {
                let call = self.line(session)?;
                let leg = call.leg;
                let answer = call.local.answer(&sdp, Direction::SendRecv).ok();
                if let Some((agreed, _)) = &answer {
                    self.hear(leg, agreed);
                }
                self.command(Command::AnswerReoffer {
                    session,
                    sdp: answer.map(|(_, sdp)| sdp),
                });
                None
            }
            SipEvent::OfferWanted { session } => {
                let call = self.line(session)?;
                let sdp = Some(call.local.offer(call.direction));
                self.command(Command::AnswerReoffer { session, sdp });
                None
            }
            SipEvent::ReofferAnswered { session, sdp } => {
                let call = self.line(session)?;
                let leg = call.leg;
                let agreed = call.local.apply_answer(&sdp?, call.direction).ok()?;
                self.hear(leg, &agreed);
                None
            }
            SipEvent::ReferAnswered { status, .. } | SipEvent::ReferProgress { status, .. } => {
                Some(Event::Transfer(status))
            }
            // Nobody passes its callers on by itself.
            SipEvent::Referred { session, refer } => {
                self.command(Command::AnswerRefer {
                    session,
                    refer: refer.number,
                    status: 403,
                });
                None
            }
            SipEvent::Confirmed { .. }
            | SipEvent::Digit { .. }
            | SipEvent::Registered { .. }
            | SipEvent::Bound { .. }
            | SipEvent::Probed { .. }
            | SipEvent::Registrar { .. }
            | SipEvent::Banned(_)
            | SipEvent::Refusal { .. } => None,
        }
    }

    /// It rings; a second call meets busy.
    fn incoming(&mut self, session: Session, request: &gudok_sip::Request) -> Option<Event> {
        let busy = Command::Refuse {
            session,
            status: 486,
            headers: Vec::new(),
        };
        let opened = if self.call.is_none() {
            self.open()
        } else {
            None
        };
        let Some((leg, mut local)) = opened else {
            self.command(busy);
            return None;
        };
        let offer = String::from_utf8_lossy(&request.body);
        let Ok((agreed, answer)) = local.answer(&offer, Direction::SendRecv) else {
            self.command(busy);
            return None;
        };
        let at = match self.setup.answer {
            Answer::After(pause) | Answer::Busy(pause) => Some(self.now() + pause),
            Answer::Never => None,
        };
        self.call = Some(Call {
            session,
            leg,
            local,
            pending: Some((answer, at)),
            direction: Direction::SendRecv,
        });
        self.hear(leg, &agreed);
        self.command(Command::Progress {
            session,
            status: 180,
            sdp: None,
        });
        Some(Event::Incoming {
            from: request.headers.get("From").unwrap_or_default().to_owned(),
            call: request.headers.get("X-Call-Id").map(str::to_owned),
            at: Instant::now(),
        })
    }

    fn answer_when_due(&mut self, now: Duration) {
        let Some(call) = &mut self.call else { return };
        let session = call.session;
        let Some((sdp, _)) = call
            .pending
            .take_if(|(_, at)| at.is_some_and(|at| at <= now))
        else {
            return;
        };
        if matches!(self.setup.answer, Answer::Busy(_)) {
            self.command(Command::Refuse {
                session,
                status: 486,
                headers: Vec::new(),
            });
            self.close(session);
            return;
        }
        self.command(Command::Accept { session, sdp });
        self.speak(session);
        // The queue of events is bounded; when it is full the phone ends in `settle` anyway.
        let _ = self
            .tell
            .try_send(Event::Established { at: Instant::now() });
    }

    fn accepted(&mut self, session: Session, sdp: &str) -> Option<Event> {
        let call = self.line(session)?;
        let leg = call.leg;
        match call.local.apply_answer(sdp, Direction::SendRecv) {
            Ok(agreed) => {
                self.hear(leg, &agreed);
                self.speak(session);
                Some(Event::Established { at: Instant::now() })
            }
            Err(_) => {
                self.command(Command::End {
                    session,
                    reason: None,
                });
                None
            }
        }
    }

    fn hear(&mut self, leg: MediaLeg, agreed: &Agreed) {
        let peer = Peer {
            rtp: agreed.rtp,
            rtcp: agreed.rtcp,
            codec: MediaCodec::Pcma,
            payload_type: agreed.payload_type,
            dtmf: agreed.dtmf,
            send: agreed.direction.sends(),
            receive: agreed.direction.receives(),
            learn: None,
            talk_silence_us: None,
        };
        self.to_media(ToMedia::Peer { leg, peer });
    }

    fn speak(&mut self, session: Session) {
        let Some(leg) = self.line(session).map(|call| call.leg) else {
            return;
        };
        self.to_media(ToMedia::Record { leg, recording: 1 });
        self.to_media(ToMedia::Play {
            leg,
            play: 1,
            bank: Arc::clone(&self.says.0),
            prompts: [self.says.1].into(),
            repeat: true,
        });
    }

    /// The line is free; a call on the second one goes on there.
    fn close(&mut self, session: Session) {
        let ended = |call: &mut Call| call.session == session;
        let call = self.call.take_if(ended);
        if let Some(call) = call.or_else(|| self.aside.take_if(ended)) {
            self.to_media(ToMedia::Close { leg: call.leg });
        }
    }

    /// One call cannot fill a worker's queue.
    fn to_media(&self, command: ToMedia) {
        if let Err(error) = self.media.send(command) {
            tracing::warn!(%error, "phone: media command lost");
        }
    }

    fn flow(&self) -> Flow {
        Flow {
            transport: Transport::Udp,
            local: self.sockets.udp_local(),
            remote: self.setup.server,
            connection: 0,
        }
    }
}

/// A response to a REGISTER: the endpoint knows nothing of those.
fn registrars_word(bytes: &[u8]) -> Option<gudok_sip::Response> {
    if !bytes.starts_with(b"SIP/2.0 ") {
        return None;
    }
    match gudok_sip::parse::parse(bytes).ok()? {
        Message::Response(response) => {
            let register = response
                .headers
                .cseq()
                .is_some_and(|cseq| cseq.method == Method::Register);
            register.then_some(response)
        }
        Message::Request(_) => None,
    }
}

fn registration(setup: &Setup, local: SocketAddr) -> (registration::Config, registration::Way) {
    let Setup {
        user,
        password,
        realm,
        ..
    } = setup;
    let config = registration::Config {
        registrar: format!("sip:{realm}"),
        address: format!("sip:{user}@{realm}"),
        login: Login::new(user, Some(realm), password),
        expires_secs: 120,
    };
    let way = registration::Way {
        contact: format!("<sip:{user}@{local}>"),
        sent_by: local.to_string(),
        transport: Transport::Udp,
    };
    (config, way)
}

/// What proves who calls.
fn credential(setup: &Setup) -> Login {
    Login::new(&setup.user, Some(&setup.realm), &setup.password)
}

async fn sleep_until(due: Option<tokio::time::Instant>) {
    match due {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
