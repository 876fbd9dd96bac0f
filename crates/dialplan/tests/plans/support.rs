//! The words of the stories: plans from text, callers, clocks, and a call walked through a plan.
use std::collections::BTreeMap;

use gudok_calendar::{Overrides, Zone};
use gudok_dialplan::{
    Decision, Facts, Loaded, Memory, Plan, QueueFacts, Source, Step, StepEnd, Typed, load,
};
use gudok_model::{
    Caller, Client, ClientClass, ClientMatch, Dialled, IdentitySource, Kind, Parsed, PhoneNumber,
    Presentation, QueueId, TrunkId, Wall,
};

/// The project's own hotline.
pub(crate) fn hotline() -> Vec<Source> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../dialplans/");
    [
        "8800.toml",
        "holidays-ru-2026.toml",
        "holidays-ru-2027.toml",
        "holidays-ru-bashkortostan-2026.toml",
        "holidays-ru-buryatia-2026.toml",
        "holidays-ru-sakha-2026.toml",
        "holidays-ru-tatarstan-2026.toml",
        "law-ru-2026.toml",
        "outbound.toml",
    ]
    .into_iter()
    .map(|name| Source {
        name: name.into(),
        text: std::fs::read_to_string(format!("{folder}{name}")).expect("the file is there"),
    })
    .collect()
}

/// A plan of one file.
pub(crate) fn source(text: &str) -> Vec<Source> {
    vec![Source {
        name: "8800.toml".into(),
        text: text.into(),
    }]
}

pub(crate) fn loaded(sources: &[Source]) -> Loaded {
    load(sources).unwrap_or_else(|problems| {
        let shown: Vec<_> = problems.iter().map(|problem| problem.render()).collect();
        panic!("{}", shown.join("\n"))
    })
}

/// One caller at one moment.
pub(crate) struct Call {
    pub(crate) now: Wall,
    pub(crate) caller: Caller,
    pub(crate) dialled: Dialled,
    pub(crate) trunk: TrunkId,
    pub(crate) client: ClientMatch,
    pub(crate) queues: BTreeMap<QueueId, QueueFacts>,
    pub(crate) overrides: Overrides,
    pub(crate) memory: Memory,
}

fn parsed(number: &str, kind: Kind) -> Parsed {
    let e164 = PhoneNumber::try_from(number.to_owned()).ok();
    Parsed {
        raw: number.into(),
        e164,
        kind,
    }
}

impl Call {
    /// `local` is what the clock in Irkutsk shows: `2026-01-12T12:00`.
    pub(crate) fn at(did: &str, local: &str) -> Self {
        Self {
            now: irkutsk(local),
            caller: Caller {
                number: parsed("+79990000042", Kind::Mobile),
                display: None,
                presentation: Presentation::Allowed,
                asserted_by: IdentitySource::From,
                region: None,
            },
            dialled: Dialled {
                number: parsed(did, Kind::TollFree),
                found_in: IdentitySource::RequestUri,
            },
            trunk: "carrier".into(),
            client: ClientMatch::None { took_ms: 12 },
            memory: Memory::default(),
            queues: ["tech", "reserve"]
                .map(|name| {
                    (
                        name.into(),
                        QueueFacts {
                            logged_in: 2,
                            ready: 1,
                            ..Default::default()
                        },
                    )
                })
                .into(),
            overrides: Overrides::NONE,
        }
    }

    pub(crate) fn of_client(mut self, class: ClientClass, fields: &[(&str, &str)]) -> Self {
        let field = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let client = Client {
            id: "17".into(),
            name: "ООО «Пример»".into(),
            class,
            fields: fields.iter().map(field).collect(),
            source: "local".into(),
        };
        self.client = ClientMatch::One {
            client,
            took_ms: 12,
        };
        self
    }

    pub(crate) fn anonymous(mut self) -> Self {
        self.caller = Caller::anonymous();
        self.client = ClientMatch::NoNumber;
        self
    }

    pub(crate) fn facts(&self) -> Facts<'_> {
        Facts {
            now: self.now,
            caller: &self.caller,
            dialled: &self.dialled,
            trunk: &self.trunk,
            client: &self.client,
            queues: &self.queues,
            overrides: &self.overrides,
            memory: &self.memory,
        }
    }

    /// Walks the plan: each decision with its reasons; `ends` says how queues and external legs end, in order.
    pub(crate) fn story(&self, plan: &Plan, ends: &[StepEnd]) -> String {
        let mut lines = Vec::new();
        let is_ours = self.walk(plan, ends, |step| {
            for reason in &step.reasons {
                let place = reason.place.as_deref().unwrap_or("-");
                lines.push(format!("  {place} [{}] {}", reason.code, reason.text));
            }
            lines.push(format!("{:?}", step.decision));
        });
        match is_ours {
            true => lines.join("\n"),
            false => "not our number".into(),
        }
    }

    /// Walks the plan and tells of each decision; false for a number that is none of the plan's.
    pub(crate) fn walk(&self, plan: &Plan, ends: &[StepEnd], mut told: impl FnMut(&Step)) -> bool {
        let mut ends = ends.iter();
        let Some((number, mut cursor)) = plan.enter(&self.dialled, &self.trunk) else {
            return false;
        };
        let (mut end, mut memory) = (None, Memory::default());
        loop {
            let facts = Facts {
                memory: &memory,
                ..self.facts()
            };
            let step = plan.step(number, &cursor, end, &facts);
            memory = step.memory.clone().unwrap_or(memory);
            told(&step);
            end = match after(&step.decision, &mut ends) {
                Some(end) => Some(end),
                None => return true,
            };
            cursor = step.cursor;
        }
    }
}

/// How a decision ends; None when the call is over with it.
fn after<'a>(decision: &Decision, ends: &mut impl Iterator<Item = &'a StepEnd>) -> Option<StepEnd> {
    match decision {
        Decision::Play { .. } | Decision::Voicemail { .. } => Some(StepEnd::Played),
        Decision::AwaitLookup { .. } => Some(StepEnd::LookedUp),
        Decision::Find { .. } => ends.next().copied(),
        Decision::Ask { .. } => ends.next().copied(),
        Decision::Queue { .. } | Decision::External { .. } | Decision::Operator { .. } => {
            ends.next().copied().filter(|end| *end != StepEnd::Answered)
        }
        Decision::Promise { .. } | Decision::Close { .. } | Decision::HangUp { .. } => None,
    }
}

/// These keys were pressed.
pub(crate) fn typed(keys: &str) -> StepEnd {
    StepEnd::Typed(Typed::try_from(keys.to_owned()).expect("keys"))
}

/// Irkutsk is at UTC+8 all the year.
pub(crate) fn irkutsk(local: &str) -> Wall {
    let (date, time) = local.split_once('T').expect("date and time");
    let date = gudok_calendar::parse_date(date).expect("a date");
    let days = (1970..date.year()).map(|y| {
        if (y % 4 == 0 && y % 100 != 0) || y % 400 == 0 {
            366
        } else {
            365
        }
    });
    let days: i64 = days.sum::<i64>() + i64::from(date.day_of_year()) - 1;
    let (hour, minute) = time.split_once(':').expect("hours and minutes");
    let minutes =
        hour.parse::<i64>().expect("hours") * 60 + minute.parse::<i64>().expect("minutes");
    let at = Wall((days * 1440 + minutes - 480) * 60_000_000);
    let shown = Zone::parse("Asia/Irkutsk").expect("a zone").local(at);
    assert_eq!((shown.date, i64::from(shown.hour)), (date, minutes / 60));
    at
}
