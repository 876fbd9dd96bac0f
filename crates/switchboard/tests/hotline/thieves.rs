//! Toll fraud (S03): whatever a plan allows, whoever asks for whatever number by whatever door, nobody is rung outside but where a
//! prefix lets them, no limit is passed by one, and at night no client.
use std::collections::BTreeMap;
use std::time::Duration;

use gudok_model::{CallEvent, CallId, LegId, OperatorId, SessionId};
use gudok_switchboard::desk::DeskCommand;
use gudok_switchboard::output::DialTarget;
use gudok_switchboard::{Config, Input, Output};
use proptest::prelude::*;

use crate::callbacks::asked;
use crate::random::{Step, step, take};
use crate::world::{World, call_id, dial_out, parsed};

const OPERATORS: [&str; 3] = ["ivan", "anna", "petr"];
/// Whom a thief would call: here, a paid line, abroad, a satellite.
const NUMBERS: [&str; 8] = [
    "+74951234567",
    "+74957654321",
    "+79161234567",
    "+78095550001",
    "+375290000001",
    "+37190000001",
    "+881612345678",
    "+16135550100",
];
const PREFIXES: [&str; 10] = [
    "+7", "+7495", "+7495123", "+79", "+7809", "+375", "+3719", "+37190", "+8", "+1",
];
/// A moment is known to within this.
const STEP: Duration = Duration::from_secs(10);

/// What an admin wrote.
#[derive(Clone, Debug)]
struct Rules {
    /// By the place in [`PREFIXES`]: the price of a minute in kopecks. None: denied.
    prefixes: BTreeMap<usize, Option<u32>>,
    at_once: u32,
    per_hour: u32,
    roubles: u32,
    per_operator: (u32, u32),
    is_night: bool,
    /// Where the plan leads when nobody is there.
    external: usize,
}

/// What happens.
#[derive(Clone, Debug)]
enum Move {
    Any(Step),
    Dial(usize, usize),
    Preview(usize, usize),
    Transfer(usize, usize),
    Consult(usize, usize),
    /// Somebody asks by a form to be called.
    Asks(u8, usize),
    /// Longer than any step of [`step`].
    Wait(u32),
}

fn rules() -> impl Strategy<Value = Rules> {
    let prefix = (
        0..PREFIXES.len(),
        prop::option::weighted(0.7, 50..3_000_u32),
    );
    let limits = (1..4_u32, 1..8_u32, 20..400_u32, (1..3_u32, 1..6_u32));
    let rest = (prop::bool::weighted(0.15), 0..NUMBERS.len());
    (prop::collection::vec(prefix, 1..7), limits, rest).prop_map(
        |(prefixes, (at_once, per_hour, roubles, per_operator), (is_night, external))| Rules {
            prefixes: prefixes.into_iter().collect(),
            at_once,
            per_hour,
            roubles,
            per_operator,
            is_night,
            external,
        },
    )
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let (who, whom) = (0..OPERATORS.len(), 0..NUMBERS.len());
    let one = prop_oneof![
        12 => step().prop_map(Move::Any),
        6 => (who.clone(), whom.clone()).prop_map(|(o, n)| Move::Dial(o, n)),
        1 => (who.clone(), whom.clone()).prop_map(|(o, n)| Move::Preview(o, n)),
        2 => (who.clone(), whom.clone()).prop_map(|(o, n)| Move::Transfer(o, n)),
        2 => (who, whom.clone()).prop_map(|(o, n)| Move::Consult(o, n)),
        2 => (any::<u8>(), whom).prop_map(|(id, n)| Move::Asks(id, n)),
        1 => (1..30_u32).prop_map(Move::Wait),
    ];
    prop::collection::vec(one, 1..100)
}

impl Rules {
    fn plan(&self) -> String {
        let price =
            |kopecks: u32| format!("{{ minute = \"{}.{:02}\" }}", kopecks / 100, kopecks % 100);
        let prefixes = self.prefixes.iter().map(|(at, terms)| {
            let terms = terms.map_or_else(|| "\"denied\"".to_owned(), price);
            format!("\"{}\" = {terms}\n", PREFIXES[*at])
        });
        let (at_once, per_hour) = self.per_operator;
        PLAN.replace(
            "NIGHT",
            if self.is_night {
                "08:00-23:59"
            } else {
                "never"
            },
        )
        .replace("AT_ONCE", &self.at_once.to_string())
        .replace("PER_HOUR", &self.per_hour.to_string())
        .replace("ROUBLES", &self.roubles.to_string())
        .replace("OWN_ONCE", &at_once.to_string())
        .replace("OWN_HOUR", &per_hour.to_string())
        .replace("PREFIXES", &prefixes.collect::<String>())
        // A plan whose own step may not be called does not load.
        .replace("EXTERNAL", NUMBERS[self.own_step()])
    }

    /// The step's number, or the first that may be called.
    fn own_step(&self) -> usize {
        let wanted = std::iter::once(self.external).chain(0..NUMBERS.len());
        let mut allowed = wanted.filter(|at| self.price(NUMBERS[*at]).is_some());
        allowed.next().unwrap_or(NUMBERS.len())
    }

    /// The longest beginning decides. None: nobody may call there.
    fn price(&self, number: &str) -> Option<u32> {
        let fits = self.prefixes.iter();
        let fits = fits.filter(|(at, _)| number.starts_with(PREFIXES[**at]));
        let longest = fits.max_by_key(|(at, _)| PREFIXES[**at].len());
        longest.and_then(|(_, terms)| *terms)
    }
}

const PLAN: &str = r#"
[outbound]
zone = "Europe/Moscow"
night = "NIGHT"
talk_max = "60s"
limits = { at_once = AT_ONCE, per_hour = PER_HOUR, roubles_per_day = ROUBLES }
operator = { at_once = OWN_ONCE, per_hour = OWN_HOUR, roubles_per_day = ROUBLES }

[outbound.prefixes]
PREFIXES
[[outbound.cli]]
number = "+78000000001"

[[number]]
did = "+78000000001"
project = "hotline"
flow = "main"
zone = "Europe/Moscow"
record = "off"

[group.support]
operators = ["ivan", "anna", "petr"]
strategy = "linear"
ring = "15s"
wrap_up = "20s"

[queue.support]
callback = { tries = 3, pause = "1m" }

[[flow.main]]
queue = "support"
wait = "30s"
on_no_operators = "duty"
on_timeout = "duty"
on_full = "duty"

[[flow.duty]]
external = "EXTERNAL"
ring = "20s"
on_not_answered = "message"

[[flow.message]]
voicemail = "voicemail_intro"
max = "30s"

[[flow.message]]
close = "voicemail_thanks"
reason = "message_taken"
"#;

/// A leg outside, as it was seen.
struct Rung {
    leg: LegId,
    number: String,
    by: Option<OperatorId>,
    began: Duration,
    answered: Option<Duration>,
    ended: Option<Duration>,
}

/// Everything that went out.
#[derive(Default)]
struct Ledger {
    rung: Vec<Rung>,
    by: BTreeMap<CallId, OperatorId>,
    seen: usize,
}

impl Ledger {
    /// What came out since the last look, at about this time.
    fn read(&mut self, rules: &Rules, outputs: &[Output], now: Duration) {
        for output in &outputs[self.seen..] {
            match output {
                Output::Fact {
                    call,
                    fact: CallEvent::Dialled { by: Some(by), .. },
                } => {
                    self.by.insert(*call, by.clone());
                }
                Output::Dial { leg, target, .. } => self.dialled(rules, *leg, target, now),
                Output::Fact {
                    fact: CallEvent::LegAnswered { leg, .. },
                    ..
                } => {
                    if let Some(rung) = self.open(*leg) {
                        rung.answered.get_or_insert(now);
                    }
                }
                Output::HangUp { leg, .. }
                | Output::Fact {
                    fact: CallEvent::LegEnded { leg, .. },
                    ..
                } => {
                    if let Some(rung) = self.open(*leg) {
                        rung.ended = Some(now);
                    }
                }
                _ => {}
            }
        }
        self.seen = outputs.len();
    }

    fn open(&mut self, leg: LegId) -> Option<&mut Rung> {
        let mut open = self.rung.iter_mut().filter(|it| it.ended.is_none());
        open.find(|it| it.leg == leg)
    }

    fn dialled(&mut self, rules: &Rules, leg: LegId, target: &DialTarget, now: Duration) {
        let (number, is_client) = match target {
            DialTarget::Operator { .. } => return,
            DialTarget::External { number, .. } => (number.to_string(), false),
            DialTarget::Customer { number, .. } => (number.to_string(), true),
        };
        assert!(rules.price(&number).is_some(), "{number} was called");
        assert!(
            !(is_client && rules.is_night),
            "a client is called at night"
        );
        let by = self.by.get(&leg.call).filter(|_| is_client).cloned();
        self.rung.push(Rung {
            leg,
            number,
            by,
            began: now,
            answered: None,
            ended: None,
        });
        let last = self.rung.last().and_then(|it| it.by.clone());
        self.keeps(rules.at_once, rules.per_hour, now, |_| true);
        if let Some(by) = last {
            let (at_once, per_hour) = rules.per_operator;
            self.keeps(at_once, per_hour, now, |it| it.by.as_ref() == Some(&by));
        }
        let spent: u64 = self.rung.iter().map(|it| it.cost(rules, now)).sum();
        assert!(spent <= u64::from(rules.roubles) * 100, "{spent} kopecks");
    }

    fn keeps(&self, at_once: u32, per_hour: u32, now: Duration, of: impl Fn(&&Rung) -> bool) {
        let theirs: Vec<&Rung> = self.rung.iter().filter(of).collect();
        let open = theirs.iter().filter(|it| it.ended.is_none()).count();
        assert!(open <= at_once as usize, "{open} at once");
        let hour = Duration::from_secs(3_600) - STEP * 2;
        let begun = theirs.iter().filter(|it| now - it.began < hour).count();
        assert!(begun <= per_hour as usize, "{begun} within an hour");
    }
}

impl Rung {
    /// At least so much: moments are known to within a step.
    fn cost(&self, rules: &Rules, now: Duration) -> u64 {
        let Some(answered) = self.answered else {
            return 0;
        };
        let talked = self.ended.unwrap_or(now).saturating_sub(answered);
        let minutes = talked.saturating_sub(STEP * 2).as_secs().div_ceil(60);
        u64::from(rules.price(&self.number).unwrap_or(0)) * minutes
    }
}

fn play(world: &mut World, it: Move) {
    let command = |world: &mut World, who: usize, command: DeskCommand| {
        world.input(Input::DeskCommand {
            operator: OPERATORS[who].into(),
            session: SessionId(1),
            id: "c".into(),
            command,
        });
    };
    let held = |world: &World, who: usize| world.last_offer(OPERATORS[who]).map(|it| it.call);
    match it {
        // Another plan has other rules; it would be another test.
        Move::Any(Step::Plan(_)) | Move::Wait(_) => {}
        Move::Any(it) => take(world, it),
        Move::Dial(who, to) => {
            let dial = dial_out(NUMBERS[to], "service", Some("request"));
            command(world, who, DeskCommand::Dial(dial));
        }
        Move::Preview(who, to) => {
            let dial = dial_out(NUMBERS[to], "service", Some("request"));
            command(world, who, DeskCommand::Preview(dial));
        }
        Move::Transfer(who, to) => {
            if let Some(call_id) = held(world, who) {
                let to = parsed(NUMBERS[to]);
                command(world, who, DeskCommand::Transfer { call_id, to });
            }
        }
        Move::Consult(who, to) => {
            if let Some(call_id) = held(world, who) {
                let to = parsed(NUMBERS[to]);
                command(world, who, DeskCommand::Consult { call_id, to });
            }
        }
        Move::Asks(id, to) => {
            let letter = char::from(b'a' + id % 26);
            let asked = Box::new(asked(NUMBERS[to]));
            let id = call_id(letter);
            world.input(Input::Asked { id, asked });
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn no_plan_and_no_word_lets_a_thief_out(rules in rules(), moves in moves()) {
        prop_assume!(rules.own_step() < NUMBERS.len());
        let config = Config {
            transfer_outside: vec!["+*".into()],
            follow_redirects: true,
            ..Config::default()
        };
        let mut world = World::with(config, &rules.plan(), 0);
        world.play("0 operators ivan anna petr\n0 ivan sits\n0 anna sits\n0 petr sits");
        let mut ledger = Ledger::default();
        for it in moves {
            let steps = match it {
                Move::Any(Step::Wait(ms)) => u128::from(ms).div_ceil(STEP.as_millis()),
                Move::Wait(steps) => steps.into(),
                _ => 0,
            };
            for _ in 0..steps {
                world.run_until(world.now.mono + STEP);
                ledger.read(&rules, &world.outputs, world.now.mono.since_start());
            }
            if steps == 0 {
                play(&mut world, it);
                ledger.read(&rules, &world.outputs, world.now.mono.since_start());
            }
        }
    }
}
