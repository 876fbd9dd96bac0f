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
        let settings = [&self.groups, &self.queues, &self.rosters];
        self.numbers.is_empty() && settings.iter().all(|names| names.is_empty())
    }

    /// As people read it, a line each. Russian.
    pub fn lines(&self) -> Vec<String> {
        if self.is_none() {
            return vec!["вызовы пойдут как прежде".to_owned()];
        }
        let mut lines: Vec<String> = self.numbers.iter().flat_map(Otherwise::lines).collect();
        let settings = [
            ("группа", &self.groups),
            ("очередь", &self.queues),
            ("график дежурств", &self.rosters),
        ];
        for (what, names) in settings {
            let line = |name| format!("{what} {name}: другие настройки или состав");
            lines.extend(names.iter().map(line));
        }
        lines
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
            let how = "иначе принимается (trunk, answer, record или busy)";
            lines.push(format!("{name}: {how}"));
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
