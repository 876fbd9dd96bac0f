//! What a version does otherwise, as people read it. Russian.
use super::{Difference, Otherwise, Served};
use crate::spell;

/// Most stretches of one difference that are said; the others are counted.
const SAID_MAX: usize = 3;

/// Minutes in a week.
const WEEK: i64 = 7 * 24 * 60;

impl Difference {
    /// Whether both versions do the same.
    pub fn is_none(&self) -> bool {
        let settings = [
            &self.groups,
            &self.queues,
            &self.skills,
            &self.caps,
            &self.rosters,
        ];
        let nothing = self.numbers.is_empty() && settings.iter().all(|names| names.is_empty());
        let others = [self.outbound, self.supervision];
        let lists = [self.dispositions, self.not_ready_reasons];
        nothing
            && lists == [false; 2]
            && others == [false; 2]
            && self.binds_nothing()
            && self.not_counted.is_empty()
    }

    fn binds_nothing(&self) -> bool {
        self.breaks.is_empty() && self.alarms.is_empty()
    }

    /// As people read it, a line each. Russian.
    pub fn lines(&self) -> Vec<String> {
        if self.is_none() {
            return vec!["вызовы пойдут как прежде".to_owned()];
        }
        let mut lines: Vec<String> = self.numbers.iter().flat_map(Otherwise::lines).collect();
        let settings = [
            ("группа", ["появилась", "удалена"], &self.groups),
            ("очередь", ["появилась", "удалена"], &self.queues),
            ("навык", ["появился", "удалён"], &self.skills),
            ("ограничение", ["появилось", "удалено"], &self.caps),
            ("график дежурств", ["появился", "удалён"], &self.rosters),
        ];
        for (what, [come, gone], named) in settings {
            for it in named {
                let name = &it.name;
                match it.served {
                    Served::New => lines.push(format!("{what} {name}: {come}")),
                    Served::Old => lines.push(format!("{what} {name}: {gone}")),
                    // What is read of it and told by none: a new key.
                    Served::Both if it.changes.is_empty() => {
                        lines.push(format!("{what} {name}: другие настройки или состав"));
                    }
                    Served::Both => {
                        lines.extend(it.changes.iter().map(|how| format!("{what} {name}: {how}")));
                    }
                }
            }
        }
        let lists = [
            ("результаты разговора (dispositions)", self.dispositions),
            (
                "причины неготовности (not_ready_reasons)",
                self.not_ready_reasons,
            ),
        ];
        let others = lists.into_iter().filter(|(_, is_other)| *is_other);
        lines.extend(others.map(|(what, _)| format!("{what}: другой список")));
        if self.outbound {
            lines.push("исходящие (outbound, law): другие правила".to_owned());
        }
        if self.supervision {
            let what = "супервизор в разговоре (supervision)";
            lines.push(format!("{what}: оператору показывают иначе"));
        }
        lines.extend(self.breaks.iter().chain(&self.alarms).cloned());
        lines.extend(self.unfinished());
        lines
    }

    /// That there may be more.
    fn unfinished(&self) -> Option<String> {
        let some = self.not_counted.iter().take(SAID_MAX);
        let named: Vec<&str> = some.map(|label| &**label).collect();
        let more = self.not_counted.len().checked_sub(SAID_MAX + 1);
        let more = more.map_or(String::new(), |more| format!(" и ещё {}", more + 1));
        (!named.is_empty()).then(|| {
            let named = named.join(", ");
            format!("разница не досчитана, это слишком много работы; номера: {named}{more}")
        })
    }
}

impl Otherwise {
    fn lines(&self) -> Vec<String> {
        let name = format!("номер «{}» ({})", self.label, self.did);
        let mut lines = match self.served {
            Served::New => vec![format!("{name}: новый")],
            Served::Old => vec![format!("{name}: больше не обслуживается")],
            Served::Both if self.minutes == 0 => Vec::new(),
            Served::Both => {
                let weekly = spell::length(self.minutes * WEEK / self.looked_at.max(1));
                vec![format!("{name}: {weekly} в неделю пойдут иначе")]
            }
        };
        if self.taken_otherwise {
            let how = "иначе принимается (trunk, answer, record, record_consultations или busy)";
            lines.push(format!("{name}: {how}"));
        }
        if !self.keys.is_empty() {
            let keys = self.keys.join(", ");
            lines.push(format!("{name}: другое значение {keys}"));
        }
        for way in &self.ways {
            let who = if way.callers.is_empty() {
                "все".to_owned()
            } else {
                way.callers.join(", ")
            };
            let when: Vec<&str> = way.stretches.iter().map(|it| it.shown.as_str()).collect();
            let mut when = when[..when.len().min(SAID_MAX)].join(", ");
            if way.count > SAID_MAX {
                when = format!("{when} … и ещё {}", way.count - SAID_MAX);
            }
            let busy = if way.busy {
                format!("{name}, когда вызовов больше, чем можно принять (busy)")
            } else {
                String::new()
            };
            if way.busy && !lines.contains(&busy) {
                lines.push(busy);
            }
            lines.push(format!(
                "  {who}: {when}; всего {}",
                spell::length(way.minutes)
            ));
            lines.push(format!("    было:  {}", way.before));
            lines.push(format!("    будет: {}", way.after));
        }
        lines
    }
}
