//! One machine with its clock and its application, which writes down what it hears and stumbles over what it
//! should not hear.
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use gudok_sip::Message;
use gudok_sip::endpoint::{Command, Endpoint, Event, Flow, Input, Output, Session};
use gudok_sip::parse::parse;

use crate::script::{ANSWER, is_final, ms, portrait};

/// What an application knows of a session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Phase {
    Ringing,
    Talking,
    Over,
}

/// More than any of these plays can need.
const SENT_MAX: usize = 400;

#[derive(Clone)]
pub(crate) struct Watch {
    sip: Endpoint,
    flow: Flow,
    pub(crate) now: Duration,
    pub(crate) phases: BTreeMap<Session, Phase>,
    /// Whether an offer of theirs is granted at once.
    pub(crate) yielding: bool,
    /// What it sent since the last look.
    pub(crate) sent: Vec<Message>,
    count: usize,
    /// Branch and method of what came and what was answered for good.
    asked: BTreeSet<(String, String)>,
    answered: BTreeSet<(String, String)>,
}

impl Watch {
    pub(crate) fn new(sip: Endpoint, flow: Flow) -> Self {
        Self {
            sip,
            flow,
            now: Duration::ZERO,
            phases: BTreeMap::new(),
            yielding: true,
            sent: Vec::new(),
            count: 0,
            asked: BTreeSet::new(),
            answered: BTreeSet::new(),
        }
    }

    pub(crate) fn allocate(&mut self) -> Session {
        let session = self.sip.allocate();
        self.phases.insert(session, Phase::Ringing);
        session
    }

    pub(crate) fn portrait(&self) -> String {
        let (phases, asked, answered) = (&self.phases, &self.asked, &self.answered);
        let now = self.now;
        format!(
            "{}{now:?}{phases:?}{asked:?}{answered:?}",
            portrait(&self.sip)
        )
    }

    pub(crate) fn phase(&self, session: Session) -> Option<Phase> {
        self.phases.get(&session).copied()
    }

    pub(crate) fn hear(&mut self, bytes: &[u8]) {
        if let Ok(Message::Request(request)) = parse(bytes)
            && request.method.as_str() != "ACK"
        {
            let branch = request.headers.top_branch().unwrap_or("").to_owned();
            self.asked.insert((branch, request.method.to_string()));
        }
        let flow = self.flow;
        self.sip
            .handle_input(self.now, Input::Received { flow, bytes });
        self.drain();
    }

    /// The application's word; it knows what its word means.
    pub(crate) fn say(&mut self, command: Command) {
        let (Command::Accept { session, .. } | Command::End { session, .. }) = command else {
            self.sip.handle_input(self.now, Input::Command(command));
            return self.drain();
        };
        let before = self.phase(session);
        let accept = matches!(command, Command::Accept { .. });
        if accept && before == Some(Phase::Ringing) {
            self.phases.insert(session, Phase::Talking);
        }
        self.sip.handle_input(self.now, Input::Command(command));
        self.drain();
        if !accept && before.is_some() {
            // A call that is refused gives no event; everything else has told its end by now.
            self.phases.insert(session, Phase::Over);
        }
    }

    pub(crate) fn next_due(&self) -> Option<Duration> {
        self.sip.poll_timeout()
    }

    /// Serves what is due at a time.
    pub(crate) fn tick(&mut self, at: Duration) {
        self.now = self.now.max(at);
        self.sip.handle_timeout(self.now);
        self.drain();
    }

    /// Lets the time pass alone.
    pub(crate) fn wait(&mut self, long: u64) {
        let until = self.now + ms(long);
        while let Some(due) = self.next_due().filter(|due| *due <= until) {
            self.tick(due);
        }
        self.now = until;
    }

    pub(crate) fn end(&mut self, session: Session) {
        self.say(Command::End {
            session,
            reason: None,
        });
    }

    /// Nothing of any call is left, everybody was told so once, and everything that came was answered.
    pub(crate) fn is_done(&self) {
        assert!(self.sip.is_idle(), "left behind: {:?}", self.sip);
        let over = self.phases.values().all(|phase| *phase == Phase::Over);
        assert!(over, "never ended: {:?}", self.phases);
        let open: Vec<_> = self.asked.difference(&self.answered).collect();
        assert!(open.is_empty(), "unanswered: {open:?}");
    }

    fn drain(&mut self) {
        while let Some(output) = self.sip.poll_output() {
            match output {
                Output::Send { flow, bytes } => {
                    assert_eq!(flow, self.flow, "everything goes to the peer");
                    let message = parse(&bytes).expect("what we send can be parsed");
                    if let Message::Response(response) = &message
                        && is_final(response)
                    {
                        let branch = response.headers.top_branch().unwrap_or("").to_owned();
                        let method = response.headers.cseq().expect("CSeq").method;
                        self.answered.insert((branch, method.to_string()));
                    }
                    self.sent.push(message);
                    self.count += 1;
                    assert!(self.count < SENT_MAX, "it does not stop talking");
                }
                Output::Event(event) => self.on_event(event),
            }
        }
    }

    fn on_event(&mut self, event: Event) {
        use Phase::{Over, Ringing, Talking};
        let (session, before, after) = match &event {
            Event::Incoming { session, .. } => {
                let known = self.phases.insert(*session, Ringing);
                return assert_eq!(known, None, "a session comes once");
            }
            Event::Refusal { .. } => return,
            Event::Cancelled { session, .. } | Event::Refused { session, .. } => {
                (session, Ringing, Over)
            }
            Event::Ended { session, .. } => (session, Talking, Over),
            Event::Accepted { session, .. } => (session, Ringing, Talking),
            Event::Progress { session, .. } => (session, Ringing, Ringing),
            Event::Confirmed { session, .. }
            | Event::Reoffered { session, .. }
            | Event::ReofferAnswered { session, .. } => (session, Talking, Talking),
            other => panic!("nobody does that here: {other:?}"),
        };
        let phase = self.phases.get_mut(session).expect("a known session");
        assert_eq!(*phase, before, "{event:?}");
        *phase = after;
        if let Event::Reoffered { session, .. } = event
            && self.yielding
        {
            self.say(Command::AnswerReoffer {
                session,
                sdp: Some(ANSWER.into()),
            });
        }
    }
}
