//! Rules as an admin may write them, and calls to ask them of.
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use gudok_calendar::{Day, DayKind, Holidays, Span, Zone, parse_date};
use gudok_model::{Kind, Now, OperatorId, PhoneNumber, Region, Wall};
use gudok_numbering::Numbering;
use gudok_outbound::{
    Basis, Cli, ContactLimits, Counters, Decision, Demand, Door, Facts, Ground, Home, Kopecks, Law,
    Limits, Places, Prefix, Prefixes, Purpose, Rules, Terms, decide,
};

pub(crate) fn zone(name: &str) -> Zone {
    Zone::parse(name).expect("a zone")
}

pub(crate) fn number(text: &str) -> PhoneNumber {
    PhoneNumber::try_from(text.to_owned()).expect("a number")
}

/// A moment as a clock in Moscow shows it.
pub(crate) fn moscow(text: &str) -> Wall {
    zone("Europe/Moscow").moment(text).expect("a moment")
}

pub(crate) fn now(wall: Wall) -> Now {
    let mono = gudok_model::Mono(wall.0.unsigned_abs());
    Now { mono, wall }
}

pub(crate) fn span(text: &str) -> Span {
    Span::parse(text).expect("hours")
}

pub(crate) fn law(name: &str, purposes: &[Purpose], demand: Demand) -> Law {
    Law {
        name: name.into(),
        article: format!("статья о {name}"),
        from: parse_date("2025-01-01").expect("a date"),
        till: None,
        purposes: purposes.to_vec(),
        to: Vec::new(),
        demand,
        place: format!("law.toml:{name}").as_str().into(),
    }
}

/// 230-ФЗ, 41-ФЗ, 38-ФЗ and the hours of the house.
pub(crate) fn laws() -> Vec<Law> {
    use Purpose::{Advertising, Debt, Service, Survey};
    let hours = |working, days_off| Demand::Hours {
        working: span(working),
        days_off: span(days_off),
    };
    let basis = |grounds: &[Ground], proof| Demand::Basis {
        grounds: grounds.to_vec(),
        proof,
    };
    let contacts = ContactLimits {
        day: Some(1),
        week: Some(2),
        month: Some(8),
    };
    let mut label = law("label", &[], Demand::Label);
    label.from = parse_date("2025-09-01").expect("a date");
    label.to = vec![Kind::Mobile];
    vec![
        law(
            "ads_consent",
            &[Advertising],
            basis(&[Ground::Consent], true),
        ),
        law("debt_basis", &[Debt], basis(&[Ground::Debt], false)),
        law("debt_contacts", &[Debt], Demand::Contacts(contacts)),
        law("debt_hours", &[Debt], hours("08:00-22:00", "09:00-20:00")),
        law(
            "house_hours",
            &[Service, Advertising, Survey],
            hours("09:00-21:00", "09:00-21:00"),
        ),
        label,
    ]
}

/// The year 2026 with its May holidays and a working Saturday.
pub(crate) fn holidays() -> Holidays {
    let mut holidays = Holidays::default();
    let days = [
        ("2026-05-01", DayKind::Holiday),
        ("2026-02-28", DayKind::Work),
    ];
    for (date, kind) in days {
        let name = String::new();
        holidays.add(parse_date(date).expect("a date"), Day { kind, name });
    }
    holidays
}

pub(crate) fn allowed(per_minute: u64) -> Terms {
    Terms::Allowed {
        per_minute: Kopecks(per_minute),
        zone: None,
    }
}

pub(crate) fn prefixes(list: &[(&str, Terms)]) -> Prefixes {
    let mut prefixes = Prefixes::default();
    for (beginning, terms) in list {
        let place = format!("outbound.toml:{beginning}").as_str().into();
        let prefix = Prefix {
            terms: terms.clone(),
            place,
        };
        prefixes.add((*beginning).into(), prefix);
    }
    prefixes
}

pub(crate) fn cli(text: &str) -> Cli {
    let said = |text: &str| Some(text.to_owned());
    Cli {
        number: number(text),
        owner: said("ООО Ромашка"),
        label: said("Ромашка поддержка"),
        category: said("Услуги связи"),
        contract: said("77-41"),
        valid_to: None,
        purposes: Vec::new(),
        place: format!("outbound.toml:cli {text}").as_str().into(),
    }
}

pub(crate) fn rules() -> Rules {
    let laws = laws().into_iter().map(|it| (it.name.clone(), it));
    Rules {
        zone: zone("Europe/Moscow"),
        holidays: Some(Arc::new(holidays())),
        night: None,
        limits: Limits::ALL,
        operator: Limits::OPERATOR,
        talk_max: Duration::from_secs(600),
        prefixes: prefixes(&[
            ("+7", allowed(250)),
            ("+7809", Terms::Denied),
            ("+79", allowed(300)),
        ]),
        clis: vec![cli("+74950000001")],
        law: laws.collect::<BTreeMap<_, _>>(),
        places: Places {
            outbound: "outbound.toml:1:1".into(),
            night: "outbound.toml:2:1".into(),
            limits: "outbound.toml:3:1".into(),
            operator: "outbound.toml:4:1".into(),
        },
    }
}

/// A call somebody wants to make.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) door: Door,
    pub(crate) number: PhoneNumber,
    pub(crate) region: Option<Region>,
    pub(crate) home: Option<Home>,
    pub(crate) operator: Option<OperatorId>,
    pub(crate) purpose: Purpose,
    pub(crate) basis: Option<Basis>,
    pub(crate) cli: Option<PhoneNumber>,
}

impl Call {
    pub(crate) fn to(text: &str, purpose: Purpose, ground: Ground) -> Self {
        let number = number(text);
        Self {
            door: Door::Client,
            region: Numbering::built_in().region_of(&number),
            number,
            home: None,
            operator: Some("101".into()),
            purpose,
            basis: Some(Basis {
                ground,
                reference: Some("17".into()),
            }),
            cli: None,
        }
    }

    pub(crate) fn facts(&self, counters: &Counters, at: Now) -> Facts<'_> {
        Facts {
            door: self.door,
            number: &self.number,
            region: self.region.as_ref(),
            home: self.home.as_ref(),
            operator: self.operator.as_ref(),
            purpose: self.purpose,
            basis: self.basis.as_ref(),
            cli: self.cli.as_ref(),
            usage: counters.usage(at, self.operator.as_ref(), &self.number),
            refusal: None,
            asked_at: None,
        }
    }

    /// `allowed`, or the rule with its place.
    pub(crate) fn told(&self, rules: &Rules, at: Wall) -> String {
        match decide(rules, &self.facts(&Counters::default(), now(at)), at) {
            Decision::Allowed { .. } => "allowed".to_owned(),
            Decision::Blocked { rule, place, .. } => format!("{rule} {place}"),
        }
    }
}
