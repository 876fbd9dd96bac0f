//! Frames of the client, parsed once at the edge. The server's frames are in `shape`.
use gudok_model::number::parse;
use gudok_model::{CallId, Kind, NumberRules, OfferId, Parsed, QueueId, SupervisionMode, Wall};
use gudok_switchboard::desk::DeskCommand;
use gudok_switchboard::dial_out::DialOut;
use gudok_switchboard::in_hand::Keys;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use crate::args::{Args, Misfit, NAME_BYTES_MAX, fits};
use crate::auth::Token;
use crate::config::{FRAME_BYTES_MAX, NOTE_CHARS_MAX, TOKEN_BYTES_MAX};

/// Name of the WebSocket subprotocol (RFC 6455 §1.9).
pub const SUBPROTOCOL: &str = "cti.v1";
/// The stream that every desk has: its operator's own.
pub const STREAM: &str = "agent:self";
/// The stream of everything that a supervisor sees.
const SUPERVISOR: &str = "supervisor";
/// What the name of a queue's stream begins with.
const QUEUE: &str = "queue:";

/// One frame of a client, understood.
#[derive(Clone, PartialEq, Debug)]
pub enum ClientFrame {
    /// Who is there. The first frame; later again to renew the token.
    Auth {
        /// As issued at login.
        token: Token,
        /// Whether an older session of this operator is to give way.
        takeover: bool,
    },
    /// Send me the events, from where I stopped or from a snapshot.
    Subscribe {
        /// The last event seen, and the epoch it was seen in. None: a snapshot is wanted.
        after: Option<(String, u64)>,
    },
    /// The same of a stream for supervisors.
    Watch {
        /// Which.
        stream: WallStream,
        /// As of [`Self::Subscribe`].
        after: Option<(String, u64)>,
    },
    /// Do something.
    Command(ClientCommand),
    /// Answer with `pong`.
    Ping,
    /// I am alive.
    Pong,
}

/// A stream of what supervisors see.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum WallStream {
    /// Everything.
    Supervisor,
    /// One queue with its callers and operators.
    Queue(QueueId),
}

impl WallStream {
    fn named(name: &str) -> Option<Self> {
        let queue =
            |name: &str| (!name.is_empty() && name.len() <= NAME_BYTES_MAX).then(|| name.into());
        match name.strip_prefix(QUEUE) {
            Some(name) => queue(name).map(Self::Queue),
            None => (name == SUPERVISOR).then_some(Self::Supervisor),
        }
    }

    /// As it is named on the wire.
    pub fn name(&self) -> String {
        match self {
            Self::Supervisor => SUPERVISOR.to_owned(),
            Self::Queue(queue) => format!("{QUEUE}{queue}"),
        }
    }
}

/// A command with its id and its fence.
#[derive(Clone, PartialEq, Debug)]
pub struct ClientCommand {
    /// Made by the client; a repeat gets the same result and is not executed again.
    pub id: Uuid,
    /// What.
    pub command: DeskCommand,
    /// What must still be so.
    pub expect: Expect,
}

/// What the client saw when it decided; the command is refused as `stale` if it is no longer so.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
pub struct Expect {
    /// `version` of the last `agent.state`.
    pub agent_version: Option<u64>,
    /// `offer_epoch` of the card on the screen.
    pub offer_epoch: Option<u32>,
}

/// Why a frame was not understood.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FrameError {
    /// The connection is closed after it.
    #[error("the frame is larger than 64 KiB; send less")]
    TooLarge,
    /// The connection is closed after it.
    #[error("the frame is not a JSON object of cti.v1: {0}")]
    NotJson(String),
    /// The connection is closed after it.
    #[error("type {0:?} is unknown; use auth, subscribe, command, ping or pong")]
    UnknownType(String),
    /// The connection is closed after it.
    #[error("field {0:?} is missing")]
    Missing(&'static str),
    /// The connection is closed after it.
    #[error("field {0:?} is too long or not of its form")]
    BadField(&'static str),
    /// A later client may know more commands than we do: it gets a result and stays connected.
    #[error("command {cmd:?}: {misfit}")]
    BadCommand {
        /// Of the command that failed.
        id: Uuid,
        /// Its name, cut to 64 bytes.
        cmd: String,
        /// What of it.
        misfit: Misfit,
    },
}

impl FrameError {
    /// Stable slug for the wire.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::NotJson(_) => "bad_json",
            Self::UnknownType(_) => "unknown_type",
            Self::Missing(_) => "missing_field",
            Self::BadField(_) => "bad_field",
            Self::BadCommand { .. } => "bad_command",
        }
    }
}

/// All fields of all client frames; unknown ones are ignored, so that newer clients may talk to us.
#[derive(Deserialize)]
struct Raw {
    r#type: Option<String>,
    token: Option<Token>,
    takeover: Option<bool>,
    stream: Option<String>,
    from_seq: Option<u64>,
    epoch: Option<String>,
    id: Option<Uuid>,
    cmd: Option<String>,
    args: Option<Value>,
    expect: Option<Value>,
}

/// Most that one `extend` may ask for. Seconds.
const EXTEND_S_MAX: u32 = 3_600;

impl ClientFrame {
    /// Understands one text frame.
    ///
    /// A frame with `cmd` and without `type` is a command. Never panics, whatever the bytes.
    pub fn parse(text: &str) -> Result<Self, FrameError> {
        if text.len() > FRAME_BYTES_MAX {
            return Err(FrameError::TooLarge);
        }
        let raw: Raw = serde_json::from_str(text).map_err(|e| FrameError::NotJson(position(&e)))?;
        let kind = match (&raw.r#type, &raw.cmd) {
            (Some(kind), _) => kind.as_str(),
            (None, Some(_)) => "command",
            (None, None) => return Err(FrameError::Missing("type")),
        };
        match kind {
            "auth" => raw.auth(),
            "subscribe" => raw.subscribe(),
            "command" => raw.command().map(Self::Command),
            "ping" => Ok(Self::Ping),
            "pong" => Ok(Self::Pong),
            other => Err(FrameError::UnknownType(cut(other))),
        }
    }
}

impl Raw {
    fn auth(self) -> Result<ClientFrame, FrameError> {
        let token = self.token.ok_or(FrameError::Missing("token"))?;
        if token.reveal().len() > TOKEN_BYTES_MAX {
            return Err(FrameError::BadField("token"));
        }
        Ok(ClientFrame::Auth {
            token,
            takeover: self.takeover.unwrap_or(false),
        })
    }

    fn subscribe(self) -> Result<ClientFrame, FrameError> {
        let name = self.stream.ok_or(FrameError::Missing("stream"))?;
        // A position without its epoch says nothing: it is answered with a snapshot.
        let after = self.epoch.zip(self.from_seq);
        if name == STREAM {
            return Ok(ClientFrame::Subscribe { after });
        }
        let stream = WallStream::named(&name).ok_or(FrameError::BadField("stream"))?;
        Ok(ClientFrame::Watch { stream, after })
    }

    fn command(self) -> Result<ClientCommand, FrameError> {
        let id = self.id.ok_or(FrameError::Missing("id"))?;
        let cmd = self.cmd.ok_or(FrameError::Missing("cmd"))?;
        let command = Args::read(self.args).and_then(|mut args| args.command(&cmd));
        let expect = self.expect.map_or(Ok(Expect::default()), expected);
        let both = command.and_then(|command| Ok((command, expect?)));
        let (command, expect) = both.map_err(|misfit| FrameError::BadCommand {
            id,
            cmd: cut(&cmd),
            misfit,
        })?;
        Ok(ClientCommand {
            id,
            command,
            expect,
        })
    }
}

impl Args {
    fn command(&mut self, cmd: &str) -> Result<DeskCommand, Misfit> {
        Ok(match cmd {
            "pop_ack" => DeskCommand::PopAck {
                offer_id: self.offer()?,
            },
            "ready" => DeskCommand::Ready,
            "not_ready" => DeskCommand::NotReady {
                reason: self.name("reason")?,
            },
            "reject" => DeskCommand::Reject {
                offer_id: self.offer()?,
            },
            "hang_up" => DeskCommand::HangUp {
                call_id: self.need("call_id")?,
            },
            "disposition" => DeskCommand::Disposition {
                call_id: self.need("call_id")?,
                code: self.name("code")?,
                note: self.note("note")?,
                done: self.maybe("done")?.unwrap_or(false),
            },
            "extend" => DeskCommand::Extend {
                by_s: self.seconds()?,
            },
            "logout" => DeskCommand::Logout,
            "dial" => DeskCommand::Dial(Box::new(self.dial()?)),
            "preview" => DeskCommand::Preview(Box::new(self.dial()?)),
            "skip" => DeskCommand::Skip(self.maybe_name("reason")?),
            "serve" => DeskCommand::Serve {
                groups: self.groups()?,
            },
            "hold" => DeskCommand::Hold {
                call_id: self.need("call_id")?,
            },
            "resume" => DeskCommand::Resume {
                call_id: self.need("call_id")?,
            },
            "keys" => DeskCommand::Keys {
                call_id: self.need("call_id")?,
                keys: self.keys()?,
            },
            "transfer" => DeskCommand::Transfer {
                call_id: self.need("call_id")?,
                to: self.dialled("to")?,
            },
            "consult" => DeskCommand::Consult {
                call_id: self.need("call_id")?,
                to: self.dialled("to")?,
            },
            "complete" => DeskCommand::Complete {
                call_id: self.need("call_id")?,
            },
            "cancel_consult" => DeskCommand::CancelConsult {
                call_id: self.need("call_id")?,
            },
            "mute" => DeskCommand::Mute {
                call_id: self.need("call_id")?,
                on: self.need("on")?,
            },
            "conference" => DeskCommand::Conference {
                call_id: self.need("call_id")?,
            },
            "drop" => DeskCommand::Drop {
                call_id: self.need("call_id")?,
                party: self.need("party")?,
            },
            "listen" => supervise(self.need("call_id")?, SupervisionMode::Listen),
            "whisper" => supervise(self.need("call_id")?, SupervisionMode::Whisper),
            "barge" => supervise(self.need("call_id")?, SupervisionMode::Barge),
            "take_over" => supervise(self.need("call_id")?, SupervisionMode::TakeOver),
            "leave" => DeskCommand::Leave {
                call_id: self.need("call_id")?,
            },
            "park" => DeskCommand::Park {
                call_id: self.need("call_id")?,
                slot: self.maybe("slot")?,
            },
            "unpark" => DeskCommand::Unpark {
                slot: self.need("slot")?,
            },
            "callback_take" => DeskCommand::CallbackTake {
                request: self.need("request")?,
            },
            "callback_later" => DeskCommand::CallbackLater {
                request: self.need("request")?,
                at: self.moment("at")?,
            },
            "callback_cancel" => DeskCommand::CallbackCancel {
                request: self.need("request")?,
                why: self.why()?,
            },
            "do_not_call" => DeskCommand::DoNotCall {
                of: self.of_whom()?,
                purpose: self.maybe_name("purpose")?,
                why: self.why()?,
            },
            directive => DeskCommand::Direct(self.directive(directive)?),
        })
    }

    fn offer(&mut self) -> Result<OfferId, Misfit> {
        let told: String = self.need("offer_id")?;
        fits("offer_id", parse_offer_id(&told))
    }

    fn seconds(&mut self) -> Result<u32, Misfit> {
        let by: u32 = self.need("by_s")?;
        fits("by_s", (1..=EXTEND_S_MAX).contains(&by).then_some(by))
    }

    fn keys(&mut self) -> Result<Keys, Misfit> {
        let told: String = self.need("keys")?;
        fits("keys", Keys::new(told))
    }

    /// A request, or the call that is talked in.
    fn of_whom(&mut self) -> Result<CallId, Misfit> {
        match self.maybe("request")? {
            Some(request) => Ok(request),
            None => self.need("call_id"),
        }
    }

    /// Whom to call. Numbers of ours are written as in the register, so they are read here.
    fn dial(&mut self) -> Result<DialOut, Misfit> {
        let own = |raw: String| parse(&raw, &NumberRules::default());
        Ok(DialOut {
            number: self.dialled("number")?,
            purpose: self.name("purpose")?,
            basis: self.maybe_name("basis")?,
            reference: self.maybe_name("reference")?,
            cli: self.maybe("cli")?.map(own),
            region: None,
        })
    }

    /// As it was typed: whoever knows how the hotline's phones dial reads it ([`DeskCommand::dialled`]).
    fn dialled(&mut self, name: &'static str) -> Result<Parsed, Misfit> {
        let raw: String = self.need(name)?;
        let raw = Some(raw).filter(|raw| !raw.is_empty() && raw.len() <= NAME_BYTES_MAX);
        let parsed = raw.map(|raw| Parsed {
            raw,
            e164: None,
            kind: Kind::Unknown,
        });
        fits(name, parsed)
    }

    fn note(&mut self, name: &'static str) -> Result<Option<String>, Misfit> {
        let told: Option<String> = self.maybe(name)?;
        let is_short = |it: &String| it.chars().count() <= NOTE_CHARS_MAX;
        fits(name, told.as_ref().is_none_or(is_short).then_some(told))
    }

    fn why(&mut self) -> Result<String, Misfit> {
        let told = self.note("why")?;
        fits("why", told)
    }

    fn moment(&mut self, name: &'static str) -> Result<Wall, Misfit> {
        let told: String = self.need(name)?;
        fits(name, moment(&told))
    }
}

fn expected(expect: Value) -> Result<Expect, Misfit> {
    let read: Option<Option<Expect>> = serde_json::from_value(expect).ok();
    fits("expect", read).map(Option::unwrap_or_default)
}

fn supervise(call_id: CallId, mode: SupervisionMode) -> DeskCommand {
    DeskCommand::Supervise { call_id, mode }
}

/// Reads `<call uuid>#<index>`, the form in which cards carry it.
pub fn parse_offer_id(text: &str) -> Option<OfferId> {
    let (call, index) = text.split_once('#')?;
    Some(OfferId {
        call: CallId(Uuid::try_parse(call).ok()?),
        index: index.parse().ok()?,
    })
}

/// A moment as our own frames write it.
fn moment(text: &str) -> Option<Wall> {
    let at: jiff::Timestamp = text.parse().ok()?;
    Some(Wall(at.as_microsecond()))
}

/// For answers to the client: long nonsense is not sent back.
fn cut(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control())
        .take(NAME_BYTES_MAX)
        .collect()
}

/// Where the JSON broke. Not what stood there: it may be a token.
fn position(error: &serde_json::Error) -> String {
    format!("line {}, column {}", error.line(), error.column())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0198c0de-0000-7000-8000-000000000001";

    fn read(text: &str) -> String {
        match ClientFrame::parse(text) {
            Ok(frame) => format!("{frame:?}"),
            Err(error) => format!("{}: {error}", error.code()),
        }
    }

    #[test]
    fn a_look_is_skipped_with_a_reason_or_without() {
        let skip = |args: &str| {
            let text = format!(r#"{{"id":"{ID}","cmd":"skip","args":{args}}}"#);
            match ClientFrame::parse(&text) {
                Ok(ClientFrame::Command(it)) => Some(it.command),
                _ => None,
            }
        };
        let said = DeskCommand::Skip(Some("called_today".into()));
        assert_eq!(skip(r#"{"reason":"called_today"}"#), Some(said));
        assert_eq!(skip("{}"), Some(DeskCommand::Skip(None)));
        assert_eq!(skip(r#"{"reason":""}"#), None);
        assert_eq!(skip(&format!(r#"{{"reason":"{}"}}"#, "x".repeat(65))), None);
        // As journals of an earlier version have it.
        let before: DeskCommand = serde_json::from_str(r#"{"cmd":"skip"}"#).expect("a command");
        assert_eq!(before, DeskCommand::Skip(None));
    }

    #[test]
    fn frames_are_understood() {
        let story = [
            r#"{"type":"auth","token":"canary","takeover":true}"#.into(),
            r#"{"type":"subscribe","stream":"agent:self"}"#.into(),
            r#"{"type":"subscribe","stream":"agent:self","from_seq":7,"epoch":"ab"}"#.into(),
            r#"{"type":"subscribe","stream":"agent:self","from_seq":7}"#.into(),
            r#"{"type":"subscribe","stream":"supervisor"}"#.into(),
            r#"{"type":"subscribe","stream":"queue:tech","from_seq":7,"epoch":"ab"}"#.into(),
            format!(
                r#"{{"id":"{ID}","cmd":"quiet","args":{{"alarm":"service_level","subject":"tech","for_s":600}}}}"#
            ),
            format!(r#"{{"id":"{ID}","cmd":"ready"}}"#),
            format!(r#"{{"id":"{ID}","cmd":"ready","args":null,"expect":{{"agent_version":4}}}}"#),
            format!(
                r##"{{"type":"command","id":"{ID}","cmd":"reject","args":{{"offer_id":"{ID}#2","new":[1]}},"later":1}}"##
            ),
            format!(r#"{{"id":"{ID}","cmd":"keys","args":{{"call_id":"{ID}","keys":"4276#"}}}}"#),
            format!(r#"{{"id":"{ID}","cmd":"transfer","args":{{"call_id":"{ID}","to":"102"}}}}"#),
            format!(r#"{{"id":"{ID}","cmd":"extend","args":{{"by_s":60}}}}"#),
            format!(
                r#"{{"id":"{ID}","cmd":"dial","args":{{"number":"89161234567","purpose":"service","basis":"request","cli":"+74950000001"}}}}"#
            ),
            format!(r#"{{"id":"{ID}","cmd":"serve","args":{{"groups":["second"]}}}}"#),
            format!(r#"{{"id":"{ID}","cmd":"reserve","args":{{"group":"second","on":true}}}}"#),
            r#"{"type":"ping","t":1}"#.into(),
        ];
        insta::assert_snapshot!(story.iter().map(|s: &String| read(s)).collect::<Vec<_>>().join("\n"), @r#"
        Auth { token: Token(…), takeover: true }
        Subscribe { after: None }
        Subscribe { after: Some(("ab", 7)) }
        Subscribe { after: None }
        Watch { stream: Supervisor, after: None }
        Watch { stream: Queue(tech), after: Some(("ab", 7)) }
        Command(ClientCommand { id: 0198c0de-0000-7000-8000-000000000001, command: Direct(Quiet { alarm: "service_level", subject: "tech", project: None, for_s: 600 }), expect: Expect { agent_version: None, offer_epoch: None } })
        Command(ClientCommand { id: 0198c0de-0000-7000-8000-000000000001, command: Ready, expect: Expect { agent_version: None, offer_epoch: None } })
        Command(ClientCommand { id: 0198c0de-0000-7000-8000-000000000001, command: Ready, expect: Expect { agent_version: Some(4), offer_epoch: None } })
        Command(ClientCommand { id: 0198c0de-0000-7000-8000-000000000001, command: Reject { offer_id: 0198c0de-0000-7000-8000-000000000001#2 }, expect: Expect { agent_version: None, offer_epoch: None } })
        Command(ClientCommand { id: 0198c0de-0000-7000-8000-000000000001, command: Keys { call_id: 0198c0de-0000-7000-8000-000000000001, keys: Keys(5) }, expect: Expect { agent_version: None, offer_epoch: None } })
        Command(ClientCommand { id: 0198c0de-0000-7000-8000-000000000001, command: Transfer { call_id: 0198c0de-0000-7000-8000-000000000001, to: Parsed { raw: <3 chars>, e164: None, kind: Unknown } }, expect: Expect { agent_version: None, offer_epoch: None } })
        Command(ClientCommand { id: 0198c0de-0000-7000-8000-000000000001, command: Extend { by_s: 60 }, expect: Expect { agent_version: None, offer_epoch: None } })
        Command(ClientCommand { id: 0198c0de-0000-7000-8000-000000000001, command: Dial(DialOut { number: Parsed { raw: <11 chars>, e164: None, kind: Unknown }, purpose: "service", basis: Some("request"), reference: None, cli: Some(Parsed { raw: <12 chars>, e164: Some(+7495•••0001), kind: Geo }), region: None }), expect: Expect { agent_version: None, offer_epoch: None } })
        Command(ClientCommand { id: 0198c0de-0000-7000-8000-000000000001, command: Serve { groups: [second] }, expect: Expect { agent_version: None, offer_epoch: None } })
        Command(ClientCommand { id: 0198c0de-0000-7000-8000-000000000001, command: Direct(Reserve { group: second, on: true }), expect: Expect { agent_version: None, offer_epoch: None } })
        Ping
        "#);
    }

    #[test]
    fn what_is_said_of_requests_is_understood() {
        let command = |args: &str| read(&format!(r#"{{"id":"{ID}","cmd":{args}}}"#));
        let take = command(&format!(r#""callback_take","args":{{"request":"{ID}"}}"#));
        assert!(take.contains("CallbackTake"), "{take}");
        let later = command(&format!(
            r#""callback_later","args":{{"request":"{ID}","at":"2026-11-22T00:05:00Z"}}"#
        ));
        assert!(later.contains("Wall(1795305900000000)"), "{later}");
        let cancel = command(&format!(
            r#""callback_cancel","args":{{"request":"{ID}","why":"сам"}}"#
        ));
        assert!(cancel.contains("CallbackCancel"), "{cancel}");
        for args in [
            r#""callback_later","args":{"request":"x","at":"soon"}"#.to_owned(),
            format!(r#""callback_later","args":{{"request":"{ID}","at":"soon"}}"#),
            format!(r#""callback_cancel","args":{{"request":"{ID}"}}"#),
        ] {
            let refused = command(&args);
            assert!(!refused.contains("Callback"), "{refused}");
        }
    }

    #[test]
    fn nonsense_is_refused_with_a_remedy_and_without_echo() {
        let story = [
            r#"{"type":"auth","token":"canary",}"#.into(),
            r#"{"type":"auth"}"#.into(),
            format!(r#"{{"type":"auth","token":"{}"}}"#, "x".repeat(600)),
            r#"{"type":"dance\u001b[31m"}"#.into(),
            r#"{}"#.into(),
            r#"[]"#.into(),
            r#"{"type":"subscribe","stream":"agent:other"}"#.into(),
            r#"{"type":"subscribe","stream":"queue:"}"#.into(),
            r#"{"cmd":"ready"}"#.into(),
            r#"{"id":"not-a-uuid","cmd":"ready"}"#.into(),
            format!(r#"{{"id":"{ID}","cmd":"self_destruct"}}"#),
            format!(r#"{{"id":"{ID}","cmd":"not_ready"}}"#),
            format!(r#"{{"id":"{ID}","cmd":"extend","args":{{"by_s":3601}}}}"#),
            format!(r##"{{"id":"{ID}","cmd":"reject","args":{{"offer_id":"{ID}#70000"}}}}"##),
            format!(r#"{{"id":"{ID}","cmd":"keys","args":{{"call_id":"{ID}","keys":"12 34"}}}}"#),
            format!(r#"{{"id":"{ID}","cmd":"consult","args":{{"call_id":"{ID}","to":""}}}}"#),
            format!(r#"{{"id":"{ID}","cmd":"dial","args":{{"number":"89161234567"}}}}"#),
            "[".repeat(50_000),
            "x".repeat(FRAME_BYTES_MAX + 1),
        ];
        insta::assert_snapshot!(story.iter().map(|s: &String| read(s)).collect::<Vec<_>>().join("\n"), @r#"
        bad_json: the frame is not a JSON object of cti.v1: line 1, column 33
        missing_field: field "token" is missing
        bad_field: field "token" is too long or not of its form
        unknown_type: type "dance[31m" is unknown; use auth, subscribe, command, ping or pong
        missing_field: field "type" is missing
        bad_json: the frame is not a JSON object of cti.v1: line 1, column 2
        bad_field: field "stream" is too long or not of its form
        bad_field: field "stream" is too long or not of its form
        missing_field: field "id" is missing
        bad_json: the frame is not a JSON object of cti.v1: line 1, column 18
        bad_command: command "self_destruct": the command is unknown
        bad_command: command "not_ready": reason is missing or does not fit
        bad_command: command "extend": by_s is missing or does not fit
        bad_command: command "reject": offer_id is missing or does not fit
        bad_command: command "keys": keys is missing or does not fit
        bad_command: command "consult": to is missing or does not fit
        bad_command: command "dial": purpose is missing or does not fit
        bad_json: the frame is not a JSON object of cti.v1: line 1, column 1
        too_large: the frame is larger than 64 KiB; send less
        "#);
    }

    #[test]
    fn a_note_of_the_allowed_length_passes_and_a_longer_one_does_not() {
        let frame = |chars| {
            let note = "я".repeat(chars);
            format!(
                r#"{{"id":"{ID}","cmd":"disposition","args":{{"call_id":"{ID}","code":"sold","note":"{note}"}}}}"#
            )
        };
        assert!(ClientFrame::parse(&frame(NOTE_CHARS_MAX)).is_ok());
        assert!(ClientFrame::parse(&frame(NOTE_CHARS_MAX + 1)).is_err());
    }
}
