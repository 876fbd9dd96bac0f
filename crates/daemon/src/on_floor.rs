//! The facts of the floor as people read them. Russian.
use std::time::Duration;

use gudok_model::{
    Actor, FloorEvent, Forced, GroupId, Name, OperatorId, PhoneNumber, ProjectId, Shift, Tally,
    Wall, Which,
};
use gudok_outbound::Purpose;
use gudok_switchboard::wall::AlarmNow;

use crate::slugs::{policy, reason, state};
use crate::verbs::calls::{date_time, time_of_day};

/// One line for a fact.
pub(crate) fn line(event: &FloorEvent) -> String {
    let Some(operator) = event.operator() else {
        return of_nobody(event);
    };
    let what = match event {
        FloorEvent::SatDown { .. } => "начал смену".to_owned(),
        FloorEvent::Restored { shift, .. } => format!(
            "после перезапуска смена идёт дальше, {}",
            spell(shift.length_us)
        ),
        FloorEvent::Kept { kept, .. } => match &kept.not_ready {
            None => "на линии, как только будут телефон и рабочее место".to_owned(),
            Some(code) => format!("не на линии, {}", reason(code)),
        },
        FloorEvent::State {
            display,
            reason: code,
            next,
            actor,
            ..
        } => {
            let code = code.as_ref();
            let why = code.map_or_else(String::new, |it| format!(": {}", reason(it)));
            let next = next.as_ref();
            let next = next.map_or_else(String::new, |it| format!(", потом {}", state(it)));
            let by = by(actor, Some(operator));
            format!("{}{why}{next}; на линию и с линии: {by}", state(display))
        }
        FloorEvent::WrapUpSet {
            until, extensions, ..
        } => written_up(&date_time(until.0), *extensions),
        FloorEvent::Counted { tally, .. } => done(tally),
        FloorEvent::Forced { to, actor, .. } => {
            format!("{} велит: {}", by(actor, Some(operator)), forced(to))
        }
        FloorEvent::Regrouped { groups, actor, .. } => {
            let groups = groups.iter().map(GroupId::as_str).collect::<Vec<_>>();
            let groups = groups.join(", ");
            match actor {
                Actor::Operator(_) => format!("берёт звонки групп: {groups}"),
                _ => format!("{} переводит в группы: {groups}", by(actor, Some(operator))),
            }
        }
        FloorEvent::GroupsAsPlanned { .. } => {
            "действует другой план: снова в группах плана".to_owned()
        }
        FloorEvent::Skipped {
            number,
            purpose,
            reason,
            timed_out,
            ..
        } => skipped(number, purpose, reason.as_ref(), *timed_out),
        FloorEvent::Left { shift, .. } => left(shift),
        other => format!("{other:?}"),
    };
    format!("{operator}: {what}")
}

/// What concerns a group, a queue or the whole hotline.
fn of_nobody(event: &FloorEvent) -> String {
    let which = |what: &str, subject: &Name, project: &Option<ProjectId>| {
        let of = [Some(&**subject), project.as_ref().map(ProjectId::as_str)];
        let of: Vec<&str> = of
            .into_iter()
            .flatten()
            .filter(|it| !it.is_empty())
            .collect();
        match of.is_empty() {
            true => format!("тревога {what}"),
            false => format!("тревога {what} ({})", of.join(", ")),
        }
    };
    let told = |what: &Name, level: u64| AlarmNow {
        which: Which {
            what: what.clone(),
            subject: Name::default(),
            project: None,
        },
        since: Wall(0),
        level,
        quiet_until: None,
    };
    match event {
        FloorEvent::Reserved { group, on, actor } => {
            let word = if *on {
                "поднимает группу в помощь"
            } else {
                "возвращает группу как было"
            };
            format!("группа {group}: {} {word}", by(actor, None))
        }
        FloorEvent::AnnouncedTo {
            queue,
            prompts,
            heard,
            actor,
        } => {
            let (by, prompts) = (by(actor, None), prompts.join(", "));
            format!("очередь {queue}: {by} объявляет {prompts}; слышат {heard}")
        }
        FloorEvent::AlarmOn {
            what,
            subject,
            project,
            level,
        } => {
            let text = told(what, *level).text();
            format!("{}: {text}", which(what, subject, project))
        }
        FloorEvent::AlarmOff {
            what,
            subject,
            project,
        } => format!("{} снята", which(what, subject, project)),
        FloorEvent::AlarmQuiet {
            what,
            subject,
            project,
            until,
            actor,
        } => {
            let until = until.map_or_else(
                || "больше не приглушена".to_owned(),
                |until| format!("приглушена до {}", date_time(until.0)),
            );
            let which = which(what, subject, project);
            format!("{which} {until}: {}", by(actor, None))
        }
        other => format!("{other:?}"),
    }
}

/// What belongs to the story of the call it names. The end without its date, which a ladder would take for a phone number and
/// hide.
pub(crate) fn caption(event: &FloorEvent) -> Option<String> {
    match event {
        FloorEvent::WrapUpSet {
            operator,
            until,
            extensions,
            ..
        } => {
            let what = written_up(&time_of_day(until.0), *extensions);
            Some(format!("{operator}: {what}"))
        }
        _ => None,
    }
}

fn written_up(until: &str, extensions: u32) -> String {
    match extensions {
        0 => format!("оформляет звонок до {until}"),
        times => format!("продлил оформление (раз: {times}), до {until}"),
    }
}

/// Whom they looked at and did not call; the number as logs have it.
fn skipped(number: &PhoneNumber, purpose: &str, reason: Option<&Name>, timed_out: bool) -> String {
    let whom = number.masked();
    let known = Purpose::WORDS
        .into_iter()
        .find(|(word, _)| *word == purpose);
    let purpose = known.map_or("", |(_, purpose)| purpose.told());
    match (timed_out, reason) {
        (true, _) => format!("смотрел {whom} ({purpose}) и не решил вовремя"),
        (false, None) => format!("не стал звонить {whom} ({purpose}), не сказал почему"),
        (false, Some(reason)) => format!("не стал звонить {whom} ({purpose}): {reason}"),
    }
}

fn done(tally: &Tally) -> String {
    let Tally {
        calls,
        dialled,
        talk_us,
        dialled_us,
        misses,
        rejects,
        extensions,
    } = tally;
    let (talk, own) = (spell(*talk_us), spell(*dialled_us));
    format!(
        "за смену разговоров {calls}, своих звонков {dialled}, говорил {talk} (из них в своих звонках {own}), пропустил {misses}, отказался {rejects}, продлений {extensions}"
    )
}

fn left(shift: &Shift) -> String {
    let states = shift.states_us.iter();
    let states: Vec<String> = states
        .map(|(name, us)| format!("{} {}", state(name), spell(*us)))
        .collect();
    let (length, states) = (spell(shift.length_us), states.join(", "));
    format!("закончил смену, {length}: {states}; {}", done(&shift.tally))
}

/// Whose word it was.
pub(crate) fn by(actor: &Actor, of: Option<&OperatorId>) -> String {
    match actor {
        Actor::Operator(who) if Some(who) == of => "сам".to_owned(),
        Actor::Operator(who) => format!("оператор {who}"),
        Actor::Supervisor(who) => format!("супервизор {who}"),
        Actor::Admin(who) => format!("администратор {who}"),
        Actor::Policy(name) => format!("правило «{}»", policy(name)),
    }
}

fn forced(to: &Forced) -> String {
    match to {
        Forced::Ready => "на линию".to_owned(),
        Forced::NotReady { reason } => format!("с линии, {reason}"),
        Forced::LoggedOut => "закончить смену".to_owned(),
        Forced::WrapUpOver => "закончить оформление".to_owned(),
    }
}

/// `1:02:03`.
fn spell(us: u64) -> String {
    let secs = Duration::from_micros(us).as_secs();
    format!("{}:{:02}:{:02}", secs / 3_600, secs / 60 % 60, secs % 60)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use gudok_model::{SessionId, Wall};

    use super::*;

    #[test]
    fn every_fact_has_words() {
        let operator = OperatorId::from("101");
        let tally = Tally {
            calls: 12,
            dialled: 1,
            talk_us: 3_723_000_000,
            dialled_us: 63_000_000,
            misses: 2,
            rejects: 3,
            extensions: 4,
        };
        let states = [("ready".into(), 60_000_000), ("talking".into(), 5_000_000)];
        let shift = Shift {
            session: SessionId(1),
            length_us: 65_000_000,
            states_us: BTreeMap::from(states),
            tally,
        };
        let facts = [
            FloorEvent::SatDown {
                operator: operator.clone(),
                session: SessionId(1),
            },
            FloorEvent::State {
                operator: operator.clone(),
                version: 3,
                display: "not_ready".into(),
                reason: Some("LUNCH".into()),
                next: None,
                since: Wall(0),
                call: None,
                actor: Actor::Supervisor("petrova".into()),
                dialled: false,
                kept: None,
            },
            FloorEvent::State {
                operator: operator.clone(),
                version: 4,
                display: "talking".into(),
                reason: None,
                next: Some("logged_out".into()),
                since: Wall(0),
                call: None,
                actor: Actor::Operator(operator.clone()),
                dialled: false,
                kept: None,
            },
            FloorEvent::Forced {
                operator: operator.clone(),
                to: Forced::NotReady {
                    reason: "LUNCH".into(),
                },
                actor: Actor::Admin("root".into()),
            },
            FloorEvent::Reserved {
                group: "second".into(),
                on: true,
                actor: Actor::Supervisor("petrova".into()),
            },
            FloorEvent::Regrouped {
                operator: operator.clone(),
                groups: vec!["first".into(), "second".into()],
                actor: Actor::Admin("root".into()),
                plan: None,
            },
            FloorEvent::GroupsAsPlanned {
                operator: operator.clone(),
            },
            FloorEvent::AnnouncedTo {
                queue: "tech".into(),
                prompts: vec!["outage".into()],
                heard: 3,
                actor: Actor::Supervisor("petrova".into()),
            },
            FloorEvent::AlarmOn {
                what: "service_level".into(),
                subject: "tech".into(),
                project: Some("isp".into()),
                level: 55,
            },
            FloorEvent::AlarmQuiet {
                what: "service_level".into(),
                subject: "tech".into(),
                project: None,
                until: None,
                actor: Actor::Supervisor("petrova".into()),
            },
            FloorEvent::AlarmOff {
                what: "disk".into(),
                subject: "".into(),
                project: None,
            },
            FloorEvent::Skipped {
                operator: operator.clone(),
                number: PhoneNumber::try_from("+79990001122".to_owned()).expect("a number"),
                purpose: "debt".into(),
                basis: None,
                reason: Some("просил не звонить".into()),
                timed_out: false,
            },
            FloorEvent::Left { operator, shift },
        ];
        let told: Vec<String> = facts.iter().map(line).collect();
        insta::assert_snapshot!(told.join("\n"), @r"
        101: начал смену
        101: не на линии: LUNCH; на линию и с линии: супервизор petrova
        101: разговор, потом не на смене; на линию и с линии: сам
        101: администратор root велит: с линии, LUNCH
        группа second: супервизор petrova поднимает группу в помощь
        101: администратор root переводит в группы: first, second
        101: действует другой план: снова в группах плана
        очередь tech: супервизор petrova объявляет outage; слышат 3
        тревога service_level (tech, isp): Вовремя отвечено на 55 % звонков за час
        тревога service_level (tech) больше не приглушена: супервизор petrova
        тревога disk снята
        101: не стал звонить +7999•••1122 (взыскание долга): просил не звонить
        101: закончил смену, 0:01:05: на линии 0:01:00, разговор 0:00:05; за смену разговоров 12, своих звонков 1, говорил 1:02:03 (из них в своих звонках 0:01:03), пропустил 2, отказался 3, продлений 4
        ");
        assert!(facts.iter().all(|fact| caption(fact).is_none()));
    }
}
