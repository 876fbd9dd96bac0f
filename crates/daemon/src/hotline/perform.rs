//! What the switchboard asks for, done in the world. One arm an output; nothing is decided here.
use gudok_media::control::Command as Media;
use gudok_model::{CallEvent, CallId, EndCause, EndReason, LegId, Mono, Now};
use gudok_sip::endpoint::{Command, Input as SipInput};
use gudok_switchboard::{Input, Output};

use super::Hotline;
use super::voices::Found;

/// Reason of a leg that lost against another (RFC 3326; pain 1 of behaviour.md).
const ELSEWHERE: &str = "SIP;cause=200;text=\"Call completed elsewhere\"";

impl Hotline {
    pub(super) fn perform(&mut self, now: Now, output: Output) {
        match output {
            Output::Ring { leg } => self.progress(leg, 180, None),
            Output::EarlyMedia { leg } => self.early_media(leg),
            Output::Answer { leg } => self.paper.hold(now.mono, leg),
            Output::Refuse {
                leg,
                status,
                retry_after_secs,
            } => self.refuse(leg, status, retry_after_secs),
            Output::AnswerRefer { leg, refer, status } => self.refer_answered(leg, refer, status),
            Output::ReferProgress { leg, refer, status } => self.refer_progress(leg, refer, status),
            Output::Dial { .. } => self.dial(output),
            Output::HangUp { leg, elsewhere } => {
                self.hang_up(leg, elsewhere.then(|| ELSEWHERE.to_owned()), EndCause::ByUs);
            }
            Output::Play {
                leg,
                play,
                prompts,
                repeat,
            } => self.play(leg, play, &prompts, repeat),
            Output::PlayLost { leg, play } => self.play_lost(leg, play),
            Output::StopPlay { leg } => self.command_media(leg, |leg| Media::Stop { leg }),
            Output::AwaitDigits { leg, on } => self.await_digits(leg, on),
            Output::AwaitHash { leg } => {
                self.command_media(leg, |leg| Media::ListenForHash { leg });
            }
            Output::Identify {
                leg,
                shown_number,
                shown_name,
            } => self.identify(leg, shown_number.as_ref(), shown_name.as_deref()),
            Output::SendKeys { leg, keys } => {
                let digits = keys.reveal().to_owned();
                self.command_media(leg, |leg| Media::SendDigits { leg, digits });
            }
            Output::Mix { call, parties } => self.mix(now.mono, call, &parties),
            Output::Bridge { a, b } => self.bridge_legs(a, b),
            Output::Unbridge { leg } => self.command_media(leg, |leg| Media::Unbridge { leg }),
            Output::StartRecording { call } => self.start_recording(now, call),
            Output::RecordConsultation { leg, by, with } => {
                self.record_consultation(now, leg, (by, with));
            }
            Output::EndConsultation { leg } => self.end_consultation(leg),
            Output::PauseRecording { call, on } => {
                self.command_media(LegId::caller(call), |leg| Media::PauseRecording { leg, on });
            }
            Output::MarkRecording { call, mark } => self.sound.mark(now, call, mark),
            Output::Lookup {
                call,
                number,
                deadline,
            } => {
                let project = self.project_of(call);
                self.lookups.start(call, project, number, deadline);
            }
            Output::Search {
                call,
                search,
                by,
                value,
                deadline,
            } => {
                let (project, typed) = (self.project_of(call), (by.to_string(), value));
                self.lookups
                    .search((call, search), project, typed, deadline);
            }
            Output::Desk { operator, event } => self.bridge.event(&operator, &event, now.wall),
            Output::DeskResult {
                operator,
                id,
                result,
                ..
            } => self.bridge.result(&operator, &id, &result),
            Output::DeskClose { operator, session } => self.bridge.close(&operator, session),
            Output::Directed { result, told, .. } => {
                (self.answered, self.told) = (Some(result), told);
            }
            Output::Dialled {
                id, call, result, ..
            } => self.call_answered(now.mono, id, (call, result)),
            // The answer to whoever asked by a form or a page.
            Output::Asked { .. } | Output::RequestDone { .. } | Output::RefusalDone { .. } => {
                self.told_of_request = Some(output);
            }
            // Of the journal.
            Output::Forced { .. } | Output::Floor { .. } => {}
            Output::Fact { call, fact } => self.log_fact(call, &fact),
            Output::Alarm { what, detail } => {
                self.metrics.alarm(&what);
                tracing::error!(what = %what, detail, "alarm");
            }
        }
    }

    /// A command to the SIP machine.
    pub(super) fn command_sip(&mut self, command: Command) {
        let now = self.clock.elapsed();
        self.endpoint.handle_input(now, SipInput::Command(command));
    }

    /// A command to the worker of a leg; nothing where the leg is over already.
    pub(super) fn command_media(
        &mut self,
        leg: LegId,
        command: impl FnOnce(gudok_media::control::MediaLeg) -> Media,
    ) {
        if let Some(leg) = self.legs.get(leg) {
            self.sound.send(command(leg.audio.leg));
        }
    }

    /// Whether tones count is up to the worker: what the party agrees to may change while keys are awaited.
    fn await_digits(&mut self, leg: LegId, on: bool) {
        self.command_media(leg, |leg| Media::Listen { leg, on });
    }

    fn progress(&mut self, leg: LegId, status: u16, sdp: Option<String>) {
        if let Some(session) = self.legs.get(leg).map(|leg| leg.session) {
            self.command_sip(Command::Progress {
                session,
                status,
                sdp,
            });
        }
    }

    fn early_media(&mut self, leg: LegId) {
        let Some(sdp) = self.legs.get_mut(leg).and_then(|leg| leg.audio.early()) else {
            // A late offer has nothing to answer yet: the caller hears ringing instead.
            return self.progress(leg, 180, None);
        };
        self.progress(leg, 183, Some(sdp));
    }

    /// The disk has the call: 200 goes out, and the switchboard is told.
    pub(super) fn answer(&mut self, now: Mono, leg: LegId) {
        let Some(party) = self.legs.get_mut(leg) else {
            return;
        };
        if party.answered {
            return;
        }
        party.answered = true;
        party.answered_at = Some(now);
        if let Some(trunk) = &party.trunk {
            self.metrics.trunk_answered(trunk.as_str(), "in");
        }
        let (session, sdp, peer) = (party.session, party.audio.answer(), party.audio.peer());
        if let Some(peer) = peer {
            self.sound.send(peer);
        }
        self.command_sip(Command::Accept { session, sdp });
        self.tell(Input::LegAnswered {
            leg,
            session_id: None,
        });
    }

    fn refuse(&mut self, leg: LegId, status: u16, retry_after_secs: Option<u32>) {
        let Some(party) = self.legs.get_mut(leg) else {
            return;
        };
        party.ending = Some(EndCause::Refused);
        if let Some(trunk) = &party.trunk {
            self.metrics.trunk_failed(trunk.as_str(), "in", status);
        }
        let headers = retry_after_secs.map(|secs| ("Retry-After".to_owned(), secs.to_string()));
        let command = Command::Refuse {
            session: party.session,
            status,
            headers: headers.into_iter().collect(),
        };
        self.command_sip(command);
        self.leg_over(leg, EndCause::Refused);
    }

    /// Ends a leg in whatever phase; the SIP machine finds the right request.
    pub(super) fn hang_up(&mut self, leg: LegId, reason: Option<String>, cause: EndCause) {
        let Some(session) = self.legs.get(leg).map(|leg| leg.session) else {
            return;
        };
        self.command_sip(Command::End { session, reason });
        self.leg_over(leg, cause);
    }

    /// The leg is over for us: close its media, tell the switchboard once. What the network still says about
    /// the session is the SIP machine's own business.
    pub(super) fn leg_over(&mut self, leg: LegId, cause: EndCause) {
        self.leg_over_saying(leg, cause, None);
    }

    /// The same, with what the party said of it.
    pub(super) fn leg_over_saying(&mut self, leg: LegId, cause: EndCause, said: Option<EndReason>) {
        let Some(party) = self.legs.remove(leg) else {
            return;
        };
        self.sound.close(party.audio.leg);
        if let Some(trunk) = party.trunk.filter(|_| party.answered_at.is_none())
            && leg.is_caller()
            && party.out.is_none()
            && cause != EndCause::Refused
        {
            // It gave up, or was given up: 487, or what stands for it.
            self.metrics.trunk_failed(trunk.as_str(), "in", 487);
        }
        self.seeing.over(self.clock.now().mono, leg);
        if leg.is_caller() {
            self.lookups.forget(leg.call);
        }
        self.tell(Input::LegEnded { leg, cause, said });
    }

    fn play(&mut self, leg: LegId, play: u32, names: &[gudok_model::Name], repeat: bool) {
        let Found {
            bank,
            prompts,
            missing,
        } = self.voices.find(names);
        if !missing.is_empty() {
            // `check` and the load of a plan refuse unknown prompts, so this is a bug or a vanished file. Not all of them are
            // told: together they may be somebody's number.
            self.metrics.alarm("prompt_missing");
            tracing::error!(?missing, "a prompt is missing");
        }
        if prompts.is_empty() && !repeat {
            return self.tell(Input::PlayEnded { leg, play });
        }
        self.command_media(leg, |leg| Media::Play {
            leg,
            play,
            bank,
            prompts,
            repeat,
        });
    }

    fn play_lost(&self, leg: LegId, play: u32) {
        self.metrics.prompt_lost();
        tracing::warn!(%leg, play, "media: the end of a prompt was not told, the call goes on without it");
    }

    fn bridge_legs(&mut self, a: LegId, b: LegId) {
        if let (Some(a), Some(b)) = (self.legs.get(a), self.legs.get(b)) {
            self.sound.send(Media::Bridge {
                a: a.audio.leg,
                b: b.audio.leg,
            });
        }
    }

    /// One line a supervisor understands per change of state; numbers are masked by their type.
    fn log_fact(&self, call: CallId, fact: &CallEvent) {
        // Whom we called did not wait.
        let is_ours = self
            .legs
            .get(LegId::caller(call))
            .is_some_and(|leg| leg.out.is_some());
        if !(is_ours && matches!(fact, CallEvent::Bridged { .. })) {
            self.metrics.fact(fact);
        }
        match fact {
            CallEvent::Dialled {
                by,
                number,
                purpose,
                ..
            } => {
                tracing::info!(%call, ?by, ?number, %purpose, "call out");
            }
            CallEvent::OutboundDenied { rule, place, .. } => {
                tracing::info!(%call, %rule, ?place, "call out denied");
            }
            CallEvent::Arrived {
                trunk,
                caller,
                dialled,
                ..
            } => {
                tracing::info!(%call, %trunk, from = ?caller.e164(), did = ?dialled.number.e164, "call arrived");
            }
            CallEvent::Bridged {
                operator,
                waited_ms,
                ..
            } => {
                tracing::info!(%call, ?operator, waited_ms, "operator answered");
            }
            CallEvent::Rated {
                queue,
                operator,
                mark,
                low: true,
            } => {
                tracing::warn!(%call, %queue, %operator, mark, "the talk was rated low");
            }
            CallEvent::Queued { queue, priority } => {
                tracing::info!(%call, %queue, priority, "caller queued");
            }
            CallEvent::Resumed { former, waited_ms } => {
                tracing::info!(%call, %former, waited_ms, "caller is back in the old place");
            }
            CallEvent::KeyInQueue { queue, key, .. } => {
                tracing::info!(%call, %queue, %key, "key in queue");
            }
            CallEvent::Offered { operator, .. } => tracing::info!(%call, %operator, "call offered"),
            CallEvent::Ended {
                outcome,
                termination,
            } => {
                tracing::info!(%call, ?outcome, reason = %termination.reason, "call ended");
            }
            // Its name only: facts hold names, notes and raw numbers of people.
            fact => tracing::debug!(%call, fact = %word(fact), "fact"),
        }
    }
}

/// The word of a fact, as the database has it.
fn word(fact: &CallEvent) -> String {
    let body = serde_json::to_value(fact).unwrap_or_default();
    body["event"].as_str().unwrap_or_default().to_owned()
}
