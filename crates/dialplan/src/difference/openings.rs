//! Whether schedules of one name open next at the same moment in both versions: as long as they do, whatever asks or says
//! when, comes to the same.
use std::collections::BTreeMap;

use gudok_model::{Name, Wall};

use super::side::{Side, Word};
use crate::timeline::Timelines;

/// The schedules that both versions have and ask so, by name, and when they open alike.
#[derive(Default)]
pub(super) struct Openings {
    alike: BTreeMap<Name, Vec<(Wall, bool)>>,
}

impl Openings {
    pub(super) fn new(
        (old, new): &(Side<'_>, Side<'_>),
        lines: &mut (Timelines<'_>, Timelines<'_>),
    ) -> Self {
        let mut alike = BTreeMap::new();
        for index in &old.openings {
            let name = &old.plan.schedule_names[*index];
            let names = new.plan.schedule_names.iter();
            let other = names.zip(0..).find(|(other, _)| *other == name);
            if let Some((_, other)) = other.filter(|(_, other)| new.openings.contains(other)) {
                let line = compared(&lines.0.opening(*index), &lines.1.opening(other));
                alike.insert(name.clone(), line);
            }
        }
        Self { alike }
    }

    /// How many lines there are.
    pub(super) fn lines(&self) -> usize {
        self.alike.len()
    }

    /// Every change of every line, as many lines as are said before it.
    pub(super) fn changes(&self, before: usize) -> impl Iterator<Item = (Wall, usize, Word)> {
        let lines = self.alike.values().enumerate();
        lines.flat_map(move |(index, line)| {
            let word =
                move |(at, alike): &(Wall, bool)| (*at, before + index, Word::Opening(*alike));
            line.iter().map(word)
        })
    }

    /// Whether these two, of the old version and of the new one, are alike when this is said of each line.
    pub(super) fn are_alike(
        &self,
        (old, new): &(Side<'_>, Side<'_>),
        said: &[Word],
        (a, b): (usize, usize),
    ) -> bool {
        let (name, other) = (
            old.plan.schedule_names.get(a),
            new.plan.schedule_names.get(b),
        );
        let mut lines = self.alike.keys().zip(said);
        name == other
            && lines.any(|(known, word)| Some(known) == name && *word == Word::Opening(true))
    }
}

/// From when on two lines, which begin together, say the same.
fn compared(a: &[(Wall, Option<Wall>)], b: &[(Wall, Option<Wall>)]) -> Vec<(Wall, bool)> {
    let changes = a
        .iter()
        .map(|it| (it, true))
        .chain(b.iter().map(|it| (it, false)));
    let mut changes: Vec<_> = changes.collect();
    changes.sort_by_key(|((at, _), _)| *at);
    let mut now = (None, None);
    let mut out: Vec<(Wall, bool)> = Vec::new();
    for ((at, opens), is_old) in changes {
        match is_old {
            true => now.0 = *opens,
            false => now.1 = *opens,
        }
        // What changes at one moment changes together.
        out.pop_if(|(last, _)| last == at);
        let alike = now.0 == now.1;
        if out.last().is_none_or(|(_, last)| *last != alike) {
            out.push((*at, alike));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_at_one_moment_changes_together() {
        let line = |list: &[(i64, Option<i64>)]| -> Vec<(Wall, Option<Wall>)> {
            let entry = |(at, opens): &(i64, Option<i64>)| (Wall(*at), opens.map(Wall));
            list.iter().map(entry).collect()
        };
        let a = line(&[(0, Some(9)), (9, None), (20, Some(33))]);
        let b = line(&[(0, Some(9)), (9, None), (19, Some(33))]);
        let told = compared(&a, &b);
        assert_eq!(told, [(Wall(0), true), (Wall(19), false), (Wall(20), true)]);
        assert_eq!(compared(&a, &a), [(Wall(0), true)]);
    }
}
