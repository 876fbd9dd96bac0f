//! A world around the switchboard, on paper: a script of who does what goes in, a story of what the switchboard
//! asked for comes out. Legs, prompts and desks answer by themselves as real ones would.
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use gudok_dialplan::{Plan, Source, load};
use gudok_model::{
    Actor, AutoAnswer, CallId, Caller, Client, ClientClass, ClientMatch, Dialled, EndCause, Floor,
    Forced, IdentitySource, Kind, LegId, LookupError, Mono, Now, OfferId, OperatorId,
    OperatorProfile, Parsed, Presentation, Role, Seated, SupervisionMode, Wall,
};
use gudok_switchboard::desk::{DeskCommand, DeskEvent};
use gudok_switchboard::dial_out::DialOut;
use gudok_switchboard::in_hand::{Keys, Party};
use gudok_switchboard::input::{Comeback, ReferTo, ResumedWrapUp};
use gudok_switchboard::output::DialTarget;
use gudok_switchboard::{
    AttackMode, Config, DigitForm, Directive, Input, Output, Speaker, Switchboard,
};
use uuid::Uuid;

use crate::words;

/// How long a prompt lasts here.
const PROMPT: Duration = Duration::from_secs(2);
/// How long a desk takes to show a card.
const DESK: Duration = Duration::from_millis(20);
/// How long a leg takes to be answered or to end.
const WIRE: Duration = Duration::from_millis(1);

/// What a journal keeps: enough to play the whole thing again.
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "a journal of a test is short, and nearly all of it are inputs"
)]
pub(crate) enum Event {
    Input(Input),
    Plan(Arc<Plan>),
    Timeout,
}

/// The switchboard and everything around it.
pub(crate) struct World {
    pub(crate) board: Switchboard,
    pub(crate) now: Now,
    pub(crate) journal: Vec<(Now, Event)>,
    pub(crate) outputs: Vec<Output>,
    /// When each of them came.
    pub(crate) stamps: Vec<Wall>,
    pub(crate) story: String,
    /// What the facts of the floor came to.
    pub(crate) floor: Floor,
    /// What a restart begins with: the plan and the operators as they are.
    on_disk: (String, Vec<OperatorProfile>),
    later: BTreeMap<(Mono, u64), Input>,
    seq: u64,
    /// The last leg dialled to somebody, `outside` for a number outside.
    legs: BTreeMap<String, LegId>,
    /// The last offer to somebody.
    offers: BTreeMap<OperatorId, OfferId>,
    /// Who does not acknowledge cards.
    pub(crate) silent: Vec<OperatorId>,
    /// The playback each leg hears, with the moment it ends.
    plays: BTreeMap<LegId, (Mono, u64)>,
    /// Whether legs, prompts and desks answer by themselves.
    pub(crate) auto: bool,
    /// Whether calls come when there are too many.
    crowded: bool,
    /// Whether those who call cannot press digits.
    no_digits: bool,
}

/// Monday 2026-03-02, 12:00 in Moscow.
const NOON: i64 = 1_772_442_000_000_000;

impl World {
    pub(crate) fn new(plan: &str) -> Self {
        Self::at(plan, 0)
    }

    /// Begins so many hours after Monday noon.
    pub(crate) fn at(plan: &str, hours: i64) -> Self {
        Self::with(Config::default(), plan, hours)
    }

    pub(crate) fn with(config: Config, plan: &str, hours: i64) -> Self {
        let mut world = Self {
            board: Switchboard::new(config),
            now: Now {
                mono: Mono(0),
                wall: Wall(NOON + hours * 3_600_000_000),
            },
            journal: Vec::new(),
            outputs: Vec::new(),
            stamps: Vec::new(),
            story: String::new(),
            floor: Floor::default(),
            on_disk: (String::new(), Vec::new()),
            later: BTreeMap::new(),
            seq: 0,
            legs: BTreeMap::new(),
            offers: BTreeMap::new(),
            silent: Vec::new(),
            plays: BTreeMap::new(),
            auto: true,
            crowded: false,
            no_digits: false,
        };
        world.plan(plan);
        world
    }

    /// Plays a script to its end and gives the story.
    pub(crate) fn tell(mut self, script: &str) -> String {
        self.play(script);
        self.story
    }

    /// Plays a script: `seconds who does-what` on each line. `listen` begins the story anew. `late who does-what` comes when
    /// deadlines before it are overdue, as when a machine was busy.
    pub(crate) fn play(&mut self, script: &str) {
        for line in script
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
        {
            let (at, what) = line.split_once(' ').expect("a time and a deed");
            let at: f64 = at.parse().expect("seconds");
            #[expect(clippy::cast_possible_truncation, reason = "a script's own times")]
            #[expect(clippy::cast_sign_loss, reason = "a script's own times")]
            let at = Mono((at * 1e6).round() as u64);
            match what.strip_prefix("late ") {
                Some(_) => self.sleep_until(at),
                None => self.run_until(at),
            }
            let what = what.strip_prefix("late ").unwrap_or(what);
            self.deed(&what.split_whitespace().collect::<Vec<_>>());
        }
    }

    pub(crate) fn plan(&mut self, text: &str) {
        let source = Source {
            name: "plan.toml".into(),
            text: text.into(),
        };
        let loaded = load(&[source]).expect("a good plan");
        text.clone_into(&mut self.on_disk.0);
        self.put(Event::Plan(Arc::new(loaded.plan)));
    }

    /// One event, and everything the switchboard does about it.
    pub(crate) fn put(&mut self, event: Event) {
        if let Event::Input(Input::Operators { operators }) = &event {
            self.on_disk.1.clone_from(operators);
        }
        self.journal.push((self.now, event.clone()));
        feed(&mut self.board, self.now, event);
        while let Some(output) = self.board.poll_output() {
            self.note(&output);
            if let Output::Floor { event } = &output {
                self.floor.apply(self.now.wall, event);
            }
            if self.auto {
                self.react(&output);
            }
            if let Some(line) = words::output(&output) {
                let secs = self.now.mono.since(Mono::default()).as_secs_f64();
                writeln!(self.story, "{secs:7.3} {line}").expect("a string takes all");
            }
            self.outputs.push(output);
            self.stamps.push(self.now.wall);
        }
        self.board.check_invariants().expect("invariants hold");
    }

    pub(crate) fn input(&mut self, input: Input) {
        self.put(Event::Input(input));
    }

    /// Fires everything that is due up to a moment, in order.
    pub(crate) fn run_until(&mut self, end: Mono) {
        loop {
            let event = self.later.keys().next().copied();
            let timeout = self.board.poll_timeout();
            let next = event.map(|(at, _)| at).into_iter().chain(timeout).min();
            let Some(at) = next.filter(|at| *at <= end) else {
                break;
            };
            self.sleep_until(at);
            match event.filter(|(due, _)| *due <= at) {
                Some(key) => {
                    let input = self.later.remove(&key).expect("just seen");
                    self.input(input);
                }
                None => self.put(Event::Timeout),
            }
        }
        self.sleep_until(end);
    }

    fn sleep_until(&mut self, at: Mono) {
        let ahead = at.since(self.now.mono);
        self.now = self.now.plus(ahead);
    }

    fn after(&mut self, delay: Duration, input: Input) -> (Mono, u64) {
        self.seq += 1;
        let key = (self.now.mono + delay, self.seq);
        self.later.insert(key, input);
        key
    }

    /// What the script speaks of later.
    fn note(&mut self, output: &Output) {
        match output {
            Output::Dial { leg, target, .. } => {
                let who = match target {
                    DialTarget::Operator { operator } => operator.to_string(),
                    DialTarget::External { .. } => "outside".into(),
                    DialTarget::Customer { .. } => "customer".into(),
                };
                self.legs.insert(who, *leg);
            }
            Output::Desk {
                operator,
                event: DeskEvent::OfferCreated(card),
            } => {
                self.offers.insert(operator.clone(), card.offer_id);
            }
            Output::Desk {
                operator,
                event: DeskEvent::OfferUpdated(card),
            } if card.offer_id.index == 0 => {
                self.offers.insert(operator.clone(), card.offer_id);
            }
            _ => {}
        }
    }

    /// What the wire, the media and the desks do by themselves.
    fn react(&mut self, output: &Output) {
        match output {
            Output::Answer { leg } => {
                self.after(
                    WIRE,
                    Input::LegAnswered {
                        leg: *leg,
                        session_id: None,
                    },
                );
            }
            Output::Refuse { leg, .. } | Output::HangUp { leg, .. } => {
                self.stop_play(*leg);
                let cause = EndCause::ByUs;
                self.after(
                    WIRE,
                    Input::LegEnded {
                        leg: *leg,
                        cause,
                        said: None,
                    },
                );
            }
            Output::Play {
                leg,
                play,
                prompts,
                repeat,
            } => self.start_play(*leg, *play, prompts.len(), *repeat),
            Output::StopPlay { leg } => self.stop_play(*leg),
            Output::Bridge { a, b } => {
                self.stop_play(*a);
                self.after(Duration::from_millis(100), Input::LegHeard { leg: *b });
            }
            Output::Desk {
                operator,
                event: DeskEvent::OfferCreated(card),
            } if !self.silent.contains(operator) => {
                let (operator, offer) = (operator.clone(), card.offer_id);
                self.after(DESK, Input::PopAcked { operator, offer });
            }
            _ => {}
        }
    }

    fn start_play(&mut self, leg: LegId, play: u32, prompts: usize, repeat: bool) {
        self.stop_play(leg);
        if !repeat {
            let length = PROMPT * u32::try_from(prompts).expect("a few");
            let key = self.after(length, Input::PlayEnded { leg, play });
            self.plays.insert(leg, key);
        }
    }

    fn stop_play(&mut self, leg: LegId) {
        if let Some(key) = self.plays.remove(&leg) {
            self.later.remove(&key);
        }
    }

    /// One line of a script.
    fn deed(&mut self, words: &[&str]) {
        match words {
            ["end"] => {}
            ["listen"] => self.story.clear(),
            ["resumed", name, operator, before, left] => {
                let letter = name.chars().next().expect("one letter");
                self.resumed(letter, operator, before, left);
            }
            ["restart", secs] => {
                let away = Duration::from_secs(secs.parse().expect("seconds"));
                self.restart(away);
            }
            ["drain"] => self.input(Input::Drain),
            ["admin", name, words @ ..] => self.directs(Speaker::Admin((*name).into()), words),
            ["page", name, words @ ..] => self.directs(Speaker::Operator((*name).into()), words),
            ["crowd"] => self.crowded = true,
            ["block", name, secs] => self.block(name, Some(secs)),
            ["unblock", name] => self.block(name, None),
            ["no", "digits"] => self.no_digits = true,
            ["attack"] => self.input(Input::Attack {
                mode: AttackMode::On,
            }),
            ["operators", names @ ..] => {
                let operators = names.iter().map(|name| profile(name)).collect();
                self.input(Input::Operators { operators });
            }
            [name, what @ ..] if name.len() == 1 => self.caller(name, what),
            ["outside", what] => self.phone("outside", what),
            ["customer", what] => self.phone("customer", what),
            [name, what @ ..] => self.operator(name, what),
            [] => {}
        }
    }

    /// The caller of a call who withholds the number, for so many seconds from now.
    fn block(&mut self, name: &str, secs: Option<&str>) {
        let call = call_id(name.chars().next().expect("one letter"));
        let secs = secs.map(|secs| secs.parse::<i64>().expect("seconds") * 1_000_000);
        let until = secs.map(|secs| Wall(self.now.wall.0 + secs));
        self.input(Input::Block { call, until });
    }

    /// What a restart begins with instead of the plan in force.
    pub(crate) fn lies_on_disk(&mut self, plan: &str) {
        plan.clone_into(&mut self.on_disk.0);
    }

    /// The same world again, which goes on by itself.
    pub(crate) fn twin(&self) -> Self {
        let mut twin = Self::with(Config::default(), &self.on_disk.0, 0);
        twin.auto = false;
        for (now, event) in self.journal.iter().skip(1) {
            twin.now = *now;
            twin.put(event.clone());
        }
        twin.now = self.now;
        twin.auto = self.auto;
        twin.later.clone_from(&self.later);
        twin.plays.clone_from(&self.plays);
        twin
    }

    /// The daemon dies, and after a while there is another, which knows what is on record.
    pub(crate) fn restart(&mut self, away: Duration) {
        let cut = self.now.wall;
        self.now = self.now.plus(away);
        self.board = Switchboard::new(Config::default());
        self.later.clear();
        self.plays.clear();
        self.legs.clear();
        self.offers.clear();
        let (plan, operators) = self.on_disk.clone();
        self.plan(&plan);
        self.input(Input::Operators { operators });
        for words in Input::words_before(&self.floor, 2) {
            self.input(words);
        }
        let seats = self.floor.seats.values().cloned();
        let people = seats.map(|seated| self.comes_back(seated)).collect();
        self.input(Input::Restored { cut, people });
    }

    /// Who talked has that to write up from now on, for 20 s.
    fn comes_back(&self, seated: Seated) -> Comeback {
        let talked = seated.call.filter(|_| seated.talks_since.is_some());
        let given = self.floor.given.get(&seated.operator).cloned();
        let wrap_up = talked.map(|call| ResumedWrapUp {
            call,
            operator: seated.operator.clone(),
            since: self.now.wall,
            until: self.now.plus(Duration::from_secs(20)).wall,
            disposed: false,
        });
        Comeback {
            seated,
            wrap_up,
            extend_max: None,
            given,
        }
    }

    /// A wrap-up of the run before: begun so many seconds ago, with so many left.
    fn resumed(&mut self, letter: char, operator: &str, before: &str, left: &str) {
        let secs = |text: &str| text.parse::<i64>().expect("seconds") * 1_000_000;
        let (operator, call) = (OperatorId::from(operator), call_id(letter));
        self.offers
            .insert(operator.clone(), OfferId { call, index: 1 });
        let wrap_up = ResumedWrapUp {
            call,
            operator,
            since: Wall(self.now.wall.0 - secs(before)),
            until: Wall(self.now.wall.0 + secs(left)),
            disposed: false,
        };
        self.input(Input::Resumed {
            wrap_ups: vec![wrap_up],
            over: Vec::new(),
        });
    }

    fn caller(&mut self, name: &str, what: &[&str]) {
        let letter = name.chars().next().expect("one letter");
        let call = call_id(letter);
        let leg = LegId::caller(call);
        match what {
            ["calls"] => self.arrives(letter, "+79990000001", "+78000000001"),
            ["calls", number] => self.arrives(letter, number, "+78000000001"),
            ["calls", number, did] => self.arrives(letter, number, did),
            ["presses", digit] => {
                let digit = digit.chars().next().expect("one digit");
                let form = DigitForm::Event;
                self.input(Input::Digit { leg, digit, form });
            }
            ["presses", digit, "by", form] => {
                let form = match *form {
                    "info" => DigitForm::Info,
                    _ => DigitForm::Tone,
                };
                let digit = digit.chars().next().expect("one digit");
                self.input(Input::Digit { leg, digit, form });
            }
            ["hangs", "up"] => self.leg_ends(leg, EndCause::HungUp),
            ["goes", "silent"] => self.leg_ends(leg, EndCause::MediaTimeout),
            ["is", "lost"] => self.leg_ends(leg, EndCause::SessionTimeout),
            ["is", "not", "recorded"] => self.input(Input::NotRecorded { call }),
            ["is", client] => {
                let client = client_match(client);
                self.input(Input::LookupDone { call, client });
            }
            ["is", client, "by", search] => {
                let (client, search) = (client_match(client), search.parse().expect("a number"));
                self.input(Input::SearchDone {
                    call,
                    search,
                    client,
                });
            }
            other => panic!("a caller cannot {other:?}"),
        }
    }

    pub(crate) fn arrives(&mut self, letter: char, number: &str, did: &str) {
        let private = Caller {
            number: parsed("+79990000001"),
            display: Some("Ольга".into()),
            presentation: Presentation::Restricted,
            asserted_by: IdentitySource::Pai,
            region: None,
        };
        let caller = match number {
            "anonymous" => Caller::anonymous(),
            // As a trunk with `show_private` brings them, and as any other does.
            "private" => private,
            "hidden" => private.kept_private(),
            marked if marked.starts_with("hidden-") => private.kept_private(),
            number => Caller {
                number: parsed(number),
                display: None,
                presentation: Presentation::Allowed,
                asserted_by: IdentitySource::From,
                region: None,
            },
        };
        self.input(Input::CallArrived {
            call: call_id(letter),
            trunk: "carrier".into(),
            caller,
            withheld: number
                .strip_prefix("hidden-")
                .map(|mark| mark.parse().expect("a mark")),
            dialled: Dialled {
                number: parsed(did),
                found_in: IdentitySource::RequestUri,
            },
            sip_call_id: format!("{letter}@carrier"),
            session_id: None,
            brief: self.crowded,
            no_digits: self.no_digits,
        });
    }

    fn operator(&mut self, name: &str, what: &[&str]) {
        let operator = OperatorId::from(name);
        match what {
            ["sits"] => self.sits(name),
            ["phone", state] => {
                let live = *state == "up";
                self.input(Input::Phone { operator, live });
            }
            ["desk", session] => self.desk(&operator, session.parse().expect("a session"), false),
            ["takes", "over", session] => {
                self.desk(&operator, session.parse().expect("a session"), true);
            }
            ["desk", session, "lost"] => {
                let session = gudok_model::SessionId(session.parse().expect("a session"));
                self.input(Input::DeskLost { operator, session });
            }
            ["is", "silent"] => self.silent.push(operator),
            ["acks"] => {
                let offer = self.offers[&operator];
                self.input(Input::PopAcked { operator, offer });
            }
            ["dials", whom] => self.dials(name, whom),
            ["refers", whom] => self.asks(name, Some(whom)),
            ["joins"] => self.asks(name, None),
            ["second", what] => self.phone(&format!("{name}'s second"), what),
            ["says", command @ ..] => self.says(&operator, command),
            ["forced", to, by] => self.forced(operator, to, by),
            [what] => self.phone(name, what),
            other => panic!("an operator cannot {other:?}"),
        }
    }

    /// A phone, a desk, and ready.
    pub(crate) fn sits(&mut self, name: &str) {
        let operator = OperatorId::from(name);
        let phone = Input::Phone {
            operator: operator.clone(),
            live: true,
        };
        self.input(phone);
        self.desk(&operator, 1, false);
        self.command(&operator, 1, DeskCommand::Ready);
    }

    fn desk(&mut self, operator: &OperatorId, session: u64, takeover: bool) {
        let session = gudok_model::SessionId(session);
        self.input(Input::DeskConnected {
            operator: operator.clone(),
            session,
            takeover,
        });
    }

    /// `ivan forced LUNCH by_olga`.
    fn forced(&mut self, operator: OperatorId, to: &str, by: &str) {
        let to = forced(to);
        let actor = Actor::Supervisor(by.into());
        self.input(Input::Force {
            operator,
            to,
            actor,
        });
    }

    /// At another door than a desk.
    fn directs(&mut self, by: Speaker, words: &[&str]) {
        self.seq += 1;
        let id = self.seq.to_string();
        let directive = directive(words);
        self.input(Input::Directed { by, id, directive });
    }

    fn says(&mut self, operator: &OperatorId, words: &[&str]) {
        let offer = self.offers.get(operator).copied();
        let offer_id = offer.unwrap_or(OfferId {
            call: call_id('Z'),
            index: 1,
        });
        let call_id = offer_id.call;
        let command = match words {
            ["ready"] => DeskCommand::Ready,
            ["not_ready", reason] => DeskCommand::NotReady {
                reason: (*reason).into(),
            },
            ["reject"] => DeskCommand::Reject { offer_id },
            ["hang_up"] => DeskCommand::HangUp { call_id },
            ["logout"] => DeskCommand::Logout,
            [
                "force" | "reserve" | "regroup" | "priority" | "assign" | "announce" | "quiet",
                ..,
            ] => DeskCommand::Direct(directive(words)),
            ["serve", groups @ ..] => DeskCommand::Serve {
                groups: groups.iter().map(|group| (*group).into()).collect(),
            },
            ["extend", by_s] => DeskCommand::Extend {
                by_s: by_s.parse().expect("seconds"),
            },
            ["disposition", code, rest @ ..] => DeskCommand::Disposition {
                call_id,
                code: (*code).into(),
                note: rest
                    .iter()
                    .find(|it| **it != "done")
                    .map(|it| (*it).to_owned()),
                done: rest.contains(&"done"),
            },
            ["hold"] => DeskCommand::Hold { call_id },
            ["resume"] => DeskCommand::Resume { call_id },
            ["keys", keys] => DeskCommand::Keys {
                call_id,
                keys: Keys::new((*keys).into()).expect("keys"),
            },
            ["transfer", to] => DeskCommand::Transfer {
                call_id,
                to: parsed(to),
            },
            ["consult", to] => DeskCommand::Consult {
                call_id,
                to: parsed(to),
            },
            ["complete"] => DeskCommand::Complete { call_id },
            ["cancel_consult"] => DeskCommand::CancelConsult { call_id },
            ["mute", on] => DeskCommand::Mute {
                call_id,
                on: *on == "on",
            },
            ["conference"] => DeskCommand::Conference { call_id },
            ["drop", who] => DeskCommand::Drop {
                call_id,
                party: match *who {
                    "caller" => Party::Caller,
                    _ => Party::Asked,
                },
            },
            ["park"] => DeskCommand::Park {
                call_id,
                slot: None,
            },
            ["park", slot] => DeskCommand::Park {
                call_id,
                slot: Some(slot.parse().expect("a number")),
            },
            ["dial", number] => DeskCommand::Dial(dial_out(number, "service", Some("request"))),
            ["dial", number, purpose] => DeskCommand::Dial(dial_out(number, purpose, None)),
            ["dial", number, purpose, basis] => {
                DeskCommand::Dial(dial_out(number, purpose, Some(basis)))
            }
            ["preview", number] => {
                DeskCommand::Preview(dial_out(number, "service", Some("request")))
            }
            ["skip"] => DeskCommand::Skip(None),
            ["skip", reason] => DeskCommand::Skip(Some((*reason).into())),
            ["callback_take", name] => DeskCommand::CallbackTake {
                request: self::call_id(letter(name)),
            },
            ["callback_later", name, secs] => {
                let secs: i64 = secs.parse().expect("seconds");
                DeskCommand::CallbackLater {
                    request: self::call_id(letter(name)),
                    at: Wall(self.now.wall.0 + secs * 1_000_000),
                }
            }
            ["callback_cancel", name, why @ ..] => DeskCommand::CallbackCancel {
                request: self::call_id(letter(name)),
                why: why.join(" "),
            },
            ["do_not_call", name, why @ ..] => DeskCommand::DoNotCall {
                of: self::call_id(letter(name)),
                purpose: None,
                why: why.join(" "),
            },
            ["unpark", slot] => DeskCommand::Unpark {
                slot: slot.parse().expect("a number"),
            },
            ["leave", call] => DeskCommand::Leave {
                call_id: self::call_id(call.chars().next().expect("one letter")),
            },
            [how @ ("listen" | "whisper" | "barge" | "take_over"), call] => {
                DeskCommand::Supervise {
                    call_id: self::call_id(call.chars().next().expect("one letter")),
                    mode: mode(how),
                }
            }
            other => panic!("no command {other:?}"),
        };
        self.command(operator, 1, command);
    }

    /// From now on the desk of one speaks of the call that was offered last to another.
    pub(crate) fn crosses(&mut self, desk: &str, other: &str) {
        let offer = self.offers[&OperatorId::from(other)];
        self.offers.insert(desk.into(), offer);
    }

    fn command(&mut self, operator: &OperatorId, session: u64, command: DeskCommand) {
        self.seq += 1;
        self.input(Input::DeskCommand {
            operator: operator.clone(),
            session: gudok_model::SessionId(session),
            id: format!("c{}", self.seq),
            command,
        });
    }

    /// From the second line of a phone: in the call of its talk, or in a call of operators alone.
    pub(crate) fn dials(&mut self, name: &str, whom: &str) {
        let operator = OperatorId::from(name);
        self.seq += 1;
        let alone = CallId(Uuid::from_u128(u128::from(0x11_0000 + self.seq)));
        let leg = self.board.consult_leg(&operator);
        let leg = leg.unwrap_or(LegId::caller(alone));
        self.legs.insert(format!("{name}'s second"), leg);
        let to = parsed(whom);
        self.input(Input::OperatorDials { leg, operator, to });
    }

    /// A REFER to somebody, or to whom the second line speaks with.
    pub(crate) fn asks(&mut self, name: &str, whom: Option<&str>) {
        let second = self.legs.get(&format!("{name}'s second")).copied();
        match (whom, second) {
            (Some(whom), _) => {
                let number = parsed(whom);
                self.refers(name, ReferTo::Person { number });
            }
            (None, Some(leg)) => self.refers(name, ReferTo::Party { leg }),
            (None, None) => {}
        }
    }

    fn refers(&mut self, name: &str, to: ReferTo) {
        let leg = *self.legs.get(name).expect("a leg was dialled");
        self.seq += 1;
        let refer = u32::try_from(self.seq).expect("a few");
        self.input(Input::Referred { leg, refer, to });
    }

    /// What is on an operator's screen.
    pub(crate) fn last_offer(&self, name: &str) -> Option<OfferId> {
        self.offers.get(&OperatorId::from(name)).copied()
    }

    /// The leg that was last dialled to somebody.
    pub(crate) fn last_leg(&self, name: &str) -> Option<LegId> {
        self.legs.get(name).copied()
    }

    fn phone(&mut self, name: &str, what: &str) {
        let leg = *self.legs.get(name).expect("a leg was dialled");
        match what {
            "rings" => self.input(Input::LegRinging { leg }),
            "presses-1" | "presses-2" | "presses-7" => {
                let digit = what.chars().last().expect("a digit");
                let form = DigitForm::Event;
                self.input(Input::Digit { leg, digit, form });
            }
            "answers" => self.input(Input::LegAnswered {
                leg,
                session_id: None,
            }),
            "sounds" => self.input(Input::LegHeard { leg }),
            "holds" => self.input(Input::LegHeld { leg, on: true }),
            "resumes" => self.input(Input::LegHeld { leg, on: false }),
            "declines" => self.leg_ends(leg, EndCause::Declined),
            "busy" => self.leg_ends(leg, EndCause::Busy),
            "unknown" => self.leg_ends(leg, EndCause::NotFound),
            "unreachable" => self.leg_ends(leg, EndCause::Unreachable),
            "hangs-up" => self.leg_ends(leg, EndCause::HungUp),
            "dies" => self.leg_ends(leg, EndCause::MediaTimeout),
            "is-lost" => self.leg_ends(leg, EndCause::SessionTimeout),
            other => {
                let to = other.strip_prefix("points-to-");
                let to = to
                    .unwrap_or_else(|| panic!("a phone cannot {other}"))
                    .into();
                self.input(Input::LegRedirected { leg, to });
                self.leg_ends(leg, EndCause::Declined);
            }
        }
    }

    fn leg_ends(&mut self, leg: LegId, cause: EndCause) {
        self.stop_play(leg);
        self.later
            .retain(|_, input| !matches!(input, Input::LegEnded { leg: own, .. } if *own == leg));
        self.input(Input::LegEnded {
            leg,
            cause,
            said: None,
        });
    }
}

/// Gives one event to a switchboard.
pub(crate) fn feed(board: &mut Switchboard, now: Now, event: Event) {
    match event {
        Event::Input(input) => board.handle_input(now, input),
        Event::Plan(plan) => board.set_plan(now, plan),
        Event::Timeout => board.handle_timeout(now),
    }
}

fn letter(name: &str) -> char {
    name.chars().next().expect("one letter")
}

pub(crate) fn call_id(letter: char) -> CallId {
    CallId(Uuid::from_u128(u128::from(u32::from(letter))))
}

pub(crate) fn parsed(number: &str) -> Parsed {
    Parsed {
        raw: number.into(),
        e164: number.to_owned().try_into().ok(),
        kind: match number.starts_with("+79") {
            true => Kind::Mobile,
            false => Kind::Unknown,
        },
    }
}

/// `reserve second on`, `priority A 7` …
pub(crate) fn directive(words: &[&str]) -> Directive {
    let call = |name: &str| call_id(name.chars().next().expect("one letter"));
    match words {
        ["force", operator, to] => Directive::Force {
            operator: (*operator).into(),
            to: forced(to),
        },
        ["reserve", group, on] => Directive::Reserve {
            group: (*group).into(),
            on: *on == "on",
        },
        ["regroup", operator, groups @ ..] => Directive::Regroup {
            operator: (*operator).into(),
            groups: groups.iter().map(|group| (*group).into()).collect(),
        },
        ["priority", name, priority] => Directive::Reprioritise {
            call_id: call(name),
            priority: priority.parse().expect("a digit"),
        },
        ["assign", name, to] => Directive::Assign {
            call_id: call(name),
            to: (*to).into(),
        },
        ["announce", queue, prompts @ ..] => Directive::Announce {
            queue: (*queue).into(),
            prompts: prompts.iter().map(|prompt| (*prompt).into()).collect(),
        },
        ["quiet", alarm, subject, for_s] => Directive::Quiet {
            alarm: (*alarm).into(),
            subject: (*subject).into(),
            project: None,
            for_s: for_s.parse().expect("seconds"),
        },
        other => panic!("no word {other:?}"),
    }
}

fn mode(how: &str) -> SupervisionMode {
    match how {
        "whisper" => SupervisionMode::Whisper,
        "barge" => SupervisionMode::Barge,
        "take_over" => SupervisionMode::TakeOver,
        _ => SupervisionMode::Listen,
    }
}

fn forced(to: &str) -> Forced {
    match to {
        "ready" => Forced::Ready,
        "logged_out" => Forced::LoggedOut,
        "wrap_up_over" => Forced::WrapUpOver,
        reason => Forced::NotReady {
            reason: reason.into(),
        },
    }
}

/// `ivan`; `ivan*`: works by phone alone; `olga^`: supervises; `root!`: an admin; `ivan@other`: of another project.
pub(crate) fn profile(name: &str) -> OperatorProfile {
    let (name, project) = name.split_once('@').unwrap_or((name, "hotline"));
    let id = name.trim_end_matches(['*', '^', '!']);
    OperatorProfile {
        id: id.into(),
        name: id.into(),
        project: project.into(),
        auto_answer: AutoAnswer::Off,
        phone_only: name.ends_with('*'),
        phone: None,
        role: match name {
            name if name.ends_with('!') => Role::Admin,
            name if name.ends_with('^') => Role::Supervisor,
            _ => Role::Operator,
        },
    }
}

fn client_match(who: &str) -> ClientMatch {
    match who {
        "nobody" => ClientMatch::None { took_ms: 5 },
        "unavailable" => ClientMatch::Error {
            error: LookupError::Unreachable,
        },
        name => ClientMatch::One {
            client: Client {
                id: "C-1".into(),
                name: name.into(),
                class: if name == "vip" {
                    ClientClass::Vip
                } else {
                    ClientClass::Regular
                },
                fields: BTreeMap::new(),
                source: "local".into(),
            },
            took_ms: 5,
        },
    }
}

/// Whom an operator wants to call, read and placed as a driver does.
pub(crate) fn dial_out(number: &str, purpose: &str, basis: Option<&str>) -> Box<DialOut> {
    let region = gudok_model::Region {
        code: "RU-MOW".into(),
        also: None,
        name: "Москва".into(),
        zone: Some("Europe/Moscow".into()),
        confidence: gudok_model::Confidence::Code,
    };
    Box::new(DialOut {
        number: parsed(number),
        purpose: purpose.into(),
        basis: basis.map(Into::into),
        reference: basis.map(|_| "№ 17".into()),
        cli: None,
        region: Some(region),
    })
}
