//! Reasons in Russian: what a condition saw, what was decided, how the last thing ended.
use gudok_calendar::{Awaited, Zone};
use gudok_model::{Name, Needs, PhoneNumber, Reason, SkillId, Wall};

use crate::condition::{Fact, Var, World};
use crate::coverage::STEPS_EXCEEDED;
use crate::decision::{Decision, StepEnd};
use crate::flow::What;
use crate::plan::STEPS_MAX;
use crate::typed::masked;

/// Longest value that is shown. Characters.
const VALUE_MAX: usize = 40;
/// Longest run of digits of a variable that is shown.
const RUN_MAX: usize = 4;

/// `english 3, law 1`.
pub(crate) fn levels(needs: &Needs) -> String {
    let one = |(skill, level): (&SkillId, &u8)| format!("{skill} {level}");
    let all: Vec<String> = needs.iter().map(one).collect();
    match all.is_empty() {
        true => "никакие".to_owned(),
        false => all.join(", "),
    }
}

/// The facts a condition looked at: ` (client.class = "regular"; график office закрыт: …)`.
pub(crate) fn seen(world: &World<'_>) -> String {
    let mut list: Vec<String> = world
        .vars
        .iter()
        .map(|(path, var)| fact(path, var, world))
        .collect();
    list.dedup();
    if list.is_empty() {
        String::new()
    } else {
        format!(" ({})", list.join("; "))
    }
}

fn fact(path: &str, var: &Var, world: &World<'_>) -> String {
    if let Var::ScheduleOpen(index) | Var::ScheduleReason(index) = var {
        let name = path.split('.').nth(1).unwrap_or(path);
        return match world.closed(*index) {
            None => match world.by_hand(*index) {
                None => format!("график «{name}» открыт"),
                Some(by_hand) => {
                    let told = by_hand.told(&world.schedules[*index].zone);
                    format!("график «{name}» открыт {told}")
                }
            },
            Some(why) => format!("график «{name}» закрыт: {why}"),
        };
    }
    let is_typed = matches!(var, Var::Typed | Var::Answer(_) | Var::Variable(..));
    match world.fact(var) {
        Fact::Text(text) if is_typed && is_account(&text) => {
            format!("{path} = \"{}\"", masked(&text))
        }
        Fact::Text(text) if is_typed => format!("{path} = \"{}\"", shown(&without_runs(&text))),
        Fact::Int(number) if is_typed => format!("{path} = {}", without_runs(&number.to_string())),
        Fact::Bool(flag) => format!("{path} = {flag}"),
        Fact::Int(number) => format!("{path} = {number}"),
        Fact::Text(text) => format!("{path} = \"{}\"", shown(&text)),
        Fact::Fields(fields) => format!("{path}: полей {}", fields.len()),
        Fact::Missing | Fact::Some => format!("{path}: {}", lacking(var)),
    }
}

/// Digits a caller has typed, or a copy of them.
fn is_account(text: &str) -> bool {
    text.len() > 1 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The text with its longer runs of digits hidden but for the last two: what was typed may be part of it, or counted
/// with.
fn without_runs(text: &str) -> String {
    let mut hidden = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(begin) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, run) = rest.split_at(begin);
        let end = run.find(|c: char| !c.is_ascii_digit());
        let (run, after) = run.split_at(end.unwrap_or(run.len()));
        hidden.push_str(before);
        match run.len() > RUN_MAX {
            true => hidden.push_str(&masked(run)),
            false => hidden.push_str(run),
        }
        rest = after;
    }
    hidden + rest
}

/// Numbers are masked, since reasons are read by many; long texts are cut.
pub(crate) fn shown(text: &str) -> String {
    match PhoneNumber::try_from(text.to_owned()) {
        Ok(number) => number.masked(),
        Err(_) if text.chars().count() > VALUE_MAX => {
            let cut: String = text.chars().take(VALUE_MAX).collect();
            format!("{cut}…")
        }
        Err(_) => text.to_owned(),
    }
}

/// What a fact that is missing lacks.
fn lacking(var: &Var) -> &'static str {
    match var {
        Var::ScheduleOpensInDays(_) | Var::ScheduleOpensDate(_) | Var::ScheduleOpensTime(_) => {
            "график открыт или в ближайшие 400 дней не откроется"
        }
        Var::CallerLocalHour | Var::CallerLocalWeekday => "часовой пояс звонящего неизвестен",
        _ => "нет такого поля",
    }
}

/// The fact that is missing, as the commonest cause of a condition that cannot be told.
pub(crate) fn missing(world: &World<'_>) -> Option<String> {
    let missing = |(_, var): &&(String, Var)| matches!(world.fact(var), Fact::Missing);
    let (path, var) = world.vars.iter().find(missing)?;
    Some(match var {
        Var::ClientField(_) => format!("{path}: у клиента нет такого поля"),
        _ => format!("{path}: {}", lacking(var)),
    })
}

/// Prompts by name, without the pieces of values: those may be somebody's number.
fn told(prompts: &[Name]) -> String {
    crate::prompts::named(prompts).join(", ")
}

/// Code and text of a decision.
pub(crate) fn decided(decision: &Decision) -> (&'static str, String) {
    match decision {
        Decision::Play { prompts, notice } => {
            let notice = if *notice {
                " (уведомление о записи)"
            } else {
                ""
            };
            ("play", format!("фразы: {}{notice}", told(prompts)))
        }
        Decision::Ask {
            prompts, answer, ..
        } => {
            let said = told(prompts);
            match answer {
                None => ("menu", format!("меню, фразы: {said}")),
                Some(name) => ("ask", format!("спрашиваем «{name}», фразы: {said}")),
            }
        }
        Decision::AwaitLookup { deadline } => (
            "lookup",
            format!(
                "ждём поиск клиента, не дольше {} мс от начала звонка",
                deadline.as_millis()
            ),
        ),
        Decision::Find {
            by,
            value,
            deadline,
        } => {
            let (value, ms) = (masked(value), deadline.as_millis());
            let text = format!("ищем клиента, у которого «{by}» — {value}, не дольше {ms} мс");
            ("find", text)
        }
        Decision::Queue {
            queue,
            priority,
            wait_max,
            keys,
            ..
        } => {
            let keys = keys.as_ref().map_or_else(String::new, |it| {
                let keys: Vec<String> = it.keys.keys().map(String::from).collect();
                format!(", клавиши: {}", keys.join(", "))
            });
            let secs = wait_max.as_secs();
            let text = format!("очередь «{queue}», приоритет {priority}, ждать до {secs} с{keys}");
            ("queue", text)
        }
        Decision::External {
            number, ring, ack, ..
        } => {
            let taken = ack.as_ref().map_or_else(String::new, |ack| {
                format!(", взять звонок — клавиша {}", ack.take)
            });
            let (number, ring) = (number.masked(), ring.as_secs());
            let text = format!("внешний номер {number}, звонить до {ring} с{taken}");
            ("external", text)
        }
        Decision::Operator { operator, ring, .. } => {
            let text = format!("оператор {operator}, звонить до {} с", ring.as_secs());
            ("operator", text)
        }
        Decision::Voicemail { max, .. } => (
            "voicemail",
            format!("голосовое сообщение до {} с", max.as_secs()),
        ),
        Decision::Promise {
            owed,
            to,
            keep_place,
            ..
        } => {
            let place = if *keep_place {
                ", место в очереди за ним"
            } else {
                ""
            };
            let whom = to.as_ref();
            let whom = whom.map_or_else(|| "его номер".to_owned(), PhoneNumber::masked);
            let group = owed.group.as_ref();
            let group = group.map_or_else(String::new, |group| format!(", группа «{group}»"));
            let minutes = owed.within.as_secs() / 60;
            let schedule = owed.schedule.as_ref();
            let schedule = schedule.map_or_else(String::new, |it| format!(", по графику «{it}»"));
            let text =
                format!("обещаем перезвонить на {whom} за {minutes} мин{group}{schedule}{place}");
            ("callback", text)
        }
        Decision::Close { prompts, reason } => (
            "close",
            format!("закрывающая фраза: {} (причина: {reason})", told(prompts)),
        ),
        Decision::HangUp { reason } => (
            "hang_up",
            format!("повесить трубку без слов (причина: {reason})"),
        ),
    }
}

/// A shift that its person has not accepted, and who is called for it.
pub(crate) fn awaited(roster: &str, awaited: &Awaited<'_>, now: Wall, zone: &Zone) -> String {
    let (label, since) = (&awaited.person.label, hour(zone, awaited.since));
    let due = hour(zone, awaited.due);
    let then = match (now < awaited.due, awaited.relieves) {
        (true, true) => {
            format!("принять надо до {due}, пока первым звонят тому, кто дежурил до этого")
        }
        (true, false) => format!("принять надо до {due}"),
        (false, true) => {
            format!(
                "принять надо было до {due}; звонят заступающему, затем тому, кто дежурил до этого"
            )
        }
        (false, false) => format!("принять надо было до {due}"),
    };
    format!("график дежурств «{roster}»: смену с {since} не принимает {label}; {then}")
}

/// `23.11 20:00`.
pub(crate) fn hour(zone: &Zone, at: Wall) -> String {
    let local = zone.local(at);
    let (day, month) = (local.date.day(), local.date.month());
    format!("{day:02}.{month:02} {:02}:{:02}", local.hour, local.minute)
}

/// Code and text of how a decision ended.
pub(crate) fn ended(what: &What, end: StepEnd) -> (&'static str, String) {
    let whose = match what {
        What::Queue(queue) => format!("очередь «{}»: ", queue.queue),
        What::Duty(duty) => format!("график дежурств «{}»: ", duty.name),
        What::Operator(call) => format!("оператор ({}): ", call.who.text()),
        What::External { number, .. } => format!("внешний номер {}: ", number.masked()),
        _ => String::new(),
    };
    let (code, text) = match end {
        StepEnd::NoOperators if matches!(what, What::Operator(_)) => {
            ("unavailable", "не на линии, занят или на перерыве")
        }
        // What was pressed is told with what comes of it.
        StepEnd::Typed(_) => ("typed", "нажаты клавиши"),
        StepEnd::Silent => ("silent", "ничего не нажато"),
        StepEnd::Played => ("played", "доиграно"),
        StepEnd::LookedUp | StepEnd::Searched(_) => ("looked_up", "поиск клиента окончен"),
        StepEnd::Answered => ("answered", "ответили"),
        StepEnd::TimedOut => ("timed_out", "не дождались ответа"),
        StepEnd::NoOperators => ("no_operators", "в группе никого нет"),
        StepEnd::Full => ("full", "очередь заполнена"),
        StepEnd::Failed => ("failed", "сбой у нас"),
        StepEnd::Removed => ("removed", "очереди больше нет в плане"),
        StepEnd::Closed => (
            "queue_closed",
            "закрылась, а ждущие в ней не остаются (at_close = leave)",
        ),
        StepEnd::NotAnswered => ("not_answered", "не ответили"),
    };
    (code, format!("{whose}{text}"))
}

/// Why the plan could not go on; `round`: where it stopped it would have come by again.
pub(crate) fn cannot_go_on(why: &str, round: bool) -> Reason {
    let text = match why {
        STEPS_EXCEEDED if round => format!("звонок ходил по кругу: больше {STEPS_MAX} шагов"),
        STEPS_EXCEEDED => format!("путь звонка слишком длинный: больше {STEPS_MAX} шагов"),
        _ => "место в плане не найдено: план сменился во время звонка".into(),
    };
    Reason {
        code: why.into(),
        place: None,
        text,
    }
}
