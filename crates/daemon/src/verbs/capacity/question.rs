//! What is asked: which group, which hours of which day, how good.
use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use gudok_calendar::Zone;
use gudok_capacity::Target;
use gudok_dialplan::Plan;
use gudok_model::{GroupId, GroupSettings, QueueId, QueueSettings, Relax, Wall};
use jiff::civil::{Date, Weekday};

use crate::cli::Capacity;

const DAY: u16 = 24 * 60;

/// Days of the week as plans name them.
const DAYS: [(&str, &str); 7] = [
    ("mon", "пн"),
    ("tue", "вт"),
    ("wed", "ср"),
    ("thu", "чт"),
    ("fri", "пт"),
    ("sat", "сб"),
    ("sun", "вс"),
];

/// Checked.
pub(super) struct Question {
    pub(super) group: GroupSettings,
    /// Those that feed the group.
    pub(super) queues: Vec<QueueId>,
    /// How long the plan keeps a caller there.
    pub(super) wait: Wait,
    /// Who else answers, or is answered, by the ladders of queues. Russian.
    pub(super) ladders: Vec<String>,
    /// On which the shift begins.
    pub(super) day: Weekday,
    /// Minute of the day.
    pub(super) from: u16,
    /// Length of the shift.
    pub(super) hours: u16,
    pub(super) target: Target,
    pub(super) zone: Zone,
}

/// How long a caller is kept in the queues of the group.
pub(super) struct Wait {
    /// By `--wait`.
    pub(super) said: Option<Duration>,
    /// By the steps of the plan.
    pub(super) of_plan: BTreeSet<Duration>,
}

impl Question {
    pub(super) fn read(plan: &Plan, arguments: &Capacity) -> anyhow::Result<Self> {
        let group = group(plan, &arguments.group)?;
        let queues = plan.queues().iter();
        let queues = queues.filter(|queue| queue.group == group.id);
        let wait = Wait {
            said: arguments.wait,
            of_plan: queues.clone().flat_map(|it| plan.waits(&it.id)).collect(),
        };
        let (from, hours) = hours(&arguments.from, &arguments.to)?;
        Ok(Self {
            queues: queues.map(|queue| queue.id.clone()).collect(),
            wait,
            ladders: ladders(plan.queues(), &group.id),
            group,
            day: day(&arguments.day)?,
            from,
            hours,
            target: target(&arguments.target)?,
            zone: zone(plan, arguments.zone.as_deref())?,
        })
    }

    /// Minute of the day an hour of the shift begins with; beyond midnight it goes on from 0.
    pub(super) fn begins(&self, hour: usize) -> u16 {
        let hour = u16::try_from(hour).unwrap_or_default();
        (self.from + hour * 60) % DAY
    }

    /// `20:00–21:00`.
    pub(super) fn hour(&self, hour: usize) -> String {
        let (from, to) = (self.begins(hour), self.begins(hour + 1));
        format!("{}–{}", clock_of(from), clock_of(to))
    }

    pub(super) fn day_code(&self) -> &'static str {
        self.day_names().0
    }

    fn day_names(&self) -> (&'static str, &'static str) {
        let index = self.day.to_monday_zero_offset().unsigned_abs();
        DAYS[usize::from(index) % DAYS.len()]
    }

    /// The shift that begins on this date.
    pub(super) fn shift(&self, date: Date) -> (Wall, Wall) {
        let from = self.zone.instant(date, self.from);
        (
            from,
            from + Duration::from_secs(3_600) * u32::from(self.hours),
        )
    }

    /// In a line.
    pub(super) fn told(&self) -> String {
        let to = (self.from + self.hours * 60 - 1) % DAY + 1;
        format!(
            "группа {}, {} {}–{} ({}), цель: {:.0} % за {} с",
            self.group.id,
            self.day_names().1,
            clock_of(self.from),
            clock_of(to),
            self.zone.name(),
            self.target.share * 100.0,
            self.target.within.as_secs()
        )
    }
}

impl Wait {
    /// The longest there is: whoever came by a step that keeps them shorter leaves before that. None: for ever.
    pub(super) fn longest(&self) -> Option<Duration> {
        self.said.or_else(|| self.of_plan.last().copied())
    }

    /// In a line.
    pub(super) fn told(&self) -> String {
        let Some(longest) = self.longest() else {
            return "предела ожидания нет: ни один шаг плана не ведёт в очереди группы".to_owned();
        };
        let whose = match (self.said, self.of_plan.len()) {
            (Some(_), _) => "--wait".to_owned(),
            (None, 1) => "wait в плане".to_owned(),
            (None, _) => {
                let all: Vec<String> = self.of_plan.iter().map(|it| seconds(*it)).collect();
                format!(
                    "wait в плане разный: {} с; взят наибольший, другой — --wait",
                    all.join(", ")
                )
            }
        };
        let longest = seconds(longest);
        format!("в очереди ждут не дольше {longest} с ({whose}), потом уходят по on_timeout")
    }
}

/// Only the group itself is lived through: what ladders add to it, and to its work, is said.
fn ladders(queues: &[QueueSettings], group: &GroupId) -> Vec<String> {
    let told = |queue: &QueueSettings| -> Vec<String> {
        let of = |step: &Relax| {
            let (after, added) = (seconds(step.after), step.group.as_ref()?);
            match (queue.group == *group, added == group) {
                (true, _) => Some(format!(
                    "лестница очереди {} через {after} с зовёт и группу {added}: её помощь не учтена, посчитано, сколько нужно без неё",
                    queue.id
                )),
                (false, true) => Some(format!(
                    "очередь {} через {after} с зовёт эту группу по лестнице: её вызовы не учтены, операторов может понадобиться больше",
                    queue.id
                )),
                (false, false) => None,
            }
        };
        queue.relax.iter().filter_map(of).collect()
    };
    queues.iter().flat_map(told).collect()
}

/// `08:00`.
pub(super) fn clock_of(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// With a tenth where it says something: `3.5`, `240`.
pub(super) fn seconds(time: Duration) -> String {
    let text = format!("{:.1}", time.as_secs_f64());
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}

fn group(plan: &Plan, name: &str) -> anyhow::Result<GroupSettings> {
    let groups = plan.groups();
    let found = groups.iter().find(|group| group.id.as_str() == name);
    found.cloned().with_context(|| {
        let known: Vec<&str> = groups.iter().map(|group| group.id.as_str()).collect();
        format!(
            "--group: группы «{name}» в плане нет; есть: {}",
            known.join(", ")
        )
    })
}

fn day(text: &str) -> anyhow::Result<Weekday> {
    let index = DAYS.iter().position(|(en, ru)| [*en, *ru].contains(&text));
    let day = index.and_then(|index| i8::try_from(index).ok());
    let day = day.and_then(|index| Weekday::from_monday_zero_offset(index).ok());
    day.with_context(|| {
        let known: Vec<&str> = DAYS.iter().map(|(en, _)| *en).collect();
        format!("--day: «{text}» — не день; есть: {}", known.join(", "))
    })
}

/// From which minute of the day, and for how many hours; as late as it began is a day.
fn hours(from: &str, to: &str) -> anyhow::Result<(u16, u16)> {
    let read = |key: &str, text: &str| {
        let minute = text.split_once(':').and_then(|(hours, minutes)| {
            let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
            let minute = (minutes < 60 && hours <= 24).then_some(hours * 60 + minutes)?;
            (minute <= DAY).then_some(minute)
        });
        minute.with_context(|| format!("{key}: «{text}» — не время; пишите 20:00"))
    };
    let (from, to) = (read("--from", from)? % DAY, read("--to", to)?);
    let length = if to > from {
        to - from
    } else {
        to + DAY - from
    };
    match length % 60 {
        0 => Ok((from, length / 60)),
        _ => Err(anyhow!(
            "--to: смена — целое число часов: например, --from {} --to {}",
            clock_of(from),
            clock_of((from + length / 60 * 60 + 60) % DAY)
        )),
    }
}

fn target(text: &str) -> anyhow::Result<Target> {
    let read = || {
        let (share, secs) = text.split_once('/')?;
        let (share, secs): (u32, u64) = (share.parse().ok()?, secs.parse().ok()?);
        let fits = (1..=99).contains(&share) && secs <= 600;
        fits.then_some(Target {
            share: f64::from(share) / 100.0,
            within: Duration::from_secs(secs),
        })
    };
    read().with_context(|| {
        format!("--target: «{text}» — не цель; пишите 80/20: 80 % звонящих за 20 секунд")
    })
}

fn zone(plan: &Plan, name: Option<&str>) -> anyhow::Result<Zone> {
    match name {
        Some(name) => Zone::parse(name)
            .map_err(|_| anyhow!("--zone: пояса «{name}» нет; пишите Asia/Irkutsk")),
        None => {
            let first = plan.numbers().first();
            Ok(first.map_or_else(Zone::utc, |number| number.zone.clone()))
        }
    }
}

#[cfg(test)]
mod tests {
    use gudok_model::Needs;

    use super::*;

    #[test]
    fn hours_go_over_midnight() {
        assert_eq!(hours("20:00", "08:00").expect("hours"), (1_200, 12));
        assert_eq!(hours("00:00", "24:00").expect("a day"), (0, 24));
        assert_eq!(hours("08:30", "08:30").expect("a day"), (510, 24));
        let wrong = hours("20:00", "08:30").expect_err("half an hour");
        assert!(
            wrong.to_string().contains("--from 20:00 --to 09:00"),
            "{wrong}"
        );
        for text in ["8", "25:00", "08:60", "24:30", "a:b", "-1:00"] {
            assert!(hours(text, "08:00").is_err(), "{text}");
        }
    }

    #[test]
    fn the_longest_wait_counts_and_the_others_are_named() {
        let secs = Duration::from_secs;
        let of = |said, of_plan: &[u64]| Wait {
            said,
            of_plan: of_plan.iter().copied().map(secs).collect(),
        };
        assert_eq!(of(None, &[90, 60]).longest(), Some(secs(90)));
        assert!(of(None, &[90, 60]).told().contains("разный: 60, 90 с"));
        assert_eq!(of(Some(secs(30)), &[90]).longest(), Some(secs(30)));
        assert_eq!(of(None, &[]).longest(), None);
        assert!(of(None, &[]).told().contains("предела ожидания нет"));
    }

    #[test]
    fn ladders_of_and_to_the_group_are_said() {
        let queue = |name: &str, added: &str| {
            let mut queue = QueueSettings::usual(name.into(), name.into());
            queue.relax = vec![Relax {
                after: Duration::from_secs(20),
                group: Some(added.into()),
                needs: Needs::new(),
            }];
            queue
        };
        let queues = [queue("tech", "second"), queue("sales", "tech")];
        let told = ladders(&queues, &"tech".into());
        assert!(told[0].contains("лестница очереди tech через 20 с зовёт и группу second"));
        assert!(told[1].contains("очередь sales через 20 с зовёт эту группу"));
        assert_eq!(ladders(&queues, &"third".into()), Vec::<String>::new());
    }

    #[test]
    fn a_target_is_percent_and_seconds() {
        let read = target("80/20").expect("a target");
        assert_eq!((read.share, read.within), (0.8, Duration::from_secs(20)));
        for wrong in ["80", "0/20", "100/20", "80/99999", "x/y"] {
            assert!(target(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn days_have_both_names() {
        assert_eq!(day("sat").expect("a day"), Weekday::Saturday);
        assert_eq!(day("пн").expect("a day"), Weekday::Monday);
        assert!(day("saturday").is_err());
    }
}
